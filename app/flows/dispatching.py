"""Dispatching: what the centres do to get a unit filed and into the right hands."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.domain.action import Action
from app.domain.admission import by_person
from app.domain.area import AreaCode, Place, Tier
from app.domain.authority import Caller
from app.domain.destination import by_list, lowest, nearest_by_list
from app.domain.errors import ActionNotAllowed, Forbidden, Invalid
from app.domain.filing import (
    Assignment,
    Filed,
    assign,
    notified,
    plan_tasks,
    rerouted,
)
from app.domain.limit import parse_limit
from app.domain.organisation import Organisation, OrganisationCode, OrganisationKind
from app.domain.passing import next_stop
from app.domain.responsibility import Duty, Entry, EntryCode, Kind
from app.domain.route import Route, RouteReason, to_centre, to_organisation
from app.domain.rulebook import Rulebook
from app.domain.succession import RETURNED
from app.domain.unit import Clause, Unit
from app.domain.words import TIER
from app.flows.advance import Deed, advance, write
from app.flows.casework import Case, Order, is_by_tasks, open_case
from app.flows.intake import begin
from app.flows.rulebook import Library
from app.store.database import Tx


async def file(
    tx: Tx, library: Library, order: Order, entry: EntryCode, area: AreaCode | None
) -> Unit:
    """File a unit in triage under an entry and send it on, with its tasks if it has a plan."""
    case = await open_case(tx, library, order, Action.FILE)
    rulebook = case.rulebook
    if entry not in rulebook.list:
        raise Invalid(
            zh=f"职责清单中没有条目“{entry}”", en=f"the list has no entry {entry}", field="entry"
        )
    path = rulebook.areas.path(_area(case, area))
    assigned = assign(
        rulebook.list[entry],
        path,
        rulebook,
        is_issued=case.unit.clause is Clause.ISSUED,
        now=order.at,
        since=case.unit.holder,
    )
    reasons = by_person(case.unit.reasons, area)
    unit = replace(case.unit, place=Place.of(path), **assigned.fields(reasons))
    case.judged = rulebook
    deed = Deed(Action.FILE, order.by, order.at, order.reason, {"entry": entry})
    filed = await advance(tx, unit, case.clocks, deed, case.terms(unit))
    return (await _send_on(tx, case, filed, assigned, order)).unit


async def _send_on(tx: Tx, case: Case, filed: Filed, assigned: Assignment, order: Order) -> Filed:
    """Take a unit just filed as far as the service may, and tell of it whoever must know."""
    if assigned.onward is None:
        return filed
    data = {"holder": filed.unit.holder}
    onward = Deed(assigned.onward, None, order.at, data=data)
    filed = await advance(tx, filed.unit, filed.clocks, onward, case.terms(filed.unit))
    if assigned.told:
        filed = notified(replace(filed, steps=()), assigned.told, order.at)
        await write(tx, [filed])
    await _begin_tasks(tx, case, filed.unit, order)
    return filed


async def _begin_tasks(tx: Tx, case: Case, unit: Unit, order: Order) -> None:
    """Order the tasks of an event that is coordinated from now on."""
    if unit.entry is None:
        return
    entry = case.judged.list[unit.entry]
    tasks = plan_tasks(unit, entry, case.path(unit), case.rulebook, order.at)
    if tasks:
        await begin(tx, tasks, case.reference)


async def dispatch(tx: Tx, library: Library, order: Order, holder: OrganisationCode | None) -> Unit:
    """Send a filed unit to a holder: the one named, or whoever the list names.

    Nobody named: it goes to the next centre below that passes on by hand, if there is one. An
    event goes to the centre that is to coordinate it.
    """
    case = await open_case(tx, library, order, Action.DISPATCH)
    named = _named(case, order.by, holder) if holder else None
    route = named or _onward(case, order)
    unit = rerouted(case.unit, route)
    # Back to the same holder its limit goes on; to another it begins anew (退回).
    same = case.unit.reasons.get(RETURNED) == unit.holder
    action = _passing(case.unit, route)
    data = {"holder": unit.holder}
    deed = Deed(action, order.by, order.at, order.reason, data, resumes=same)
    filed = await advance(tx, unit, case.clocks, deed, case.terms())
    if action is Action.COORDINATE:
        await _begin_tasks(tx, case, filed.unit, order)
    return filed.unit


def _passing(unit: Unit, route: Route) -> Action:
    """Return what it is to send the unit this way."""
    if route.reason in {RouteReason.STEPWISE, RouteReason.GAP, RouteReason.COARSE}:
        return Action.PASS_DOWN
    return Action.COORDINATE if unit.kind is Kind.EVENT else Action.DISPATCH


def _onward(case: Case, order: Order) -> Route:
    """Return the way by the list from the desk the unit stands on."""
    unit = case.unit
    route = _destination(case)
    return next_stop(route, case.rulebook, unit.urgency, order.at, after=unit.holder)


def _destination(case: Case) -> Route:
    unit, rulebook = case.unit, case.rulebook
    if unit.entry is None:
        raise Invalid(zh="未按清单立案的单元须指定承办单位", en="name the holder", field="holder")
    meant = _meant(unit, rulebook)
    if meant is not None:
        return meant
    entry, path = case.judged.list[unit.entry], case.path(unit)
    if unit.kind is Kind.EVENT:
        tier = lowest(entry, entry.lead)
        return to_centre(path[: tier.rank + 1], rulebook, RouteReason.OWNED)
    function = entry.lead if unit.task is None else entry.orders[unit.task].function
    route = by_list(entry, function, path, rulebook)
    if route.reason in {RouteReason.GAP, RouteReason.COARSE}:
        # A clerk has looked: the nearest who holds the duty at the place as far as it is known.
        route = nearest_by_list(entry, function, path, rulebook)
    if route.is_gap:
        raise Invalid(
            zh="当地及上级均无单位承担此职能, 请指定承办单位",
            en="nobody holds this function here or above: name the holder",
            field="holder",
        )
    return route


def _meant(unit: Unit, rulebook: Rulebook) -> Route | None:
    """Return the way on to where a unit was going to that was only stopped, if that still is."""
    reasons, bodies = unit.reasons.get("route", {}), rulebook.organisations
    code = reasons.get("meant")
    body = bodies[bodies.heir(code)] if code in bodies else None
    if body is None or body.code == unit.holder or body not in bodies.of_area(body.area):
        return None
    return to_organisation(body, rulebook, RouteReason(reasons["meant_by"]))


async def rule(
    tx: Tx, library: Library, order: Order, holder: OrganisationCode, limit: str | None
) -> Unit:
    """Name the holder with binding force (指定承办), whatever the list says or does not say.

    A unit without an entry has the limit the ruling gives it, and stays marked as without a
    basis in the list (无清单依据).
    """
    case = await open_case(tx, library, order, Action.RULE)
    if is_by_tasks(case.unit, Action.RULE):
        raise _is_coordinated()
    text = _ruled_limit(case.unit, limit)
    route = _named(case, order.by, holder)
    unit = rerouted(case.unit, route)
    ruling: Mapping[str, Any] = {"holder": holder, "limit": text, "by": order.by.name}
    unit = replace(unit, reasons={**unit.reasons, "ruling": ruling})
    if unit.entry is None:
        # What a centre orders without an entry is a task from above.
        unit = replace(unit, is_unlisted=True, kind=Kind.TASK, clause=Clause.ISSUED)
    data = {"holder": holder, **({"limit": text} if text else {})}
    deed = Deed(Action.RULE, order.by, order.at, order.reason, data)
    return (await advance(tx, unit, case.clocks, deed, case.terms(unit))).unit


def _is_coordinated() -> ActionNotAllowed:
    return ActionNotAllowed(
        zh="事件由治理中心统筹并分解为任务, 请派遣至应统筹的中心; 指定承办用于任务和事项",
        en="an event is done by its tasks: dispatch it to the centre that is to coordinate it",
        field="action",
        allowed=(Action.DISPATCH, Action.DECLINE, Action.CANCEL, Action.NOTE),
    )


def _ruled_limit(unit: Unit, limit: str | None) -> str | None:
    """Return the limit a ruling gives, as `parse_limit` reads it; the list's own goes first."""
    if unit.entry is not None:
        if limit:
            raise Invalid(
                zh="已按清单立案的单元以清单时限为准",
                en="the list's own limit stands",
                field="limit",
            )
        return None
    if not limit:
        raise Invalid(
            zh="无清单依据的单元须给出处置时限, 如 3工作日",
            en="a unit without an entry needs a limit, such as 3工作日",
            field="limit",
        )
    try:
        return str(parse_limit(limit))
    except ValueError as error:
        zh, _, _ = str(error).partition(" / ")
        raise Invalid(zh=zh, en="not a limit such as 3工作日", field="limit") from None


def _area(case: Case, named: AreaCode | None) -> AreaCode:
    if named is None:
        return case.unit.place.finest(case.rulebook.areas)
    if named not in case.rulebook.areas:
        raise Invalid(
            zh=f"区划或网格编码“{named}”不存在", en=f"no area has code {named}", field="area"
        )
    return case.rulebook.areas.heir(named)


def _named(case: Case, caller: Caller, code: OrganisationCode) -> Route:
    """Return the way to a named holder: under the caller's centre, and not below the level."""
    unit, rulebook = case.unit, case.rulebook
    bodies = rulebook.organisations
    if code not in bodies:
        raise Invalid(zh=f"没有单位“{code}”", en=f"no organisation {code}", field="holder")
    holder = bodies[bodies.heir(code)]
    _refuse_foreign(rulebook, caller, holder)
    if unit.kind is Kind.EVENT and holder.kind is not OrganisationKind.CENTRE:
        raise Invalid(
            zh="事件由治理中心统筹, 请指定治理中心",
            en="an event is coordinated by a centre: name a centre",
            field="holder",
        )
    _refuse_below(case, holder)
    route = to_organisation(holder, rulebook, RouteReason.RULED)
    return replace(route, on_duty=rulebook.roster.on_duty(holder.code, case.at))


def _refuse_below(case: Case, holder: Organisation) -> None:
    """Raise Invalid for a holder below the entry's level, or asked for what was taken back."""
    unit = case.unit
    entry: Entry | None = case.judged.list[unit.entry] if unit.entry else None
    is_street = holder.tier.rank > Tier.DISTRICT.rank
    if entry is not None and entry.duty is Duty.WITHDRAWN and is_street:
        raise Invalid(
            zh=f"该事项已由上级部门收回, 不得交由镇街及以下的“{holder.name}”承办",
            en="the duty was taken back from streets: nobody at a street or below may have it",
            field="holder",
        )
    # An emergency's owner is a street centre whatever the level.
    level = unit.level if unit.kind is not Kind.EVENT else None
    if level is not None and holder.tier.rank > level.rank:
        raise Invalid(
            zh=f"该事项的处置层级为{TIER[level][0]}, 不得下派至“{holder.name}”",
            en=f"the entry's level is {level}: nothing is routed below it",
            field="holder",
        )


def _refuse_foreign(rulebook: Rulebook, caller: Caller, holder: Organisation) -> None:
    own = rulebook.organisations[caller.organisation].area
    if all(area.code != own for area in rulebook.areas.path(holder.area)):
        raise Forbidden(
            zh=f"“{holder.name}”不在您的辖区内",
            en=f"{holder.name} is outside your area",
            field="holder",
        )
