"""Queues: pages of what waits on a desk or in an area, by view, and how much there is of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from app.domain.event import AccountId
from app.domain.queue import ACROSS, VIEW_OF, View
from app.domain.reach import Reach
from app.domain.responsibility import Urgency
from app.domain.unit import State, Unit
from app.store import queue_statements as statements
from app.store.database import Tx
from app.store.units import NAMES, QueueKey, unit_of

_RANKS: Final = sorted((urgency.rank for urgency in Urgency), reverse=True)
_FIRST: Final = QueueKey(statements.OWN + _RANKS[0], datetime.min.replace(tzinfo=UTC), UUID(int=0))
_SIZES: Final = (50, 200)
"""Limits stand in the statements, whose plans are made once: few, so that they stay few."""


class Glance(NamedTuple):
    """What of a row tells that it is still as it was: also what turns without being written."""

    rank: int
    id: UUID
    version: int
    steps: int
    stage_due_at: datetime
    yellow_at: datetime | None
    red_at: datetime | None
    claimed_by: AccountId | None
    claimed_until: datetime | None
    claim: int


@dataclass(frozen=True, slots=True)
class Row:
    """A unit of a queue, what it is sorted by first, and who claimed it last and has it still."""

    unit: Unit
    rank: int
    claimer: str | None = None

    @property
    def glance(self) -> Glance:
        """What tells that the row is still as it was."""
        return Glance(self.rank, *(getattr(self.unit, name) for name in Glance._fields[1:]))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which page of which queue somebody wants to see."""

    reach: Reach
    me: AccountId
    now: datetime
    view: View | None = None
    is_mine: bool = False
    """Only what they have in hand themselves."""
    after: QueueKey | None = None
    limit: int = _SIZES[0]


@dataclass(frozen=True, slots=True)
class Count:
    """How much there is in a view, how much of it is late, and when the first is due."""

    units: int = 0
    overdue: int = 0
    due_at: datetime | None = None

    def __add__(self, other: "Count") -> "Count":
        """Return both together."""
        dues = [due for due in (self.due_at, other.due_at) if due is not None]
        units, overdue = self.units + other.units, self.overdue + other.overdue
        return Count(units, overdue, min(dues, default=None))


_GLANCE: Final = ", ".join(f"u.{name}" for name in Glance._fields[1:])
_WHOLE: Final = ", ".join(("a.name AS claimer", *(f'u."{name}"' for name in NAMES)))
_CLAIMERS: Final = "LEFT JOIN account a ON a.id = u.claimed_by"


async def glances(tx: Tx, wanted: Wanted) -> list[Glance]:
    """Return what of a page's rows tells whether they are still as they were."""
    rows = await _fetch(tx, wanted, _GLANCE)
    return [Glance(*row.values()) for row in rows]


async def page(tx: Tx, wanted: Wanted) -> list[Row]:
    """Return a page: the most pressing first, then by the stage's deadline."""
    found = []
    for row in await _fetch(tx, wanted, _WHOLE, _CLAIMERS):
        rank, claimer, *values = row.values()
        unit = unit_of(dict(zip(NAMES, values, strict=True)))
        found.append(Row(unit, rank, claimer))
    return found


async def _fetch(tx: Tx, wanted: Wanted, columns: str, tables: str = "") -> list[asyncpg.Record]:
    size = next(size for size in _SIZES if wanted.limit <= size)
    statement = statements.page(
        wanted.reach.tier,
        wanted.view,
        size,
        columns=columns,
        tables=tables,
        is_mine=wanted.is_mine,
    )
    return (await tx.fetch(statement, *_values(wanted)))[: wanted.limit]


async def counts(tx: Tx, reach: Reach, *, me: AccountId, now: datetime) -> dict[View, Count]:
    """Return how much there is in every view: one statement."""
    statement = statements.counting(reach.tier)
    found = {view: Count() for view in View}
    for key, *figures in await tx.fetch(statement, *_values(Wanted(reach, me, now))):
        count = Count(*figures)
        if key in ACROSS:
            found[View(key)] = count
            continue
        found[VIEW_OF[State(key)]] += count
        first = count.due_at if count.overdue else None
        found[View.OVERDUE] += Count(count.overdue, count.overdue, first)
    return found


def _values(wanted: Wanted) -> tuple[object, ...]:
    reach, after = wanted.reach, wanted.after or _FIRST
    return (
        [rank for rank in _RANKS if rank <= after.pressing],
        *(after.pressing, after.stage_due_at, after.id),
        *(reach.body, list(reach.areas), list(reach.streets), list(reach.districts)),
        *(wanted.now, wanted.me),
    )
