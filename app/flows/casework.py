"""Casework: what people do to a unit on its way to the closed loop."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from app.domain.action import Action
from app.domain.admission import by_person
from app.domain.area import AreaCode, Place
from app.domain.authority import Caller, permit, scope_of, sees
from app.domain.clock import Clock
from app.domain.errors import ActionNotAllowed, Forbidden, Invalid, NotFound, Stale
from app.domain.filing import assign, plan_tasks, rerouted
from app.domain.lifecycle import actions_in
from app.domain.organisation import Organisation, OrganisationCode
from app.domain.responsibility import EntryCode
from app.domain.route import Route, RouteReason, to_holder, to_nearest_holder, to_organisation
from app.domain.rulebook import Rulebook
from app.domain.timing import Terms
from app.domain.unit import State, Unit, UnitId
from app.domain.words import TIER
from app.flows.advance import Deed, advance, moved, write
from app.flows.escalation import fired
from app.flows.intake import begin
from app.flows.rulebook import Library, Reference
from app.store import clocks as clock_store
from app.store import units as unit_store
from app.store.database import Tx

RETURNED: Final = "returned_by"
"""The key in a unit's reasons of the holder that gave it back last."""


@dataclass(frozen=True)
class Order:
    """Who wants what done: the unit, the version of it they saw, and their own words."""

    unit: UnitId
    seen: int
    by: Caller
    at: datetime
    reason: str = ""


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

    @property
    def rulebook(self) -> Rulebook:
        """The rulebook in force now."""
        return self.reference.rulebook

    def terms(self, unit: Unit | None = None) -> Terms:
        """Return what the unit's limits follow from."""
        unit = unit or self.unit
        path = self.rulebook.areas.path(unit.place.finest(self.rulebook.areas))
        entry = self.judged.list[unit.entry] if unit.entry else None
        policy, calendar = self.rulebook.policies.at(path), self.rulebook.calendar
        return Terms(entry, policy, calendar, unit.urgency, unit.task)


async def act(tx: Tx, library: Library, order: Order, action: Action) -> Unit:
    """Do an action that needs nothing but a reason."""
    special = _SPECIAL.get(action)
    if special is not None:
        return await special(tx, library, order)
    case = await _open(tx, library, order, action)
    filed = await advance(tx, case.unit, case.clocks, _deed(order, action), case.terms())
    if filed.unit.state.is_final:
        await _settle_parent(tx, case, order.at)
    return filed.unit


async def resolve(tx: Tx, library: Library, order: Order) -> Unit:
    """Report the work done; a coordinated event is resolved by its last task alone."""
    case = await _open(tx, library, order, Action.RESOLVE)
    if case.unit.state is State.COORDINATING:
        raise _waits_for_tasks()
    unit = replace(case.unit, resolved_by=order.by.account)
    deed = _deed(order, Action.RESOLVE)
    return (await advance(tx, unit, case.clocks, deed, case.terms())).unit


async def verify(tx: Tx, library: Library, order: Order) -> Unit:
    """Confirm a resolution; by default policy the unit is closed with it."""
    case = await _open(tx, library, order, Action.VERIFY)
    terms = case.terms()
    filed = await advance(tx, case.unit, case.clocks, _deed(order, Action.VERIFY), terms)
    if terms.policy.closes_on_verify:
        close = Deed(Action.CLOSE, None, order.at)
        filed = await advance(tx, filed.unit, filed.clocks, close, terms)
        await _settle_parent(tx, case, order.at)
    return filed.unit


async def file(
    tx: Tx, library: Library, order: Order, entry: EntryCode, area: AreaCode | None
) -> Unit:
    """File a unit in triage under an entry and send it on, with its tasks if it has a plan."""
    case = await _open(tx, library, order, Action.FILE)
    rulebook = case.rulebook
    if entry not in rulebook.list:
        raise Invalid(
            zh=f"职责清单中没有条目“{entry}”", en=f"the list has no entry {entry}", field="entry"
        )
    path = rulebook.areas.path(_area(case, area))
    named = rulebook.list[entry]
    assigned = assign(named, path, rulebook)
    reasons = by_person(case.unit.reasons, area)
    unit = replace(case.unit, place=Place.of(path), **assigned.fields(reasons))
    case.judged = rulebook
    deed = Deed(Action.FILE, order.by, order.at, order.reason, {"entry": entry})
    filed = await advance(tx, unit, case.clocks, deed, case.terms(unit))
    if assigned.onward is None:
        return filed.unit
    onward = Deed(assigned.onward, None, order.at, data={"holder": unit.holder})
    filed = await advance(tx, filed.unit, filed.clocks, onward, case.terms(unit))
    tasks = plan_tasks(filed.unit, named, path, rulebook, order.at)
    if tasks:
        await begin(tx, tasks, case.reference)
    return filed.unit


async def dispatch(tx: Tx, library: Library, order: Order, holder: OrganisationCode | None) -> Unit:
    """Send a filed unit to a holder: the one named, or whoever the list names."""
    case = await _open(tx, library, order, Action.DISPATCH)
    route = _named(case, order.by, holder) if holder else _by_list(case)
    unit = rerouted(case.unit, route)
    # Back to the same holder its limit goes on; to another it begins anew (退回).
    same = case.unit.reasons.get(RETURNED) == unit.holder
    data = {"holder": unit.holder}
    deed = Deed(Action.DISPATCH, order.by, order.at, order.reason, data, resumes=same)
    return (await advance(tx, unit, case.clocks, deed, case.terms())).unit


async def give_back(tx: Tx, library: Library, order: Order) -> Unit:
    """Return a unit, with the reason, to the centre above its holder."""
    case = await _open(tx, library, order, Action.RETURN)
    centre = case.rulebook.organisations[case.unit.centre]
    route = to_organisation(centre, case.rulebook, RouteReason.RETURNED)
    unit = rerouted(case.unit, route)
    unit = replace(unit, reasons={**unit.reasons, RETURNED: case.unit.holder})
    deed = Deed(Action.RETURN, order.by, order.at, order.reason, {"from": case.unit.holder})
    return (await advance(tx, unit, case.clocks, deed, case.terms())).unit


async def cancel(tx: Tx, library: Library, order: Order) -> Unit:
    """Cancel a unit, and with it the tasks it still has open."""
    case = await _open(tx, library, order, Action.CANCEL)
    deed = _deed(order, Action.CANCEL)
    tasks = [one for one in case.family if one.parent == case.unit.id and one.desk]
    running = await clock_store.of_units(tx, [task.id for task in tasks])
    with_unit = Deed(Action.CANCEL, order.by, order.at, order.reason, {"with": case.unit.number})
    changes = [moved(task, running.get(task.id, ()), with_unit, case.terms(task)) for task in tasks]
    changes.append(moved(case.unit, case.clocks, deed, case.terms()))
    await write(tx, changes)
    await _settle_parent(tx, case, order.at)
    return changes[-1].unit


async def _open(tx: Tx, library: Library, order: Order, action: Action) -> Case:
    """Own the unit and whatever moves with it, and check sight, authority and version."""
    seen = await unit_store.read(tx, [order.unit])
    family = await _family(tx, seen[0], action) if seen else []
    owned = await unit_store.take(tx, [order.unit, *family])
    unit = next((one for one in owned if one.id == order.unit), None)
    reference = library.current(order.at)
    if unit is None or not in_sight(unit, order.by, reference.rulebook):
        raise NotFound(zh="没有这个业务单元", en="no such unit", field="id")
    permit(order.by, action, unit, above(unit, reference.rulebook))
    if action is not Action.NOTE and unit.version != order.seen:
        raise Stale(
            zh=f"单元已变为第 {unit.version} 版(您看到的是第 {order.seen} 版), 请刷新",
            en=f"the unit is at version {unit.version}, you saw {order.seen}",
            field="If-Match",
            version=unit.version,
        )
    unit, clocks = await _on_time(tx, unit, reference.rulebook, order.at)
    judged = (await library.at(tx, unit.rulebook)).rulebook
    others = [one for one in owned if one.id != unit.id]
    return Case(unit, clocks, others, reference, judged)


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
    entry, areas = case.judged.list[parent.entry], case.rulebook.areas
    path = areas.path(parent.place.finest(areas))
    done = entry.orders[case.unit.task].turn
    tasks = plan_tasks(parent, entry, path, case.rulebook, at, turn=done)
    if tasks:
        await begin(tx, tasks, case.reference)
    return bool(tasks)


def _deed(order: Order, action: Action) -> Deed:
    return Deed(action, order.by, order.at, order.reason)


def in_sight(unit: Unit, caller: Caller, rulebook: Rulebook) -> bool:
    """Tell whether the caller may see the unit."""
    body = rulebook.organisations.get(caller.organisation)
    return body is not None and sees(scope_of(caller, body), unit)


def above(unit: Unit, rulebook: Rulebook) -> frozenset[OrganisationCode]:
    """Return the centres over the unit's centre."""
    bodies, areas = rulebook.organisations, rulebook.areas
    centre = bodies[unit.centre]
    path = areas.path(centre.area)[:-1]
    return frozenset(body.code for body in bodies.centres(path))


def _area(case: Case, named: AreaCode | None) -> AreaCode:
    if named is None:
        return case.unit.place.finest(case.rulebook.areas)
    if named not in case.rulebook.areas:
        raise Invalid(
            zh=f"区划或网格编码“{named}”不存在", en=f"no area has code {named}", field="area"
        )
    return named


def _by_list(case: Case) -> Route:
    unit = case.unit
    if unit.entry is None or unit.level is None:
        raise Invalid(zh="未按清单立案的单元须指定承办单位", en="name the holder", field="holder")
    entry = case.judged.list[unit.entry]
    path = case.rulebook.areas.path(unit.place.finest(case.rulebook.areas))
    function = entry.lead if unit.task is None else entry.orders[unit.task].function
    route = to_holder(function, entry.level, path, case.rulebook)
    if route.reason is not RouteReason.HELD:
        # A clerk has looked: the nearest who holds the duty at the place as far as it is known.
        route = to_nearest_holder(function, entry.level, path, case.rulebook)
    if route.is_gap:
        raise Invalid(
            zh="当地及上级均无单位承担此职能, 请指定承办单位",
            en="nobody holds this function here or above: name the holder",
            field="holder",
        )
    return route


def _named(case: Case, caller: Caller, code: OrganisationCode) -> Route:
    """Return the way to a named holder: under the caller's centre, and not below the level."""
    holder = case.rulebook.organisations.get(code)
    if holder is None:
        raise Invalid(zh=f"没有单位“{code}”", en=f"no organisation {code}", field="holder")
    _refuse_foreign(case.rulebook, caller, holder)
    level = case.unit.level
    if level is not None and holder.tier.rank > level.rank:
        raise Invalid(
            zh=f"该事项的处置层级为{TIER[level][0]}, 不得下派至“{holder.name}”",
            en=f"the entry's level is {level}: nothing is routed below it",
            field="holder",
        )
    return to_organisation(holder, case.rulebook, RouteReason.RULED)


def _refuse_foreign(rulebook: Rulebook, caller: Caller, holder: Organisation) -> None:
    own = rulebook.organisations[caller.organisation].area
    if all(area.code != own for area in rulebook.areas.path(holder.area)):
        raise Forbidden(
            zh=f"“{holder.name}”不在您的辖区内",
            en=f"{holder.name} is outside your area",
            field="holder",
        )


def _waits_for_tasks() -> ActionNotAllowed:
    return ActionNotAllowed(
        zh="事件的任务尚未全部结案, 不能办结",
        en="an event is resolved by its last task",
        field="action",
        allowed=(Action.CANCEL, Action.NOTE),
    )


def may_now(unit: Unit, caller: Caller, rulebook: Rulebook) -> list[Action]:
    """Return what this caller may do to the unit in its present state."""
    centres = above(unit, rulebook)
    found = []
    for action in actions_in(unit.state):
        if unit.state is State.COORDINATING and action is Action.RESOLVE:
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
