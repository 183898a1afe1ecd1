"""The board that follows the log is the board counted later, whoever writes meanwhile."""

import asyncio
import random
from collections.abc import Iterator

import pytest

from app.api import board as keeping
from app.api.board import Keeper
from app.domain.authority import Role
from app.domain.board import CITY, Board
from app.store import board as store
from tests import given
from tests.api.test_snapshot import Walk
from tests.flows.test_units_follow import reorganise
from tests.gate import FREE, Gate
from tests.torture.town import come_true


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    found = Gate.put_up(monkeypatch)
    yield found
    found.opened.set()


def keeper_of(city: given.City) -> Keeper:
    return city.app.state.service.board


async def counted(city: given.City) -> Board:
    async with city.app.state.service.database.transaction() as tx:
        _, _, counts = await store.counted(tx)
    board = Board()
    for standing, units in counts:
        board.put(standing, units)
    return board


async def agrees(city: given.City) -> None:
    """Wait until the board has followed everything."""
    wanted = await counted(city)

    async def agree() -> bool:
        return keeper_of(city).board == wanted

    await come_true(agree)


async def test_it_counts_what_a_later_snapshot_counts(city: given.City, gate: Gate):
    FREE.set(True)
    walk = Walk(city, random.Random(5))
    for _ in range(5):
        await walk.report()

    async def held() -> None:
        FREE.set(False)
        await walk.act(set())

    gate.opened.clear()
    tasks = [asyncio.create_task(held()) for _ in range(2)]
    await gate.settled(tasks)
    before = gate.waiting
    tasks.append(asyncio.create_task(keeper_of(city).begun()))

    async def has_counted() -> bool:
        return gate.waiting > before

    # Two who began before it have not committed then.
    await come_true(has_counted)
    gate.opened.set()
    await asyncio.gather(*tasks)
    for number in range(24):
        await walk.act(set())
        if number % 5 == 0:
            await walk.fire()
    await agrees(city)
    assert keeper_of(city).stamp([CITY])[0] == 1, "it was never begun anew"


async def test_it_follows_a_reorganisation(city: given.City):
    walk = Walk(city, random.Random(3))
    for _ in range(8):
        await walk.report()
    await keeper_of(city).begun()
    await reorganise(city)
    await agrees(city)
    assert not (await counted(city)).load([given.EAST]).open


async def test_who_falls_behind_begins_anew(city: given.City, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keeping, "PAUSE", 0.0)
    keeper, walk = keeper_of(city), Walk(city, random.Random(1))
    await keeper.begun()
    (follower,) = city.app.state.service.tail._followers.all
    follower.is_behind = True
    follower.wake()
    await walk.report()
    async with asyncio.timeout(10), keeper.watch([CITY]) as watch:
        while keeper.stamp([CITY])[0] != 2:
            await watch.changed(1)
    await agrees(city)


async def test_it_is_left_alone_when_nobody_looks(
    city: given.City, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(keeping, "LINGER", 0.0)
    monkeypatch.setattr(keeping, "BEAT", 0.05)
    keeper = keeper_of(city)
    async with asyncio.timeout(10), keeper.watch([CITY]):
        await keeper.begun()
        await asyncio.sleep(0.2)
        assert keeper.board is not None

    async def is_left() -> bool:
        return keeper.board is None

    await come_true(is_left)
    monkeypatch.setattr(keeping, "LINGER", 300.0)
    reporter = await city.person(f"{given.GRID}-WG", Role.GRID_WORKER)
    await reporter.post(city.report())
    await keeper.begun()
    await agrees(city)
