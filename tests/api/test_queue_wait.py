"""wait=: a request for a queue is answered when the page has become another, by whoever's doing."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.domain.authority import Role
from app.main import create_app
from app.settings import Settings
from tests.given import CITY, EAST, GRID, HARBOUR, City, Person
from tests.queries import logged

QUEUE = f"/v1/organisations/{HARBOUR}-ZX/queue"
UNSURE = "说不清楚是啥子事情"
SOON = 0.3


async def clerk(city: City, name: str = "小陈") -> Person:
    return await city.person(f"{HARBOUR}-ZX", Role.CLERK, name=name)


async def report(city: City) -> str:
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit: str = (await worker.post(city.report(UNSURE))).json()["unit"]["id"]
    return unit


async def look(person: Person, tag: str = "", path: str = QUEUE, **asked: Any) -> httpx.Response:
    headers = {"If-None-Match": tag} if tag else {}
    return await person.call("GET", path, headers=headers, params=asked)


@asynccontextmanager
async def another_process(city: City, url: str, folder: Path) -> AsyncIterator[City]:
    """A second service on the same database, which shares nothing else with the first."""
    settings = Settings(
        home=Path("/nonexistent"), database_url=url, pool_size=2, attachments=folder
    )
    app = create_app(settings, clock=city.clock)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://yiguan") as client:
            yield City(client, app, city.clock, city.keys, count=1000)


async def answered_after(waiting: asyncio.Task[httpx.Response], begun: float) -> float:
    async with asyncio.timeout(5):
        await waiting
    return time.monotonic() - begun


async def test_it_wakes_soon_after_what_another_process_did(
    city: City, database_url: str, tmp_path: Path
):
    person = await clerk(city)
    await report(city)
    tag = (await look(person)).headers["etag"]
    async with another_process(city, database_url, tmp_path) as other:
        worker = await other.person(f"{GRID}-WG", Role.GRID_WORKER)
        taken = []
        for _ in range(5):
            waiting = asyncio.create_task(look(person, tag, wait=10))
            await asyncio.sleep(0.4)
            assert not waiting.done()
            assert (await worker.post(other.report(UNSURE))).status_code == 201
            taken.append(await answered_after(waiting, time.monotonic()))
            assert waiting.result().status_code == 200
            tag = waiting.result().headers["etag"]
    assert sorted(taken)[len(taken) // 2] < SOON


async def test_an_empty_queue_is_waited_for_without_a_tag(city: City):
    person = await clerk(city)
    waiting = asyncio.create_task(look(person, wait=10))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    unit = await report(city)
    await answered_after(waiting, time.monotonic())
    assert [one["id"] for one in waiting.result().json()["items"]] == [unit]
    full = time.monotonic()
    assert (await look(person, wait=10)).status_code == 200
    assert time.monotonic() - full < 1


async def test_a_subtree_and_a_view_are_waited_for_too(city: City):
    above = await city.person(f"{EAST}-ZX", Role.SUPERVISOR)
    path = f"/v1/organisations/{EAST}-ZX/queue"
    unit = await report(city)
    asked = {"subtree": True, "view": "watched", "wait": 10}
    waiting = asyncio.create_task(look(above, path=path, **asked))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await above.act(unit, "supervise", limit="4工作时", reason="督办")
    await answered_after(waiting, time.monotonic())
    assert len(waiting.result().json()["items"]) == 1
    top = await city.person(f"{CITY}-ZX", Role.SUPERVISOR)
    path = f"/v1/organisations/{CITY}-ZX/queue"
    tag = (await look(top, path=path, subtree=True)).headers["etag"]
    waiting = asyncio.create_task(look(top, tag, path, subtree=True, wait=10))
    await asyncio.sleep(0.3)
    await report(city)
    await answered_after(waiting, time.monotonic())
    assert len(waiting.result().json()["items"]) == 2


@pytest.mark.parametrize("is_known", [True, False])
async def test_at_the_end_it_is_as_without_waiting(city: City, is_known: bool):
    person = await clerk(city)
    tag = (await look(person)).headers["etag"] if is_known else ""
    begun = time.monotonic()
    answer = await look(person, tag, wait=1)
    assert 0.9 < time.monotonic() - begun < 3
    assert answer.status_code == (304 if is_known else 200)


async def test_what_happens_elsewhere_costs_those_who_wait_nothing(city: City):
    await report(city)
    person = await clerk(city)
    tag = (await look(person)).headers["etag"]
    waiting = asyncio.create_task(look(person, tag, wait=2))
    await asyncio.sleep(0.3)
    other = await city.person("500102-ZX", Role.SUPERVISOR)
    async with logged(city.app.state.service.database) as queries:
        report_there = city.report(UNSURE, place={"code": "500102001"})
        assert (await other.post(report_there)).status_code == 201
        await asyncio.sleep(0.5)
        assert not [query for query in queries if "WITH given" in query]
    assert (await waiting).status_code == 304


async def test_a_light_that_turns_by_itself_ends_the_waiting(city: City):
    await report(city)
    person = await clerk(city)
    page = await look(person)
    # What is left until it turns is waited for on the real clock.
    city.clock.forward(minutes=14, seconds=59.5)
    waiting = asyncio.create_task(look(person, page.headers["etag"], wait=5))
    await asyncio.sleep(0.2)
    city.clock.forward(seconds=1)
    assert await answered_after(waiting, time.monotonic()) < 2
    assert waiting.result().json()["items"][0]["light"] == "yellow"


async def test_whoever_goes_leaves_nobody_waiting(city: City):
    service = city.app.state.service
    tail = service.tail
    waiting = asyncio.create_task(look(await clerk(city), wait=30))
    await asyncio.sleep(0.3)
    assert len(tail._watches.all) == 1
    waiting.cancel()
    await asyncio.sleep(0.1)
    assert not tail._watches.all
