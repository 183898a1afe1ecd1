"""What the one screen reads besides its counts: the longest late, what was raised, last steps."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy import func, select

from app.domain.action import Action
from app.domain.area import Tier
from app.domain.board import Standing
from app.domain.feed import Known, Position
from app.domain.queue import OPEN
from app.domain.responsibility import Urgency
from app.domain.unit import State
from app.store import snapshot
from app.store.database import Tx
from app.store.tables import UNIT

_PLACED: Final = (
    UNIT.c.holder,
    UNIT.c.state,
    UNIT.c.kind,
    func.coalesce(UNIT.c.light, ""),
    UNIT.c.district,
    UNIT.c.street,
)
_COLUMN_OF: Final = {Tier.DISTRICT: "district", Tier.STREET: "street"}


@dataclass(frozen=True, slots=True)
class Noted:
    """An open unit as a screen names it; `at` is when it was due, or when it last changed."""

    id: UUID
    number: str
    title: str
    holder: str
    state: State
    at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """A line of the log as a screen tells it."""

    at: datetime
    unit: UUID
    seq: int
    number: str
    title: str
    action: Action
    organisation: str | None
    actor: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """An area, by the codes that stand for it; the city by none."""

    tier: Tier
    codes: tuple[str, ...] = ()


async def counted(tx: Tx) -> tuple[Position, Known, list[tuple[Standing, int]]]:
    """Count what is open by all that the board tells apart, and say where that is exact for.

    For a transaction of its own.
    """
    position, known = await snapshot.hold(tx)
    counts = select(*_PLACED, func.count()).where(UNIT.c.state.in_(OPEN)).group_by(*_PLACED)
    rows = await tx.select(counts)
    return position, known, [(Standing(*row[:-1]), row[-1]) for row in map(tuple, rows)]


_LATE: Final = """
SELECT found.* FROM unnest($1::text[]) AS c (code)
CROSS JOIN unnest($2::text[]) AS s (state) CROSS JOIN unnest($3::smallint[]) AS p (pressing)
CROSS JOIN LATERAL (
    SELECT id, number, title, holder, u.state, stage_due_at AS at FROM unit u
    WHERE {place} AND u.state = s.state COLLATE "C" AND u.pressing = p.pressing
        AND desk IS NOT NULL AND stage_due_at < $4
    ORDER BY stage_due_at LIMIT $5
) found
ORDER BY at, id LIMIT $5
"""
"""The first of each state and urgency stand in the queues' own indexes."""


async def longest_late(tx: Tx, place: Place, now: datetime, *, limit: int) -> list[Noted]:
    """Return the open units whose stage was due longest ago."""
    states, ranks = [state.value for state in OPEN], [one.rank for one in Urgency]
    sql = _LATE.format(place=_placed(place))
    return _noted(await tx.fetch(sql, list(place.codes) or [""], states, ranks, now, limit))


_RAISED: Final = """
SELECT id, number, title, holder, state, updated_at AS at, count(*) OVER () AS of FROM unit
WHERE raised @> ARRAY[$1] AND raised <> '{}' AND desk IS NOT NULL
ORDER BY updated_at DESC, id DESC LIMIT $2
"""


async def raised(tx: Tx, centre: str, *, limit: int) -> tuple[int, list[Noted]]:
    """Return how many open units were raised to a centre, and those that changed last."""
    rows = await tx.fetch(_RAISED, centre, limit)
    return (rows[0]["of"] if rows else 0), _noted(rows)


_LAST: Final = """
SELECT s.at, s.unit, s.seq, u.number, u.title, s.action, s.organisation, a.name AS actor
FROM unnest($1::text[]) AS c (code)
CROSS JOIN LATERAL (
    SELECT u.id, u.home, u.number, u.title FROM unit u WHERE {place}
    ORDER BY u.updated_at DESC, u.id DESC LIMIT $2
) u
CROSS JOIN LATERAL (
    SELECT * FROM step WHERE step.unit = u.id AND step.home = u.home AND step.action <> ALL($3)
    ORDER BY seq DESC LIMIT $2
) s
LEFT JOIN account a ON a.id = s.actor
ORDER BY s.at DESC, s.seq DESC LIMIT $2
"""


async def last_done(tx: Tx, place: Place, *, limit: int, without: Collection[Action]) -> list[Done]:
    """Return the last lines of the units of an area that changed last, the newest first."""
    sql = _LAST.format(place=_placed(place))
    rows = await tx.fetch(sql, list(place.codes) or [""], limit, list(without))
    return [Done(**{**row, "action": Action(row["action"])}) for row in rows]


def _placed(place: Place) -> str:
    return f'u.{_COLUMN_OF[place.tier]} = c.code COLLATE "C"' if place.codes else "true"


def _noted(rows: Sequence[asyncpg.Record]) -> list[Noted]:
    names = ("id", "number", "title", "holder", "at")
    return [Noted(**{name: row[name] for name in names}, state=State(row["state"])) for row in rows]
