"""Bulk (批量办理): one action on many units, each with its own outcome."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.domain.authority import Role
from tests.given import EAST, GRID, HARBOUR, City, Person
from tests.queries import logged


async def filed(city: City, count: int) -> tuple[list[dict[str, Any]], Person]:
    """So many units on the grid team's desk, with a worker of it."""
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    units = [(await worker.post(city.report())).json()["unit"] for _ in range(count)]
    return units, worker


def seen(units: list[dict[str, Any]], version: int = 1) -> list[dict[str, Any]]:
    return [{"id": unit["id"], "version": version} for unit in units]


async def bulk(person: Person, action: str, units: list[Any], **body: Any) -> httpx.Response:
    return await person.call(
        "POST", "/v1/units:act", json={"action": action, "units": units, **body}
    )


async def test_all_are_done_and_told_in_the_order_asked_for(city: City):
    units, worker = await filed(city, 5)
    answer = (await bulk(worker, "accept", seen(units[::-1]), reason="统一签收")).json()
    assert (answer["done"], answer["refused"]) == (5, 0)
    assert [one["id"] for one in answer["items"]] == [unit["id"] for unit in units[::-1]]
    assert {(one["status"], one["state"], one["version"]) for one in answer["items"]} == {
        (200, "accepted", 2)
    }
    log = (await worker.get(f"/v1/units/{units[0]['id']}/steps"))["items"]
    assert (log[-1]["action"], log[-1]["reason"]) == ("accept", "统一签收")


async def test_each_has_its_own_outcome(city: City):
    units, worker = await filed(city, 4)
    await worker.act(units[1]["id"], "accept")
    asked = seen(units)
    asked[1]["version"] = 2
    asked[2]["version"] = 7
    asked.append({"id": str(uuid4()), "version": 1})
    answer = (await bulk(worker, "accept", asked)).json()
    assert [one["status"] for one in answer["items"]] == [200, 409, 412, 200, 404]
    assert (answer["done"], answer["refused"]) == (2, 3)
    assert answer["items"][1]["problem"]["allowed"][:2] == ["start", "resolve"]
    assert answer["items"][2]["problem"]["version"] == 1


async def test_what_the_caller_may_not_do_is_refused_unit_by_unit(city: City):
    units, _ = await filed(city, 2)
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    answer = (await bulk(clerk, "accept", seen(units))).json()
    assert [one["status"] for one in answer["items"]] == [403, 403]


async def test_closing_many_settles_each_with_all_that_belongs_to_it(city: City):
    units, worker = await filed(city, 3)
    await bulk(worker, "accept", seen(units))
    answer = (await bulk(worker, "resolve", seen(units, 2))).json()
    assert [one["state"] for one in answer["items"]] == ["resolved"] * 3
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    asked = seen(units, 3)
    asked[1]["version"] = 1
    answer = (await bulk(clerk, "verify", asked)).json()
    assert [one["status"] for one in answer["items"]] == [200, 412, 200]
    assert answer["items"][0]["state"] == "closed"


async def test_the_tasks_of_one_event_are_verified_together_and_resolve_it(city: City):
    reporter = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    fire = (await reporter.post(city.report("六楼着火了浓烟滚滚"))).json()
    for task in fire["tasks"]:
        doer = await city.person(task["holder"]["code"], Role.DEPARTMENT)
        await doer.act(task["id"], "accept")
        await doer.act(task["id"], "resolve")
    clerk = await city.person(fire["tasks"][0]["centre"]["code"], Role.CLERK)
    answer = (await bulk(clerk, "verify", seen(fire["tasks"], 3))).json()
    statuses = [one["status"] for one in answer["items"]]
    if statuses == [200, 200]:
        event = await clerk.get(f"/v1/units/{fire['unit']['id']}")
        assert event["state"] == "resolved"
    assert 200 in statuses


async def test_what_was_late_is_on_the_record_first(city: City):
    units, worker = await filed(city, 2)
    city.clock.forward(days=5)
    await bulk(worker, "accept", seen(units))
    log = (await worker.get(f"/v1/units/{units[0]['id']}/steps"))["items"]
    actions = [line["action"] for line in log]
    assert "overdue" in actions
    assert actions[-1] == "accept"
    assert [line["seq"] for line in log] == list(range(1, len(log) + 1))


async def test_many_take_as_many_statements_as_one(city: City):
    (first, *units), worker = await filed(city, 121)
    await bulk(worker, "accept", seen([first]))
    async with logged(city.app.state.service.database) as queries:
        answer = await bulk(worker, "accept", seen(units))
    assert answer.json()["done"] == 120
    bounds = ("BEGIN;", "COMMIT;", "SAVEPOINT", "RELEASE SAVEPOINT")
    work = [one for one in queries if not one.startswith(bounds)]
    assert len(work) == 3


async def test_a_clerk_urges_what_lies_about_and_sends_up_what_is_not_theirs(city: City):
    units, _ = await filed(city, 3)
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    urged = (await bulk(clerk, "urge", seen(units), reason="居民在等")).json()
    assert [(one["status"], one["version"]) for one in urged["items"]] == [(200, 1)] * 3
    again = (await bulk(clerk, "urge", seen(units[:1]), reason="居民在等")).json()
    assert again["items"][0]["status"] == 409
    sent = (await bulk(clerk, "escalate", seen(units), reason="本街道无力处置")).json()
    assert [(one["status"], one["state"]) for one in sent["items"]] == [(200, "filed")] * 3
    shown = await clerk.get(f"/v1/units/{units[0]['id']}")
    assert shown["holder"]["code"] == f"{EAST}-ZX"


async def test_many_closed_ones_are_reopened_but_for_those_that_are_not(city: City):
    units, worker = await filed(city, 3)
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    await bulk(worker, "accept", seen(units[:2]))
    await bulk(worker, "resolve", seen(units[:2], 2))
    await bulk(clerk, "verify", seen(units[:2], 3))
    versions = [(await clerk.get(f"/v1/units/{one['id']}"))["version"] for one in units]
    asked = [{"id": one["id"], "version": n} for one, n in zip(units, versions, strict=True)]
    answer = (await bulk(clerk, "reopen", asked, reason="雨后又堆起来了")).json()
    assert [one["status"] for one in answer["items"]] == [200, 200, 409]
    assert {one["state"] for one in answer["items"][:2]} == {"dispatched"}


async def test_many_are_extended_suspended_until_one_moment_and_resumed(city: City):
    units, _ = await filed(city, 2)
    street = await city.person(f"{HARBOUR}-ZX", Role.SUPERVISOR)
    district = await city.person(f"{EAST}-ZX", Role.SUPERVISOR)
    longer = (await bulk(district, "extend", seen(units), reason="连日大雨")).json()
    assert [one["status"] for one in longer["items"]] == [200, 200]
    until = (city.clock.now() + timedelta(days=3)).isoformat()
    put_off = (await bulk(street, "suspend", seen(units, 2), reason="停水", until=until)).json()
    assert {one["state"] for one in put_off["items"]} == {"suspended"}
    on = (await bulk(street, "resume", seen(units, 3))).json()
    assert {one["state"] for one in on["items"]} == {"dispatched"}


@pytest.mark.parametrize(
    ("action", "more"), [("suspend", {}), ("urge", {"until": "2026-12-01T00:00:00+08:00"})]
)
async def test_only_a_suspension_and_every_one_says_until_when(
    city: City, action: str, more: dict[str, str]
):
    units, worker = await filed(city, 1)
    answer = await bulk(worker, action, seen(units), reason="停水", **more)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "until")


@pytest.mark.parametrize("action", ["dispatch", "merge", "rate", "warn"])
async def test_what_needs_more_than_a_reason_is_not_done_in_bulk(city: City, action: str):
    units, worker = await filed(city, 1)
    answer = await bulk(worker, action, seen(units))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "action")


async def test_a_unit_named_twice_is_refused(city: City):
    units, worker = await filed(city, 1)
    answer = await bulk(worker, "accept", seen(units * 2))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "units")


async def test_more_than_five_hundred_are_refused(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    many = [{"id": str(uuid4()), "version": 1} for _ in range(501)]
    assert (await bulk(worker, "accept", many)).status_code == 422


async def test_who_has_it_no_more_hears_so_in_bulk_as_alone(city: City):
    units, worker = await filed(city, 1)
    head = await city.person(f"{HARBOUR}-ZX", Role.SUPERVISOR)
    await head.act(units[0]["id"], "transfer", holder=f"{HARBOUR}-MS", reason="改由板块承办")
    answer = (await bulk(worker, "accept", seen(units))).json()
    alone = await worker.call(
        "POST", f"/v1/units/{units[0]['id']}:accept", json={}, headers={"If-Match": "1"}
    )
    assert (answer["items"][0]["status"], alone.status_code) == (412, 412)
    assert answer["items"][0]["problem"]["last"] == alone.json()["last"]
