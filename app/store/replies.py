"""Replies: what was answered to a request, for when it comes again under its key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from app.domain.event import AccountId
from app.store.columns import json
from app.store.database import Tx

KEPT: Final = timedelta(hours=72)
"""How long a key stands for the request it first came with."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it left; `request` and `digest` tell what was asked."""

    request: str
    digest: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes


async def take(tx: Tx, account: AccountId, key: str, *, now: datetime) -> Reply | None:
    """Own an account's key for the rest of the transaction; returns what it got an answer to.

    Whoever sends the same key meanwhile waits here. It is an advisory lock, as units have them,
    because it assigns no transaction id; a space of its own keeps it from ever meeting theirs.
    """
    owned = sha256(account.bytes + key.encode()).digest()
    halves = (int.from_bytes(owned[at : at + 4], "big", signed=True) for at in (0, 4))
    await tx.execute("SELECT pg_advisory_xact_lock($1::integer, $2::integer)", *halves)
    return await find(tx, account, key, now=now)


async def find(tx: Tx, account: AccountId, key: str, *, now: datetime) -> Reply | None:
    """Return what an account's key got an answer to, whoever owns it."""
    row = await tx.first(
        """
        SELECT request, digest, status, headers, body FROM reply
        WHERE account = $1 AND key = $2 AND created_at > $3
        """,
        account,
        key,
        now - KEPT,
    )
    return Reply(**dict(row)) if row else None


async def put(tx: Tx, account: AccountId, key: str, reply: Reply, *, at: datetime) -> None:
    """Keep the answer to an owned key; one too old to be found is written over."""
    await tx.execute(
        """
        INSERT INTO reply (account, key, request, digest, status, headers, body, created_at)
        VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8)
        ON CONFLICT (account, key) DO UPDATE SET
            request = excluded.request, digest = excluded.digest, status = excluded.status,
            headers = excluded.headers, body = excluded.body, created_at = excluded.created_at
        """,
        account,
        key,
        reply.request,
        reply.digest,
        reply.status,
        json(reply.headers),
        reply.body,
        at,
    )


async def forget(tx: Tx, *, now: datetime) -> int:
    """Drop the answers nobody can be given again; returns how many."""
    return await tx.count("DELETE FROM reply WHERE created_at <= $1", now - KEPT)
