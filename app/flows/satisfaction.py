"""Satisfaction (回访评价): the last word on a closed unit is the reporter's."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.domain.action import Action
from app.domain.filing import Filed
from app.domain.satisfaction import Rating, is_redone, rated, redone, refuse_undone, reported
from app.domain.unit import Grade, Unit, UnitId
from app.flows.advance import Deed, moved, write
from app.flows.casework import Case, Order, open_case
from app.flows.rulebook import Library
from app.store import casework as case_store
from app.store import units as unit_store
from app.store.casework import Kin, Owned
from app.store.database import Tx


async def rate(tx: Tx, library: Library, order: Order, grade: Grade) -> Unit:
    """Record what is said of a closed unit, or of the work on the one it was merged into.

    Unsatisfied: the work is redone as often as the policy says, and the centre above is told.
    """
    owned = await _with_target(tx, order.unit)
    case = await open_case(tx, library, order, Action.RATE)
    rating = Rating(grade, order.by.name, order.at, order.reason)
    deed = Deed(Action.RATE, order.by, order.at, order.reason, {"grade": grade})
    own = moved(case.unit, case.clocks, deed, case.terms())
    own = replace(own, unit=rated(own.unit, rating))
    if case.unit.merged_into is None:
        changes = [_answered(case, own, order, {}) if grade is Grade.UNSATISFIED else own]
    else:
        into = owned[case.unit.merged_into]
        refuse_undone(into.unit, order.by.account)
        changes = [own]
        if grade is Grade.UNSATISFIED:
            judged = (await library.at(tx, into.unit.rulebook)).rulebook
            other = replace(case, judged=judged, unit=into.unit, clocks=into.clocks)
            told = {"unit": own.unit.id, "number": own.unit.number}
            changes = [_answered(other, Filed(into.unit, (), into.clocks), order, told), own]
    return (await write(tx, changes))[-1].unit


async def _with_target(tx: Tx, unit: UnitId) -> dict[UnitId, Owned]:
    """Own a merged unit with the one it was merged into, in the one order of all owners."""
    over = [one.merged_into for one in await unit_store.read(tx, [unit]) if one.merged_into]
    if not over:
        return {}
    owned = await case_store.own(tx, [unit, *over], Kin.NOBODY)
    return {one.unit.id: one for one in owned}


def _answered(case: Case, filed: Filed, order: Order, told: Mapping[str, Any]) -> Filed:
    """Return the unit whose work left somebody unsatisfied: redone, and the centre above told.

    `told` names the merged unit that speaks of it, if it was not the unit's own reporter.
    """
    terms = case.terms()
    if is_redone(filed.unit, terms.policy):
        again = Deed(Action.REDO, None, order.at, order.reason, told)
        after = moved(redone(filed.unit), filed.clocks, again, terms)
        filed = replace(after, steps=(*filed.steps, *after.steps))
    bodies = case.rulebook.organisations
    over = bodies.centre_above(bodies[case.unit.centre], case.rulebook.areas)
    return reported(filed, over.code, order.at, told)
