"""The promises of architecture.md section 5, asked of every row after every step."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.family import DEPTH, STALLED
from app.domain.lifecycle import STANDINGS, Seat
from app.domain.request import RequestKind
from app.domain.unit import ClockName, State, Unit
from tests.torture.family_machine_world import Look

_DONE = {State.RESOLVED, State.VERIFIED, State.CLOSED, State.CANCELLED, State.DECLINED}
"""Where no task of a unit may be open any more."""


def check(before: Look, after: Look) -> None:
    """Fail with everything that is not as promised."""
    broken = [*_now(after), *_since(before, after)]
    assert not broken, "\n".join(broken)


def _now(look: Look) -> Iterator[str]:
    log: Mapping[UUID, list[dict[str, Any]]] = defaultdict(list)
    for line in look.steps:
        log[UUID(line["unit"])].append(line)
    for unit in look.units.values():
        name = f"{unit.title} {unit.state} ({unit.id})"
        for fault in (
            *_logged(unit, log[unit.id]),
            *_seated(unit),
            *_timed(unit, look),
            *_asked(unit, look),
            *_in_family(unit, look),
        ):
            yield f"{name}: {fault}"
    yield from _rooted(look)


def _logged(unit: Unit, log: list[dict[str, Any]]) -> Iterator[str]:
    if [line["seq"] for line in log] != list(range(1, unit.steps + 1)):
        yield f"{unit.steps} steps counted, the log has {[line['seq'] for line in log]}"
    elif log[-1]["state"] != unit.state:
        yield f"the last step led to {log[-1]['state']}"
    moments = [datetime.fromisoformat(line["at"]) for line in log]
    if moments != sorted(moments):
        yield "its log runs backwards"


def _seated(unit: Unit) -> Iterator[str]:
    seat = STANDINGS[unit.state].seat
    turn = {Seat.HOLDER: unit.holder, Seat.CENTRE: unit.centre, Seat.NOBODY: None}[seat]
    if unit.desk != turn:
        yield f"it is on the desk of {unit.desk}, not of {turn}"
    if (unit.closed_at is not None) != unit.state.is_final:
        yield f"closed at {unit.closed_at}"
    if (unit.was is not None) != (unit.state is State.SUSPENDED):
        yield f"it goes back to {unit.was}"


def _timed(unit: Unit, look: Look) -> Iterator[str]:
    clocks = look.clocks_of(unit.id)
    running = {name for name, clock in clocks.items() if clock["running_since"]}
    if unit.state.is_final and (running or any(one["next_at"] for one in clocks.values())):
        yield f"{running} runs on"
    missing = set(STANDINGS[unit.state].clocks) - running
    if missing:
        yield f"{missing} does not run"
    stage = next(iter(STANDINGS[unit.state].clocks), None)
    if unit.stage != stage:
        yield f"its stage is {unit.stage}"
    if unit.stage_due_at != _due(clocks, stage):
        yield f"its stage is due {unit.stage_due_at}, its clock {_due(clocks, stage)}"
    if unit.state is not State.MERGED and unit.due_at != _due(clocks, ClockName.DISPOSE):
        yield f"it is due {unit.due_at}, its clock {_due(clocks, ClockName.DISPOSE)}"


def _due(clocks: Mapping[str, dict[str, Any]], name: ClockName | None) -> datetime | None:
    due = clocks[name]["due_at"] if name is not None and name in clocks else None
    return datetime.fromisoformat(due) if due else None


def _asked(unit: Unit, look: Look) -> Iterator[str]:
    kept = sorted(str(one.id) for one in unit.pending)
    rows = sorted(one["id"] for one in look.pending(unit.id))
    if kept != rows:
        yield f"it carries the requests {kept}, the table {rows}"
    # That it was late may be judged when all is over.
    open_ends = [one for one in unit.pending if one.kind is not RequestKind.APPEAL]
    if open_ends and unit.state.is_final:
        yield f"{open_ends} wait for a decision about what is over"


def _in_family(unit: Unit, look: Look) -> Iterator[str]:
    still_open = [task.title for task in look.tasks_of(unit.id) if task.desk]
    if unit.state in {*_DONE, State.MERGED} and still_open:
        yield f"its tasks {still_open} are open"
    if unit.state is State.COORDINATING and not still_open and STALLED not in unit.reasons:
        yield "it waits for tasks that it does not have"
    depth, above = 1, unit
    while above.parent is not None:
        depth, above = depth + 1, look.units[above.parent]
        if above.home != unit.home:
            yield f"its home is {unit.home}, that of {above.title} {above.home}"
    if depth > DEPTH:
        yield f"it is {depth} deep"


def _rooted(look: Look) -> Iterator[str]:
    """Every event belongs to exactly one root: its own unit, or what that was merged into."""
    for event in map(UUID, look.events):
        own = look.units.get(event)
        if own is None or own.parent is not None:
            yield f"event {event} has no root of its own"
            continue
        passed = {own.id}
        while own.merged_into is not None:
            own = look.units[own.merged_into]
            if own.id in passed or own.parent is not None:
                yield f"event {event} goes in a ring, or to a task: {passed}"
                break
            passed.add(own.id)
    for unit in look.units.values():
        if (unit.merged_into is not None) != (unit.state is State.MERGED):
            yield f"{unit.id} is {unit.state} and merged into {unit.merged_into}"


def _since(before: Look, after: Look) -> Iterator[str]:
    for key, was in before.units.items():
        now = after.units.get(key)
        if now is None:
            yield f"{was.title} is gone"
        elif now.version < was.version or now.steps < was.steps:
            yield f"{was.title} went back from {was.version}/{was.steps}"
        elif now.steps == was.steps and _seen(now) != _seen(was):
            yield f"{was.title} changed without a step"
        elif now.claim < was.claim or (now.version > was.version and _is_still_held(now, was)):
            yield f"{was.title} is in the hands it was in: claim {now.claim} after {was.claim}"
        elif now.state is not was.state and now.version == was.version:
            yield f"{was.title} is {now.state} in the version in which it was {was.state}"
    kept = {(one["unit"], one["seq"]): one for one in after.steps}
    if any(kept.get((one["unit"], one["seq"])) != one for one in before.steps):
        yield "a line of the log was changed"


def _is_still_held(now: Unit, was: Unit) -> bool:
    return now.claimed_by is not None and now.claim == was.claim


def _seen(unit: Unit) -> Unit:
    """Return the unit without what is kept for the next turn of its tasks."""
    return replace(unit, reasons={})
