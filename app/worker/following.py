"""Units that follow the city: what they stand on becomes another, and they with it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.domain.rulebook import Part, Rulebook
from app.flows import reorganisation, retiming, webhooks
from app.flows.rulebook import Reference
from app.store import units
from app.store.database import Database, Tx

FOLLOWED: Final = 500
"""Units of one batch that follow something."""


@dataclass(frozen=True)
class Pursuit:
    """What open units have to follow when it becomes another."""

    version: Callable[[Reference, datetime], object]
    """What it is at a moment."""
    begin: Callable[[Tx, Rulebook, datetime], Awaitable[object]]
    """What is done once, before the units."""
    follow: Callable[[Tx, Sequence[UUID], Rulebook, datetime], Awaitable[int]]
    """Lets a batch of units follow; returns how many changed."""


def _city(reference: Reference, now: datetime) -> object:
    parts = reference.rulebook.parts
    return parts[Part.AREAS], parts[Part.ORGANISATIONS], reference.day_of(now)


async def _owners(tx: Tx, city: Rulebook, now: datetime) -> None:
    await reorganisation.accounts_follow(tx, city)
    await webhooks.follow(tx, city, at=now)


async def _moved(tx: Tx, ids: Sequence[UUID], city: Rulebook, now: datetime) -> int:
    plan = f"rulebook {city.version}"
    return len((await reorganisation.follow(tx, ids, city, now=now, plan=plan)).moved)


def _calendar(reference: Reference, _now: datetime) -> object:
    return reference.rulebook.parts[Part.CALENDAR]


async def _nothing(_tx: Tx, _rulebook: Rulebook, _now: datetime) -> None:
    """Begin with the units at once."""


async def _retimed(tx: Tx, ids: Sequence[UUID], rulebook: Rulebook, now: datetime) -> int:
    return await retiming.follow(tx, ids, rulebook, now=now)


CITY: Final = Pursuit(_city, _owners, _moved)
"""Areas and bodies: units, accounts and endpoints that they have left behind."""
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
            await self._begin(database, rulebook, now)
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

    async def _begin(self, database: Database, rulebook: Rulebook, now: datetime) -> None:
        async with database.transaction() as tx:
            await self._pursuit.begin(tx, rulebook, now)
        async with database.reading() as tx:
            self._homes, self._left = list(await units.open_homes(tx)), []
