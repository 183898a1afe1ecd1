"""The feed: the log and the publications, read in the order they were committed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from app.domain.action import Action
from app.domain.feed import Line, Position, Stance
from app.domain.topic import TOPIC_OF, Topic
from app.domain.unit import State
from app.store import units
from app.store.database import Tx

PUBLISH: Final = "publish"
"""What a publication stands as among the actions of units."""

_OWN: Final = (
    *("epoch", "xid", "line", "at", "action", "unit", "home", "seq", "state", "actor"),
    *("organisation", "reason", "data", "before", "after"),
)
"""What a line itself is made of."""
_UNIT: Final = ", ".join(f'u."{name}"' for name in units.NAMES)
_LINE: Final = f"""
{", ".join(f"l.{name}" for name in _OWN)}, a.name AS actor_name, {_UNIT}
FROM lines l
LEFT JOIN account a ON a.id = l.actor
LEFT JOIN LATERAL (
    SELECT * FROM unit WHERE unit.id = l.unit AND unit.home = l.home OFFSET 0
) u ON true
"""
STEPS: Final = """
SELECT epoch, xid, id AS line, at, action, unit, home, seq, state, actor,
    organisation, reason, data, before, after FROM step
"""
"""The lines of units, as `of_rows` takes them."""
PUBLICATIONS: Final = f"""
SELECT epoch, xid, line, published_at AS at, '{PUBLISH}' AS action, NULL::uuid AS unit,
    NULL AS home, 0 AS seq, NULL AS state, NULL::uuid AS actor, NULL AS organisation,
    note AS reason, jsonb_build_object(
        'version', version, 'changed', changed, 'in_force_at', in_force_at, 'by', published_by
    ) AS data, NULL::text[] AS before, '{{}}'::text[] AS after FROM rulebook
"""
"""The lines that publications are, in the same columns."""

_COMMITTED: Final = """
(epoch, xid, {line}) > ($1, $2::text::xid8, $3)
AND (epoch < h.epoch OR xid < h.xmin)
AND ($4::text IS NULL OR epoch > $1 OR NOT pg_visible_in_snapshot(xid, $4::text::pg_snapshot))
"""
_READ: Final = f"""
WITH h AS (SELECT epoch, pg_snapshot_xmin(pg_current_snapshot()) AS xmin FROM feed_epoch),
lines AS (
    SELECT found.* FROM h CROSS JOIN LATERAL (
        (SELECT * FROM ({STEPS}) s WHERE {_COMMITTED.format(line="line")}
         ORDER BY epoch, xid, line LIMIT $5)
        UNION ALL
        (SELECT * FROM ({PUBLICATIONS}) p WHERE {_COMMITTED.format(line="line")}
         ORDER BY epoch, xid, line LIMIT $5)
        ORDER BY epoch, xid, line LIMIT $5
    ) found
)
SELECT h.epoch AS epoch_now, h.xmin::text::bigint AS horizon, l.*
FROM h LEFT JOIN (SELECT {_LINE}) l ON true
ORDER BY l.epoch, l.xid, l.line
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines in the order they were committed, and where the reader then stands.

    `is_last`: nothing more was committed when they were read; the end then lies behind
    everything that had, so that the next look begins there.
    """

    lines: tuple[Line, ...]
    end: Position
    is_last: bool


async def read(tx: Tx, after: Position, *, limit: int, besides: str | None = None) -> Batch:
    """Return the lines behind a position, as far as no open transaction may still come before.

    `besides` is a snapshot (pg_snapshot) whose transactions are left out: they are known.
    """
    rows = await tx.fetch(_READ, after.epoch, str(after.xid), after.line, besides, limit)
    found = tuple(line_of(row) for row in rows if row["epoch"] is not None)
    if len(found) == limit:
        return Batch(found, found[-1].position, is_last=False)
    horizon = Position(rows[0]["epoch_now"], rows[0]["horizon"], 0)
    return Batch(found, max(after, horizon), is_last=True)


async def horizon(tx: Tx) -> Position:
    """Return the position behind everything that no open transaction can come before any more."""
    row = await tx.first(
        "SELECT epoch, pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xid FROM feed_epoch"
    )
    return Position(row["epoch"], row["xid"], 0) if row else Position(0, 0, 0)


def line_of(row: asyncpg.Record) -> Line:
    """Build a line from what `_LINE` selects."""
    values = list(row.values())
    unit = dict(zip(units.NAMES, values[-len(units.NAMES) :], strict=True))
    action, state = row["action"], row["state"]
    return Line(
        position=Position(row["epoch"], int(row["xid"]), row["line"]),
        at=row["at"],
        topic=Topic.RULEBOOK_PUBLISHED if action == PUBLISH else TOPIC_OF[Action(action)],
        unit=units.unit_of(unit) if unit["id"] is not None else None,
        seq=row["seq"],
        before=_stance(row["before"]),
        after=_stance(row["after"]),
        state=State(state) if state else None,
        actor=row["actor"],
        actor_name=row["actor_name"],
        organisation=row["organisation"],
        reason=row["reason"],
        data=row["data"],
    )


def _stance(stored: Sequence[str] | None) -> Stance | None:
    return Stance(*stored) if stored else None
