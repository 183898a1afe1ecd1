"""Edges of sight and of input that a reviewer walked over."""

from uuid import UUID

from app.domain.authority import Role
from tests.given import EAST, GRID, HARBOUR, City


async def test_an_events_id_can_never_be_a_tasks(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    tasks = (await worker.post(city.report("六楼着火了浓烟滚滚"))).json()["tasks"]
    answer = await worker.post(city.report(id=tasks[0]["id"]))
    assert UUID(tasks[0]["id"]).version == 8
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "id")


async def test_who_only_reports_sees_only_their_own(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    await worker.post(city.report())
    citizen = await city.person(f"{EAST}-ZX", Role.REPORTER)
    mine = (await citizen.post(city.report())).json()["unit"]["id"]
    seen = await citizen.get("/v1/units")
    queue = await citizen.call("GET", f"/v1/organisations/{HARBOUR}-ZX/queue")
    assert ([unit["id"] for unit in seen["items"]], queue.status_code) == ([mine], 404)


async def test_a_committee_reads_its_grid_teams_queue(city: City):
    committee = await city.person(f"{GRID[:12]}-SQ", Role.CLERK)
    answer = await committee.call("GET", f"/v1/organisations/{GRID}-WG/queue")
    assert answer.status_code == 200


async def test_a_body_that_grows_past_the_limit_is_cut_off(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)

    async def endless():
        for _ in range(80):
            yield b" " * 1024

    answer = await worker.call("POST", "/v1/events", content=endless())
    assert answer.status_code == 413


async def test_a_point_outside_a_city_without_outlines_is_nobodys_fault(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    point = {"longitude": 116.4, "latitude": 39.9}
    answer = await worker.post(city.report(place={"point": point}))
    assert (answer.status_code, answer.json()["reasons"]["place"]["by"]) == (201, "organisation")
