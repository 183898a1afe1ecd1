"""Appeals (申诉): what is asked must have been late, and what is granted leaves the fact."""

from dataclasses import replace

from app.domain import appeal
from app.domain.action import Action
from app.domain.errors import Invalid
from app.domain.filing import Filed
from app.domain.request import Request, Wish
from app.domain.unit import ClockName
from app.flows.advance import Deed, moved
from app.flows.casework import Case, Order


def named(case: Case, order: Order, wish: Wish) -> Wish:
    """Return the wish with whose lateness it is about; raises what makes it senseless."""
    if wish.clock is None:
        raise Invalid(zh="请指明哪一时限超期", en="say which limit was late", field="clock")
    by = order.by.organisation
    appeal.refuse_senseless(case.clocks, ClockName(wish.clock), by, case.rulebook.organisations)
    return replace(wish, late=by)


def granted(case: Case, request: Request, deed: Deed) -> Filed:
    """Return the unit with the lateness left out of the statistics."""
    if request.wish.clock is None or deed.by is None:
        raise ValueError(request.id)
    name, by = ClockName(request.wish.clock), deed.by
    plea, bodies = appeal.Plea(name, request.organisation), case.rulebook.organisations
    unit, clocks = appeal.exempted(case.unit, case.clocks, plea, bodies, by=by.account, at=deed.at)
    data = {**deed.data, "clock": name, "holder": request.organisation}
    return moved(unit, clocks, replace(deed, action=Action.EXEMPT, data=data), case.terms())
