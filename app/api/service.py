"""What every request needs, built once by the root."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Request

from app.api.access import Keyring
from app.api.board import Keeper
from app.api.gather import Gather
from app.api.metrics import Metrics
from app.api.sessions import Sessions
from app.api.tail import Tail
from app.flows.rulebook import Library
from app.flows.webhooks import Means
from app.now import Clock
from app.store.database import Database
from app.store.folder import Folder
from app.wire.post import Post


@dataclass(frozen=True)
class Service:
    """The parts of a running service."""

    database: Database
    library: Library
    clock: Clock
    gather: Gather
    keyring: Keyring
    sessions: Sessions
    metrics: Metrics
    folder: Folder
    tail: Tail
    board: Keeper
    means: Means
    post: Post
    retention: timedelta
    """How far behind a reader of the feed may fall."""

    @classmethod
    def of(cls, request: Request) -> "Service":
        """Return the service a request came to."""
        found: Service = request.app.state.service
        return found

    def now(self) -> datetime:
        """Return the present moment."""
        return self.clock.now()
