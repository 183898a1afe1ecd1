"""Families: how far a unit's tasks are, by organisation."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.family import Progress
from app.domain.organisation import OrganisationCode
from app.domain.unit import Unit
from app.store.database import Tx


@dataclass(frozen=True, slots=True)
class Share:
    """One organisation's part of a family: `due_at` is the next deadline it has open."""

    organisation: OrganisationCode
    progress: Progress
    due_at: datetime | None


async def shares(tx: Tx, parent: Unit) -> list[Share]:
    """Return a unit's tasks counted by the organisation each was ordered from, the late first."""
    rows = await tx.fetch(
        """
        SELECT coalesce(reasons #>> '{errand,holder}', holder) AS organisation,
               count(*) AS total,
               count(*) FILTER (WHERE desk IS NOT NULL) AS open,
               count(*) FILTER (WHERE state = 'closed') AS closed,
               count(*) FILTER (WHERE overdue_at IS NOT NULL) AS late,
               min(due_at) FILTER (WHERE desk IS NOT NULL) AS due_at
        FROM unit WHERE parent = $1 AND home = $2
        GROUP BY 1
        ORDER BY count(*) FILTER (WHERE overdue_at IS NOT NULL) DESC, 1
        """,
        parent.id,
        parent.home,
    )
    return [
        Share(
            row["organisation"],
            Progress(row["total"], row["open"], row["closed"], row["late"]),
            row["due_at"],
        )
        for row in rows
    ]


async def late(tx: Tx, parent: Unit, now: datetime) -> list[UUID]:
    """Return a unit's open tasks that are past their limit."""
    rows = await tx.fetch(
        """
        SELECT id FROM unit
        WHERE parent = $1 AND home = $2 AND desk IS NOT NULL
          AND (overdue_at IS NOT NULL OR due_at < $3 OR stage_due_at < $3)
        """,
        parent.id,
        parent.home,
        now,
    )
    return [row["id"] for row in rows]
