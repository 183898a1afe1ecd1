"""转办: the centre moves a unit to another holder under it, and the limit runs on."""

from typing import Any

import pytest

from app.domain.authority import Role
from tests.given import EAST, GRID, HARBOUR, QUAY, City, Person

TEAM, COMMITTEE = f"{GRID}-WG", f"{QUAY}-SQ"
WHY = {"holder": COMMITTEE, "reason": "社区就近办理"}


async def clerk(city: City) -> Person:
    return await city.person(f"{HARBOUR}-ZX", Role.CLERK)


async def begun(city: City) -> dict[str, Any]:
    """A unit its first holder has begun to work on."""
    worker = await city.person(TEAM, Role.GRID_WORKER)
    unit = (await worker.post(city.report())).json()["unit"]
    await worker.act(unit["id"], "accept")
    return await worker.act(unit["id"], "start")


async def test_the_new_holder_signs_does_it_and_it_is_closed(city: City):
    unit = await begun(city)
    moved = await (await clerk(city)).act(unit["id"], "transfer", **WHY)
    assert (moved["state"], moved["holder"]["code"]) == ("dispatched", COMMITTEE)
    committee = await city.person(COMMITTEE, Role.GRID_WORKER)
    for action in ("accept", "resolve"):
        await committee.act(unit["id"], action)
    assert (await (await clerk(city)).act(unit["id"], "verify"))["state"] == "closed"
    log = (await (await clerk(city)).get(f"/v1/units/{unit['id']}/steps"))["items"]
    line = next(one for one in log if one["action"] == "transfer")
    assert (line["reason"], line["data"]) == (WHY["reason"], {"from": TEAM, "holder": COMMITTEE})


async def test_a_centres_change_of_mind_stretches_no_limit(city: City):
    unit = await begun(city)
    city.clock.forward(hours=1)
    moved = await (await clerk(city)).act(unit["id"], "transfer", **WHY)
    assert (moved["due_at"], moved["stage"]) == (unit["due_at"], "accept")
    assert moved["stage_due_at"] == "2026-11-20T06:30:00Z"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"holder": COMMITTEE}, 422, "reason"),
        ({"holder": TEAM, "reason": "再试"}, 422, "holder"),
        ({"holder": "nobody", "reason": "再试"}, 422, "holder"),
        ({"holder": f"{EAST}-CG", "reason": "再试"}, 403, "holder"),
    ],
)
async def test_it_goes_with_a_reason_to_another_holder_under_the_centre(
    city: City, body: dict[str, str], status: int, field: str
):
    unit = await begun(city)
    answer = await (await clerk(city)).try_to(unit["id"], "transfer", **body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)


async def test_a_holder_does_not_hand_its_work_on_itself(city: City):
    unit = await begun(city)
    worker = await city.person(TEAM, Role.GRID_WORKER)
    assert (await worker.try_to(unit["id"], "transfer", **WHY)).status_code == 403


async def test_what_is_resolved_is_not_moved_any_more(city: City):
    unit = await begun(city)
    await (await city.person(TEAM, Role.GRID_WORKER)).act(unit["id"], "resolve")
    answer = await (await clerk(city)).try_to(unit["id"], "transfer", **WHY)
    assert (answer.status_code, "verify" in answer.json()["allowed"]) == (409, True)
