"""Clocks: deadlines follow from stored facts, and what was spent stays spent."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import clock as clocks
from app.domain.calendar import Calendar
from app.domain.clock import Clock
from app.domain.limit import Basis, parse_limit
from app.domain.marks import climbing
from app.domain.unit import ClockName
from tests.domain.test_calendar import at
from tests.given import calendar

CAL = calendar()
MARKS = climbing(100, 150, 200)
MONDAY = at("2026-11-16 08:00")
FRIDAY = at("2026-11-20 16:00")


def started(limit: str, start: datetime = FRIDAY, calendar: Calendar = CAL) -> Clock:
    return clocks.start(
        ClockName.DISPOSE, parse_limit(limit), at=start, calendar=calendar, marks=MARKS
    )


def stopped(clock: Clock, moment: datetime) -> Clock:
    return clocks.stop(clock, at=moment, calendar=CAL)


def resumed(clock: Clock, moment: datetime) -> Clock:
    return clocks.resume(clock, at=moment, calendar=CAL, marks=MARKS)


def test_a_started_clock_is_due_when_its_limit_is_used_up():
    assert started("4工作时").due_at == at("2026-11-23 10:00")


def test_a_started_clock_points_at_the_reminder_first():
    assert started("5工作时", MONDAY).next_at == at("2026-11-16 12:00")


def test_stopping_keeps_what_was_spent():
    assert stopped(started("4工作时"), at("2026-11-20 17:15")).spent == 75 * 60


def test_a_stopped_clock_has_no_mark_to_fire():
    assert stopped(started("4工作时"), at("2026-11-20 17:15")).next_at is None


def test_stopping_twice_counts_once():
    once = stopped(started("4工作时"), at("2026-11-20 17:00"))
    assert stopped(once, at("2026-11-20 18:00")) == once


def test_resuming_goes_on_from_what_was_spent():
    clock = stopped(started("4工作时"), at("2026-11-20 17:00"))
    assert resumed(clock, at("2026-11-24 09:00")).due_at == at("2026-11-24 12:00")


def test_a_pause_over_the_weekend_costs_no_working_time():
    clock = stopped(started("4工作时"), at("2026-11-20 18:00"))
    assert resumed(clock, at("2026-11-23 08:00")).due_at == started("4工作时").due_at


def test_a_running_weekend_spends_no_working_time():
    assert stopped(started("4工作时", at("2026-11-20 18:00")), at("2026-11-23 08:00")).spent == 0


def test_an_urgent_clock_spends_the_weekend():
    clock = stopped(started("1紧急工作日"), at("2026-11-21 04:00"))
    assert clock.spent == 12 * 3600


@given(st.lists(st.tuples(st.integers(1, 90_000), st.integers(0, 400_000)), max_size=5))
def test_pauses_move_the_deadline_by_exactly_what_they_left_unspent(
    spells: list[tuple[int, int]],
):
    clock, moment = started("9999工作时", MONDAY), MONDAY
    for run, pause in spells:
        moment += timedelta(seconds=run)
        clock = stopped(clock, moment)
        moment += timedelta(seconds=pause)
        clock = resumed(clock, moment)
    left = clock.limit - clock.spent
    assert clock.due_at == CAL.add(moment, left, Basis.WORK).at


def test_a_mark_passed_before_the_pause_does_not_come_again():
    clock = stopped(replace(started("5工作时", MONDAY), mark=1), at("2026-11-16 14:00"))
    assert resumed(clock, at("2026-11-17 08:00")).next_at == at("2026-11-17 09:00")


def test_a_clock_past_its_last_mark_points_at_nothing():
    clock = replace(started("4工作时"), mark=len(MARKS.listed))
    assert clocks.aim(clock, CAL, MARKS).next_at is None


def test_a_limit_already_used_up_keeps_its_deadline_when_it_resumes():
    clock = stopped(started("4工作时", MONDAY), at("2026-11-16 16:00"))
    assert resumed(clock, at("2026-11-18 09:00")).due_at == at("2026-11-16 12:00")


def test_stopping_late_records_that_it_was_late():
    clock = stopped(started("4工作时", MONDAY), at("2026-11-16 16:00"))
    assert clock.overdue_at == at("2026-11-16 12:00")


def test_stopping_at_the_very_deadline_is_in_time():
    clock = stopped(started("4工作时", MONDAY), at("2026-11-16 12:00"))
    assert clock.overdue_at is None


def test_a_clock_that_stands_has_no_marks_in_time():
    with pytest.raises(ValueError, match="dispose"):
        clocks.mark_at(stopped(started("4工作时"), FRIDAY), 100, CAL)


@pytest.mark.parametrize("basis", ["4工作时", "4紧急工作时"])
def test_every_change_raises_the_clocks_version(basis: str):
    clock = started(basis)
    assert stopped(clock, FRIDAY + timedelta(minutes=1)).version == clock.version + 1
