"""Rounds: marks are fired as they pass, home after home."""

import asyncio
import random
import time
from datetime import datetime, timedelta
from typing import Final

import structlog

from app.api.metrics import Metrics
from app.domain.errors import DomainError
from app.domain.rulebook import Rulebook
from app.flows import escalation
from app.flows.rulebook import Library
from app.store import clocks
from app.store.database import CONTENTION, Database

BATCH: Final = 500
"""Marks of one transaction."""
LANES: Final = 2
"""Homes at once: one is judged while the database writes the other."""
SHRINK: Final = 8
"""By how much batches become smaller after a failure."""
WHOLE: Final = 2.0
"""Seconds between looks at all that may be due."""
SLACK: Final = timedelta(seconds=5)
"""How far before the present a look begins at the latest."""

log = structlog.get_logger()


class Rounds:
    """A worker's rounds through the homes: what is due in each is fired, batch after batch.

    Marks fired lately leave dead entries where the look for due ones begins, and they stay for
    as long as somebody reads in an old snapshot: a home is looked at from where the last batch
    ended. Now and then it is looked at whole, for marks that were set behind that.
    """

    def __init__(self, metrics: Metrics | None = None) -> None:
        self._metrics = metrics
        self._since: dict[str, datetime | None] = {}
        self._limits: dict[str, int] = {}
        self._tries = escalation.Tries()
        self._looked = -WHOLE

    async def turn(self, database: Database, library: Library, now: datetime) -> int:
        """Fire one batch in every home with something due; returns how many units changed."""
        rulebook = library.current(now).rulebook
        homes = await self._due(database, now)
        # Workers that begin elsewhere do not wait for each other.
        random.shuffle(homes)
        waiting = iter(homes)

        async def lane() -> int:
            return sum([await self._fire(database, home, rulebook, now) for home in waiting])

        # Each to its end, even if another fails: none may go on behind the turn's back.
        done = await asyncio.gather(*(lane() for _ in range(LANES)), return_exceptions=True)
        for one in done:
            if isinstance(one, BaseException):
                raise one
        return sum(one for one in done if isinstance(one, int))

    async def _due(self, database: Database, now: datetime) -> list[str]:
        async with database.reading() as tx:
            if time.monotonic() - self._looked < WHOLE:
                return await clocks.due_homes(tx, self._since, now=now)
            self._looked = time.monotonic()
            homes = await clocks.homes(tx)
            found = await clocks.due_homes(tx, dict.fromkeys(homes), now=now)
        self._since = dict.fromkeys(homes, now - SLACK) | dict.fromkeys(found)
        return found

    async def _fire(self, database: Database, home: str, rulebook: Rulebook, now: datetime) -> int:
        """Fire one batch of a home; what fails there stops no other.

        After a failure the batches become smaller, until the unit it is due to stands alone.
        """
        limit, begun = self._limits.pop(home, BATCH), time.monotonic()
        try:
            async with database.transaction() as tx:
                done = await escalation.fire_due(
                    tx,
                    home,
                    rulebook,
                    now=now,
                    limit=limit,
                    since=self._since.get(home),
                    tries=self._tries,
                )
        except DomainError:
            raise
        except CONTENTION:
            return 0
        except Exception:
            log.exception("home_failed", home=home, batch=limit)
            self._limits[home] = max(limit // SHRINK, 1)
            if limit == 1:
                await self._leave_alone(database, home, now)
            return 0
        if limit < BATCH:
            self._limits[home] = limit * 2
        if done.until is not None:
            self._since[home] = min(done.until, now - SLACK)
        self._measure(done, now + timedelta(seconds=time.monotonic() - begun))
        return done.fired

    async def _leave_alone(self, database: Database, home: str, now: datetime) -> None:
        async with database.transaction() as tx:
            count = await escalation.leave_alone(tx, home, now=now, tries=self._tries)
        if self._metrics:
            self._metrics.mark_failures.inc(count)

    def _measure(self, done: escalation.Turn, now: datetime) -> None:
        if self._metrics:
            self._metrics.mark_failures.inc(done.failed)
            for moment in done.marks:
                self._metrics.lateness.observe(max((now - moment).total_seconds(), 0))


async def turn(database: Database, library: Library, now: datetime) -> int:
    """Fire what is due in every home, one batch each; returns how many units were changed."""
    return await Rounds().turn(database, library, now)
