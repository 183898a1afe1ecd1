"""Merging (并案): a unit joined to the open one of the same matter, and taken apart again."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from app.domain import claim, lifecycle
from app.domain.action import Action
from app.domain.admission import Admission
from app.domain.clock import unspent
from app.domain.dispute import DISPUTE, RULING
from app.domain.errors import Invalid, NotFound
from app.domain.event import Event
from app.domain.filing import Filed, at_home, notified, seated
from app.domain.lifecycle import UNTOUCHED
from app.domain.need import given
from app.domain.satisfaction import KEY as SATISFACTION
from app.domain.timing import enter
from app.domain.unit import State, Unit, UnitId
from app.flows import intake
from app.flows.advance import Deed, advance, step_of, write
from app.flows.casework import Case, Order, in_sight, open_case
from app.flows.rulebook import Library
from app.store import events as event_store
from app.store import units as unit_store
from app.store.database import Tx
from app.store.events import StoredEvent

MERGED = "merged"
"""Where a unit's reasons say what it was merged into, how, and where it was before."""


async def merge(tx: Tx, library: Library, order: Order, into: UnitId) -> Unit:
    """Join a unit to another one; its limits stand from now on."""
    # Both are owned at once, in one order: two merges crosswise must not wait for each other.
    await unit_store.take(tx, [order.unit, into])
    case = await open_case(tx, library, order, Action.MERGE)
    unit = case.unit
    lifecycle.decide(unit.state, Action.MERGE, given=given(order.reason, {"unit": into}))
    target = next(iter(await unit_store.read(tx, [into])), None)
    if target is None or not in_sight(target, order.by, case.rulebook):
        raise NotFound(zh="没有要并入的业务单元", en="no such unit to merge into", field="into")
    _refuse(unit, target, has_merged=await unit_store.has_merged(tx, unit.id))
    if await unit_store.tasks_of(tx, [unit.id]):
        raise Invalid(
            zh="该单元已拆分任务, 不能并入其他单元",
            en="a unit with tasks is not merged",
            field="into",
        )
    told = {"unit": target.id, "by": "person", "was": unit.state}
    merged = replace(unit, merged_into=target.id, reasons={**unit.reasons, MERGED: told})
    data = {"unit": target.id, "number": target.number}
    deed = Deed(Action.MERGE, order.by, order.at, order.reason, data)
    return (await advance(tx, merged, case.clocks, deed, case.terms())).unit


def _refuse(unit: Unit, target: Unit, *, has_merged: bool) -> None:
    """Raise Invalid for what cannot be joined, saying what can."""
    if target.id == unit.id:
        raise Invalid(zh="不能并入自身", en="a unit is not merged into itself", field="into")
    if unit.parent is not None or target.parent is not None:
        raise Invalid(
            zh="任务不能并案, 请对其所属事件并案",
            en="a task is not merged: merge the event it belongs to",
            field="into",
        )
    if target.merged_into is not None:
        raise Invalid(
            zh="该单元自身已并案, 请并入它所并入的单元",
            en="it is merged itself: merge into what it was merged into",
            field="into",
            allowed=(str(target.merged_into),),
        )
    if target.state.is_final:
        raise Invalid(
            zh="该单元已办结, 只能并入在办单元", en="merge into an open unit", field="into"
        )
    if has_merged:
        raise Invalid(
            zh="已有单元并入该单元, 请反过来并案",
            en="others were merged into this one: merge the other way round",
            field="into",
        )


async def unmerge(
    tx: Tx, library: Library, order: Order, read: Callable[[StoredEvent], Event]
) -> Unit:
    """Take a merged unit out again; `read` makes a stored event what it was when it came.

    One that nobody had begun to work on is judged anew and its limits run from now: while it
    was merged nobody was late with it. Another goes on where it was, from what it had spent.
    """
    case = await open_case(tx, library, order, Action.UNMERGE)
    lifecycle.decide(case.unit.state, Action.UNMERGE, given=given(order.reason, {}))
    reasons = case.unit.reasons
    was = reasons.get(MERGED, {}).get("was")
    data = {"from": case.unit.merged_into, "limits": "resumed"}
    deed = Deed(Action.UNMERGE, order.by, order.at, order.reason, data)
    # Who has given it back, and whom a ruling binds, outlives a merge.
    is_disputed = DISPUTE in reasons or RULING in reasons
    if was is not None and (was not in UNTOUCHED or is_disputed):
        filed = _restored(case, State(was), deed)
        await write(tx, [filed])
        return filed.unit
    stored = (await event_store.find(tx, [case.unit.id]))[case.unit.id]
    (admission,) = intake.judge([read(stored)], case.reference, order.at)
    data |= {"limits": "anew", "entry": admission.root.unit.entry}
    filed = _judged_anew(case, admission, replace(deed, data=data))
    await write(tx, [filed])
    tasks = [at_home(task, filed.unit.home) for task in admission.tasks]
    if tasks:
        await intake.begin(tx, tasks, case.reference)
    return filed.unit


def _restored(case: Case, was: State, deed: Deed) -> Filed:
    """Return the unit where it was, its limits running on from what they had spent."""
    unit = seated(replace(_apart(case.unit, case.unit.reasons), state=was))
    unit, clocks = enter(unit, case.clocks, case.terms(), at=deed.at, resumes=True)
    unit = _counted(unit, case.unit, deed)
    return Filed(unit, (step_of(unit, deed),), clocks)


def _judged_anew(case: Case, admission: Admission, deed: Deed) -> Filed:
    """Return the unit as the rulebook in force makes it of its report, from now on."""
    before, root = case.unit, admission.root
    known = {clock.name: clock for clock in case.clocks}
    unit = replace(
        root.unit,
        home=before.home,
        number=before.number,
        created_at=before.created_at,
        overdue_at=before.overdue_at,
        exempted_at=before.exempted_at,
        raised=before.raised,
        recurs=before.recurs,
    )
    unit = _counted(_apart(unit, root.unit.reasons), before, deed)
    fresh = {clock.name: clock for clock in root.clocks}
    # A limit that the unit has no more leaves no deadline behind.
    clocks = tuple(
        replace(
            fresh.get(name) or unspent(known[name]),
            version=known[name].version + 1 if name in known else 1,
        )
        for name in {**known, **fresh}
    )
    told = [centre for centre in root.unit.raised if centre not in before.raised]
    return notified(Filed(unit, (step_of(unit, deed),), clocks), told, deed.at)


def _apart(unit: Unit, reasons: Mapping[str, Any]) -> Unit:
    # What was said of the other's result is not said of its own.
    kept = {key: value for key, value in reasons.items() if key not in {MERGED, SATISFACTION}}
    return replace(unit, merged_into=None, closed_at=None, satisfaction=None, reasons=kept)


def _counted(unit: Unit, before: Unit, deed: Deed) -> Unit:
    counted: dict[str, Any] = {
        "version": before.version + 1,
        "steps": before.steps + 1,
        "updated_at": deed.at,
    }
    return replace(unit, **counted, **claim.OVER, claim=before.claim)
