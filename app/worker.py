"""The worker: fires marks as they pass, lets units follow the city, keeps house. Any number may."""

import asyncio
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from app.domain.errors import DomainError
from app.domain.rulebook import Part, Rulebook
from app.flows import escalation, reorganisation
from app.flows.rulebook import Library, Reference
from app.now import Clock
from app.settings import Settings
from app.store import clocks, replies, schema, units
from app.store.database import Database

BATCH: Final = 200
PAUSE: Final = 0.25
"""Seconds between looks for passed marks: what a mark can be late by."""
HOUSEKEEPING: Final = timedelta(hours=6)

log = structlog.get_logger()


async def run(
    settings: Settings, *, clock: Clock | None = None, library: Library | None = None
) -> None:
    """Work until cancelled."""
    clock, library = clock or Clock(), library or Library()
    async with Database.connect(settings.database_url or "", size=2) as database:
        kept: datetime | None = None
        following = Following()
        while True:
            try:
                kept = await _round(database, library, clock, kept)
                await following.turn(database, library.current(clock.now()), clock.now())
            except DomainError as error:
                log.warning("worker_waits", error=error.en)
            except Exception:
                # Whatever it was: the city's clocks must not stand still until somebody looks.
                log.exception("worker_failed")
            await asyncio.sleep(PAUSE)


async def _round(
    database: Database, library: Library, clock: Clock, kept: datetime | None
) -> datetime:
    now = clock.now()
    async with database.reading() as tx:
        await library.follow(tx, now=now)
    if kept is None or now - kept >= HOUSEKEEPING:
        async with database.transaction() as tx:
            await schema.make_partitions(tx, now=now)
        async with database.transaction() as tx:
            await replies.forget(tx, now=now)
        kept = now
    while await turn(database, library, clock.now()):
        pass
    return kept


class Following:
    """Open units and accounts that areas or bodies have left behind, a batch a turn.

    All are gone through once when the worker starts, and again whenever the areas, the bodies
    or the day are others: a version that was scheduled may have come into force meanwhile.
    """

    def __init__(self) -> None:
        self._seen: tuple[object, ...] = ()
        self._homes: list[str] = []
        self._left: list[UUID] = []

    async def turn(self, database: Database, reference: Reference, now: datetime) -> int:
        """Look at one batch; returns how many units moved."""
        city = reference.rulebook
        seen = (city.parts[Part.AREAS], city.parts[Part.ORGANISATIONS], reference.day_of(now))
        if seen != self._seen:
            await self._begin(database, city)
            self._seen = seen
        if not self._left and self._homes:
            async with database.reading() as tx:
                self._left = await units.open_in(tx, self._homes.pop())
        batch, self._left = self._left[: reorganisation.BATCH], self._left[reorganisation.BATCH :]
        if not batch:
            return 0
        async with database.transaction() as tx:
            done = await reorganisation.follow(
                tx, batch, city, now=now, plan=f"rulebook {city.version}"
            )
        return len(done.moved)

    async def _begin(self, database: Database, city: Rulebook) -> None:
        async with database.transaction() as tx:
            await reorganisation.accounts_follow(tx, city)
        async with database.reading() as tx:
            self._homes, self._left = list(await units.open_homes(tx)), []


async def turn(database: Database, library: Library, now: datetime) -> int:
    """Fire what is due in every home, one batch each; returns how many units were changed."""
    rulebook = library.current(now).rulebook
    async with database.reading() as tx:
        homes = await clocks.due_homes(tx, now=now)
    fired = 0
    for home in homes:
        fired += await _fire(database, home, rulebook, now)
    return fired


async def _fire(database: Database, home: str, rulebook: Rulebook, now: datetime) -> int:
    """Fire one batch of a home; a home that fails stops no other."""
    try:
        async with database.transaction() as tx:
            done = await escalation.fire_due(tx, home, rulebook, now=now, limit=BATCH)
    except DomainError:
        raise
    except Exception:
        log.exception("home_failed", home=home)
        return 0
    return done.fired
