"""What concerns the caller: their reports, their organisation's work."""

import pytest

from app.domain.authority import Role
from tests.given import EAST, GRID, HARBOUR, City, Person


async def reporter(city: City, name: str = "") -> Person:
    return await city.person(f"{GRID}-WG", Role.GRID_WORKER, name=name)


async def test_my_reports_come_newest_first_with_where_they_stand(city: City):
    person = await reporter(city)
    first, second = city.report(), city.report()
    for report in (first, second):
        await person.post(report)
        city.clock.forward(minutes=1)
    await person.act(first["id"], "accept")
    page = await person.get("/v1/me/events")
    assert [(one["event"]["id"], one["unit"]["state"]) for one in page["items"]] == [
        (second["id"], "dispatched"),
        (first["id"], "accepted"),
    ]


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_my_reports_come_in_pages_even_from_one_moment(city: City, limit: int):
    person, cursor, found = await reporter(city), None, list[str]()
    sent = [city.report() for _ in range(5)]
    for report in sent:
        await person.post(report)
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = await person.get("/v1/me/events", limit=limit, **more)
        found += [one["event"]["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(found) == sorted(report["id"] for report in sent)


async def test_a_colleagues_reports_are_not_mine(city: City):
    await (await reporter(city)).post(city.report())
    assert (await (await reporter(city, "同事")).get("/v1/me/events"))["items"] == []


async def test_my_organisations_open_units_come_by_their_due_time(city: City):
    person = await reporter(city)
    supervisor = await city.person(f"{EAST}-ZX", Role.SUPERVISOR)
    for category in ("06013", "04002", "06013"):
        report = city.report("看图", place={"code": EAST}, category={"code": category})
        await person.post(report)
        city.clock.forward(minutes=5)
    page = await supervisor.get("/v1/me/tasks")
    dues = [unit["stage_due_at"] for unit in page["items"]]
    assert (len(dues), dues) == (3, sorted(dues))


async def test_what_is_done_is_no_task_any_more(city: City):
    person = await reporter(city)
    unit = (await person.post(city.report())).json()["unit"]
    for action in ("accept", "resolve"):
        await person.act(unit["id"], action)
    await (await city.person(f"{HARBOUR}-ZX", Role.CLERK)).act(unit["id"], "verify")
    assert (await person.get("/v1/me/tasks"))["items"] == []


@pytest.mark.parametrize("path", ["/v1/me/events", "/v1/me/tasks"])
async def test_nobody_is_nobody(shared_city: City, path: str):
    assert (await shared_city.client.get(path)).status_code == 401
