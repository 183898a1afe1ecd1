"""Duty rosters over HTTP: read within one's own area, replaced by who heads it."""

from datetime import timedelta
from typing import Any

import pytest

from app.domain.authority import Role
from tests.given import CITY, EAST, GRID, HARBOUR, WEST, City, Person
from tests.journeys.publishing import follow

TEAM, STREET, DISTRICT = f"{GRID}-WG", f"{HARBOUR}-ZX", f"{EAST}-ZX"


def shift(city: City, person: str = "李强", start: float = 0, hours: float = 8) -> dict[str, str]:
    begin = city.clock.now() + timedelta(hours=start)
    return {
        "person": person,
        "phone": "023-00001111",
        "starts_at": begin.isoformat(),
        "ends_at": (begin + timedelta(hours=hours)).isoformat(),
    }


async def head(city: City, organisation: str = STREET) -> Person:
    return await city.person(organisation, Role.SUPERVISOR)


async def put(person: Person, body: str, *shifts: dict[str, str]) -> Any:
    return await person.call(
        "PUT", f"/v1/organisations/{body}/roster", json={"shifts": list(shifts)}
    )


async def test_a_body_without_a_roster_has_no_shifts(city: City):
    found = await (await head(city)).get(f"/v1/organisations/{TEAM}/roster")
    assert (found["shifts"], found["on_duty"]) == ([], [])


async def test_what_is_put_is_in_force_after_the_notice(city: City):
    person = await head(city)
    answer = await put(person, TEAM, shift(city))
    assert (answer.status_code, answer.json()["rulebook"]) == (200, 2)
    assert (await person.get(f"/v1/organisations/{TEAM}/roster"))["shifts"] == []

    await follow(city)
    found = await person.get(f"/v1/organisations/{TEAM}/roster")
    assert found["on_duty"] == [{"person": "李强", "phone": "023-00001111"}]
    assert [one["person"] for one in found["shifts"]] == ["李强"]


async def test_one_bodys_new_roster_leaves_the_others_alone(city: City):
    person = await head(city)
    await put(person, TEAM, shift(city))
    # The second is built on the first, though the first is not in force yet.
    await put(person, STREET, shift(city, "王芳"))
    await put(person, TEAM, shift(city, "赵磊"))
    await follow(city)
    found = await person.get("/v1/rosters")
    assert [(one["organisation"]["code"], one["person"]) for one in found["items"]] == [
        (STREET, "王芳"),
        (TEAM, "赵磊"),
    ]


async def test_an_empty_roster_means_always_on_duty(city: City):
    person = await head(city)
    await put(person, TEAM, shift(city, hours=1))
    await follow(city)
    await put(person, TEAM)
    await follow(city)
    city.clock.forward(hours=12)
    worker = await city.person(TEAM, Role.GRID_WORKER)
    assert (await worker.post(city.report())).json()["unit"]["holder"]["code"] == TEAM


async def test_units_follow_the_new_roster(city: City):
    await put(await head(city), TEAM, shift(city, start=5))
    await follow(city)
    worker = await city.person(TEAM, Role.GRID_WORKER)
    assert (await worker.post(city.report())).json()["unit"]["holder"]["code"] == STREET


@pytest.mark.parametrize(
    ("organisation", "role", "body", "status"),
    [
        (STREET, Role.SUPERVISOR, TEAM, 200),
        (TEAM, Role.SUPERVISOR, TEAM, 200),
        (STREET, Role.SUPERVISOR, STREET, 200),
        (DISTRICT, Role.SUPERVISOR, STREET, 200),
        (DISTRICT, Role.ADMINISTRATOR, TEAM, 200),
        (DISTRICT, Role.SUPERVISOR, TEAM, 403),
        (STREET, Role.CLERK, TEAM, 403),
        (TEAM, Role.GRID_WORKER, TEAM, 403),
        (f"{WEST}-ZX", Role.ADMINISTRATOR, TEAM, 404),
        (TEAM, Role.SUPERVISOR, STREET, 404),
    ],
)
async def test_who_may_say_who_is_on_duty(
    city: City, organisation: str, role: Role, body: str, status: int
):
    person = await city.person(organisation, role)
    assert (await put(person, body, shift(city))).status_code == status


@pytest.mark.parametrize(
    "changes", [{"start": -9}, {"hours": 0}, {"hours": -1}, {"start": -8, "hours": 8}]
)
async def test_a_shift_that_is_over_or_no_shift_is_refused(city: City, changes: dict[str, float]):
    answer = await put(await head(city), TEAM, shift(city), shift(city, **changes))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (
        422,
        "shifts[1].ends_at",
    )


async def test_a_shift_that_has_begun_is_taken(city: City):
    person = await head(city)
    assert (await put(person, TEAM, shift(city, start=-1))).status_code == 200


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_the_pages_together_are_the_rosters(city: City, limit: int):
    person = await head(city, f"{CITY}-ZX")
    administrator = await city.person(f"{CITY}-ZX", Role.ADMINISTRATOR)
    shifts = [shift(city, name, start) for start in (0, 8) for name in ("甲", "乙")]
    await put(administrator, TEAM, *shifts)
    await put(administrator, STREET, shift(city))
    await follow(city)
    seen: list[tuple[str, str, str]] = []
    cursor = None
    while True:
        asked = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        page = await person.get("/v1/rosters", **asked)
        seen += [
            (one["organisation"]["code"], one["starts_at"], one["person"]) for one in page["items"]
        ]
        cursor = page["next"]
        if cursor is None:
            break
    assert (len(seen), seen) == (5, sorted(set(seen)))


async def test_nobody_reads_the_rosters_of_another_district(city: City):
    await put(await head(city), TEAM, shift(city))
    await follow(city)
    assert (await (await head(city, f"{WEST}-ZX")).get("/v1/rosters"))["items"] == []


async def test_shifts_that_begin_together_are_all_on_some_page(city: City):
    person = await head(city)
    await put(person, TEAM, *(shift(city, hours=hours) for hours in (1, 3, 2)))
    await follow(city)
    seen, cursor = [], ""
    while cursor is not None:
        page = await person.get("/v1/rosters", limit=1, **({"cursor": cursor} if cursor else {}))
        seen += [one["ends_at"] for one in page["items"]]
        cursor = page["next"]
    assert len(seen) == 3
    assert seen == sorted(seen)
