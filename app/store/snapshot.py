"""What is open, counted or listed, and the place in the feed that this is exact for."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final

import asyncpg
from sqlalchemy import ColumnElement, func, select

from app.domain.authority import Scope
from app.domain.feed import START, Known, Position
from app.domain.unit import State
from app.store.database import Tx
from app.store.feed import LATEST
from app.store.scope import visible
from app.store.tables import UNIT

PAGE: Final = 1000
_GROUP: Final = (UNIT.c.holder, UNIT.c.state, UNIT.c.kind, UNIT.c.light)
_OVER: Final = sorted(state for state in State if state.is_final)
_PLACE: Final = f"""
WITH h AS (
    SELECT epoch, pg_current_snapshot() AS now, pg_snapshot_xmin(pg_current_snapshot()) AS xmin
    FROM feed_epoch
)
SELECT h.epoch AS epoch_now, h.now::text AS snapshot, l.epoch, l.xid, l.line
FROM h LEFT JOIN ({LATEST}) l ON true
"""
# The units may be sent to somebody slow: no longer than such a one is borne with.
_HOLD: Final = """
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SET LOCAL idle_in_transaction_session_timeout = '40s'
"""


@dataclass(frozen=True, slots=True)
class Group:
    """How many open units a holder has of one state, kind and light."""

    organisation: str
    state: str
    kind: str
    light: str | None
    units: int


async def hold(tx: Tx) -> tuple[Position, Known]:
    """Have the whole transaction see this one moment; returns its place in the feed.

    What has been committed is all below the position or known besides it.
    """
    await tx.execute(_HOLD)
    row = await tx.first(_PLACE)
    if row is None:
        raise LookupError("feed_epoch")
    known = Known(row["epoch_now"], row["snapshot"])
    if row["epoch"] is None:
        return START, known
    return Position(row["epoch"], int(row["xid"]), row["line"]), known


async def groups(tx: Tx, scope: Scope) -> list[Group]:
    """Count the open units in a scope, by holder, state, kind and light."""
    counted = select(*_GROUP, func.count()).where(*_open(scope)).group_by(*_GROUP)
    rows = await tx.select(counted.order_by(*_GROUP))
    return [Group(*row.values()) for row in rows]


async def listed(tx: Tx, scope: Scope) -> AsyncGenerator[list[asyncpg.Record]]:
    """Yield the open units in a scope, some at a time: id, version, and what counts them."""
    statement = select(UNIT.c.id, UNIT.c.version, *_GROUP).where(*_open(scope))
    async for rows in tx.stream(statement, size=PAGE):
        yield rows


def _open(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    return visible(scope), UNIT.c.state.not_in(_OVER)
