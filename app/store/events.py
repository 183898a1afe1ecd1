"""Events as they were sent; a row is written once and never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from app.domain.event import AccountId, Event, EventId
from app.domain.organisation import OrganisationCode
from app.store.columns import Column, Columns
from app.store.database import Tx
from app.store.rulebooks import IN_FORCE
from app.store.similar import Lock


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event on its way into the table, with the district it was filed in."""

    event: Event
    home: str


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it lies in the table."""

    id: EventId
    home: str
    organisation: OrganisationCode
    account: AccountId
    occurred_at: datetime
    received_at: datetime
    digest: bytes
    body: Mapping[str, Any]


_COLUMNS: Final = Columns[Arrival](
    (
        Column("id", "uuid", lambda row: row.event.id),
        Column("home", "text", lambda row: row.home),
        Column("source", "text", lambda row: row.event.source),
        Column("organisation", "text", lambda row: row.event.organisation),
        Column("account", "uuid", lambda row: row.event.account),
        Column("occurred_at", "timestamptz", lambda row: row.event.occurred_at),
        Column("received_at", "timestamptz", lambda row: row.event.received_at),
        Column("digest", "bytea", lambda row: row.event.digest),
        Column("body", "text", lambda row: row.event.body.decode(), "{}::jsonb"),
    )
)
# The locks come before the first row: whoever waits for one holds no event another waits for.
_INSERT: Final = f"""
WITH locked AS MATERIALIZED (
    SELECT count(pg_advisory_xact_lock(entry, place)) AS locks
    FROM unnest($2::integer[], $3::integer[]) AS l(entry, place)
), fresh AS (
    INSERT INTO event ({_COLUMNS.names})
    SELECT {_COLUMNS.values} FROM locked CROSS JOIN {_COLUMNS.source(first=4)}
    ON CONFLICT (id) DO NOTHING
    RETURNING id
)
SELECT ({IN_FORCE}) AS rulebook,
       (SELECT array_agg(id) FROM fresh) AS fresh
"""
_SELECT: Final = """
SELECT id, home, organisation, account, occurred_at, received_at, digest, body FROM event
"""


async def put(
    tx: Tx, arrivals: Sequence[Arrival], locks: Sequence[Lock], *, now: datetime
) -> tuple[int | None, set[UUID]]:
    """Write the events that are new, once nobody else writes where they are.

    The locks are in the statement before the one that looks around: what somebody wrote there
    meanwhile is not in the sight of the statement that waited for them.

    Returns the rulebook version in force at `now` and the ids truly written.
    """
    entries, places = [one[0] for one in locks], [one[1] for one in locks]
    row = await tx.first(_INSERT, now, entries, places, *_COLUMNS.arrays(arrivals))
    return (row["rulebook"], set(row["fresh"] or ())) if row else (None, set())


async def find(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, StoredEvent]:
    """Return the events of these ids that exist."""
    rows = await tx.fetch(f"{_SELECT} WHERE id = ANY($1)", list(ids))
    return {row["id"]: _event(row) for row in rows}


async def page_of_account(
    tx: Tx, account: AccountId, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[StoredEvent]:
    """Return an account's events, the newest first, from below the cursor."""
    rows = await tx.fetch(
        f"""{_SELECT}
        WHERE account = $1 AND ($2::timestamptz IS NULL OR (received_at, id) < ($2, $3::uuid))
        ORDER BY received_at DESC, id DESC LIMIT $4""",
        account,
        *(before or (None, None)),
        limit,
    )
    return [_event(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Period:
    """When events were received: from `since` on, before `until`; None is open."""

    since: datetime | None = None
    until: datetime | None = None


async def page(
    tx: Tx, period: Period, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[StoredEvent]:
    """Return the events of a period, the newest first, from below the cursor."""
    rows = await tx.fetch(
        f"""{_SELECT}
        WHERE received_at >= coalesce($1, '-infinity'::timestamptz)
          AND received_at < coalesce($2, 'infinity'::timestamptz)
          AND (received_at, id) < (coalesce($3, 'infinity'::timestamptz), $4::uuid)
        ORDER BY received_at DESC, id DESC LIMIT $5""",
        period.since,
        period.until,
        *(before or (None, UUID(int=0))),
        limit,
    )
    return [_event(row) for row in rows]


def _event(row: asyncpg.Record) -> StoredEvent:
    return StoredEvent(**dict(row))
