"""Gathered commits: many reports a transaction, each with its own outcome."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.api.gather import WRITERS, Gather, Outcome
from app.api.metrics import Metrics
from app.domain.authority import Role
from app.domain.errors import Busy, Conflict, DomainError, Invalid, Unavailable
from app.domain.event import Event, EventId, Where
from app.domain.organisation import OrganisationCode
from app.domain.rulebook import Part
from app.flows import publication
from app.flows.intake import Admitted
from tests import given, pieces
from tests.given import EAST, GRID, City, Person
from tests.queries import logged

UNSTORABLE = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8)))
"""A moment PostgreSQL's driver cannot encode; the edge refuses it, the queue must survive it."""


async def reporter(city: City) -> Person:
    """A person whose key the service has already recognised."""
    person = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    await person.get("/v1/me/events")
    return person


def gather_of(city: City) -> Gather:
    found: Gather = city.app.state.service.gather
    return found


def reports(count: int, **changes: Any) -> list[Event]:
    return [pieces.event(id=EventId(UUID(int=number)), **changes) for number in range(1, count + 1)]


async def outcomes(gather: Gather, events: list[Event]) -> list[Outcome | BaseException]:
    return await asyncio.gather(*map(gather.submit, events), return_exceptions=True)


@dataclass
class Gate:
    """Holds the writers back until it is opened, and sees what they then write."""

    opened: asyncio.Event = field(default_factory=asyncio.Event)
    batches: list[int] = field(default_factory=list)


@contextmanager
def held_back(gather: Gather, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate, write = Gate(), gather._write

    async def wait(admissions: Any, *others: Any) -> Any:
        gate.batches.append(len(admissions))
        await gate.opened.wait()
        return await write(admissions, *others)

    monkeypatch.setattr(gather, "_write", wait)
    yield gate
    gate.opened.set()


async def in_one_batch(
    city: City, monkeypatch: pytest.MonkeyPatch, events: list[Event]
) -> list[Outcome | BaseException]:
    """Submit events while both writers are busy, so that one batch takes them all."""
    gather = gather_of(city)
    with held_back(gather, monkeypatch) as gate:
        busy = []
        for number in range(1, WRITERS + 1):
            report = pieces.event(f"垃圾 {number}")
            busy.append(asyncio.ensure_future(gather.submit(report)))
            await until(lambda count=number: len(gate.batches) == count)
        waiting = asyncio.ensure_future(outcomes(gather, events))
        await until(lambda: gather.depth == len(events))
    await asyncio.gather(*busy)
    return await waiting


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110  (nobody sets an event for us)
            await asyncio.sleep(0)


async def test_fifty_reports_at_once_take_few_transactions(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    person, gather = await reporter(city), gather_of(city)
    with held_back(gather, monkeypatch) as gate:
        gate.opened.set()
        answers = await asyncio.gather(*(person.post(city.report()) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len(gate.batches) <= 5


async def test_a_batch_takes_no_more_than_it_may(city: City, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.api.gather.BATCH", 10)
    with held_back(gather_of(city), monkeypatch) as gate:
        gate.opened.set()
        await outcomes(gather_of(city), reports(25))
    assert max(gate.batches) <= 10


async def test_a_batch_is_five_statements(city: City):
    gather = gather_of(city)
    await gather.submit(pieces.event("热身的垃圾"))
    async with logged(city.app.state.service.database) as queries:
        await gather.submit(pieces.event("垃圾"))
    assert [query.split()[0] for query in queries] == [
        "BEGIN;",
        "WITH",
        "SELECT",
        "WITH",
        "COMMIT;",
    ]


async def test_a_row_that_cannot_be_stored_fails_alone(city: City, monkeypatch: pytest.MonkeyPatch):
    events = reports(20)
    events[7] = pieces.event(id=events[7].id, occurred_at=UNSTORABLE)
    found = await in_one_batch(city, monkeypatch, events)
    assert [number for number, one in enumerate(found) if not isinstance(one, Admitted)] == [7]


async def test_a_row_that_cannot_be_stored_is_refused_for_good(city: City):
    found = await outcomes(gather_of(city), reports(1, occurred_at=UNSTORABLE))
    assert isinstance(found[0], Invalid)


async def test_a_report_that_cannot_be_judged_fails_alone(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    events = reports(20)
    gone = OrganisationCode("gone")
    events[7] = pieces.event(id=events[7].id, organisation=gone, where=Where())
    found = await in_one_batch(city, monkeypatch, events)
    assert [number for number, one in enumerate(found) if not isinstance(one, Admitted)] == [7]


async def test_intake_goes_on_after_any_number_of_bad_rows(city: City):
    await outcomes(gather_of(city), reports(9, occurred_at=UNSTORABLE))
    assert (await (await reporter(city)).post(city.report())).status_code == 201


async def test_of_one_id_with_two_bodies_in_a_batch_one_is_a_conflict(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    one, other = (pieces.event(id=EventId(UUID(int=7)), digest=digest) for digest in (b"1", b"2"))
    found = await in_one_batch(city, monkeypatch, [one, other])
    assert [type(outcome) for outcome in found] == [Admitted, Conflict]


async def test_of_one_id_from_two_organisations_in_a_batch_one_is_a_conflict(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    west = OrganisationCode(f"{given.WEST}-ZX")
    one = pieces.event()
    other = pieces.event(organisation=west, account=pieces.account("another"))
    found = await in_one_batch(city, monkeypatch, [one, other])
    assert [type(outcome) for outcome in found] == [Admitted, Conflict]


async def test_a_double_tap_in_a_batch_is_one_unit(city: City, monkeypatch: pytest.MonkeyPatch):
    event = pieces.event()
    found = await in_one_batch(city, monkeypatch, [event, event])
    assert [type(outcome) for outcome in found] == [Admitted, Admitted]
    assert await units_written(city) == 3


async def units_written(city: City) -> int:
    async with city.app.state.service.database.reading() as tx:
        return int(await tx.value("SELECT count(*) FROM unit"))


async def test_a_client_that_hangs_up_does_not_undo_its_report(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    gather = gather_of(city)
    with held_back(gather, monkeypatch) as gate:
        posting = asyncio.ensure_future(gather.submit(pieces.event()))
        await until(lambda: bool(gate.batches))
        posting.cancel()
        await asyncio.wait([posting])
    await gather._queue.join()
    assert await units_written(city) == 1


async def test_a_full_queue_is_answered_at_once_with_when_to_come_again(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    person, full = await reporter(city), asyncio.Queue[Any](1)
    full.put_nowait(None)
    monkeypatch.setattr(gather_of(city), "_queue", full)
    answer = await person.post(city.report())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


async def test_a_report_turned_away_left_nothing(city: City):
    service = city.app.state.service
    idle = Gather(service.database, service.library, service.now, Metrics(), size=1)
    kept = asyncio.ensure_future(idle.submit(pieces.event("垃圾")))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await idle.submit(pieces.event("垃圾堆"))
    async with idle.running():
        await kept
    assert await units_written(city) == 1


@pytest.mark.parametrize(
    "trouble",
    [asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError],
)
async def test_contention_is_tried_again(
    city: City, monkeypatch: pytest.MonkeyPatch, trouble: type[Exception]
):
    failing(gather_of(city), monkeypatch, [trouble("others")])
    assert isinstance((await outcomes(gather_of(city), [pieces.event()]))[0], Admitted)


def failing(gather: Gather, monkeypatch: pytest.MonkeyPatch, troubles: list[Exception]) -> None:
    """Let the writes fail with these, one after the other, before they succeed."""
    monkeypatch.setattr("app.api.gather.PAUSE", 0.001)
    write = gather._write

    async def fail(*arguments: Any) -> Any:
        if troubles:
            raise troubles.pop(0)
        return await write(*arguments)

    monkeypatch.setattr(gather, "_write", fail)


async def test_a_commit_whose_answer_was_lost_is_asked_again_and_not_assumed(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    gather = gather_of(city)
    write, lost = gather._write, [Unavailable(zh="断线", en="the connection was lost")]

    async def lose(*arguments: Any) -> Any:
        done = await write(*arguments)
        if lost:
            raise lost.pop()
        return done

    monkeypatch.setattr(gather, "_write", lose)
    person = await reporter(city)
    answer = await person.post(city.report())
    assert answer.status_code == 200
    assert await units_written(city) == 1


async def test_contention_without_end_is_answered_with_try_again(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    failing(gather_of(city), monkeypatch, [asyncpg.DeadlockDetectedError("others")] * 3)
    (found,) = await outcomes(gather_of(city), [pieces.event()])
    assert isinstance(found, Unavailable)


async def test_a_batch_judged_by_an_old_rulebook_is_judged_again(city: City):
    service, person = city.app.state.service, await reporter(city)
    async with service.database.transaction() as tx:
        await publication.publish(
            tx, {Part.LIST: given.entries()[1:]}, now=city.clock.now(), by="test"
        )
    city.clock.forward(seconds=6)
    unit = (await person.post(city.report("下水道井盖不见了"))).json()["unit"]
    assert (unit["rulebook"], unit["holder"]["code"]) == (2, f"{EAST}-PS")


async def test_a_report_is_stamped_when_it_is_written(city: City):
    person, report = await reporter(city), city.report()
    await person.post(report)
    event = (await person.get(f"/v1/events/{report['id']}"))["event"]
    assert datetime.fromisoformat(event["received_at"]) == city.clock.now().astimezone(UTC)


async def test_closing_writes_what_waits(city: City):
    service = city.app.state.service
    gather = Gather(service.database, service.library, service.now, Metrics(), size=50)
    async with gather.running():
        waiting = [asyncio.ensure_future(gather.submit(event)) for event in reports(30)]
        await asyncio.sleep(0)
    assert all([isinstance(await one, Admitted) for one in waiting])


async def test_no_two_units_share_a_number(city: City):
    found = await outcomes(gather_of(city), reports(60))
    numbers = {one.numbers[one.admission.event.id] for one in found if isinstance(one, Admitted)}
    assert len(numbers) == 60


async def test_an_unknown_code_is_refused_before_the_queue(city: City):
    stray = pieces.event(where=Where(code=given.AreaCode("999999")))
    with pytest.raises(DomainError, match="no area"):
        await gather_of(city).submit(stray)
