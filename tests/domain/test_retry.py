"""When it is tried again, how long a failing server is spared, and when it is given up."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.answer import OUTCOME, Answer, Control, Outcome
from app.domain.retry import DISABLED, GATE, Breaker, Disabled, Fuse, Gate, must_disable, next_try
from app.domain.webhook import SCHEDULE

NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
CHANCE = st.floats(0, 1, exclude_max=True)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def wait(attempt: int, jitter: float = 0.5, retry_after: float | None = None) -> float:
    at = next_try(SCHEDULE, attempt, NOW, jitter=jitter, retry_after=retry_after)
    assert at is not None
    return (at - NOW).total_seconds()


def test_without_chance_the_waits_are_the_schedules_and_take_three_days():
    waits = [wait(attempt) for attempt in range(1, len(SCHEDULE) + 1)]
    assert waits == list(SCHEDULE)
    assert timedelta(days=3) < timedelta(seconds=sum(waits)) < timedelta(days=4)


def test_after_the_last_wait_there_is_no_further_try():
    assert next_try(SCHEDULE, len(SCHEDULE) + 1, NOW, jitter=0.5, retry_after=60) is None
    assert next_try((), 1, NOW, jitter=0.5) is None


@given(attempt=st.integers(1, len(SCHEDULE)), jitter=CHANCE)
def test_chance_makes_a_wait_a_fifth_longer_or_shorter_at_most(attempt: int, jitter: float):
    base = SCHEDULE[attempt - 1]
    assert 0.8 * base - 0.001 <= wait(attempt, jitter) <= 1.2 * base + 0.001


@given(
    attempt=st.integers(1, len(SCHEDULE)), jitter=CHANCE, asked=st.floats(0, 1e9, allow_nan=False)
)
def test_what_the_server_asks_for_counts_between_the_wait_and_twice_of_it(
    attempt: int, jitter: float, asked: float
):
    base = SCHEDULE[attempt - 1]
    told = wait(attempt, jitter, asked)
    assert base - 0.001 <= told <= max(2 * base, 60) + 0.001
    if asked <= 2 * base:
        assert told >= asked - 0.001


@pytest.mark.parametrize(
    ("attempt", "asked", "waits"),
    [(1, 0, 5), (1, 8, 8), (1, 60, 60), (1, 3600, 60), (2, 60, 300), (2, 400, 400), (2, 9e9, 600)],
)
def test_a_server_neither_hurries_nor_puts_off_for_ever(attempt: int, asked: float, waits: float):
    assert wait(attempt, 0.5, asked) == waits


FUSE = Fuse(in_a_row=3, window=10, share=0.5)


def failing(breaker: Breaker, times: int, at: datetime = NOW) -> Breaker:
    for _ in range(times):
        breaker = breaker.failed(began=at, at=at, fuse=FUSE)
    return breaker


def test_a_few_failures_leave_it_closed_and_a_success_forgets_them():
    breaker = failing(Breaker(), 2).succeeded(FUSE)
    breaker = failing(breaker, 2)
    assert breaker.gate(NOW) is Gate.CLOSED
    assert breaker.lets_through(NOW)


def test_failures_in_a_row_open_it_for_half_a_minute():
    breaker = failing(Breaker(), 3)
    assert breaker.gate(NOW) is Gate.OPEN
    assert not breaker.lets_through(later(29.9))
    assert breaker.lets_through(later(30))
    assert breaker.gate(later(30)) is Gate.HALF_OPEN


def test_half_of_the_latest_attempts_open_it_though_others_succeed_between():
    breaker = Breaker()
    for _ in range(4):
        breaker = failing(breaker, 1).succeeded(FUSE)
    assert breaker.gate(NOW) is Gate.CLOSED
    breaker = failing(breaker.succeeded(FUSE), 1)
    assert breaker.gate(NOW) is Gate.OPEN


def test_many_successes_long_ago_do_not_count():
    breaker = Breaker()
    for _ in range(100):
        breaker = breaker.succeeded(FUSE)
    for _ in range(5):
        breaker = failing(breaker, 1)
        assert len(breaker.recent) <= FUSE.window
        if breaker.gate(NOW) is Gate.OPEN:
            break
        breaker = breaker.succeeded(FUSE)
    assert breaker.gate(NOW) is Gate.OPEN


def test_half_open_one_probe_gets_through_and_its_success_closes():
    breaker = failing(Breaker(), 3).probed(later(30), FUSE)
    assert breaker.gate(later(31)) is Gate.HALF_OPEN
    assert not breaker.lets_through(later(31))
    assert breaker.succeeded(FUSE) == Breaker()


def test_a_probe_that_is_never_heard_of_is_followed_by_another():
    breaker = failing(Breaker(), 3).probed(later(30), FUSE)
    assert not breaker.lets_through(later(59))
    assert breaker.lets_through(later(60))


def test_each_failed_probe_doubles_the_time_up_to_a_quarter_of_an_hour():
    breaker, at, pauses = failing(Breaker(), 3), NOW, []
    for _ in range(8):
        assert breaker.until is not None
        pauses.append((breaker.until - at).total_seconds())
        at = breaker.until
        breaker = breaker.probed(at, FUSE).failed(began=at, at=at, fuse=FUSE)
        assert breaker.gate(at) is Gate.OPEN
    assert pauses == [30, 60, 120, 240, 480, 900, 900, 900]


def test_answers_to_what_was_on_its_way_before_do_not_open_it_further():
    breaker = failing(Breaker(), 3)
    assert breaker.failed(began=NOW, at=later(5), fuse=FUSE) == breaker
    probing = breaker.probed(later(30), FUSE)
    assert probing.failed(began=NOW, at=later(31), fuse=FUSE) == probing
    assert failing(breaker, 50) == breaker


def test_any_success_closes_it_even_of_what_was_on_its_way_before():
    assert failing(Breaker(), 3).succeeded(FUSE).gate(NOW) is Gate.CLOSED


def test_what_was_stored_of_it_is_enough_to_go_on():
    """The database keeps the failures, the openings and until when it is open."""
    kept = Breaker(failures=7, openings=2, until=later(60))
    assert kept.gate(NOW) is Gate.OPEN
    assert failing(kept, 5) == kept
    again = kept.probed(later(60), FUSE).failed(began=later(60), at=later(61), fuse=FUSE)
    assert (again.openings, again.until) == (3, later(61 + 120))


def test_closed_it_needs_no_probe():
    assert Breaker().probed(NOW, FUSE) == Breaker()


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 300)), max_size=200))
def test_never_shut_for_longer_than_a_quarter_of_an_hour_nor_with_too_long_a_memory(
    story: list[tuple[bool, float]],
):
    breaker, at = Breaker(), NOW
    for is_well, pause in story:
        at += timedelta(seconds=pause)
        if not breaker.lets_through(at):
            assert breaker.until is not None
            assert breaker.until - at <= FUSE.longest
            continue
        breaker = breaker.probed(at, FUSE)
        breaker = breaker.succeeded(FUSE) if is_well else breaker.failed(began=at, at=at, fuse=FUSE)
        assert breaker.gate(at) is not Gate.HALF_OPEN
        assert len(breaker.recent) <= FUSE.window
        assert not is_well or breaker.gate(at) is Gate.CLOSED


def test_the_time_it_is_open_never_shrinks_with_the_openings():
    pauses = [FUSE.pause(openings) for openings in range(1, 200)]
    assert all(one <= other for one, other in pairwise(pauses))


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        (NOW - 5 * DAY, NOW, Disabled.FAILING),
        (NOW - 5 * DAY, NOW - 4.5 * DAY, Disabled.FAILING),
        (NOW - 5 * DAY + timedelta(seconds=1), NOW, None),
        (NOW - 5 * DAY, NOW - 5 * DAY + timedelta(hours=11), None),
        (NOW - 9 * DAY, NOW - 9 * DAY, None),
        (None, None, None),
    ],
)
def test_it_is_given_up_when_all_has_failed_for_five_days_and_not_at_one_moment_only(
    first: datetime | None, last: datetime | None, reason: Disabled | None
):
    assert must_disable(None, failing_since=first, failed_at=last, at=NOW) is reason


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(Outcome.GONE, 1, 410), Disabled.GONE),
        (Answer(Outcome.DELIVERED, 1, 200, control=Control.DISABLE), Disabled.ASKED),
        (Answer(Outcome.REFUSED, 1, 400, control=Control.ABORT), None),
        (Answer(Outcome.REFUSED, 1, 500), None),
        (Answer(Outcome.UNREACHABLE, 1), None),
    ],
)
def test_a_server_that_wants_no_more_gets_no_more(answer: Answer, reason: Disabled | None):
    assert must_disable(answer, failing_since=NOW, failed_at=NOW, at=NOW) is reason


@pytest.mark.parametrize(
    ("answer", "is_worth_it"),
    [
        (Answer(Outcome.DELIVERED, 1, 200), False),
        (Answer(Outcome.REFUSED, 1, 500), True),
        (Answer(Outcome.REFUSED, 1, 302), True),
        (Answer(Outcome.THROTTLED, 1, 429), True),
        (Answer(Outcome.TIMED_OUT, 1), True),
        (Answer(Outcome.UNREACHABLE, 1), True),
        (Answer(Outcome.REFUSED, 1, 500, control=Control.ABORT), False),
        (Answer(Outcome.GONE, 1, 410), False),
        (Answer(Outcome.FORBIDDEN, 1), False),
        (Answer(Outcome.UNSENDABLE, 1), False),
    ],
)
def test_only_what_may_end_otherwise_is_tried_again(answer: Answer, is_worth_it: bool):
    assert answer.may_be_repeated is is_worth_it


def test_every_outcome_gate_and_reason_has_a_name_in_both_languages():
    for words, codes in ((OUTCOME, Outcome), (GATE, Gate), (DISABLED, Disabled)):
        assert set(words) == set(codes)
        assert all(zh and en.isascii() for zh, en in words.values())
