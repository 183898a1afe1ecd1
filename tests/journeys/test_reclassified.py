"""改派类别: filed under the wrong entry and put right; what was spent stays spent."""

from typing import Any

import pytest

from app.domain.authority import Role
from tests.given import EAST, GRID, HARBOUR, City, Person

STREET, BOARD, TEAM = f"{HARBOUR}-ZX", f"{HARBOUR}-MS", f"{GRID}-WG"
TREE = {"entry": "SX-04002-1", "reason": "实为枯枝, 不是垃圾"}


async def clerk(city: City) -> Person:
    return await city.person(STREET, Role.CLERK)


async def worker(city: City) -> Person:
    return await city.person(TEAM, Role.GRID_WORKER)


async def begun(city: City) -> dict[str, Any]:
    unit = (await (await worker(city)).post(city.report())).json()["unit"]
    await (await worker(city)).act(unit["id"], "accept")
    return await (await worker(city)).act(unit["id"], "start")


async def test_the_right_holder_gets_it_and_does_it(city: City):
    unit = await begun(city)
    right = await (await clerk(city)).act(unit["id"], "reclassify", **TREE)
    assert (right["state"], right["holder"]["code"], right["entry"]["code"]) == (
        "dispatched",
        BOARD,
        "SX-04002-1",
    )
    board = await city.person(BOARD, Role.DEPARTMENT)
    for action in ("accept", "resolve"):
        await board.act(unit["id"], action)
    assert (await (await clerk(city)).act(unit["id"], "verify"))["state"] == "closed"
    log = (await (await clerk(city)).get(f"/v1/units/{unit['id']}/steps"))["items"]
    line = next(one for one in log if one["action"] == "reclassify")
    assert (line["reason"], line["data"]) == (
        TREE["reason"],
        {"from": "SX-06010-1", "entry": "SX-04002-1"},
    )


async def test_the_time_spent_stays_spent_under_the_new_limit(city: City):
    unit = await begun(city)
    city.clock.forward(hours=2)
    right = await (await clerk(city)).act(unit["id"], "reclassify", **TREE)
    # Two working days, two hours of which are gone: 09:30 on Tuesday, not 11:30.
    assert (unit["due_at"], right["due_at"]) == ("2026-11-20T07:30:00Z", "2026-11-24T01:30:00Z")


async def test_the_new_holder_has_its_own_time_to_sign(city: City):
    unit = await begun(city)
    city.clock.forward(hours=1)
    right = await (await clerk(city)).act(unit["id"], "reclassify", **TREE)
    assert (right["stage"], right["stage_due_at"]) == ("accept", "2026-11-20T06:30:00Z")


async def test_an_item_that_is_an_event_begins_its_tasks(city: City):
    unit = await begun(city)
    event = await (await clerk(city)).act(
        unit["id"], "reclassify", entry="SX-22001-1", reason="垃圾着火了"
    )
    assert (event["kind"], event["state"], event["holder"]["code"]) == (
        "event",
        "coordinating",
        STREET,
    )
    shown = await (await clerk(city)).get(f"/v1/units/{unit['id']}")
    assert len(shown["tasks"]) == 2


async def test_whoever_returned_it_does_not_get_it_again_by_another_entry(city: City):
    report = city.report("行道树的枯枝要掉下来了")
    unit = (await (await worker(city)).post(report)).json()["unit"]
    await (await clerk(city)).act(unit["id"], "transfer", holder=f"{STREET}", reason="先看")
    await (await clerk(city)).act(unit["id"], "return", reason="退回重派")
    filed = await (await clerk(city)).get(f"/v1/units/{unit['id']}")
    assert filed["state"] == "filed"


async def test_a_returned_unit_waits_at_the_centre_when_the_new_entry_names_the_same(city: City):
    unit = (await (await worker(city)).post(city.report())).json()["unit"]
    await (await worker(city)).act(unit["id"], "return", reason="不是垃圾")
    person = await clerk(city)
    await person.act(unit["id"], "reclassify", **TREE)
    board = await city.person(BOARD, Role.DEPARTMENT)
    await board.act(unit["id"], "escalate", reason="也不是枯枝")
    district = await city.person(f"{EAST}-ZX", Role.CLERK)
    again = await district.act(unit["id"], "reclassify", entry="SX-06010-1", reason="还是垃圾")
    assert (again["state"], again["holder"]["code"]) == ("filed", f"{EAST}-ZX")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"entry": "SX-99999-1", "reason": "改"}, "entry"),
        ({"entry": "SX-06010-1", "reason": "改"}, "entry"),
        ({"entry": "SX-04002-1"}, "reason"),
    ],
)
async def test_it_goes_with_a_reason_to_another_entry_of_the_list(
    city: City, body: dict[str, str], field: str
):
    unit = await begun(city)
    answer = await (await clerk(city)).try_to(unit["id"], "reclassify", **body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_a_task_keeps_the_category_of_its_event(city: City):
    fire = (await (await worker(city)).post(city.report("六楼着火了浓烟滚滚"))).json()
    task = fire["tasks"][0]
    head = await city.person(f"{EAST}-ZX", Role.SUPERVISOR)
    answer = await head.try_to(task["id"], "reclassify", **TREE)
    assert (answer.status_code, "transfer" in answer.json()["allowed"]) == (409, True)


async def test_a_holder_does_not_change_the_category_itself(city: City):
    unit = await begun(city)
    assert (await (await worker(city)).try_to(unit["id"], "reclassify", **TREE)).status_code == 403
