"""统计: what people do shows in the figures, at the edges that practitioners ask about."""

from datetime import UTC, datetime, timedelta

from app.domain.authority import Role
from app.flows import accounting
from app.store import accounting as store
from app.worker import counting
from tests import counted
from tests.asking import Matter, decided
from tests.counted import figures_of
from tests.given import CITY, EAST, GRID, HARBOUR, City

TEAM, STREET, DISTRICT = f"{GRID}-WG", f"{HARBOUR}-ZX", f"{EAST}-ZX"
DUE = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
"""When four hours of work from 09:30 are used up: 15:30."""


async def test_resolved_in_the_last_second_it_is_on_time(city: City):
    matter = await Matter.accepted(city)
    city.clock.set(DUE - timedelta(seconds=1))
    await matter.worker.act(matter.id, "resolve")
    found = await figures_of(city)
    assert (found[TEAM, "dispose_on_time"], found[TEAM, "dispose_late"]) == (1, 0)


async def test_resolved_when_the_limit_has_passed_it_is_late_though_no_worker_ran(city: City):
    matter = await Matter.accepted(city)
    city.clock.set(DUE + timedelta(seconds=1))
    await matter.worker.act(matter.id, "resolve")
    found = await figures_of(city)
    assert (found[TEAM, "dispose_on_time"], found[TEAM, "dispose_late"]) == (0, 1)
    assert found[TEAM, "dispose_done_late"] == 1


async def test_late_and_appealed_it_leaves_the_figures_of_a_day_already_counted(city: City):
    matter = await Matter.accepted(city)
    city.clock.forward(hours=7)
    await city.fire()
    assert (await figures_of(city))[TEAM, "dispose_late"] == 1
    body = {"clock": "dispose", "reason": "市电中断"}
    path = f"/v1/units/{matter.id}:appeal"
    asked = (await matter.worker.call("POST", path, json=body)).json()["id"]
    city.clock.forward(days=3)
    await decided(matter.street, asked, "grant", "属实")
    found = await figures_of(city)
    assert (found[TEAM, "dispose_late"], found[TEAM, "exempted"]) == (0, 1)


async def test_an_appeal_granted_when_another_has_the_unit_leaves_that_ones_lateness(city: City):
    matter = await Matter.accepted(city)
    city.clock.forward(hours=7)
    await city.fire()
    body = {"clock": "dispose", "reason": "市电中断"}
    path = f"/v1/units/{matter.id}:appeal"
    asked = (await matter.worker.call("POST", path, json=body)).json()["id"]
    await matter.street.call("POST", f"/v1/units/{matter.id}:request", json={})
    await matter.worker.act(matter.id, "return", reason="不属本网格")
    other = f"{HARBOUR}-MS"
    await matter.street.act(matter.id, "dispatch", holder=other)
    await decided(matter.street, asked, "grant", "属实")
    clocks = (await matter.now())["clocks"]
    dispose = next(one for one in clocks if one["name"] == "dispose")
    assert (dispose["overdue_at"], dispose["exempted_at"]) == (None, None)
    found = await figures_of(city)
    assert (found[TEAM, "dispose_late"], found[TEAM, "exempted"]) == (0, 1)


async def test_what_is_reported_again_where_it_was_closed_came_back(city: City):
    matter = await Matter.accepted(city, attributes={"device": "CAM-7"})
    await matter.worker.act(matter.id, "resolve")
    await matter.street.act(matter.id, "verify")
    assert (await figures_of(city))[TEAM, "came_back"] == 0
    city.clock.forward(days=2)
    await matter.worker.post(city.report(attributes={"device": "CAM-7"}))
    found = await figures_of(city)
    assert (found[TEAM, "came_back"], found[STREET, "recurring"]) == (1, 1)


async def test_of_two_accountants_one_counts_and_nothing_twice(city: City):
    await Matter.accepted(city)
    database, now = city.app.state.service.database, city.clock.now()
    async with database.transaction() as first, database.transaction() as second:
        await accounting.turn(first, counted.ZONE_NAME, now)
        assert await accounting.turn(second, counted.ZONE_NAME, now) == accounting.Turn(
            0, is_last=True
        )
    assert (await figures_of(city))[TEAM, "accept_on_time"] == 1


async def test_while_it_is_compared_nothing_is_counted_and_afterwards_all_of_it(city: City):
    matter = await Matter.accepted(city)
    await figures_of(city)
    database = city.app.state.service.database
    async with database.transaction() as tx:
        await store.own(tx, waits=True)
        await store.pause(tx, 60)
    await matter.worker.act(matter.id, "resolve")
    assert (await figures_of(city))[TEAM, "resolved"] == 0
    async with database.transaction() as tx:
        await store.pause(tx, 0)
    assert (await figures_of(city))[TEAM, "resolved"] == 1


async def test_counted_anew_it_is_the_same_and_what_was_spoilt_is_mended(city: City):
    matter = await Matter.accepted(city)
    await matter.worker.act(matter.id, "resolve")
    await figures_of(city)
    database, now = city.app.state.service.database, city.clock.now()

    async def rebuilt(*, compares: bool) -> int:
        done = await accounting.rebuild(database, counted.ZONE_NAME, now, compares=compares)
        return done.differences

    assert await rebuilt(compares=True) == 0
    async with database.transaction() as tx:
        await tx.execute("UPDATE tally SET resolved = resolved + 1 WHERE span = 'day'")
    assert await rebuilt(compares=True) > 0
    assert await rebuilt(compares=False) > 0
    assert await rebuilt(compares=True) == 0
    await matter.street.act(matter.id, "verify")
    assert (await figures_of(city))[TEAM, "closed"] == 1
    assert await rebuilt(compares=True) == 0


async def test_a_table_reads_the_sums_of_areas_that_a_worker_makes_and_a_spoilt_one_is_found(
    city: City,
):
    matter = await Matter.accepted(city)
    await matter.worker.act(matter.id, "resolve")
    service, now = city.app.state.service, city.clock.now()
    database = service.database

    async def resolved(organisation: str) -> dict[str, int]:
        asked = {"organisation": organisation, "by": "organisation", "period": "2026-11"}
        told = await matter.top.get("/v1/statistics", **asked)
        found = {row["key"]["code"]: row["figures"]["resolved"]["value"] for row in told["rows"]}
        return {code: number for code, number in found.items() if number}

    await figures_of(city)
    assert await resolved(f"{CITY}-ZX") == {DISTRICT: 1}
    await counting.counted(database, service.library, city.clock)
    async with database.transaction() as tx:
        assert (await store.standing(tx)).areas is not None
        await tx.execute("UPDATE tally SET resolved = 7 WHERE organisation LIKE '^%'")
    assert await resolved(f"{CITY}-ZX") == {DISTRICT: 7}
    assert await resolved(DISTRICT) == {STREET: 7}
    for differences in (8, 0):
        again = await accounting.rebuild(database, counted.ZONE_NAME, now, compares=False)
        assert min(again.differences, 8) == differences
    assert await resolved(f"{CITY}-ZX") == {DISTRICT: 1}
    assert await resolved(DISTRICT) == {STREET: 1}


async def test_a_reporter_alone_is_shown_no_figures_of_others(city: City):
    worker = await city.person(TEAM, Role.GRID_WORKER)
    await worker.post(city.report())
    answer = await worker.call("GET", "/v1/statistics", params={"organisation": DISTRICT})
    assert answer.status_code == 404
