"""What happens when a limit's marks are passed: a reminder, then centre after centre told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.action import Action
from app.domain.calendar import Calendar
from app.domain.clock import Clock, aim
from app.domain.organisation import OrganisationCode
from app.domain.policy import Marks


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing a passed mark does; `told` is the centre that hears of it."""

    action: Action
    percent: int
    mark_at: datetime
    told: OrganisationCode


@dataclass(frozen=True, slots=True)
class Firing:
    """What a clock does now: its alarms in the order of their marks, and the clock after."""

    alarms: tuple[Alarm, ...]
    clock: Clock


def fire(
    clock: Clock,
    *,
    now: datetime,
    calendar: Calendar,
    marks: Marks,
    desk: OrganisationCode,
    chain: Sequence[OrganisationCode],
) -> Firing:
    """Return what the marks passed by `now` do.

    `desk` is reminded; `chain` are the centres above it, the nearest first, the city last.
    Marks missed while nobody looked are returned together, in order. A centre is told once.
    A mark's moment follows from what the clock has spent: `next_at` only says when to look.
    """
    alarms: list[Alarm] = []
    clock = aim(clock, calendar, marks)
    while clock.next_at is not None and clock.next_at <= now:
        alarms += _passed(clock, clock.next_at, marks, desk, chain)
        if marks.percents[clock.mark] == marks.raises[0]:
            clock = replace(clock, overdue_at=clock.overdue_at or clock.next_at)
        clock = aim(replace(clock, mark=clock.mark + 1, version=clock.version + 1), calendar, marks)
    return Firing(tuple(alarms), clock)


def _passed(
    clock: Clock,
    at: datetime,
    marks: Marks,
    desk: OrganisationCode,
    chain: Sequence[OrganisationCode],
) -> list[Alarm]:
    percent = marks.percents[clock.mark]
    if clock.mark == 0:
        return [Alarm(Action.WARN, percent, at, desk)]
    alarms = []
    if percent == marks.raises[0]:
        alarms.append(Alarm(Action.OVERDUE, percent, at, desk))
    alarms += [
        Alarm(Action.RAISE, percent, at, centre)
        for centre in _told(clock.mark, len(marks.raises), chain)
    ]
    return alarms


def _told(mark: int, raises: int, chain: Sequence[OrganisationCode]) -> Sequence[OrganisationCode]:
    """Return the centre whose turn the mark is; the last mark reaches the city."""
    if mark == raises and len(chain) > mark:
        return chain[-1:]
    return chain[mark - 1 : mark]
