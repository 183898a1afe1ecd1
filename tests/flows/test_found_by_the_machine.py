"""What the state machine over families has found, each fault by its name."""

from typing import Any

import pytest

from app.domain.action import Action
from app.domain.authority import Role
from tests.asking import UNTIL, Matter, decided
from tests.given import CITY, EAST, GRID, HARBOUR, QUAY, City
from tests.journeys.families import BOARD, clerk, hand, head, offered, seen, tree

TEAM, COMMITTEE, STREET, DISTRICT = f"{GRID}-WG", f"{QUAY}-SQ", f"{HARBOUR}-ZX", f"{EAST}-ZX"
VAGUE = "有件事情说不清楚"


async def reported(city: City, text: str = "楼下一堆垃圾好臭") -> str:
    worker = await city.person(TEAM, Role.GRID_WORKER)
    return str((await worker.post(city.report(text))).json()["event"])


async def test_who_is_bound_does_not_return_it_just_when_its_suspension_is_over(city: City):
    unit, worker = await reported(city), await city.person(TEAM, Role.GRID_WORKER)
    await worker.act(unit, "return", reason="不在本网格")
    above, street = await head(city, DISTRICT), await head(city)
    await street.act(unit, "rule", holder=TEAM, reason="经会商")
    await above.act(unit, "suspend", until=UNTIL, reason="等")
    city.clock.forward(days=32)
    assert "return" not in await offered(worker, unit)
    answer = await worker.try_to(unit, "return", reason="不归我")
    assert (answer.status_code, "由“" in answer.json()["detail"]) == (409, True)


async def test_what_may_be_done_to_it_then_is_what_is_offered(city: City):
    unit, worker = await reported(city), await city.person(TEAM, Role.GRID_WORKER)
    await (await head(city)).act(unit, "suspend", until=UNTIL, reason="等")
    assert "accept" not in await offered(worker, unit)
    city.clock.forward(days=32)
    assert "accept" in await offered(worker, unit)
    assert (await worker.act(unit, "accept"))["state"] == "accepted"


async def merged_and_taken_out(city: City, unit: str) -> dict[str, Any]:
    other, desk = await reported(city, VAGUE), await clerk(city)
    await desk.act(unit, "merge", into=other, reason="同一处")
    return await desk.act(unit, "unmerge", reason="不是同一处")


async def test_a_limit_of_before_its_merge_leaves_no_deadline_behind(city: City):
    unit = await reported(city, VAGUE)
    await (await clerk(city)).act(unit, "file", entry="SX-04002-1", reason="来电核实过")
    assert (await seen(city, unit))["due_at"]
    await merged_and_taken_out(city, unit)
    now = await seen(city, unit)
    running = {one["name"]: one["due_at"] for one in now["clocks"] if one["due_at"]}
    assert (now["state"], now["due_at"], list(running)) == ("triage", None, ["triage"])


async def test_who_has_returned_it_is_remembered_through_a_merge(city: City):
    unit, worker = await reported(city), await city.person(TEAM, Role.GRID_WORKER)
    await worker.act(unit, "return", reason="不在本网格")
    now = await merged_and_taken_out(city, unit)
    assert (now["state"], now["holder"]["code"]) == ("filed", STREET)
    again = await (await clerk(city)).act(unit, "dispatch")
    assert again["holder"]["code"] != TEAM


async def test_a_ruling_binds_through_a_merge(city: City):
    unit, worker = await reported(city), await city.person(TEAM, Role.GRID_WORKER)
    await worker.act(unit, "return", reason="不在本网格")
    await (await head(city)).act(unit, "rule", holder=COMMITTEE, reason="经会商")
    now = await merged_and_taken_out(city, unit)
    assert (now["state"], now["holder"]["code"]) == ("dispatched", COMMITTEE)
    committee = await city.person(COMMITTEE, Role.GRID_WORKER)
    assert (await committee.try_to(unit, "return", reason="不归我")).status_code == 409


async def test_a_clerk_on_whose_desk_it_lies_grants_a_cancellation(city: City):
    matter = await Matter.accepted(city)
    request = await matter.asked("cancel")
    await decided(await clerk(city), request, "grant")
    assert (await matter.now())["state"] == "cancelled"


# What was offered and refused all the same


async def test_nothing_is_escalated_from_the_top(city: City):
    unit = (await tree(city))["id"]
    await (await hand(city, BOARD)).act(unit, "escalate", reason="权限不足")
    await (await clerk(city, DISTRICT)).act(unit, "escalate", reason="权限不足")
    assert "escalate" not in await offered(await clerk(city, f"{CITY}-ZX"), unit)


async def test_urging_is_offered_again_when_it_may_be_done_again(city: City):
    unit, desk = (await tree(city))["id"], await clerk(city)
    await desk.act(unit, "urge", reason="群众来电")
    assert "urge" not in await offered(desk, unit)
    city.clock.forward(minutes=61)
    assert "urge" in await offered(desk, unit)


async def test_what_waits_for_those_called_is_not_to_be_resolved(city: City):
    unit = (await tree(city, "accept"))["id"]
    board = await hand(city, BOARD)
    assert "resolve" in await offered(board, unit)
    called = {"departments": [f"{EAST}-CG"], "reason": "请到场会商"}
    await (await clerk(city)).act(unit, "whistle", **called)
    assert "resolve" not in await offered(board, unit)


async def test_who_has_not_turned_up_is_not_offered_to_resolve(city: City):
    unit = (await tree(city, "accept"))["id"]
    called = {"departments": [f"{EAST}-CG"], "reason": "请到场会商"}
    await (await clerk(city)).act(unit, "whistle", **called)
    task, office = (await seen(city, unit))["tasks"][0]["id"], await hand(city, f"{EAST}-CG")
    await office.act(task, "accept")
    assert "resolve" not in await offered(office, task)
    await office.act(task, "arrive", reason="已到场")
    assert "resolve" in await offered(office, task)


async def test_a_task_has_no_category_no_merge_and_no_rating_of_its_own(city: City):
    unit = (await tree(city))["id"]
    tasks = [{"holder": BOARD, "title": "锯枝"}]
    await (await clerk(city)).act(unit, "split", tasks=tasks, reason="分头处置")
    task = (await seen(city, unit))["tasks"][0]["id"]
    found = await offered(await clerk(city), task)
    assert not {"reclassify", "merge"} & set(found)
    board = await hand(city, BOARD)
    for action in ("accept", "resolve"):
        await board.act(task, action)
    await (await head(city)).act(task, "verify")
    assert "rate" not in await offered(await clerk(city), task)


async def test_a_task_of_what_is_over_is_not_to_be_reopened(city: City):
    unit = (await tree(city))["id"]
    tasks = [{"holder": BOARD, "title": "锯枝"}]
    await (await clerk(city)).act(unit, "split", tasks=tasks, reason="分头处置")
    task, board = (await seen(city, unit))["tasks"][0]["id"], await hand(city, BOARD)
    for action in ("accept", "resolve"):
        await board.act(task, action)
    await (await head(city)).act(task, "verify")
    assert (await seen(city, unit))["state"] == "resolved"
    assert "reopen" not in await offered(await clerk(city), task)


@pytest.mark.parametrize(
    ("action", "said"), [(Action.EXTEND, {}), (Action.SUSPEND, {"until": UNTIL})]
)
async def test_what_was_granted_as_often_as_may_be_is_not_offered(
    city: City, action: Action, said: dict[str, str]
):
    unit, above = (await tree(city, "accept"))["id"], await head(city, DISTRICT)
    assert action in await offered(above, unit)
    for _ in range(2 if action is Action.EXTEND else 1):
        await above.act(unit, action, reason="等", **said)
    if action is Action.SUSPEND:
        await above.act(unit, "resume")
    assert action not in await offered(above, unit)
