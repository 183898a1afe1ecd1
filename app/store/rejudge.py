"""Open units that were judged by another version than the one in force."""

from collections.abc import Collection, Sequence
from uuid import UUID

from app.domain.action import Action
from app.domain.unit import State
from app.store.database import Tx


async def judged_by_others(
    tx: Tx, version: int, states: Collection[State], *, after: UUID | None, limit: int
) -> list[UUID]:
    """Return roots in these states that were judged by another version, by id."""
    rows = await tx.fetch(
        """
        SELECT id FROM unit
        WHERE desk IS NOT NULL AND parent IS NULL AND rulebook <> $1 AND state = ANY($2)
          AND ($3::uuid IS NULL OR id > $3)
        ORDER BY id LIMIT $4
        """,
        version,
        list(states),
        after,
        limit,
    )
    return [row["id"] for row in rows]


async def left(tx: Tx, version: int, states: Collection[State]) -> tuple[int, int]:
    """Count the open units judged by another version that are tasks, or in other states."""
    row = await tx.first(
        """
        SELECT count(*) FILTER (WHERE parent IS NOT NULL) AS tasks,
               count(*) FILTER (WHERE parent IS NULL AND state <> ALL($2)) AS begun
        FROM unit WHERE desk IS NOT NULL AND rulebook <> $1
        """,
        version,
        list(states),
    )
    return (row["tasks"], row["begun"]) if row else (0, 0)


async def touched(tx: Tx, ids: Sequence[UUID], *, but: Collection[Action]) -> set[UUID]:
    """Return the units to which somebody has done something other than these actions."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT unit FROM step
        WHERE unit = ANY($1) AND actor IS NOT NULL AND action <> ALL($2)
        """,
        list(ids),
        list(but),
    )
    return {row["unit"] for row in rows}
