"""上报: the holder or its centre sends a unit up, and the next centre above must act."""

from typing import Any

from app.domain.authority import Role
from tests.given import CITY, EAST, GRID, HARBOUR, City, Person

STREET, DISTRICT, BOARD = f"{HARBOUR}-ZX", f"{EAST}-ZX", f"{HARBOUR}-MS"
TREE = "行道树的枯枝要掉下来了"


async def board(city: City) -> Person:
    return await city.person(BOARD, Role.DEPARTMENT)


async def reported(city: City, text: str = TREE) -> dict[str, Any]:
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit: dict[str, Any] = (await worker.post(city.report(text))).json()["unit"]
    return unit


async def test_the_district_gives_it_to_its_department_which_does_it(city: City):
    unit = await reported(city)
    up = await (await board(city)).act(unit["id"], "escalate", reason="需高空作业车")
    assert (up["state"], up["holder"]["code"]) == ("filed", DISTRICT)

    district = await city.person(DISTRICT, Role.CLERK)
    sent = await district.act(unit["id"], "dispatch")
    assert sent["holder"]["code"] == f"{EAST}-CG"
    department = await city.person(f"{EAST}-CG", Role.DEPARTMENT)
    for action in ("accept", "resolve"):
        await department.act(unit["id"], action)
    assert (await district.act(unit["id"], "verify"))["state"] == "closed"
    log = (await district.get(f"/v1/units/{unit['id']}/steps"))["items"]
    line = next(one for one in log if one["action"] == "escalate")
    assert (line["reason"], line["data"]) == ("需高空作业车", {"from": BOARD, "holder": DISTRICT})


async def test_the_centre_above_has_its_own_limit_to_act_in(city: City):
    unit = await reported(city)
    up = await (await board(city)).act(unit["id"], "escalate", reason="需高空作业车")
    assert (up["stage"], up["stage_due_at"]) == ("dispatch", "2026-11-20T01:45:00Z")


async def test_sent_back_by_name_the_holder_has_what_was_left(city: City):
    unit = await reported(city)
    city.clock.forward(hours=1)
    await (await board(city)).act(unit["id"], "escalate", reason="需高空作业车")
    city.clock.forward(hours=1)
    district = await city.person(DISTRICT, Role.CLERK)
    back = await district.act(unit["id"], "dispatch", holder=BOARD, reason="车已调拨")
    assert (unit["due_at"], back["due_at"]) == ("2026-11-24T01:30:00Z", "2026-11-24T02:30:00Z")


async def test_the_holders_centre_sends_it_up_as_well(city: City):
    unit = await reported(city)
    clerk = await city.person(STREET, Role.CLERK)
    up = await clerk.act(unit["id"], "escalate", reason="跨街道")
    assert up["holder"]["code"] == DISTRICT


async def test_what_a_street_cannot_place_goes_up_in_triage(city: City):
    unit = await reported(city, "这里有点不对劲你们来看看")
    clerk = await city.person(STREET, Role.CLERK)
    up = await clerk.act(unit["id"], "escalate", reason="看不出是什么事")
    assert (unit["state"], up["state"], up["holder"]["code"]) == ("triage", "triage", DISTRICT)


async def test_an_event_goes_up_with_its_tasks_going_on(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    fire = (await worker.post(city.report("六楼着火了浓烟滚滚"))).json()
    clerk = await city.person(STREET, Role.CLERK)
    up = await clerk.act(fire["unit"]["id"], "escalate", reason="火势扩大")
    assert (up["state"], up["holder"]["code"]) == ("coordinating", DISTRICT)
    shown = await clerk.get(f"/v1/units/{fire['unit']['id']}")
    assert {task["state"] for task in shown["tasks"]} == {"dispatched"}


async def test_above_the_city_there_is_nobody(city: City):
    unit = await reported(city)
    await (await board(city)).act(unit["id"], "escalate", reason="需高空作业车")
    await (await city.person(DISTRICT, Role.CLERK)).act(unit["id"], "escalate", reason="跨区")
    top = await city.person(f"{CITY}-ZX", Role.CLERK)
    answer = await top.try_to(unit["id"], "escalate", reason="再往上")
    assert (answer.status_code, "dispatch" in answer.json()["allowed"]) == (409, True)
    assert "escalate" not in answer.json()["allowed"]


async def test_it_needs_a_reason(city: City):
    unit = await reported(city)
    answer = await (await board(city)).try_to(unit["id"], "escalate", reason=" ")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "reason")
