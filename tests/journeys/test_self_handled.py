"""Self-handled (自行处置): found, fixed and reported in one call."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from app.domain.authority import Role
from app.domain.policy import LocalPolicy
from app.domain.rulebook import Part
from tests import given
from tests.given import CITY, GRID, HARBOUR, City, Person
from tests.journeys.publishing import policies, publish


def handled(city: City, **changes: Any) -> dict[str, Any]:
    """A report that says it was dealt with, with a photograph of after."""
    resolved = {"how": "已装袋清走", "at": city.clock.now().isoformat(), "after": [str(uuid4())]}
    return city.report(resolved={**resolved, **changes})


async def worker_of(city: City) -> Person:
    return await city.person(f"{GRID}-WG", Role.GRID_WORKER)


async def sampled(city: City, share: float) -> None:
    await policies(city, **{f"_{CITY}": LocalPolicy(self_handled_sample=share)})


async def test_it_is_closed_at_once_and_counted_apart(city: City):
    await sampled(city, 0.0)
    worker = await worker_of(city)
    answer = await worker.post(handled(city))
    assert answer.status_code == 201
    unit = answer.json()["unit"]
    assert (unit["state"], unit["is_self_handled"]) == ("closed", True)
    assert unit["closed_at"] is not None
    log = (await worker.get(f"/v1/units/{unit['id']}/steps"))["items"]
    assert [(line["action"], line["actor"] is None) for line in log] == [
        ("file", True), ("self_handle", False),
    ]  # fmt: skip
    assert log[1]["reason"] == "已装袋清走"


async def test_no_limit_runs_for_it(city: City):
    await sampled(city, 0.0)
    worker = await worker_of(city)
    unit = (await worker.post(handled(city))).json()["unit"]
    assert (await worker.get(f"/v1/units/{unit['id']}"))["clocks"] == []
    city.clock.forward(days=30)
    await city.fire()
    assert (await worker.get(f"/v1/units/{unit['id']}"))["overdue_at"] is None


async def test_a_sampled_one_is_verified_by_the_centre(city: City):
    await sampled(city, 1.0)
    worker = await worker_of(city)
    answer = (await worker.post(handled(city))).json()
    assert answer["unit"]["state"] == "resolved"
    assert answer["reasons"]["handled"]["standing"] == "sampled"
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    assert (await clerk.act(answer["event"], "verify"))["state"] == "closed"


async def test_whoever_handled_it_does_not_verify_it(city: City):
    await sampled(city, 1.0)
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    answer = (await clerk.post(handled(city))).json()
    refused = await clerk.try_to(answer["event"], "verify")
    assert refused.status_code == 403


async def test_found_wanting_the_holder_has_it_to_do(city: City):
    await sampled(city, 1.0)
    worker = await worker_of(city)
    unit = (await worker.post(handled(city))).json()["event"]
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    again = await clerk.act(unit, "rework", reason="地上还有")
    assert (again["state"], again["holder"]["code"]) == ("in_progress", f"{GRID}-WG")
    assert again["due_at"] is not None


async def test_without_the_photographs_the_entry_asks_for_the_centre_looks(city: City):
    await sampled(city, 0.0)
    worker = await worker_of(city)
    answer = (await worker.post(handled(city, after=[]))).json()
    assert answer["unit"]["state"] == "resolved"
    assert answer["reasons"]["handled"]["standing"] == "no_evidence"


async def test_what_the_entry_does_not_allow_takes_its_usual_way(city: City):
    worker = await worker_of(city)
    report = {**handled(city), "text": "下水道井盖不见了娃儿差点掉下去"}
    answer = (await worker.post(report)).json()
    assert (answer["unit"]["state"], answer["unit"]["is_self_handled"]) == ("dispatched", False)
    assert answer["reasons"]["handled"]["standing"] == "not_allowed"
    assert answer["reasons"]["handled"]["how"] == "已装袋清走"


async def test_the_list_may_allow_it_or_not(city: City):
    await sampled(city, 0.0)
    entries = tuple(
        replace(entry, self_handled=entry.code != "SX-06010-1") for entry in given.entries()
    )
    await publish(city, Part.LIST, entries)
    worker = await worker_of(city)
    assert (await worker.post(handled(city))).json()["unit"]["state"] == "dispatched"
    tree = {**handled(city), "text": "行道树的枯枝要掉下来了"}
    assert (await worker.post(tree)).json()["unit"]["state"] == "closed"


async def test_the_same_report_sent_again_is_the_same_unit(city: City):
    worker = await worker_of(city)
    report = handled(city)
    first = await worker.post(report)
    again = await worker.post(report)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["unit"]["state"] == first.json()["unit"]["state"]


async def test_it_is_not_merged_into_what_others_work_on(city: City):
    await sampled(city, 0.0)
    worker = await worker_of(city)
    place = {"code": GRID, "point": {"longitude": 106.575, "latitude": 29.556}}
    await worker.post(city.report(place=place))
    unit = (await worker.post({**handled(city), "place": place})).json()["unit"]
    assert (unit["state"], unit["merged_into"]) == ("closed", None)


async def test_a_citizen_reports_only(city: City):
    citizen = await city.person(f"{HARBOUR}-ZX", Role.REPORTER)
    answer = await citizen.post(handled(city))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, "resolved")


async def test_nothing_is_resolved_before_it_occurred(city: City):
    worker = await worker_of(city)
    answer = await worker.post(handled(city, at="2026-01-01T00:00:00+08:00"))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "resolved.at")
