"""The tail: who waits is woken at once, in whatever order others commit, and nobody costs much."""

import asyncio
import time

import asyncpg

from app.api import tail as api
from app.api.tail import Tail
from app.domain.authority import Role
from app.domain.errors import Unavailable
from app.domain.feed import Selection
from app.store.database import Database
from tests import queries
from tests.given import EAST, GRID, HARBOUR, WEST, City
from tests.torture.town import come_true


def tail_of(city: City) -> Tail:
    found: Tail = city.app.state.service.tail
    return found


async def test_a_watch_is_woken_at_once_though_the_feed_must_wait(city: City, database_url: str):
    reporter = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    other = await asyncpg.connect(database_url)
    writing = other.transaction()
    await writing.start()
    await other.execute("SELECT pg_current_xact_id()")
    async with (
        tail_of(city).watch({HARBOUR}) as here,
        tail_of(city).watch(None) as everywhere,
        tail_of(city).watch({WEST, f"{WEST}-ZX"}) as elsewhere,
        tail_of(city).follow(Selection()) as follower,
    ):
        await reporter.post(city.report())
        begun = time.monotonic()
        assert await here.changed(5)
        assert time.monotonic() - begun < 0.3
        assert await everywhere.changed(0)
        assert not await elsewhere.changed(0.3)
        assert follower.take() == []
        await writing.rollback()
        await come_true(lambda: follower.changed(1))
        assert len(follower.take()) == 2
    await other.close()


async def test_what_other_processes_commit_is_seen_within_300_ms(city: City, database_url: str):
    reporter = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await reporter.post(city.report())).json()["unit"]["id"]
    other = await asyncpg.connect(database_url)
    async with tail_of(city).watch({EAST}) as watch:
        # By now it looks as rarely as it ever does.
        await asyncio.sleep(1)
        begun = time.monotonic()
        await other.execute(
            "INSERT INTO step (home, at, unit, seq, action, state, reason, data, epoch, after)"
            " SELECT home, at, unit, 99, 'note', state, '', '{}', epoch, after FROM step"
            " WHERE unit = $1 AND seq = 1",
            unit,
        )
        assert await watch.changed(5)
        assert time.monotonic() - begun < 0.3
    await other.close()


async def test_nobody_looks_while_nobody_waits(city: City, monkeypatch):
    monkeypatch.setattr(api, "LINGER", 0.2)
    reporter = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    tail = tail_of(city)
    async with tail.watch(None):
        pass

    async def sleeps() -> bool:
        return tail.position is None

    await come_true(sleeps)
    async with queries.logged(city.app.state.service.database) as asked:
        await asyncio.sleep(0.5)
    assert asked == []
    # What came meanwhile is not for who comes now; what comes now is.
    await reporter.post(city.report())
    async with tail.follow(Selection()) as follower:
        await reporter.post(city.report())
        assert await follower.changed(5)
        lines = follower.take()
    assert [told.line.seq for told in lines] == [1, 2]


async def test_who_waits_is_let_go_when_the_service_stops(city: City):
    tail = tail_of(city)
    async with tail.watch(None) as watch:
        waiting = asyncio.create_task(watch.changed(30))
        await asyncio.sleep(0.1)
        tail.close()
        assert await asyncio.wait_for(waiting, 1) is False
    async with tail.follow(Selection()) as follower:
        assert follower.is_over
        assert await follower.changed(30) is False


async def test_it_goes_on_from_its_place_when_the_database_comes_back(city: City, monkeypatch):
    reporter = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    monkeypatch.setattr(api, "PAUSE", 0.05)
    real = Database.reading
    tail = tail_of(city)
    async with tail.follow(Selection()) as follower, tail.watch({WEST}) as watch:

        def away(self: Database) -> None:
            raise Unavailable(zh="不可用", en="away")

        # The first look after it may have been taken already.
        monkeypatch.setattr(Database, "reading", away)
        await asyncio.sleep(0.3)
        monkeypatch.setattr(Database, "reading", real)
        await reporter.post(city.report())
        await come_true(lambda: follower.changed(1))
        # Nobody knows what came meanwhile: all look for themselves.
        assert await watch.changed(1)
        await asyncio.sleep(0.2)
        assert [told.line.seq for told in follower.take()] == [1, 2]
