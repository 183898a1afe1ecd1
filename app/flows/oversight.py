"""Oversight (催办、督办): whoever waits for a unit says so, and a centre sets its own deadline."""

from app.domain import oversight
from app.domain.action import Action
from app.domain.unit import Unit
from app.flows.advance import Deed, advance
from app.flows.casework import Order, open_case
from app.flows.rulebook import Library
from app.store.database import Tx


async def urge(tx: Tx, library: Library, order: Order) -> Unit:
    """Urge whoever's turn it is; nothing of the unit changes that a caller must have seen."""
    case = await open_case(tx, library, order, Action.URGE)
    unit = oversight.urged(case.unit, order.by, case.terms(), order.at)
    data = {"told": case.unit.desk, "times": unit.reasons[oversight.URGED]["times"]}
    deed = Deed(Action.URGE, order.by, order.at, order.reason, data)
    return (await advance(tx, unit, case.clocks, deed, case.terms())).unit


async def supervise(tx: Tx, library: Library, order: Order, limit: str) -> Unit:
    """Set a unit a deadline of the centre's own, which runs until the unit is closed."""
    case = await open_case(tx, library, order, Action.SUPERVISE)
    terms = case.terms()
    by, wanted = order.by, oversight.read_limit(limit)
    demand = oversight.Demand(wanted, by.name, by.organisation, order.at)
    unit, clocks = oversight.supervised(case.unit, case.clocks, terms, demand)
    data = {"limit": str(demand.limit), "told": case.unit.desk}
    deed = Deed(Action.SUPERVISE, order.by, order.at, order.reason, data)
    return (await advance(tx, unit, clocks, deed, terms)).unit
