"""Clocks (时限): running limits whose deadlines follow from stored facts."""

from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.calendar import Calendar, Deadline
from app.domain.limit import Basis, Limit
from app.domain.policy import Marks
from app.domain.unit import ClockName


@dataclass(frozen=True, slots=True)
class Clock:
    """One limit of one unit.

    `spent` counts the seconds used up before `running_since`, in the clock's own basis;
    `mark` is how many of the policy's marks were passed and `next_at` the moment of the
    next one; both moments are None while the clock stands. `granted` are the seconds of
    `limit` that were granted beyond it, in so many `grants`.
    """

    name: ClockName
    basis: Basis
    limit: int
    started_at: datetime
    spent: int = 0
    running_since: datetime | None = None
    due_at: datetime | None = None
    is_provisional: bool = False
    mark: int = 0
    next_at: datetime | None = None
    overdue_at: datetime | None = None
    version: int = 1
    granted: int = 0
    grants: int = 0

    @property
    def is_running(self) -> bool:
        """Time is being counted."""
        return self.running_since is not None


def start(
    name: ClockName, limit: Limit, *, at: datetime, calendar: Calendar, marks: Marks
) -> Clock:
    """Return a clock that begins to run."""
    seconds, basis = calendar.seconds(limit), limit.basis
    due = calendar.add(at, seconds, basis)
    return Clock(
        name,
        basis,
        seconds,
        started_at=at,
        running_since=at,
        due_at=due.at,
        is_provisional=due.provisional,
        next_at=calendar.add(at, seconds * marks.percents[0] // 100, basis).at,
    )


def resume(clock: Clock, *, at: datetime, calendar: Calendar, marks: Marks) -> Clock:
    """Return the clock running on from what it has spent; a limit used up keeps its deadline."""
    running = replace(clock, running_since=at, version=clock.version + 1)
    if clock.due_at is None or clock.spent < clock.limit:
        due = mark_at(running, 100, calendar)
        running = replace(running, due_at=due.at, is_provisional=due.provisional)
    return aim(running, calendar, marks)


def relimit(clock: Clock, limit: Limit, *, calendar: Calendar, marks: Marks) -> Clock:
    """Return the clock under another limit: when it began and what it has spent stay facts.

    Marks it has passed stay passed. The same limit keeps its deadline. What was granted
    beyond the limit stays granted, unless the other one is of another kind of time.
    """
    seconds, basis = calendar.seconds(limit), limit.basis
    if basis is clock.basis:
        seconds += clock.granted
    else:
        clock = replace(clock, granted=0)
    if (seconds, basis) != (clock.limit, clock.basis):
        clock = replace(clock, limit=seconds, basis=basis, due_at=None, version=clock.version + 1)
    if not clock.is_running:
        return clock
    if clock.due_at is None:
        due = mark_at(clock, 100, calendar)
        clock = replace(clock, due_at=due.at, is_provisional=due.provisional)
    return aim(clock, calendar, marks)


def extend(clock: Clock, seconds: int, *, at: datetime, calendar: Calendar, marks: Marks) -> Clock:
    """Return the clock with so many seconds granted beyond its limit.

    They are part of the limit from now on, whatever stops it and starts it again. Marks
    that are ahead again will fire again.
    """
    running_since = clock.running_since
    ran = calendar.elapsed(running_since, at, clock.basis) if running_since else 0
    limit = clock.limit + seconds
    shares = (limit * percent // 100 for percent in marks.percents)
    longer = replace(
        clock,
        limit=limit,
        granted=clock.granted + seconds,
        grants=clock.grants + 1,
        mark=min(clock.mark, sum(share <= clock.spent + ran for share in shares)),
        version=clock.version + 1,
    )
    if not longer.is_running:
        return longer
    due = mark_at(longer, 100, calendar)
    return aim(replace(longer, due_at=due.at, is_provisional=due.provisional), calendar, marks)


def stop(clock: Clock, *, at: datetime, calendar: Calendar) -> Clock:
    """Return the clock standing, with the time it ran added to what it has spent.

    Stopped too late it is overdue, whether or not anybody fired its marks.
    """
    if clock.running_since is None:
        return clock
    spent = clock.spent + calendar.elapsed(clock.running_since, at, clock.basis)
    is_late = clock.due_at is not None and at > clock.due_at
    return replace(
        clock,
        spent=spent,
        running_since=None,
        next_at=None,
        overdue_at=clock.overdue_at or (clock.due_at if is_late else None),
        version=clock.version + 1,
    )


def unspent(clock: Clock) -> Clock:
    """Return a standing clock as if none of its limit were used; what was late stays a fact."""
    return replace(clock, spent=0, due_at=None, mark=0)


def mark_at(clock: Clock, percent: int, calendar: Calendar) -> Deadline:
    """Return when a running clock has used up that share of its limit."""
    if clock.running_since is None:
        raise ValueError(clock.name)
    left = max(clock.limit * percent // 100 - clock.spent, 0)
    return calendar.add(clock.running_since, left, clock.basis)


def aim(clock: Clock, calendar: Calendar, marks: Marks) -> Clock:
    """Return the clock pointed at the next mark it has not passed yet."""
    if clock.mark >= len(marks.percents):
        return replace(clock, next_at=None)
    return replace(clock, next_at=mark_at(clock, marks.percents[clock.mark], calendar).at)
