"""The feed over HTTP: from a cursor on, nothing skipped, nothing repeated, nothing of others."""

import asyncio
import base64
import json
import time
from typing import Any

import asyncpg
import httpx
import pytest

from app.api.feed import FeedOut
from app.domain.authority import Role
from tests import queries
from tests.gate import FREE, Gate
from tests.given import CITY, EAST, GRID, HARBOUR, HILL, WEST, City, Person

SEWER = "下水道井盖不见了娃儿差点掉下去"


async def centre(city: City, code: str = CITY) -> Person:
    return await city.person(f"{code}-ZX", Role.SUPERVISOR)


async def worker(city: City, grid: str = GRID) -> Person:
    return await city.person(f"{grid}-WG", Role.GRID_WORKER)


async def read_all(
    person: Person, cursor: str, *, limit: int = 100, **params: Any
) -> tuple[list[dict[str, Any]], str]:
    items: list[dict[str, Any]] = []
    while True:
        page = await person.get("/v1/feed", cursor=cursor, limit=limit, **params)
        items += page["items"]
        cursor = page["cursor"]
        if not page["more"]:
            return items, cursor


def types(items: list[dict[str, Any]]) -> list[str]:
    return [item["type"] for item in items]


async def test_without_a_cursor_it_begins_now(city: City):
    reader, reporter = await centre(city), await worker(city)
    await reporter.post(city.report())
    begun = await reader.get("/v1/feed")
    assert begun["items"] == []
    assert begun["more"] is False
    assert (await reader.get("/v1/feed", cursor=begun["cursor"]))["items"] == []

    unit = (await reporter.post(city.report())).json()["unit"]
    await reporter.act(unit["id"], "accept")
    page = await reader.get("/v1/feed", cursor=begun["cursor"])
    assert types(page["items"]) == ["unit.filed", "unit.dispatched", "unit.accepted"]
    assert FeedOut.model_validate(page).items[0].id == page["items"][0]["id"]


async def test_pages_of_any_size_are_the_whole_and_asked_again_are_the_same(city: City):
    reader, reporter = await centre(city), await worker(city)
    begun = (await reader.get("/v1/feed"))["cursor"]
    for _ in range(4):
        await reporter.post(city.report())
    whole, end = await read_all(reader, begun)
    assert len(whole) == 8
    for limit in (1, 3, 8):
        assert (await read_all(reader, begun, limit=limit))[0] == whole
    # Every item's own cursor stands behind it, and behind nothing else.
    for at, item in enumerate(whole):
        assert (await read_all(reader, item["cursor"]))[0] == whole[at + 1 :]
    assert (await read_all(reader, end))[0] == []


async def test_types_choose_by_name_and_by_family(city: City):
    reader, reporter = await centre(city), await worker(city)
    begun = (await reader.get("/v1/feed"))["cursor"]
    unit = (await reporter.post(city.report())).json()["unit"]
    await reporter.act(unit["id"], "accept")
    named, _ = await read_all(reader, begun, types="unit.accepted,clock.*")
    family, _ = await read_all(reader, begun, types="unit.*")
    none, end = await read_all(reader, begun, types="rulebook.published")
    assert types(named) == ["unit.accepted"]
    assert len(family) == 3
    assert none == []
    # What was not asked for is not looked at again.
    assert (await reader.get("/v1/feed", cursor=end))["items"] == []
    refused = await reader.call("GET", "/v1/feed", params={"types": "unit.eaten"})
    assert refused.status_code == 422
    assert "unit.*" in refused.json()["allowed"]


async def test_everybody_reads_what_lies_in_their_sight(city: City):
    reporter = await worker(city)
    readers = {code: await centre(city, code) for code in (CITY, EAST, WEST, HARBOUR, HILL)}
    begun = {code: (await one.get("/v1/feed"))["cursor"] for code, one in readers.items()}
    await reporter.post(city.report())
    found = {code: len((await read_all(one, begun[code]))[0]) for code, one in readers.items()}
    assert found == {CITY: 2, EAST: 2, WEST: 0, HARBOUR: 2, HILL: 0}

    narrowed, _ = await read_all(readers[CITY], begun[CITY], scope=f"{HILL}-ZX")
    assert narrowed == []
    foreign = await readers[WEST].call("GET", "/v1/feed", params={"scope": f"{EAST}-ZX"})
    assert foreign.status_code == 404
    assert foreign.json()["errors"][0]["field"] == "scope"


async def test_who_only_reports_reads_of_their_own_reports(city: City):
    one = await city.person(f"{GRID}-WG", Role.REPORTER, name="one")
    two = await city.person(f"{GRID}-WG", Role.REPORTER, name="two")
    begun = (await one.get("/v1/feed"))["cursor"]
    unit = (await one.post(city.report())).json()["unit"]
    await two.post(city.report())
    items, _ = await read_all(one, begun, payload="full")
    assert types(items) == ["unit.filed", "unit.dispatched"]
    assert {item["data"]["unit"]["id"] for item in items} == {unit["id"]}
    assert items[0]["data"]["unit"]["title"]
    assert items[0]["data"]["change"]["to"]


async def test_a_street_far_behind_is_not_sent_the_city(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.store.feed.SCAN", 5)
    reader, reporter = await centre(city, HILL), await worker(city)
    begun = (await reader.get("/v1/feed"))["cursor"]
    for _ in range(6):
        await reporter.post(city.report())
    there = await worker(city, "500101002001001")
    await there.post(city.report(place={"code": "500101002001001"}))
    first = await reader.get("/v1/feed", cursor=begun)
    assert (first["items"], first["more"]) == ([], True)
    items, _ = await read_all(reader, begun)
    assert types(items) == ["unit.filed", "unit.dispatched"]


async def test_lines_or_one_document(city: City):
    reader, reporter = await centre(city), await worker(city)
    begun = (await reader.get("/v1/feed"))["cursor"]
    await reporter.post(city.report())
    page = await reader.get("/v1/feed", cursor=begun, limit=1)
    answer = await reader.call(
        "GET",
        "/v1/feed",
        params={"cursor": begun, "limit": 1},
        headers={"Accept": "application/x-ndjson"},
    )
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line) for line in answer.text.splitlines()] == page["items"]
    assert answer.headers["feed-cursor"] == page["cursor"]
    assert answer.headers["feed-more"] == "true"


async def test_waiting_ends_with_what_comes_and_with_the_time(city: City):
    reader, reporter = await centre(city, EAST), await worker(city)
    begun = (await reader.get("/v1/feed"))["cursor"]
    began = time.monotonic()
    assert (await reader.get("/v1/feed", cursor=begun, wait=1))["items"] == []
    assert 0.9 < time.monotonic() - began < 3

    waiting = asyncio.create_task(reader.get("/v1/feed", cursor=begun, wait=30))
    await asyncio.sleep(0.3)
    await reporter.post(city.report())
    acted = time.monotonic()
    page = await waiting
    assert time.monotonic() - acted < 0.3
    assert types(page["items"])[0] == "unit.filed"


async def test_those_who_wait_cost_one_reader(city: City):
    people = [await centre(city, code) for code in (CITY, EAST, HARBOUR)]
    begun = (await people[0].get("/v1/feed"))["cursor"]
    async with queries.logged(city.app.state.service.database) as asked:
        await asyncio.gather(
            *(
                people[at % 3].get("/v1/feed", cursor=begun, wait=2, types="rulebook.published")
                for at in range(60)
            )
        )
    looks = [one for one in asked if "pg_snapshot_xip" in one]
    reads = [one for one in asked if "looked AS" in one]
    # Each one reads for itself once, the tail at its own pace.
    assert len(looks) < 60
    assert len(reads) < 60 + 10


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "!!!!",
        "Ⅷ",
        base64.urlsafe_b64encode(b"[1,2]").decode(),
        base64.urlsafe_b64encode(b"[9,1,1,1,1]").decode(),
        base64.urlsafe_b64encode(b"[1,1,-1,1,1]").decode(),
        base64.urlsafe_b64encode(b"[1,1,1.5,1,1]").decode(),
        base64.urlsafe_b64encode(b"[1,1,true,1,1]").decode(),
        base64.urlsafe_b64encode(b'[1,1,1,1,"x"]').decode(),
        base64.urlsafe_b64encode(b"[1,1,1,1,9000000000000000]").decode(),
        base64.urlsafe_b64encode(b'[1,1,1,1,1,1,"5:4:"]').decode(),
        base64.urlsafe_b64encode(b'[1,1,1,1,1,1,"5:9:7,6"]').decode(),
        base64.urlsafe_b64encode(b'[1,1,1,1,1,1,"5:9:10"]').decode(),
        base64.urlsafe_b64encode(b'[1,1,1,1,1,1,"x"]').decode(),
        base64.urlsafe_b64encode(b'{"a":1}').decode(),
        base64.urlsafe_b64encode(b"[1,1,9223372036854775808,1,1]").decode(),
    ],
)
async def test_a_garbled_cursor_is_refused(city: City, cursor: str):
    reader = await centre(city)
    for path in ("/v1/feed", "/v1/stream"):
        answer = await reader.call("GET", path, params={"cursor": cursor})
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["field"] == "cursor"


def expired(answer: httpx.Response) -> bool:
    body = answer.json()
    return (
        answer.status_code == 410
        and body["type"] == "/problems/cursor-expired"
        and body["allowed"] == ["/v1/snapshot"]
        and "/v1/snapshot" in body["detail"]
    )


async def test_a_cursor_is_good_for_thirty_days(city: City):
    reader, reporter = await centre(city), await worker(city)
    begun = (await reader.get("/v1/feed"))["cursor"]
    await reporter.post(city.report())
    read = (await reader.get("/v1/feed", cursor=begun))["items"][-1]["cursor"]
    city.clock.forward(days=29)
    refreshed = (await reader.get("/v1/feed", cursor=read))["cursor"]
    city.clock.forward(days=2)
    for path in ("/v1/feed", "/v1/stream"):
        assert expired(await reader.call("GET", path, params={"cursor": read}))
    # Who kept asking has missed nothing, however quiet it was.
    assert (await reader.get("/v1/feed", cursor=refreshed))["items"] == []


async def test_a_cursor_of_a_log_that_is_not_this_one_has_expired(city: City, database_url: str):
    reader, reporter = await centre(city), await worker(city)
    await reporter.post(city.report())
    cursor = (await reader.get("/v1/feed"))["cursor"]
    taken = (await reader.get("/v1/snapshot"))["cursor"]
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE feed_epoch SET epoch = epoch + 1")
    # The log still holds what it says: it is good in the new epoch too.
    assert (await reader.get("/v1/feed", cursor=cursor))["items"] == []
    # Nobody can tell what a snapshot of the former cluster has counted.
    assert expired(await reader.call("GET", "/v1/feed", params={"cursor": taken}))
    await connection.execute("DELETE FROM step")
    await connection.close()
    for path in ("/v1/feed", "/v1/stream"):
        assert expired(await reader.call("GET", path, params={"cursor": cursor}))


async def test_two_that_write_to_many_units_crosswise_keep_the_order_of_each(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    FREE.set(True)
    reader, clerk, reporter = await centre(city), await centre(city, HARBOUR), await worker(city)
    units = [(await reporter.post(city.report())).json()["unit"]["id"] for _ in range(4)]
    begun = (await reader.get("/v1/feed"))["cursor"]
    gate = Gate.put_up(monkeypatch)

    async def note(ids: list[str], reason: str, *, free: bool = False) -> None:
        FREE.set(free)
        seen = [{"id": one, "version": 1} for one in ids]
        body = {"action": "note", "units": seen, "reason": reason}
        answer = await clerk.call("POST", "/v1/units:act", json=body)
        assert answer.status_code == 200, answer.text

    gate.opened.clear()
    first = asyncio.create_task(note(units[:3], "first"))
    await gate.settled([first])
    # It has nothing yet but waits for the first; the third has begun last and is done first.
    second = asyncio.create_task(note([units[2], units[1], units[3]], "second"))
    await asyncio.sleep(0.2)
    await note(units[3:], "third", free=True)
    held, cursor = await read_all(reader, begun)
    gate.opened.set()
    await asyncio.gather(first, second)
    freed, _ = await read_all(reader, cursor)

    assert held == []
    assert len(freed) == 7
    logs: dict[str, list[int]] = {}
    for item in freed:
        logs.setdefault(item["data"]["unit"]["id"], []).append(item["data"]["seq"])
    assert [logs[unit] for unit in units] == [[3], [3, 4], [3, 4], [3, 4]]
    assert freed == (await read_all(reader, begun))[0]


async def test_a_key_is_needed(city: City):
    for path in ("/v1/feed", "/v1/stream", "/v1/snapshot"):
        assert (await city.client.get(path)).status_code == 401
