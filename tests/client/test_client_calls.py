"""Calls of the published client: each is done once, whatever is lost on the way."""

from uuid import UUID

import httpx
import pytest

from app.domain.authority import Role
from tests.client.connecting import Line, Open
from tests.given import GRID, City
from yiguan_client import Client, Problem, Stale, Unavailable, new_id

WORKER = "500101001001001-WG", Role.GRID_WORKER
TEXT = "楼下一堆垃圾好臭"


def line(client: Client) -> Line:
    found = client.http._transport
    assert isinstance(found, Line)
    return found


async def reported(client: Client) -> dict:
    return await client.report(TEXT, source="grid", place={"code": GRID})


async def units(client: Client) -> list[dict]:
    return (await client.ask("GET", "/v1/units")).json()["items"]


async def test_a_report_tells_who_has_it_and_by_when(client_of: Open):
    client = await client_of(*WORKER)
    told = await reported(client)
    assert UUID(told["event"]).version == 7
    assert told["unit"]["state"] == "dispatched"
    assert told["unit"]["due_at"]


@pytest.mark.parametrize("fate", ["lost", "unheard", "busy"])
async def test_a_report_whose_answer_is_lost_is_one_report(client_of: Open, fate: str):
    client = await client_of(*WORKER)
    line(client).breaks = {1: fate, 2: "unheard"}
    told = await reported(client)
    assert [unit["id"] for unit in await units(client)] == [told["unit"]["id"]]
    assert {request.content for request in line(client).asked[:3]} == {
        line(client).asked[0].content
    }


async def test_an_action_whose_answer_is_lost_is_done_once(client_of: Open):
    client = await client_of(*WORKER)
    unit = (await reported(client))["unit"]
    line(client).breaks = {2: "unheard", 3: "unheard"}
    done = await client.act(unit["id"], "accept", version=unit["version"])
    assert (done["state"], done["version"]) == ("accepted", unit["version"] + 1)
    steps = (await client.ask("GET", f"/v1/units/{unit['id']}/steps")).json()["items"]
    assert [step["action"] for step in steps].count("accept") == 1


async def test_an_action_upon_another_version_is_refused_with_what_has_happened(client_of: Open):
    client = await client_of(*WORKER)
    unit = (await reported(client))["unit"]
    await client.act(unit["number"], "accept", version=unit["version"])
    with pytest.raises(Stale) as refused:
        await client.act(unit["number"], "start", version=unit["version"])
    assert refused.value.field == "If-Match"
    assert refused.value.told["state"] == "accepted"
    assert (await client.unit(unit["number"]))["version"] == unit["version"] + 1


async def test_a_refusal_speaks_the_clients_language(client_of: Open):
    chinese, english = await client_of(*WORKER), await client_of(*WORKER, language="en")
    for client, title in ((chinese, "请求内容有误"), (english, "The request is invalid")):
        with pytest.raises(Problem) as refused:
            await client.report("", source="grid")
        told = refused.value
        assert (told.status, told.type, told.title) == (422, "/problems/invalid", title)
        assert (told.field, bool(told.detail)) == ("text", True)


async def test_what_may_be_done_instead_comes_with_the_refusal(client_of: Open):
    client = await client_of(*WORKER)
    unit = (await reported(client))["unit"]
    with pytest.raises(Problem) as refused:
        await client.act(unit["id"], "start", version=unit["version"])
    assert "accept" in refused.value.allowed


async def test_a_service_that_stays_away_is_asked_so_many_times_and_no_more(client_of: Open):
    client = await client_of(*WORKER, tries=3)
    line(client).breaks = dict.fromkeys(range(1, 10), "lost")
    with pytest.raises(httpx.ConnectError):
        await reported(client)
    line(client).breaks = dict.fromkeys(range(1, 10), "busy")
    with pytest.raises(Unavailable):
        await reported(client)
    assert len(line(client).asked) == 6


async def test_what_is_no_problem_of_ours_is_told_all_the_same(city: City):
    def gateway(request: httpx.Request) -> httpx.Response:
        return httpx.Response(418, text="<html>teapot</html>", request=request)

    async with Client("http://x", "key", transport=httpx.MockTransport(gateway)) as client:
        with pytest.raises(Problem, match="teapot") as refused:
            await client.unit("1")
    assert refused.value.field is None


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_proxy_that_speaks_for_a_service_that_is_away_says_no_more_than_that(status: int):
    def gateway(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, text="<html>nginx</html>", request=request)

    async with Client("http://x", "key", tries=1, transport=httpx.MockTransport(gateway)) as client:
        with pytest.raises(Unavailable, match="nginx"):
            await client.unit("1")


def test_ids_sort_by_the_time_they_were_made():
    made = [new_id() for _ in range(100)]
    assert len(set(made)) == 100
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {"specified in RFC 4122"}
    assert [one.int >> 80 for one in made] == sorted(one.int >> 80 for one in made)
