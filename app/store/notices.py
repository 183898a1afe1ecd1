"""The notice list (通报): the lines of the log that put somebody on it, by their own index."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, literal_column, select, text, tuple_

from app.domain.authority import Scope
from app.domain.organisation import OrganisationCode
from app.store.database import Tx
from app.store.scope import visible
from app.store.tables import STEP, UNIT


@dataclass(frozen=True, slots=True)
class Notice:
    """A late body put on the list: of which unit, and by which mark."""

    id: int
    at: datetime
    organisation: OrganisationCode
    unit: UUID
    number: str
    title: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NoticeFilter:
    """Which notices: from a moment on, up to another, and of one body; None asks nothing."""

    since: datetime | None = None
    until: datetime | None = None
    organisation: OrganisationCode | None = None


async def page(
    tx: Tx, scope: Scope, wanted: NoticeFilter, *, after: tuple[datetime, int] | None, limit: int
) -> list[Notice]:
    """Return notices about units in scope, the oldest first."""
    statement = (
        select(
            STEP.c.id,
            STEP.c.at,
            STEP.c.organisation,
            STEP.c.unit,
            UNIT.c.number,
            UNIT.c.title,
            STEP.c.data,
        )
        .select_from(STEP.join(UNIT, and_(UNIT.c.id == STEP.c.unit, UNIT.c.home == STEP.c.home)))
        # It stands in the words of the partial index.
        .where(text("step.action = 'notice'"), visible(scope), *_conditions(wanted))
    )
    if after is not None:
        statement = statement.where(tuple_(STEP.c.at, STEP.c.id) > tuple_(*after))
    rows = await tx.select(
        statement.order_by(STEP.c.at, STEP.c.id).limit(literal_column(str(limit)))
    )
    return [Notice(**dict(row)) for row in rows]


def _conditions(wanted: NoticeFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        found.append(STEP.c.at >= wanted.since)
    if wanted.until is not None:
        found.append(STEP.c.at < wanted.until)
    if wanted.organisation is not None:
        found.append(STEP.c.organisation == wanted.organisation)
    return found
