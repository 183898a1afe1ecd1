"""Satisfaction (回访评价): the last word on a closed unit is the reporter's."""

from dataclasses import replace

from app.domain.action import Action
from app.domain.satisfaction import Rating, is_redone, rated, redone, reported
from app.domain.unit import Grade, Unit
from app.flows.advance import Deed, moved, write
from app.flows.casework import Order, open_case
from app.flows.rulebook import Library
from app.store.database import Tx


async def rate(tx: Tx, library: Library, order: Order, grade: Grade) -> Unit:
    """Record what is said of a closed unit.

    Unsatisfied: the work is redone as often as the policy says, and the centre above is told.
    """
    case = await open_case(tx, library, order, Action.RATE)
    rulebook, terms = case.rulebook, case.terms()
    rating = Rating(grade, order.by.name, order.at, order.reason)
    deed = Deed(Action.RATE, order.by, order.at, order.reason, {"grade": grade})
    filed = moved(case.unit, case.clocks, deed, terms)
    filed = replace(filed, unit=rated(filed.unit, rating))
    if is_redone(filed.unit, terms.policy):
        again = Deed(Action.REDO, None, order.at, order.reason)
        after = moved(redone(filed.unit), filed.clocks, again, terms)
        filed = replace(after, steps=(*filed.steps, *after.steps))
    if grade is Grade.UNSATISFIED:
        bodies = rulebook.organisations
        over = bodies.centre_above(bodies[case.unit.centre], rulebook.areas)
        filed = reported(filed, over.code, order.at)
    await write(tx, [filed])
    return filed.unit
