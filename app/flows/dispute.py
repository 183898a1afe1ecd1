"""Escalation (上报): a matter goes up to the next centre, which must act."""

from dataclasses import replace

from app.domain import dispute
from app.domain.action import Action
from app.domain.errors import ActionNotAllowed
from app.domain.filing import rerouted
from app.domain.lifecycle import actions_in
from app.domain.route import RouteReason, to_organisation
from app.domain.succession import RETURNED
from app.domain.unit import Unit
from app.flows.advance import Deed, advance
from app.flows.casework import Order, open_case
from app.flows.rulebook import Library
from app.store.database import Tx


async def escalate(tx: Tx, library: Library, order: Order) -> Unit:
    """Send a unit up to the next centre above the one that has it or answers for its holder."""
    case = await open_case(tx, library, order, Action.ESCALATE)
    before, rulebook = case.unit, case.rulebook
    centre = dispute.over(before, rulebook)
    if centre.code == before.holder:
        raise _top(before)
    unit = dispute.escalated(before)
    reason = RouteReason.ESCALATED
    if dispute.awaits(before):
        unit, reason = dispute.awaiting(unit, centre.code), RouteReason.DISPUTED
    unit = rerouted(unit, to_organisation(centre, rulebook, reason))
    unit = replace(unit, reasons={**unit.reasons, RETURNED: before.holder})
    data = {"from": before.holder, "holder": centre.code}
    deed = Deed(Action.ESCALATE, order.by, order.at, order.reason, data)
    return (await advance(tx, unit, case.clocks, deed, case.terms())).unit


def _top(unit: Unit) -> ActionNotAllowed:
    return ActionNotAllowed(
        zh="已在市级中心, 之上再无中心可上报",
        en="it is with the city centre: there is none above",
        field="action",
        allowed=tuple(one for one in actions_in(unit.state) if one is not Action.ESCALATE),
    )
