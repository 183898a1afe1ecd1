"""Following what happens with the published client: the feed, the stream, and a mirror."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import pytest
from typing_extensions import override

from app.domain.authority import Role
from tests.client.connecting import Line, Open
from tests.given import City, Person
from yiguan_client import Client, Mirror, Resync, Told
from yiguan_client.streaming import Event, events

CENTRE = "500101-ZX", Role.SUPERVISOR
WORKER = "500101001001001-WG", Role.GRID_WORKER


async def worked(worker: Person, *actions: str) -> str:
    """Report something and do something to it; returns its id."""
    unit: str = (await worker.post(worker.city.report())).json()["unit"]["id"]
    for action in actions:
        await worker.act(unit, action, reason="如此办理")
    return unit


async def first(told: AsyncIterator[Told], count: int) -> list[Told]:
    found: list[Told] = []
    async with aclosing(told) as ending:  # type: ignore[type-var]
        async for one in ending:
            found.append(one)
            if len(found) == count:
                break
    return found


def types(told: list[Told]) -> list[str]:
    return [one.message["type"] for one in told]


DONE = ["unit.filed", "unit.dispatched", "unit.accepted", "unit.started"]


async def test_the_feed_tells_what_happens_and_goes_on_from_any_cursor(city: City, client_of: Open):
    client, worker = await client_of(*CENTRE), await city.person(*WORKER)
    start = (await client.snapshot())["cursor"]
    await worked(worker, "accept", "start")
    told = await first(client.feed(start), 4)
    assert types(told) == DONE
    for number, one in enumerate(told[:-1]):
        again = await first(client.feed(one.cursor), 3 - number)
        assert again == told[number + 1 :]


async def test_the_feed_tells_only_the_types_and_the_units_asked_for(city: City, client_of: Open):
    client, worker = await client_of(*CENTRE), await city.person(*WORKER)
    start = (await client.snapshot())["cursor"]
    await worked(worker, "accept", "start")
    found = await first(client.feed(start, types=["unit.accepted", "unit.started"], full=True), 2)
    assert types(found) == DONE[2:]
    assert found[0].message["data"]["unit"]["holder"]["code"] == WORKER[0]
    elsewhere = await client.page(start, scope="500101002-ZX")
    assert elsewhere["items"] == []


async def test_the_feed_outlasts_a_service_that_is_away(city: City, client_of: Open):
    client, worker = await client_of(*CENTRE, tries=2), await city.person(*WORKER)
    start = (await client.snapshot())["cursor"]
    await worked(worker)
    line = client.http._transport
    assert isinstance(line, Line)
    line.breaks = {number: ("lost", "busy")[number % 2] for number in range(2, 9)}
    assert types(await first(client.feed(start), 2)) == DONE[:2]
    assert len(line.asked) == 9


async def test_a_cursor_that_is_too_old_asks_for_a_snapshot(city: City, client_of: Open):
    client = await client_of(*CENTRE)
    start = (await client.snapshot())["cursor"]
    city.clock.forward(days=1000)
    with pytest.raises(Resync):
        await anext(client.feed(start))


async def test_a_mirror_has_what_a_fresh_snapshot_has(city: City, client_of: Open):
    client, worker = await client_of(*CENTRE), await city.person(*WORKER)
    await worked(worker)
    mirror = await Mirror.of(client)
    assert mirror.count(state="dispatched") == 1
    await worked(worker, "accept", "start")
    await worked(worker, "accept", "return")
    city.clock.forward(hours=30)
    await city.fire()
    assert mirror.count() == 1
    told = await mirror.catch_up()
    assert {"unit.returned", "clock.overdue"} <= {message["type"] for message in told}
    assert mirror.counts == (await Mirror.of(client)).counts
    assert mirror.count(organisation=WORKER[0], state="in_progress") == 1
    assert mirror.count(light="red") == mirror.count() == 3
    assert await mirror.catch_up() == []


async def test_a_mirror_whose_cursor_is_too_old_begins_anew(city: City, client_of: Open):
    client, worker = await client_of(*CENTRE), await city.person(*WORKER)
    mirror = await Mirror.of(client)
    await worked(worker)
    city.clock.forward(days=1000)
    assert await mirror.catch_up() == []
    assert (mirror.resyncs, mirror.count()) == (1, 1)


async def test_following_yields_each_message_once_the_counts_have_it(city: City, client_of: Open):
    client, worker = await client_of(*CENTRE), await city.person(*WORKER)
    mirror = await Mirror.of(client)
    await worked(worker, "accept")
    seen = []
    async with aclosing(mirror.follow()) as messages:
        async for message in messages:
            seen.append(message["type"])
            if message["type"] == "unit.accepted":
                break
    assert seen == DONE[:3]
    assert mirror.count(state="accepted") == 1


class Cutting(httpx.AsyncHTTPTransport):
    """Connections that each break after so many lines."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._after = after
        self.last_ids: list[str | None] = []

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        if request.url.path == "/v1/stream":
            self.last_ids.append(request.headers.get("last-event-id"))
            answer.stream = Cut(answer, self._after)
        return answer


class Cut(httpx.AsyncByteStream):
    def __init__(self, answer: httpx.Response, after: int) -> None:
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        self._inner = answer.stream
        self._after = after

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._after
        async for chunk in self._inner:
            for line in chunk.splitlines(keepends=True):
                yield line
                left -= line == b"\n"
                if not left:
                    raise httpx.ReadError("cut")

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()


async def test_a_stream_that_breaks_is_taken_up_where_it_broke(
    city: City, client_of: Open, address: str
):
    worker = await city.person(*WORKER)
    cutting = Cutting(after=3)
    async with Client(address, await city.key(*CENTRE), transport=cutting) as client:
        start = (await client.snapshot())["cursor"]
        await worked(worker, "accept", "start")
        told = await first(client.stream(start), 4)
        assert types(told) == DONE
        assert len({one.message["id"] for one in told}) == 4
        assert cutting.last_ids[:2] == [start, told[1].cursor]
        assert [one.message["id"] for one in told] == [
            item["id"] for item in (await client.page(start))["items"]
        ]


async def test_a_stream_whose_key_is_refused_ends(address: str):
    async with Client(address, "yg_0000000000000000_nobody") as client:
        with pytest.raises(Exception, match="401"):
            await anext(client.stream())


async def test_events_are_read_as_the_standard_has_them():
    async def lines() -> AsyncIterator[str]:
        for line in (
            *("retry: 2000", ""),
            *("id: a", "event: unit.filed", "data: {", "data:}", ""),
            *(": beat", "id: b", ""),
            *("event: dropped", "data: slow", ""),
            *("data: never ended",),
        ):
            yield line

    assert [event async for event in events(lines())] == [
        Event("a", "unit.filed", "{\n}"),
        Event("b", "", ""),
        Event(None, "dropped", "slow"),
    ]
