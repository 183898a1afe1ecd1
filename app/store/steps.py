"""The log of every unit: append-only, and read in the order it was committed."""

from collections.abc import Sequence
from typing import Final

import asyncpg

from app.domain.action import Action
from app.domain.unit import State, Step, UnitId
from app.store.columns import Column, Columns, json
from app.store.database import Tx

_COLUMNS: Final = Columns[Step](
    (
        Column("home", "text", lambda step: step.home),
        Column("at", "timestamptz", lambda step: step.at),
        Column("unit", "uuid", lambda step: step.unit),
        Column("seq", "integer", lambda step: step.seq),
        Column("action", "text", lambda step: step.action),
        Column("state", "text", lambda step: step.state),
        Column("actor", "uuid", lambda step: step.actor),
        Column("organisation", "text", lambda step: step.organisation),
        Column("reason", "text", lambda step: step.reason),
        Column("data", "text", lambda step: json(step.data), "{}::jsonb"),
    )
)
_INSERT: Final = f"""
INSERT INTO step ({_COLUMNS.names}, epoch)
SELECT {_COLUMNS.values}, (SELECT epoch FROM feed_epoch) FROM {_COLUMNS.source()}
"""


async def append(tx: Tx, steps: Sequence[Step]) -> None:
    """Write lines to the log, in the order given."""
    if steps:
        await tx.execute(_INSERT, *_COLUMNS.arrays(steps))


async def of_unit(tx: Tx, unit: UnitId, *, after: int = 0, limit: int) -> list[Step]:
    """Return a unit's log from behind line `after`, the oldest line first."""
    rows = await tx.fetch(
        """
        SELECT unit, home, seq, at, action, state, actor, organisation, reason, data FROM step
        WHERE unit = $1 AND seq > $2 ORDER BY seq LIMIT $3
        """,
        unit,
        after,
        limit,
    )
    return [_step(row) for row in rows]


def _step(row: asyncpg.Record) -> Step:
    values = dict(row)
    return Step(**{**values, "state": State(values["state"]), "action": Action(values["action"])})
