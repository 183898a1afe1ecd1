"""An event with a plan: coordinated by a centre, done by its tasks, closed after the last."""

from dataclasses import replace
from typing import Any

import pytest

from app.domain.authority import Role
from app.domain.organisation import Function
from app.domain.responsibility import PlanTask
from app.domain.rulebook import Part
from tests import given
from tests.given import CITY, EAST, GRID, HARBOUR, City, Person
from tests.journeys.publishing import publish

FIRE = "六楼着火了浓烟滚滚"


class Family:
    """A fire with its two tasks, and the people around it."""

    def __init__(self, city: City, parent: dict[str, Any], tasks: list[dict[str, Any]]) -> None:
        self.city = city
        self.parent = parent
        self.tasks = tasks

    async def centre(self) -> Person:
        return await self.city.person(f"{EAST}-ZX", Role.SUPERVISOR)

    async def state(self) -> str:
        unit = await (await self.centre()).get(f"/v1/units/{self.parent['id']}")
        return str(unit["state"])

    async def close(self, index: int) -> None:
        task = self.tasks[index]
        brigade = await self.city.person(task["holder"]["code"], Role.DEPARTMENT)
        for action in ("accept", "start", "resolve"):
            await brigade.act(task["id"], action)
        await (await self.centre()).act(task["id"], "verify")


@pytest.fixture
async def fire(city: City) -> Family:
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    answer = (await worker.post(city.report(FIRE))).json()
    return Family(city, answer["unit"], answer["tasks"])


async def test_an_event_is_resolved_by_its_last_task_and_then_closed(fire: Family):
    assert await fire.state() == "coordinating"
    await fire.close(0)
    assert await fire.state() == "coordinating"
    await fire.close(1)
    assert await fire.state() == "resolved"

    above = await fire.city.person(f"{EAST}-ZX", Role.CLERK)
    assert (await above.act(fire.parent["id"], "verify"))["state"] == "closed"


async def test_the_log_names_the_task_that_was_the_last(fire: Family):
    await fire.close(1)
    await fire.close(0)
    log = await (await fire.centre()).get(f"/v1/units/{fire.parent['id']}/steps")
    assert [(line["action"], line["actor"], line["data"]) for line in log["items"][4:]] == [
        ("resolve", None, {"last": fire.tasks[0]["number"]})
    ]


async def test_nobody_resolves_an_event_over_the_heads_of_its_tasks(fire: Family):
    owner = await fire.city.person(f"{HARBOUR}-ZX", Role.SUPERVISOR)
    answer = await owner.try_to(fire.parent["id"], "resolve")
    assert (answer.status_code, answer.json()["allowed"]) == (
        409,
        ["remind", "cancel", "note", "attach"],
    )


async def test_what_cannot_be_done_is_not_offered(fire: Family):
    unit = await (await fire.centre()).get(f"/v1/units/{fire.parent['id']}")
    offered = {one["action"] for one in unit["actions"]}
    assert not offered & {"resolve", "contact", "arrive"}
    assert {"split", "remind", "note", "attach"} <= offered


async def test_cancelling_the_event_cancels_its_open_tasks(fire: Family):
    await fire.close(0)
    centre = await fire.centre()
    await centre.act(fire.parent["id"], "cancel", reason="误报")
    unit = await centre.get(f"/v1/units/{fire.parent['id']}")
    assert (unit["state"], [task["state"] for task in unit["tasks"]]) == (
        "cancelled",
        ["closed", "cancelled"],
    )


async def test_a_cancelled_event_has_no_clock_running(fire: Family):
    await (await fire.centre()).act(fire.parent["id"], "cancel", reason="误报")
    fire.city.clock.forward(days=9)
    assert await fire.city.fire() == 0


async def test_the_event_waits_for_a_task_that_was_sent_back(fire: Family):
    centre = await fire.centre()
    police = await fire.city.person(f"{EAST}-GA", Role.DEPARTMENT)
    await police.act(fire.tasks[1]["id"], "return", reason="警力不足")
    await fire.close(0)
    assert await fire.state() == "coordinating"
    await centre.act(fire.tasks[1]["id"], "decline", reason="已由消防一并处置")
    assert await fire.state() == "resolved"


async def test_reworking_a_task_keeps_the_event_waiting(fire: Family):
    await fire.close(0)
    centre = await fire.centre()
    police = await fire.city.person(f"{EAST}-GA", Role.DEPARTMENT)
    for action in ("accept", "resolve"):
        await police.act(fire.tasks[1]["id"], action)
    await centre.act(fire.tasks[1]["id"], "rework", reason="警戒线未撤")
    assert await fire.state() == "coordinating"


async def test_a_task_returned_goes_to_the_next_above_with_its_own_function(fire: Family):
    police = await fire.city.person(f"{EAST}-GA", Role.DEPARTMENT)
    await police.act(fire.tasks[1]["id"], "return", reason="再看看")
    sent = await (await fire.centre()).act(fire.tasks[1]["id"], "dispatch")
    assert sent["holder"]["code"] == f"{CITY}-GA"


async def test_a_tasks_limit_stays_its_own_after_a_second_dispatch(fire: Family):
    police = await fire.city.person(f"{EAST}-GA", Role.DEPARTMENT)
    await police.act(fire.tasks[1]["id"], "return", reason="再看看")
    sent = await (await fire.centre()).act(fire.tasks[1]["id"], "dispatch")
    assert sent["due_at"] == "2026-11-20T02:30:00Z"


async def test_a_later_turn_is_ordered_and_done_by_the_plan_of_its_own_version(city: City):
    cleaning = PlanTask(Function("sanitation"), given.limit("1工作日"), "清理现场", turn=2)
    listed = given.entries()
    await publish(
        city, Part.LIST, (*listed[:-1], replace(listed[-1], plan=(*listed[-1].plan, cleaning)))
    )
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    answer = (await worker.post(city.report(FIRE))).json()
    await publish(city, Part.LIST, listed[:-1])
    fire = Family(city, answer["unit"], answer["tasks"])
    for index in range(2):
        await fire.close(index)
    shown = await (await fire.centre()).get(f"/v1/units/{fire.parent['id']}")
    fire.tasks = shown["tasks"]
    assert [task["title"] for task in fire.tasks] == ["到场扑救", "外围警戒", "清理现场"]
    await fire.close(2)
    assert await fire.state() == "resolved"
