"""Units that a figure may have been counted of: what the log can tell without being read whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, any_, literal, literal_column, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from app.domain.action import Action
from app.domain.authority import Scope
from app.domain.unit import Unit
from app.store.database import Tx
from app.store.scope import visible
from app.store.tables import STEP, UNIT
from app.store.units import unit_of

_HOLDER, _CENTRE = 1, 5
"""Where a stance has them, as PostgreSQL counts."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the log must say: when, about which bodies, of which actions; None: whatever.

    Of what was open at the end of a time, `is_open`, it need not say anything.
    """

    since: datetime
    until: datetime
    bodies: Sequence[str] | None
    actions: Sequence[Action] | None
    is_open: bool = False


async def candidates(
    tx: Tx, scope: Scope, look: Look, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[Unit]:
    """Return units in scope, in the order they last changed, that a figure may be of."""
    statement = select(UNIT).where(visible(scope), *_conditions(look))
    if after is not None:
        statement = statement.where(tuple_(UNIT.c.updated_at, UNIT.c.id) > tuple_(*after))
    rows = await tx.select(
        statement.order_by(UNIT.c.updated_at, UNIT.c.id).limit(literal_column(str(limit)))
    )
    return [unit_of(row) for row in rows]


def _conditions(look: Look) -> list[ColumnElement[bool]]:
    lines = select(STEP.c.id).where(STEP.c.unit == UNIT.c.id, STEP.c.home == UNIT.c.home)
    if look.bodies is not None:
        lines = lines.where(_names(look.bodies))
    if look.is_open:
        is_left = or_(UNIT.c.closed_at.is_(None), UNIT.c.closed_at >= look.until)
        return [UNIT.c.created_at < look.until, is_left, lines.exists()]
    # A worker takes down later what has passed.
    lines = lines.where(
        STEP.c.at >= look.since, or_(STEP.c.at < look.until, STEP.c.action == Action.OVERDUE)
    )
    if look.actions is not None:
        lines = lines.where(STEP.c.action.in_(look.actions))
    return [UNIT.c.updated_at >= look.since, lines.exists()]


def _names(bodies: Sequence[str]) -> ColumnElement[bool]:
    """Return that a line is about one of the bodies."""
    told: tuple[ColumnElement[Any], ...] = (
        *(
            stance[place]
            for stance in (STEP.c.before, STEP.c.after)
            for place in (_HOLDER, _CENTRE)
        ),
        STEP.c.organisation,
        STEP.c.data["from"].astext,
    )
    codes = literal(list(bodies), ARRAY(Text))
    return or_(*(one == any_(codes) for one in told))
