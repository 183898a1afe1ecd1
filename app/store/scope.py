"""The one place that turns a caller's scope into a predicate on units."""

from typing import Final

from sqlalchemy import ColumnElement, or_, true

from app.domain.area import Tier
from app.domain.authority import Scope
from app.store.tables import UNIT

_COLUMN_OF: Final = {
    Tier.DISTRICT: UNIT.c.district,
    Tier.STREET: UNIT.c.street,
    Tier.COMMUNITY: UNIT.c.community,
    Tier.GRID: UNIT.c.grid,
}


def visible(scope: Scope) -> ColumnElement[bool]:
    """Return what a unit must satisfy to be within the scope; `authority.sees` says the same."""
    if scope.tier is Tier.CITY:
        return true()
    own = [UNIT.c.reporter == scope.account] if scope.account else []
    if scope.organisation is not None:
        own += [UNIT.c.holder == scope.organisation, UNIT.c.centre == scope.organisation]
    if scope.tier is None:
        return or_(*own)
    column = _COLUMN_OF[scope.tier]
    # Hardly any area is an heir: the plain comparison keeps its plan.
    there = column.in_(scope.areas) if scope.former else column == scope.area
    return or_(there, *own)
