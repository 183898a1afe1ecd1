"""An accountant killed at its commit, before it and after it: nothing is counted twice or lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.flows import accounting
from app.store import accounting as accounting_store
from app.store.database import Database
from tests import counted as counting
from tests.naive import reading
from tests.torture import test_workers
from tests.torture.conftest import Tell
from tests.torture.test_workers import Trap, _report
from tests.torture.town import START, Town, come_true


@pytest.mark.parametrize("passes_on", [False, True], ids=["before", "after"])
async def test_killed_at_its_commit_it_counts_every_line_once(
    town: Town, counted: Tell, monkeypatch: pytest.MonkeyPatch, *, passes_on: bool
):
    # Larger than any other transaction of a worker.
    monkeypatch.setattr(test_workers, "LARGE", 20_000)
    now = datetime.now(UTC)
    async with Database.connect(town.url, size=2) as database:
        await counting.count(database, now)
        async with database.reading() as tx:
            before = sum((await counting.rollups(tx)).values())
        trap = Trap(town, passes_on=passes_on)
        async with trap.worker():
            begun = datetime.now(UTC)

            async def is_counting() -> bool:
                async with database.reading() as tx:
                    until = (await accounting_store.standing(tx)).counted_until
                return until is not None and until > begun

            async def is_caught() -> bool:
                return trap.caught.is_set()

            await come_true(is_counting, within=START)
            trap.is_set = True
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
