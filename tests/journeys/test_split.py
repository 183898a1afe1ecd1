"""A unit is split into tasks and waits for them: by hand, by its plan, in turns, and in depth."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from app.domain.organisation import Function
from app.domain.responsibility import Kind, PlanTask
from app.domain.rulebook import Part
from tests import given
from tests.given import EAST, GRID, HILL, City
from tests.journeys.families import (
    BOARD,
    STREET,
    clerk,
    close,
    hand,
    head,
    log,
    offered,
    seen,
    tree,
)
from tests.journeys.publishing import publish

TWO = [
    {"holder": BOARD, "title": "锯除枯枝", "limit": "1工作日"},
    {"holder": STREET, "title": "告知居民", "limit": "4工作时"},
]


async def split(city: City, *tasks: dict[str, Any]) -> dict[str, Any]:
    """The tree, split by the street's centre after the board has accepted it."""
    unit = await tree(city, "accept")
    await (await clerk(city)).act(unit["id"], "split", tasks=list(tasks or TWO), reason="分头处置")
    return await seen(city, unit["id"])


async def test_a_unit_split_by_its_centre_is_coordinated_there(city: City):
    unit = await split(city)
    assert (unit["state"], unit["holder"]["code"]) == ("coordinating", STREET)
    assert [(task["title"], task["holder"]["code"], task["state"]) for task in unit["tasks"]] == [
        ("锯除枯枝", BOARD, "dispatched"),
        ("告知居民", STREET, "dispatched"),
    ]


async def test_every_task_has_its_own_limit_and_cites_the_entry(city: City):
    unit = await split(city)
    assert [(task["due_at"], task["entry"]["code"], task["clause"]) for task in unit["tasks"]] == [
        ("2026-11-23T01:30:00Z", "SX-04002-1", "split"),
        ("2026-11-20T07:30:00Z", "SX-04002-1", "split"),
    ]


async def test_each_unit_has_one_line_that_tells_of_it(city: City):
    unit = await split(city)
    own, task = (await log(city, unit["id"]))[-1], await log(city, unit["tasks"][0]["id"])
    assert (own["action"], own["reason"], own["data"]["tasks"][0]["holder"]) == (
        "split",
        "分头处置",
        BOARD,
    )
    assert [(line["action"], line["state"], line["reason"]) for line in task] == [
        ("split", "dispatched", "分头处置")
    ]


async def test_a_task_tells_what_it_was_ordered_for_and_why_it_is_its_holders(city: City):
    unit = await split(city)
    task = await seen(city, unit["tasks"][1]["id"])
    assert (task["errand"]["bond"], task["errand"]["limits"]) == ("split", {"dispose": "4工作时"})
    told = await (await head(city)).get(f"/v1/units/{task['id']}/explanation")
    assert "由中心指定" in str(told)


async def test_the_parent_shows_how_far_its_tasks_are(city: City):
    unit = await split(city)
    await close(city, unit["tasks"][0])
    assert (await seen(city, unit["id"]))["progress"] == {
        "total": 2,
        "open": 1,
        "closed": 1,
        "late": 0,
    }


async def test_a_late_task_shows_on_its_parent(city: City):
    unit = await split(city)
    await (await hand(city, BOARD)).act(unit["tasks"][0]["id"], "accept")
    city.clock.forward(days=1)
    await city.fire()
    found = await seen(city, unit["id"])
    assert (found["progress"]["late"], found["overdue_at"]) == (1, None)


async def test_the_parent_is_resolved_by_its_last_task(city: City):
    unit = await split(city)
    for task in unit["tasks"]:
        assert (await seen(city, unit["id"]))["state"] == "coordinating"
        await close(city, task)
    assert (await seen(city, unit["id"]))["state"] == "resolved"
    assert (await (await head(city, f"{EAST}-ZX")).act(unit["id"], "verify"))["state"] == "closed"


async def test_nobody_resolves_or_closes_it_before(city: City):
    unit = await split(city)
    answer = await (await head(city)).try_to(unit["id"], "resolve")
    refused = (answer.status_code, answer.json()["allowed"])
    assert refused == (409, ["remind", "cancel", "note", "attach"])


async def test_two_tasks_that_end_at_once_resolve_it_once(city: City):
    unit = await split(city)
    for task in unit["tasks"]:
        holder = await hand(city, task["holder"]["code"])
        for action in ("accept", "resolve"):
            await holder.act(task["id"], action)
    district = await head(city, f"{EAST}-ZX")
    await asyncio.gather(*(district.act(task["id"], "verify") for task in unit["tasks"]))
    steps = [line["action"] for line in await log(city, unit["id"])]
    assert ((await seen(city, unit["id"]))["state"], steps.count("resolve")) == ("resolved", 1)


async def test_the_second_turn_begins_when_the_first_has_ended(city: City):
    unit = await split(city, TWO[0], {**TWO[1], "turn": 2})
    assert [task["title"] for task in unit["tasks"]] == ["锯除枯枝"]
    await close(city, unit["tasks"][0])
    unit = await seen(city, unit["id"])
    assert (unit["state"], [task["title"] for task in unit["tasks"]]) == (
        "coordinating",
        ["锯除枯枝", "告知居民"],
    )
    await close(city, unit["tasks"][1])
    assert (await seen(city, unit["id"]))["state"] == "resolved"


async def test_a_task_cancelled_beside_one_that_was_done_holds_nothing_up(city: City):
    unit = await split(city)
    await close(city, unit["tasks"][0])
    await (await head(city, f"{EAST}-ZX")).act(unit["tasks"][1]["id"], "cancel", reason="不需要")
    assert (await seen(city, unit["id"]))["state"] == "resolved"


async def test_where_no_task_was_done_the_coordinator_decides(city: City):
    unit = await split(city)
    street = await head(city)
    assert "resolve" not in await offered(street, unit["id"])
    district = await head(city, f"{EAST}-ZX")
    for task in unit["tasks"]:
        await district.act(task["id"], "cancel", reason="重复")
    assert (await seen(city, unit["id"]))["state"] == "coordinating"
    assert "resolve" in await offered(street, unit["id"])
    assert (await street.act(unit["id"], "resolve", reason="已由物业处置"))["state"] == "resolved"


async def test_a_parent_without_anything_done_can_be_split_again(city: City):
    unit = await split(city, TWO[0])
    street = await head(city)
    await (await head(city, f"{EAST}-ZX")).act(unit["tasks"][0]["id"], "cancel", reason="自办")
    await street.act(unit["id"], "split", tasks=[TWO[1]])
    assert "resolve" not in await offered(street, unit["id"])
    await close(city, (await seen(city, unit["id"]))["tasks"][1])
    assert (await seen(city, unit["id"]))["state"] == "resolved"


async def test_cancelling_the_parent_cancels_all_that_is_open_below_it(city: City):
    unit = await split(city)
    board = await hand(city, BOARD)
    first = unit["tasks"][0]["id"]
    await board.act(first, "split", tasks=[{"holder": BOARD, "title": "备车"}])
    await (await head(city, f"{EAST}-ZX")).act(unit["id"], "cancel", reason="误报")
    below = (await seen(city, first))["tasks"][0]
    states = [(await seen(city, one["id"]))["state"] for one in (*unit["tasks"], below)]
    assert states == ["cancelled"] * 3
    assert (await log(city, below["id"]))[-1]["data"] == {"with": unit["number"]}
    city.clock.forward(days=9)
    assert await city.fire() == 0


async def test_declining_the_parent_cancels_what_others_do_for_it(city: City):
    unit = await tree(city, "accept")
    street = await head(city)
    await street.act(unit["id"], "whistle", departments=[f"{EAST}-CG"], reason="请到场会商")
    await (await hand(city, BOARD)).act(unit["id"], "return", reason="不属本板块")
    await street.act(unit["id"], "decline", reason="经核实无此事")
    assert (await seen(city, unit["id"]))["tasks"][0]["state"] == "cancelled"


async def test_a_holder_may_split_what_it_has_and_keeps_it(city: City):
    unit = await tree(city, "accept", "start")
    board = await hand(city, BOARD)
    done = await board.act(unit["id"], "split", tasks=[{"holder": BOARD, "title": "第一组"}])
    assert (done["state"], done["holder"]["code"]) == ("coordinating", BOARD)


async def test_a_holder_that_is_no_centre_does_not_cancel_what_it_has_split(city: City):
    unit = await tree(city, "accept")
    board = await city.person(BOARD, given.Role.DEPARTMENT, given.Role.SUPERVISOR)
    await board.act(unit["id"], "split", tasks=[{"holder": BOARD, "title": "第一组"}])
    assert (await board.try_to(unit["id"], "cancel", reason="不办了")).status_code == 403


async def test_what_waits_at_a_centre_is_split_without_being_dispatched(city: City):
    unit = await tree(city)
    await (await hand(city, BOARD)).act(unit["id"], "return", reason="请统筹")
    done = await (await clerk(city)).act(unit["id"], "split", tasks=TWO)
    assert (done["state"], done["holder"]["code"]) == ("coordinating", STREET)


async def test_a_family_is_four_deep_at_most(city: City):
    unit = (await split(city, TWO[0]))["tasks"][0]
    board = await hand(city, BOARD)
    for _ in range(2):
        await board.act(unit["id"], "split", tasks=[{"holder": BOARD, "title": "再分"}])
        unit = (await seen(city, unit["id"]))["tasks"][0]
    answer = await board.try_to(unit["id"], "split", tasks=[{"holder": BOARD, "title": "再分"}])
    assert (answer.status_code, answer.json()["allowed"]) == (409, ["return", "note"])
    assert "split" not in await offered(board, unit["id"])


async def test_a_unit_is_split_by_the_plan_of_its_entry(city: City):
    planned = tuple(
        replace(
            entry,
            kind=Kind.ITEM,
            plan=(
                PlanTask(Function("landscaping"), given.limit("4工作时"), "锯除"),
                PlanTask(Function("sanitation"), given.limit("1工作日"), "清运", turn=2),
            ),
        )
        if entry.code == "SX-04002-1"
        else entry
        for entry in given.entries()
    )
    await publish(city, Part.LIST, planned)
    unit = await tree(city, "accept")
    await (await clerk(city)).act(unit["id"], "split")
    unit = await seen(city, unit["id"])
    assert [(one["title"], one["holder"]["code"]) for one in unit["tasks"]] == [("锯除", BOARD)]
    await close(city, unit["tasks"][0])
    assert [one["title"] for one in (await seen(city, unit["id"]))["tasks"]] == ["锯除", "清运"]


@pytest.mark.parametrize(
    ("tasks", "status", "field"),
    [
        ([], 422, "tasks"),
        ([{"title": "无人"}], 422, "tasks"),
        ([{"title": "乱写", "holder": BOARD, "limit": "尽快"}], 422, "tasks.0.limit"),
        ([{"title": "不存在", "holder": "X"}], 422, "holder"),
        ([{"title": "别的街道", "holder": f"{HILL}-MS"}], 403, "tasks"),
        ([{"title": "区级部门", "holder": f"{EAST}-GA"}], 403, "tasks"),
    ],
)
async def test_what_is_no_order_is_refused(
    city: City, tasks: list[dict[str, Any]], status: int, field: str
):
    unit = await tree(city, "accept")
    answer = await (await clerk(city)).try_to(unit["id"], "split", tasks=tasks)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)
    assert (await seen(city, unit["id"]))["state"] == "accepted"


async def test_a_task_that_was_returned_is_not_offered_to_who_returned_it(city: City):
    unit = await split(city)
    task = unit["tasks"][0]["id"]
    await (await hand(city, BOARD)).act(task, "return", reason="无设备")
    street = await head(city)
    assert (await street.try_to(task, "dispatch")).status_code == 422
    sent = await street.act(task, "dispatch", holder=STREET)
    assert (sent["holder"]["code"], sent["due_at"]) == (STREET, "2026-11-23T01:30:00Z")


async def test_the_grid_worker_who_reported_does_not_split(city: City):
    unit = await tree(city)
    worker = await city.person(f"{GRID}-WG", given.Role.GRID_WORKER)
    assert (await worker.try_to(unit["id"], "split", tasks=TWO)).status_code == 403
