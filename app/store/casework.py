"""Casework: units owned with their families; what begins or changes is one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from enum import Flag, auto
from itertools import groupby
from typing import Final
from uuid import UUID

import asyncpg

from app.domain.clock import Clock
from app.domain.unit import Step, Unit
from app.store import clocks, steps, units
from app.store.database import Tx

MOST_MERGED: Final = 5000
"""Merged units that are owned with the one they were merged into.

A broken sensor that reports for ever must not use up the locks of the whole server.
"""

# Arrays and OFFSET 0 keep the planner to the indexes: before a table's first ANALYZE a family
# looks large to it, and it would read all units for one.
_NEAR: Final = """
SELECT id FROM unit WHERE id = ANY($1)
UNION SELECT parent FROM unit WHERE id = ANY($1) AND parent IS NOT NULL
"""
_MERGED: Final = f"""
UNION SELECT id FROM (
    SELECT id FROM unit WHERE merged_into = ANY($1) ORDER BY id LIMIT {MOST_MERGED}
) merged
"""
_BELOW: Final = """
UNION SELECT id FROM (
    WITH RECURSIVE below AS (
        SELECT id, desk FROM unit WHERE parent = ANY($1)
        UNION ALL
        SELECT u.id, u.desk FROM below b
        CROSS JOIN LATERAL (SELECT id, desk FROM unit WHERE parent = b.id OFFSET 0) u
    )
    SELECT id FROM below WHERE desk IS NOT NULL
) open
"""


class Kin(Flag):
    """Who is owned besides a unit and its parent."""

    NOBODY = 0
    MERGED = auto()
    """What was merged into it."""
    BELOW = auto()
    """Its open tasks, and theirs."""


def _family(kin: Kin) -> str:
    return _NEAR + _MERGED * (Kin.MERGED in kin) + _BELOW * (Kin.BELOW in kin)


def _lock(family: str) -> str:
    return f"""
    SELECT id, pg_advisory_xact_lock({units.lock_key_of("id")})
    FROM (SELECT id FROM ({family}) f ORDER BY id OFFSET 0) AS locked
    """


def _look(family: str) -> str:
    own = ", ".join(f'u."{name}"' for name in units.NAMES)
    limits = ", ".join(f'c."{name}"' for name in clocks.NAMES)
    return f"""
    SELECT {own}, {limits} FROM unit u
    LEFT JOIN LATERAL (SELECT * FROM clock WHERE unit = u.id AND home = u.home OFFSET 0) c ON true
    WHERE u.id = ANY(ARRAY({family}))
    ORDER BY u.id, c.started_at, c.name
    """


_KINS: Final = (Kin.NOBODY, Kin.MERGED, Kin.BELOW, Kin.MERGED | Kin.BELOW)
_LOCK: Final = {kin: _lock(_family(kin)) for kin in _KINS}
_LOOK: Final = {kin: _look(_family(kin)) for kin in _KINS}

_CHANGE: Final = f"""
WITH changed AS ({units.change()}),
logged AS ({steps.insertion(1 + units.CHANGES.width)})
{clocks.change(1 + units.CHANGES.width + steps.COLUMNS.width)}
"""
_FIRE: Final = f"""
WITH changed AS ({units.firing()}),
logged AS ({steps.insertion(1 + units.FIRED.width)}),
fired AS ({clocks.firing(1 + units.FIRED.width + steps.COLUMNS.width)})
SELECT count(*) FROM changed
"""
_BEGIN: Final = f"""
WITH begun AS ({units.insertion()}),
logged AS ({steps.insertion(1 + units.NEW.width)}),
running AS ({clocks.insertion(1 + units.NEW.width + steps.COLUMNS.width)})
SELECT id, number FROM begun
"""


@dataclass(frozen=True, slots=True)
class Owned:
    """A unit with its clocks, nobody else's until the transaction ends."""

    unit: Unit
    clocks: tuple[Clock, ...]


async def own(tx: Tx, ids: Sequence[UUID], kin: Kin) -> list[Owned]:
    """Own units, their parents and others of their families.

    The locks come first, one way round and assigning no transaction id: the log's order per
    unit holds only if the id is assigned after the units are owned.
    """
    locked: set[UUID] = set()
    while True:
        rows = await tx.fetch(_LOCK[kin], ids)
        locked |= {row["id"] for row in rows}
        found = _owned(await tx.fetch(_LOOK[kin], ids))
        # Between the two somebody may have joined the family.
        if all(one.unit.id in locked for one in found):
            return found


def _owned(rows: Iterable[asyncpg.Record]) -> list[Owned]:
    size = len(units.NAMES)
    found = []
    for _, group in groupby((list(row.values()) for row in rows), key=lambda values: values[0]):
        family = list(group)
        unit = units.unit_of(dict(zip(units.NAMES, family[0], strict=False)))
        own = (values[size:] for values in family if values[size] is not None)
        found.append(Owned(unit, tuple(map(clocks.clock_of, own))))
    return found


async def begin(
    tx: Tx,
    begun: Sequence[Unit],
    lines: Sequence[Step],
    running: Sequence[clocks.Owned],
    *,
    zone: tzinfo,
) -> dict[UUID, str]:
    """Write new units, parents before their tasks, with their first steps and their clocks.

    Returns the number each one got.
    """
    rows = await tx.fetch(
        _BEGIN,
        *units.new(begun, zone=zone),
        *steps.COLUMNS.arrays(steps.logged(begun, lines)),
        *clocks.COLUMNS.arrays(running),
    )
    return {row["id"]: row["number"] for row in rows}


async def change(
    tx: Tx, changed: Sequence[Unit], lines: Sequence[Step], running: Sequence[clocks.Owned]
) -> None:
    """Write owned units, their new steps and their clocks as they now stand: one statement."""
    await tx.execute(
        _CHANGE,
        *units.CHANGES.arrays(changed),
        *steps.COLUMNS.arrays(steps.logged(changed, lines)),
        *clocks.COLUMNS.arrays(running),
    )


async def fire(
    tx: Tx, lit: Sequence[Unit], lines: Sequence[Step], running: Sequence[clocks.Owned]
) -> None:
    """Write what passed marks change of owned units, their new steps and their clocks.

    Raises RuntimeError, and nothing may be kept, if one is not as it was read: whoever writes
    a unit must own it.
    """
    written = await tx.value(
        _FIRE,
        *units.FIRED.arrays(lit),
        *steps.COLUMNS.arrays(steps.logged(lit, lines)),
        *clocks.FIRED.arrays(running),
    )
    if written != len(lit):
        raise RuntimeError(f"{len(lit) - written} of {len(lit)} units have changed meanwhile")
