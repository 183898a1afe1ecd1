"""The worker's rounds: homes claimed, what fails isolated and left alone, nothing overlooked."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.api.metrics import Metrics
from app.domain.authority import Role
from app.store import clocks, units
from app.store.database import Database, Tx
from app.worker import Rounds
from tests.given import EAST, GRID, City

BAD_REASONS = """UPDATE unit SET reasons = '{"errand": 5}' WHERE id = $1"""
BAD_ROW = """UPDATE unit SET pending = '[{"kind": "nonsense"}]' WHERE id = $1"""
SHIFT = "UPDATE clock SET next_at = next_at + $2::interval WHERE unit = $1"
CLAIM = "SELECT count(*) FROM clock WHERE next_at <= $1"
LATE = "2026-11-20T14:50:00"


async def reported(city: City, count: int = 1) -> list[str]:
    """Units of the grid team whose first marks pass before 14:50."""
    city.clock.set(datetime.fromisoformat("2026-11-20T09:30:00+08:00"))
    person = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    answers = [await person.post(city.report()) for _ in range(count)]
    return [answer.json()["unit"]["id"] for answer in answers]


def late(city: City) -> None:
    city.clock.set(datetime.fromisoformat(f"{LATE}+08:00"))


async def turn(city: City, rounds: Rounds) -> int:
    service = city.app.state.service
    return await rounds.turn(service.database, service.library, city.clock.now())


async def write(city: City, sql: str, *values: object) -> None:
    async with city.app.state.service.database.transaction() as tx:
        await tx.execute(sql, *values)


async def value(city: City, sql: str, *values: object) -> Any:
    async with city.app.state.service.database.reading() as tx:
        return await tx.value(sql, *values)


async def still_due(city: City) -> int:
    return int(await value(city, CLAIM, city.clock.now()))


async def next_look(city: City, unit: str) -> timedelta:
    sql = "SELECT min(next_at) FROM clock WHERE unit = $1"
    return await value(city, sql, unit) - city.clock.now()


def count(metrics: Metrics, name: str) -> float:
    lines = metrics.text().decode().splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


async def test_a_unit_that_cannot_be_judged_is_left_alone_for_longer_and_longer(city: City):
    bad, *others = await reported(city, 4)
    await write(city, BAD_REASONS, bad)
    late(city)
    metrics = Metrics()
    rounds = Rounds(metrics)
    assert await turn(city, rounds) == len(others)
    waits = [await next_look(city, bad)]
    for _ in range(3):
        city.clock.set(city.clock.now() + waits[-1])
        await turn(city, rounds)
        waits.append(await next_look(city, bad))
    assert waits == [timedelta(minutes=minutes) for minutes in (1, 10, 60, 60)]
    assert count(metrics, "yiguan_mark_failures_total") == len(waits)


async def test_a_mended_unit_fires_what_it_missed_with_its_true_moment(city: City):
    (bad,) = await reported(city)
    kept = await value(city, "SELECT reasons FROM unit WHERE id = $1", bad)
    await write(city, BAD_REASONS, bad)
    late(city)
    rounds = Rounds()
    assert await turn(city, rounds) == 0
    await write(city, "UPDATE unit SET reasons = $2 WHERE id = $1", bad, kept)
    city.clock.set(city.clock.now() + timedelta(minutes=1))
    assert await turn(city, rounds) == 1
    sql = "SELECT data ->> 'mark_at' FROM step WHERE unit = $1 AND action = 'warn' ORDER BY seq"
    moment = datetime.fromisoformat(await value(city, sql, bad))
    assert moment < datetime.fromisoformat(f"{LATE}+08:00")


async def test_a_row_that_cannot_even_be_read_is_found_and_stops_no_other(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.worker.rounds.BATCH", 8)
    ids = await reported(city, 12)
    await write(city, BAD_ROW, ids[5])
    late(city)
    metrics = Metrics()
    rounds = Rounds(metrics)
    changed = [await turn(city, rounds) for _ in range(16)]
    assert sum(changed) >= len(ids) - 1
    assert await still_due(city) == 0
    assert await next_look(city, ids[5]) >= timedelta(minutes=1)
    assert count(metrics, "yiguan_mark_failures_total") == 1


async def test_two_workers_are_never_at_one_home(city: City):
    await reported(city, 2)
    late(city)
    service = city.app.state.service
    first, second = Rounds(), Rounds()
    async with service.database.transaction() as tx:
        held = await _claimed(tx, city)
        assert len(held) == 2
        assert await turn(city, first) == 0
    assert await turn(city, second) == 2
    assert await turn(city, first) == 0


async def _claimed(tx: Tx, city: City) -> tuple[Any, ...]:
    due = await clocks.claim_due(tx, EAST, since=None, now=city.clock.now(), limit=9)
    return due.units


async def test_a_unit_in_somebodys_hands_is_fired_on_the_next_look(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.worker.rounds.WHOLE", 3600.0)
    busy, other = await reported(city, 2)
    late(city)
    rounds = Rounds()
    database: Database = city.app.state.service.database
    async with database.transaction() as tx:
        await units.take(tx, [await value(city, "SELECT id FROM unit WHERE id = $1", busy)])
        assert await turn(city, rounds) == 1
        assert await value(city, "SELECT steps FROM unit WHERE id = $1", other) > 2
    assert await turn(city, rounds) == 1
    assert await still_due(city) == 0


async def test_a_deadline_moved_behind_where_the_look_begins_is_found_by_the_whole_one(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.worker.rounds.WHOLE", 3600.0)
    first, second = await reported(city, 2)
    await write(city, SHIFT, second, timedelta(days=1))
    late(city)
    rounds = Rounds()
    assert await turn(city, rounds) == 1
    await write(
        city, "UPDATE clock SET next_at = next_at - '1 d'::interval WHERE unit = $1", second
    )
    assert await turn(city, rounds) == 0
    monkeypatch.setattr("app.worker.rounds.WHOLE", 0.0)
    assert await turn(city, rounds) == 1
    assert first != second


async def test_a_clock_that_jumps_forward_and_back_hides_no_mark(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.worker.rounds.WHOLE", 0.0)
    (early,) = await reported(city)
    rounds = Rounds()
    city.clock.set(datetime.fromisoformat("2026-11-30T09:00:00+08:00"))
    assert await turn(city, rounds) == 1
    lines = await value(city, "SELECT count(*) FROM step WHERE unit = $1", early)
    (second,) = await reported(city)
    late(city)
    assert await turn(city, rounds) == 1
    assert await value(city, "SELECT count(*) FROM step WHERE unit = $1", early) == lines
    assert await value(city, "SELECT steps FROM unit WHERE id = $1", second) > 2


async def test_lateness_is_measured_mark_by_mark(city: City):
    await reported(city, 2)
    late(city)
    metrics = Metrics()
    await turn(city, Rounds(metrics))
    marks = await value(city, "SELECT sum(mark) FROM clock")
    assert count(metrics, "yiguan_mark_lateness_seconds_count") == marks
    assert count(metrics, "yiguan_mark_lateness_seconds_sum") > 60
