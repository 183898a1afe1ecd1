"""Redelivery: messages put back among what is to be delivered, and the places to read them from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from app.domain.feed import START, Line, Position
from app.domain.webhook import WebhookId
from app.store.database import Tx

SLACK: Final = timedelta(minutes=1)
"""How far lines may be from the order of their moments: a transaction ends later than it began."""
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Before all there is; calendars end not far before."""
_ARRIVED: Final = """
SELECT DISTINCT epoch, line FROM attempt CROSS JOIN LATERAL unnest(lines) AS line
JOIN unnest($3::bigint[]) AS asked (number) ON number = line
WHERE webhook = $1 AND outcome = 'delivered' AND at >= $2
"""
_REVIVE: Final = """
WITH d AS (
    SELECT epoch, xid, line, dead_at FROM delivery
    WHERE webhook = $1 AND dead_at >= $2
        AND ($3::timestamptz IS NULL OR (dead_at, line) > ($3, $4))
    ORDER BY dead_at, line LIMIT $5
), revived AS (
    UPDATE delivery SET dead_at = NULL, attempts = 0, due_at = $6 FROM d
    WHERE delivery.webhook = $1
        AND (delivery.epoch, delivery.xid, delivery.line) = (d.epoch, d.xid, d.line)
    RETURNING d.dead_at, d.line
)
SELECT dead_at, line, count(*) OVER () AS count FROM revived
ORDER BY dead_at DESC, line DESC LIMIT 1
"""
_TOGETHER: Final = """
UPDATE delivery d SET is_deferred = true, due_at = $2 FROM (
    SELECT DISTINCT unit FROM delivery
    WHERE webhook = $1 AND is_deferred AND dead_at IS NULL AND due_at = $2 AND unit IS NOT NULL
) x
WHERE d.webhook = $1 AND d.unit = x.unit AND d.dead_at IS NULL
    AND (NOT d.is_deferred OR d.due_at > $2)
"""
_AT: Final = """
WITH RECURSIVE span AS (
    SELECT epoch, first.xid AS low, last.xid AS high
    FROM (SELECT epoch FROM feed_epoch) e CROSS JOIN LATERAL (
        SELECT xid::text::bigint AS xid, at FROM step WHERE step.epoch = e.epoch
        ORDER BY step.xid, step.id LIMIT 1
    ) first CROSS JOIN LATERAL (
        SELECT xid::text::bigint AS xid FROM step WHERE step.epoch = e.epoch
        ORDER BY step.xid DESC, step.id DESC LIMIT 1
    ) last
    WHERE first.at < $1
), halving AS (
    SELECT epoch, low, high FROM span
    UNION ALL
    SELECT h.epoch, CASE WHEN probe.at < $1 THEN m.middle ELSE h.low END,
        CASE WHEN probe.at < $1 THEN h.high ELSE m.middle END
    FROM halving h
    CROSS JOIN LATERAL (SELECT h.low + (h.high - h.low) / 2 AS middle) m
    CROSS JOIN LATERAL (
        SELECT at FROM step WHERE step.epoch = h.epoch AND xid >= m.middle::text::xid8
        ORDER BY epoch, xid, id LIMIT 1
    ) probe
    WHERE h.high - h.low > 1
)
SELECT epoch, low AS xid FROM halving ORDER BY high - low LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Revived:
    """Dead letters that are due again, and the last of them."""

    count: int
    last: tuple[datetime, int] | None


async def not_arrived(tx: Tx, webhook: WebhookId, lines: Sequence[Line]) -> list[Line]:
    """Return those of the lines of which the log of attempts knows no delivery."""
    if not lines:
        return []
    since = min(line.at for line in lines) - SLACK
    numbers = [line.position.line for line in lines]
    rows = await tx.fetch(_ARRIVED, webhook, since, numbers)
    arrived = {(row["epoch"], row["line"]) for row in rows}
    return [line for line in lines if line.position[::2] not in arrived]


async def revive(
    tx: Tx,
    webhook: WebhookId,
    since: datetime,
    *,
    after: tuple[datetime, int] | None,
    limit: int,
    now: datetime,
) -> Revived:
    """Have dead letters that died since a moment delivered again."""
    row = await tx.first(_REVIVE, webhook, since, *(after or (None, None)), limit, now)
    return Revived(row["count"], (row["dead_at"], row["line"])) if row else Revived(0, None)


async def join(tx: Tx, webhook: WebhookId, due_at: datetime) -> None:
    """Have what still waits of units sent together with what is due at a moment, in its order.

    What was happening before would else be sent behind it: as late as its next attempt is.
    """
    await tx.execute(_TOGETHER, webhook, due_at)


async def position_at(tx: Tx, at: datetime) -> Position:
    """Return a position before the lines of a moment and after, close to the first of them.

    A search by halves: moments rise with transaction ids, but for some seconds. Before the
    present epoch it is the beginning.
    """
    row = await tx.first(_AT, max(at, _FIRST) - SLACK)
    return Position(row["epoch"], int(row["xid"]), 0) if row else START
