"""Suspension: a unit's limits stand until a moment, and its tasks' with them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from app.domain import suspension
from app.domain.action import Action
from app.domain.clock import Clock
from app.domain.filing import Filed
from app.domain.lifecycle import TRANSITIONS
from app.domain.unit import State, Unit
from app.flows.advance import Deed, moved, write
from app.flows.casework import Case, Order, deed_of, open_case
from app.flows.rulebook import Library
from app.store.casework import Owned
from app.store.database import Tx


async def suspend(tx: Tx, library: Library, order: Order, until: datetime) -> Unit:
    """Suspend a unit, and the tasks below it that somebody works on, until a moment."""
    case = await open_case(tx, library, order, Action.SUSPEND)
    deed = Deed(Action.SUSPEND, order.by, order.at, order.reason, {"until": until})
    return (await write(tx, suspended(case, deed, until)))[-1].unit


def suspended(case: Case, deed: Deed, until: datetime) -> list[Filed]:
    """Return what a suspension makes of a unit, the last, and of its tasks."""
    terms = case.terms()
    clocks = suspension.suspended(case.clocks, terms, until, at=deed.at)
    own = moved(case.unit, clocks, deed, terms)
    tasks = [one for one in case.tasks if (one.unit.state, Action.SUSPEND) in TRANSITIONS]
    with_unit = replace(deed, data={"until": until, "with": case.unit.number})
    return [*_suspended(case, tasks, with_unit, until), own]


def _suspended(case: Case, tasks: Sequence[Owned], deed: Deed, until: datetime) -> Iterator[Filed]:
    for task in tasks:
        clocks = suspension.begun(task.clocks, until, at=deed.at)
        yield moved(task.unit, clocks, deed, case.terms(task.unit))


async def resume(tx: Tx, library: Library, order: Order) -> Unit:
    """Let a suspended unit go on before its moment, and the tasks suspended with it."""
    case = await open_case(tx, library, order, Action.RESUME)
    deed = deed_of(order, Action.RESUME)
    own = moved(case.unit, case.clocks, deed, case.terms())
    since, with_unit = _since(case.clocks), replace(deed, data={"with": case.unit.number})
    changes = [
        moved(task.unit, task.clocks, with_unit, case.terms(task.unit))
        for task in case.tasks
        if task.unit.state is State.SUSPENDED and _since(task.clocks) == since
    ]
    return (await write(tx, [*changes, own]))[-1].unit


def _since(clocks: Sequence[Clock]) -> datetime | None:
    clock = suspension.of(clocks)
    return clock.started_at if clock is not None else None
