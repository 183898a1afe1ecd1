"""Whistles (吹哨报到): departments are called, and tell that they are in touch and have come."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain import family, whistle
from app.domain.action import Action
from app.domain.limit import Limit
from app.domain.organisation import OrganisationCode
from app.domain.policy import WhistleKind
from app.domain.unit import ClockName, Unit
from app.flows.advance import Deed, advance
from app.flows.casework import Order, deed_of, open_case
from app.flows.family import body_of
from app.flows.rulebook import Library
from app.flows.split import ordered
from app.store.database import Tx


@dataclass(frozen=True, slots=True)
class Call:
    """Whom a whistle calls and for what; without a limit the list's or the time to turn up."""

    departments: Sequence[OrganisationCode]
    kind: WhistleKind = WhistleKind.WORK
    title: str = ""
    limit: Limit | None = None


async def blow(tx: Tx, library: Library, order: Order, call: Call) -> Unit:
    """Call departments of the areas above; each gets a task with a limit for every stage.

    A unit that waits at its centre is coordinated there from now on; a holder works on, and
    resolves when everybody called is done.
    """
    case = await open_case(tx, library, order, Action.WHISTLE)
    family.refuse_senseless(case.unit, Action.WHISTLE)
    unit, rulebook = case.unit, case.rulebook
    blower = rulebook.organisations[order.by.organisation]
    policy = whistle.refuse_blower(blower, rulebook)
    called = [body_of(code, rulebook) for code in call.departments]
    whistle.refuse_called(blower, called, rulebook)
    entry = case.entry(unit)
    limit = call.limit or whistle.dispose_limit(
        entry, policy, call.kind, rulebook.calendar_of(called[0].code), order.at
    )
    errands = [
        whistle.errand(
            one,
            call.kind,
            policy,
            title=call.title or unit.title,
            text=order.reason,
            dispose=limit,
        )
        for one in called
    ]
    family.refuse_many(errands)
    told = rulebook.organisations.centre_above(called[0], rulebook.areas).code
    if told not in unit.raised:
        unit = replace(unit, raised=(*unit.raised, told))
    data = {"departments": [one.code for one in called], "kind": call.kind, "limit": str(limit)}
    deed = Deed(Action.WHISTLE, order.by, order.at, order.reason, data)
    unit, _ = await ordered(tx, case, unit, errands, deed)
    return unit


_ASKED: dict[Action, ClockName] = {
    Action.CONTACT: ClockName.CONTACT,
    Action.ARRIVE: ClockName.ARRIVE,
}


async def show_up(tx: Tx, library: Library, order: Order, action: Action) -> Unit:
    """Record that the department called has got in touch, or has come: that limit is met."""
    case = await open_case(tx, library, order, action)
    family.refuse_senseless(case.unit, action)
    unit = family.done(case.unit, _ASKED[action])
    filed = await advance(tx, unit, case.clocks, deed_of(order, action), case.terms(unit))
    return filed.unit
