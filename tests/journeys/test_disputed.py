"""A dispute: returned too often the centre above rules, and its ruling binds."""

from typing import Any

import pytest

from app.domain.authority import Role
from app.domain.policy import LocalPolicy
from app.domain.rulebook import Part
from tests.given import CITY, EAST, GRID, HARBOUR, QUAY, City, Person
from tests.journeys.publishing import publish

STREET, DISTRICT = f"{HARBOUR}-ZX", f"{EAST}-ZX"
TEAM, COMMITTEE, BOARD = f"{GRID}-WG", f"{QUAY}-SQ", f"{HARBOUR}-MS"


async def worker(city: City) -> Person:
    return await city.person(TEAM, Role.GRID_WORKER)


async def committee(city: City) -> Person:
    return await city.person(COMMITTEE, Role.GRID_WORKER)


async def head(city: City, centre: str = DISTRICT) -> Person:
    return await city.person(centre, Role.SUPERVISOR)


async def disputed(city: City) -> dict[str, Any]:
    """A unit that two holders have returned."""
    unit = (await (await worker(city)).post(city.report())).json()["unit"]
    await (await worker(city)).act(unit["id"], "return", reason="不在本网格")
    clerk = await city.person(STREET, Role.CLERK)
    await clerk.act(unit["id"], "dispatch", holder=COMMITTEE, reason="请社区处理")
    return await (await committee(city)).act(unit["id"], "return", reason="不归社区管")


async def ruled(city: City) -> dict[str, Any]:
    unit = await disputed(city)
    return await (await head(city)).act(
        unit["id"], "rule", holder=COMMITTEE, reason="经会商, 由社区承办"
    )


def names(unit: dict[str, Any]) -> list[str]:
    return [one["action"] for one in unit["actions"]]


async def test_the_second_return_goes_to_the_centre_above(city: City):
    unit = await disputed(city)
    assert (unit["state"], unit["holder"]["code"]) == ("filed", DISTRICT)


async def test_the_explanation_says_why_it_waits_there(city: City):
    unit = await disputed(city)
    told = await (await head(city)).get(f"/v1/units/{unit['id']}/explanation")
    assert "多次退回, 由上级中心指定承办" in str(told)
    assert told["reasons"]["dispute"] == {
        "coordinator": TEAM,
        "returns": 2,
        "given_back": [TEAM, COMMITTEE],
        "awaits": DISTRICT,
    }


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("dispatch", {"holder": COMMITTEE}),
        ("dispatch", {}),
        ("decline", {"reason": "不受理"}),
        ("pass_down", {"holder": STREET}),
        ("reclassify", {"entry": "SX-04002-1", "reason": "改类"}),
    ],
)
async def test_only_a_ruling_leads_on(city: City, action: str, body: dict[str, str]):
    unit = await disputed(city)
    answer = await (await head(city)).try_to(unit["id"], action, **body)
    assert (answer.status_code, "rule" in answer.json()["allowed"]) == (409, True)
    assert action not in answer.json()["allowed"]


async def test_only_what_leads_on_is_offered(city: City):
    unit = await disputed(city)
    shown = await (await head(city)).get(f"/v1/units/{unit['id']}")
    assert "rule" in names(shown)
    assert {"dispatch", "decline", "pass_down", "reclassify"}.isdisjoint(names(shown))


async def test_the_street_cannot_rule_on_what_waits_above_it(city: City):
    unit = await disputed(city)
    street = await head(city, STREET)
    answer = await street.try_to(unit["id"], "rule", holder=BOARD, reason="我来定")
    assert answer.status_code == 403


async def test_a_bound_holder_cannot_return_it_again(city: City):
    unit = await ruled(city)
    person = await committee(city)
    answer = await person.try_to(unit["id"], "return", reason="还是不归我")
    assert (answer.status_code, "escalate" in answer.json()["allowed"]) == (409, True)
    assert "上报" in answer.text
    assert "return" not in names(await person.get(f"/v1/units/{unit['id']}"))


async def test_the_street_cannot_take_it_from_whom_the_district_named(city: City):
    unit = await ruled(city)
    clerk = await city.person(STREET, Role.CLERK)
    answer = await clerk.try_to(unit["id"], "transfer", holder=BOARD, reason="换板块")
    assert answer.status_code == 409
    moved = await (await head(city)).act(unit["id"], "transfer", holder=BOARD, reason="改由板块")
    assert moved["holder"]["code"] == BOARD


async def test_a_bound_holder_that_cannot_do_it_escalates_past_whoever_ruled(city: City):
    unit = await ruled(city)
    up = await (await committee(city)).act(unit["id"], "escalate", reason="无人无车")
    assert (up["state"], up["holder"]["code"]) == ("filed", f"{CITY}-ZX")


async def test_the_bound_holder_does_it_and_the_log_keeps_every_hop(city: City):
    unit, person = await ruled(city), await committee(city)
    for action in ("accept", "resolve"):
        await person.act(unit["id"], action)
    clerk = await city.person(STREET, Role.CLERK)
    assert (await clerk.act(unit["id"], "verify"))["state"] == "closed"
    log = (await clerk.get(f"/v1/units/{unit['id']}/steps"))["items"]
    assert [line["action"] for line in log] == [
        "file", "dispatch", "return", "dispatch", "return", "rule",
        "accept", "resolve", "verify", "close",
    ]  # fmt: skip
    assert [line["data"] for line in log if line["action"] == "return"] == [
        {"from": TEAM, "returns": 1},
        {"from": COMMITTEE, "returns": 2},
    ]


async def test_whoever_returned_it_coordinates_meanwhile(city: City):
    unit = await ruled(city)
    told = await (await head(city)).get(f"/v1/units/{unit['id']}/explanation")
    assert told["reasons"]["dispute"]["coordinator"] == TEAM


async def test_the_policy_says_how_often_it_may_be_returned(city: City):
    await publish(city, Part.POLICIES, {CITY: LocalPolicy(returns=1)})
    unit = (await (await worker(city)).post(city.report())).json()["unit"]
    back = await (await worker(city)).act(unit["id"], "return", reason="不在本网格")
    assert back["holder"]["code"] == DISTRICT
