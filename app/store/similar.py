"""Units looked for by where they are, what they are about and which device told of them."""

from collections.abc import Iterable, Sequence
from typing import Final
from zlib import crc32

import asyncpg

from app.domain.responsibility import EntryCode
from app.domain.similar import Question, Trace
from app.domain.spot import Spot
from app.store.database import Tx

NEWEST: Final = 20
"""How many units of a cell and an entry are looked at: a busy cell must not slow intake down."""

_TRACE: Final = "id, home, entry, cell, longitude, latitude, device, created_at, closed_at, state"

_AROUND: Final = f"""
SELECT q.n, u.* FROM unnest($1::integer[], $2::text[], $3::text[])
    AS q(n, cell, entry)
CROSS JOIN LATERAL (
    SELECT {_TRACE} FROM unit
    WHERE cell = q.cell AND entry = q.entry AND merged_into IS NULL
    ORDER BY created_at DESC LIMIT {NEWEST}
) u
UNION ALL
SELECT q.n, u.* FROM unnest($4::integer[], $5::text[], $6::text[]) AS q(n, device, entry)
CROSS JOIN LATERAL (
    SELECT {_TRACE} FROM unit
    WHERE device = q.device AND entry = q.entry AND merged_into IS NULL
    ORDER BY created_at DESC LIMIT {NEWEST}
) u
"""

CLOSED: Final = frozenset({"declined", "cancelled"})
"""States that say nothing of whether a matter came back."""


async def around(tx: Tx, questions: Sequence[Question | None]) -> list[list[Trace]]:
    """Return for each question the newest units it finds, open or closed; None finds none."""
    found: list[list[Trace]] = [[] for _ in questions]
    asked = [(n, one) for n, one in enumerate(questions) if one is not None]
    if not asked:
        return found
    cells = [(n, cell, one.entry) for n, one in asked for cell in one.cells]
    devices = [(n, one.device, one.entry) for n, one in asked if one.device]
    columns = [[row[at] for row in cells] for at in range(3)]
    columns += [[row[at] for row in devices] for at in range(3)]
    for row in await tx.fetch(_AROUND, *columns):
        if row["state"] not in CLOSED:
            found[row["n"]].append(_trace(row))
    return found


Lock = tuple[int, int]
"""An advisory lock: of an entry, and of a cell or a device."""


def locks(questions: Iterable[Question]) -> list[Lock]:
    """Return what stands for the places of these questions, each once, in the one order of all.

    Two units within the distance of each other have at least the cell of one in common.
    """
    return sorted(
        {
            (_key(one.entry), _key(where))
            for one in questions
            for where in (*one.cells, one.device)
            if where
        }
    )


def _key(text: str) -> int:
    """Return a number of PostgreSQL's type integer; two texts of one key only wait needlessly."""
    return crc32(text.encode()) - 2**31


def _trace(row: asyncpg.Record) -> Trace:
    spot = Spot(row["longitude"], row["latitude"]) if row["longitude"] is not None else None
    return Trace(
        id=row["id"],
        home=row["home"],
        entry=EntryCode(row["entry"]),
        cell=row["cell"],
        spot=spot,
        device=row["device"],
        created_at=row["created_at"],
        closed_at=row["closed_at"],
    )
