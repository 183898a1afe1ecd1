"""Laws of counting anew: the same calendar moves nothing, and what is spent stays spent."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.calendar import Calendar
from app.domain.clock import Clock, recount, resume, start, stop
from app.domain.limit import Basis, Limit, LimitUnit
from app.domain.marks import MARKS
from app.domain.unit import ClockName
from tests import given as city
from tests import pieces

CAL = city.calendar()
NORMAL = MARKS["normal"]
SHORT, LONG = st.integers(60, 4 * 3600), st.integers(1, 40)
DAYS = st.sets(st.dates(date(2026, 11, 21), date(2026, 12, 20)), max_size=8)


def closed_on(days: set[date]) -> Calendar:
    return replace(CAL, days_off=(*CAL.days_off, *sorted(days)))


def running(hours: int, waited: int) -> Clock:
    """A limit of so many working hours that ran for a while, stood, and runs again."""
    limit = Limit(hours, LimitUnit.WORK_HOUR)
    clock = start(ClockName.DISPOSE, limit, at=pieces.NOON, calendar=CAL, marks=NORMAL)
    stood = stop(clock, at=pieces.NOON + timedelta(seconds=waited), calendar=CAL)
    later = pieces.NOON + timedelta(seconds=2 * waited)
    return resume(stood, at=later, calendar=CAL, marks=NORMAL)


def counted(clock: Clock, calendar: Calendar) -> Clock:
    at = clock.running_since or pieces.NOON
    return recount(clock, at=at, calendar=calendar, marks=NORMAL)


@given(hours=LONG, waited=SHORT)
def test_the_same_calendar_moves_nothing(hours: int, waited: int):
    clock = running(hours, waited)
    assert counted(clock, CAL) is clock


@given(hours=LONG, waited=SHORT, days=DAYS)
def test_days_off_never_bring_a_deadline_forward_and_back_again_it_is_as_before(
    hours: int, waited: int, days: set[date]
):
    clock = running(hours, waited)
    later = counted(clock, closed_on(days))
    assert due(later) >= due(clock)
    assert due(counted(later, CAL)) == due(clock)
    assert (later.spent, later.limit, later.granted) == (clock.spent, clock.limit, clock.granted)


@given(hours=LONG, waited=SHORT, days=DAYS)
def test_what_is_left_is_worked_by_the_new_calendar(hours: int, waited: int, days: set[date]):
    other = closed_on(days)
    clock = counted(running(hours, waited), other)
    if clock.running_since is not None and clock.spent < clock.limit:
        ran = other.elapsed(clock.running_since, due(clock), Basis.WORK)
        assert clock.spent + ran == clock.limit


def due(clock: Clock) -> datetime:
    assert clock.due_at is not None
    return clock.due_at
