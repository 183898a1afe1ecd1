"""A report nobody can place at once: a person looks, files it under an entry, or declines it."""

from typing import Any

import pytest

from app.domain.authority import Role
from tests.given import EAST, GRID, HARBOUR, QUAY, City, Person

UNSURE = "这里有点不对劲你们来看看"


async def clerk(city: City) -> Person:
    return await city.person(f"{HARBOUR}-ZX", Role.CLERK)


async def waiting(city: City, text: str = UNSURE, **changes: Any) -> dict[str, Any]:
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit: dict[str, Any] = (await worker.post(city.report(text, **changes))).json()["unit"]
    return unit


async def test_unsure_goes_to_the_street_centre_and_from_there_on_its_way(city: City):
    unit, person = await waiting(city), await clerk(city)
    assert (unit["state"], unit["holder"]["code"]) == ("triage", f"{HARBOUR}-ZX")

    filed = await person.act(unit["id"], "file", entry="SX-06010-1")
    assert (filed["state"], filed["holder"]["code"]) == ("dispatched", f"{GRID}-WG")

    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    for action in ("accept", "resolve"):
        await worker.act(unit["id"], action)
    assert (await person.act(unit["id"], "verify"))["state"] == "closed"


async def test_a_text_between_two_entries_brings_its_candidates(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    answer = (await worker.post(city.report("树和坑"))).json()
    assert answer["unit"]["state"] == "triage"
    candidates = answer["reasons"]["classification"]["candidates"]
    assert {one["entry"] for one in candidates} >= {"SX-04002-1", "SX-06013-1"}


async def test_the_disposal_limit_begins_when_it_is_filed(city: City):
    unit, person = await waiting(city), await clerk(city)
    city.clock.forward(minutes=20)
    filed = await person.act(unit["id"], "file", entry="SX-06010-1")
    assert filed["due_at"] == "2026-11-20T07:50:00Z"


async def test_the_explanation_tells_that_a_person_decided(city: City):
    unit, person = await waiting(city), await clerk(city)
    await person.act(unit["id"], "file", entry="SX-06010-1")
    told = (await person.get(f"/v1/units/{unit['id']}/explanation"))["sentences"]
    assert "由人工研判确定" in told[1]


async def test_the_clerk_may_know_the_place_better(city: City):
    unit, person = await waiting(city, place={"code": HARBOUR}), await clerk(city)
    await person.act(unit["id"], "file", entry="SX-06010-1", area=GRID)
    told = await person.get(f"/v1/units/{unit['id']}/explanation")
    shown = await person.get(f"/v1/units/{unit['id']}")
    assert (shown["place"]["grid"]["code"], shown["holder"]["code"]) == (GRID, f"{GRID}-WG")
    assert "第1网格, 依据人工研判" in told["sentences"][0]


async def test_filing_under_a_planned_entry_splits_it(city: City):
    unit, person = await waiting(city), await clerk(city)
    filed = await person.act(unit["id"], "file", entry="SX-22001-1")
    district = await city.person(f"{EAST}-ZX", Role.CLERK)
    tasks = (await district.get(f"/v1/units/{unit['id']}"))["tasks"]
    assert (filed["state"], len(tasks)) == ("coordinating", 2)


async def test_tasks_of_what_waited_too_long_are_not_late_themselves(city: City):
    unit, person = await waiting(city), await clerk(city)
    city.clock.forward(hours=2)
    await city.fire()
    await person.act(unit["id"], "file", entry="SX-22001-1")
    district = await city.person(f"{EAST}-ZX", Role.CLERK)
    shown = await district.get(f"/v1/units/{unit['id']}")
    assert shown["overdue_at"] is not None
    assert [(task["overdue_at"], task["raised"]) for task in shown["tasks"]] == [(None, [])] * 2


async def test_nothing_to_be_done_is_declined_with_the_reason(city: City):
    unit, person = await waiting(city), await clerk(city)
    assert (await person.act(unit["id"], "decline", reason="不属实"))["state"] == "declined"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"entry": "SX-99999-9"}, "entry"),
        ({"entry": "SX-06010-1", "area": "999"}, "area"),
        ({}, "entry"),
    ],
)
async def test_filing_under_what_does_not_exist_is_refused(
    city: City, body: dict[str, str], field: str
):
    unit, person = await waiting(city), await clerk(city)
    answer = await person.try_to(unit["id"], "file", **body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_a_community_does_not_file(city: City):
    unit = await waiting(city)
    neighbour = await city.person(f"{QUAY}-SQ", Role.CLERK)
    answer = await neighbour.try_to(unit["id"], "file", entry="SX-06010-1")
    assert answer.status_code == 403
