"""The worker: fires marks as they pass, lets units follow the city, counts, keeps house, delivers.

Any number may work at once.
"""

import asyncio
from typing import Final

from app.api.metrics import Metrics
from app.flows.rulebook import Library
from app.now import Clock
from app.settings import Settings
from app.store.database import Database
from app.worker.counting import counted
from app.worker.delivering import SESSIONS, deliver
from app.worker.following import CALENDAR, CITY, Following
from app.worker.house import House
from app.worker.loop import again
from app.worker.rounds import LANES, Rounds, turn

__all__ = ["CALENDAR", "CITY", "LANES", "PAUSE", "Following", "House", "Rounds", "run", "turn"]

PAUSE: Final = 0.25
"""Seconds between looks for passed marks: what a mark can be late by."""


async def run(
    settings: Settings,
    *,
    clock: Clock | None = None,
    library: Library | None = None,
    metrics: Metrics | None = None,
) -> None:
    """Work until cancelled: marks are fired whatever else is being done."""
    clock, library, metrics = clock or Clock(), library or Library(), metrics or Metrics()
    size = LANES + 2 + SESSIONS
    async with Database.connect(settings.database_url or "", size=size) as database:
        house = House(settings.attempt_retention_days)
        rounds, ready = Rounds(metrics), asyncio.Event()
        followings = (Following(CITY), Following(CALENDAR))

        async def fire() -> float:
            await house.keep(database, library, clock.now())
            ready.set()
            while await rounds.turn(database, library, clock.now()):
                pass
            return PAUSE

        async def follow() -> float:
            await ready.wait()
            for following in followings:
                await following.turn(database, library.current(clock.now()), clock.now())
            return PAUSE

        async def count() -> float:
            await ready.wait()
            await counted(database, library, clock)
            return PAUSE

        async def send() -> float:
            await ready.wait()
            await deliver(database, settings, clock, library, metrics)
            return PAUSE

        await asyncio.gather(again(fire), again(follow), again(count), again(send))
