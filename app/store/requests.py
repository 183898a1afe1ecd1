"""Requests: written with the step that makes or decides them, listed by who must decide."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from app.domain.organisation import OrganisationCode
from app.domain.request import Request, RequestId, RequestKind, RequestState
from app.store.database import Tx

_NAMES: Final = (
    "id, unit, home, kind, account, organisation, at, reason, until, agreed, state, desk,"
    " decided_by, decided_at, decision"
)
_READ: Final = f"SELECT {_NAMES} FROM request"
_INSERT: Final = f"""
INSERT INTO request ({_NAMES})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""

Key = tuple[datetime, UUID]
"""Where a page ended."""


async def insert(tx: Tx, request: Request) -> None:
    """Write a new request; its unit is owned."""
    await tx.execute(
        _INSERT,
        request.id,
        request.unit,
        request.home,
        request.kind,
        request.account,
        request.organisation,
        request.at,
        request.reason,
        request.until,
        list(request.agreed),
        *_standing(request),
    )


async def save(tx: Tx, request: Request) -> None:
    """Write how a request stands now; its unit is owned."""
    await tx.execute(
        """
        UPDATE request SET agreed = $2, state = $3, desk = $4,
               decided_by = $5, decided_at = $6, decision = $7
        WHERE id = $1
        """,
        request.id,
        list(request.agreed),
        *_standing(request),
    )


def _standing(request: Request) -> tuple[object, ...]:
    return (
        request.state,
        request.desk,
        request.decided_by,
        request.decided_at,
        request.decision,
    )


async def void(tx: Tx, ids: Sequence[RequestId], *, at: datetime) -> None:
    """Let pending requests end because their unit has moved on; it is owned."""
    await tx.execute(
        """
        UPDATE request SET state = 'void', desk = NULL, decided_at = $2
        WHERE id = ANY($1) AND state = 'pending'
        """,
        list(ids),
        at,
    )


async def find(tx: Tx, key: UUID) -> Request | None:
    """Return a request."""
    row = await tx.first(f"{_READ} WHERE id = $1", key)
    return _request(row) if row else None


async def read(tx: Tx, ids: Sequence[RequestId]) -> list[Request]:
    """Return these requests, the oldest first; asks nothing when none is wanted."""
    if not ids:
        return []
    rows = await tx.fetch(f"{_READ} WHERE id = ANY($1) ORDER BY at, id", list(ids))
    return [_request(row) for row in rows]


async def on_desk(
    tx: Tx, desk: OrganisationCode, after: Key | None, *, limit: int
) -> list[Request]:
    """Return what a centre must decide, the oldest first."""
    rows = await tx.fetch(
        f"""
        {_READ} WHERE desk = $1 AND ($2::timestamptz IS NULL OR (at, id) > ($2, $3))
        ORDER BY at, id LIMIT $4
        """,
        desk,
        *(after or (None, None)),
        limit,
    )
    return [_request(row) for row in rows]


async def made_by(
    tx: Tx, organisation: OrganisationCode, before: Key | None, *, limit: int
) -> list[Request]:
    """Return what an organisation has asked for, the newest first, decided or not."""
    rows = await tx.fetch(
        f"""
        {_READ} WHERE organisation = $1 AND ($2::timestamptz IS NULL OR (at, id) < ($2, $3))
        ORDER BY at DESC, id DESC LIMIT $4
        """,
        organisation,
        *(before or (None, None)),
        limit,
    )
    return [_request(row) for row in rows]


def _request(row: asyncpg.Record) -> Request:
    values = dict(row)
    return Request(
        **{
            **values,
            "kind": RequestKind(values["kind"]),
            "state": RequestState(values["state"]),
            "agreed": tuple(values["agreed"]),
        }
    )
