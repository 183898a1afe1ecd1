"""Splitting (拆分任务): what is to be done becomes tasks, and the unit waits for them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.domain import family
from app.domain.action import Action
from app.domain.authority import SPLIT_IN_HAND
from app.domain.errors import Forbidden, Invalid
from app.domain.family import Bond, Errand, Said
from app.domain.filing import Filed, rerouted
from app.domain.lifecycle import IN_HAND
from app.domain.organisation import OrganisationKind
from app.domain.responsibility import Entry
from app.domain.route import RouteReason, to_organisation
from app.domain.rulebook import Rulebook
from app.domain.unit import ClockName, Unit
from app.flows.advance import Deed, moved, write
from app.flows.casework import Case, Order, open_case
from app.flows.family import tasks_for
from app.flows.intake import begin
from app.flows.rulebook import Library
from app.store.database import Tx


async def split(tx: Tx, library: Library, order: Order, errands: Sequence[Errand]) -> Unit:
    """Order tasks for a unit, which coordinates them from now on; none given: those of its plan.

    Split by its holder it stays there; split by the centre the centre has it again.
    """
    case = await open_case(tx, library, order, Action.SPLIT)
    family.refuse_senseless(case.unit, Action.SPLIT)
    entry = case.entry(case.unit)
    errands = errands or _planned(entry)
    family.refuse_many(errands)
    _refuse_endless(errands, entry)
    data = {"tasks": [_told(errand) for errand in errands]}
    deed = Deed(Action.SPLIT, order.by, order.at, order.reason, data)
    unit, tasks = await ordered(tx, case, _coordinated(case, order), errands, deed)
    _refuse_foreign(case, order, tasks, entry)
    return unit


def _planned(entry: Entry | None) -> Sequence[Errand]:
    if entry is None or not entry.plan:
        raise Invalid(
            zh="该条目没有处置预案, 请列出任务",
            en="the entry has no plan: list the tasks",
            field="tasks",
        )
    return tuple(
        Errand(
            Bond.SPLIT,
            planned.title,
            {ClockName.DISPOSE: planned.limit},
            function=planned.function,
            turn=planned.turn,
        )
        for planned in entry.plan
    )


def _refuse_endless(errands: Sequence[Errand], entry: Entry | None) -> None:
    if entry is None and any(ClockName.DISPOSE not in errand.limits for errand in errands):
        raise no_limit()


def no_limit() -> Invalid:
    """Return the refusal of a task that neither a person nor the list gives a limit."""
    return Invalid(
        zh="无清单依据的任务须给出处置时限, 如 3工作日",
        en="a task without an entry needs a limit, such as 3工作日",
        field="limit",
    )


def _told(errand: Errand) -> Mapping[str, Any]:
    limit = errand.limits.get(ClockName.DISPOSE)
    told = {
        "title": errand.title,
        "holder": errand.holder,
        "function": errand.function,
        "limit": str(limit) if limit else None,
        "turn": errand.turn,
    }
    return {key: value for key, value in told.items() if value is not None}


def _coordinated(case: Case, order: Order) -> Unit:
    """Return the unit in the hands of who is to coordinate it."""
    unit, bodies = case.unit, case.rulebook.organisations
    if unit.state in IN_HAND and order.by.organisation != unit.holder:
        route = to_organisation(bodies[unit.centre], case.rulebook, RouteReason.RULED)
        return rerouted(unit, route)
    if bodies[unit.holder].kind is OrganisationKind.CENTRE:
        return unit
    return replace(unit, reasons={**unit.reasons, SPLIT_IN_HAND: True})


def _refuse_foreign(case: Case, order: Order, tasks: Sequence[Filed], entry: Entry | None) -> None:
    """Raise Forbidden for a holder outside the caller's area that the list does not name."""
    rulebook, own = case.rulebook, case.rulebook.organisations[order.by.organisation].area
    for task in tasks:
        errand = family.errand_of(task.unit)
        by_list = errand is not None and entry is not None and errand.function in _known(entry)
        if not by_list and not _is_under(task.unit, own, rulebook):
            name = rulebook.organisations[task.unit.holder].name
            raise Forbidden(
                zh=f"“{name}”不在您的辖区内, 可吹哨或申请协办",
                en=f"{name} is outside your area: whistle or request support",
                field="tasks",
                allowed=(Action.WHISTLE, Action.SUPPORT),
            )


def _known(entry: Entry) -> set[str]:
    planned = (task.function for task in entry.orders)
    return {entry.lead, *entry.support, *entry.joint, *planned}


def _is_under(unit: Unit, area: str, rulebook: Rulebook) -> bool:
    body = rulebook.organisations[unit.holder]
    return any(one.code == area for one in rulebook.areas.path(body.area))


async def ordered(
    tx: Tx,
    case: Case,
    unit: Unit,
    errands: Sequence[Errand],
    deed: Deed,
    *,
    said: Said | None = None,
) -> tuple[Unit, list[Filed]]:
    """Do a deed that orders tasks; returns the unit as it then is, and the tasks begun.

    `said` is what the tasks' own logs begin with, if not the deed.
    """
    found = family.in_turn(unit, errands, case.entry(unit))
    change = moved(found.parent, case.clocks, deed, case.terms(found.parent))
    said = said or Said(deed.action, deed.by, deed.reason)
    tasks = tasks_for(found, case, said)
    await begin(tx, tasks, case.reference)
    await write(tx, [change])
    return change.unit, tasks
