"""The stream: events as they are committed, resumed where it broke off, ended politely."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest

from app.api import stream as api
from app.cli import listening as web
from app.domain.authority import Role
from tests import queries
from tests.given import CITY, EAST, GRID, WEST, City, Person
from tests.listening import Stream, listening, streaming
from tests.torture.town import come_true


@pytest.fixture
async def url(city: City) -> AsyncIterator[str]:
    async with listening(city) as found:
        yield found


async def worker(city: City) -> Person:
    return await city.person(f"{GRID}-WG", Role.GRID_WORKER)


async def key(city: City, code: str = CITY) -> str:
    return await city.key(f"{code}-ZX", Role.SUPERVISOR)


async def types(stream: Stream, count: int) -> list[str]:
    return [(await stream.next()).type for _ in range(count)]


async def test_events_come_as_they_are_committed(city: City, url: str):
    reporter = await worker(city)
    async with streaming(url, await key(city)) as stream:
        assert stream.answer.status_code == 200
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        unit = (await reporter.post(city.report())).json()["unit"]
        begun = time.monotonic()
        assert await types(stream, 2) == ["unit.filed", "unit.dispatched"]
        assert time.monotonic() - begun < 0.5
        await reporter.act(unit["id"], "accept")
        accepted = await stream.next()
    assert stream.retry > 0
    assert accepted.type == accepted.data["type"] == "unit.accepted"
    assert accepted.data["data"]["unit"]["id"] == unit["id"]
    assert accepted.data["data"]["change"]["to"]["state"] == "accepted"


async def test_it_says_what_the_feed_says(city: City, url: str):
    reader = await city.person(f"{CITY}-ZX", Role.SUPERVISOR)
    reporter = await worker(city)
    begun = (await reader.get("/v1/feed"))["cursor"]
    await reporter.post(city.report())
    async with streaming(url, reader.key, cursor=begun, payload="full") as stream:
        await reporter.post(city.report())
        await types(stream, 4)
    page = await reader.get("/v1/feed", cursor=begun, payload="full")
    items = [{**event.data, "cursor": event.id} for event in stream.seen]
    assert items == page["items"]


async def test_a_reader_comes_back_where_it_was(city: City, url: str):
    reporter = await worker(city)
    reader = await city.person(f"{CITY}-ZX", Role.SUPERVISOR)
    begun = (await reader.get("/v1/feed"))["cursor"]
    async with streaming(url, reader.key) as stream:
        await reporter.post(city.report())
        first = await stream.next()
    for _ in range(3):
        await reporter.post(city.report())
    # The address still has the cursor it began with, as a browser's would.
    async with streaming(url, reader.key, last_id=first.id, cursor=begun) as again:
        await reporter.post(city.report())
        await types(again, 9)
    page = await reader.get("/v1/feed", cursor=begun)
    told = [first.data["id"], *(event.data["id"] for event in again.seen)]
    assert told == [item["id"] for item in page["items"]]


async def test_each_is_told_what_they_asked_for_and_may_see(city: City, url: str):
    reporter = await worker(city)
    async with (
        streaming(url, await key(city, EAST), types="unit.accepted") as chosen,
        streaming(url, await key(city, WEST)) as west,
        streaming(url, await key(city), scope=f"{WEST}-ZX") as narrowed,
        streaming(url, await city.key(f"{GRID}-WG", Role.REPORTER)) as stranger,
        streaming(url, reporter.key) as own,
    ):
        unit = (await reporter.post(city.report())).json()["unit"]
        await reporter.act(unit["id"], "accept")
        assert await types(chosen, 1) == ["unit.accepted"]
        assert await types(own, 3) == ["unit.filed", "unit.dispatched", "unit.accepted"]
        for stream in (west, narrowed, stranger):
            with pytest.raises(TimeoutError):
                await stream.next(within=0.3)


async def test_it_gives_signs_of_life_that_move_the_last_id_on(
    city: City, url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(api, "HEARTBEAT", 0.1)
    reporter = await worker(city)
    async with streaming(url, await key(city, WEST)) as stream:
        await reporter.post(city.report())
        with pytest.raises(TimeoutError):
            await stream.next(within=1)
    assert stream.comments >= 2
    west = await city.person(f"{WEST}-ZX", Role.SUPERVISOR)
    assert (await west.get("/v1/feed", cursor=stream.last_id))["items"] == []


async def test_a_revoked_key_ends_it(city: City, url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(api, "HEARTBEAT", 0.1)
    monkeypatch.setattr(api, "RECHECK", 0.2)
    monkeypatch.setattr("app.api.access.REMEMBERED", 0.1)
    secret = await key(city)
    async with streaming(url, secret) as stream:
        administrator = await city.person(f"{CITY}-ZX", Role.ADMINISTRATOR)
        revoked = await administrator.call("DELETE", f"/v1/keys/{secret.split('_')[1]}")
        assert revoked.is_success, revoked.text
        assert (await stream.next()).type == "closed"
        with pytest.raises(EOFError):
            await stream.next()


def stalled(url: str, secret: str, *, room: int) -> socket.socket:
    """A reader that asks and then reads nothing, with little room on its side."""
    place = urlsplit(url)
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    peer.connect((place.hostname, place.port))
    head = f"GET /v1/stream?payload=full HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n"
    peer.sendall(f"{head}\r\n".encode())
    return peer


async def readers(city: City) -> float:
    text = (await city.client.get("/metrics")).text
    found = {line.split()[0]: line.split()[1] for line in text.splitlines() if line[0] != "#"}
    return float(found["yiguan_tail_readers"])


async def until(city: City, count: int) -> None:
    async def they_are() -> bool:
        return await readers(city) == count

    await come_true(they_are)


async def test_a_slow_reader_is_told_and_let_go(
    city: City, url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.api.waiting.BUFFER", 5)
    reporter = await worker(city)
    async with streaming(url, await key(city)) as stream:
        # All at once is more than is kept for one reader.
        reports = [city.report() for _ in range(5)]
        await asyncio.gather(*(reporter.post(report) for report in reports))
        seen = []
        while not seen or seen[-1].type != "dropped":
            seen.append(await stream.next())
        assert "Last-Event-ID" in seen[-1].data["en"]
        with pytest.raises(EOFError):
            await stream.next()
    monkeypatch.undo()
    async with streaming(url, await key(city), last_id=stream.last_id) as again:
        await types(again, 10 - (len(seen) - 1))
    metrics = (await city.client.get("/metrics")).text
    assert "yiguan_tail_dropped_total 1.0" in metrics


async def test_a_reader_that_takes_nothing_is_cut(
    city: City, url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(web, "STALL", 0.3)
    reporter = await worker(city)
    begun = (await reporter.get("/v1/feed"))["cursor"]
    peer = await asyncio.to_thread(stalled, url, await key(city), room=4096)
    await until(city, 1)
    texts = [city.report("楼下一堆垃圾好臭" + "臭" * 3000) for _ in range(60)]
    for _ in range(20):
        await asyncio.gather(*(reporter.post(one) for one in texts[:3]))
        texts = texts[3:]
        if await readers(city) == 0:
            break
        await asyncio.sleep(0.2)
    peer.close()
    await until(city, 0)
    assert (await reporter.get("/v1/feed", cursor=begun))["items"]


async def test_who_leaves_is_forgotten(city: City, url: str):
    async with streaming(url, await key(city)):
        await until(city, 1)
    await until(city, 0)


async def test_a_thousand_readers_cost_one_reader_of_the_log(city: City, url: str):
    count, reporter = 100, await worker(city)
    secret = await key(city)
    limits = httpx.Limits(max_connections=count)
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(trust_env=False, timeout=60, limits=limits) as client:

        async def read(answer: httpx.Response) -> list[str]:
            found = []
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    found.append(json.loads(line[6:])["type"])
                if len(found) == 3:
                    break
            return found

        answers = [
            await client.send(
                client.build_request("GET", f"{url}/v1/stream", headers=headers), stream=True
            )
            for _ in range(count)
        ]
        await until(city, count)
        async with queries.logged(city.app.state.service.database) as asked:
            unit = (await reporter.post(city.report())).json()["unit"]
            await reporter.act(unit["id"], "accept")
            told = await asyncio.gather(*map(read, answers))
            about = [one for one in asked if "feed_epoch" in one and "INSERT" not in one]
        for answer in answers:
            await answer.aclose()
    assert told == [["unit.filed", "unit.dispatched", "unit.accepted"]] * count
    assert len(about) < count / 2, "one reader, at its own pace"


async def test_the_service_stops_with_streams_open(city: City):
    async with listening(city) as url, streaming(url, await key(city)) as stream:
        await until(city, 1)
        city.app.state.service.tail.close()
        with pytest.raises(EOFError):
            await stream.next()
