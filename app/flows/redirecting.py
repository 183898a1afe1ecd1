"""Redirecting (转办、交办、改派类别): a unit goes to another holder, down, or to another entry."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from app.domain import family
from app.domain.action import Action
from app.domain.clock import Clock, unspent
from app.domain.dispute import refuser
from app.domain.errors import ActionNotAllowed, Invalid
from app.domain.filing import Assignment, assign, rerouted
from app.domain.lifecycle import actions_in
from app.domain.organisation import Organisation, OrganisationCode, OrganisationKind
from app.domain.responsibility import EntryCode, Kind
from app.domain.route import RouteReason, to_organisation
from app.domain.rulebook import Rulebook
from app.domain.timing import Terms, under
from app.domain.unit import Clause, ClockName, State, Unit
from app.flows.advance import Deed, advance
from app.flows.casework import Case, Order, open_case
from app.flows.dispatching import named, send_on
from app.flows.rulebook import Library
from app.store.database import Tx


async def transfer(tx: Tx, library: Library, order: Order, holder: OrganisationCode) -> Unit:
    """Move a unit to another holder under the caller's centre; its limit for disposal runs on."""
    case = await open_case(tx, library, order, Action.TRANSFER)
    unit = rerouted(case.unit, named(case, order.by, holder))
    if unit.holder == case.unit.holder:
        raise Invalid(
            zh="单元已由该单位承办, 请另行指定",
            en="that organisation has the unit: name another",
            field="holder",
        )
    data = {"from": case.unit.holder, "holder": unit.holder}
    deed = Deed(Action.TRANSFER, order.by, order.at, order.reason, data)
    return (await advance(tx, unit, case.clocks, deed, case.terms())).unit


async def pass_down(tx: Tx, library: Library, order: Order, centre: OrganisationCode) -> Unit:
    """Hand a unit on a centre's desk to a centre below, which is to carry it on."""
    case = await open_case(tx, library, order, Action.PASS_DOWN)
    route = named(case, order.by, centre)
    if not _is_below(route.holder, case.unit.holder, case.rulebook):
        raise Invalid(
            zh=f"“{route.holder.name}”不是下级中心, 请指定下级中心, 或派遣到承办单位",
            en=f"{route.holder.name} is no centre below: name one, or dispatch to a holder",
            field="holder",
        )
    unit = rerouted(case.unit, route)
    data = {"from": case.unit.holder, "holder": unit.holder}
    deed = Deed(Action.PASS_DOWN, order.by, order.at, order.reason, data)
    return (await advance(tx, unit, case.clocks, deed, case.terms())).unit


def _is_below(body: Organisation, centre: OrganisationCode, rulebook: Rulebook) -> bool:
    """Tell whether a body is a centre in the area of another, and not that one."""
    path = rulebook.areas.path(body.area)[:-1]
    is_under = any(area.code == rulebook.organisations[centre].area for area in path)
    return body.kind is OrganisationKind.CENTRE and is_under


async def reclassify(tx: Tx, library: Library, order: Order, entry: EntryCode) -> Unit:
    """File a unit under another entry; what it has spent of its limit stays spent.

    Whoever the list names for that entry gets it next; an event begins its tasks.
    """
    case = await open_case(tx, library, order, Action.RECLASSIFY)
    before, rulebook = case.unit, case.rulebook
    _refuse_task(before)
    if entry not in rulebook.list or entry == before.entry:
        raise Invalid(
            zh=f"职责清单中没有条目“{entry}”, 或单元已按此条目立案, 请另选条目",
            en=f"the list has no entry {entry}, or the unit has it already: name another",
            field="entry",
        )
    desk = before.holder if before.state is State.FILED else before.centre
    assigned = _assigned(case, entry, desk)
    _refuse_family(before, assigned)
    # Whoever has given it back is not offered it again by another entry: a person must say so.
    goes_on = refuser(before, assigned.route, rulebook) is None
    if not goes_on:
        back = to_organisation(rulebook.organisations[desk], rulebook, RouteReason.RETURNED)
        assigned = replace(assigned, route=back)
    unit = replace(before, **assigned.fields(before.reasons))
    case = replace(case, judged=rulebook)
    terms = case.terms(unit)
    data = {"from": before.entry, "entry": entry}
    deed = Deed(Action.RECLASSIFY, order.by, order.at, order.reason, data)
    filed = await advance(tx, unit, _relimited(unit, case.clocks, terms, order.at), deed, terms)
    if not goes_on:
        return filed.unit
    if unit.holder != before.holder:
        clocks = tuple(
            unspent(clock) if clock.name is ClockName.ACCEPT else clock for clock in filed.clocks
        )
        filed = replace(filed, clocks=clocks)
    return (await send_on(tx, case, filed, assigned, order, resumes=True)).unit


def _assigned(case: Case, entry: EntryCode, desk: OrganisationCode) -> Assignment:
    """Return what the entry makes of the unit where it is, sent out from its centre's desk."""
    return assign(
        case.rulebook.list[entry],
        case.path(case.unit),
        case.rulebook,
        is_issued=case.unit.clause is Clause.ISSUED,
        now=case.at,
        since=desk,
    )


def _relimited(
    unit: Unit, clocks: Sequence[Clock], terms: Terms, at: datetime
) -> tuple[Clock, ...]:
    """Return the clocks with the disposal's under the limit of the new entry."""
    return tuple(
        under(terms, clock, unit, at) if clock.name is ClockName.DISPOSE else clock
        for clock in clocks
    )


def _refuse_task(unit: Unit) -> None:
    """Raise ActionNotAllowed for a task: its category is its event's."""
    if unit.parent is not None:
        raise ActionNotAllowed(
            zh="任务的类别随其所属事件, 不能单独改派类别, 可退回或转办",
            en="a task has the category of its event: return or transfer it instead",
            field="action",
            allowed=tuple(one for one in actions_in(unit.state) if one is not Action.RECLASSIFY),
        )


def _refuse_family(unit: Unit, assigned: Assignment) -> None:
    """Raise Invalid where a unit with tasks of its own would become an event with a plan."""
    if assigned.kind is Kind.EVENT and family.has_errands(unit):
        raise Invalid(
            zh="单元已拆分或有协办任务, 不能改为事件, 请先办结或作废这些任务后重新上报",
            en="the unit has tasks of its own and cannot become an event: report the event anew",
            field="entry",
        )
