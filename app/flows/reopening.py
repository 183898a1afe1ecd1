"""Reopening (重开): a closed unit goes back to whoever had it, and is done again."""

from dataclasses import replace

from app.domain.action import Action
from app.domain.family import STALLED
from app.domain.filing import Filed, rerouted
from app.domain.reopening import reopened
from app.domain.responsibility import Kind
from app.domain.route import RouteReason, to_organisation
from app.domain.rulebook import Rulebook
from app.domain.unit import Unit
from app.flows.advance import Deed, moved, write
from app.flows.casework import Order, open_case
from app.flows.rulebook import Library
from app.store.database import Tx


async def reopen(tx: Tx, library: Library, order: Order) -> Unit:
    """Reopen a unit and send it to its holder, under its whole limit.

    An event is coordinated again: its centre orders what is still to be done, reopens one of
    its tasks, or resolves it itself.
    """
    case = await open_case(tx, library, order, Action.REOPEN)
    terms = case.terms()
    unit = reopened(case.unit, case.parent.unit if case.parent else None, terms.policy, order.at)
    unit = _with_heir(unit, case.rulebook)
    deed = Deed(Action.REOPEN, order.by, order.at, order.reason)
    filed = moved(unit, case.clocks, deed, terms)
    unit, onward = filed.unit, Action.DISPATCH
    if unit.kind is Kind.EVENT:
        unit, onward = replace(unit, reasons={**unit.reasons, STALLED: True}), Action.COORDINATE
    again = Deed(onward, None, order.at, data={"holder": unit.holder})
    after = moved(unit, filed.clocks, again, terms)
    await write(tx, [Filed(after.unit, (*filed.steps, *after.steps), after.clocks)])
    return after.unit


def _with_heir(unit: Unit, rulebook: Rulebook) -> Unit:
    """Return the unit with whoever answers for the work of its holder now."""
    bodies = rulebook.organisations
    heir = bodies.heir(unit.holder)
    if heir == unit.holder:
        return unit
    return rerouted(unit, to_organisation(bodies[heir], rulebook, RouteReason.HELD))
