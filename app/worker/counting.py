"""Counting: the log is added to the measures as it is written."""

import asyncio

from app.domain.lineage import lineage
from app.flows import accounting
from app.flows.rulebook import Library
from app.now import Clock
from app.store.database import Database


async def counted(database: Database, library: Library, clock: Clock) -> None:
    """Count whatever the log has that is not counted yet, a batch at a time."""
    is_last = False
    while not is_last:
        now = clock.now()
        rulebook = library.current(now).rulebook
        # Half a second of pure computation, once for a city: the loop goes on meanwhile.
        city = await asyncio.to_thread(lineage, rulebook.areas, rulebook.organisations)
        async with database.transaction() as tx:
            is_last = (await accounting.turn(tx, rulebook.calendar.zone, now)).is_last
        async with database.transaction() as tx:
            is_last = await accounting.follow(tx, city) and is_last
