"""Support (协办): asked for by the holder, granted as a task of its own or refused."""

from app.domain import family, support
from app.domain.action import Action
from app.domain.errors import Invalid
from app.domain.family import Bond, Errand
from app.domain.limit import Limit
from app.domain.organisation import Function, Organisation, OrganisationCode
from app.domain.unit import ClockName, Unit
from app.flows.advance import Deed, advance
from app.flows.casework import Case, Order, open_case
from app.flows.family import body_of, errand_way
from app.flows.rulebook import Library
from app.flows.split import no_limit, ordered
from app.store.database import Tx


async def ask(
    tx: Tx,
    library: Library,
    order: Order,
    *,
    holder: OrganisationCode | None = None,
    function: Function | None = None,
) -> Unit:
    """Ask for a body, or for whoever holds a function; the nearest centre over both is told.

    The unit itself is not held up.
    """
    case = await open_case(tx, library, order, Action.SUPPORT)
    family.refuse_senseless(case.unit, Action.SUPPORT)
    helper = _helper(case, holder, function)
    unit, request = support.asked(
        case.unit,
        helper,
        case.rulebook,
        by=order.by.organisation,
        reason=order.reason,
        at=order.at,
    )
    data = {key: request[key] for key in ("number", "holder", "desk")}
    deed = Deed(Action.SUPPORT, order.by, order.at, order.reason, data)
    return (await advance(tx, unit, case.clocks, deed, case.terms(unit))).unit


def _helper(case: Case, holder: OrganisationCode | None, function: Function | None) -> Organisation:
    unit = case.unit
    if (holder is None) == (function is None):
        raise Invalid(
            zh="请指明协办单位或职能, 二者择一",
            en="name either the organisation or the function asked for",
            field="holder",
        )
    if holder is not None:
        return body_of(holder, case.rulebook)
    errand = Errand(Bond.SUPPORT, unit.title, function=function)
    site = case.setting.site(case.path(unit))
    return errand_way(errand, unit, case.setting.entry(unit), site).holder


async def grant(
    tx: Tx, library: Library, order: Order, number: int, *, title: str, limit: Limit | None
) -> Unit:
    """Grant a request: who is to help gets a task, which is done before the unit is resolved."""
    case = await open_case(tx, library, order, Action.GRANT_SUPPORT)
    by = case.rulebook.organisations[order.by.organisation]
    unit, request = support.decided(case.unit, number, by, case.rulebook)
    if limit is None and unit.entry is None:
        raise no_limit()
    helper = body_of(request["holder"], case.rulebook)
    errand = Errand(
        Bond.SUPPORT,
        title or f"协办: {unit.title}",
        {ClockName.DISPOSE: limit} if limit else {},
        holder=helper.code,
        text=request["reason"],
    )
    data = {
        "number": number,
        "holder": helper.code,
        **({"limit": str(limit)} if limit else {}),
    }
    deed = Deed(Action.GRANT_SUPPORT, order.by, order.at, order.reason, data)
    unit, _ = await ordered(tx, case, unit, [errand], deed)
    return unit


async def refuse(tx: Tx, library: Library, order: Order, number: int) -> Unit:
    """Refuse a request, with the reason."""
    case = await open_case(tx, library, order, Action.REFUSE_SUPPORT)
    by = case.rulebook.organisations[order.by.organisation]
    unit, request = support.decided(case.unit, number, by, case.rulebook)
    data = {"number": number, "holder": request["holder"]}
    deed = Deed(Action.REFUSE_SUPPORT, order.by, order.at, order.reason, data)
    return (await advance(tx, unit, case.clocks, deed, case.terms(unit))).unit
