"""Clocks: one row a limit, pointed at its next mark only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.domain.clock import Clock
from app.domain.limit import Basis
from app.domain.unit import ClockName, UnitId
from app.store.columns import Column, Columns
from app.store.database import Tx

Owned = tuple[UnitId, str, Clock]
"""A clock with its unit's id and home."""

COLUMNS: Final = Columns[Owned](
    (
        Column("unit", "uuid", lambda row: row[0]),
        Column("home", "text", lambda row: row[1]),
        Column("name", "text", lambda row: row[2].name),
        Column("basis", "text", lambda row: row[2].basis),
        Column("limit", "integer", lambda row: row[2].limit),
        Column("started_at", "timestamptz", lambda row: row[2].started_at),
        Column("spent", "integer", lambda row: row[2].spent),
        Column("running_since", "timestamptz", lambda row: row[2].running_since),
        Column("due_at", "timestamptz", lambda row: row[2].due_at),
        Column("is_provisional", "boolean", lambda row: row[2].is_provisional),
        Column("mark", "smallint", lambda row: row[2].mark),
        Column("next_at", "timestamptz", lambda row: row[2].next_at),
        Column("overdue_at", "timestamptz", lambda row: row[2].overdue_at),
        Column("version", "integer", lambda row: row[2].version),
        Column("granted", "integer", lambda row: row[2].granted),
        Column("grants", "smallint", lambda row: row[2].grants),
    )
)
NAMES: Final = (
    "name",
    "basis",
    "limit",
    "started_at",
    "spent",
    "running_since",
    "due_at",
    "is_provisional",
    "mark",
    "next_at",
    "overdue_at",
    "version",
    "granted",
    "grants",
)
"""What a clock is made of, in the order `clock_of` takes it."""


def insertion(first: int = 1) -> str:
    """Return the statement that writes the clocks of new units."""
    return f"""
    INSERT INTO clock ({COLUMNS.names}) SELECT {COLUMNS.values} FROM {COLUMNS.source(first)}
    """


def change(first: int = 1) -> str:
    """Return the statement that writes clocks as they now stand."""
    settings = ", ".join(f'"{name}" = excluded."{name}"' for name in NAMES[1:])
    return f"{insertion(first)} ON CONFLICT (unit, name, home) DO UPDATE SET {settings}"


_OF_UNITS: Final = f"""
SELECT unit, {", ".join(f'"{name}"' for name in NAMES)}
FROM clock WHERE unit = ANY($1) ORDER BY unit, started_at, name
"""


async def of_units(tx: Tx, units: Sequence[UUID]) -> dict[UUID, tuple[Clock, ...]]:
    """Return the clocks of each unit."""
    rows = await tx.fetch(_OF_UNITS, list(units))
    found: dict[UUID, tuple[Clock, ...]] = {}
    for row in rows:
        unit, *values = row.values()
        found[unit] = (*found.get(unit, ()), clock_of(values))
    return found


async def due_homes(tx: Tx, *, now: datetime) -> list[str]:
    """Return the homes that have a mark to fire, by hopping from home to home in the index."""
    rows = await tx.fetch(
        """
        WITH RECURSIVE hop AS (
            (SELECT home FROM clock WHERE next_at IS NOT NULL ORDER BY home LIMIT 1)
            UNION ALL
            SELECT (SELECT c.home FROM clock c
                    WHERE c.next_at IS NOT NULL AND c.home > hop.home ORDER BY c.home LIMIT 1)
            FROM hop WHERE hop.home IS NOT NULL
        )
        SELECT home FROM hop
        WHERE EXISTS (SELECT 1 FROM clock c WHERE c.home = hop.home AND c.next_at <= $1)
        """,
        now,
    )
    return [row["home"] for row in rows]


async def due_units(tx: Tx, home: str, *, now: datetime, limit: int) -> list[UUID]:
    """Return units of a home with a mark to fire, the longest due first; locks nothing."""
    rows = await tx.fetch(
        """
        SELECT unit FROM clock WHERE home = $1 AND next_at <= $2 ORDER BY next_at LIMIT $3
        """,
        home,
        now,
        limit,
    )
    return list(dict.fromkeys(row["unit"] for row in rows))


async def backlog(tx: Tx, *, now: datetime) -> int:
    """Count the marks that should have fired by now."""
    return int(await tx.value("SELECT count(*) FROM clock WHERE next_at <= $1", now))


def clock_of(values: Sequence[Any]) -> Clock:
    """Build a clock out of the values of `NAMES`."""
    name, basis, *rest = values
    return Clock(ClockName(name), Basis(basis), *rest)
