"""Attempts: every request to an endpoint, what was sent and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.domain.answer import EXCERPT, Answer
from app.domain.feed import Position
from app.domain.webhook import WebhookId
from app.store.columns import Column, Columns
from app.store.database import Tx

ROWS: Final = 5000
"""Attempts thrown away in one transaction."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request; `message` is the id it went under, of a batch or of its one message."""

    webhook: WebhookId
    at: datetime
    positions: tuple[Position, ...]
    """The lines it told of, all of one epoch; a test tells of none."""
    message: str
    attempt: int
    request: str
    answer: Answer
    is_manual: bool = False


_COLUMNS: Final = Columns[Attempt](
    (
        Column("webhook", "uuid", lambda row: row.webhook),
        Column("at", "timestamptz", lambda row: row.at),
        Column("epoch", "integer", lambda row: row.positions[0].epoch if row.positions else 0),
        # An array of arrays is no array of rows: each is sent as text.
        Column(
            "lines",
            "text",
            lambda row: "{" + ",".join(str(position.line) for position in row.positions) + "}",
            "{}::bigint[]",
        ),
        Column("message", "text", lambda row: row.message),
        Column("attempt", "smallint", lambda row: row.attempt),
        Column("outcome", "text", lambda row: row.answer.outcome),
        Column("status", "smallint", lambda row: row.answer.status),
        Column("milliseconds", "integer", lambda row: round(row.answer.latency)),
        Column("request", "text", lambda row: row.request[:EXCERPT]),
        Column("response", "text", lambda row: row.answer.excerpt[:EXCERPT]),
        Column("error", "text", lambda row: row.answer.error[:EXCERPT]),
        Column("is_manual", "boolean", lambda row: row.is_manual),
    )
)


async def put(tx: Tx, attempts: Sequence[Attempt]) -> None:
    """Write down attempts."""
    await tx.execute(
        f"INSERT INTO attempt ({_COLUMNS.names}) SELECT {_COLUMNS.values} FROM {_COLUMNS.source()}",
        *_COLUMNS.arrays(attempts),
    )


async def forget(tx: Tx, *, before: datetime) -> int:
    """Throw away some attempts of before a moment, the oldest first; returns how many."""
    return await tx.count(
        """
        DELETE FROM attempt WHERE id IN (
            SELECT id FROM attempt WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED
        )
        """,
        before,
        ROWS,
    )
