"""Casework: what people do to a unit on its way to the closed loop."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.domain import approval, claim, dispute, family, sight, suspension, whistle
from app.domain.action import Action
from app.domain.approval import refuse_unasked
from app.domain.area import AreaCode
from app.domain.authority import Caller, permit, sees
from app.domain.clock import Clock
from app.domain.errors import Forbidden, NotFound
from app.domain.evidence import Exhibit
from app.domain.filing import Filed, rerouted
from app.domain.handled import refuse_unshown
from app.domain.lifecycle import Allowed, actions_in, needs_of, refuse_out_of_turn
from app.domain.offer import Standing, senseless
from app.domain.organisation import OrganisationCode, OrganisationKind
from app.domain.overtaken import stale
from app.domain.route import RouteReason, to_organisation
from app.domain.rulebook import Rulebook
from app.domain.similar import ended
from app.domain.succession import RETURNED
from app.domain.timing import Terms
from app.domain.unit import Unit, UnitId
from app.flows import evidence, handled, overtaken
from app.flows.advance import Deed, moved, write
from app.flows.escalation import fired
from app.flows.family import Setting, settle, with_tasks
from app.flows.overtaken import Look
from app.flows.rulebook import Library
from app.store import casework as case_store
from app.store import units as unit_store
from app.store.casework import Kin, Owned
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
    token: int | None = None
    """Of the claim that must still hold, if one was shown."""


@dataclass(frozen=True)
class Case(Setting):
    """An owned unit with what deciding about it needs."""

    unit: Unit
    clocks: Sequence[Clock]
    family: Sequence[Owned] = ()
    """The unit's parent, its open tasks and what was merged into it, owned as well."""

    def terms(self, unit: Unit | None = None) -> Terms:
        """Return what the unit's limits follow from, or those of one of its family."""
        return family.terms_of(unit or self.unit, self.judged, self.rulebook)

    @property
    def parent(self) -> Owned | None:
        """The unit this one is a task of."""
        return next((one for one in self.family if one.unit.id == self.unit.parent), None)

    @property
    def tasks(self) -> list[Owned]:
        """The open tasks below the unit."""
        others = {self.unit.parent, self.unit.merged_into}
        return [
            one
            for one in self.family
            if one.unit.id not in others and one.unit.merged_into != self.unit.id and one.unit.desk
        ]

    @property
    def merged(self) -> list[Unit]:
        """What was merged into the unit."""
        return [one.unit for one in self.family if one.unit.merged_into == self.unit.id]


async def act(tx: Tx, library: Library, order: Order, action: Action) -> Unit:
    """Do an action that needs nothing but a reason."""
    return await carry_out(tx, await open_case(tx, library, order, action), order, action)


async def carry_out(tx: Tx, case: Case, order: Order, action: Action) -> Unit:
    """Do it to a unit already opened for it."""
    if action is Action.RESOLVE:
        await _refuse_unfinished(tx, case.unit)
        await evidence.attach(tx, case.unit, order.by, order.exhibits)
        await evidence.require(tx, case.unit, case.terms())
    changes = [*_with_tasks(case, order, action), decided(case, order, action)]
    filed = (await write(tx, changes))[-1]
    if filed.unit.state.is_final:
        await _settle_family(tx, case)
    return filed.unit


def decided(case: Case, order: Order, action: Action) -> Filed:
    """Return what an action that needs nothing but a reason makes of the unit itself."""
    special = _DECISIONS.get(action)
    if special is not None:
        return special(case, order)
    return moved(case.unit, case.clocks, deed_of(order, action), case.terms())


def is_lone(case: Case, action: Action, *, has_family: bool) -> bool:
    """Tell whether an action moves nothing but the unit, and needs no look at anything else."""
    if action is Action.RESOLVE:
        return not family.has_errands(case.unit) and not case.terms().policy.requires_evidence
    return not has_family or action not in ENDINGS


ENDINGS: Final = frozenset(
    {Action.VERIFY, Action.CLOSE, Action.DECLINE, Action.CANCEL, Action.ATTACH}
)
"""Actions a unit may end by, which its family hears of."""


def _with_tasks(case: Case, order: Order, action: Action) -> list[Filed]:
    """Return what becomes of the open tasks below the unit: they end with it."""
    if action not in family.WITH_TASKS:
        return []
    return with_tasks(case.tasks, deed_of(order, action), case.unit, case)


def _resolved(case: Case, order: Order) -> Filed:
    """Return the unit with the work done; a coordinated one is resolved by its last task alone."""
    family.refuse_senseless(case.unit, Action.RESOLVE)
    whistle.refuse_unmet(case.unit)
    unit = replace(case.unit, resolved_by=order.by.account)
    return moved(unit, case.clocks, deed_of(order, Action.RESOLVE), case.terms())


def _verified(case: Case, order: Order) -> Filed:
    """Return the unit verified, and closed as well where the policy says so."""
    terms = case.terms()
    refuse_unshown(case.unit, terms.policy)
    filed = moved(case.unit, case.clocks, deed_of(order, Action.VERIFY), terms)
    if not terms.policy.closes_on_verify:
        return filed
    after = moved(filed.unit, filed.clocks, Deed(Action.CLOSE, None, order.at), terms)
    return replace(after, steps=(*filed.steps, *after.steps))


def _returned(case: Case, order: Order) -> Filed:
    """Return the unit with the centre above its holder, which it was returned to.

    Returned too often it goes on to the centre above that one, whose ruling it waits for.
    """
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
    return moved(unit, case.clocks, deed, case.terms())


_DECISIONS: Final[Mapping[Action, Callable[[Case, Order], Filed]]] = {
    Action.RESOLVE: _resolved,
    Action.VERIFY: _verified,
    Action.RETURN: _returned,
}


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
    terms = case.terms()
    attached = moved(case.unit, case.clocks, deed_of(order, Action.ATTACH), terms)
    (filed,) = await write(tx, [await handled.settled(tx, attached, terms)])
    if filed.unit.state.is_final and not case.unit.state.is_final:
        await _settle_family(tx, case)
    return filed.unit


def _reported(report: StoredEvent, caller: Caller, rulebook: Rulebook) -> bool:
    """Tell whether the caller's organisation sent a report, or has replaced the one that did."""
    sender, bodies = report.organisation, rulebook.organisations
    return sender in bodies and bodies.heir(sender) == caller.organisation


async def open_case(tx: Tx, library: Library, order: Order, action: Action) -> Case:
    """Own the unit and whatever moves with it, and check sight, authority and version."""
    owned = {one.unit.id: one for one in await case_store.own(tx, [order.unit], kin_of(action))}
    own, reference = owned.get(order.unit), library.current(order.at)
    if own is None:
        raise unknown()
    try:
        admitted(own.unit, order, action, reference.rulebook)
    except (NotFound, *overtaken.TELLING) as refusal:
        look = Look({order.unit: order.seen}, order.by, order.at)
        heard = {order.unit: refusal}
        told = await overtaken.tell(tx, heard, [own.unit], look, reference.rulebook)
        raise told[order.unit] from None
    owned |= await _on_time(tx, owned.values(), reference.rulebook, order.at)
    own = owned.pop(order.unit)
    unit, clocks = own.unit, own.clocks
    if order.under is None:
        refuse_unasked(unit, clocks, action, reference.rulebook, order.by.organisation)
    judged = (await library.at(tx, unit.rulebook)).rulebook
    return Case(reference, judged, order.at, unit, clocks, tuple(owned.values()))


def kin_of(action: Action) -> Kin:
    """Return who else an action may move."""
    kin = Kin.BELOW if action in family.WITH_TASKS else Kin.NOBODY
    return kin | Kin.MERGED if action in ENDINGS else kin


def admitted(unit: Unit, order: Order, action: Action, rulebook: Rulebook) -> Unit:
    """Return the owned unit; raises what refuses this caller, this action, or the version seen."""
    if not in_sight(unit, order.by, rulebook):
        raise unknown()
    if action not in _UNSEEN and order.under is None and unit.version != order.seen:
        raise stale(unit, order.seen)
    # One whose suspension has passed goes on before anything is done to it.
    awake = suspension.awake(unit, order.at)
    permit(order.by, order.under or action, awake, above(unit, rulebook), teams(unit, rulebook))
    refuse_out_of_turn(awake.state, action)
    dispute.refuse(awake, action, order.by.organisation, rulebook)
    claim.refuse(unit, order.by, order.under or action, order.at, token=order.token)
    return unit


def unknown() -> NotFound:
    """Return the refusal of a unit that is not there, or not for this caller: which, it says not.

    Asked for by its number, a unit out of sight must not tell its id.
    """
    return NotFound(zh="没有这个业务单元", en="no such unit", field="unit")


_UNSEEN: Final = frozenset(
    {
        Action.NOTE,
        Action.ATTACH,
        Action.URGE,
        Action.REQUEST,
        Action.APPEAL,
        Action.REFUSE,
        Action.WITHDRAW,
    }
)
"""What is said to a unit however it now stands."""


async def _on_time(
    tx: Tx, owned: Iterable[Owned], rulebook: Rulebook, now: datetime
) -> dict[UnitId, Owned]:
    """Return those of the units, with their clocks, whose passed marks had not fired; they have.

    The worker may not have come to them yet: what was late is on the record before anything
    else happens, to the unit or with it.
    """
    late = {
        one.unit.id: (one, found)
        for one in owned
        if (found := fired(one.unit, one.clocks, rulebook, now)) is not None
    }
    if not late:
        return {}
    written = await write(tx, [found for _, found in late.values()])
    return {done.unit.id: _after(late[done.unit.id][0], done) for done in written}


def _after(before: Owned, done: Filed) -> Owned:
    clocks = {clock.name: clock for clock in (*before.clocks, *done.clocks)}
    return Owned(done.unit, tuple(clocks.values()))


async def _settle_family(tx: Tx, case: Case) -> None:
    """Order the tasks of a coordinating parent's next turn, or resolve it after the last one.

    Whoever reported the same matter is told that it has ended.
    """
    if case.merged:
        await write(tx, [ended(one, case.unit, case.at) for one in case.merged])
    if case.parent is not None:
        await settle(tx, case.parent, case.unit, case)


def deed_of(order: Order, action: Action) -> Deed:
    """Return the deed that an order asks for, with what it attaches."""
    shown = [{"id": str(one.id), "phase": one.phase} for one in order.exhibits]
    data = {"attachments": shown} if shown else {}
    return Deed(action, order.by, order.at, order.reason, data)


def in_sight(unit: Unit, caller: Caller, rulebook: Rulebook) -> bool:
    """Tell whether the caller may see the unit: in their scope, or because they must decide."""
    if caller.organisation not in rulebook.organisations:
        return False
    scope = sight.of_caller(caller, rulebook)
    # Of help from another district the centres over the helper are not those over the place.
    return sees(scope, unit) or any(one.desk == scope.organisation for one in unit.pending)


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


async def _refuse_unfinished(tx: Tx, unit: Unit) -> None:
    """Raise ActionNotAllowed for a unit that its tasks must come before."""
    if family.has_errands(unit) and await unit_store.open_tasks(tx, unit.id, unit.home):
        raise family.waits_for_tasks(unit)


def may_now(standing: Standing, caller: Caller, rulebook: Rulebook) -> list[Allowed]:
    """Return what this caller may do to the unit in its present state, and what each needs."""
    unit, by, clocks = standing.unit, caller.organisation, standing.clocks
    centres, on_grid = above(unit, rulebook), teams(unit, rulebook)
    barred = dispute.barred(unit, by, rulebook) | senseless(standing, caller, rulebook)
    if not whistle.may_blow(rulebook.organisations[by], rulebook):
        barred |= {Action.WHISTLE}
    found = []
    for action in actions_in(unit.state):
        if action in barred or not family.offers(unit, action):
            continue
        if not approval.offers(unit, action, rulebook, caller, clocks):
            continue
        try:
            permit(caller, action, unit, centres, on_grid)
        except Forbidden:
            continue
        found.append(Allowed(action, needs_of(unit, action)))
    return found
