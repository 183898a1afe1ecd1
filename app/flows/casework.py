"""Casework: what people do to a unit on its way to the closed loop."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from app.domain.action import Action
from app.domain.area import Area
from app.domain.authority import Caller, permit, scope_of, sees
from app.domain.clock import Clock
from app.domain.errors import ActionNotAllowed, Forbidden, NotFound, Stale
from app.domain.evidence import Exhibit
from app.domain.filing import plan_tasks, rerouted
from app.domain.lifecycle import RAISES_VERSION, actions_in
from app.domain.limit import parse_limit
from app.domain.organisation import OrganisationCode
from app.domain.responsibility import Kind
from app.domain.route import RouteReason, to_organisation
from app.domain.rulebook import Rulebook
from app.domain.succession import RETURNED
from app.domain.timing import Terms
from app.domain.unit import State, Unit, UnitId
from app.flows import evidence
from app.flows.advance import Deed, advance, moved, write
from app.flows.escalation import fired
from app.flows.intake import begin
from app.flows.rulebook import Library, Reference
from app.store import clocks as clock_store
from app.store import units as unit_store
from app.store.database import Tx
from app.store.events import StoredEvent


@dataclass(frozen=True)
class Order:
    """Who wants what done: the unit, the version of it they saw, and their own words."""

    unit: UnitId
    seen: int
    by: Caller
    at: datetime
    reason: str = ""
    exhibits: tuple[Exhibit, ...] = ()


@dataclass
class Case:
    """An owned unit with what deciding about it needs."""

    unit: Unit
    clocks: Sequence[Clock]
    family: Sequence[Unit]
    """The unit's parent or its tasks, owned as well."""
    reference: Reference
    judged: Rulebook
    """The rulebook the unit was judged by; its entry stands there."""
    at: datetime

    @property
    def rulebook(self) -> Rulebook:
        """The rulebook in force now."""
        return self.reference.rulebook

    def terms(self, unit: Unit | None = None) -> Terms:
        """Return what the unit's limits follow from."""
        unit = unit or self.unit
        entry = self.judged.list[unit.entry] if unit.entry else None
        policy, calendar = self.rulebook.policies.at(self.path(unit)), self.rulebook.calendar
        ruling = unit.reasons.get("ruling", {}) if entry is None else {}
        ruled = parse_limit(ruling["limit"]) if ruling else None
        return Terms(entry, policy, calendar, unit.urgency, unit.task, ruled)

    def path(self, unit: Unit) -> tuple[Area, ...]:
        """Return the areas around a unit's place."""
        return self.rulebook.areas.path(unit.place.finest(self.rulebook.areas))


async def act(tx: Tx, library: Library, order: Order, action: Action) -> Unit:
    """Do an action that needs nothing but a reason."""
    special = _SPECIAL.get(action)
    if special is not None:
        return await special(tx, library, order)
    case = await open_case(tx, library, order, action)
    filed = await advance(tx, case.unit, case.clocks, deed_of(order, action), case.terms())
    if filed.unit.state.is_final:
        await _settle_parent(tx, case, order.at)
    return filed.unit


async def resolve(tx: Tx, library: Library, order: Order) -> Unit:
    """Report the work done; a coordinated event is resolved by its last task alone."""
    case = await open_case(tx, library, order, Action.RESOLVE)
    if is_by_tasks(case.unit, Action.RESOLVE):
        raise _waits_for_tasks()
    await evidence.attach(tx, case.unit, order.by, order.exhibits)
    await evidence.require(tx, case.unit, case.terms())
    unit = replace(case.unit, resolved_by=order.by.account)
    deed = deed_of(order, Action.RESOLVE)
    return (await advance(tx, unit, case.clocks, deed, case.terms())).unit


async def attach(
    tx: Tx, library: Library, order: Order, *, report: StoredEvent | None = None
) -> Unit:
    """Attach uploads to a unit, in any state: to its report if `report` is given."""
    case = await open_case(tx, library, order, Action.ATTACH)
    if report is not None and not _reported(report, order.by, case.rulebook):
        raise Forbidden(
            zh="只有上报单位可以补充上报材料, 请附在业务单元上",
            en="only who reported adds to the report: attach it to the unit",
            field="event_id",
        )
    event = report.id if report else None
    await evidence.attach(tx, case.unit, order.by, order.exhibits, event=event)
    deed = deed_of(order, Action.ATTACH)
    return (await advance(tx, case.unit, case.clocks, deed, case.terms())).unit


def _reported(report: StoredEvent, caller: Caller, rulebook: Rulebook) -> bool:
    """Tell whether the caller's organisation sent a report, or has replaced the one that did."""
    sender, bodies = report.organisation, rulebook.organisations
    return sender in bodies and bodies.heir(sender) == caller.organisation


async def verify(tx: Tx, library: Library, order: Order) -> Unit:
    """Confirm a resolution; by default policy the unit is closed with it."""
    case = await open_case(tx, library, order, Action.VERIFY)
    terms = case.terms()
    filed = await advance(tx, case.unit, case.clocks, deed_of(order, Action.VERIFY), terms)
    if terms.policy.closes_on_verify:
        close = Deed(Action.CLOSE, None, order.at)
        filed = await advance(tx, filed.unit, filed.clocks, close, terms)
        await _settle_parent(tx, case, order.at)
    return filed.unit


async def give_back(tx: Tx, library: Library, order: Order) -> Unit:
    """Return a unit, with the reason, to the centre above its holder."""
    case = await open_case(tx, library, order, Action.RETURN)
    centre = case.rulebook.organisations[case.unit.centre]
    route = to_organisation(centre, case.rulebook, RouteReason.RETURNED)
    unit = rerouted(case.unit, route)
    unit = replace(unit, reasons={**unit.reasons, RETURNED: case.unit.holder})
    deed = Deed(Action.RETURN, order.by, order.at, order.reason, {"from": case.unit.holder})
    return (await advance(tx, unit, case.clocks, deed, case.terms())).unit


async def cancel(tx: Tx, library: Library, order: Order) -> Unit:
    """Cancel a unit, and with it the tasks it still has open."""
    case = await open_case(tx, library, order, Action.CANCEL)
    deed = deed_of(order, Action.CANCEL)
    tasks = [one for one in case.family if one.parent == case.unit.id and one.desk]
    running = await clock_store.of_units(tx, [task.id for task in tasks])
    with_unit = Deed(Action.CANCEL, order.by, order.at, order.reason, {"with": case.unit.number})
    changes = [moved(task, running.get(task.id, ()), with_unit, case.terms(task)) for task in tasks]
    changes.append(moved(case.unit, case.clocks, deed, case.terms()))
    await write(tx, changes)
    await _settle_parent(tx, case, order.at)
    return changes[-1].unit


async def open_case(tx: Tx, library: Library, order: Order, action: Action) -> Case:
    """Own the unit and whatever moves with it, and check sight, authority and version."""
    seen = await unit_store.read(tx, [order.unit])
    family = await _family(tx, seen[0], action) if seen else []
    owned = await unit_store.take(tx, [order.unit, *family])
    unit = next((one for one in owned if one.id == order.unit), None)
    reference = library.current(order.at)
    if unit is None or not in_sight(unit, order.by, reference.rulebook):
        raise NotFound(zh="没有这个业务单元", en="no such unit", field="id")
    permit(order.by, action, unit, above(unit, reference.rulebook))
    if action in RAISES_VERSION and unit.version != order.seen:
        raise Stale(
            zh=f"单元已变为第 {unit.version} 版(您看到的是第 {order.seen} 版), 请刷新",
            en=f"the unit is at version {unit.version}, you saw {order.seen}",
            field="If-Match",
            version=unit.version,
        )
    unit, clocks = await _on_time(tx, unit, reference.rulebook, order.at)
    judged = (await library.at(tx, unit.rulebook)).rulebook
    others = [one for one in owned if one.id != unit.id]
    return Case(unit, clocks, others, reference, judged, order.at)


async def _on_time(
    tx: Tx, unit: Unit, rulebook: Rulebook, now: datetime
) -> tuple[Unit, Sequence[Clock]]:
    """Return the unit and its clocks after every mark passed by now has fired.

    The worker may not have come to it yet: what was late is on the record before anything
    else happens to the unit.
    """
    clocks = (await clock_store.of_units(tx, [unit.id])).get(unit.id, ())
    late = fired(unit, clocks, rulebook, now)
    if late is None:
        return unit, clocks
    await write(tx, [late])
    known = {clock.name: clock for clock in (*clocks, *late.clocks)}
    return late.unit, tuple(known.values())


async def _family(tx: Tx, unit: Unit, action: Action) -> list[UUID]:
    """Return the other units an action on this one may move."""
    if unit.parent is not None:
        return [unit.parent]
    if action is Action.CANCEL:
        return [task.id for task in await unit_store.tasks_of(tx, [unit.id])]
    return []


async def _settle_parent(tx: Tx, case: Case, at: datetime) -> None:
    """Order the tasks of a coordinating parent's next turn, or resolve it after the last one."""
    parent = next((one for one in case.family if one.id == case.unit.parent), None)
    if parent is None or parent.state is not State.COORDINATING:
        return
    if await unit_store.open_tasks(tx, parent.id, parent.home):
        return
    if await _next_turn(tx, case, parent, at):
        return
    running = await clock_store.of_units(tx, [parent.id])
    deed = Deed(Action.RESOLVE, None, at, data={"last": case.unit.number})
    await advance(tx, parent, running.get(parent.id, ()), deed, case.terms(parent))


async def _next_turn(tx: Tx, case: Case, parent: Unit, at: datetime) -> bool:
    """Order what the parent's plan has after the turn that has ended; False if nothing is left."""
    if parent.entry is None or case.unit.task is None:
        return False
    entry, path = case.judged.list[parent.entry], case.path(parent)
    done = entry.orders[case.unit.task].turn
    tasks = plan_tasks(parent, entry, path, case.rulebook, at, turn=done)
    if tasks:
        await begin(tx, tasks, case.reference)
    return bool(tasks)


def deed_of(order: Order, action: Action) -> Deed:
    """Return the deed that an order asks for, with what it attaches."""
    shown = [{"id": str(one.id), "phase": one.phase} for one in order.exhibits]
    data = {"attachments": shown} if shown else {}
    return Deed(action, order.by, order.at, order.reason, data)


def in_sight(unit: Unit, caller: Caller, rulebook: Rulebook) -> bool:
    """Tell whether the caller may see the unit."""
    body = rulebook.organisations.get(caller.organisation)
    if body is None:
        return False
    return sees(scope_of(caller, body, rulebook.areas.before(body.area)), unit)


def above(unit: Unit, rulebook: Rulebook) -> frozenset[OrganisationCode]:
    """Return the centres over the unit's centre."""
    bodies, areas = rulebook.organisations, rulebook.areas
    centre = bodies[unit.centre]
    path = areas.path(centre.area)[:-1]
    return frozenset(body.code for body in bodies.centres(path))


def is_by_tasks(unit: Unit, action: Action) -> bool:
    """Tell whether an event stands in an action's way, whatever its state.

    It is done by its tasks, so nobody resolves it, and a ruling would give it to one holder
    without them: it is dispatched to the centre that is to coordinate it.
    """
    if action is Action.RULE:
        return unit.kind is Kind.EVENT
    return action is Action.RESOLVE and unit.state is State.COORDINATING


def _waits_for_tasks() -> ActionNotAllowed:
    return ActionNotAllowed(
        zh="事件的任务尚未全部结案, 不能办结",
        en="an event is resolved by its last task",
        field="action",
        allowed=(Action.CANCEL, Action.NOTE, Action.ATTACH),
    )


def may_now(unit: Unit, caller: Caller, rulebook: Rulebook) -> list[Action]:
    """Return what this caller may do to the unit in its present state."""
    centres = above(unit, rulebook)
    found = []
    for action in actions_in(unit.state):
        if is_by_tasks(unit, action):
            continue
        try:
            permit(caller, action, unit, centres)
        except Forbidden:
            continue
        found.append(action)
    return found


_SPECIAL: Final[Mapping[Action, Callable[[Tx, Library, Order], Awaitable[Unit]]]] = {
    Action.RESOLVE: resolve,
    Action.VERIFY: verify,
    Action.RETURN: give_back,
    Action.CANCEL: cancel,
}
