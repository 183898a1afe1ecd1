"""Answers lost on the way: to the phone, and from PostgreSQL at the commit itself."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from tests.torture import checker
from tests.torture.load import Reporters
from tests.torture.proxy import Cut, Stream, proxy
from tests.torture.town import CENTRE, Service, Tell, Town

COMMIT = b"COMMIT;\x00"


@dataclass
class Scissors:
    """Between the service and PostgreSQL, at the commits."""

    socket: str
    are_out: bool = False
    cuts: Counter[Cut] = field(default_factory=Counter)

    async def connect(self) -> Stream:
        return await asyncio.open_unix_connection(self.socket)

    async def judge(self, data: bytes) -> Cut:
        if not (self.are_out and data.endswith(COMMIT)):
            return Cut.NOT
        cut = {0: Cut.AFTER, 5: Cut.BEFORE}.get(self.cuts.total() % 10, Cut.NOT)
        self.cuts[cut] += 1
        return cut


@pytest.fixture(scope="module")
def scissors(town: Town) -> Scissors:
    return Scissors(town.socket)


@pytest.fixture(scope="module")
async def service(town: Town, scissors: Scissors) -> AsyncIterator[Service]:
    async with proxy(scissors.connect, sent=scissors.judge) as port:
        url = f"postgresql://yiguan@127.0.0.1:{port}/yiguan"
        started = await town.serve(YIGUAN_DATABASE_URL=url)
        yield started
        started.kill()


async def test_a_lost_answer_is_given_again(town: Town, service: Service, counted: Tell):
    number = 0

    async def connect() -> Stream:
        return await asyncio.open_connection("127.0.0.1", service.port)

    async def lose_some(_answer: bytes) -> Cut:
        nonlocal number
        number += 1
        return Cut.BEFORE if number % 3 == 0 else Cut.NOT

    async with proxy(connect, answered=lose_some) as port:
        reporters = Reporters(f"http://127.0.0.1:{port}", town.keys[CENTRE])
        async with reporters.reporting(8) as ledger:
            await reporters.until(400)
    counted(f"{ledger.answers}")

    assert not ledger.broken
    assert not ledger.open
    # The service had written them all: sent again, none is new.
    assert ledger.answers["first lost"] > 50
    assert ledger.answers["again 200"] == ledger.answers["first lost"]
    assert ledger.answers["again 201"] == 0
    assert await checker.lost(town.url, ledger.acknowledged) == []
    assert await checker.faults(town.url) == {}


async def test_a_commit_of_unknown_outcome_is_asked_again(
    town: Town, service: Service, scissors: Scissors, counted: Tell
):
    before = (await checker.census(town.url))["event"]
    scissors.are_out = True
    reporters = Reporters(service.url, town.keys[CENTRE])
    async with reporters.reporting(12) as ledger:
        await reporters.until(700)
    scissors.are_out = False
    cuts = scissors.cuts
    counted(f"{cuts} {ledger.answers}")

    assert not ledger.broken
    assert not ledger.open
    assert min(cuts[Cut.AFTER], cuts[Cut.BEFORE]) > 5
    # Written by the commit nobody heard of, found by the service itself: 200 at the first try.
    assert ledger.answers["first 200"] > 5
    assert await checker.lost(town.url, ledger.acknowledged) == []
    assert await checker.faults(town.url) == {}
    assert (await checker.census(town.url))["event"] == before + len(ledger.acknowledged)
