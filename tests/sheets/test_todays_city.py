"""The shipped city of today: whole, without gaps, and its past still resolves."""

from collections import Counter
from datetime import date
from typing import Any

import pytest

from app import data
from app.cli.city import shipped_city
from app.domain.area import Area, AreaCode, Areas, Tier
from app.domain.organisation import Organisation, Organisations
from app.domain.responsibility import Entry
from app.domain.rulebook import Part
from app.sheets import areas, organisations
from app.store.parts import Content

DAY = date(2025, 11, 6)
UPPER = (Tier.CITY, Tier.DISTRICT)


@pytest.fixture(scope="module")
def today() -> dict[Part, Any]:
    found: dict[Part, Content] = dict(shipped_city(DAY))
    return found


@pytest.fixture(scope="module")
def tree(today: dict[Part, Any]) -> Areas:
    return Areas(today[Part.AREAS])


@pytest.fixture(scope="module")
def living(tree: Areas) -> list[Area]:
    return [area for area in tree.values() if area.valid_to is None]


@pytest.fixture(scope="module")
def staff(today: dict[Part, Any]) -> Organisations:
    return Organisations(today[Part.ORGANISATIONS], DAY)


@pytest.fixture(scope="module")
def bodies(living: list[Area], staff: Organisations) -> list[Organisation]:
    return [body for area in living for body in staff.of_area(area.code)]


def test_the_city_has_the_39_district_centres_it_has(living, staff):
    districts = [area for area in living if area.tier is Tier.DISTRICT]
    assert len(districts) == 39
    assert all(staff.centre(area.code) for area in districts)


def test_no_street_community_or_grid_is_lost(living):
    counts = Counter(area.tier for area in living)
    assert counts[Tier.STREET] == 1_031
    assert counts[Tier.COMMUNITY] == 11_270
    assert counts[Tier.GRID] == 62_182


def test_everything_lies_in_one_district_of_today(tree, living):
    for area in living:
        path = tree.path(area.code)
        assert [above.tier for above in path] == list(Tier)[: area.tier.rank + 1]
        assert all(above.valid_to is None for above in path)


@pytest.mark.parametrize(
    ("code", "streets"), [("500191", 42), ("500109", 17), ("500192", 10), ("500193", 10)]
)
def test_the_districts_that_changed_have_their_streets(living, code, streets):
    assert sum(area.parent == code for area in living) == streets


def test_codes_that_are_the_projects_own_are_marked(tree):
    marked = {code for code, area in tree.items() if area.provisional}
    assert marked == {"500191", "500192", "500193"}


@pytest.mark.parametrize("code", ["500105", "500112"])
def test_codes_of_the_past_resolve(tree, code):
    assert tree.heir(AreaCode(code)) == "500191"


def test_every_ended_body_is_followed_by_one_of_today(today, staff, bodies):
    standing = {body.code for body in bodies}
    ended = [body for body in today[Part.ORGANISATIONS] if body.valid_to]
    assert len(ended) == 72
    assert all(staff.heir(body.code) in standing for body in ended)


def test_no_duty_anywhere_is_without_a_holder(today, living, bodies):
    held = {(body.area, function) for body in bodies for function in body.functions}
    entries: tuple[Entry, ...] = today[Part.LIST]
    asked = {(entry.level, entry.lead) for entry in entries}
    gaps = [
        (area.code, function)
        for level, function in asked
        for area in living
        if area.tier is level and (area.code, function) not in held
    ]
    assert gaps == []


def test_one_department_holds_each_function(bodies):
    holders = Counter(
        (body.area, function)
        for body in bodies
        if body.tier in UPPER
        for function in body.functions
    )
    assert set(holders.values()) == {1}
    assert {function for _, function in holders} == set(data.functions())


def test_everybody_stands_under_one_who_acts_there(tree, staff, bodies):
    standing = {body.code for body in bodies}
    for body in bodies:
        if body.parent is not None:
            over = {area.code for area in tree.path(body.area)}
            assert body.parent in standing
            assert staff[body.parent].area in over


def test_today_s_city_survives_writing_and_reading(today, tree, tmp_path):
    areas.write(tmp_path / "areas.csv", today[Part.AREAS])
    some = tuple(body for body in today[Part.ORGANISATIONS] if body.tier in {*UPPER, Tier.STREET})
    organisations.write(tmp_path / "organisations.csv", some)
    assert areas.parse(tmp_path / "areas.csv") == today[Part.AREAS]
    assert organisations.parse(tmp_path / "organisations.csv", tree) == some


def test_before_the_day_the_city_is_that_of_the_statistics():
    found = Areas(shipped_city(date(2025, 11, 5))[Part.AREAS])  # type: ignore[arg-type]
    assert sum(area.tier is Tier.DISTRICT for area in found.values()) == 38
    assert all(area.valid_to is None for area in found.values())
