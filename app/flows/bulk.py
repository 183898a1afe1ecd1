"""Bulk (批量办理): one action on many units, each with its own outcome."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from app.domain.action import Action
from app.domain.authority import Caller
from app.domain.errors import Conflict, DomainError, Unavailable
from app.domain.filing import Filed
from app.domain.unit import Unit, UnitId
from app.flows.advance import moved, write
from app.flows.casework import Case, Order, act, admitted, confirmed, deed_of
from app.flows.escalation import fired
from app.flows.rulebook import Library
from app.store import clocks as clock_store
from app.store import units as unit_store
from app.store.database import CONTENTION, Tx

BATCH: Final = 100
"""Units of one transaction."""

TOGETHER: Final = frozenset({Action.ACCEPT, Action.START, Action.REWORK, Action.NOTE})
"""Actions that move their own unit and nothing else: decided in memory, written together."""

ACTIONS: Final = (
    *sorted(TOGETHER),
    Action.RESOLVE,
    Action.VERIFY,
    Action.CLOSE,
    Action.RETURN,
    Action.DECLINE,
    Action.CANCEL,
)
"""What may be done to many units at once: whatever needs a reason at most."""

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

    def order(self, unit: UnitId) -> Order:
        """Return what is wanted of one unit."""
        return Order(unit, self.units[unit], self.by, self.at, self.reason)

    def batches(self) -> "list[Wish]":
        """Return the same wish for a transaction's worth of units at a time, in id order."""
        ids = sorted(self.units)
        parts = (ids[at : at + BATCH] for at in range(0, len(ids), BATCH))
        return [replace(self, units={one: self.units[one] for one in part}) for part in parts]


async def act_on(tx: Tx, library: Library, wish: Wish) -> dict[UnitId, Outcome]:
    """Do one batch; a unit that is refused stops no other."""
    kin: Collection[UUID] = ()
    if wish.action not in TOGETHER:
        kin = await unit_store.family_of(tx, list(wish.units))
    owned = {unit.id: unit for unit in await unit_store.take(tx, [*wish.units, *kin])}
    alone = [unit for unit in wish.units if _is_alone(unit, wish.action, owned)]
    outcomes = await _together(tx, library, wish, owned, but=alone)
    return outcomes | {unit: await _alone(tx, library, wish, unit) for unit in alone}


def _is_alone(unit: UnitId, action: Action, owned: Mapping[UnitId, Unit]) -> bool:
    """Tell whether other units, or more than the unit itself, have a part in the action."""
    if action in TOGETHER:
        return False
    if action is not Action.VERIFY or unit not in owned:
        return True
    return owned[unit].parent is not None or any(
        unit in {one.parent, one.merged_into} for one in owned.values()
    )


async def _together(
    tx: Tx, library: Library, wish: Wish, owned: Mapping[UnitId, Unit], *, but: Sequence[UnitId]
) -> dict[UnitId, Outcome]:
    """Decide units in memory and write them all: seven statements, however many."""
    wanted = [unit for unit in wish.units if unit not in set(but)]
    running = await clock_store.of_units(tx, wanted) if wanted else {}
    reference = library.current(wish.at)
    changes: list[Filed] = []
    outcomes: dict[UnitId, Outcome] = {}
    for unit in wanted:
        try:
            order = wish.order(unit)
            found = admitted(owned.get(unit), order, wish.action, reference.rulebook)
            judged = (await library.at(tx, found.rulebook)).rulebook
            case = Case(found, running.get(unit, ()), (), reference, judged, wish.at)
            changes.append(_changed(case, order, wish.action))
        except DomainError as refusal:
            outcomes[unit] = refusal
        except (LookupError, ValueError):
            log.exception("bulk_unit_failed", unit=str(unit))
            outcomes[unit] = _broken()
    written = await write(tx, changes) if changes else ()
    return outcomes | {change.unit.id: change.unit for change in written}


def _changed(case: Case, order: Order, action: Action) -> Filed:
    """Return what an action makes of one unit, after the marks it has passed."""
    late = fired(case.unit, case.clocks, case.rulebook, order.at) or Filed(case.unit, (), ())
    clocks = {clock.name: clock for clock in (*case.clocks, *late.clocks)}
    case = replace(case, unit=late.unit, clocks=tuple(clocks.values()))
    if action is Action.VERIFY:
        done = confirmed(case, order)
    else:
        done = moved(case.unit, case.clocks, deed_of(order, action), case.terms())
    return replace(done, steps=(*late.steps, *done.steps))


async def _alone(tx: Tx, library: Library, wish: Wish, unit: UnitId) -> Outcome:
    """Do it to one unit, undone by itself when refused."""
    try:
        async with tx.savepoint():
            return await act(tx, library, wish.order(unit), wish.action)
    except DomainError as refusal:
        return refusal
    except CONTENTION:
        return Unavailable(zh="他人正在处理, 请稍后重试", en="others are at it; try again")
    except (LookupError, ValueError):
        log.exception("bulk_unit_failed", unit=str(unit))
        return _broken()


def _broken() -> DomainError:
    return Conflict(
        zh="该单元的数据与现行规则不符, 请单独办理", en="the unit does not fit the rulebook"
    )
