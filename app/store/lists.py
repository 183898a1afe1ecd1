"""Pages of units: filtered lists, by keyset."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, literal_column, or_, select, text, tuple_

from app.domain.authority import Scope
from app.domain.organisation import OrganisationCode
from app.domain.responsibility import Kind
from app.domain.unit import Grade, Light, State, Unit
from app.store.database import Tx
from app.store.scope import visible
from app.store.tables import UNIT
from app.store.units import unit_of


@dataclass(frozen=True, slots=True)
class UnitFilter:
    """What a list of units is narrowed to; None, or no code, asks nothing.

    `filed_in` is a district of the past: what was filed there and has been moved counts, too.
    """

    state: State | None = None
    kind: Kind | None = None
    districts: Sequence[str] = ()
    filed_in: str | None = None
    streets: Sequence[str] = ()
    holder: OrganisationCode | None = None
    is_overdue: bool | None = None
    light: Light | None = None
    """As it is at `now`."""
    now: datetime | None = None
    is_unlisted: bool | None = None
    is_open: bool | None = None
    raised_to: OrganisationCode | None = None
    updated_since: datetime | None = None
    is_self_handled: bool | None = None
    satisfaction: Grade | None = None
    is_recurring: bool | None = None
    merged_into: UUID | None = None


async def page(
    tx: Tx,
    scope: Scope,
    wanted: UnitFilter,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Unit]:
    """Return units in scope in the order they last changed, the oldest change first."""
    # The limit stands in the statement: its one plan must be made for a page, not for all.
    statement = select(UNIT).where(visible(scope), *_conditions(wanted))
    if after is not None:
        statement = statement.where(tuple_(UNIT.c.updated_at, UNIT.c.id) > tuple_(*after))
    rows = await tx.select(
        statement.order_by(UNIT.c.updated_at, UNIT.c.id).limit(literal_column(str(limit)))
    )
    return [unit_of(row) for row in rows]


async def held_by(
    tx: Tx, holder: OrganisationCode, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[Unit]:
    """Return the units an organisation holds and whose turn it is, by the stage's deadline."""
    statement = select(UNIT).where(UNIT.c.desk == holder, UNIT.c.holder == holder)
    if after is not None:
        statement = statement.where(tuple_(UNIT.c.stage_due_at, UNIT.c.id) > tuple_(*after))
    rows = await tx.select(
        statement.order_by(UNIT.c.stage_due_at, UNIT.c.id).limit(literal_column(str(limit)))
    )
    return [unit_of(row) for row in rows]


def _conditions(wanted: UnitFilter) -> list[ColumnElement[bool]]:
    equal: Mapping[ColumnElement[Any], str | UUID | None] = {
        UNIT.c.state: wanted.state,
        UNIT.c.kind: wanted.kind,
        UNIT.c.holder: wanted.holder,
        UNIT.c.satisfaction: wanted.satisfaction,
        UNIT.c.merged_into: wanted.merged_into,
    }
    facts: Mapping[ColumnElement[bool], bool | None] = {
        UNIT.c.overdue_at.is_not(None): wanted.is_overdue,
        UNIT.c.is_unlisted: wanted.is_unlisted,
        UNIT.c.desk.is_not(None): wanted.is_open,
        UNIT.c.is_self_handled: wanted.is_self_handled,
        UNIT.c.recurs.is_not(None): wanted.is_recurring,
    }
    found = [column == value for column, value in equal.items() if value is not None]
    found += [fact if holds else ~fact for fact, holds in facts.items() if holds is not None]
    found += _places(wanted)
    if wanted.light is not None and wanted.now is not None:
        found += _lit(wanted.light, wanted.now)
    if wanted.raised_to is not None:
        # The second half is the partial index's own condition.
        told = UNIT.c.raised.contains([wanted.raised_to])
        found.append(and_(told, text("raised <> '{}'"), UNIT.c.desk.is_not(None)))
    if wanted.updated_since is not None:
        found.append(UNIT.c.updated_at >= wanted.updated_since)
    return found


def _lit(light: Light, now: datetime) -> Iterator[ColumnElement[bool]]:
    """Yield what `Unit.light` says, of open units."""
    red, yellow = (
        func.coalesce(column <= now, false()) for column in (UNIT.c.red_at, UNIT.c.yellow_at)
    )
    yield UNIT.c.stage.is_not(None)
    yield red if light is Light.RED else ~red
    if light is not Light.RED:
        yield yellow if light is Light.YELLOW else ~yellow


def _places(wanted: UnitFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.streets:
        yield UNIT.c.street.in_(wanted.streets)
    if wanted.districts and wanted.filed_in:
        # The second half is the partial index's own condition.
        moved = and_(UNIT.c.home == wanted.filed_in, UNIT.c.home != UNIT.c.district)
        yield or_(UNIT.c.district.in_(wanted.districts), moved)
    elif wanted.districts:
        yield UNIT.c.district.in_(wanted.districts)
