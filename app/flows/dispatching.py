"""Dispatching: what the centres do to get a unit filed and into the right hands."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.domain.action import Action
from app.domain.admission import by_person
from app.domain.area import Area, AreaCode, Place
from app.domain.authority import Caller
from app.domain.destination import by_list, lowest, nearest_by_list
from app.domain.dispute import refuser, ruled
from app.domain.errors import Forbidden, Invalid
from app.domain.family import Errand, errand_of, refuse_senseless
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
from app.domain.responsibility import EntryCode, Kind
from app.domain.route import Route, RouteReason, to_centre, to_organisation
from app.domain.rulebook import Rulebook
from app.domain.succession import RETURNED
from app.domain.unit import Clause, Unit
from app.flows.advance import Deed, advance, write
from app.flows.casework import Case, Order, open_case
from app.flows.family import errand_way, refuse_below
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
    case = replace(case, judged=rulebook)
    deed = Deed(Action.FILE, order.by, order.at, order.reason, {"entry": entry})
    filed = await advance(tx, unit, case.clocks, deed, case.terms(unit))
    return (await send_on(tx, case, filed, assigned, order)).unit


async def send_on(
    tx: Tx,
    case: Case,
    filed: Filed,
    assigned: Assignment,
    order: Order,
    *,
    resumes: bool = False,
) -> Filed:
    """Take a unit just filed as far as the service may, and tell of it whoever must know.

    If it `resumes`, its limits go on from what they have spent.
    """
    if assigned.onward is None:
        return filed
    data = {"holder": filed.unit.holder}
    onward = Deed(assigned.onward, None, order.at, data=data, resumes=resumes)
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
    route = named(case, order.by, holder) if holder else _onward(case, order)
    unit = rerouted(case.unit, route)
    action = _passing(case.unit, route)
    data = {"holder": unit.holder}
    deed = Deed(action, order.by, order.at, order.reason, data, resumes=_goes_on(case, unit))
    filed = await advance(tx, unit, case.clocks, deed, case.terms())
    if action is Action.COORDINATE:
        await _begin_tasks(tx, case, filed.unit, order)
    return filed.unit


def _goes_on(case: Case, unit: Unit) -> bool:
    """Tell whether a unit is back with whoever returned it (退回): its limit goes on.

    With another holder it begins anew.
    """
    return case.unit.reasons.get(RETURNED) == unit.holder


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
    """Return the way by the list; whoever has given the unit back is passed over."""
    unit, rulebook = case.unit, case.rulebook
    errand = errand_of(unit)
    if errand is not None:
        return _way_of_errand(case, errand)
    if unit.entry is None:
        raise Invalid(zh="未按清单立案的单元须指定承办单位", en="name the holder", field="holder")
    meant = _meant(unit, rulebook)
    if meant is not None and refuser(unit, meant, rulebook) is None:
        return meant
    way = _way_to_centre if unit.kind is Kind.EVENT else _way_to_holder
    path = case.path(unit)
    route = way(case, path)
    while (found := refuser(unit, route, rulebook)) is not None:
        path = path[: found.tier.rank]
        if not path:
            raise Invalid(
                zh="清单所列的单位均已退回, 请指定承办单位, 或上报",
                en="whoever the list names has returned it: name the holder, or escalate",
                field="holder",
            )
        route = way(case, path)
    if route.is_gap:
        raise Invalid(
            zh="当地及上级均无单位承担此职能, 请指定承办单位",
            en="nobody holds this function here or above: name the holder",
            field="holder",
        )
    return route


def _way_of_errand(case: Case, errand: Errand) -> Route:
    """Return the way of a task that a person ordered: to whom they named, unless returned."""
    unit, setting = case.unit, case
    route = errand_way(errand, unit, setting.entry(unit), setting.site(case.path(unit)))
    found = refuser(unit, route, case.rulebook)
    if found is not None:
        raise Invalid(
            zh=f"“{found.name}”已退回此任务, 请指定其他承办单位, 或上报",
            en=f"{found.name} has returned this task: name another holder, or escalate",
            field="holder",
        )
    return route


def _way_to_centre(case: Case, path: tuple[Area, ...]) -> Route:
    entry = case.judged.list[EntryCode(str(case.unit.entry))]
    tier = lowest(entry, entry.lead)
    return to_centre(path[: tier.rank + 1], case.rulebook, RouteReason.OWNED)


def _way_to_holder(case: Case, path: tuple[Area, ...]) -> Route:
    unit, rulebook = case.unit, case.rulebook
    entry = case.judged.list[EntryCode(str(unit.entry))]
    function = entry.lead if unit.task is None else entry.orders[unit.task].function
    route = by_list(entry, function, path, rulebook)
    if route.reason in {RouteReason.GAP, RouteReason.COARSE}:
        # A clerk has looked: the nearest who holds the duty at the place as far as it is known.
        route = nearest_by_list(entry, function, path, rulebook)
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
    refuse_senseless(case.unit, Action.RULE)
    text = _ruled_limit(case.unit, limit)
    route = named(case, order.by, holder)
    unit = rerouted(case.unit, route)
    ruling: Mapping[str, Any] = {
        "holder": unit.holder,
        "limit": text,
        "by": order.by.name,
        "centre": order.by.organisation,
    }
    unit = ruled(unit, ruling)
    if unit.entry is None:
        # What a centre orders without an entry is a task from above.
        unit = replace(unit, is_unlisted=True, kind=Kind.TASK, clause=Clause.ISSUED)
    data = {"holder": holder, **({"limit": text} if text else {})}
    goes_on = _goes_on(case, unit)
    deed = Deed(Action.RULE, order.by, order.at, order.reason, data, resumes=goes_on)
    return (await advance(tx, unit, case.clocks, deed, case.terms(unit))).unit


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


def _area(case: Case, code: AreaCode | None) -> AreaCode:
    if code is None:
        return case.unit.place.finest(case.rulebook.areas)
    if code not in case.rulebook.areas:
        raise Invalid(
            zh=f"区划或网格编码“{code}”不存在", en=f"no area has code {code}", field="area"
        )
    return case.rulebook.areas.heir(code)


def named(case: Case, caller: Caller, code: OrganisationCode) -> Route:
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
    # An emergency's owner is a street centre whatever the level.
    level = unit.level if unit.kind is not Kind.EVENT else None
    refuse_below(case.entry(unit), level, holder)
    route = to_organisation(holder, rulebook, RouteReason.RULED)
    return replace(route, on_duty=rulebook.roster.on_duty(holder.code, case.at))


def _refuse_foreign(rulebook: Rulebook, caller: Caller, holder: Organisation) -> None:
    own = rulebook.organisations[caller.organisation].area
    if all(area.code != own for area in rulebook.areas.path(holder.area)):
        raise Forbidden(
            zh=f"“{holder.name}”不在您的辖区内",
            en=f"{holder.name} is outside your area",
            field="holder",
        )
