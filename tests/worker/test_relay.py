"""The relay: every line once to everyone who wants it, however workers come and go."""

import asyncio
from typing import Any

import asyncpg
import pytest

from app.domain.authority import Role
from app.domain.errors import DomainError
from app.domain.topic import Topic
from app.worker.relay import Relay
from tests.given import GRID, HARBOUR, WEST, City
from tests.worker.sender import endpoint, id_of

NOWHERE = "http://127.0.0.1:9/hook"
WAITING = "SELECT line FROM delivery WHERE webhook = $1 ORDER BY epoch, xid, line"


async def relay(city: City, one: Relay) -> int:
    service, now = city.app.state.service, city.clock.now()
    done = await one.turn(service.database, service.library.current(now).rulebook, now)
    return len(done.matched)


async def waiting(city: City, made: Any) -> list[int]:
    async with city.app.state.service.database.reading() as tx:
        return [row["line"] for row in await tx.fetch(WAITING, id_of(made))]


async def steps(city: City, where: str = "true") -> list[int]:
    async with city.app.state.service.database.reading() as tx:
        sql = f"SELECT id FROM step WHERE {where} ORDER BY epoch, xid, id"
        return [row["id"] for row in await tx.fetch(sql)]


async def test_an_endpoint_hears_of_what_was_committed_behind_it_once(city: City):
    reporter = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    await reporter.post(city.report())
    before = await steps(city)
    made, one = await endpoint(city, NOWHERE), Relay()
    unit = (await reporter.post(city.report())).json()["unit"]
    await reporter.act(unit["id"], "accept")
    for _ in range(4):
        await relay(city, one)
    assert await waiting(city, made) == [line for line in await steps(city) if line not in before]


async def test_it_hears_of_the_types_and_the_scope_it_asked_for(city: City):
    filed = await endpoint(city, NOWHERE, types=(Topic.UNIT_FILED,))
    harbour = await endpoint(city, NOWHERE, scope=f"{HARBOUR}-ZX")
    west = await endpoint(city, NOWHERE, scope=f"{WEST}-ZX")
    reporter, one = await city.person(f"{GRID}-WG", Role.GRID_WORKER), Relay()
    await reporter.post(city.report())
    for _ in range(3):
        await relay(city, one)
    assert await waiting(city, filed) == await steps(city, "action = 'file'")
    assert await waiting(city, harbour) == await steps(city)
    assert await waiting(city, west) == []


async def test_one_that_is_switched_off_gets_nothing_until_it_is_on_again(city: City):
    made, other, one = await endpoint(city, NOWHERE), await endpoint(city, NOWHERE), Relay()
    reporter = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    await switch(city, made, "now()")
    await reporter.post(city.report())
    for _ in range(3):
        await relay(city, one)
    missed = await steps(city)
    await switch(city, made, "NULL")
    await reporter.post(city.report())
    for _ in range(3):
        await relay(city, one)
    assert await waiting(city, other) == await steps(city)
    assert await waiting(city, made) == [line for line in await steps(city) if line not in missed]


async def switch(city: City, made: Any, at: str) -> None:
    async with city.app.state.service.database.transaction() as tx:
        await tx.execute(
            f"UPDATE webhook SET disabled_at = {at}, version = version + 1,"
            f" disabled_by = CASE WHEN {at} IS NULL THEN NULL ELSE 'by_hand' END WHERE id = $1",
            id_of(made),
        )


async def test_the_first_endpoint_of_all_hears_of_what_came_right_behind_it(city: City):
    reporter, one = await city.person(f"{GRID}-WG", Role.GRID_WORKER), Relay()
    await reporter.post(city.report())
    await relay(city, one)
    await relay(city, one)
    before = await steps(city)
    made = await endpoint(city, NOWHERE)
    await reporter.post(city.report())
    for _ in range(3):
        await relay(city, one)
    assert await waiting(city, made) == [line for line in await steps(city) if line not in before]


async def test_any_number_of_relays_put_every_line_once_and_in_order(city: City):
    made = await endpoint(city, NOWHERE)
    relays = [Relay() for _ in range(3)]
    reporter = await city.person(f"{GRID}-WG", Role.GRID_WORKER)

    async def report() -> None:
        for _ in range(12):
            await reporter.post(city.report())

    async def go_on(one: Relay) -> int:
        found = 0
        for _ in range(25):
            found += await relay(city, one)
            await asyncio.sleep(0.005)
        return found

    reporting = asyncio.create_task(report())
    counts = await asyncio.gather(*map(go_on, relays))
    await reporting
    counts += [await go_on(one) for one in relays]
    assert await waiting(city, made) == await steps(city)
    assert sum(counts) == len(await steps(city)) >= 24


async def test_what_an_open_transaction_may_still_come_before_waits(city: City, database_url: str):
    made, one = await endpoint(city, NOWHERE), Relay()
    await relay(city, one)
    connection = await asyncpg.connect(database_url)
    held = connection.transaction()
    await held.start()
    await connection.execute("SELECT pg_current_xact_id()")
    reporter = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    await reporter.post(city.report())
    assert await relay(city, one) == 0
    await held.rollback()
    await connection.close()
    await relay(city, one)
    assert await waiting(city, made) == await steps(city)


async def test_a_relay_that_fails_in_the_middle_loses_and_repeats_nothing(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    made, one = await endpoint(city, NOWHERE), Relay()
    await relay(city, one)
    reporter = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    await reporter.post(city.report())

    async def fail(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as broken:
        broken.setattr("app.store.deliveries.move", fail)
        with pytest.raises(DomainError):
            await relay(city, one)
    assert await waiting(city, made) == []
    await relay(city, one)
    assert await waiting(city, made) == await steps(city)


async def test_a_publication_is_told_to_everybody(city: City):
    made = await endpoint(city, NOWHERE, scope=f"{WEST}-ZX", types=(Topic.RULEBOOK_PUBLISHED,))
    one = Relay()
    await relay(city, one)
    async with city.app.state.service.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO rulebook SELECT (jsonb_populate_record(r, jsonb_build_object("
            "'version', version + 1, 'epoch', (SELECT epoch FROM feed_epoch), 'line',"
            " nextval('step_id'), 'xid', pg_current_xact_id()::text))).* FROM rulebook r"
        )
    await relay(city, one)
    assert len(await waiting(city, made)) == 1
