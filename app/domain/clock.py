"""Clocks (时限): running limits whose deadlines follow from stored facts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

from app.domain.calendar import Calendar, Deadline
from app.domain.event import AccountId
from app.domain.limit import Basis, Limit
from app.domain.marks import Effect, Mark, Marks
from app.domain.organisation import OrganisationCode
from app.domain.unit import ClockName


@dataclass(frozen=True, slots=True)
class Clock:
    """One limit of one unit.

    `spent` counts the seconds used up before `running_since`, in the clock's own basis;
    `mark` is how many of the policy's marks were passed and `next_at` the moment of the
    next one; both moments are None while the clock stands. `granted` are the seconds of
    `limit` that were granted beyond it, in so many `grants`. `calendar` is the area or body
    by whose hours it counts, "" being the city. Its light is yellow from `yellow_at` on and
    red from `red_at` on; both are None while it stands. `overdue_by` is whose turn it was when
    it was overdue. `exempted_at` is when somebody took
    its lateness out of the statistics (`exempted_by`); that it was late stays a fact.
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
    calendar: str = ""
    yellow_at: datetime | None = None
    red_at: datetime | None = None
    overdue_by: OrganisationCode | None = None
    exempted_at: datetime | None = None
    exempted_by: AccountId | None = None

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
    fresh = Clock(
        name,
        basis,
        seconds,
        started_at=at,
        running_since=at,
        due_at=due.at,
        is_provisional=due.provisional,
        calendar=calendar.key,
    )
    return aim(fresh, calendar, marks)


def resume(clock: Clock, *, at: datetime, calendar: Calendar, marks: Marks) -> Clock:
    """Return the clock running on from what it has spent; a limit used up keeps its deadline."""
    running = replace(clock, running_since=at, calendar=calendar.key, version=clock.version + 1)
    if clock.due_at is None or clock.spent < clock.limit:
        due = mark_at(running, 100, calendar)
        running = replace(running, due_at=due.at, is_provisional=due.provisional)
    return aim(running, calendar, marks)


def relimit(clock: Clock, limit: Limit, *, at: datetime, calendar: Calendar, marks: Marks) -> Clock:
    """Return the clock under another limit: when it began and what it has spent stay facts.

    The same limit keeps its deadline. What was granted beyond the limit stays granted, unless
    the other one is of another kind of time. Marks that are ahead again will fire again.
    """
    former = clock
    seconds, basis = calendar.seconds(limit), limit.basis
    if basis is clock.basis:
        seconds += clock.granted
    else:
        clock = replace(clock, granted=0)
    if (seconds, basis) != (clock.limit, clock.basis):
        clock = replace(clock, limit=seconds, basis=basis, due_at=None, version=clock.version + 1)
        clock = _due(clock, calendar)
        clock = replace(clock, mark=_still_passed(former, clock, at, calendar, marks))
    return aim(_due(clock, calendar), calendar, marks)


def extend(clock: Clock, seconds: int, *, at: datetime, calendar: Calendar, marks: Marks) -> Clock:
    """Return the clock with so many seconds granted beyond its limit.

    They are part of the limit from now on, whatever stops it and starts it again. Marks
    that are ahead again will fire again.
    """
    longer = replace(
        clock,
        limit=clock.limit + seconds,
        granted=clock.granted + seconds,
        grants=clock.grants + 1,
        due_at=None if clock.is_running else clock.due_at,
        version=clock.version + 1,
    )
    longer = _due(longer, calendar)
    longer = replace(longer, mark=_still_passed(clock, longer, at, calendar, marks))
    return aim(longer, calendar, marks)


def recount(clock: Clock, *, at: datetime, calendar: Calendar, marks: Marks) -> Clock:
    """Return a running clock counted by another calendar from when it last began to run.

    A deadline that was missed, or that lay behind what had been spent, stays where it was.
    Marks that are ahead again will fire again.
    """
    if not clock.is_running:
        return clock
    counted = clock
    if clock.overdue_at is None and clock.spent < clock.limit:
        counted = _due(replace(clock, due_at=None), calendar)
    if counted.due_at != clock.due_at:
        # Else what has fired stays fired, even by a clock that was set back meanwhile.
        counted = replace(counted, mark=_still_passed(clock, counted, at, calendar, marks))
    counted = aim(counted, calendar, marks)
    moved = (counted.due_at, counted.is_provisional, counted.next_at)
    if moved == (clock.due_at, clock.is_provisional, clock.next_at):
        return clock
    return replace(counted, version=clock.version + 1)


def _due(clock: Clock, calendar: Calendar) -> Clock:
    """Return a running clock with its deadline, if it has none."""
    if clock.due_at is not None or not clock.is_running:
        return clock
    due = mark_at(clock, 100, calendar)
    return replace(clock, due_at=due.at, is_provisional=due.provisional)


def _still_passed(
    former: Clock, clock: Clock, at: datetime, calendar: Calendar, marks: Marks
) -> int:
    """Return how many of the marks passed under a former limit are passed under this one."""
    passed = in_order(former, calendar, marks)[: former.mark]
    for count, mark in enumerate(in_order(clock, calendar, marks)):
        if mark not in passed or not _is_passed(clock, mark, at, calendar):
            return count
    return len(passed)


def _is_passed(clock: Clock, mark: Mark, at: datetime, calendar: Calendar) -> bool:
    seconds = mark.seconds(clock.limit, clock.basis, calendar.standard_day)
    if clock.running_since is not None:
        if seconds is None:
            return falls_at(clock, mark, calendar) <= at
        return seconds <= clock.spent + calendar.elapsed(clock.running_since, at, clock.basis)
    return _place(clock, mark, calendar)[0] <= clock.spent


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
        yellow_at=None,
        red_at=None,
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


def stage_at(clock: Clock, limit: Limit, calendar: Calendar) -> Deadline:
    """Return when a stage of a clock's limit is used up, such as 先期处置 of a disposal.

    One in the clock's own kind of time waits while the clock stands, another does not.
    """
    seconds = calendar.seconds(limit)
    if limit.basis is not clock.basis or clock.running_since is None:
        return calendar.add(clock.started_at, seconds, limit.basis)
    return calendar.add(clock.running_since, max(seconds - clock.spent, 0), limit.basis)


def in_order(clock: Clock, calendar: Calendar, marks: Marks) -> Sequence[Mark]:
    """Return the marks in the order a clock comes to them.

    It is theirs in a clock that is never paused: whatever happens, one that is passed stays
    in front of one that is ahead.
    """
    known = marks.known
    if all(mark.offset is None for mark in known):
        return sorted(known, key=_percent)
    return sorted(known, key=lambda mark: _place(clock, mark, calendar))


_percent = attrgetter("percent")


def _place(clock: Clock, mark: Mark, calendar: Calendar) -> tuple[int, int]:
    """Return the seconds spent until a mark, and among equals what lies nearer to the deadline."""
    day = calendar.standard_day
    seconds = mark.seconds(clock.limit, clock.basis, day)
    if seconds is None:
        due = calendar.add(clock.started_at, clock.limit, clock.basis).at
        at = _shifted(due, mark, calendar)
        seconds = calendar.elapsed(clock.started_at, at, clock.basis)
    return seconds, mark.shift(day)


def _shifted(due: datetime, mark: Mark, calendar: Calendar) -> datetime:
    if mark.offset is None:
        return due
    seconds, basis = calendar.seconds(mark.offset), mark.offset.basis
    if mark.is_before:
        return calendar.before(due, seconds, basis)
    return calendar.add(due, seconds, basis).at


def falls_at(clock: Clock, mark: Mark, calendar: Calendar) -> datetime:
    """Return when a running clock comes to a mark: not before it began to run this time."""
    if clock.running_since is None or clock.due_at is None:
        raise ValueError(clock.name)
    if mark.is_deadline and clock.spent < clock.limit:
        return clock.due_at
    seconds = mark.seconds(clock.limit, clock.basis, calendar.standard_day)
    if seconds is None:
        return max(_shifted(clock.due_at, mark, calendar), clock.running_since)
    left = max(seconds - clock.spent, 0)
    return calendar.add(clock.running_since, left, clock.basis).at


def aim(clock: Clock, calendar: Calendar, marks: Marks) -> Clock:
    """Return the clock pointed at the next mark it has not passed yet, with its lights."""
    if not clock.is_running:
        return clock
    ordered = in_order(clock, calendar, marks)
    ahead = ordered[clock.mark] if clock.mark < len(ordered) else None
    yellow, red = _first(ordered, Effect.YELLOW), _first(ordered, Effect.RED)
    next_at = falls_at(clock, ahead, calendar) if ahead else None
    # Most limits begin with their yellow light ahead: its moment is counted once.
    is_next = yellow is ahead and not clock.spent
    return replace(
        clock,
        next_at=next_at,
        yellow_at=next_at if is_next else _lit_at(clock, yellow, calendar),
        red_at=_lit_at(clock, red, calendar),
    )


def _first(ordered: Sequence[Mark], light: Effect) -> Mark | None:
    return next((mark for mark in ordered if light in mark.do), None)


def _lit_at(clock: Clock, mark: Mark | None, calendar: Calendar) -> datetime | None:
    """Return when a light goes on; one that was on before a pause is on at once, at any hour."""
    if mark is None:
        return None
    seconds = mark.seconds(clock.limit, clock.basis, calendar.standard_day)
    if clock.spent and seconds is not None and seconds <= clock.spent:
        return clock.running_since
    return falls_at(clock, mark, calendar)
