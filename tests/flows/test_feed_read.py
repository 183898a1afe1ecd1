"""The feed read from the store: every line once, what it changes, and publications among them."""

import asyncpg

from app.domain.authority import Role
from app.domain.feed import START, Position
from app.domain.topic import Topic
from app.store import feed
from app.store.feed import Batch
from tests.given import EAST, GRID, HARBOUR, City


async def all_lines(city: City, after: Position = START, limit: int = 200) -> Batch:
    async with city.app.state.service.database.reading() as tx:
        return await feed.read(tx, after, limit=limit)


async def test_a_new_unit_begins_nowhere_and_each_change_says_what_was_before(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await worker.post(city.report())).json()["unit"]
    await worker.act(unit["id"], "accept")
    batch = await all_lines(city)

    lines = [line for line in batch.lines if line.unit]
    assert [line.topic for line in lines] == [
        Topic.UNIT_FILED,
        Topic.UNIT_DISPATCHED,
        Topic.UNIT_ACCEPTED,
    ]
    assert [line.before is None for line in lines] == [True, True, False]
    before, after = lines[-1].before, lines[-1].after
    assert before
    assert after
    assert (before.state, after.state) == ("dispatched", "accepted")
    assert before._replace(state="accepted") == after
    assert after.street == HARBOUR
    assert after.district == EAST
    assert batch.is_last


async def test_pages_of_any_size_are_the_whole(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    for _ in range(3):
        await worker.post(city.report())
    whole = await all_lines(city)
    position, found = START, list[str]()
    while True:
        batch = await all_lines(city, position, limit=2)
        found += [line.id for line in batch.lines]
        position = batch.end
        if batch.is_last:
            break
    assert found == [line.id for line in whole.lines]
    assert len(found) == len(set(found)) >= 6


async def test_a_publication_is_a_line(city: City):
    lines = (await all_lines(city)).lines
    assert lines[0].topic is Topic.RULEBOOK_PUBLISHED
    assert lines[0].data["version"] == 1


async def test_what_an_open_transaction_may_still_come_before_is_not_read_yet(
    city: City, database_url: str
):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    before = (await all_lines(city)).end
    connection = await asyncpg.connect(database_url)
    writing = connection.transaction()
    await writing.start()
    await connection.execute("SELECT pg_current_xact_id()")
    await worker.post(city.report())
    held = await all_lines(city, before)
    await writing.rollback()
    await connection.close()
    freed = await all_lines(city, held.end)

    assert held.lines == ()
    assert len(freed.lines) == 2
