"""交办: a centre hands a unit on its desk to a centre below, which carries it on."""

from typing import Any

import pytest

from app.domain.authority import Role
from tests.given import EAST, GRID, HARBOUR, HILL, City, Person

STREET, DISTRICT, BOARD = f"{HARBOUR}-ZX", f"{EAST}-ZX", f"{HARBOUR}-MS"


async def district(city: City) -> Person:
    return await city.person(DISTRICT, Role.CLERK)


async def above(city: City) -> dict[str, Any]:
    """A street's matter that was sent up to the district."""
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await worker.post(city.report("行道树的枯枝要掉下来了"))).json()["unit"]
    board = await city.person(BOARD, Role.DEPARTMENT)
    return await board.act(unit["id"], "escalate", reason="需高空作业车")


async def test_the_street_dispatches_what_the_district_hands_it(city: City):
    unit = await above(city)
    city.clock.forward(minutes=10)
    down = await (await district(city)).act(
        unit["id"], "pass_down", holder=STREET, reason="车已调拨, 由街道安排"
    )
    assert (down["state"], down["holder"]["code"], down["stage_due_at"]) == (
        "filed",
        STREET,
        "2026-11-20T01:55:00Z",
    )
    street = await city.person(STREET, Role.CLERK)
    sent = await street.act(unit["id"], "dispatch", holder=BOARD)
    assert sent["state"] == "dispatched"
    log = (await street.get(f"/v1/units/{unit['id']}/steps"))["items"]
    line = next(one for one in log if one["action"] == "pass_down")
    assert line["data"] == {"from": DISTRICT, "holder": STREET}


@pytest.mark.parametrize("holder", [DISTRICT, BOARD, f"{EAST}-CG"])
async def test_only_a_centre_below_is_handed_it(city: City, holder: str):
    unit = await above(city)
    answer = await (await district(city)).try_to(unit["id"], "pass_down", holder=holder)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "holder")


async def test_another_street_of_the_district_may_have_it(city: City):
    unit = await above(city)
    down = await (await district(city)).act(unit["id"], "pass_down", holder=f"{HILL}-ZX")
    assert down["holder"]["code"] == f"{HILL}-ZX"


async def test_what_has_a_holder_is_not_passed_down_but_transferred(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await worker.post(city.report())).json()["unit"]
    clerk = await city.person(STREET, Role.CLERK)
    answer = await clerk.try_to(unit["id"], "pass_down", holder=STREET)
    assert (answer.status_code, "transfer" in answer.json()["allowed"]) == (409, True)
