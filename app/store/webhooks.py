"""Endpoints of webhooks as they are stored, their secrets sealed."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson

from app.domain.errors import Unavailable
from app.domain.feed import Position
from app.domain.organisation import OrganisationCode
from app.domain.retry import Disabled
from app.domain.webhook import (
    Endpoint,
    Envelope,
    Payload,
    Signing,
    Target,
    WebhookId,
    Wish,
)
from app.store.database import Tx
from app.store.seal import Seal

_WISH: Final = (
    *("url", "scope", "description", "types", "payload", "envelope", "batch"),
    *("rate", "in_flight", "schedule", "timeout"),
)
_SEALED: Final = ("secret", "headers", "old_secret")
_OWN: Final = (
    *("organisation", "old_until", "public_key", "updated_at", "version"),
    *("disabled_at", "disabled_by", "disabled_why"),
)
_BORN: Final = ("id", "account", "signing", "created_at")
_BREAKER: Final = ("failures", "failing_since", "open_until", "openings")
_SINCE: Final = ("epoch", "xid", "line")
_SETTINGS: Final = (*_WISH, *_SEALED, *_OWN, *_BREAKER)
"""What people change; all else is the sender's."""
_ENDPOINT: Final = (*_BORN, *_OWN, *_BREAKER, "succeeded_at")
_NAMES: Final = (*_ENDPOINT, *_WISH, *_SEALED, *_SINCE)
READ: Final = f"SELECT {', '.join(_NAMES)} FROM webhook"
_PLACES: Final = ", ".join(
    f"${at}::text::xid8" if name == "xid" else f"${at}" for at, name in enumerate(_NAMES, 1)
)
_PUT: Final = f"INSERT INTO webhook ({', '.join(_NAMES)}) VALUES ({_PLACES})"
_CHANGE: Final = f"""
UPDATE webhook SET {", ".join(f"{name} = ${at}" for at, name in enumerate(_SETTINGS, 2))}
WHERE id = $1
"""
_COUNTS: Final = """
SELECT webhook, count(*) FILTER (WHERE dead_at IS NULL) AS waiting,
    count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead,
    min(at) FILTER (WHERE dead_at IS NULL) AS oldest
FROM delivery WHERE webhook = ANY($1) GROUP BY webhook
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """An endpoint with its secrets as they lie in the database."""

    endpoint: Endpoint
    secret: bytes
    headers: bytes
    old_secret: bytes | None = None

    def opened(self, seal: Seal, *, now: datetime) -> Target:
        """Return what sends to it; raises Unavailable where no key opens its secrets."""
        about, until = self.endpoint.id.bytes, self.endpoint.old_until
        secrets = [self.secret]
        if self.old_secret and until and now < until:
            secrets.append(self.old_secret)
        return Target(
            self.endpoint,
            tuple(seal.open(one, about) for one in secrets),
            orjson.loads(seal.open(self.headers, about)),
        )

    def header_names(self, seal: Seal) -> list[str] | None:
        """Return the names of its own headers; None where no key opens them."""
        try:
            return sorted(orjson.loads(seal.open(self.headers, self.endpoint.id.bytes)))
        except Unavailable:
            return None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is still to be delivered to an endpoint."""

    waiting: int = 0
    dead: int = 0
    oldest: datetime | None = None
    """When the oldest of what waits happened."""


def sealed_headers(headers: Mapping[str, str], seal: Seal, id_: WebhookId) -> bytes:
    """Return headers sealed, for they may hold somebody's password."""
    return seal.seal(orjson.dumps(dict(headers)).decode(), id_.bytes)


async def put(tx: Tx, stored: Stored) -> None:
    """Write a new endpoint."""
    values = _values(stored)
    await tx.execute(_PUT, *(values[name] for name in _NAMES))


async def change(tx: Tx, stored: Stored) -> None:
    """Write an endpoint that was found locked, as people have changed it."""
    values = _values(stored)
    await tx.execute(_CHANGE, stored.endpoint.id, *(values[name] for name in _SETTINGS))


async def delete(tx: Tx, id_: WebhookId) -> None:
    """Delete an endpoint with its log and what was still to be delivered."""
    await tx.execute("DELETE FROM webhook WHERE id = $1", id_)


async def find(tx: Tx, id_: UUID, *, locked: bool = False) -> Stored | None:
    """Return an endpoint, for the transaction's own if it is to be changed."""
    lock = " FOR NO KEY UPDATE" if locked else ""
    row = await tx.first(f"{READ} WHERE id = $1{lock}", id_)
    return _stored(row) if row else None


async def owners(tx: Tx) -> list[OrganisationCode]:
    """Return the bodies that have endpoints."""
    rows = await tx.fetch("SELECT DISTINCT organisation FROM webhook")
    return [row["organisation"] for row in rows]


async def count_of(tx: Tx, organisation: OrganisationCode) -> int:
    """Count the endpoints of a body."""
    return int(await tx.value("SELECT count(*) FROM webhook WHERE organisation = $1", organisation))


async def page(
    tx: Tx,
    organisations: Collection[OrganisationCode],
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Stored]:
    """Return the endpoints of these bodies, the oldest first."""
    rows = await tx.fetch(
        f"""
        {READ} WHERE organisation = ANY($1)
            AND ($2::timestamptz IS NULL OR (created_at, id) > ($2, $3::uuid))
        ORDER BY created_at, id LIMIT $4
        """,
        list(organisations),
        *(after or (None, None)),
        limit,
    )
    return [_stored(row) for row in rows]


async def enabled(tx: Tx) -> list[Stored]:
    """Return the endpoints that are not switched off, in the order they were made."""
    rows = await tx.fetch(f"{READ} WHERE disabled_at IS NULL ORDER BY created_at, id")
    return [_stored(row) for row in rows]


async def live(tx: Tx, seal: Seal, *, now: datetime) -> list[Target]:
    """Return what sends to each endpoint that is not switched off.

    One whose secrets no key opens comes without any: it harms no other, and is sent nothing.
    """
    return [_target(stored, seal, now) for stored in await enabled(tx)]


def _target(stored: Stored, seal: Seal, now: datetime) -> Target:
    try:
        return stored.opened(seal, now=now)
    except Unavailable:
        return Target(stored.endpoint, (), {})


async def disable(tx: Tx, ids: Sequence[UUID], *, by: Disabled, why: str, at: datetime) -> None:
    """Switch endpoints off that are on."""
    await tx.execute(
        """
        UPDATE webhook SET disabled_at = $2, disabled_by = $3, disabled_why = $4,
            updated_at = $2, version = version + 1
        WHERE id = ANY($1) AND disabled_at IS NULL
        """,
        list(ids),
        at,
        by,
        why,
    )


async def follow(tx: Tx, successors: Mapping[OrganisationCode, OrganisationCode]) -> None:
    """Put the endpoints of ended organisations, and their scopes, under the successors."""
    await tx.execute(
        """
        WITH x AS (SELECT * FROM unnest($1::text[], $2::text[]) AS x(ended, successor))
        UPDATE webhook SET version = version + 1,
            organisation = coalesce(
                (SELECT successor FROM x WHERE ended = organisation), organisation),
            scope = coalesce((SELECT successor FROM x WHERE ended = scope), scope)
        WHERE organisation = ANY($1) OR scope = ANY($1)
        """,
        list(successors),
        list(successors.values()),
    )


async def backlogs(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, Backlog]:
    """Return what is still to be delivered to each endpoint that has something."""
    rows = await tx.fetch(_COUNTS, list(ids))
    return {row["webhook"]: Backlog(row["waiting"], row["dead"], row["oldest"]) for row in rows}


def _values(stored: Stored) -> dict[str, Any]:
    endpoint = stored.endpoint
    wish, since = endpoint.wish, endpoint.since
    return {
        **{name: getattr(endpoint, name) for name in _ENDPOINT},
        **{name: getattr(wish, name) for name in _WISH},
        **{name: getattr(stored, name) for name in _SEALED},
        "epoch": since.epoch,
        "xid": str(since.xid),
        "line": since.line,
    }


_READ: Final[Mapping[str, Callable[[Any], object]]] = {
    "types": tuple,
    "schedule": tuple,
    "payload": Payload,
    "envelope": Envelope,
}
"""What is not in the row as the domain has it."""


def _stored(row: asyncpg.Record) -> Stored:
    wish: dict[str, Any] = {name: _READ.get(name, _as_is)(row[name]) for name in _WISH}
    values: dict[str, Any] = {name: row[name] for name in _ENDPOINT}
    values["signing"] = Signing(values["signing"])
    since = Position(*(row[name] for name in _SINCE))
    sealed = {name: row[name] for name in _SEALED}
    return Stored(Endpoint(**values, wish=Wish(**wish), since=since), **sealed)


def _as_is(value: object) -> object:
    return value
