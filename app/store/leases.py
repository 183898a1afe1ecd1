"""Leases: each endpoint is sent to by one worker at a time, and how it fares."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.domain.retry import Disabled
from app.domain.standing import Standing
from app.domain.webhook import WebhookId
from app.store.columns import Column, Columns
from app.store.database import Tx

LEASE: Final = timedelta(seconds=10)
"""How long an endpoint is left to a worker that is not heard of."""


_STANDING: Final = Columns[tuple[WebhookId, Standing]](
    (
        Column("failures", "integer", lambda row: row[1].failures),
        Column("failing_since", "timestamptz", lambda row: row[1].failing_since),
        Column("succeeded_at", "timestamptz", lambda row: row[1].succeeded_at),
        Column("open_until", "timestamptz", lambda row: row[1].breaker.until),
        Column("openings", "smallint", lambda row: row[1].breaker.openings),
        Column("id", "uuid", lambda row: row[0]),
    )
)
_SET: Final = _STANDING.only("failures", "failing_since", "succeeded_at", "open_until", "openings")


async def changes(tx: Tx) -> object:
    """Return what differs whenever an endpoint is made, changed, switched off or deleted."""
    row = await tx.first(
        """
        SELECT count(*), sum(hashtextextended(concat(id, ' ', version, ' ', disabled_at), 0))
        FROM webhook
        """
    )
    return tuple(row.values()) if row else None


async def hold(tx: Tx, lease: UUID) -> dict[WebhookId, int]:
    """Take what endpoints are free and renew those held; returns which are, with their versions."""
    await tx.execute(
        """
        UPDATE webhook w SET lease = $1, lease_until = clock_timestamp() + $2 FROM (
            SELECT id FROM webhook
            WHERE disabled_at IS NULL
                AND (lease IS NULL OR lease = $1 OR lease_until < clock_timestamp())
            FOR NO KEY UPDATE SKIP LOCKED
        ) free WHERE w.id = free.id
        """,
        lease,
        LEASE,
    )
    rows = await tx.fetch(
        "SELECT id, version FROM webhook WHERE lease = $1 AND disabled_at IS NULL", lease
    )
    return {row["id"]: row["version"] for row in rows}


async def own(tx: Tx, lease: UUID, ids: Collection[WebhookId]) -> frozenset[WebhookId]:
    """Return those endpoints that still are the lease's, and no other's before the commit."""
    rows = await tx.fetch(
        """
        SELECT id FROM webhook WHERE id = ANY($1) AND lease = $2
        ORDER BY id FOR NO KEY UPDATE
        """,
        list(ids),
        lease,
    )
    return frozenset(row["id"] for row in rows)


async def let_go(tx: Tx, lease: UUID) -> None:
    """Leave all endpoints to others."""
    await tx.execute("UPDATE webhook SET lease = NULL, lease_until = NULL WHERE lease = $1", lease)


async def note(tx: Tx, stands: Sequence[tuple[WebhookId, Standing]]) -> None:
    """Write how endpoints stand."""
    await tx.execute(
        f"UPDATE webhook w SET {_SET.settings} FROM {_STANDING.source()} WHERE w.id = x.id",
        *_STANDING.arrays(stands),
    )


async def disable(
    tx: Tx, reasons: Mapping[WebhookId, tuple[Disabled, str]], *, at: datetime
) -> None:
    """Switch endpoints off, each with the reason and what was answered."""
    if not reasons:
        return
    await tx.execute(
        """
        UPDATE webhook w
        SET disabled_at = $4, disabled_by = x.disabled, disabled_why = x.why, updated_at = $4,
            version = version + 1, lease = NULL, lease_until = NULL
        FROM unnest($1::uuid[], $2::text[], $3::text[]) AS x(webhook, disabled, why)
        WHERE w.id = x.webhook
        """,
        list(reasons),
        [disabled for disabled, _ in reasons.values()],
        [why for _, why in reasons.values()],
        at,
    )
