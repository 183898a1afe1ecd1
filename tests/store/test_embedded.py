"""The embedded PostgreSQL's life on real servers: shared, left, killed, orphaned."""

import asyncio
import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from app.store import embedded_cluster
from app.store.embedded import Server, hold

REPOSITORY = Path(__file__).parents[2]
IS_ROOT = os.geteuid() == 0

HOLDER = """
import signal, sys
from pathlib import Path
from app.store.embedded import hold
signal.signal(signal.SIGINT, lambda *_: print("interrupted", flush=True))
with hold(Path(sys.argv[1])) as server:
    print((server.data_dir / "postmaster.pid").read_text().split()[0], flush=True)
    while sys.stdin.readline().strip() != "leave":
        pass
"""


VISITOR = """
import sys
from pathlib import Path
from app.store.embedded import hold
for _ in range(2):
    with hold(Path(sys.argv[1])) as server:
        print((server.data_dir / "postmaster.pid").read_text().split()[0], flush=True)
"""


class Holder:
    """Another Python process that holds the server until told to leave."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(home)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ask_to_leave(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("leave\n")
        self.process.stdin.flush()

    def leave(self) -> None:
        self.process.communicate("leave\n", timeout=30)
        assert self.process.returncode == 0

    def kill(self) -> None:
        with self.process:
            self.process.kill()


@pytest.fixture(autouse=True, scope="module")
def _orphans_are_ours() -> Iterator[None]:
    """Orphaned servers become our children, and zombies until the end: the worst case."""
    if not sys.platform.startswith("linux"):
        yield
        return
    prctl, set_child_subreaper = ctypes.CDLL(None).prctl, 36
    prctl(set_child_subreaper, 1)
    yield
    prctl(set_child_subreaper, 0)
    for pid in [pid for pid, parent in _parents().items() if parent == os.getpid()]:
        if "postgres" in Path(f"/proc/{pid}/stat").read_text():
            # Only the dead: the suite may have a living server of its own.
            os.waitpid(pid, os.WNOHANG)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder that everyone may enter, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="yiguan-embedded-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    left = _working_in(path)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(path)
    assert not left, "a test left a server behind"


@pytest.fixture
def home(folder: Path) -> Path:
    return folder / "home"


@pytest.fixture
def holder(home: Path) -> Iterator[Callable[[], Holder]]:
    made: list[Holder] = []

    def make() -> Holder:
        made.append(Holder(home))
        return made[-1]

    yield make
    for one in made:
        one.kill()


def _parents() -> dict[int, int]:
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            after_name = (entry / "stat").read_text().rpartition(")")[2]
            found[int(entry.name)] = int(after_name.split()[1])
    return found


def _working_in(path: Path) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink().is_relative_to(path):
                found.append(int(entry.name))
    return found


def _ask(server: Server, sql: str) -> str:
    command = [str(server.bin_dir / "psql"), "-XAtq", server.url("postgres"), "-c", sql]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _postmaster(server: Server) -> int:
    return int((server.data_dir / "postmaster.pid").read_text().split()[0])


def _is_down(server: Server) -> bool:
    return not (server.data_dir / "postmaster.pid").exists() and not _working_in(server.data_dir)


def _kill_server(server: Server) -> None:
    os.kill(_postmaster(server), signal.SIGKILL)


def _write_lines(server: Server) -> None:
    _ask(server, "create table line as select generate_series(1, 1000)")


def _count_lines(server: Server) -> str:
    return _ask(server, "select count(*) from line")


def test_it_is_made_once_and_started_again_with_its_data(home: Path) -> None:
    with hold(home) as server:
        _write_lines(server)
    assert _is_down(server)

    with hold(home) as again:
        assert _count_lines(again) == "1000"
    assert again == server
    assert _is_down(server)


def test_it_is_durable_private_and_speaks_unicode(home: Path) -> None:
    with hold(home) as server:
        settings = [
            _ask(server, f"show {name}")
            for name in ("fsync", "synchronous_commit", "listen_addresses", "TimeZone", "jit")
        ]
        assert settings == ["on", "on", "", "UTC", "off"]
        assert _ask(server, "select lower('ÄÖ') || length('一贯') || 'a' > 'Z'") == "t"
        assert server.socket_dir.stat().st_mode & 0o777 == 0o700
        assert server.data_dir.stat().st_mode & 0o777 == 0o700


def test_the_address_suits_asyncpg_whatever_the_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGHOST", "nowhere")

    async def ask() -> object:
        connection = await asyncpg.connect(server.url("postgres"))
        try:
            return await connection.fetchval("select current_user")
        finally:
            await connection.close()

    async def hold_inside_a_loop() -> object:
        with hold(home):
            return await ask()

    with hold(home) as server:
        assert asyncio.run(hold_inside_a_loop()) == server.user


def test_the_first_to_leave_does_not_stop_it_the_last_does(
    home: Path, holder: Callable[[], Holder]
) -> None:
    first = holder()
    pid = int(first.said())
    with hold(home) as server:
        assert _postmaster(server) == pid
        first.leave()
        assert _ask(server, "select 1") == "1"
    assert _is_down(server)


def test_two_that_start_at_once_share_one_server(home: Path, holder: Callable[[], Holder]) -> None:
    one, other = holder(), holder()
    assert one.said() == other.said() != ""

    one.ask_to_leave()
    other.ask_to_leave()
    assert one.process.wait(30) == other.process.wait(30) == 0
    assert not _working_in(home)


def test_comers_and_leavers_in_a_crowd_end_with_no_server(home: Path) -> None:
    command = [sys.executable, "-c", VISITOR, str(home)]
    crowd = [subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL) for _ in range(4)]
    assert [each.wait(60) for each in crowd] == [0] * 4
    assert not _working_in(home)


def test_a_server_orphaned_by_kill_9_is_taken_over_and_stopped(
    home: Path, holder: Callable[[], Holder]
) -> None:
    killed = holder()
    pid = int(killed.said())
    killed.kill()

    with hold(home) as server:
        assert _postmaster(server) == pid
        assert _ask(server, "select 1") == "1"
    assert _is_down(server)


def test_a_killed_server_restarts_under_its_holder_with_its_data(home: Path) -> None:
    with hold(home) as server:
        _write_lines(server)
        _kill_server(server)
        with hold(home) as again:
            assert _count_lines(again) == "1000"
    assert _is_down(server)


def test_a_killed_server_that_is_still_a_zombie_does_not_look_alive(
    home: Path, holder: Callable[[], Holder]
) -> None:
    killed = holder()
    pid = int(killed.said())
    killed.kill()
    os.kill(pid, signal.SIGKILL)

    with hold(home) as server:
        assert _postmaster(server) != pid
        assert _ask(server, "select 1") == "1"
    assert _is_down(server)


def test_a_stale_process_id_that_is_another_process_now_is_left_alone(home: Path) -> None:
    with hold(home) as server:
        _write_lines(server)
        remains = (server.data_dir / "postmaster.pid").read_text()
        lines = remains.splitlines()[1:]
    owner = server.data_dir.stat().st_uid
    with subprocess.Popen(["/bin/sleep", "60"], user=owner if IS_ROOT else None) as stranger:
        for path in (
            server.data_dir / "postmaster.pid",
            server.socket_dir / ".s.PGSQL.5432.lock",
        ):
            path.write_text("\n".join([str(stranger.pid), *lines]) + "\n")
            os.chown(path, owner, -1)

        with hold(home) as again:
            assert _count_lines(again) == "1000"

        assert stranger.poll() is None
        stranger.kill()
    assert _is_down(server)


def test_a_server_whose_socket_was_removed_is_replaced(
    home: Path, holder: Callable[[], Holder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_cluster, "_SILENCE_PATIENCE", 0.5)
    killed = holder()
    pid = int(killed.said())
    killed.kill()
    (home / "postgres/run/.s.PGSQL.5432").unlink()

    with hold(home) as server:
        assert _postmaster(server) != pid
        assert _ask(server, "select 1") == "1"
    assert _is_down(server)


def test_ctrl_c_reaches_the_application_only(home: Path, holder: Callable[[], Holder]) -> None:
    running = holder()
    pid = running.said()
    os.killpg(running.process.pid, signal.SIGINT)
    assert running.said() == "interrupted"
    time.sleep(0.3)  # a fast shutdown would be over by now

    with hold(home) as server:
        assert str(_postmaster(server)) == pid
    running.leave()
    assert _is_down(server)
