"""Steering over HTTP: what each action asks for, and what a caller is told of it."""

import pytest

from app.domain.authority import Role
from tests.given import EAST, GRID, HARBOUR, WEST, City, Person

ACTIONS = {
    "transfer": {"holder": f"{HARBOUR}-MS"},
    "pass_down": {"holder": f"{HARBOUR}-ZX"},
    "escalate": {},
    "reclassify": {"entry": "SX-04002-1"},
    "urge": {},
    "supervise": {"limit": "1工作日"},
    "reopen": {},
}
NEEDED = {"transfer": "holder", "pass_down": "holder", "reclassify": "entry", "supervise": "limit"}


async def head(city: City) -> Person:
    return await city.person(f"{HARBOUR}-ZX", Role.SUPERVISOR)


async def filed(city: City) -> str:
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit: str = (await worker.post(city.report())).json()["unit"]["id"]
    return unit


async def test_the_centre_is_told_what_it_may_do_and_what_that_needs(shared_city: City):
    shown = await (await head(shared_city)).get(f"/v1/units/{await filed(shared_city)}")
    told = {one["action"]: one["needs"] for one in shown["actions"]}
    assert told["transfer"] == ["reason", "holder"]
    assert told["reclassify"] == ["reason", "entry"]
    assert told["supervise"] == ["reason", "limit"]
    assert told["urge"] == told["escalate"] == ["reason"]
    assert {"pass_down", "reopen"}.isdisjoint(told)


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_stranger_does_not_even_learn_that_it_exists(shared_city: City, action: str):
    stranger = await shared_city.person(f"{WEST}-ZX", Role.SUPERVISOR)
    answer = await stranger.try_to(
        await filed(shared_city), action, reason="试试", **ACTIONS[action]
    )
    assert answer.status_code == 404


@pytest.mark.parametrize("action", sorted(set(ACTIONS) - {"urge"}))
async def test_the_version_seen_must_be_said_and_be_the_present_one(shared_city: City, action: str):
    unit, person = await filed(shared_city), await head(shared_city)
    path, body = f"/v1/units/{unit}:{action}", {"reason": "试试", **ACTIONS[action]}
    unsaid = await person.call("POST", path, json=body)
    stale = await person.call("POST", path, seen=7, json=body)
    assert (unsaid.status_code, stale.status_code) == (428, 412)


@pytest.mark.parametrize("action", NEEDED)
async def test_what_it_needs_is_asked_for(shared_city: City, action: str):
    unit, person = await filed(shared_city), await head(shared_city)
    answer = await person.try_to(unit, action, reason="试试")
    assert (answer.status_code, NEEDED[action] in answer.text) == (422, True)


@pytest.mark.parametrize("action", ["pass_down", "reopen"])
async def test_out_of_turn_it_is_refused_with_what_is_allowed(shared_city: City, action: str):
    unit, person = await filed(shared_city), await head(shared_city)
    answer = await person.try_to(unit, action, reason="试试", **ACTIONS[action])
    assert (answer.status_code, "transfer" in answer.json()["allowed"]) == (409, True)


async def test_two_who_act_at_once_one_wins_and_the_other_is_told_the_version(shared_city: City):
    unit, person = await filed(shared_city), await head(shared_city)
    seen = (await person.get(f"/v1/units/{unit}"))["version"]
    await person.act(unit, "transfer", holder=f"{HARBOUR}-MS", reason="归板块")
    district = await shared_city.person(f"{EAST}-ZX", Role.SUPERVISOR)
    late = await district.call(
        "POST", f"/v1/units/{unit}:supervise", seen=seen, json=ACTIONS["supervise"]
    )
    assert (late.status_code, late.json()["version"]) == (412, seen + 1)
