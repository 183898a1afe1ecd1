"""A place known too coarsely, or a duty nobody holds: the centre names the holder."""

from app.domain.authority import Role
from tests.given import EAST, GRID, HARBOUR, City


async def test_a_coarse_place_waits_at_the_centre_until_a_clerk_sends_it_on(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    answer = await worker.post(city.report(place={"code": HARBOUR}))
    unit = answer.json()["unit"]
    assert (unit["state"], unit["stage"], unit["holder"]["code"]) == (
        "filed",
        "dispatch",
        f"{HARBOUR}-ZX",
    )
    sent = await clerk.act(unit["id"], "dispatch")
    assert (sent["state"], sent["holder"]["code"]) == ("dispatched", f"{HARBOUR}-MS")


async def test_returned_to_the_same_holder_its_limit_goes_on(city: City):
    holder = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    unit = (await holder.post(city.report())).json()["unit"]
    await holder.act(unit["id"], "accept")
    city.clock.forward(hours=1)
    await holder.act(unit["id"], "return", reason="不在本网格")
    await clerk.act(unit["id"], "dispatch", holder=f"{GRID}-WG", reason="就在您的网格")
    shown = await clerk.get(f"/v1/units/{unit['id']}")
    spent = {clock["name"]: clock["spent_seconds"] for clock in shown["clocks"]}
    assert spent["dispose"] == 3600


async def test_work_done_late_is_on_the_record_though_no_worker_looked(city: City):
    holder = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await holder.post(city.report())).json()["unit"]
    await holder.act(unit["id"], "accept")
    city.clock.forward(days=4)
    done = await holder.act(unit["id"], "resolve")
    log = await holder.get(f"/v1/units/{unit['id']}/steps")
    actions = [line["action"] for line in log["items"]]
    assert done["overdue_at"] is not None
    assert actions.index("overdue") < actions.index("resolve")
    assert "raise" in actions


async def test_who_holds_a_task_reads_what_was_reported(city: City):
    centre = await city.person(f"{EAST}-ZX", Role.CLERK)
    answer = await centre.post(city.report("六楼着火了浓烟滚滚"))
    task = answer.json()["tasks"][0]
    fire = await city.person(task["holder"]["code"], Role.DEPARTMENT)
    shown = await fire.get(f"/v1/units/{task['id']}")
    assert shown["event"]["text"] == "六楼着火了浓烟滚滚"
