"""Reports of one matter written at once by two processes: one is worked on, nobody waits long."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid4

import pytest

from app.domain.area import AreaCode
from app.domain.event import Datum, Event, EventId, Point, Where
from app.flows import intake
from app.flows.intake import Written
from app.store.database import Database, Tx
from tests import pieces
from tests.given import GRID, City

HERE, THERE = (106.57501, 29.55601), (106.58501, 29.56601)
NEXT_CELL = (106.57499, 29.55599)
"""A few metres off, and in another cell."""


def report(at: tuple[float, float] | None, number: int = 0, **attributes: str) -> Event:
    point = Point(*at, Datum.WGS84) if at else None
    key = uuid4()
    return pieces.event(
        id=EventId(UUID(int=number << 64 | key.int & (1 << 64) - 1) if number else key),
        where=Where(code=AreaCode(GRID), point=point),
        attributes=attributes,
    )


async def write(tx: Tx, city: City, reports: Sequence[Event]) -> Written:
    now = city.clock.now()
    reference = city.app.state.service.library.current(now)
    ordered = sorted(reports, key=lambda one: one.id)
    return await intake.write(tx, intake.judge(ordered, reference, now), reference, now)


def into(written: Written, reports: Sequence[Event]) -> list[UUID | None]:
    return [written.admitted[one.id].admission.root.unit.merged_into for one in reports]


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Database]:
    """Another process's way to the same database."""
    async with Database.connect(database_url, size=2) as opened:
        yield opened


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (report(HERE), report(HERE)),
        (report(HERE), report(NEXT_CELL)),
        (report(HERE, device="SN-1"), report(THERE, device="SN-1")),
    ],
    ids=["one spot", "two cells", "one device"],
)
async def test_whoever_comes_second_waits_and_is_merged(
    city: City, other: Database, first: Event, second: Event
):
    async def late() -> Written:
        async with other.transaction() as tx:
            return await write(tx, city, [second])

    async with city.app.state.service.database.transaction() as tx:
        await write(tx, city, [first])
        waiting = asyncio.create_task(late())
        await asyncio.sleep(0.2)
        assert not waiting.done()
    assert into(await waiting, [second]) == [first.id]


async def test_whoever_writes_elsewhere_does_not_wait(city: City, other: Database):
    async with city.app.state.service.database.transaction() as tx:
        await write(tx, city, [report(HERE)])
        async with asyncio.timeout(5), other.transaction() as second:
            found = report(THERE)
            assert into(await write(second, city, [found]), [found]) == [None]


async def test_batches_that_cross_do_not_wait_for_each_other_for_ever(city: City, other: Database):
    async def batch(database: Database, reports: Sequence[Event]) -> list[UUID | None]:
        async with database.transaction() as tx:
            return into(await write(tx, city, reports), reports)

    # Each batch writes its places in an order of its own: by the ids of its reports.
    spots = [(106.575 + step / 500, 29.556) for step in range(10)]
    one = [report(at, number) for number, at in enumerate(spots, start=1)]
    two = [report(at, number) for number, at in enumerate(reversed(spots), start=101)]
    async with asyncio.timeout(20):
        merged = await asyncio.gather(
            batch(city.app.state.service.database, one), batch(other, two)
        )
    own = sorted(sum(unit is None for unit in batch) for batch in merged)
    assert own == [0, 10]
