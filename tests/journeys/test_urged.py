"""催办: whoever waits says so; the holder is told, and nothing else changes."""

from typing import Any

import pytest

from app.domain.authority import Role
from app.domain.limit import parse_limit
from app.domain.policy import LocalPolicy
from app.domain.rulebook import Part
from tests.given import CITY, EAST, GRID, HARBOUR, City, Person
from tests.journeys.publishing import publish

STREET, BOARD = f"{HARBOUR}-ZX", f"{HARBOUR}-MS"
WHY = {"reason": "三天了还没人来"}


async def reporter(city: City) -> Person:
    return await city.person(f"{GRID}-WG", Role.REPORTER, name="居民")


async def reported(city: City) -> dict[str, Any]:
    answer = await (await reporter(city)).post(city.report("行道树的枯枝要掉下来了"))
    unit: dict[str, Any] = answer.json()["unit"]
    return unit


async def test_the_reporter_urges_and_the_holder_is_told(city: City):
    unit = await reported(city)
    urged = await (await reporter(city)).act(unit["id"], "urge", **WHY)
    assert (urged["state"], urged["version"]) == (unit["state"], unit["version"])
    board = await city.person(BOARD, Role.DEPARTMENT)
    line = (await board.get(f"/v1/units/{unit['id']}/steps"))["items"][-1]
    assert (line["action"], line["reason"], line["data"]) == (
        "urge",
        WHY["reason"],
        {"told": BOARD, "times": 1},
    )


async def test_whoever_works_on_it_is_not_thrown_out_by_it(city: City):
    unit = await reported(city)
    await (await reporter(city)).act(unit["id"], "urge", **WHY)
    board = await city.person(BOARD, Role.DEPARTMENT)
    answer = await board.call(
        "POST", f"/v1/units/{unit['id']}:accept", seen=unit["version"], json={}
    )
    assert answer.status_code == 200


async def test_it_is_urged_once_an_hour(city: City):
    unit, person = await reported(city), await reporter(city)
    await person.act(unit["id"], "urge", **WHY)
    city.clock.forward(minutes=59)
    early = await person.try_to(unit["id"], "urge", **WHY)
    assert (early.status_code, "urge" in early.json()["allowed"]) == (409, False)
    assert "11-20 10:30 后可再催办" in early.json()["detail"]
    city.clock.forward(minutes=1)
    await person.act(unit["id"], "urge", **WHY)
    log = (await person.get(f"/v1/units/{unit['id']}/steps"))["items"]
    assert log[-1]["data"]["times"] == 2


async def test_the_policy_says_how_often(city: City):
    await publish(city, Part.POLICIES, {CITY: LocalPolicy(urge=parse_limit("10分钟"))})
    unit, person = await reported(city), await reporter(city)
    await person.act(unit["id"], "urge", **WHY)
    city.clock.forward(minutes=10)
    assert (await person.try_to(unit["id"], "urge", **WHY)).status_code == 200


@pytest.mark.parametrize("place", [STREET, f"{EAST}-ZX", f"{CITY}-ZX"])
async def test_the_centre_and_those_above_urge_too(city: City, place: str):
    unit = await reported(city)
    head = await city.person(place, Role.SUPERVISOR)
    assert (await head.try_to(unit["id"], "urge", **WHY)).status_code == 200


async def test_the_holder_does_not_urge_itself(city: City):
    unit = await reported(city)
    board = await city.person(BOARD, Role.DEPARTMENT)
    assert (await board.try_to(unit["id"], "urge", **WHY)).status_code == 403


async def test_what_is_over_is_not_urged(city: City):
    unit = await reported(city)
    await (await city.person(STREET, Role.SUPERVISOR)).act(unit["id"], "cancel", reason="误报")
    answer = await (await reporter(city)).try_to(unit["id"], "urge", **WHY)
    assert answer.status_code == 409
