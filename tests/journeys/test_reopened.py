"""重开: closed but not fixed; whoever had it does it again."""

from typing import Any

import pytest

from app.domain.authority import Role
from app.domain.policy import LocalPolicy
from app.domain.rulebook import Part
from tests.given import CITY, EAST, GRID, HARBOUR, City, Person
from tests.journeys.publishing import publish

STREET, BOARD = f"{HARBOUR}-ZX", f"{HARBOUR}-MS"
WHY = {"reason": "枯枝还在"}


async def reporter(city: City) -> Person:
    return await city.person(f"{GRID}-WG", Role.REPORTER, name="居民")


async def done(city: City, unit: str) -> dict[str, Any]:
    board = await city.person(BOARD, Role.DEPARTMENT)
    for action in ("accept", "resolve"):
        await board.act(unit, action)
    return await (await city.person(STREET, Role.CLERK)).act(unit, "verify")


async def closed(city: City) -> dict[str, Any]:
    unit = (await (await reporter(city)).post(city.report("行道树的枯枝要掉下来了"))).json()["unit"]
    return await done(city, unit["id"])


async def test_the_holder_does_it_again_under_its_whole_limit(city: City):
    unit = await closed(city)
    city.clock.forward(days=3)
    again = await (await reporter(city)).act(unit["id"], "reopen", **WHY)
    assert (again["state"], again["holder"]["code"], again["closed_at"]) == (
        "dispatched",
        BOARD,
        None,
    )
    assert again["due_at"] == "2026-11-25T01:30:00Z"
    assert (await done(city, unit["id"]))["state"] == "closed"
    log = (await (await reporter(city)).get(f"/v1/units/{unit['id']}/steps"))["items"]
    actions = [line["action"] for line in log]
    assert actions[actions.index("reopen") :] == [
        "reopen", "dispatch", "accept", "resolve", "verify", "close",
    ]  # fmt: skip


@pytest.mark.parametrize("place", [STREET, f"{EAST}-ZX", f"{CITY}-ZX"])
async def test_the_centre_and_those_above_reopen_too(city: City, place: str):
    unit = await closed(city)
    head = await city.person(place, Role.SUPERVISOR)
    assert (await head.act(unit["id"], "reopen", **WHY))["state"] == "dispatched"


async def test_after_thirty_days_it_is_reported_anew(city: City):
    unit, person = await closed(city), await reporter(city)
    city.clock.forward(days=30)
    answer = await person.try_to(unit["id"], "reopen", **WHY)
    assert (answer.status_code, "30 天" in answer.json()["detail"]) == (409, True)
    shown = await person.get(f"/v1/units/{unit['id']}")
    assert "reopen" not in [one["action"] for one in shown["actions"]]


async def test_it_is_reopened_twice_and_no_more(city: City):
    unit, person = await closed(city), await reporter(city)
    for _ in range(2):
        await person.act(unit["id"], "reopen", **WHY)
        await done(city, unit["id"])
    assert (await person.try_to(unit["id"], "reopen", **WHY)).status_code == 409


async def test_the_policy_says_how_long_and_how_often(city: City):
    await publish(city, Part.POLICIES, {CITY: LocalPolicy(reopen_days=1, reopens=0)})
    unit, person = await closed(city), await reporter(city)
    assert (await person.try_to(unit["id"], "reopen", **WHY)).status_code == 409


async def test_a_supervision_that_ended_with_the_close_does_not_run_again(city: City):
    report = city.report("行道树的枯枝要掉下来了")
    unit = (await (await reporter(city)).post(report)).json()["unit"]
    head = await city.person(f"{EAST}-ZX", Role.SUPERVISOR)
    await head.act(unit["id"], "supervise", limit="1工作日", reason="限期")
    await done(city, unit["id"])
    await head.act(unit["id"], "reopen", **WHY)
    shown = await head.get(f"/v1/units/{unit['id']}")
    assert [one["name"] for one in shown["clocks"] if one["running"]] == ["accept", "dispose"]


async def test_the_holder_does_not_reopen_it(city: City):
    unit = await closed(city)
    board = await city.person(BOARD, Role.DEPARTMENT)
    assert (await board.try_to(unit["id"], "reopen", **WHY)).status_code == 403


async def burnt(city: City) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An event whose tasks are done, closed."""
    fire = (await (await reporter(city)).post(city.report("六楼着火了浓烟滚滚"))).json()
    head = await city.person(f"{EAST}-ZX", Role.SUPERVISOR)
    for task in fire["tasks"]:
        crew = await city.person(task["holder"]["code"], Role.DEPARTMENT)
        for action in ("accept", "resolve"):
            await crew.act(task["id"], action)
        await head.act(task["id"], "verify")
    await head.act(fire["unit"]["id"], "verify")
    return fire["unit"], fire["tasks"]


async def test_an_event_is_coordinated_again_and_one_of_its_tasks_done_anew(city: City):
    event, tasks = await burnt(city)
    head = await city.person(f"{EAST}-ZX", Role.SUPERVISOR)
    early = await head.try_to(tasks[0]["id"], "reopen", reason="复燃")
    assert (early.status_code, "重开该事件" in early.json()["detail"]) == (409, True)
    again = await head.act(event["id"], "reopen", reason="复燃")
    assert (again["state"], again["holder"]["code"]) == ("coordinating", STREET)
    await head.act(tasks[0]["id"], "reopen", reason="复燃")
    crew = await city.person(tasks[0]["holder"]["code"], Role.DEPARTMENT)
    for action in ("accept", "resolve"):
        await crew.act(tasks[0]["id"], action)
    await head.act(tasks[0]["id"], "verify")
    assert (await head.get(f"/v1/units/{event['id']}"))["state"] == "resolved"


async def test_a_reopened_event_without_open_tasks_its_centre_resolves(city: City):
    event, _ = await burnt(city)
    head = await city.person(f"{EAST}-ZX", Role.SUPERVISOR)
    await head.act(event["id"], "reopen", reason="现场未清理")
    street = await city.person(STREET, Role.SUPERVISOR)
    assert (await street.act(event["id"], "resolve"))["state"] == "resolved"
