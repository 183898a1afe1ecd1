"""Suspension: a unit's limits stand until a moment, and its tasks' with them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.domain import family, suspension
from app.domain.action import Action
from app.domain.clock import Clock
from app.domain.filing import Filed
from app.domain.lifecycle import TRANSITIONS
from app.domain.unit import State, Unit
from app.flows.advance import Deed, moved, write
from app.flows.casework import Case, Order, deed_of, open_case
from app.flows.rulebook import Library
from app.store import clocks as clock_store
from app.store.database import Tx


async def suspend(tx: Tx, library: Library, order: Order, until: datetime) -> Unit:
    """Suspend a unit, and the tasks below it that somebody works on, until a moment."""
    case = await open_case(tx, library, order, Action.SUSPEND)
    deed = Deed(Action.SUSPEND, order.by, order.at, order.reason, {"until": until})
    return (await write(tx, await suspended(tx, case, deed, until)))[-1].unit


async def suspended(tx: Tx, case: Case, deed: Deed, until: datetime) -> list[Filed]:
    """Return what a suspension makes of a unit, the last, and of its tasks."""
    terms = case.terms()
    clocks = suspension.suspended(case.clocks, terms, until, at=deed.at)
    own = moved(case.unit, clocks, deed, terms)
    tasks = [one for one in _below(case) if (one.state, Action.SUSPEND) in TRANSITIONS]
    running = await _clocks(tx, tasks)
    with_unit = replace(deed, data={"until": until, "with": case.unit.number})
    return [*_suspended(case, tasks, running, with_unit, until), own]


def _suspended(
    case: Case,
    tasks: Sequence[Unit],
    running: Mapping[UUID, tuple[Clock, ...]],
    deed: Deed,
    until: datetime,
) -> Iterator[Filed]:
    for task in tasks:
        terms = family.terms_of(task, case.judged, case.rulebook)
        clocks = suspension.begun(running.get(task.id, ()), until, at=deed.at)
        yield moved(task, clocks, deed, terms)


async def resume(tx: Tx, library: Library, order: Order) -> Unit:
    """Let a suspended unit go on before its moment, and the tasks suspended with it."""
    case = await open_case(tx, library, order, Action.RESUME)
    deed = deed_of(order, Action.RESUME)
    own = moved(case.unit, case.clocks, deed, case.terms())
    tasks = [one for one in _below(case) if one.state is State.SUSPENDED]
    running = await _clocks(tx, tasks)
    since, with_unit = _since(case.clocks), replace(deed, data={"with": case.unit.number})
    changes = [
        moved(task, clocks, with_unit, family.terms_of(task, case.judged, case.rulebook))
        for task in tasks
        if _since(clocks := running.get(task.id, ())) == since
    ]
    return (await write(tx, [*changes, own]))[-1].unit


def _below(case: Case) -> list[Unit]:
    known = {case.unit.parent, case.unit.merged_into}
    return [
        one
        for one in case.family
        if one.id not in known and one.merged_into != case.unit.id and one.desk
    ]


async def _clocks(tx: Tx, units: Sequence[Unit]) -> Mapping[UUID, tuple[Clock, ...]]:
    return await clock_store.of_units(tx, [unit.id for unit in units]) if units else {}


def _since(clocks: Sequence[Clock]) -> datetime | None:
    clock = suspension.of(clocks)
    return clock.started_at if clock is not None else None
