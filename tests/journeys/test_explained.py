"""A clerk asks why before anything is sent, changes what was missing, and it goes as was told."""

from typing import Any

from app.domain.authority import Role
from tests.given import GRID, HARBOUR, City

UNCLEAR = "楼下臭, 路面脏"


def differences(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [one["facts"] for one in told["topics"] if one["topic"] == "otherwise"]


async def test_what_was_told_to_be_missing_makes_the_difference(city: City):
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    report = city.report(UNCLEAR, place={"code": GRID})
    asked = await clerk.call("POST", "/v1/rulebooks/current:explain", json=report)
    assert asked.json()["unit"]["state"] == "triage"
    told = next(one for one in differences(asked.json()) if one.get("category"))
    sent = await clerk.post({**report, "category": told["category"]})
    unit = sent.json()["unit"]
    assert (unit["entry"]["code"], unit["kind"]) == (told["entry"], told["kind"])
    assert unit["holder"]["code"] == told["holder"]


async def test_a_unit_in_triage_tells_the_clerk_what_each_reading_would_lead_to(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    unit = (await worker.post(city.report(UNCLEAR))).json()["unit"]
    told = await clerk.get(f"/v1/units/{unit['id']}/explanation")
    near = next(one["facts"] for one in told["topics"] if one["topic"] == "near")
    filed = await clerk.act(unit["id"], "file", entry=near["entry"])
    assert filed["holder"]["code"] == near["holder"]
    after = await clerk.get(f"/v1/units/{unit['id']}/explanation")
    assert any("由人工研判确定" in sentence for sentence in after["sentences"])


async def test_a_coarse_place_tells_the_finer_one_and_then_it_goes_there(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    report = city.report(place={"code": HARBOUR})
    asked = await worker.call("POST", "/v1/rulebooks/current:explain", json=report)
    told = next(one for one in differences(asked.json()) if one["change"] == "place")
    sent = await worker.post({**report, "place": {"code": told["area"]}})
    assert sent.json()["unit"]["holder"]["code"] == told["holder"]
