"""The delivery log: attempts, what waits and what is dead, and where one message stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, and_, literal_column, select, tuple_

from app.domain.action import Action
from app.domain.answer import Outcome
from app.domain.feed import Position, message_id, named_line
from app.domain.topic import TOPIC_OF, Topic
from app.domain.webhook import WebhookId
from app.store.database import Tx
from app.store.feed import PUBLICATIONS, PUBLISH
from app.store.webhook_tables import ATTEMPT

_MESSAGE: Final = """
d.epoch, d.xid, d.line, d.at, d.due_at, d.dead_at, d.attempts, d.unit, u.number,
CASE WHEN d.home IS NULL THEN 'publish' ELSE s.action END AS action
"""
_LINKED: Final = """
LEFT JOIN step s ON s.id = d.line AND s.home = d.home AND s.at = d.at
LEFT JOIN unit u ON u.id = d.unit AND u.home = d.home
"""
_WAITING: Final = f"""
SELECT {_MESSAGE} FROM delivery d {_LINKED}
WHERE d.webhook = $1 AND d.dead_at IS NULL AND (d.epoch, d.xid, d.line) > ($2, $3::text::xid8, $4)
ORDER BY d.epoch, d.xid, d.line LIMIT $5
"""
_DEAD: Final = f"""
SELECT {_MESSAGE} FROM delivery d {_LINKED}
WHERE d.webhook = $1 AND d.dead_at IS NOT NULL
    AND ($2::timestamptz IS NULL OR (d.dead_at, d.line) > ($2, $3))
ORDER BY d.dead_at, d.line LIMIT $4
"""
_ONE: Final = f"""
WITH l AS (
    SELECT epoch, xid, id AS line, at, unit, home, action FROM step WHERE id = $3 AND epoch = $2
    UNION ALL
    SELECT epoch, xid, line, at, unit, home, action FROM ({PUBLICATIONS}) p
    WHERE line = $3 AND epoch = $2
)
SELECT l.epoch, l.xid, l.line, l.at, d.due_at, d.dead_at, coalesce(d.attempts, 0) AS attempts,
    l.unit, u.number, l.action, d.line IS NOT NULL AS is_kept
FROM l
LEFT JOIN delivery d
    ON d.webhook = $1 AND (d.epoch, d.xid, d.line) = (l.epoch, l.xid, l.line)
LEFT JOIN unit u ON u.id = l.unit AND u.home = l.home
"""
_COLUMNS: Final = (
    *("at", "epoch", "lines", "message", "attempt", "outcome", "status"),
    *("milliseconds", "request", "response", "error", "is_manual"),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """One request to an endpoint, and what came of it."""

    id: int
    at: datetime
    epoch: int
    lines: Sequence[int]
    message: str
    """Its `webhook-id`."""
    attempt: int
    outcome: Outcome
    status: int | None
    milliseconds: int
    request: str
    response: str
    error: str
    is_manual: bool

    @property
    def messages(self) -> list[str]:
        """The ids of the messages it carried; a test has one of its own."""
        return [message_id(self.epoch, line) for line in self.lines] or [self.message]


@dataclass(frozen=True, slots=True)
class SentFilter:
    """Which attempts; None asks nothing."""

    outcome: Outcome | None = None
    message: str | None = None
    """The id of a message, or of a request."""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A message on its way to an endpoint, or one that was: `due_at` None, it is there."""

    position: Position
    at: datetime
    topic: Topic | None
    """None where its line is in no log any more."""
    unit: UUID | None
    number: str | None
    attempts: int
    due_at: datetime | None
    dead_at: datetime | None

    @property
    def id(self) -> str:
        """The message's id."""
        return message_id(self.position.epoch, self.position.line)


@dataclass(frozen=True, slots=True)
class Found:
    """A line as a message to an endpoint, and whether it is kept for delivery, or as dead."""

    due: Due
    is_kept: bool


async def page(
    tx: Tx,
    webhook: WebhookId,
    wanted: SentFilter,
    *,
    before: tuple[datetime, int] | None = None,
    limit: int,
) -> list[Sent]:
    """Return attempts, the newest first."""
    statement = select(ATTEMPT.c.id, *(ATTEMPT.c[name] for name in _COLUMNS)).where(
        ATTEMPT.c.webhook == webhook, *_conditions(wanted)
    )
    if before is not None:
        statement = statement.where(tuple_(ATTEMPT.c.at, ATTEMPT.c.id) < tuple_(*before))
    rows = await tx.select(
        statement.order_by(ATTEMPT.c.at.desc(), ATTEMPT.c.id.desc()).limit(
            literal_column(str(limit))
        )
    )
    return [Sent(**{**dict(row), "outcome": Outcome(row["outcome"])}) for row in rows]


def _conditions(wanted: SentFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.outcome is not None:
        found.append(ATTEMPT.c.outcome == wanted.outcome)
    if wanted.message is not None:
        found.append(_about(wanted.message))
    if wanted.since is not None:
        found.append(ATTEMPT.c.at >= wanted.since)
    return found


def _about(message: str) -> ColumnElement[bool]:
    named = named_line(message)
    if named is None:
        return ATTEMPT.c.message == message
    epoch, line = named
    return and_(ATTEMPT.c.epoch == epoch, ATTEMPT.c.lines.contains([line]))


async def waiting(tx: Tx, webhook: WebhookId, *, after: Position, limit: int) -> list[Due]:
    """Return what waits for delivery, in the order of the log."""
    values = (after.epoch, str(after.xid), after.line)
    return [_due(row) for row in await tx.fetch(_WAITING, webhook, *values, limit)]


async def dead(
    tx: Tx, webhook: WebhookId, *, after: tuple[datetime, int] | None, limit: int
) -> list[Due]:
    """Return the dead letters, the longest dead first."""
    rows = await tx.fetch(_DEAD, webhook, *(after or (None, None)), limit)
    return [_due(row) for row in rows]


async def one(tx: Tx, webhook: WebhookId, epoch: int, line: int) -> Found | None:
    """Return a line of the log as a message to an endpoint; None: the log has no such line."""
    row = await tx.first(_ONE, webhook, epoch, line)
    return Found(_due(row), row["is_kept"]) if row else None


def _due(row: asyncpg.Record) -> Due:
    values: Mapping[str, Any] = dict(row)
    return Due(
        position=Position(row["epoch"], int(row["xid"]), row["line"]),
        topic=_topic(row["action"]),
        **{
            name: values[name] for name in ("at", "unit", "number", "attempts", "due_at", "dead_at")
        },
    )


def _topic(action: str | None) -> Topic | None:
    if action is None:
        return None
    return Topic.RULEBOOK_PUBLISHED if action == PUBLISH else TOPIC_OF[Action(action)]
