"""The outbox: order within a unit, none waits for another unit, rate and number are kept."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given as any_of
from hypothesis import settings
from hypothesis import strategies as st

from app.domain.answer import Answer, Control, Outcome
from app.domain.feed import Position
from app.domain.outbox import ALONE, LINGER, Fate, Outbox, Parcel, Terms, fates

NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
WELL = Answer(Outcome.DELIVERED, 1.0, status=200)
BAD = Answer(Outcome.REFUSED, 1.0, status=500)


def parcel(line: int, unit: int | None = None, attempts: int = 0) -> Parcel:
    return Parcel(Position(1, line, line), NOW, UUID(int=unit) if unit else None, attempts)


def lines(parcels: Sequence[Parcel]) -> list[int]:
    return [one.position.line for one in parcels]


def opened(outbox: Outbox, requests: int) -> None:
    """Let an outbox have learnt that its server does well: so many requests at once."""
    for number in range(requests):
        outbox.add([parcel(-number - 1)], 0.0)
        (one,) = outbox.take(0.0)
        concluded = [Fate(one, 0)]
        outbox.finish(concluded, 0.0, is_well=True)
        outbox.written(concluded)


@pytest.fixture
def outbox() -> Outbox:
    made = Outbox(Terms(in_flight=8))
    opened(made, 8)
    return made


def test_a_units_next_message_waits_for_the_one_before(outbox: Outbox):
    outbox.add([parcel(1, 7), parcel(2, 7)], 0.0)
    first = outbox.take(0.0)
    assert lines(first) == [1]
    assert outbox.take(0.0) == ()
    outbox.finish([Fate(first[0], 0)], 0.0, is_well=True)
    assert lines(outbox.take(0.0)) == [2]


def test_units_do_not_wait_for_each_other(outbox: Outbox):
    outbox.add([parcel(1, 7), parcel(2, 7), parcel(3, 8), parcel(4)], 0.0)
    assert [lines(outbox.take(0.0)) for _ in range(4)] == [[1], [3], [4], []]


def test_what_failed_is_put_back_with_all_that_follows_it_in_its_unit(outbox: Outbox):
    due = NOW + timedelta(minutes=5)
    outbox.add([parcel(1, 7), parcel(2, 7), parcel(3, 8)], 0.0)
    (head,) = outbox.take(0.0)
    besides = outbox.finish([Fate(head, 1, due)], 0.0, is_well=False)
    late = outbox.add([parcel(4, 7)], 0.0)
    assert [(fate.parcel.position.line, fate.due_at) for fate in (*besides, *late)] == [
        (2, due),
        (4, due),
    ]
    assert lines(outbox.take(0.0)) == [3]


def test_what_was_given_up_lets_the_next_of_its_unit_go(outbox: Outbox):
    outbox.add([parcel(1, 7), parcel(2, 7)], 0.0)
    (head,) = outbox.take(0.0)
    assert outbox.finish([Fate(head, 1, is_dead=True)], 0.0, is_well=False) == []
    assert lines(outbox.take(0.0)) == [2]


def test_a_unit_that_was_put_back_comes_in_again_once_that_is_written(outbox: Outbox):
    outbox.add([parcel(1, 7)], 0.0)
    (head,) = outbox.take(0.0)
    concluded = [Fate(head, 1, NOW)]
    outbox.finish(concluded, 0.0, is_well=True)
    assert outbox.add([parcel(1, 7, 1)], 0.0) == []
    assert outbox.take(0.0) == ()
    outbox.written(concluded)
    outbox.add([parcel(1, 7, 1)], 0.0)
    assert lines(outbox.take(0.0)) == [1]


def test_a_batch_goes_when_it_is_full_or_after_a_second():
    outbox = Outbox(Terms(batch=3))
    outbox.add([parcel(1, 7), parcel(2, 7)], 10.0)
    assert outbox.take(10.5) == ()
    assert outbox.wait(10.5) == pytest.approx(LINGER - 0.5)
    outbox.add([parcel(3, 8), parcel(4, 7)], 10.6)
    assert lines(outbox.take(10.6)) == [1, 2, 4]
    outbox = Outbox(Terms(batch=3))
    outbox.add([parcel(1, 7)], 10.0)
    assert lines(outbox.take(10.0 + LINGER)) == [1]


def test_what_failed_often_rides_alone():
    outbox = Outbox(Terms(batch=10))
    outbox.add([parcel(1, 7, ALONE), parcel(2, 8), parcel(3, 9)], 0.0)
    assert lines(outbox.take(LINGER)) == [1]


def test_a_server_that_does_badly_gets_one_request_at_a_time():
    outbox = Outbox(Terms(in_flight=16))
    outbox.add([parcel(line) for line in range(1, 40)], 0.0)
    taken = outbox.take(0.0)
    assert outbox.take(0.0) == ()
    outbox.finish([Fate(taken[0], 1, NOW)], 0.0, is_well=False)
    assert len(outbox.take(0.0)) == 1
    assert outbox.take(0.0) == ()


def test_a_server_that_asks_for_rest_gets_it(outbox: Outbox):
    outbox.add([parcel(1)], 0.0)
    outbox.rest(30.0)
    assert outbox.take(29.0) == ()
    assert outbox.wait(29.0) == pytest.approx(1.0)
    assert lines(outbox.take(30.0)) == [1]


@any_of(st.integers(1, 200), st.lists(st.floats(0.001, 0.5), min_size=1, max_size=200))
def test_its_rate_is_kept_over_any_second(rate: int, pauses: list[float]):
    outbox = Outbox(Terms(rate=rate, in_flight=10_000))
    opened_at, now = [], 1000.0
    outbox.add([parcel(line) for line in range(1, 2000)], now)
    for pause in pauses:
        while taken := outbox.take(now):
            opened_at.append(now)
            outbox.finish([Fate(taken[0], 0)], now, is_well=True)
        now += min(pause, outbox.wait(now) or pause)
    for moment in opened_at:
        within = [one for one in opened_at if moment <= one < moment + 1]
        assert len(within) <= rate * 1.05 + 2


SCHEDULE = (5, 60, 300)


@pytest.mark.parametrize(
    ("answer", "attempts", "is_dead"),
    [
        (BAD, 0, False),
        (BAD, 2, False),
        (BAD, 3, True),
        (Answer(Outcome.FORBIDDEN, 0.0), 0, True),
        (Answer(Outcome.UNSENDABLE, 0.0), 0, True),
        (Answer(Outcome.REFUSED, 0.0, status=400, control=Control.ABORT), 0, True),
        (Answer(Outcome.GONE, 0.0, status=410), 0, False),
    ],
)
def test_a_message_is_tried_as_its_schedule_says_and_not_at_all_where_it_is_hopeless(
    answer: Answer, attempts: int, is_dead: bool
):
    (fate,) = fates([parcel(1, 7, attempts)], answer, SCHEDULE, NOW, jitter=0.5)
    assert fate.is_dead is is_dead
    assert (fate.due_at is None) is is_dead
    assert fate.attempts == attempts + 1


def test_of_one_request_what_belongs_to_one_unit_is_due_together():
    told = [parcel(1, 7, 0), parcel(2, 7, 2), parcel(3, 8, 2)]
    first, second, other = fates(told, BAD, SCHEDULE, NOW, jitter=0.5)
    assert first.due_at == second.due_at == NOW + timedelta(seconds=5)
    assert other.due_at == NOW + timedelta(seconds=300)


class Database:
    """What the sender's tables would hold, and a receiver that notes what reaches it."""

    def __init__(self, units: Sequence[int]) -> None:
        self.waiting = {line: parcel(line, unit) for line, unit in enumerate(units, 1)}
        self.deferred: dict[int, datetime] = {}
        self.high = 0
        self.pending: list[Fate] = []
        self.received: dict[UUID | None, list[int]] = defaultdict(list)
        self.flying: dict[UUID | None, int] = defaultdict(int)

    def turn(self, outbox: Outbox, now: float) -> None:
        """Write what was concluded, then look: what is due again first, as the sender does."""
        for fate in self.pending:
            line = fate.parcel.position.line
            if fate.due_at is None:
                del self.waiting[line]
                self.deferred.pop(line, None)
            else:
                self.deferred[line] = fate.due_at
                for other, one in self.waiting.items():
                    if one.unit == fate.parcel.unit and other in self.deferred:
                        self.deferred[other] = fate.due_at
        outbox.written(self.pending)
        self.pending = []
        due = sorted(self.deferred, key=lambda line: (self.deferred[line], line))
        behind = {self.waiting[line].unit: at for line, at in self.deferred.items()}
        fresh = [one for line, one in self.waiting.items() if line > self.high]
        fresh = [one for one in fresh if one.position.line not in self.deferred][:5]
        self.high = max([self.high, *lines(fresh)])
        self.pending += outbox.add([self.waiting[line] for line in due[: 3 + len(outbox)]], now)
        self.pending += [Fate(one, 0, behind[one.unit]) for one in fresh if one.unit in behind]
        free = [one for one in fresh if one.unit not in behind]
        self.pending += outbox.add(free, now)

    def answer(
        self, outbox: Outbox, request: Sequence[Parcel], now: float, due: datetime | None
    ) -> None:
        """Receive a request, or fail to until it is due again."""
        if due is None:
            for one in request:
                self.received[one.unit].append(one.position.line)
        concluded = [Fate(one, one.attempts, due) for one in request]
        self.pending += concluded
        self.pending += outbox.finish(concluded, now, is_well=due is None)


@settings(deadline=None)
@any_of(
    st.lists(st.integers(1, 4), min_size=1, max_size=30),
    st.sampled_from([1, 2, 5]),
    st.integers(1, 4),
    st.integers(0, 2**32),
)
def test_whatever_fails_all_arrives_once_and_in_order_within_each_unit(
    units: list[int], batch: int, many: int, seed: int
):
    chance = Random(seed)
    outbox, database = Outbox(Terms(batch=batch, in_flight=many)), Database(units)
    flying: list[tuple[Parcel, ...]] = []
    now, at = 0.0, NOW
    for _ in range(3000):
        now, at = now + 0.3, at + timedelta(seconds=1)
        step = chance.random()
        if step < 0.4:
            database.turn(outbox, now)
        elif step < 0.7:
            send(outbox, flying, now, batch)
            assert len(flying) <= many
        elif flying:
            request = flying.pop(chance.randrange(len(flying)))
            database.answer(outbox, request, now, None if chance.random() < 0.6 else at)
    assert database.waiting == {}
    for of_one in database.received.values():
        assert of_one == sorted(set(of_one))
    assert sum(map(len, database.received.values())) == len(units)


def send(outbox: Outbox, flying: list[tuple[Parcel, ...]], now: float, batch: int) -> None:
    taken = outbox.take(now)
    aloft = {one.unit for request in flying for one in request}
    assert aloft.isdisjoint(one.unit for one in taken)
    assert len(taken) <= batch
    if taken:
        flying.append(taken)
