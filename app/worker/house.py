"""House-keeping: what a worker has to do now and then, and first of all."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from app.flows.rulebook import Library
from app.store import attempts, deliveries, replies, schema
from app.store.database import Database, Tx

HOUSEKEEPING: Final = timedelta(hours=6)


class House:
    """What has to be done now and then, and first of all."""

    def __init__(self, attempt_days: int = 30) -> None:
        self._attempts = timedelta(days=attempt_days)
        self._kept: datetime | None = None

    async def keep(self, database: Database, library: Library, now: datetime) -> None:
        """Learn which rulebook is in force; every few hours make room and throw away."""
        async with database.reading() as tx:
            await library.follow(tx, now=now)
        if self._kept is not None and abs(now - self._kept) < HOUSEKEEPING:
            return
        async with database.transaction() as tx:
            await schema.make_partitions(tx, now=now)
        async with database.transaction() as tx:
            await replies.forget(tx, now=now)
        await _until_none(database, lambda tx: attempts.forget(tx, before=now - self._attempts))
        await _until_none(database, lambda tx: deliveries.bury(tx, before=now - self._attempts))
        self._kept = now


async def _until_none(database: Database, discard: Callable[[Tx], Awaitable[int]]) -> None:
    """Throw away what is too old, a batch a transaction: none is held for long."""
    while True:
        async with database.transaction() as tx:
            if not await discard(tx):
                return
