"""What falls due in the next hours: by organisation, hour and stage, within one's own subtree."""

from datetime import timedelta
from typing import Any

from app.domain.authority import Role
from app.store import forecast
from tests import queries
from tests.given import CITY, EAST, GRID, HARBOUR, WEST, City, Person

TEAM = f"{GRID}-WG"


async def reported(city: City, count: int) -> Person:
    worker = await city.person(TEAM, Role.GRID_WORKER)
    for number in range(count):
        report = city.report(
            f"楼下第{number}堆垃圾好臭", place={"code": GRID, "address": f"{number}号"}
        )
        assert (await worker.post(report)).status_code == 201
    return worker


async def asked(city: City, body: str = f"{CITY}-ZX", **params: Any) -> list[dict[str, Any]]:
    clerk = await city.person(body, Role.CLERK)
    found: list[dict[str, Any]] = (await clerk.get("/v1/forecast", **params))["items"]
    return found


async def test_units_are_counted_where_they_wait_by_hour_and_stage(city: City):
    worker = await reported(city, 3)
    units = (await worker.get(f"/v1/organisations/{TEAM}/queue"))["items"]
    await worker.act(units[0]["id"], "accept")
    (told,) = await asked(city)
    assert (told["organisation"]["code"], told["late"], told["due"]) == (TEAM, 0, 3)
    # To sign within two working hours, 09:30 to 11:30; to be done within four, up to 15:30.
    assert told["stages"] == {"accept": 2, "dispose": 1}
    assert [(one["since"], one["units"], one["stages"]) for one in told["hours"]] == [
        ("2026-11-20T03:30:00Z", 2, {"accept": 2}),
        ("2026-11-20T07:30:00Z", 1, {"dispose": 1}),
    ]


async def test_only_the_hours_asked_for_count_and_what_is_late_is_told_apart(city: City):
    await reported(city, 2)
    assert await asked(city, hours=2) == []
    city.clock.forward(hours=3)
    (told,) = await asked(city, hours=1)
    assert (told["late"], told["due"], told["hours"]) == (2, 0, [])


async def test_it_is_narrowed_to_a_body_and_to_ones_own_subtree(city: City):
    await reported(city, 1)
    assert len(await asked(city, organisation=f"{HARBOUR}-ZX")) == 1
    assert await asked(city, organisation=f"{HARBOUR}-ZX", subtree=False) == []
    assert len(await asked(city, organisation=TEAM, subtree=False)) == 1
    assert len(await asked(city, f"{EAST}-ZX")) == 1
    assert await asked(city, f"{WEST}-ZX") == []
    assert await asked(city, f"{EAST}-CG") == []
    stranger = await city.person(f"{WEST}-ZX", Role.CLERK)
    answer = await stranger.call("GET", "/v1/forecast", params={"organisation": TEAM})
    assert answer.status_code == 404


async def test_it_is_paged_by_organisation(city: City):
    worker = await reported(city, 2)
    units = (await worker.get(f"/v1/organisations/{TEAM}/queue"))["items"]
    await worker.act(units[0]["id"], "return", reason="不属本网格")
    clerk = await city.person(f"{CITY}-ZX", Role.CLERK)
    first = await clerk.get("/v1/forecast", limit=1)
    second = await clerk.get("/v1/forecast", limit=1, cursor=first["next"])
    codes = [page["items"][0]["organisation"]["code"] for page in (first, second)]
    assert codes == sorted([TEAM, f"{HARBOUR}-ZX"])
    last = await clerk.get("/v1/forecast", limit=1, cursor=second["next"])
    assert (last["items"], last["next"]) == ([], None)


async def test_it_is_one_statement_and_reads_the_queues_index(city: City):
    await reported(city, 1)
    clerk = await city.person(f"{CITY}-ZX", Role.CLERK)
    await clerk.get("/v1/forecast")
    service = city.app.state.service
    async with queries.logged(service.database) as asked_of:
        await clerk.get("/v1/forecast")
    assert len([one for one in asked_of if "FROM unit" in one]) == 1
    now = city.clock.now()
    async with service.database.transaction() as tx:
        await tx.execute("SET LOCAL enable_seqscan = off")
        values = (now, now + timedelta(hours=1), [0, 1, 2], 50, "")
        named = await tx.fetch(f"EXPLAIN {forecast._count(forecast._NAMED)}", *values, [TEAM])
        every = await tx.fetch(f"EXPLAIN {forecast._count(forecast._ALL)}", *values)
    for plan in (named, every):
        text = "\n".join(row[0] for row in plan)
        assert text.count("unit_queue_idx") >= 2, text
        assert "Seq Scan on unit" not in text


async def test_hours_out_of_range_are_refused(city: City):
    clerk = await city.person(f"{CITY}-ZX", Role.CLERK)
    for hours in (0, 169):
        answer = await clerk.call("GET", "/v1/forecast", params={"hours": hours})
        assert answer.status_code == 422
