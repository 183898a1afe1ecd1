"""Delivering, as long as the worker works: the relay and the sender, each in a loop of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from app.api.metrics import Metrics
from app.flows.rulebook import Library
from app.now import Clock
from app.settings import Settings
from app.store.database import CONTENTION, Database
from app.store.seal import Seal, keys_of
from app.wire.guard import Guard
from app.wire.post import Post
from app.worker.courier import Office
from app.worker.loop import again
from app.worker.relay import Relay
from app.worker.sending import Sending

SESSIONS: Final = 2
"""Database connections at once: one relays while the other sends."""
SOON: Final = 0.02
"""Seconds between looks while something happens."""
MANY: Final = 200
"""What a turn of the sender did where the next one follows at once."""
LATE: Final = 0.2
"""Seconds between looks when nothing has for a while: what a message can be late by."""


async def deliver(
    database: Database, settings: Settings, clock: Clock, library: Library, metrics: Metrics
) -> None:
    """Relay and send until cancelled; then what is on its way may end, and the leases go back."""
    guard = Guard.of(settings.webhook_allow, settings.webhook_ports)
    seal = Seal(*keys_of(settings.secret_key, settings.home))
    async with Post.opened(guard, ca=settings.webhook_ca) as post:
        sending = Sending(Office(post, library, clock, metrics), seal)
        relay, news, more = Relay(metrics), asyncio.Event(), asyncio.Event()

        async def relaying() -> bool:
            now = clock.now()
            relayed = await relay.turn(database, library.current(now).rulebook, now)
            if relayed.matched:
                news.set()
            if not relayed.is_last:
                # There is more than one batch: at once.
                more.set()
            return bool(relayed.matched)

        async def send() -> bool:
            done = await sending.turn(database)
            if done >= MANY:
                news.set()
            return bool(done)

        try:
            await asyncio.gather(again(paced(relaying), more), again(paced(send), news))
        finally:
            await sending.leave(database)


def paced(work: Callable[[], Awaitable[bool]]) -> Callable[[], Awaitable[float]]:
    """Have something done soon again while there is something to do, and less and less often."""
    pause = SOON

    async def turn() -> float:
        nonlocal pause
        try:
            pause = SOON if await work() else min(2 * pause, LATE)
        except CONTENTION:
            # Somebody else is at it just now.
            pause = LATE
        return pause

    return turn
