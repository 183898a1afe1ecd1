"""Extension (延期): one more full limit for disposing of a unit, a few times, never too late."""

from collections.abc import Sequence
from datetime import datetime

from app.domain.action import Action
from app.domain.clock import Clock, extend
from app.domain.errors import ActionNotAllowed
from app.domain.policy import Policy
from app.domain.timing import Terms
from app.domain.unit import ClockName


def times(clocks: Sequence[Clock]) -> int:
    """Return how often the limit was extended; what was refused does not count."""
    return sum(clock.grants for clock in clocks if clock.name is ClockName.DISPOSE)


def is_possible(clocks: Sequence[Clock], policy: Policy, at: datetime) -> bool:
    """Tell whether one more limit may be granted to what is asked for now."""
    dispose = _disposal(clocks)
    return dispose is not None and not _is_late(dispose, at) and times(clocks) < policy.extensions


def extended(
    clocks: Sequence[Clock], terms: Terms, *, asked_at: datetime, at: datetime
) -> tuple[Clock, ...]:
    """Return a unit's clocks with one more full limit granted to its disposal.

    It is the moment it was asked for that decides: who asked in time may be answered late,
    and that the old deadline passed meanwhile stays on the record. Raises ActionNotAllowed.
    """
    _refuse_late(clocks, asked_at)
    before, most = times(clocks), terms.policy.extensions
    if before >= most:
        raise ActionNotAllowed(
            zh=f"最多延期 {most} 次, 已用 {before} 次",
            en=f"extended {before} times already, {most} at most",
            field="action",
            allowed=(Action.RESOLVE, Action.SUSPEND, Action.REQUEST),
        )
    return tuple(
        _longer(clock, terms, at) if clock.name is ClockName.DISPOSE else clock for clock in clocks
    )


def _longer(clock: Clock, terms: Terms, at: datetime) -> Clock:
    office, marks = terms.named(clock.calendar), terms.marks(clock.name)
    seconds = office.seconds(terms.limit(clock.name))
    return extend(clock, seconds, at=at, calendar=office, marks=marks)


def _refuse_late(clocks: Sequence[Clock], asked_at: datetime) -> None:
    dispose = _disposal(clocks)
    if dispose is None or _is_late(dispose, asked_at):
        raise ActionNotAllowed(
            zh="已超期的不能延期; 延期须在到期前申请",
            en="what is overdue is not extended; ask before the deadline",
            field="action",
            allowed=(Action.RESOLVE, Action.SUSPEND, Action.REQUEST),
        )


def _disposal(clocks: Sequence[Clock]) -> Clock | None:
    return next((clock for clock in clocks if clock.name is ClockName.DISPOSE), None)


def _is_late(clock: Clock, at: datetime) -> bool:
    """Tell whether a moment lies past the deadline; that of a clock that stands may yet move."""
    is_fixed = clock.is_running or clock.spent >= clock.limit
    return is_fixed and clock.due_at is not None and at > clock.due_at
