"""What a clock did, told from its unit's log: when it ran, when it stood, and what changed it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.domain.action import Action
from app.domain.clock import Clock
from app.domain.lifecycle import IN_HAND, ON_SITE, STANDINGS, UNDER_WAY
from app.domain.unit import ClockName, State, Step

_MET: Final[Mapping[ClockName, frozenset[Action]]] = {
    ClockName.CONTACT: frozenset({Action.CONTACT}),
    ClockName.ARRIVE: frozenset({Action.ARRIVE}),
}
"""What ends a limit of showing up while the unit stays in hand."""

_HOLDERS: Final = (*ON_SITE, ClockName.ACCEPT, ClockName.DISPOSE)
"""The limits of whoever holds the unit, who may have hours of their own."""

_HANDOVERS: Final = frozenset(
    {Action.TRANSFER, Action.RETURN, Action.ESCALATE, Action.PASS_DOWN, Action.MOVE}
)
"""What takes a unit from its holder; the log says from whom."""

_CHANGES: Final[Mapping[ClockName, frozenset[Action]]] = {
    ClockName.DISPOSE: frozenset({Action.EXTEND, Action.RECLASSIFY, Action.REJUDGE}),
    ClockName.SUPERVISE: frozenset({Action.SUPERVISE}),
}
"""What gives a limit more time, or makes it another one."""


@dataclass(frozen=True, slots=True)
class Run:
    """A time a clock ran; it still does where `until` is None.

    `holder` is who had the unit then, where it is another than now and the log tells.
    """

    since: datetime
    until: datetime | None
    began_by: Action
    ended_by: Action | None = None
    holder: str = ""


def runs(clock: Clock, steps: Sequence[Step]) -> tuple[Run, ...]:
    """Return when a clock has run since it started, as its unit's states tell.

    What it did before it was last started anew is not part of what it has spent.
    """
    handovers = [
        (step.at, str(step.data["from"]))
        for step in steps
        if step.action in _HANDOVERS and "from" in step.data and clock.name in _HOLDERS
    ]
    return tuple(_held(run, handovers) for run in _split(clock, steps))


def _held(run: Run, handovers: Sequence[tuple[datetime, str]]) -> Run:
    """Return a run that is over with who had the unit: the next one it was taken from."""
    until = run.until
    if until is None:
        return run
    return replace(run, holder=next((code for at, code in handovers if at >= until), ""))


def _split(clock: Clock, steps: Iterable[Step]) -> tuple[Run, ...]:
    found = [run for run in _runs(clock, steps) if run.until is None or run.until > run.since]
    since = clock.running_since
    if since is None or not found or found[-1].until is not None:
        return tuple(found)
    last = found[-1]
    if last.since < since:
        # It was stopped and started again in one breath: what it had run is spent.
        first = replace(last, until=since, ended_by=last.began_by)
        return (*found[:-1], first, replace(last, since=since))
    return (*found[:-1], replace(last, since=since))


def _runs(clock: Clock, steps: Iterable[Step]) -> Iterator[Run]:
    present: Run | None = None
    is_met = False
    for step in steps:
        if step.at < clock.started_at:
            continue
        is_met |= step.action in _MET.get(clock.name, frozenset())
        runs_now = _runs_in(clock.name, step.state) and not is_met
        at = _moment(step)
        if present is None and runs_now:
            present = Run(at, None, Action(step.action))
        elif present is not None and not runs_now:
            yield replace(present, until=at, ended_by=Action(step.action))
            present = None
    if present is not None and clock.is_running:
        yield present


def _runs_in(name: ClockName, state: State) -> bool:
    if name is ClockName.SUPERVISE:
        return state in UNDER_WAY
    if name in ON_SITE:
        return state in IN_HAND
    return name in STANDINGS[state].clocks


def _moment(step: Step) -> datetime:
    """Return when a step counts from: a suspension that is over counts from its end."""
    by_itself = step.action is Action.RESUME and step.actor is None
    until = step.data.get("until") if by_itself else None
    return datetime.fromisoformat(until) if isinstance(until, str) else step.at


def happenings(clock: Clock, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the lines of the log that changed the clock's limit or tell of its marks."""
    changes = _CHANGES.get(clock.name, frozenset())
    return tuple(
        step
        for step in steps
        if step.at >= clock.started_at and (step.action in changes or clock.name in _named(step))
    )


def _named(step: Step) -> Iterator[object]:
    """Yield the clocks a line of the log tells of: of a mark one, of a new calendar several."""
    yield step.data.get("clock")
    yield from (one["clock"] for one in step.data.get("moved", ()))
