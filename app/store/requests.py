"""Requests: written with the step that makes or decides them, listed by who must decide."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, Select, and_, literal_column, select, tuple_

from app.domain.authority import Scope
from app.domain.limit import parse_limit
from app.domain.organisation import OrganisationCode
from app.domain.request import Request, RequestId, RequestKind, RequestState, Wish
from app.store.database import Tx
from app.store.scope import visible
from app.store.tables import REQUEST, UNIT

_NAMES: Final = (
    'id, unit, home, kind, account, organisation, at, reason, until, helper, "limit", clock,'
    " agreed, state, desk, decided_by, decided_at, decision"
)
_READ: Final = f"SELECT {_NAMES} FROM request"
_INSERT: Final = f"""
INSERT INTO request ({_NAMES})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
"""


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Which requests: on a desk, made by a body, or about units in a scope; None asks nothing."""

    desk: OrganisationCode | None = None
    organisation: OrganisationCode | None = None
    scope: Scope | None = None
    kind: RequestKind | None = None
    state: RequestState | None = None


@dataclass(frozen=True, slots=True)
class PressingKey:
    """Where a page of pending requests ended."""

    pressing: int
    at: datetime
    id: UUID


async def insert(tx: Tx, request: Request) -> None:
    """Write a new request; its unit is owned."""
    wish = request.wish
    await tx.execute(
        _INSERT,
        request.id,
        request.unit,
        request.home,
        wish.kind,
        request.account,
        request.organisation,
        request.at,
        request.reason,
        wish.until,
        wish.helper,
        str(wish.limit) if wish.limit else None,
        wish.clock,
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


async def waiting(
    tx: Tx, wanted: RequestFilter, after: PressingKey | None, *, limit: int
) -> list[Request]:
    """Return pending requests: those of the most pressing units first, then the oldest."""
    order = (-UNIT.c.pressing, REQUEST.c.at, REQUEST.c.id)
    statement = _about_units(wanted).where(REQUEST.c.desk.is_not(None))
    if after is not None:
        key = (-after.pressing, after.at, after.id)
        statement = statement.where(tuple_(*order) > tuple_(*key))
    return await _page(tx, statement.order_by(*order), limit)


async def latest(
    tx: Tx, wanted: RequestFilter, before: tuple[datetime, UUID] | None, *, limit: int
) -> list[Request]:
    """Return requests however they stand, the newest first."""
    statement = _about_units(wanted)
    if before is not None:
        statement = statement.where(tuple_(REQUEST.c.at, REQUEST.c.id) < tuple_(*before))
    return await _page(tx, statement.order_by(REQUEST.c.at.desc(), REQUEST.c.id.desc()), limit)


def _about_units(wanted: RequestFilter) -> Select[tuple[object, ...]]:
    unit = and_(UNIT.c.id == REQUEST.c.unit, UNIT.c.home == REQUEST.c.home)
    return select(REQUEST).select_from(REQUEST.join(UNIT, unit)).where(*_conditions(wanted))


def _conditions(wanted: RequestFilter) -> Iterator[ColumnElement[bool]]:
    equal = {
        REQUEST.c.desk: wanted.desk,
        REQUEST.c.organisation: wanted.organisation,
        REQUEST.c.kind: wanted.kind,
        REQUEST.c.state: wanted.state,
    }
    yield from (column == str(value) for column, value in equal.items() if value is not None)
    if wanted.scope is not None:
        yield visible(wanted.scope)


async def _page(tx: Tx, statement: Select[tuple[object, ...]], limit: int) -> list[Request]:
    return [_request(row) for row in await tx.select(statement.limit(literal_column(str(limit))))]


def _request(row: asyncpg.Record) -> Request:
    values = dict(row)
    limit, clock = values.pop("limit"), values.pop("clock")
    wish = Wish(
        RequestKind(values.pop("kind")),
        values.pop("until"),
        values.pop("helper"),
        limit=parse_limit(limit) if limit else None,
        clock=clock,
        late=values["organisation"] if clock else None,
    )
    return Request(
        **{
            **values,
            "wish": wish,
            "state": RequestState(values["state"]),
            "agreed": tuple(values["agreed"]),
        }
    )
