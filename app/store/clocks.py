"""Clocks: one row a limit, pointed at its next mark only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zlib import crc32

from app.domain.clock import Clock
from app.domain.limit import Basis
from app.domain.unit import ClockName, UnitId
from app.store.columns import Column, Columns
from app.store.database import Tx
from app.store.units import lock_key_of

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
        Column("calendar", "text", lambda row: row[2].calendar),
        Column("yellow_at", "timestamptz", lambda row: row[2].yellow_at),
        Column("red_at", "timestamptz", lambda row: row[2].red_at),
        Column("overdue_by", "text", lambda row: row[2].overdue_by),
        Column("exempted_at", "timestamptz", lambda row: row[2].exempted_at),
        Column("exempted_by", "uuid", lambda row: row[2].exempted_by),
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
    "calendar",
    "yellow_at",
    "red_at",
    "overdue_by",
    "exempted_at",
    "exempted_by",
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


_KEY: Final = ("unit", "home", "name")
_LIT: Final = (
    *("mark", "next_at", "overdue_at", "overdue_by", "version", "due_at", "is_provisional"),
    *("yellow_at", "red_at"),
)
"""What passed marks change of a clock."""
FIRED: Final = COLUMNS.only(*_KEY, *_LIT)


def firing(first: int = 1) -> str:
    """Return the statement that writes clocks whose marks have passed, as they now stand."""
    return f"""
    UPDATE clock SET {COLUMNS.only(*_LIT).settings} FROM {FIRED.source(first)}
    WHERE clock.unit = x.unit AND clock.home = x.home AND clock.name = x.name
    """


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


async def homes(tx: Tx) -> list[str]:
    """Return the homes that have a mark ahead, by hopping from home to home in the index.

    It hops from the far end: marks fired lately leave their dead at the near one, which stay
    for as long as somebody reads in an old snapshot.
    """
    rows = await tx.fetch(
        """
        WITH RECURSIVE hop AS (
            (SELECT home FROM clock WHERE next_at IS NOT NULL
             ORDER BY home DESC, next_at DESC LIMIT 1)
            UNION ALL
            SELECT (SELECT c.home FROM clock c
                    WHERE c.next_at IS NOT NULL AND c.home < hop.home
                    ORDER BY c.home DESC, c.next_at DESC LIMIT 1)
            FROM hop WHERE hop.home IS NOT NULL
        )
        SELECT home FROM hop WHERE home IS NOT NULL
        """
    )
    return [row["home"] for row in rows]


async def due_homes(tx: Tx, since: Mapping[str, datetime | None], *, now: datetime) -> list[str]:
    """Return those of the homes that have a mark to fire, looking from a moment on in each."""
    rows = await tx.fetch(
        """
        SELECT h.home FROM unnest($1::text[], $2::timestamptz[]) AS h(home, since)
        WHERE EXISTS (
            SELECT FROM clock c WHERE c.home = h.home AND c.next_at <= $3
            AND c.next_at >= coalesce(h.since, '-infinity'))
        """,
        list(since),
        list(since.values()),
        now,
    )
    return [row["home"] for row in rows]


@dataclass(frozen=True, slots=True)
class Due:
    """What was found to be due: the units now owned.

    `until` is up to where nothing else is due; None if others own some of it, or all.
    """

    units: tuple[UUID, ...]
    until: datetime | None


_CLAIM: Final = f"""
WITH home AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock($1::integer, $2::integer) AS is_free
), due AS MATERIALIZED (
    SELECT c.unit, c.next_at FROM home
    CROSS JOIN LATERAL (
        SELECT unit, next_at FROM clock
        WHERE home.is_free AND clock.home = $3 AND next_at >= coalesce($4::timestamptz, '-infinity')
          AND next_at <= $5::timestamptz
        ORDER BY next_at LIMIT $6::integer
    ) c
)
SELECT unit, pg_try_advisory_xact_lock({lock_key_of("unit")}) AS is_ours,
       (SELECT CASE WHEN count(*) < $6 THEN $5 ELSE max(next_at) END FROM due) AS until
FROM (SELECT DISTINCT unit FROM due OFFSET 0) AS found
"""
_HOMES: Final = 0x59474854
"""The advisory locks of homes whose marks somebody fires."""


async def claim_due(tx: Tx, home: str, *, since: datetime | None, now: datetime, limit: int) -> Due:
    """Own a home's units with a mark to fire, the longest due first, of up to `limit` clocks.

    A home that another worker is at is left to it, a unit that somebody else owns to the next
    look. The locks come first and assign no transaction id; see `units.take`.
    """
    key = crc32(home.encode()) - 2**31
    rows = await tx.fetch(_CLAIM, _HOMES, key, home, since, now, limit)
    ours = tuple(row["unit"] for row in rows if row["is_ours"])
    return Due(ours, rows[0]["until"] if ours and len(ours) == len(rows) else None)


async def postpone(tx: Tx, units: Sequence[UUID], *, now: datetime, until: datetime) -> None:
    """Look at the passed marks of owned units again at another moment."""
    await tx.execute(
        "UPDATE clock SET next_at = $3 WHERE unit = ANY($1) AND next_at <= $2",
        list(units),
        now,
        until,
    )


async def backlog(tx: Tx, *, now: datetime) -> int:
    """Count the marks that should have fired by now."""
    return int(await tx.value("SELECT count(*) FROM clock WHERE next_at <= $1", now))


def clock_of(values: Sequence[Any]) -> Clock:
    """Build a clock out of the values of `NAMES`."""
    name, basis, *rest = values
    return Clock(ClockName(name), Basis(basis), *rest)
