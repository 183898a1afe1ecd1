"""Drafts: parts of a rulebook that are not published yet; their content is stored as any other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import orjson

from app.domain.rulebook import Part
from app.store.columns import json
from app.store.database import Tx

_SELECT = "SELECT number, parts::text AS parts, note, created_at, created_by FROM draft"


@dataclass(frozen=True, slots=True)
class Draft:
    """Versions of the parts that would change; the other parts stay as they are in force."""

    number: int
    parts: Mapping[Part, int]
    note: str
    created_at: datetime
    created_by: str

    @property
    def name(self) -> str:
        """What people call it: d3."""
        return f"d{self.number}"


async def put(tx: Tx, parts: Mapping[Part, int], *, note: str, at: datetime, by: str) -> Draft:
    """Write a new draft and return it with its number."""
    number: int = await tx.value(
        """
        INSERT INTO draft (number, parts, note, created_at, created_by)
        VALUES (nextval('draft_number'), $1::text::jsonb, $2, $3, $4) RETURNING number
        """,
        json({part.value: version for part, version in parts.items()}),
        note,
        at,
        by,
    )
    return Draft(number, parts, note, at, by)


async def find(tx: Tx, number: int) -> Draft | None:
    """Return one draft."""
    row = await tx.first(f"{_SELECT} WHERE number = $1", number)
    return _draft(row) if row else None


async def remove(tx: Tx, number: int) -> bool:
    """Forget a draft; what its parts hold stays, as all content does. Tell whether it was there."""
    return await tx.count("DELETE FROM draft WHERE number = $1", number) == 1


async def page(tx: Tx, *, before: int | None, limit: int) -> list[Draft]:
    """Return drafts, the newest first, those before a number if one is given."""
    rows = await tx.fetch(
        f"{_SELECT} WHERE $1::integer IS NULL OR number < $1 ORDER BY number DESC LIMIT $2",
        before,
        limit,
    )
    return [_draft(row) for row in rows]


def _draft(row: asyncpg.Record) -> Draft:
    known = orjson.loads(row["parts"])
    return Draft(
        number=row["number"],
        parts={Part(name): version for name, version in known.items()},
        note=row["note"],
        created_at=row["created_at"],
        created_by=row["created_by"],
    )
