"""Tasks from above: one for many organisations, each by its duty, followed and reminded."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.domain.authority import Role
from app.domain.responsibility import Duty
from app.domain.rulebook import Part
from tests import given, queries
from tests.given import CITY, EAST, HARBOUR, HILL, WEST, City, Person
from tests.journeys.families import DISTRICT, close, hand, head, log, seen
from tests.journeys.publishing import publish

STREETS = [f"{HARBOUR}-ZX", f"{HILL}-ZX"]


def wish(**changes: Any) -> dict[str, Any]:
    values = {
        "id": str(UUID(int=0x0193_0000_0000_7000_8000 << 48)),
        "title": "汛前排查行道树",
        "text": "请在汛期前排查辖区行道树, 发现枯枝立即处置",
        "entry": "SX-04002-1",
        "to": {"tier": "street"},
        **changes,
    }
    return {key: value for key, value in values.items() if value is not None}


async def send(person: Person, **changes: Any) -> httpx.Response:
    return await person.call("POST", "/v1/tasks:issue", json=wish(**changes))


async def issued(city: City, **changes: Any) -> dict[str, Any]:
    answer = await send(await head(city, DISTRICT), **changes)
    assert answer.status_code == 201, answer.text
    return await seen(city, answer.json()["unit"]["id"])


async def test_all_streets_of_a_district_get_one_each(city: City):
    unit = await issued(city)
    assert (unit["kind"], unit["clause"], unit["state"], unit["holder"]["code"]) == (
        "task",
        "issued",
        "coordinating",
        DISTRICT,
    )
    assert [
        (task["holder"]["code"], task["state"], task["entry"]["code"], task["is_unlisted"])
        for task in unit["tasks"]
    ] == [(code, "dispatched", "SX-04002-1", False) for code in STREETS]


async def test_each_receiver_sees_its_own_and_what_it_is_to_do(city: City):
    task = (await issued(city))["tasks"][0]
    mine = await (await head(city, STREETS[0])).get(f"/v1/units/{task['id']}")
    assert (mine["errand"]["text"], mine["place"]["street"]["code"], mine["event"]) == (
        wish()["text"],
        HARBOUR,
        None,
    )
    other = await (await head(city, STREETS[1])).call("GET", f"/v1/units/{task['id']}")
    assert other.status_code == 404


async def test_it_lies_on_the_receivers_desk(city: City):
    task = (await issued(city))["tasks"][0]
    queue = await (await head(city, STREETS[0])).get("/v1/me/tasks")
    assert [one["id"] for one in queue["items"]] == [task["id"]]


async def test_all_holders_of_a_function_in_the_city(city: City):
    answer = await send(
        await head(city, f"{CITY}-ZX"),
        entry="SX-01002-1",
        to={"function": "drainage"},
    )
    unit = await seen(city, answer.json()["unit"]["id"])
    assert [task["holder"]["code"] for task in unit["tasks"]] == [
        f"{CITY}-PS",
        f"{EAST}-PS",
        f"{WEST}-PS",
    ]


async def test_organisations_by_name_and_a_limit_of_its_own(city: City):
    unit = await issued(city, to={"organisations": [f"{HARBOUR}-MS"]}, limit="5工作日")
    assert (unit["due_at"], [task["due_at"] for task in unit["tasks"]]) == (
        "2026-11-27T01:30:00Z",
        ["2026-11-27T01:30:00Z"],
    )


async def test_sent_again_it_is_the_same_issue(city: City):
    person = await head(city, DISTRICT)
    first, again = await send(person), await send(person)
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["tasks"], again.json()["tasks"]) == (2, 0)
    assert first.json()["unit"]["id"] == again.json()["unit"]["id"]
    other = await send(person, title="另一件事")
    assert (other.status_code, other.json()["errors"][0]["field"]) == (409, "id")


async def test_an_event_of_the_same_id_is_another_matter(city: City):
    unit = await issued(city)
    worker = await city.person(f"{given.GRID}-WG", Role.GRID_WORKER)
    reported = await worker.post(city.report(id=wish()["id"]))
    assert reported.status_code == 201
    assert reported.json()["unit"]["id"] != unit["id"]


async def test_progress_is_told_by_organisation_the_late_first(city: City):
    unit = await issued(city)
    await close(city, unit["tasks"][0])
    city.clock.forward(days=5)
    await city.fire()
    told = await (await head(city, DISTRICT)).get(f"/v1/units/{unit['id']}/progress")
    assert told["progress"] == {"total": 2, "open": 1, "closed": 1, "late": 1}
    assert [
        (item["organisation"]["code"], item["progress"]["closed"], item["progress"]["late"])
        for item in told["items"]
    ] == [(STREETS[1], 0, 1), (STREETS[0], 1, 0)]


async def test_the_late_are_reminded_and_nobody_else(city: City):
    unit = await issued(city)
    await close(city, unit["tasks"][0])
    city.clock.forward(days=5)
    district = await head(city, DISTRICT)
    answer = await district.try_to(unit["id"], "remind", reason="请尽快")
    assert [one["code"] for one in answer.json()["organisations"]] == [STREETS[1]]
    last = (await log(city, unit["tasks"][1]["id"]))[-1]
    own = (await log(city, unit["id"]))[-1]
    assert (last["action"], last["reason"]) == ("remind", "请尽快")
    assert (own["action"], own["data"]["organisations"]) == ("remind", [STREETS[1]])


async def test_when_all_are_done_it_is_resolved_and_closed(city: City):
    unit = await issued(city)
    for task in unit["tasks"]:
        await close(city, task)
    assert (await seen(city, unit["id"]))["state"] == "resolved"
    assert (await (await head(city, f"{CITY}-ZX")).act(unit["id"], "verify"))["state"] == "closed"


async def test_a_receiver_may_split_its_own(city: City):
    task = (await issued(city))["tasks"][0]["id"]
    street = await head(city, STREETS[0])
    await street.act(task, "accept")
    order = {"holder": f"{HARBOUR}-MS", "title": "沿江路段"}
    assert (await street.act(task, "split", tasks=[order]))["state"] == "coordinating"


async def test_cancelled_it_is_cancelled_for_all(city: City):
    unit = await issued(city)
    await (await head(city, DISTRICT)).act(unit["id"], "cancel", reason="活动取消")
    tasks = (await seen(city, unit["id"]))["tasks"]
    assert [task["state"] for task in tasks] == ["cancelled", "cancelled"]


async def test_outside_the_list_there_is_nothing_to_issue(city: City):
    answer = await send(await head(city, DISTRICT), entry=None, limit="3工作日", reason="急")
    assert (answer.status_code, answer.json()["allowed"]) == (403, [f"{CITY}-ZX: supervisor"])
    assert "清单之外无事项" in answer.text


async def test_the_centre_above_may_issue_it_and_it_stays_marked(city: City):
    person = await head(city, f"{CITY}-ZX")
    to = {"tier": "street", "area": EAST}
    answer = await send(person, entry=None, limit="3工作日", reason="迎检", to=to)
    unit = await seen(city, answer.json()["unit"]["id"])
    assert (unit["is_unlisted"], [task["is_unlisted"] for task in unit["tasks"]]) == (
        True,
        [True, True],
    )
    assert (unit["tasks"][0]["due_at"], (await log(city, unit["id"]))[0]["reason"]) == (
        "2026-11-25T01:30:00Z",
        "迎检",
    )


async def test_what_was_taken_back_from_streets_is_not_issued_to_them(city: City):
    taken = tuple(
        replace(entry, duty=Duty.WITHDRAWN) if entry.code == "SX-04002-1" else entry
        for entry in given.entries()
    )
    await publish(city, Part.LIST, taken)
    answer = await send(await head(city, DISTRICT))
    assert (answer.status_code, "上级部门收回" in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"to": {}}, 422, "to"),
        ({"to": {"tier": "street", "function": "fire"}}, 422, "to"),
        ({"to": {"tier": "street", "area": "X"}}, 422, "to.area"),
        ({"to": {"tier": "street", "area": WEST}}, 403, "to"),
        ({"to": {"organisations": ["X"]}}, 422, "to.organisations"),
        ({"to": {"organisations": [f"{HARBOUR}001-SQ"]}}, 422, "entry"),
        ({"to": {"organisations": [f"{EAST}-GA"]}}, 422, "entry"),
        ({"entry": "SX-01002-1"}, 422, "entry"),
        ({"entry": "SX-99999-1"}, 422, "entry"),
        ({"limit": "尽快"}, 422, "limit"),
        ({"id": "7"}, 422, "id"),
    ],
)
async def test_what_obliges_nobody_is_refused(
    city: City, changes: dict[str, Any], status: int, field: str
):
    answer = await send(await head(city, DISTRICT), **changes)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)


async def test_a_department_issues_nothing(city: City):
    answer = await send(await hand(city, f"{EAST}-CG"))
    assert answer.status_code == 403


async def test_however_many_it_is_written_in_one_statement(city: City):
    person = await head(city, f"{CITY}-ZX")
    await person.get("/v1/me/tasks")
    async with queries.logged(city.app.state.service.database) as asked:
        answer = await send(person, entry="SX-06010-1", to={"function": "sanitation"})
    assert answer.json()["tasks"] > 8
    written = [query for query in asked if "INSERT" in query]
    assert (len(written), len([one for one in asked if "advisory" in one])) == (1, 1)


async def test_its_explanation_is_told(city: City):
    unit = await issued(city)
    person = await head(city, DISTRICT)
    for one in (unit, unit["tasks"][0]):
        told = await person.get(f"/v1/units/{one['id']}/explanation")
        assert "上级交办" in str(told)
