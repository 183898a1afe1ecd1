"""Whoever reported the same matter has a say, too: a merged report rates what came of it."""

from typing import Any

import pytest

from app.domain.authority import Role
from tests.given import EAST, GRID, HARBOUR, City, Person

SPOT = {"code": GRID, "point": {"longitude": 106.575, "latitude": 29.556}}


async def second_of_two(city: City) -> tuple[str, str, Person]:
    """An open unit, another resident's report merged into it, and that resident."""
    first = await city.person(f"{GRID}-WG", Role.REPORTER, name="居民甲")
    second = await city.person(f"{GRID}-WG", Role.REPORTER, name="居民乙")
    unit = (await first.post(city.report(place=SPOT))).json()["unit"]["id"]
    merged = (await second.post(city.report(place=SPOT))).json()
    assert merged["merged_into"] == unit
    return unit, str(merged["event"]), second


async def done(city: City, unit: str) -> Person:
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    state = (await clerk.get(f"/v1/units/{unit}"))["state"]
    for action in ("accept", "resolve") if state == "dispatched" else ("resolve",):
        await worker.act(unit, action)
    await clerk.act(unit, "verify")
    return clerk


async def offered(person: Person, unit: str) -> list[str]:
    return [one["action"] for one in (await person.get(f"/v1/units/{unit}"))["actions"]]


async def log(person: Person, unit: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await person.get(f"/v1/units/{unit}/steps"))["items"]
    return found


async def test_a_satisfied_one_is_recorded_on_their_own_unit(city: City):
    unit, merged, resident = await second_of_two(city)
    clerk = await done(city, unit)
    assert "rate" in await offered(resident, merged)
    rated = await resident.act(merged, "rate", grade="satisfied")
    assert (rated["state"], rated["satisfaction"], rated["merged_into"]) == (
        "merged", "satisfied", unit,
    )  # fmt: skip
    assert (await clerk.get(f"/v1/units/{unit}"))["satisfaction"] is None


async def test_an_unsatisfied_one_has_the_other_unit_redone_and_the_centre_above_told(city: City):
    unit, merged, resident = await second_of_two(city)
    clerk = await done(city, unit)
    await resident.act(merged, "rate", grade="unsatisfied", reason="角落里还有")
    again = await clerk.get(f"/v1/units/{unit}")
    assert (again["state"], again["raised"], again["satisfaction"]) == (
        "in_progress", [f"{EAST}-ZX"], None,
    )  # fmt: skip
    redo, notice = (await log(clerk, unit))[-2:]
    assert (redo["action"], redo["reason"], redo["data"]["unit"]) == (
        "redo", "角落里还有", merged,
    )  # fmt: skip
    assert (notice["action"], notice["data"]["satisfaction"]) == ("notify", "unsatisfied")
    assert [one["action"] for one in await log(clerk, merged)][-1] == "rate"
    await done(city, unit)
    assert (await clerk.get(f"/v1/units/{unit}"))["state"] == "closed"


async def test_it_is_redone_once_whoever_asks(city: City):
    unit, merged, resident = await second_of_two(city)
    await done(city, unit)
    await resident.act(merged, "rate", grade="unsatisfied", reason="角落里还有")
    clerk = await done(city, unit)
    await resident.act(merged, "rate", grade="unsatisfied", reason="还是有")
    first = await city.person(f"{GRID}-WG", Role.REPORTER, name="居民甲")
    await first.act(unit, "rate", grade="unsatisfied", reason="我也看到了")
    assert (await clerk.get(f"/v1/units/{unit}"))["state"] == "closed"


async def test_before_the_other_is_closed_there_is_nothing_to_rate(city: City):
    unit, merged, resident = await second_of_two(city)
    assert "rate" not in await offered(resident, merged)
    refused = await resident.try_to(merged, "rate", grade="satisfied")
    assert (refused.status_code, "note" in refused.json()["allowed"]) == (409, True)
    number = (await (await done(city, unit)).get(f"/v1/units/{unit}"))["number"]
    assert number in refused.json()["detail"]


async def test_who_did_the_work_does_not_rate_it_by_a_report_of_their_own(city: City):
    first = await city.person(f"{GRID}-WG", Role.REPORTER, name="居民甲")
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await first.post(city.report(place=SPOT))).json()["unit"]["id"]
    merged = (await worker.post(city.report(place=SPOT))).json()["event"]
    await done(city, unit)
    assert "rate" not in await offered(worker, merged)
    assert (await worker.try_to(merged, "rate", grade="satisfied")).status_code == 403


async def test_somebody_elses_merged_report_is_not_theirs_to_rate(city: City):
    unit, merged, _ = await second_of_two(city)
    await done(city, unit)
    stranger = await city.person(f"{GRID}-WG", Role.REPORTER, name="居民丙")
    answer = await stranger.try_to(merged, "rate", grade="satisfied")
    assert answer.status_code == 404


async def test_taken_out_again_it_has_its_own_result_to_be_rated(city: City):
    unit, merged, resident = await second_of_two(city)
    clerk = await done(city, unit)
    await resident.act(merged, "rate", grade="satisfied")
    apart = await clerk.act(merged, "unmerge", reason="不是同一处")
    assert (apart["state"], apart["satisfaction"]) == ("dispatched", None)


@pytest.mark.parametrize("end", ["cancel", "decline"])
async def test_what_was_merged_into_something_that_came_to_nothing_must_be_unmerged_first(
    city: City, end: str
):
    unit, merged, resident = await second_of_two(city)
    head = await city.person(f"{HARBOUR}-ZX", Role.SUPERVISOR)
    if end == "decline":
        await (await city.person(f"{GRID}-WG", Role.GRID_WORKER)).act(unit, "return", reason="不归")
    await head.act(unit, end, reason="误报")
    refused = (await resident.try_to(merged, "rate", grade="satisfied")).json()
    assert ("待其结案" in refused["detail"], "须先“取消并案”" in refused["detail"]) == (False, True)
    assert "unmerge" in refused["allowed"]
    apart = await head.act(merged, "unmerge", reason="不是同一处")
    assert apart["state"] == "dispatched"
