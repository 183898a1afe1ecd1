"""The embedded PostgreSQL: the default database, so that a fresh machine needs only PyPI."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from app.store import embedded_cluster as cluster
from app.store import embedded_lock
from app.store.embedded_account import EmbeddedError
from app.store.embedded_place import Place, bin_dir, settle

__all__ = ["EmbeddedError", "Server", "bin_dir", "hold"]


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, for as long as it is held."""

    socket_dir: Path
    user: str
    bin_dir: Path
    data_dir: Path
    home: Path
    """What it is held by."""

    def url(self, database: str) -> str:
        """Return the address for asyncpg, libpq and their tools; the database need not exist."""
        # The port is named because a PGPORT in the environment would replace the default.
        host = quote(str(self.socket_dir))
        return f"postgresql://{self.user}@/{quote(database)}?host={host}&port={cluster.PORT}"

    def revive(self) -> None:
        """Start the server again if it died while it is held; blocks for about a second.

        Several processes may call at once: the first to come starts it.
        """
        place = settle(self.home)
        with embedded_lock.locked(place.folder / "start.lock"):
            _ensure(place)


@contextmanager
def hold(home: Path) -> Iterator[Server]:
    """Share the server of `home`, started if need be; the last to leave stops it.

    Shares are locks that the kernel frees however their process ends. A server that a killed
    process left behind is taken over by the next to come, and stopped when that one leaves.
    """
    place = settle(home)
    with _share(place):
        yield Server(place.sockets, cluster.USER, place.bin_dir, place.data, home)


@contextmanager
def _share(place: Place) -> Iterator[None]:
    with embedded_lock.opened(place.folder / "holders.lock") as holders:
        try:
            # Comers queue here, so that one of two starts the server and the other finds it.
            with embedded_lock.locked(place.folder / "start.lock"):
                _enter(place, holders)
            yield
        finally:
            # Let go first: of two leaving at once the later one must find itself alone.
            embedded_lock.let_go(holders)
            if embedded_lock.is_alone(holders):
                cluster.stop(place)


def _enter(place: Place, holders: int) -> None:
    """Take a share and see that the server answers; only a sole holder may replace it."""
    # Waits while the last holder before us is still stopping it.
    embedded_lock.share(holders)
    if _ensure(place):
        return
    is_alone = embedded_lock.is_alone(holders)
    # One leaving may slip in between and stop the server; then it is started below all the same.
    embedded_lock.share(holders)
    if is_alone:
        cluster.break_off(place)
    if not _ensure(place):
        message = f"the embedded PostgreSQL runs but does not answer: see {place.log}"
        raise EmbeddedError(message, "数据库无响应")


def _ensure(place: Place) -> bool:
    try:
        return cluster.ensure(place)
    except OSError as fault:
        message = f"cannot start the embedded PostgreSQL in {place.folder}: {fault}"
        raise EmbeddedError(message, "数据库启动失败") from fault
