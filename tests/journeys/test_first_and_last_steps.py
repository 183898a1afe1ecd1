"""Steps that lie at the edge of other stories: received, coordinated, issued, withdrawn, kept."""

from typing import Any

from app.domain.authority import Role
from tests.given import EAST, GRID, HARBOUR, City
from tests.journeys.families import DISTRICT, head, log
from tests.photos import exhibit, uploaded


async def test_an_unclear_report_is_received_and_waits_for_a_person(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await worker.post(city.report("楼下臭, 路面脏"))).json()["unit"]
    (step,) = await log(city, unit["id"])
    assert (step["action"], step["state"], step["actor"]) == ("receive", "triage", None)


async def test_an_event_is_coordinated_from_the_first(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await worker.post(city.report("六楼着火了浓烟滚滚"))).json()["unit"]
    first, second, *_ = await log(city, unit["id"])
    assert (first["action"], second["action"], second["state"]) == (
        "file", "coordinate", "coordinating",
    )  # fmt: skip


async def test_a_task_from_above_begins_with_its_issue(city: City):
    wish: dict[str, Any] = {
        "id": "01930000-0000-7000-8000-000000000001",
        "title": "汛前排查行道树",
        "text": "请在汛期前排查辖区行道树",
        "entry": "SX-04002-1",
        "to": {"tier": "street"},
    }
    person = await head(city, DISTRICT)
    answer = await person.call("POST", "/v1/tasks:issue", json=wish)
    (step,) = await log(city, answer.json()["unit"]["id"])
    assert (step["action"], step["state"]) == ("issue", "coordinating")


async def test_a_request_withdrawn_leaves_the_unit_as_it_was(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await worker.post(city.report())).json()["unit"]["id"]
    await worker.act(unit, "accept")
    asked = {"kind": "extension", "reason": "清运车故障"}
    path = f"/v1/units/{unit}:request"
    request = (await worker.call("POST", path, seen=2, json=asked)).json()["id"]
    taken_back = {"reason": "车修好了"}
    back = await worker.call("POST", f"/v1/requests/{request}:withdraw", json=taken_back)
    assert (back.status_code, back.json()["state"]) == (200, "withdrawn")
    assert [step["action"] for step in await log(city, unit)][-2:] == ["request", "withdraw"]
    shown = await worker.get(f"/v1/units/{unit}")
    assert (shown["state"], shown["pending"]) == ("accepted", [])
    street = await city.person(f"{HARBOUR}-ZX", Role.SUPERVISOR)
    assert (await street.get("/v1/requests"))["items"] == []


async def test_what_is_over_keeps_what_is_still_said_and_shown_of_it(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await worker.post(city.report())).json()["unit"]["id"]
    district = await city.person(f"{EAST}-ZX", Role.SUPERVISOR)
    await district.act(unit, "cancel", reason="重复登记")
    await worker.act(unit, "note", reason="与昨日一单相同")
    await worker.act(unit, "attach", attachments=[exhibit(await uploaded(worker), "other")])
    steps = await log(city, unit)
    assert [(step["action"], step["state"]) for step in steps][-3:] == [
        ("cancel", "cancelled"), ("note", "cancelled"), ("attach", "cancelled"),
    ]  # fmt: skip
