"""Suspension (挂账): for what cannot be done yet; every limit stands until a moment comes.

It is a limit of its own, in wall-clock time: when that has passed the unit goes on by itself.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from app.domain import claim
from app.domain.action import Action
from app.domain.clock import Clock
from app.domain.errors import ActionNotAllowed, Invalid
from app.domain.filing import Filed, seated
from app.domain.lifecycle import TRANSITIONS, state_after
from app.domain.limit import Basis
from app.domain.timing import Terms, enter
from app.domain.unit import ClockName, State, Unit, own_step

_NAME: Final = ClockName.SUSPEND
_SHORTEST: Final = 60


def times(clocks: Sequence[Clock]) -> int:
    """Return how often the unit was suspended before."""
    return sum(clock.grants for clock in clocks if clock.name is _NAME)


def suspended(
    clocks: Sequence[Clock], terms: Terms, until: datetime, *, at: datetime
) -> tuple[Clock, ...]:
    """Return a unit's clocks with that of its suspension running until the moment given.

    Raises ActionNotAllowed when it was suspended as often as may be, Invalid for a moment
    that has passed or lies too far ahead.
    """
    _refuse_again(clocks, terms)
    _refuse_span(int((until - at).total_seconds()), terms)
    return begun(clocks, until, at=at)


def begun(clocks: Sequence[Clock], until: datetime, *, at: datetime) -> tuple[Clock, ...]:
    """Return the clocks with that of a suspension, whether or not one may be asked for."""
    known = of(clocks)
    fresh = Clock(
        _NAME,
        Basis.WALL,
        limit=int((until - at).total_seconds()),
        started_at=at,
        running_since=at,
        due_at=until,
        # Its only mark is its end.
        next_at=until,
        version=known.version + 1 if known else 1,
        grants=times(clocks) + 1,
    )
    return (*(clock for clock in clocks if clock.name is not _NAME), fresh)


def of(clocks: Sequence[Clock]) -> Clock | None:
    """Return the clock of a unit's last suspension."""
    return next((clock for clock in clocks if clock.name is _NAME), None)


def _refuse_again(clocks: Sequence[Clock], terms: Terms) -> None:
    before = times(clocks)
    if before >= terms.policy.suspensions:
        raise ActionNotAllowed(
            zh=f"每个单元最多挂账 {terms.policy.suspensions} 次, 已用 {before} 次; 可申请延期",
            en=f"suspended {before} times already; ask for an extension instead",
            field="action",
            allowed=(Action.EXTEND, Action.REQUEST),
        )


def _refuse_span(seconds: int, terms: Terms) -> None:
    longest = terms.limit(_NAME)
    if seconds < _SHORTEST:
        raise Invalid(
            zh="挂账截止时刻须晚于现在", en="a suspension ends in the future", field="until"
        )
    if seconds > terms.calendar.seconds(longest):
        raise Invalid(
            zh=f"挂账最长 {longest}", en=f"a suspension lasts {longest} at most", field="until"
        )


def is_over(unit: Unit, now: datetime) -> bool:
    """Tell whether a suspended unit is to go on, though nobody may have come to it yet."""
    over = unit.stage_due_at
    return unit.state is State.SUSPENDED and over is not None and over <= now


def awake(unit: Unit, now: datetime) -> Unit:
    """Return a unit as whoever comes to it finds it: gone on, if its moment has passed."""
    if not is_over(unit, now):
        return unit
    return seated(replace(unit, **state_after(unit, TRANSITIONS[unit.state, Action.RESUME])))


def ended(unit: Unit, clocks: Sequence[Clock], terms: Terms, *, now: datetime) -> Filed | None:
    """Return a suspended unit gone on by itself if its moment has passed, else None.

    Its limits count from that moment, whenever anybody comes to look.
    """
    over, move = unit.stage_due_at, TRANSITIONS.get((unit.state, Action.RESUME))
    if over is None or move is None or not is_over(unit, now):
        return None
    after = awake(unit, now)
    after, running = enter(after, clocks, terms, at=over, resumes=move.resumes)
    counted: dict[str, Any] = {
        "version": unit.version + 1,
        "steps": unit.steps + 1,
        "updated_at": now,
    }
    after = replace(after, **counted, **claim.OVER)
    step = own_step(after, Action.RESUME, now, {"until": over})
    return Filed(after, (step,), running)
