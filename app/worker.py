"""The worker: fires the marks of clocks as they pass, and keeps house. Any number may run."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from app.domain.errors import DomainError
from app.domain.rulebook import Rulebook
from app.flows import escalation
from app.flows.rulebook import Library
from app.now import Clock
from app.settings import Settings
from app.store import clocks, schema
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
        while True:
            try:
                kept = await _round(database, library, clock, kept)
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
        kept = now
    while await turn(database, library, clock.now()):
        pass
    return kept


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
