"""An emergency: at the street centre at once, and every centre above told in the same breath."""

from typing import Any

from app.domain.authority import Role
from tests.given import CITY, EAST, GRID, HARBOUR, City

ABOVE = (f"{EAST}-ZX", f"{CITY}-ZX")
FIRE = "六楼着火了浓烟滚滚"


async def burning(city: City) -> dict[str, Any]:
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit: dict[str, Any] = (await worker.post(city.report(FIRE))).json()["unit"]
    return unit


async def raised_to(city: City, centre: str) -> list[str]:
    clerk = await city.person(centre, Role.CLERK)
    return [one["id"] for one in (await clerk.get("/v1/units", raised=True))["items"]]


async def test_the_street_centre_owns_it_and_its_tasks_are_out_at_once(city: City):
    unit = await burning(city)
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    shown = await clerk.get(f"/v1/units/{unit['id']}")
    assert (shown["state"], shown["holder"]["code"]) == ("coordinating", f"{HARBOUR}-ZX")
    assert [(task["state"], task["holder"]["code"]) for task in shown["tasks"]] == [
        ("dispatched", f"{EAST}-XF"),
        ("dispatched", f"{EAST}-GA"),
    ]


async def test_the_centres_above_find_it_where_they_look_for_what_was_raised(city: City):
    unit = await burning(city)
    assert [await raised_to(city, centre) for centre in ABOVE] == [[unit["id"]]] * 2


async def test_telling_them_is_one_step_each_and_no_lateness(city: City):
    unit = await burning(city)
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    log = (await clerk.get(f"/v1/units/{unit['id']}/steps"))["items"]
    told = [
        (line["organisation"]["code"], line["data"]["clause"], line["state"])
        for line in log
        if line["action"] == "notify"
    ]
    assert told == [(centre, "urgent", "coordinating") for centre in ABOVE]
    assert (unit["overdue_at"], unit["version"]) == (None, 1)


async def test_a_clerk_who_recognises_it_tells_them_too(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await worker.post(city.report("这里有点不对劲你们来看看"))).json()["unit"]
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    filed = await clerk.act(unit["id"], "file", entry="SX-22001-1")
    log = (await clerk.get(f"/v1/units/{unit['id']}/steps"))["items"]
    assert (filed["state"], filed["holder"]["code"]) == ("coordinating", f"{HARBOUR}-ZX")
    assert [line["action"] for line in log][-2:] == ["notify", "notify"]
    assert [await raised_to(city, centre) for centre in ABOVE] == [[unit["id"]]] * 2


async def test_one_that_is_late_is_raised_all_the_same(city: City):
    unit = await burning(city)
    city.clock.forward(hours=9)
    await city.fire()
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    log = (await clerk.get(f"/v1/units/{unit['id']}/steps", limit=200))["items"]
    raised = [line["organisation"]["code"] for line in log if line["action"] == "raise"]
    shown = await clerk.get(f"/v1/units/{unit['id']}")
    assert (set(raised), sorted(shown["raised"])) == (set(ABOVE), sorted(ABOVE))
