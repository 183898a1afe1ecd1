"""Suspension: every limit stands until a moment, and costs nothing of what was left."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.action import Action
from app.domain.clock import Clock
from app.domain.errors import ActionNotAllowed, Invalid
from app.domain.filing import Filed
from app.domain.policy import Policy
from app.domain.responsibility import Urgency
from app.domain.suspension import ended, suspended
from app.domain.timing import Terms, enter
from app.domain.unit import ClockName, State, Unit
from tests import pieces
from tests.domain.test_calendar import at
from tests.given import entry, limit

MONDAY = at("2026-11-16 08:00")
LATER = MONDAY + timedelta(days=30)
ENTRY = entry("SX-06010-1", limit=limit("16工作时"))
TERMS = Terms(ENTRY, Policy(), pieces.CALENDAR, Urgency.NORMAL)


def working(state: State = State.ACCEPTED) -> tuple[Unit, tuple[Clock, ...]]:
    return enter(pieces.unit(state), (), TERMS, at=MONDAY)


def suspend(
    unit: Unit, clocks: tuple[Clock, ...], moment: datetime, until: datetime
) -> tuple[Unit, tuple[Clock, ...]]:
    clocks = suspended(clocks, TERMS, until, at=moment)
    parked = replace(unit, state=State.SUSPENDED, was=unit.state)
    return enter(parked, clocks, TERMS, at=moment)


def gone_on(unit: Unit, clocks: tuple[Clock, ...], now: datetime) -> Filed:
    filed = ended(unit, clocks, TERMS, now=now)
    assert filed is not None
    return filed


def test_only_the_suspensions_own_clock_runs():
    _, clocks = suspend(*working(), MONDAY, LATER)
    assert [clock.name for clock in clocks if clock.is_running] == [ClockName.SUSPEND]


def test_the_stage_ends_at_the_moment_given():
    unit, _ = suspend(*working(), MONDAY, LATER)
    assert (unit.stage, unit.stage_due_at) == (ClockName.SUSPEND, LATER)


@pytest.mark.parametrize("state", [State.DISPATCHED, State.ACCEPTED, State.IN_PROGRESS])
def test_it_goes_back_to_where_it_was(state: State):
    unit, clocks = suspend(*working(state), MONDAY, LATER)
    after = gone_on(unit, clocks, LATER).unit
    assert (after.state, after.was, after.desk) == (state, None, after.holder)


def test_before_its_moment_it_stays():
    unit, clocks = suspend(*working(), MONDAY, LATER)
    assert ended(unit, clocks, TERMS, now=LATER - timedelta(seconds=1)) is None


def test_a_unit_that_is_not_suspended_stays_as_it_is():
    assert ended(*working(), TERMS, now=LATER) is None


def test_going_on_by_itself_is_one_step_of_nobody():
    (step,) = gone_on(*suspend(*working(), MONDAY, LATER), LATER).steps
    assert (step.action, step.actor, step.data) == (Action.RESUME, None, {"until": LATER})


@given(st.integers(0, 200_000), st.integers(60, 31_000_000), st.integers(0, 500_000))
def test_whatever_the_pause_and_whoever_comes_late_what_was_left_is_left(
    run: int, pause: int, late: int
):
    unit, clocks = working()
    moment = MONDAY + timedelta(seconds=run)
    over = moment + timedelta(seconds=pause)
    (before,) = [clock for clock in clocks if clock.name is ClockName.DISPOSE]
    spent = pieces.CALENDAR.elapsed(MONDAY, moment, before.basis)
    unit, clocks = suspend(unit, clocks, moment, over)
    filed = gone_on(unit, clocks, over + timedelta(seconds=late))
    (after,) = [clock for clock in filed.clocks if clock.name is ClockName.DISPOSE]
    assert (after.limit, after.spent, after.running_since) == (before.limit, spent, over)
    if spent < before.limit:
        assert after.due_at == pieces.CALENDAR.add(over, before.limit - spent, before.basis).at


@pytest.mark.parametrize(
    "until", [MONDAY, MONDAY - timedelta(days=1), MONDAY + timedelta(days=366)]
)
def test_a_moment_past_or_too_far_is_refused(until: datetime):
    with pytest.raises(Invalid):
        suspended(working()[1], TERMS, until, at=MONDAY)


def test_a_whole_year_is_allowed():
    assert suspended(working()[1], TERMS, MONDAY + timedelta(days=365), at=MONDAY)


def test_once_is_enough():
    filed = gone_on(*suspend(*working(), MONDAY, LATER), LATER)
    with pytest.raises(ActionNotAllowed, match="1 times"):
        suspended(filed.clocks, TERMS, LATER + timedelta(days=1), at=LATER)


def test_a_policy_may_allow_another():
    filed = gone_on(*suspend(*working(), MONDAY, LATER), LATER)
    terms = replace(TERMS, policy=Policy(suspensions=2))
    again = suspended(filed.clocks, terms, LATER + timedelta(days=1), at=LATER)
    (clock,) = [one for one in again if one.name is ClockName.SUSPEND]
    assert (clock.grants, clock.started_at) == (2, LATER)
