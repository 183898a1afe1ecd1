"""Bulk (批量办理): one action on many units, each with its own outcome."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from app.domain.action import Action
from app.domain.approval import refuse_unasked
from app.domain.authority import Caller
from app.domain.errors import Conflict, DomainError
from app.domain.filing import Filed
from app.domain.unit import Unit, UnitId
from app.flows import dispute, extension, oversight, overtaken, reopening, suspension
from app.flows.advance import write
from app.flows.casework import Case, Order, act, admitted, decided, is_lone, kin_of, unknown
from app.flows.escalation import fired
from app.flows.overtaken import Look
from app.flows.rulebook import Library
from app.store import casework as case_store
from app.store.database import Tx

TURN: Final = 50
"""Units decided before others who wait for an answer have their turn."""

_Flow = Callable[[Tx, Library, Order], Awaitable[Unit]]

_BY_FLOW: Final[Mapping[Action, _Flow]] = {
    Action.ESCALATE: dispute.escalate,
    Action.URGE: oversight.urge,
    Action.REOPEN: reopening.reopen,
    Action.EXTEND: extension.extend,
    Action.RESUME: suspension.resume,
}
"""Actions that a flow of their own does, to one unit at a time."""

ACTIONS: Final = (
    Action.ACCEPT,
    Action.START,
    Action.REWORK,
    Action.NOTE,
    Action.RESOLVE,
    Action.VERIFY,
    Action.CLOSE,
    Action.RETURN,
    Action.DECLINE,
    Action.CANCEL,
    *_BY_FLOW,
    Action.SUSPEND,
)
"""What may be done to many units at once: what needs a reason at most, or one moment for all."""

Outcome = Unit | DomainError
"""A unit as it then stands, or why it stands as it did."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants what done to which units, each at the version they saw."""

    action: Action
    units: Mapping[UnitId, int]
    by: Caller
    at: datetime
    reason: str = ""
    until: datetime | None = None
    """Until when they are suspended."""

    @property
    def flow(self) -> _Flow | None:
        """What does it to one unit at a time, where the action has a flow of its own."""
        if self.until is not None:
            return partial(suspension.suspend, until=self.until)
        return _BY_FLOW.get(self.action)

    def order(self, unit: UnitId) -> Order:
        """Return what is wanted of one unit."""
        return Order(unit, self.units[unit], self.by, self.at, self.reason)


async def act_on(tx: Tx, library: Library, wish: Wish) -> dict[UnitId, Outcome]:
    """Do it to each; a unit that is refused stops no other.

    All are owned before the first is written. Units that nothing else moves with are decided
    in memory and written together: three statements, however many. The others are done one
    by one.
    """
    ids, reference = list(wish.units), library.current(wish.at)
    kept = await case_store.own(tx, ids, kin_of(wish.action))
    owned = {one.unit.id: one for one in kept}
    kin = {key for one in kept for key in (one.unit.parent, one.unit.merged_into) if key}
    changes: list[Filed] = []
    outcomes: dict[UnitId, Outcome] = {}
    alone: list[UnitId] = []
    for count, unit in enumerate(ids, start=1):
        if count % TURN == 0:
            await asyncio.sleep(0)
        own = owned.get(unit)
        if own is None:
            outcomes[unit] = unknown()
            continue
        try:
            found = admitted(own.unit, wish.order(unit), wish.action, reference.rulebook)
            judged = (await library.at(tx, found.rulebook)).rulebook
            case = Case(reference, judged, wish.at, found, own.clocks)
            has_family = unit in kin or found.parent in owned
            if wish.flow is None and is_lone(case, wish.action, has_family=has_family):
                changes.append(_changed(case, wish.order(unit), wish.action))
            else:
                alone.append(unit)
        except DomainError as refusal:
            outcomes[unit] = refusal
        except (LookupError, ValueError):
            log.exception("bulk_unit_failed", unit=str(unit))
            outcomes[unit] = _broken()
    look, standing = Look(wish.units, wish.by, wish.at), [one.unit for one in kept]
    refused = {unit: one for unit, one in outcomes.items() if isinstance(one, DomainError)}
    outcomes |= await overtaken.tell(tx, refused, standing, look, reference.rulebook)
    written = await write(tx, changes) if changes else ()
    outcomes |= {change.unit.id: change.unit for change in written}
    return outcomes | {unit: await _alone(tx, library, wish, unit) for unit in alone}


def _changed(case: Case, order: Order, action: Action) -> Filed:
    """Return what an action makes of one unit, after the marks it has passed."""
    late = fired(case.unit, case.clocks, case.rulebook, order.at) or Filed(case.unit, (), ())
    clocks = {clock.name: clock for clock in (*case.clocks, *late.clocks)}
    case = replace(case, unit=late.unit, clocks=tuple(clocks.values()))
    refuse_unasked(case.unit, case.clocks, action, case.rulebook, order.by.organisation)
    done = decided(case, order, action)
    return replace(done, steps=(*late.steps, *done.steps))


async def _alone(tx: Tx, library: Library, wish: Wish, unit: UnitId) -> Outcome:
    """Do it to one unit, undone by itself when refused."""
    try:
        async with tx.savepoint():
            flow = wish.flow or partial(act, action=wish.action)
            return await flow(tx, library, wish.order(unit))
    except DomainError as refusal:
        return refusal
    except (LookupError, ValueError):
        log.exception("bulk_unit_failed", unit=str(unit))
        return _broken()


def _broken() -> DomainError:
    return Conflict(
        zh="该单元的数据与现行规则不符, 请单独办理", en="the unit does not fit the rulebook"
    )
