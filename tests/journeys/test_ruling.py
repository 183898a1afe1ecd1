"""A ruling: who has it is said with binding force, where the list names nobody."""

from dataclasses import replace
from typing import Any

import pytest

from app.domain.authority import Role
from app.domain.policy import LocalPolicy
from app.domain.responsibility import Duty, Urgency
from app.domain.rulebook import Part
from tests import given
from tests.given import CITY, EAST, GRID, HARBOUR, WEST, City, Person
from tests.journeys.publishing import policies, publish

HELD = f"{HARBOUR}-MS"
WHY = {"holder": HELD, "limit": "3工作日", "reason": "经会商, 指定由民生服务板块承办"}


async def head(city: City, centre: str = f"{HARBOUR}-ZX") -> Person:
    return await city.person(centre, Role.SUPERVISOR)


async def issued(city: City) -> dict[str, Any]:
    """A task from above that no entry speaks of; it waits at the street centre."""
    district = await city.person(f"{EAST}-ZX", Role.CLERK)
    report = city.report("把上次会上说的事办了", source="upper")
    unit: dict[str, Any] = (await district.post(report)).json()["unit"]
    return unit


async def test_what_no_entry_empowers_anybody_to_do_waits_and_is_marked(city: City):
    unit = await issued(city)
    assert (unit["kind"], unit["state"], unit["is_unlisted"], unit["entry"]) == (
        "task",
        "triage",
        True,
        None,
    )


async def test_a_ruling_names_who_has_it_and_by_when(city: City):
    unit = await issued(city)
    ruled = await (await head(city)).act(unit["id"], "rule", **WHY)
    assert (ruled["state"], ruled["holder"]["code"], ruled["due_at"]) == (
        "dispatched",
        HELD,
        "2026-11-25T01:30:00Z",
    )


async def test_it_stays_marked_and_is_found_by_its_mark(city: City):
    unit, person = await issued(city), await head(city)
    await person.act(unit["id"], "rule", **WHY)
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    other = (await worker.post(city.report())).json()["unit"]
    marked = (await person.get("/v1/units", unlisted=True))["items"]
    listed = (await person.get("/v1/units", unlisted=False))["items"]
    assert [[one["id"] for one in page] for page in (marked, listed)] == [
        [unit["id"]],
        [other["id"]],
    ]


async def test_the_ruling_is_kept_with_who_made_it_and_why(city: City):
    unit, person = await issued(city), await head(city)
    await person.act(unit["id"], "rule", **WHY)
    log = (await person.get(f"/v1/units/{unit['id']}/steps"))["items"][-1]
    told = await person.get(f"/v1/units/{unit['id']}/explanation")
    assert (log["action"], log["reason"], log["data"]) == (
        "rule",
        WHY["reason"],
        {"holder": HELD, "limit": "3工作日"},
    )
    assert told["reasons"]["ruling"] | {"by": ""} == {
        "holder": HELD,
        "limit": "3工作日",
        "by": "",
        "centre": f"{HARBOUR}-ZX",
    }


async def test_from_there_it_goes_the_way_of_every_unit(city: City):
    unit, person = await issued(city), await head(city)
    await person.act(unit["id"], "rule", **WHY)
    board = await city.person(HELD, Role.DEPARTMENT)
    for action in ("accept", "start", "resolve"):
        await board.act(unit["id"], action)
    assert (await person.act(unit["id"], "verify"))["state"] == "closed"


async def test_escalated_and_sent_on_it_keeps_the_limit_it_was_given(city: City):
    unit, person = await issued(city), await head(city)
    await person.act(unit["id"], "rule", **WHY)
    board = await city.person(HELD, Role.DEPARTMENT)
    up = await board.act(unit["id"], "escalate", reason="无此职能")
    assert up["holder"]["code"] == f"{EAST}-ZX"
    sent = await (await head(city, f"{EAST}-ZX")).act(
        unit["id"], "dispatch", holder=HELD, reason="维持指定"
    )
    assert (sent["is_unlisted"], sent["due_at"]) == (True, "2026-11-25T01:30:00Z")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"limit": None}, "limit"),
        ({"limit": "尽快"}, "limit"),
        ({"reason": " "}, "reason"),
        ({"holder": "X"}, "holder"),
    ],
)
async def test_a_ruling_says_whom_by_when_and_why(
    city: City, change: dict[str, str | None], field: str
):
    unit = await issued(city)
    body = {key: value for key, value in {**WHY, **change}.items() if value is not None}
    answer = await (await head(city)).try_to(unit["id"], "rule", **body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_a_clerk_does_not_rule(city: City):
    unit = await issued(city)
    answer = await (await city.person(f"{HARBOUR}-ZX", Role.CLERK)).try_to(
        unit["id"], "rule", **WHY
    )
    assert answer.status_code == 403


async def test_nobody_rules_over_another_district(city: City):
    unit = await issued(city)
    answer = await (await head(city, f"{EAST}-ZX")).try_to(
        unit["id"], "rule", **{**WHY, "holder": f"{WEST}-CG"}
    )
    assert answer.status_code == 403


async def test_filing_it_under_an_entry_takes_the_mark_away(city: City):
    unit, person = await issued(city), await head(city)
    filed = await person.act(unit["id"], "file", entry="SX-06010-1")
    assert (filed["is_unlisted"], filed["kind"], filed["clause"]) == (False, "task", "issued")


async def test_a_report_that_fits_no_entry_becomes_a_marked_task_by_a_ruling(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await worker.post(city.report("这里有点不对劲你们来看看"))).json()["unit"]
    ruled = await (await head(city)).act(unit["id"], "rule", **WHY)
    assert (unit["is_unlisted"], ruled["is_unlisted"], ruled["kind"]) == (False, True, "task")


async def test_a_gap_is_ruled_on_with_the_lists_own_limit(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await worker.post(city.report("路面有个大坑车子颠得很"))).json()["unit"]
    assert unit["is_gap"]
    person = await head(city)
    refused = await person.try_to(unit["id"], "rule", **WHY)
    ruled = await person.act(unit["id"], "rule", holder=HELD, reason="指定承办")
    assert refused.json()["errors"][0]["field"] == "limit"
    assert (ruled["state"], ruled["is_gap"], ruled["is_unlisted"], ruled["due_at"]) == (
        "dispatched",
        False,
        False,
        "2026-11-23T01:30:00Z",
    )


async def test_a_task_of_a_plan_that_nobody_can_do_is_ruled_on(city: City):
    guarded = tuple(
        replace(body, functions=("fire",))
        if body.area in {CITY, EAST} and "-GA" in body.code
        else body
        for body in given.organisations()
    )
    await publish(city, Part.ORGANISATIONS, guarded)
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    tasks = (await worker.post(city.report("六楼着火了浓烟滚滚"))).json()["tasks"]
    task = next(one for one in tasks if one["is_gap"])
    person = await head(city, task["holder"]["code"])
    ruled = await person.act(task["id"], "rule", holder=f"{EAST}-CG", reason="由城管局警戒")
    assert (ruled["state"], ruled["holder"]["code"], ruled["is_unlisted"]) == (
        "dispatched",
        f"{EAST}-CG",
        False,
    )


async def test_an_event_is_not_ruled_on_for_it_would_lose_its_tasks(city: City):
    await policies(city, _500000=LocalPolicy(stepwise={Urgency.MAJOR: True}, emergencies=()))
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await worker.post(city.report("六楼着火了浓烟滚滚"))).json()["unit"]
    person = await head(city, f"{CITY}-ZX")
    refused = await person.try_to(unit["id"], "rule", holder=f"{EAST}-ZX", reason="由区里统筹")
    offered = (await person.get(f"/v1/units/{unit['id']}"))["actions"]
    sent = await person.act(unit["id"], "dispatch", holder=f"{EAST}-ZX", reason="由区里统筹")
    assert (refused.status_code, "rule" in offered) == (409, False)
    assert (sent["state"], sent["holder"]["code"]) == ("coordinating", f"{EAST}-ZX")


@pytest.mark.parametrize("action", ["dispatch", "rule"])
async def test_what_was_taken_back_from_streets_nobody_gives_them(city: City, action: str):
    taken = tuple(
        replace(entry, duty=Duty.WITHDRAWN) if entry.code == "SX-06013-1" else entry
        for entry in given.entries()
    )
    bare = tuple(
        replace(body, functions=()) if body.code in {f"{EAST}-CG", f"{CITY}-CG"} else body
        for body in given.organisations()
    )
    await publish(city, Part.LIST, taken)
    await publish(city, Part.ORGANISATIONS, bare)
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await worker.post(city.report("路面有个大坑车子颠得很"))).json()["unit"]
    assert (unit["holder"]["code"], unit["is_gap"]) == (f"{EAST}-ZX", True)
    answer = await (await head(city, f"{EAST}-ZX")).try_to(
        unit["id"], action, holder=HELD, reason="请街道办理"
    )
    assert (answer.status_code, "上级部门收回" in answer.text) == (422, True)
