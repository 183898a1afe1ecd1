"""督办: a centre above sets its own deadline, which runs beside the others until the close."""

from typing import Any

import pytest

from app.domain.authority import Role
from tests.given import CITY, EAST, GRID, HARBOUR, City, Person

STREET, DISTRICT, BOARD = f"{HARBOUR}-ZX", f"{EAST}-ZX", f"{HARBOUR}-MS"
WHY = {"limit": "2紧急工作时", "reason": "群众反复投诉, 限时办结"}


async def head(city: City, centre: str = DISTRICT) -> Person:
    return await city.person(centre, Role.SUPERVISOR)


async def board(city: City) -> Person:
    return await city.person(BOARD, Role.DEPARTMENT)


async def supervised(city: City) -> dict[str, Any]:
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await worker.post(city.report("行道树的枯枝要掉下来了"))).json()["unit"]
    return await (await head(city)).act(unit["id"], "supervise", **WHY)


async def clock(city: City, unit: dict[str, Any]) -> dict[str, Any]:
    shown = await (await head(city)).get(f"/v1/units/{unit['id']}")
    found: dict[str, Any] = next(one for one in shown["clocks"] if one["name"] == "supervise")
    return found


async def test_its_deadline_runs_beside_those_of_the_stages(city: City):
    unit = await supervised(city)
    running = await clock(city, unit)
    assert (running["running"], running["due_at"]) == (True, "2026-11-20T03:30:00Z")
    assert (unit["state"], unit["due_at"]) == ("dispatched", "2026-11-24T01:30:00Z")


async def test_it_runs_on_through_every_stage_and_ends_with_the_close(city: City):
    unit = await supervised(city)
    for action in ("accept", "start", "resolve"):
        await (await board(city)).act(unit["id"], action)
        assert (await clock(city, unit))["due_at"] == "2026-11-20T03:30:00Z"
    closed = await (await head(city, STREET)).act(unit["id"], "verify")
    assert (closed["state"], (await clock(city, unit))["running"]) == ("closed", False)


async def test_its_marks_remind_and_raise_like_those_of_others(city: City):
    unit = await supervised(city)
    await (await board(city)).act(unit["id"], "accept")
    city.clock.forward(hours=2, minutes=1)
    await city.fire()
    log = (await (await head(city)).get(f"/v1/units/{unit['id']}/steps"))["items"]
    fired = [
        (line["action"], line["data"]["percent"])
        for line in log
        if line["data"].get("clock") == "supervise"
    ]
    assert fired == [("warn", 80), ("overdue", 100), ("raise", 100)]


async def test_returned_and_sent_on_it_runs_all_the_time(city: City):
    unit = await supervised(city)
    await (await board(city)).act(unit["id"], "return", reason="不归我")
    assert (await clock(city, unit))["running"]
    await (await head(city, STREET)).act(unit["id"], "dispatch", holder=BOARD, reason="归你")
    assert (await clock(city, unit))["due_at"] == "2026-11-20T03:30:00Z"


async def test_a_second_demand_takes_the_place_of_the_first(city: City):
    unit = await supervised(city)
    city.clock.forward(hours=1)
    await (await head(city, f"{CITY}-ZX")).act(
        unit["id"], "supervise", limit="30分钟", reason="马上办"
    )
    assert (await clock(city, unit))["due_at"] == "2026-11-20T03:00:00Z"


async def test_who_demanded_it_is_kept(city: City):
    unit = await supervised(city)
    told = (await (await head(city)).get(f"/v1/units/{unit['id']}/explanation"))["reasons"]
    log = (await (await head(city)).get(f"/v1/units/{unit['id']}/steps"))["items"]
    assert (told["supervision"]["centre"], told["supervision"]["limit"]) == (DISTRICT, WHY["limit"])
    assert (log[-1]["reason"], log[-1]["data"]) == (
        WHY["reason"],
        {"limit": WHY["limit"], "told": BOARD},
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [({"limit": "尽快", "reason": "急"}, "limit"), ({"limit": "1工作日"}, "reason")],
)
async def test_a_demand_says_by_when_and_why(city: City, body: dict[str, str], field: str):
    unit = await supervised(city)
    answer = await (await head(city)).try_to(unit["id"], "supervise", **body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_a_clerk_does_not_supervise(city: City):
    unit = await supervised(city)
    clerk = await city.person(STREET, Role.CLERK)
    assert (await clerk.try_to(unit["id"], "supervise", **WHY)).status_code == 403
