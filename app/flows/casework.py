"""Casework: what people do to a unit on its way to the closed loop."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from app.domain import approval, dispute, family, support, suspension, whistle
from app.domain.action import Action
from app.domain.approval import refuse_unasked
from app.domain.area import Area, AreaCode
from app.domain.authority import Caller, permit, scope_of, sees
from app.domain.clock import Clock
from app.domain.errors import Forbidden, NotFound, Stale
from app.domain.evidence import Exhibit
from app.domain.filing import Filed, rerouted
from app.domain.lifecycle import Allowed, actions_in, needs_of, refuse_out_of_turn
from app.domain.organisation import OrganisationCode, OrganisationKind
from app.domain.reopening import may_reopen
from app.domain.route import RouteReason, to_organisation
from app.domain.rulebook import Rulebook
from app.domain.similar import ended
from app.domain.succession import RETURNED
from app.domain.timing import Terms
from app.domain.unit import State, Unit, UnitId
from app.flows import evidence
from app.flows.advance import Deed, advance, moved, write
from app.flows.escalation import fired
from app.flows.family import Setting, settle, with_tasks
from app.flows.rulebook import Library, Reference
from app.store import clocks as clock_store
from app.store import families
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
    under: Action | None = None
    """What was requested is done with the authority to request or to grant it, as it is now."""


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
        return family.terms_of(unit or self.unit, self.judged, self.rulebook)

    @property
    def setting(self) -> Setting:
        """Return what the unit's tasks are judged by."""
        return Setting(self.reference, self.judged, self.at)

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
    """Report the work done; a coordinated unit is resolved by its last task alone."""
    case = await open_case(tx, library, order, Action.RESOLVE)
    await refuse_unfinished(tx, case.unit)
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
    (filed,) = await write(tx, [confirmed(case, order)])
    if filed.unit.state.is_final:
        await _settle_parent(tx, case, order.at)
    return filed.unit


def confirmed(case: Case, order: Order) -> Filed:
    """Return the unit verified, and closed as well where the policy says so."""
    terms = case.terms()
    filed = moved(case.unit, case.clocks, deed_of(order, Action.VERIFY), terms)
    if not terms.policy.closes_on_verify:
        return filed
    after = moved(filed.unit, filed.clocks, Deed(Action.CLOSE, None, order.at), terms)
    return replace(after, steps=(*filed.steps, *after.steps))


async def give_back(tx: Tx, library: Library, order: Order) -> Unit:
    """Return a unit, with the reason, to the centre above its holder.

    Returned too often it goes on to the centre above that one, whose ruling it waits for.
    """
    case = await open_case(tx, library, order, Action.RETURN)
    bodies = case.rulebook.organisations
    centre, reason = bodies[case.unit.centre], RouteReason.RETURNED
    unit = dispute.returned(case.unit)
    if dispute.must_rule(unit, case.terms().policy.returns):
        centre, reason = bodies.centre_above(centre, case.rulebook.areas), RouteReason.DISPUTED
        unit = dispute.awaiting(unit, centre.code)
    unit = rerouted(unit, to_organisation(centre, case.rulebook, reason))
    unit = replace(unit, reasons={**unit.reasons, RETURNED: case.unit.holder})
    data = {"from": case.unit.holder, "returns": dispute.returns(unit)}
    deed = Deed(Action.RETURN, order.by, order.at, order.reason, data)
    return (await advance(tx, unit, case.clocks, deed, case.terms())).unit


async def cancel(tx: Tx, library: Library, order: Order) -> Unit:
    """Cancel a unit, and with it the tasks below it that are open."""
    return await _end(tx, library, order, Action.CANCEL)


async def decline(tx: Tx, library: Library, order: Order) -> Unit:
    """Decline a unit; what others were asked to do for it is cancelled with it."""
    return await _end(tx, library, order, Action.DECLINE)


async def _end(tx: Tx, library: Library, order: Order, action: Action) -> Unit:
    case = await open_case(tx, library, order, action)
    deed = deed_of(order, action)
    tasks = [one for one in case.family if one.id != case.unit.parent and one.desk]
    changes = await with_tasks(tx, tasks, deed, case.unit, case.setting)
    changes.append(moved(case.unit, case.clocks, deed, case.terms()))
    await write(tx, changes)
    await _settle_parent(tx, case, order.at)
    return changes[-1].unit


async def open_case(tx: Tx, library: Library, order: Order, action: Action) -> Case:
    """Own the unit and whatever moves with it, and check sight, authority and version."""
    seen = await unit_store.read_with_merged(tx, order.unit)
    others = [one for unit in seen for one in await _family(tx, unit, action, order.unit)]
    owned = await unit_store.take(tx, [order.unit, *others])
    unit = next((one for one in owned if one.id == order.unit), None)
    reference = library.current(order.at)
    unit = admitted(unit, order, action, reference.rulebook)
    unit, clocks = await _on_time(tx, unit, reference.rulebook, order.at)
    if order.under is None:
        refuse_unasked(unit, clocks, action, reference.rulebook, order.by.organisation)
    judged = (await library.at(tx, unit.rulebook)).rulebook
    around = [one for one in owned if one.id != unit.id]
    return Case(unit, clocks, around, reference, judged, order.at)


def admitted(unit: Unit | None, order: Order, action: Action, rulebook: Rulebook) -> Unit:
    """Return the owned unit; raises what refuses this caller, this action, or the version seen."""
    if unit is None or not in_sight(unit, order.by, rulebook):
        raise NotFound(zh="没有这个业务单元", en="no such unit", field="id")
    permit(order.by, order.under or action, unit, above(unit, rulebook), teams(unit, rulebook))
    if action not in _UNSEEN and order.under is None and unit.version != order.seen:
        raise Stale(
            zh=f"单元已变为第 {unit.version} 版(您看到的是第 {order.seen} 版), 请刷新",
            en=f"the unit is at version {unit.version}, you saw {order.seen}",
            field="If-Match",
            version=unit.version,
        )
    if not suspension.is_over(unit, order.at):
        refuse_out_of_turn(unit.state, action)
    dispute.refuse(unit, action, order.by.organisation, rulebook)
    return unit


_UNSEEN: Final = frozenset(
    {Action.NOTE, Action.ATTACH, Action.URGE, Action.REQUEST, Action.REFUSE, Action.WITHDRAW}
)
"""What is said to a unit however it now stands."""


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
    (late,) = await write(tx, [late])
    known = {clock.name: clock for clock in (*clocks, *late.clocks)}
    return late.unit, tuple(known.values())


async def _family(tx: Tx, unit: Unit, action: Action, acted_on: UnitId) -> list[UUID]:
    """Return the other units an action may move; `unit` is the one acted on or merged into it."""
    if unit.id != acted_on:
        return [unit.id]
    found: list[UUID] = [unit.parent] if unit.parent is not None else []
    if action in family.WITH_TASKS:
        found += await families.open_below(tx, unit.id)
    return found


async def _settle_parent(tx: Tx, case: Case, at: datetime) -> None:
    """Order the tasks of a coordinating parent's next turn, or resolve it after the last one.

    Whoever reported the same matter is told that it has ended.
    """
    merged = [one for one in case.family if one.merged_into == case.unit.id]
    if merged:
        await write(tx, [ended(one, case.unit, at) for one in merged])
    parent = next((one for one in case.family if one.id == case.unit.parent), None)
    if parent is not None:
        await settle(tx, parent, case.unit, replace(case.setting, at=at))


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


def teams(unit: Unit, rulebook: Rulebook) -> frozenset[OrganisationCode]:
    """Return the grid teams of the unit's grid."""
    bodies = rulebook.organisations.of_area(AreaCode(unit.place.grid))
    return frozenset(body.code for body in bodies if body.kind is OrganisationKind.GRID_TEAM)


async def refuse_unfinished(tx: Tx, unit: Unit) -> None:
    """Raise ActionNotAllowed for a unit that its tasks, or showing up, must come before."""
    family.refuse_senseless(unit, Action.RESOLVE)
    whistle.refuse_unmet(unit)
    if family.has_errands(unit) and await unit_store.open_tasks(tx, unit.id, unit.home):
        raise family.waits_for_tasks()


def may_now(unit: Unit, caller: Caller, rulebook: Rulebook, now: datetime) -> list[Allowed]:
    """Return what this caller may do to the unit in its present state, and what each needs."""
    centres, on_grid = above(unit, rulebook), teams(unit, rulebook)
    barred = dispute.barred(unit, caller.organisation, rulebook) | _not_theirs(
        unit, caller, rulebook
    )
    policy = rulebook.policies.at(rulebook.areas.path(unit.place.finest(rulebook.areas)))
    if unit.state is State.CLOSED and not may_reopen(unit, policy, now):
        barred |= {Action.REOPEN}
    found = []
    for action in actions_in(unit.state):
        if action in barred or not family.offers(unit, action):
            continue
        if not approval.offers(unit, action, rulebook, caller.organisation):
            continue
        try:
            permit(caller, action, unit, centres, on_grid)
        except Forbidden:
            continue
        found.append(Allowed(action, needs_of(unit, action)))
    return found


def _not_theirs(unit: Unit, caller: Caller, rulebook: Rulebook) -> set[Action]:
    """Return what policy or a request's desk leaves to other bodies than the caller's."""
    body = rulebook.organisations[caller.organisation]
    found = set() if whistle.may_blow(body, rulebook) else {Action.WHISTLE}
    if not any(support.may_decide(one, body, rulebook) for one in support.open_for(unit)):
        found |= {Action.GRANT_SUPPORT, Action.REFUSE_SUPPORT}
    return found


_SPECIAL: Final[Mapping[Action, Callable[[Tx, Library, Order], Awaitable[Unit]]]] = {
    Action.RESOLVE: resolve,
    Action.VERIFY: verify,
    Action.RETURN: give_back,
    Action.CANCEL: cancel,
    Action.DECLINE: decline,
}
