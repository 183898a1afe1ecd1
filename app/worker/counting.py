"""Counting: the log is added to the measures as it is written."""

from app.flows import accounting
from app.flows.rulebook import Library
from app.now import Clock
from app.store.database import Database


async def counted(database: Database, library: Library, clock: Clock) -> None:
    """Count whatever the log has that is not counted yet, a batch at a time."""
    is_last = False
    while not is_last:
        now = clock.now()
        zone = library.current(now).rulebook.calendar.zone
        async with database.transaction() as tx:
            is_last = (await accounting.turn(tx, zone, now)).is_last
