"""Answers lost on the way: to the phone, and from PostgreSQL at the commit itself."""

import asyncio
from collections import Counter

from tests.torture import checker
from tests.torture.load import Reporters
from tests.torture.proxy import Cut, Stream, proxy
from tests.torture.town import CENTRE, Town

COMMIT = b"COMMIT;\x00"


async def test_a_lost_answer_is_given_again(town: Town):
    service = await town.serve()
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
            await reporters.until(600)
    print(f"\n{ledger.answers}")

    assert not ledger.broken
    assert not ledger.open
    # The service had written them all: sent again, none is new.
    assert ledger.answers["first lost"] > 100
    assert ledger.answers["again 200"] == ledger.answers["first lost"]
    assert ledger.answers["again 201"] == 0
    assert await checker.lost(town.url, ledger.acknowledged) == []
    assert await checker.faults(town.url) == {}
    service.kill()


async def test_a_commit_of_unknown_outcome_is_asked_again(town: Town):
    before = (await checker.census(town.url))["event"]
    cuts: Counter[Cut] = Counter()
    seen = 0

    async def connect() -> Stream:
        return await asyncio.open_unix_connection(town.socket)

    async def cut_commits(data: bytes) -> Cut:
        nonlocal seen
        if not data.endswith(COMMIT):
            return Cut.NOT
        seen += 1
        cut = {0: Cut.AFTER, 5: Cut.BEFORE}.get(seen % 10, Cut.NOT) if seen > 20 else Cut.NOT
        cuts[cut] += 1
        return cut

    async with proxy(connect, sent=cut_commits) as port:
        url = f"postgresql://yiguan@127.0.0.1:{port}/yiguan"
        service = await town.serve(YIGUAN_DATABASE_URL=url)
        reporters = Reporters(service.url, town.keys[CENTRE])
        async with reporters.reporting(12) as ledger:
            await reporters.until(1000)
        service.kill()
    print(f"\n{cuts} {ledger.answers}")

    assert not ledger.broken
    assert not ledger.open
    assert min(cuts[Cut.AFTER], cuts[Cut.BEFORE]) > 5
    # Written by the commit nobody heard of, found by the service itself: 200 at the first try.
    assert ledger.answers["first 200"] > 5
    assert await checker.lost(town.url, ledger.acknowledged) == []
    assert await checker.faults(town.url) == {}
    assert (await checker.census(town.url))["event"] == before + len(ledger.acknowledged)
