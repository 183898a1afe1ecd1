"""申诉: who was late asks that it does not count; granted, it stays a fact all the same."""

from typing import Any

import pytest

from app.domain.authority import Role
from tests.asking import Matter, decide, decided
from tests.given import EAST, GRID, HARBOUR, City, Person

TEAM, STREET, DISTRICT = f"{GRID}-WG", f"{HARBOUR}-ZX", f"{EAST}-ZX"
LATE = "2026-11-20T07:30:00Z"


@pytest.fixture
async def matter(city: City) -> Matter:
    """A unit of the grid team's whose work was to be done by 15:30, an hour late."""
    matter = await Matter.accepted(city)
    city.clock.forward(hours=7)
    await city.fire()
    return matter


async def appeal(by: Person, unit: str, clock: str = "dispose") -> Any:
    body = {"clock": clock, "reason": "市电中断"}
    return await by.call("POST", f"/v1/units/{unit}:appeal", json=body)


async def dispose(matter: Matter) -> dict[str, Any]:
    found: dict[str, Any] = next(
        one for one in (await matter.now())["clocks"] if one["name"] == "dispose"
    )
    return found


async def test_granted_by_the_centre_above_it_is_exempt_and_stays_a_fact(matter: Matter):
    asked = (await appeal(matter.worker, matter.id)).json()
    assert (asked["kind"], asked["clock"], asked["desk"]["code"]) == ("appeal", "dispose", STREET)
    assert asked["text"].startswith("“第1网格网格队”就“处置”超期申诉, 申请免予统计")
    done = await decided(matter.street, asked["id"], "grant", "情况属实")
    assert done["state"] == "granted"
    unit, clock = await matter.now(), await dispose(matter)
    assert (unit["overdue_at"], clock["overdue_at"]) == (LATE, LATE)
    assert unit["exempted_at"] == clock["exempted_at"] == "2026-11-20T08:30:00Z"
    assert (await matter.actions())[-3:] == ["appeal", "grant", "exempt"]
    told = (await matter.log())[-1]
    assert (told["reason"], told["data"]["clock"], told["data"]["holder"]) == (
        "市电中断",
        "dispose",
        TEAM,
    )


async def test_refused_it_counts(matter: Matter):
    asked = (await appeal(matter.worker, matter.id)).json()["id"]
    await decided(matter.street, asked, "refuse", "无证明")
    assert (await matter.now())["exempted_at"] is None
    assert (await dispose(matter))["exempted_at"] is None


async def test_it_is_asked_and_granted_after_the_close_as_well(matter: Matter):
    await matter.worker.act(matter.id, "resolve")
    await matter.street.act(matter.id, "verify")
    asked = (await appeal(matter.worker, matter.id)).json()["id"]
    await decided(matter.street, asked, "grant")
    unit = await matter.now()
    assert (unit["state"], unit["overdue_at"], unit["light"]) == ("closed", LATE, None)
    assert (unit["exempted_at"], unit["closed_at"]) == (
        "2026-11-20T08:30:00Z",
        "2026-11-20T08:30:00Z",
    )


async def test_it_outlives_the_route_it_was_made_on(matter: Matter):
    asked = (await appeal(matter.worker, matter.id)).json()["id"]
    await matter.street.act(matter.id, "transfer", holder=f"{HARBOUR}-MS", reason="另派")
    assert (await decided(matter.street, asked, "grant"))["state"] == "granted"
    assert (await dispose(matter))["exempted_at"] is not None


async def test_what_was_not_late_needs_no_appeal(matter: Matter):
    answer = await appeal(matter.worker, matter.id, "accept")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "clock")


async def test_what_is_exempted_is_not_asked_for_again(matter: Matter):
    asked = (await appeal(matter.worker, matter.id)).json()["id"]
    assert (await appeal(matter.worker, matter.id)).status_code == 409
    await decided(matter.street, asked, "grant")
    assert (await appeal(matter.worker, matter.id)).status_code == 409


async def test_only_who_was_late_appeals(matter: Matter):
    assert (await appeal(matter.street, matter.id)).status_code == 403
    await matter.street.act(matter.id, "transfer", holder=f"{HARBOUR}-MS", reason="另派")
    board = await matter.city.person(f"{HARBOUR}-MS", Role.DEPARTMENT)
    assert (await appeal(board, matter.id)).status_code == 403


async def test_it_is_offered_to_who_was_late_alone_and_until_it_is_granted(matter: Matter):
    async def offered(person: Person) -> bool:
        shown = await person.get(f"/v1/units/{matter.id}")
        return "appeal" in [one["action"] for one in shown["actions"]]

    assert (await offered(matter.worker), await offered(matter.street)) == (True, False)
    asked = (await appeal(matter.worker, matter.id)).json()["id"]
    await decided(matter.street, asked, "grant")
    assert not await offered(matter.worker)


async def test_a_centre_that_was_late_asks_the_centre_above_it(city: City):
    matter = await Matter.accepted(city)
    await matter.worker.act(matter.id, "resolve")
    city.clock.forward(hours=24 * 4)
    await city.fire()
    asked = (await appeal(matter.street, matter.id, "verify")).json()
    assert asked["desk"]["code"] == DISTRICT
    clerk = await city.person(STREET, Role.SUPERVISOR, name="另一人")
    assert (await decide(clerk, asked["id"], "grant")).status_code == 403
    assert (await decided(matter.district, asked["id"], "grant"))["state"] == "granted"


async def test_a_later_lateness_leaves_the_units_first_as_it_was(matter: Matter):
    """The work was late first; the verification, late as well, is exempted alone."""
    await matter.worker.act(matter.id, "resolve")
    matter.city.clock.forward(hours=24 * 4)
    await matter.city.fire()
    asked = (await appeal(matter.street, matter.id, "verify")).json()["id"]
    await decided(matter.district, asked, "grant")
    assert (await matter.now())["exempted_at"] is None


async def test_granted_when_another_has_the_unit_anew_it_leaves_their_limit_alone(matter: Matter):
    asked = (await appeal(matter.worker, matter.id)).json()["id"]
    await matter.worker.act(matter.id, "return", reason="不属本网格")
    await matter.street.act(matter.id, "dispatch", holder=f"{HARBOUR}-MS")
    assert (await decided(matter.street, asked, "grant"))["state"] == "granted"
    clock = await dispose(matter)
    assert (clock["overdue_at"], clock["exempted_at"]) == (None, None)
    assert (await matter.actions())[-2:] == ["grant", "exempt"]
