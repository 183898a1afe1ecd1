"""An accountant killed at its commit, before it and after it: nothing is counted twice or lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.flows import accounting
from app.store.database import Database
from tests import counted as counting
from tests.naive import reading
from tests.torture.conftest import Tell
from tests.torture.test_workers import Trap, _report
from tests.torture.town import START, Town, come_true

COUNTED = b"INSERT INTO tally "
"""What a connection sends when it counts for the first time: then the statement is known."""


@pytest.mark.parametrize("passes_on", [False, True], ids=["before", "after"])
async def test_killed_at_its_commit_it_counts_every_line_once(
    town: Town, counted: Tell, *, passes_on: bool
):
    now = datetime.now(UTC)
    async with Database.connect(town.url, size=2) as database:
        await counting.count(database, now)
        async with database.reading() as tx:
            before = sum((await counting.rollups(tx)).values())
        trap = Trap(town, passes_on=passes_on, told_by=COUNTED)
        trap.is_set = True
        async with trap.worker():

            async def is_caught() -> bool:
                return trap.caught.is_set()

            await _report(town, 150, ago=timedelta(seconds=1))
            await come_true(is_caught, within=START)
            # What was passed on is committed before the worker dies.
            await asyncio.sleep(0.5)
        async with database.reading() as tx:
            known = sum((await counting.rollups(tx)).values()) - before
        lines = await counting.count(database, datetime.now(UTC), limit=50)
        assert known > 0 if passes_on else lines > 0
        async with database.reading() as tx:
            assert await counting.rollups(tx) == await reading(tx)
            assert await counting.is_coherent(tx)
        again = await accounting.rebuild(database, counting.ZONE_NAME, now, compares=True)
        assert again.differences == 0
    counted(f"{known} counted when it was killed, {lines} lines were left to count")
