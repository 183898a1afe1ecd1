"""Views of a queue: what each shows on a desk and in an area, and how much there is of it."""

from typing import Any

import pytest

from app.domain.authority import Role
from tests.asking import Matter
from tests.given import CITY, EAST, GRID, HARBOUR, QUAY, WEST, City, Person

CENTRE = f"{HARBOUR}-ZX"


async def shown(person: Person, code: str, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await person.get(f"/v1/organisations/{code}/queue", **asked))[
        "items"
    ]
    return found


async def states(person: Person, code: str, **asked: Any) -> list[str]:
    return sorted(unit["state"] for unit in await shown(person, code, **asked))


async def counts(person: Person, code: str, **asked: Any) -> dict[str, int]:
    found = await person.get(f"/v1/organisations/{code}/queue/counts", **asked)
    return {one["view"]: one["units"] for one in found["items"] if one["units"]}


async def head(city: City, area: str = HARBOUR) -> Person:
    return await city.person(f"{area}-ZX", Role.SUPERVISOR)


async def team(city: City) -> Person:
    return await city.person(f"{GRID}-WG", Role.GRID_WORKER)


@pytest.fixture
async def busy(city: City) -> City:
    """On the team's desk one to accept, one at work; on the street's one to verify, one unsure."""
    worker = await team(city)
    for actions in ((), ("accept",), ("accept", "resolve")):
        unit = (await worker.post(city.report())).json()["unit"]["id"]
        for action in actions:
            await worker.act(unit, action)
    await worker.post(city.report("说不清楚是啥子事情"))
    return city


@pytest.mark.parametrize(
    ("code", "view", "expected"),
    [
        (f"{GRID}-WG", "to_accept", ["dispatched"]),
        (f"{GRID}-WG", "to_dispose", ["accepted"]),
        (f"{GRID}-WG", "to_verify", []),
        (CENTRE, "to_verify", ["resolved"]),
        (CENTRE, "triage", ["triage"]),
        (CENTRE, "to_dispose", []),
        (CENTRE, "suspended", []),
    ],
)
async def test_a_desks_view_shows_its_own_states(
    busy: City, code: str, view: str, expected: list[str]
):
    assert await states(await head(busy), code, view=view) == expected


@pytest.mark.parametrize(
    ("caller", "code"),
    [(CITY, f"{CITY}-ZX"), (EAST, f"{EAST}-ZX"), (EAST, CENTRE), (HARBOUR, f"{QUAY}-SQ")],
)
async def test_a_subtree_shows_all_that_is_open_in_the_area(busy: City, caller: str, code: str):
    person = await head(busy, caller)
    found = await states(person, code, subtree=True)
    assert found == ["accepted", "dispatched", "resolved", "triage"]
    assert await states(person, code, subtree=True, view="to_accept") == ["dispatched"]


async def test_the_area_of_a_grid_team_is_its_grid_and_a_departments_is_its_desk(busy: City):
    # All four were reported in the grid.
    worker = await team(busy)
    assert len(await shown(worker, f"{GRID}-WG", subtree=True)) == 4
    department = await busy.person(f"{EAST}-CG", Role.DEPARTMENT)
    assert await shown(department, f"{EAST}-CG", subtree=True) == []
    assert await shown(await head(busy, WEST), f"{WEST}-ZX", subtree=True) == []


async def test_counts_tell_every_view_in_one_call(busy: City):
    street = await head(busy)
    assert await counts(street, CENTRE) == {"triage": 1, "to_verify": 1}
    whole = {"triage": 1, "to_accept": 1, "to_dispose": 1, "to_verify": 1}
    assert await counts(street, CENTRE, subtree=True) == whole
    await street.call("POST", f"/v1/organisations/{CENTRE}/queue:claim", json={})
    assert (await counts(street, CENTRE))["claimed"] == 1
    city = await head(busy, CITY)
    assert await counts(city, f"{CITY}-ZX", subtree=True) == {**whole, "claimed": 1}


async def test_overdue_is_what_has_passed_its_stages_deadline(busy: City):
    street = await head(busy)
    assert await shown(street, CENTRE, view="overdue") == []
    busy.clock.forward(minutes=31)
    late = await shown(street, CENTRE, view="overdue")
    assert [unit["state"] for unit in late] == ["triage"]
    found = await street.get(f"/v1/organisations/{CENTRE}/queue/counts")
    by_view = {one["view"]: one for one in found["items"]}
    assert [by_view[view]["overdue"] for view in ("triage", "to_verify", "overdue")] == [1, 0, 1]
    assert by_view["overdue"]["stage_due_at"] == late[0]["stage_due_at"]
    assert by_view["triage"]["name"] == "待研判 / to triage"
    assert await states(street, CENTRE, view="overdue", subtree=True) == ["triage"]


async def test_requests_are_the_units_about_which_the_desk_must_decide(city: City):
    matter = await Matter.accepted(city)
    await matter.asked("extension")
    assert [unit["id"] for unit in await shown(matter.street, CENTRE, view="requests")] == [
        matter.id
    ]
    assert await shown(matter.district, f"{EAST}-ZX", view="requests") == []
    everywhere = await shown(matter.district, f"{EAST}-ZX", view="requests", subtree=True)
    assert [unit["id"] for unit in everywhere] == [matter.id]
    assert (await counts(matter.street, CENTRE))["requests"] == 1
    assert await shown(matter.top, f"{CITY}-ZX", view="requests", subtree=True)


async def test_watched_is_what_was_raised_to_the_centre_or_is_supervised_by_it(city: City):
    matter = await Matter.accepted(city)
    assert await shown(matter.district, f"{EAST}-ZX", view="watched") == []
    await matter.district.act(matter.id, "supervise", limit="4工作时", reason="市长督办")
    assert len(await shown(matter.district, f"{EAST}-ZX", view="watched")) == 1
    assert await shown(matter.street, CENTRE, view="watched") == []
    city.clock.forward(days=4)
    while await city.fire():
        pass
    assert len(await shown(matter.street, CENTRE, view="watched")) == 1
    assert (await counts(matter.street, CENTRE))["watched"] == 1
    await matter.street.act(matter.id, "cancel", reason="重复")
    assert await shown(matter.street, CENTRE, view="watched") == []


async def test_of_what_is_claimed_ones_own_comes_first(city: City):
    worker = await team(city)
    for number in range(4):
        await worker.post(city.report(f"说不清楚是啥子事情 {number}"))
        city.clock.forward(seconds=1)
    one = await city.person(CENTRE, Role.CLERK, name="小陈")
    other = await city.person(CENTRE, Role.CLERK, name="小李")
    for person, count in ((one, 2), (other, 1)):
        body = {"max": count}
        await person.call("POST", f"/v1/organisations/{CENTRE}/queue:claim", json=body)
    found = await shown(other, CENTRE, view="claimed")
    assert [unit["claim"]["by"] for unit in found] == ["小李", "小陈", "小陈"]
    assert [unit["claim"]["token"] for unit in found] == [1, None, None]
    assert [unit["claim"]["by"] for unit in await shown(one, CENTRE, view="claimed")] == [
        *["小陈"] * 2,
        "小李",
    ]
    mine = await shown(one, CENTRE, mine=True)
    assert [unit["claim"]["mine"] for unit in mine] == [True, True]
    assert await shown(one, CENTRE, mine=True, view="to_verify") == []
    assert len(await shown(one, CENTRE, mine=True, view="triage", subtree=True)) == 2
    pages, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        path = f"/v1/organisations/{CENTRE}/queue"
        page = await other.get(path, view="claimed", limit=1, **more)
        pages += [unit["id"] for unit in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert pages == [unit["id"] for unit in found]
    assert len(await shown(await head(city, CITY), f"{CITY}-ZX", view="claimed", subtree=True)) == 3


@pytest.mark.parametrize("view", ["overdue", "requests", "watched", "claimed", "triage", None])
@pytest.mark.parametrize("subtree", [False, True])
@pytest.mark.parametrize("mine", [False, True])
async def test_every_view_can_be_asked_of_every_sort_of_body(
    shared_city: City, view: str | None, subtree: bool, mine: bool
):
    person = await head(shared_city, CITY)
    asked = {"view": view} if view else {}
    for code in (f"{CITY}-ZX", f"{EAST}-ZX", CENTRE, f"{QUAY}-SQ", f"{GRID}-WG", f"{EAST}-CG"):
        assert await shown(person, code, subtree=subtree, mine=mine, **asked) == []


@pytest.mark.parametrize(
    "asked",
    [{"view": "late"}, {"wait": 31}, {"limit": 0}, {"nonsense": 1}, {"cursor": "WzEsMiwzXQ"}],
)
async def test_a_queue_asked_for_wrongly_says_what_is_wrong(
    shared_city: City, asked: dict[str, Any]
):
    person = await head(shared_city)
    answer = await person.call("GET", f"/v1/organisations/{CENTRE}/queue", params=asked)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == next(iter(asked))
