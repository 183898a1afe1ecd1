"""The embedded PostgreSQL's life: made, started, asked whether it answers, stopped.

Whether a server lives is told by `alive.lock`, whose lock it and its children inherit: the
kernel frees it with the last of them. Process ids are only used to signal, never to judge:
they outlive their process in postmaster.pid, and get reused.
"""

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Final

from app.store import embedded_lock
from app.store.embedded_account import Account, EmbeddedError, Outcome, launch, run
from app.store.embedded_place import Place, make_private
from app.store.folder import sync

USER: Final = "yiguan"
PORT: Final = 5432

# Written into postgresql.conf once: the operator may change them there or by ALTER SYSTEM.
_DEFAULTS: Final = {
    "shared_buffers": "256MB",
    "max_connections": "100",
    # Intake locks up to four places a report, 200 reports at a time.
    "max_locks_per_transaction": "256",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

_INITDB: Final = (
    f"--username={USER}",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",  # by code point like C, yet it knows letters and case
    "--builtin-locale=C.UTF-8",
    "--auth-local=trust",  # the socket's 0700 folder is the door
    "--auth-host=reject",
    "--no-instructions",
)

# Given at every start, over whatever the files say.
_FIXED: Final = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "logging_collector": "off",
    "log_destination": "stderr",
}

# Below this neither initdb nor a start succeeds.
_ROOM: Final = 64 * 2**20

_RECOVERY_PATIENCE: Final = 600.0
_SILENCE_PATIENCE: Final = 30.0

# Each signal with the seconds it gets before the next: fast, immediate, none spared.
_STOPPING: Final = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
_BREAKING: Final = _STOPPING[1:]


def answers(place: Place) -> bool:
    """Tell whether a query succeeds."""
    return _query(place).code == 0


def ensure(place: Place) -> bool:
    """Start the server unless it lives; return False if it lives but says nothing."""
    if answers(place):
        return True
    if not _is_alive(place):
        if not place.data.exists():
            _create(place)
        _start(place)
    return _await_answer(place)


def stop(place: Place) -> None:
    """Stop the server fast, and harder if that does not help; nothing where none lives."""
    _end(place, _STOPPING)


def break_off(place: Place) -> None:
    """Stop a server that no longer listens; it recovers from its log at the next start."""
    _end(place, _BREAKING)


def _end(place: Place, steps: tuple[tuple[signal.Signals, float], ...]) -> None:
    for number, patience in steps:
        if _is_ended_by(place, number, patience):
            return
    message = f"the embedded PostgreSQL of {place.data} does not end: see {place.log}"
    raise EmbeddedError(message, "数据库无法停止")


def _is_ended_by(place: Place, number: signal.Signals, patience: float) -> bool:
    deadline = time.monotonic() + patience
    is_sent = False
    while _is_alive(place):
        if time.monotonic() > deadline:
            return False
        # One just born has not written its process id yet.
        pid = None if is_sent else _postmaster(place)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            is_sent = True
        time.sleep(0.02)
    return True


def _create(place: Place) -> None:
    """Make the data folder under another name first: it is there whole or not at all."""
    draft = place.folder / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    make_private(draft, place.account)
    settings = [f"--set={name}={value}" for name, value in _DEFAULTS.items()]
    initdb: list[str | Path] = [place.bin_dir / "initdb", f"--pgdata={draft}", *_INITDB, *settings]
    outcome = run(place.account, initdb)
    if outcome.code != 0:
        shutil.rmtree(draft, ignore_errors=True)
        message = f"initdb failed in {place.folder}: {_gist(place, outcome.complaint)}"
        raise EmbeddedError(message, "无法创建数据目录")
    draft.rename(place.data)
    sync(place.folder)


def _start(place: Place) -> None:
    _clear_remains(place)
    if place.log.exists():
        place.log.replace(place.log.with_suffix(".log.1"))
    fixed = {**_FIXED, "unix_socket_directories": str(place.sockets)}
    settings = [f"--{name}={value}" for name, value in fixed.items()]
    program: list[str | Path] = [place.bin_dir / "postgres", "-D", place.data, *settings]
    with embedded_lock.locked(_alive_path(place)) as alive, place.log.open("xb") as log:
        launch(place.account, program, keep=alive, log=log.fileno())


def _clear_remains(place: Place) -> None:
    """Remove the lock files of a dead server, whose process id may be another's by now."""
    if _postmaster(place) is not None:
        return  # started by hand, without our lock: PostgreSQL itself will refuse
    socket = place.sockets / f".s.PGSQL.{PORT}"
    for path in (place.data / "postmaster.pid", socket, Path(f"{socket}.lock")):
        path.unlink(missing_ok=True)


def _await_answer(place: Place) -> bool:
    """Wait through a recovery, but not through silence; raise if the server ends."""
    start = heard = time.monotonic()
    while True:
        now = time.monotonic()
        if answers(place):
            return True
        if not _is_alive(place):
            message = f"the embedded PostgreSQL ended at once: {_last_words(place)}"
            raise EmbeddedError(message, "数据库启动失败")
        heard = now if _is_busy(place) else heard
        if now - heard > _SILENCE_PATIENCE or now - start > _RECOVERY_PATIENCE:
            return False
        time.sleep(0.05)


def _is_alive(place: Place) -> bool:
    with embedded_lock.opened(_alive_path(place)) as alive:
        return not embedded_lock.is_alone(alive)


def _alive_path(place: Place) -> Path:
    return place.folder / "alive.lock"


def _is_busy(place: Place) -> bool:
    # 1: it lives and refuses for now, as in recovery.
    return run(Account(), _client(place, "pg_isready", "-q"), timeout=10).code == 1


def _query(place: Place) -> Outcome:
    options = ("-X", "-q", "-U", USER, "-d", "postgres", "-c", "select 1")
    return run(Account(), _client(place, "psql", *options), timeout=10)


def _client(place: Place, program: str, *options: str) -> list[str | Path]:
    return [place.bin_dir / program, "-h", place.sockets, "-p", str(PORT), *options]


def _postmaster(place: Place) -> int | None:
    """Return the process id in postmaster.pid if it is a server of this very folder."""
    try:
        pid = int((place.data / "postmaster.pid").read_text().partition("\n")[0])
    except (OSError, ValueError):
        return None
    return pid if pid > 1 and _works_in(pid, place.data) else None


def _works_in(pid: int, data: Path) -> bool:
    """Tell a postmaster by its working folder: the id may be reused, or of another container."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == data
    except OSError:
        return not Path("/proc/self").exists() and _is_postgres(pid)


def _is_postgres(pid: int) -> bool:
    # macOS has no /proc.
    return "postgres" in run(Account(), ["/bin/ps", "-o", "comm=", "-p", str(pid)]).output


def _last_words(place: Place) -> str:
    return _gist(place, place.log.read_bytes()[-8000:].decode(errors="replace"))


def _gist(place: Place, text: str) -> str:
    # The fault is seldom the last line: a hint or "shut down" follows, a detail goes before.
    lines = [line.strip() for line in text.splitlines() if line.strip()][-3:]
    free = shutil.disk_usage(place.folder).free
    if free < _ROOM:
        # A full disk takes the log's words too.
        lines.insert(0, f"the disk is full, {free // 2**20} MiB are left")
    return " | ".join(lines) or f"it said nothing in {place.log}"
