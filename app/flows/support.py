"""Support (协办): whose help is asked for, and the task it becomes once it is granted."""

from dataclasses import replace

from app.domain import family, support
from app.domain.action import Action
from app.domain.errors import Invalid
from app.domain.family import Bond, Errand, Said
from app.domain.organisation import Organisation
from app.domain.request import Request, RequestKind, Wish
from app.domain.unit import ClockName, Unit
from app.flows.advance import Deed
from app.flows.casework import Case, Order
from app.flows.family import body_of, errand_way
from app.flows.split import no_limit, ordered
from app.store import requests as request_store
from app.store.database import Tx


async def named(tx: Tx, case: Case, order: Order, wish: Wish) -> Wish:
    """Return the wish with whose help is wanted; raises what makes it senseless."""
    family.refuse_senseless(case.unit, Action.SUPPORT)
    helper = _helper(case, wish)
    waiting = [one.id for one in case.unit.pending if one.kind is RequestKind.SUPPORT]
    helpers = (one.wish.helper for one in await request_store.read(tx, waiting))
    support.refuse_helper(helper, order.by.organisation, {one for one in helpers if one})
    return replace(wish, helper=helper.code)


def _helper(case: Case, wish: Wish) -> Organisation:
    unit = case.unit
    if (wish.helper is None) == (wish.function is None):
        raise Invalid(
            zh="请指明协办单位或职能, 二者择一",
            en="name either the organisation or the function asked for",
            field="holder",
        )
    if wish.helper is not None:
        return body_of(wish.helper, case.rulebook)
    errand = Errand(Bond.SUPPORT, unit.title, function=wish.function)
    site = case.site(case.path(unit))
    return errand_way(errand, unit, case.entry(unit), site).holder


async def give(tx: Tx, case: Case, request: Request, deed: Deed, title: str) -> Unit:
    """Order the helper's task, which is done before the unit is resolved."""
    wish, unit = request.wish, case.unit
    if wish.helper is None:
        raise ValueError(request.id)
    if wish.limit is None and unit.entry is None:
        raise no_limit()
    helper = body_of(wish.helper, case.rulebook).code
    errand = Errand(
        Bond.SUPPORT,
        title or f"协办: {unit.title}",
        {ClockName.DISPOSE: wish.limit} if wish.limit else {},
        holder=helper,
        text=request.reason,
    )
    said = Said(Action.SUPPORT, deed.by, request.reason)
    unit, _ = await ordered(tx, case, unit, [errand], deed, said=said)
    return unit
