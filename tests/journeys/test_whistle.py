"""A street blows the whistle: departments of the district sign, get in touch and turn up."""

from dataclasses import replace
from typing import Any

import pytest

from app.domain.area import AreaCode
from app.domain.authority import Role
from app.domain.limit import parse_limit
from app.domain.policy import LocalPolicy, Whistle
from app.domain.rulebook import Part
from tests.given import EAST, GRID, HARBOUR, HILL, WEST, City
from tests.journeys.families import (
    BOARD,
    DISTRICT,
    STREET,
    clerk,
    hand,
    head,
    log,
    offered,
    seen,
    tree,
)
from tests.journeys.publishing import publish

CALLED = [f"{EAST}-CG", f"{EAST}-GA"]


async def whistled(city: City, *actions: str, **body: Any) -> dict[str, Any]:
    """The tree, for which the street has called two departments."""
    unit = await tree(city, *actions)
    said = {"departments": CALLED, "reason": "请到场会商", **body}
    await (await clerk(city)).act(unit["id"], "whistle", **said)
    return await seen(city, unit["id"])


def clocks(unit: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: (one["running"], one["due_at"]) for one in unit["clocks"]}


async def test_each_department_gets_a_task_and_the_work_goes_on(city: City):
    unit = await whistled(city, "accept", "start")
    assert (unit["state"], unit["holder"]["code"]) == ("in_progress", BOARD)
    assert [(task["holder"]["code"], task["state"]) for task in unit["tasks"]] == [
        (code, "dispatched") for code in CALLED
    ]


async def test_every_stage_of_it_has_its_limit_and_its_clock(city: City):
    task = (await whistled(city, "accept"))["tasks"][0]
    assert clocks(await seen(city, task["id"])) == {
        "accept": (True, "2026-11-20T02:30:00Z"),
        "contact": (True, "2026-11-21T01:30:00Z"),
        "arrive": (True, "2026-11-25T01:30:00Z"),
        "dispose": (True, "2026-11-25T01:30:00Z"),
    }


async def test_the_hard_kind_gives_more_time_to_turn_up(city: City):
    task = (await whistled(city, "accept", kind="hard"))["tasks"][0]
    assert clocks(await seen(city, task["id"]))["arrive"] == (True, "2026-11-27T01:30:00Z")


async def test_the_department_signs_gets_in_touch_and_turns_up(city: City):
    task = (await whistled(city, "accept"))["tasks"][0]["id"]
    office = await hand(city, CALLED[0])
    for action, stopped in (("accept", "accept"), ("contact", "contact"), ("arrive", "arrive")):
        assert action in await offered(office, task)
        await office.act(task, action, reason="已联系街道")
        assert not clocks(await seen(city, task))[stopped][0]
        assert action not in await offered(office, task)
    unit = await seen(city, task)
    assert (unit["state"], unit["errand"]["limits"]) == (
        "in_progress",
        {"accept": "1紧急工作时", "dispose": "3工作日"},
    )
    steps = [(line["action"], line["reason"]) for line in await log(city, task)]
    assert steps[0] == ("whistle", "请到场会商")
    assert [action for action, _ in steps[1:]] == ["accept", "contact", "arrive"]


async def test_who_does_not_get_in_touch_in_time_is_late(city: City):
    task = (await whistled(city, "accept"))["tasks"][0]["id"]
    await (await hand(city, CALLED[0])).act(task, "accept")
    city.clock.forward(hours=25)
    await city.fire()
    unit = await seen(city, task)
    assert unit["overdue_at"] == "2026-11-21T01:30:00Z"
    assert (await seen(city, unit["parent"]))["progress"]["late"] == 2


async def test_nobody_gets_in_touch_twice(city: City):
    task = (await whistled(city, "accept"))["tasks"][0]["id"]
    office = await hand(city, CALLED[0])
    await office.act(task, "accept")
    await office.act(task, "contact", reason="已联系")
    answer = await office.try_to(task, "contact", reason="再联系")
    assert (answer.status_code, answer.json()["allowed"]) == (409, ["resolve", "note"])


async def test_who_has_not_turned_up_does_not_resolve(city: City):
    task = (await whistled(city, "accept"))["tasks"][0]["id"]
    office = await hand(city, CALLED[0])
    await office.act(task, "accept")
    answer = await office.try_to(task, "resolve")
    assert (answer.status_code, answer.json()["allowed"][0]) == (409, "arrive")
    await office.act(task, "arrive", reason="已到场")
    assert (await office.act(task, "resolve"))["state"] == "resolved"


async def test_the_unit_is_resolved_after_those_called_are_done(city: City):
    unit = await whistled(city, "accept")
    board = await hand(city, BOARD)
    answer = await board.try_to(unit["id"], "resolve")
    assert (answer.status_code, "任务尚未全部结束" in answer.text) == (409, True)
    for task in unit["tasks"]:
        office = await hand(city, task["holder"]["code"])
        for action in ("accept", "arrive", "resolve"):
            await office.act(task["id"], action, reason="到场处置")
        await (await head(city, DISTRICT)).act(task["id"], "verify")
    assert (await board.act(unit["id"], "resolve"))["state"] == "resolved"


async def test_what_waits_at_the_street_is_coordinated_there(city: City):
    unit = await tree(city)
    await (await hand(city, BOARD)).act(unit["id"], "return", reason="无力处置")
    done = await (await head(city)).act(unit["id"], "whistle", departments=CALLED, reason="请到场")
    assert (done["state"], done["holder"]["code"]) == ("coordinating", STREET)


async def test_the_district_is_told(city: City):
    unit = await whistled(city, "accept")
    found = await (await head(city, DISTRICT)).get("/v1/units", raised=True)
    assert [one["id"] for one in found["items"]] == [unit["id"]]


async def test_after_a_return_those_limits_stand_until_somebody_has_it_again(city: City):
    task = (await whistled(city, "accept"))["tasks"][0]["id"]
    await (await hand(city, CALLED[0])).act(task, "return", reason="非本局职责")
    assert not clocks(await seen(city, task))["contact"][0]
    await (await head(city, DISTRICT)).act(task, "dispatch", holder=f"{EAST}-PS")
    assert clocks(await seen(city, task))["contact"][0]


@pytest.mark.parametrize(
    "called", [[f"{HILL}-MS"], [f"{WEST}-CG"], [DISTRICT], [BOARD], [CALLED[0]] * 2, ["X"]]
)
async def test_only_departments_of_the_areas_above_are_called(city: City, called: list[str]):
    unit = await tree(city, "accept")
    answer = await (await head(city)).try_to(
        unit["id"], "whistle", departments=called, reason="请到场"
    )
    assert answer.status_code == 422


async def test_a_whistle_says_what_for(city: City):
    unit = await tree(city, "accept")
    answer = await (await head(city)).try_to(unit["id"], "whistle", departments=CALLED)
    assert answer.json()["errors"][0]["field"] == "reason"


async def test_who_may_blow_it_is_a_policy(city: City):
    none = replace(Whistle(), tiers=())
    quick = replace(Whistle(), contact=parse_limit("2紧急工作时"))
    sections = {
        AreaCode(HARBOUR): LocalPolicy(whistle=quick),
        AreaCode(HILL): LocalPolicy(whistle=none),
    }
    await publish(city, Part.POLICIES, sections)
    task = (await whistled(city, "accept"))["tasks"][0]["id"]
    assert clocks(await seen(city, task))["contact"][1] == "2026-11-20T03:30:05Z"
    worker = await city.person(f"{HILL}001001-WG", Role.GRID_WORKER)
    report = city.report("行道树的枯枝要掉下来了", place={"code": f"{HILL}001001"})
    unit = (await worker.post(report)).json()["unit"]
    answer = await (await head(city, f"{HILL}-ZX")).try_to(
        unit["id"], "whistle", departments=CALLED, reason="请到场"
    )
    assert (answer.status_code, "无权吹哨" in answer.text) == (403, True)


async def test_a_board_does_not_blow_it(city: City):
    unit = await tree(city, "accept")
    answer = await (await hand(city, BOARD)).try_to(
        unit["id"], "whistle", departments=CALLED, reason="请到场"
    )
    assert (answer.status_code, GRID in answer.text) == (403, False)


async def test_what_nobody_was_whistled_for_asks_for_no_contact(city: City):
    unit = await tree(city, "accept")
    board = await hand(city, BOARD)
    assert "contact" not in await offered(board, unit["id"])
    assert (await board.try_to(unit["id"], "arrive", reason="到了")).status_code == 409
