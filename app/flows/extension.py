"""Extension: one more full limit, granted by a centre on its own motion."""

from app.domain import extension
from app.domain.action import Action
from app.domain.unit import Unit
from app.flows.advance import advance
from app.flows.casework import Order, deed_of, open_case
from app.flows.rulebook import Library
from app.store.database import Tx


async def extend(tx: Tx, library: Library, order: Order) -> Unit:
    """Grant a unit's holder one more full limit."""
    case = await open_case(tx, library, order, Action.EXTEND)
    terms = case.terms()
    clocks = extension.extended(case.clocks, terms, asked_at=order.at, at=order.at)
    return (await advance(tx, case.unit, clocks, deed_of(order, Action.EXTEND), terms)).unit
