"""Satisfaction (回访评价): the reporter has the last word on a closed unit."""

import pytest

from app.domain.authority import Role
from app.domain.policy import LocalPolicy
from tests.given import CITY, EAST, GRID, HARBOUR, City, Person
from tests.journeys.publishing import policies


async def closed(city: City) -> tuple[str, Person, Person, Person]:
    """A closed unit with its reporter, the worker who did it, and a clerk."""
    reporter = await city.person(f"{GRID}-WG", Role.REPORTER, name="居民")
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    unit = (await reporter.post(city.report())).json()["unit"]["id"]
    await done(unit, worker, clerk)
    return unit, reporter, worker, clerk


async def done(unit: str, worker: Person, clerk: Person) -> None:
    await worker.act(unit, "accept")
    await worker.act(unit, "resolve")
    await clerk.act(unit, "verify")


@pytest.mark.parametrize("grade", ["satisfied", "mostly"])
async def test_a_satisfied_reporter_leaves_it_closed(city: City, grade: str):
    unit, reporter, _, _ = await closed(city)
    closed_at = (await reporter.get(f"/v1/units/{unit}"))["closed_at"]
    city.clock.forward(hours=1)
    rated = await reporter.act(unit, "rate", grade=grade)
    assert (rated["state"], rated["satisfaction"]) == ("closed", grade)
    assert rated["closed_at"] == closed_at


async def test_an_unsatisfied_one_has_it_redone_and_the_centre_above_told(city: City):
    unit, reporter, worker, clerk = await closed(city)
    city.clock.forward(hours=1)
    rated = await reporter.act(unit, "rate", grade="unsatisfied", reason="角落里还有")
    assert (rated["state"], rated["holder"]["code"]) == ("in_progress", f"{GRID}-WG")
    assert (rated["closed_at"], rated["satisfaction"]) == (None, "unsatisfied")
    assert rated["raised"] == [f"{EAST}-ZX"]
    log = (await clerk.get(f"/v1/units/{unit}/steps"))["items"]
    assert [line["action"] for line in log[-3:]] == ["rate", "redo", "notify"]
    assert log[-1]["organisation"]["code"] == f"{EAST}-ZX"
    await worker.act(unit, "resolve")
    assert (await clerk.act(unit, "verify"))["state"] == "closed"


async def test_it_is_redone_within_a_whole_new_limit(city: City):
    unit, reporter, _, _ = await closed(city)
    city.clock.forward(days=3)
    rated = await reporter.act(unit, "rate", grade="unsatisfied", reason="又堆起来了")
    assert (rated["overdue_at"], rated["due_at"]) == (None, "2026-11-23T07:30:00Z")


async def test_it_is_redone_once_and_then_only_told(city: City):
    unit, reporter, worker, clerk = await closed(city)
    await reporter.act(unit, "rate", grade="unsatisfied", reason="角落里还有")
    await worker.act(unit, "resolve")
    await clerk.act(unit, "verify")
    again = await reporter.act(unit, "rate", grade="unsatisfied", reason="还是有")
    assert again["state"] == "closed"
    log = (await clerk.get(f"/v1/units/{unit}/steps"))["items"]
    assert [line["action"] for line in log[-2:]] == ["rate", "notify"]


async def test_a_city_may_redo_nothing(city: City):
    await policies(city, **{f"_{CITY}": LocalPolicy(redo=0)})
    unit, reporter, _, _ = await closed(city)
    rated = await reporter.act(unit, "rate", grade="unsatisfied", reason="角落里还有")
    assert rated["state"] == "closed"


async def test_the_call_back_desk_may_ask_and_record(city: City):
    unit, _, _, clerk = await closed(city)
    rated = await clerk.act(unit, "rate", grade="satisfied", reason="电话回访")
    assert rated["satisfaction"] == "satisfied"


async def test_nobody_rates_their_own_work(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    unit = (await worker.post(city.report())).json()["unit"]["id"]
    await done(unit, worker, clerk)
    assert (await worker.try_to(unit, "rate", grade="satisfied")).status_code == 403


async def test_a_stranger_does_not_rate(city: City):
    unit, _, _, _ = await closed(city)
    other = await city.person(f"{GRID}-WG", Role.GRID_WORKER, name="另一位")
    assert (await other.try_to(unit, "rate", grade="satisfied")).status_code == 403


async def test_unsatisfied_must_say_why(city: City):
    unit, reporter, _, _ = await closed(city)
    answer = await reporter.try_to(unit, "rate", grade="unsatisfied")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "reason")


async def test_what_is_not_closed_is_not_rated(city: City):
    reporter = await city.person(f"{GRID}-WG", Role.REPORTER, name="居民")
    unit = (await reporter.post(city.report())).json()["unit"]["id"]
    answer = await reporter.try_to(unit, "rate", grade="satisfied")
    assert answer.status_code == 409
    assert "note" in answer.json()["allowed"]


async def test_a_task_is_not_rated_but_its_event(city: City):
    reporter = await city.person(f"{GRID}-WG", Role.REPORTER, name="居民")
    answer = await reporter.post(city.report("六楼着火了浓烟滚滚"))
    task = answer.json()["tasks"][0]
    fire = await city.person(task["holder"]["code"], Role.DEPARTMENT)
    clerk = await city.person(task["centre"]["code"], Role.CLERK)
    await done(task["id"], fire, clerk)
    refused = await reporter.try_to(task["id"], "rate", grade="satisfied")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "unit")
