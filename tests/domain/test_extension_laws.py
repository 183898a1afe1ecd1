"""Extension: granted seconds are part of the limit, whatever stops the clock afterwards."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import clock as clocks
from app.domain.clock import Clock, relimit
from app.domain.errors import ActionNotAllowed
from app.domain.extension import extended, times
from app.domain.limit import parse_limit
from app.domain.marks import climbing
from app.domain.policy import Policy
from app.domain.responsibility import Urgency
from app.domain.timing import Terms
from app.domain.unit import ClockName
from tests.domain.test_calendar import at
from tests.given import calendar, entry, limit

CAL = calendar()
MARKS = climbing(100, 150, 200)
MONDAY = at("2026-11-16 08:00")
TERMS = Terms(entry("SX-06010-1", limit=limit("4工作时")), Policy(), CAL, Urgency.NORMAL)


def started(text: str = "4工作时") -> Clock:
    return clocks.start(ClockName.DISPOSE, parse_limit(text), at=MONDAY, calendar=CAL, marks=MARKS)


def extend(clock: Clock, moment: datetime, *, asked: datetime | None = None) -> Clock:
    (longer,) = extended([clock], TERMS, asked_at=asked or moment, at=moment)
    return longer


def stopped(clock: Clock, moment: datetime) -> Clock:
    return clocks.stop(clock, at=moment, calendar=CAL)


def resumed(clock: Clock, moment: datetime) -> Clock:
    return clocks.resume(clock, at=moment, calendar=CAL, marks=MARKS)


def test_an_extension_is_one_more_full_limit():
    assert extend(started(), at("2026-11-16 11:00")).due_at == at("2026-11-16 18:00")


def test_extended_then_paused_then_resumed_keeps_the_extension():
    clock = stopped(extend(started(), at("2026-11-16 11:00")), at("2026-11-16 12:00"))
    assert resumed(clock, at("2026-11-18 08:00")).due_at == at("2026-11-18 12:00")


def test_extended_while_it_stands_is_the_same_as_before():
    clock = stopped(started(), at("2026-11-16 11:00"))
    longer = resumed(extend(clock, at("2026-11-17 08:00")), at("2026-11-18 08:00"))
    assert longer.due_at == at("2026-11-18 15:00")


moves = st.lists(
    st.tuples(st.sampled_from(["run", "pause", "extend"]), st.integers(1, 300_000)), max_size=8
)


@given(moves)
def test_the_deadline_is_what_is_left_of_the_limit_and_of_all_that_was_granted(
    spells: list[tuple[str, int]],
):
    clock, moment, granted = started("9000工作时"), MONDAY, 0
    for move, seconds in spells:
        if move == "run":
            moment += timedelta(seconds=seconds)
        elif move == "pause":
            clock = stopped(clock, moment)
            moment += timedelta(seconds=seconds)
            clock = resumed(clock, moment)
        else:
            granted += seconds
            clock = clocks.extend(clock, seconds, at=moment, calendar=CAL, marks=MARKS)
    left = 9000 * 3600 + granted - clock.spent
    assert clock.running_since is not None
    assert clock.due_at == CAL.add(clock.running_since, left, clock.basis).at


@given(st.integers(0, 200_000), st.integers(0, 200_000), st.integers(1, 50_000))
def test_before_or_after_a_pause_an_extension_gives_the_same_deadline(
    run: int, pause: int, seconds: int
):
    began = started("9000工作时")
    stop, go = MONDAY + timedelta(seconds=run), MONDAY + timedelta(seconds=run + pause)

    def longer(clock: Clock, moment: datetime) -> Clock:
        return clocks.extend(clock, seconds, at=moment, calendar=CAL, marks=MARKS)

    before = resumed(stopped(longer(began, stop), stop), go)
    during = resumed(longer(stopped(began, stop), stop), go)
    after = longer(resumed(stopped(began, stop), go), go)
    assert before.due_at == during.due_at == after.due_at


def test_a_new_limit_keeps_what_was_granted():
    clock = relimit(
        extend(started(), at("2026-11-16 11:00")),
        parse_limit("6工作时"),
        at=at("2026-11-16 11:00"),
        calendar=CAL,
        marks=MARKS,
    )
    assert clock.limit == 10 * 3600


def test_a_limit_of_another_kind_of_time_knows_no_grants_of_the_old_one():
    clock = relimit(
        extend(started(), at("2026-11-16 11:00")),
        parse_limit("6紧急工作时"),
        at=at("2026-11-16 11:00"),
        calendar=CAL,
        marks=MARKS,
    )
    assert (clock.limit, clock.granted) == (6 * 3600, 0)


def test_a_reminder_comes_again_when_its_share_is_ahead_again():
    clock = extend(
        clocks.aim(started(), CAL, MARKS), at("2026-11-16 11:30"), asked=at("2026-11-16 11:30")
    )
    assert (clock.mark, clock.next_at) == (0, at("2026-11-16 16:24"))


def test_asked_for_in_time_it_may_be_granted_late():
    clock = extend(started(), at("2026-11-16 15:00"), asked=at("2026-11-16 11:59"))
    assert clock.due_at == at("2026-11-16 18:00")


def test_granted_late_it_may_be_extended_again_before_the_new_deadline():
    late = replace(started(), mark=2, overdue_at=at("2026-11-16 12:00"))
    longer = extend(late, at("2026-11-16 15:00"), asked=at("2026-11-16 11:59"))
    assert extend(longer, at("2026-11-16 17:00")).due_at == at("2026-11-17 12:00")


def test_asked_for_in_time_and_stopped_late_it_is_still_granted():
    late = stopped(started(), at("2026-11-16 15:00"))
    longer = extend(late, at("2026-11-16 16:00"), asked=at("2026-11-16 11:59"))
    assert resumed(longer, at("2026-11-17 08:00")).due_at == at("2026-11-17 11:00")


def test_asked_for_at_the_very_deadline_is_in_time():
    assert times([extend(started(), at("2026-11-16 12:00"))]) == 1


def test_after_the_deadline_nobody_extends():
    with pytest.raises(ActionNotAllowed, match="overdue"):
        extend(started(), at("2026-11-16 14:01"))


def test_a_standing_clock_that_was_late_is_not_extended():
    late = stopped(started(), at("2026-11-16 15:00"))
    with pytest.raises(ActionNotAllowed, match="overdue"):
        extend(late, at("2026-11-17 08:00"))


def test_it_is_extended_as_often_as_policy_says():
    twice = extend(extend(started(), MONDAY), MONDAY)
    assert times([twice]) == 2
    with pytest.raises(ActionNotAllowed, match="2 at most"):
        extend(twice, MONDAY)
