"""Said to be done but not done: sent back to work on the time that was left."""

from app.domain.authority import Role
from tests.given import GRID, HARBOUR, City, Person


async def resolved(city: City, minutes: int = 60) -> tuple[str, Person, Person]:
    """A unit resolved after that many minutes of work, with its worker and its clerk."""
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    unit = (await worker.post(city.report())).json()["unit"]
    await worker.act(unit["id"], "accept")
    city.clock.forward(minutes=minutes)
    await worker.act(unit["id"], "resolve")
    return unit["id"], worker, clerk


async def test_reworked_resolved_again_and_closed(city: City):
    unit, worker, clerk = await resolved(city)
    again = await clerk.act(unit, "rework", reason="还有一堆没清")
    assert (again["state"], again["holder"]["code"]) == ("in_progress", f"{GRID}-WG")
    await worker.act(unit, "resolve")
    assert (await clerk.act(unit, "verify"))["state"] == "closed"


async def test_the_time_already_spent_is_not_given_again(city: City):
    unit, _, clerk = await resolved(city, minutes=60)
    city.clock.forward(minutes=15)
    again = await clerk.act(unit, "rework", reason="还有一堆没清")
    assert again["due_at"] == "2026-11-20T07:45:00Z"


async def test_a_weekend_before_the_rework_costs_the_worker_nothing(city: City):
    unit, _, clerk = await resolved(city, minutes=60)
    city.clock.forward(days=3)
    again = await clerk.act(unit, "rework", reason="还有一堆没清")
    assert again["due_at"] == "2026-11-23T07:30:00Z"


async def test_who_resolved_it_does_not_verify_it(city: City):
    unit, worker, _ = await resolved(city)
    assert (await worker.try_to(unit, "verify")).status_code == 403


async def test_the_verification_has_its_own_deadline_each_time(city: City):
    unit, worker, clerk = await resolved(city)
    await clerk.act(unit, "rework", reason="还有一堆没清")
    city.clock.forward(minutes=30)
    again = await worker.act(unit, "resolve")
    assert (again["stage"], again["stage_due_at"]) == ("verify", "2026-11-20T09:00:00Z")


async def test_resolving_too_late_is_a_fact_even_while_no_worker_runs(city: City):
    unit, _, clerk = await resolved(city, minutes=7 * 60)
    assert (await clerk.get(f"/v1/units/{unit}"))["overdue_at"] == "2026-11-20T07:30:00Z"


async def test_rework_of_what_was_late_keeps_the_deadline_it_missed(city: City):
    unit, _, clerk = await resolved(city, minutes=7 * 60)
    again = await clerk.act(unit, "rework", reason="还有一堆没清")
    assert again["due_at"] == "2026-11-20T07:30:00Z"
