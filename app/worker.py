"""The worker: fires marks as they pass, lets units follow the city, keeps house. Any number may."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from app.api.metrics import Metrics
from app.domain.errors import DomainError
from app.domain.rulebook import Part, Rulebook
from app.flows import accounting, escalation, reorganisation, retiming
from app.flows.rulebook import Library, Reference
from app.now import Clock
from app.settings import Settings
from app.store import clocks, replies, schema, units
from app.store.database import CONTENTION, Database, Tx

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
PAUSE: Final = 0.25
"""Seconds between looks for passed marks: what a mark can be late by."""
FOLLOWED: Final = 500
"""Units of one batch that follow something."""
HOUSEKEEPING: Final = timedelta(hours=6)

log = structlog.get_logger()


async def run(
    settings: Settings,
    *,
    clock: Clock | None = None,
    library: Library | None = None,
    metrics: Metrics | None = None,
) -> None:
    """Work until cancelled: marks are fired whatever else is being done."""
    clock, library = clock or Clock(), library or Library()
    async with Database.connect(settings.database_url or "", size=LANES + 2) as database:
        rounds, house, ready = Rounds(metrics), House(), asyncio.Event()
        followings = (Following(CITY), Following(CALENDAR))

        async def fire() -> None:
            await house.keep(database, library, clock.now())
            ready.set()
            while await rounds.turn(database, library, clock.now()):
                pass

        async def follow() -> None:
            await ready.wait()
            for following in followings:
                await following.turn(database, library.current(clock.now()), clock.now())

        async def count() -> None:
            await ready.wait()
            await counted(database, library, clock)

        await asyncio.gather(_again(fire), _again(follow), _again(count))


async def counted(database: Database, library: Library, clock: Clock) -> None:
    """Count whatever the log has that is not counted yet, a batch at a time."""
    is_last = False
    while not is_last:
        now = clock.now()
        zone = library.current(now).rulebook.calendar.zone
        async with database.transaction() as tx:
            is_last = (await accounting.turn(tx, zone, now)).is_last


async def _again(work: Callable[[], Awaitable[None]]) -> None:
    """Do something again and again, whatever happens to it."""
    while True:
        try:
            await work()
        except DomainError as error:
            log.warning("worker_waits", error=error.en)
        except Exception:
            # Whatever it was: the city's clocks must not stand still until somebody looks.
            log.exception("worker_failed")
        await asyncio.sleep(PAUSE)


class House:
    """What has to be done now and then, and first of all."""

    def __init__(self) -> None:
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
        self._kept = now


@dataclass(frozen=True)
class Pursuit:
    """What open units have to follow when it becomes another."""

    version: Callable[[Reference, datetime], object]
    """What it is at a moment."""
    begin: Callable[[Tx, Rulebook], Awaitable[object]]
    """What is done once, before the units."""
    follow: Callable[[Tx, Sequence[UUID], Rulebook, datetime], Awaitable[int]]
    """Lets a batch of units follow; returns how many changed."""


def _city(reference: Reference, now: datetime) -> object:
    parts = reference.rulebook.parts
    return parts[Part.AREAS], parts[Part.ORGANISATIONS], reference.day_of(now)


async def _moved(tx: Tx, ids: Sequence[UUID], city: Rulebook, now: datetime) -> int:
    plan = f"rulebook {city.version}"
    return len((await reorganisation.follow(tx, ids, city, now=now, plan=plan)).moved)


def _calendar(reference: Reference, _now: datetime) -> object:
    return reference.rulebook.parts[Part.CALENDAR]


async def _nothing(_tx: Tx, _rulebook: Rulebook) -> None:
    """Begin with the units at once."""


async def _retimed(tx: Tx, ids: Sequence[UUID], rulebook: Rulebook, now: datetime) -> int:
    return await retiming.follow(tx, ids, rulebook, now=now)


CITY: Final = Pursuit(_city, reorganisation.accounts_follow, _moved)
"""Areas and bodies: units and accounts that they have left behind."""
CALENDAR: Final = Pursuit(_calendar, _nothing, _retimed)
"""The working calendar: limits that run."""


class Following:
    """Open units that follow something, a batch a turn.

    All are gone through once when the worker starts, and again whenever it is another: a
    version that was scheduled may have come into force meanwhile.
    """

    def __init__(self, pursuit: Pursuit) -> None:
        self._pursuit = pursuit
        self._seen: object = None
        self._homes: list[str] = []
        self._left: list[UUID] = []

    async def turn(self, database: Database, reference: Reference, now: datetime) -> int:
        """Look at one batch; returns how many units changed. One that fails is looked at again."""
        rulebook, seen = reference.rulebook, self._pursuit.version(reference, now)
        if seen != self._seen:
            await self._begin(database, rulebook)
            self._seen = seen
        if not self._left and self._homes:
            async with database.reading() as tx:
                self._left = await units.open_in(tx, self._homes[-1])
            self._homes.pop()
        batch = self._left[:FOLLOWED]
        if not batch:
            return 0
        async with database.transaction() as tx:
            done = await self._pursuit.follow(tx, batch, rulebook, now)
        self._left = self._left[FOLLOWED:]
        return done

    async def _begin(self, database: Database, rulebook: Rulebook) -> None:
        async with database.transaction() as tx:
            await self._pursuit.begin(tx, rulebook)
        async with database.reading() as tx:
            self._homes, self._left = list(await units.open_homes(tx)), []


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
