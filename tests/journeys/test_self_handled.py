"""Self-handled (自行处置): found, fixed and reported in one call."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from app.domain.authority import Role
from app.domain.policy import LocalPolicy
from app.domain.rulebook import Part
from tests import given
from tests.given import CITY, GRID, HARBOUR, WEST, City, Person
from tests.journeys.publishing import policies, publish
from tests.photos import exhibit, shown, uploaded
from tests.queries import logged


async def handled(person: Person, **changes: Any) -> dict[str, Any]:
    """A report that says it was dealt with, with a photograph of after."""
    after = changes["after"] if "after" in changes else [await uploaded(person)]
    resolved = {"how": "已装袋清走", "at": person.city.clock.now().isoformat(), "after": after}
    return person.city.report(resolved={**resolved, **changes})


async def worker_of(city: City) -> Person:
    return await city.person(f"{GRID}-WG", Role.GRID_WORKER)


async def sampled(city: City, share: float) -> None:
    await policies(city, **{f"_{CITY}": LocalPolicy(self_handled_sample=share)})


async def test_it_is_closed_at_once_and_counted_apart(city: City):
    await sampled(city, 0.0)
    worker = await worker_of(city)
    answer = await worker.post(await handled(worker))
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
    unit = (await worker.post(await handled(worker))).json()["unit"]
    assert (await worker.get(f"/v1/units/{unit['id']}"))["clocks"] == []
    city.clock.forward(days=30)
    await city.fire()
    assert (await worker.get(f"/v1/units/{unit['id']}"))["overdue_at"] is None


async def test_a_sampled_one_is_verified_by_the_centre(city: City):
    await sampled(city, 1.0)
    worker = await worker_of(city)
    answer = (await worker.post(await handled(worker))).json()
    assert answer["unit"]["state"] == "resolved"
    assert answer["reasons"]["handled"]["standing"] == "sampled"
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    assert (await clerk.act(answer["event"], "verify"))["state"] == "closed"


async def test_whoever_handled_it_does_not_verify_it(city: City):
    await sampled(city, 1.0)
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    answer = (await clerk.post(await handled(clerk))).json()
    refused = await clerk.try_to(answer["event"], "verify")
    assert refused.status_code == 403


async def test_found_wanting_the_holder_has_it_to_do(city: City):
    await sampled(city, 1.0)
    worker = await worker_of(city)
    unit = (await worker.post(await handled(worker))).json()["event"]
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    again = await clerk.act(unit, "rework", reason="地上还有")
    assert (again["state"], again["holder"]["code"]) == ("in_progress", f"{GRID}-WG")
    assert again["due_at"] is not None


async def test_without_the_photographs_the_entry_asks_for_the_centre_looks(city: City):
    await sampled(city, 0.0)
    worker = await worker_of(city)
    answer = (await worker.post(await handled(worker, after=[]))).json()
    assert answer["unit"]["state"] == "resolved"
    assert answer["reasons"]["handled"]["standing"] == "no_evidence"


async def test_what_the_entry_does_not_allow_takes_its_usual_way(city: City):
    worker = await worker_of(city)
    report = {**await handled(worker), "text": "下水道井盖不见了娃儿差点掉下去"}
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
    assert (await worker.post(await handled(worker))).json()["unit"]["state"] == "dispatched"
    tree = {**await handled(worker), "text": "行道树的枯枝要掉下来了"}
    assert (await worker.post(tree)).json()["unit"]["state"] == "closed"


async def test_the_same_report_sent_again_is_the_same_unit(city: City):
    worker = await worker_of(city)
    report = await handled(worker)
    first = await worker.post(report)
    again = await worker.post(report)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["unit"]["state"] == first.json()["unit"]["state"]


async def test_it_is_not_merged_into_what_others_work_on(city: City):
    await sampled(city, 0.0)
    worker = await worker_of(city)
    place = {"code": GRID, "point": {"longitude": 106.575, "latitude": 29.556}}
    await worker.post(city.report(place=place))
    unit = (await worker.post({**await handled(worker), "place": place})).json()["unit"]
    assert (unit["state"], unit["merged_into"]) == ("closed", None)


async def test_a_citizen_reports_only(city: City):
    citizen = await city.person(f"{HARBOUR}-ZX", Role.REPORTER)
    answer = await citizen.post(await handled(citizen))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, "resolved")


async def test_nothing_is_resolved_before_it_occurred(city: City):
    worker = await worker_of(city)
    answer = await worker.post(await handled(worker, at="2026-01-01T00:00:00+08:00"))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "resolved.at")


# What shows it


async def strict(city: City, *, sample: float = 0.0) -> None:
    """Have the city want evidence, and verify that share of what is self-handled."""
    local = LocalPolicy(requires_evidence=True, self_handled_sample=sample)
    await policies(city, **{f"_{CITY}": local})


async def attach_later(person: Person, unit: str) -> dict[str, Any]:
    body = {"attachments": [exhibit(await uploaded(person))]}
    answer = await person.call("POST", f"/v1/events/{unit}:attach", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_its_photographs_are_the_units_own(city: City):
    await sampled(city, 0.0)
    worker = await worker_of(city)
    before, after = await uploaded(worker), await uploaded(worker)
    unit = (await worker.post(await handled(worker, before=[before], after=[after]))).json()
    assert set(await shown(worker, unit["event"])) == {
        (before, "before", True), (after, "after", True),
    }  # fmt: skip


async def test_photographs_nobody_uploaded_close_nothing_and_are_refused_by_name(city: City):
    await sampled(city, 0.0)
    worker = await worker_of(city)
    answer = await worker.post(await handled(worker, after=[str(uuid4())]))
    problem = answer.json()
    assert (answer.status_code, problem["errors"][0]["field"]) == (422, "resolved.after.0")
    assert "/v1/attachments" in problem["detail"]


async def test_those_of_another_organisation_are_as_if_there_were_none(city: City):
    worker, stranger = await worker_of(city), await city.person(f"{WEST}-ZX", Role.CLERK)
    report = await handled(worker, after=[await uploaded(stranger)])
    answer = await worker.post(report)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "resolved.after.0")


async def test_those_of_another_unit_do_not_serve_twice(city: City):
    worker = await worker_of(city)
    photo = await uploaded(worker)
    await worker.post(await handled(worker, after=[photo]))
    answer = await worker.post(await handled(worker, after=[photo]))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "resolved.after.0")


async def test_one_photograph_is_not_of_before_and_of_after(city: City):
    worker = await worker_of(city)
    photo = await uploaded(worker)
    answer = await worker.post(await handled(worker, before=[photo], after=[photo]))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "resolved.after.0")


async def test_a_photograph_of_the_report_counts_as_what_it_says_it_shows(city: City):
    await sampled(city, 0.0)
    worker = await worker_of(city)
    report = await handled(worker, after=[])
    report["attachments"] = [exhibit(await uploaded(worker), "after")]
    assert (await worker.post(report)).json()["unit"]["state"] == "closed"


async def test_in_a_tunnel_first_the_text_then_the_photo_closes_it(city: City):
    await strict(city)
    worker = await worker_of(city)
    unit = (await worker.post(await handled(worker, after=[]))).json()["event"]
    city.clock.forward(minutes=20)
    done = await attach_later(worker, unit)
    assert (done["state"], done["closed_at"]) == ("closed", done["updated_at"])
    log = (await worker.get(f"/v1/units/{unit}/steps"))["items"]
    assert [(line["action"], line["state"]) for line in log] == [
        ("file", "filed"), ("self_handle", "resolved"),
        ("attach", "resolved"), ("self_handle", "closed"),
    ]  # fmt: skip
    assert [clock["running"] for clock in (await worker.get(f"/v1/units/{unit}"))["clocks"]] == [
        False
    ]


async def test_of_the_sample_it_is_verified_all_the_same(city: City):
    await strict(city, sample=1.0)
    worker, clerk = await worker_of(city), await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    unit = (await worker.post(await handled(worker, after=[]))).json()["event"]
    assert (await attach_later(worker, unit))["state"] == "resolved"
    assert (await clerk.act(unit, "verify"))["state"] == "closed"


async def test_nobody_verifies_it_before_it_shows_what_policy_wants(city: City):
    await strict(city)
    worker, clerk = await worker_of(city), await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    unit = (await worker.post(await handled(worker, after=[]))).json()["event"]
    refused = await clerk.try_to(unit, "verify")
    assert (refused.status_code, refused.json()["allowed"]) == (409, ["attach", "rework"])
    asked = {"action": "verify", "units": [{"id": unit, "version": 1}]}
    many = await clerk.call("POST", "/v1/units:act", json=asked)
    assert [one["status"] for one in many.json()["items"]] == [409]
    offered = (await clerk.get(f"/v1/units/{unit}"))["actions"]
    assert "verify" not in [one["action"] for one in offered]


async def test_reworked_a_photo_alone_does_not_close_it(city: City):
    await sampled(city, 0.0)
    worker, clerk = await worker_of(city), await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    unit = (await worker.post(await handled(worker, after=[]))).json()["event"]
    await clerk.act(unit, "rework", reason="地上还有")
    await worker.act(unit, "resolve")
    assert (await attach_later(worker, unit))["state"] == "resolved"
    assert (await clerk.act(unit, "verify"))["state"] == "closed"


async def test_reports_that_name_no_photograph_ask_the_database_nothing_more(city: City):
    await sampled(city, 0.0)
    worker = await worker_of(city)
    await worker.post(city.report())
    asked = []
    for report in (city.report(), await handled(worker, after=[]), await handled(worker)):
        async with logged(city.app.state.service.database) as queries:
            assert (await worker.post(report)).status_code == 201
        asked.append(len([one for one in queries if one not in {"BEGIN;", "COMMIT;"}]))
    # With photographs: whose they are, and that they are the unit's.
    assert (asked[1] <= asked[0], asked[2] - asked[1]) == (True, 2)
