"""Recurrence: what was closed and came back within the policy's days is marked and linked."""

from typing import Any

from app.domain.authority import Role
from app.domain.policy import LocalPolicy
from tests.given import CITY, GRID, HARBOUR, City, Person
from tests.journeys.publishing import policies

SPOT = {"code": GRID, "point": {"longitude": 106.575, "latitude": 29.556}}


async def closed(city: City, place: dict[str, Any] = SPOT) -> tuple[str, Person, Person]:
    """A unit worked on and closed, with its worker and its clerk."""
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    unit = (await worker.post(city.report(place=place))).json()["unit"]["id"]
    await worker.act(unit, "accept")
    await worker.act(unit, "resolve")
    await clerk.act(unit, "verify")
    return unit, worker, clerk


async def test_what_comes_back_is_linked_both_ways(city: City):
    first, worker, clerk = await closed(city)
    city.clock.forward(days=10)
    again = (await worker.post(city.report(place=SPOT))).json()
    assert (again["unit"]["state"], again["unit"]["recurs"]) == ("dispatched", first)
    assert again["reasons"]["recurs"] == {"unit": first, "by": "point", "metres": 0}
    shown = await clerk.get(f"/v1/units/{first}")
    assert [one["id"] for one in shown["recurred"]] == [again["event"]]


async def test_the_closed_unit_itself_is_left_as_it_was(city: City):
    first, worker, clerk = await closed(city)
    before = await clerk.get(f"/v1/units/{first}/steps")
    await worker.post(city.report(place=SPOT))
    assert await clerk.get(f"/v1/units/{first}/steps") == before


async def test_after_the_policys_days_it_is_a_new_matter(city: City):
    _, worker, _ = await closed(city)
    city.clock.forward(days=16)
    assert (await worker.post(city.report(place=SPOT))).json()["unit"]["recurs"] is None


async def test_the_days_are_the_citys_own(city: City):
    await policies(city, **{f"_{CITY}": LocalPolicy(recurrence=30)})
    first, worker, _ = await closed(city)
    city.clock.forward(days=16)
    assert (await worker.post(city.report(place=SPOT))).json()["unit"]["recurs"] == first


async def test_the_latest_of_several_is_what_came_back(city: City):
    await closed(city)
    city.clock.forward(days=1)
    second, worker, _ = await closed(city)
    city.clock.forward(days=1)
    assert (await worker.post(city.report(place=SPOT))).json()["unit"]["recurs"] == second


async def test_a_grid_alone_is_too_wide_to_say(city: City):
    _, worker, _ = await closed(city, {"code": GRID})
    assert (await worker.post(city.report())).json()["unit"]["recurs"] is None


async def test_what_was_cancelled_does_not_come_back(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    head = await city.person(f"{HARBOUR}-ZX", Role.SUPERVISOR)
    unit = (await worker.post(city.report(place=SPOT))).json()["unit"]["id"]
    await head.act(unit, "cancel", reason="误报")
    assert (await worker.post(city.report(place=SPOT))).json()["unit"]["recurs"] is None
