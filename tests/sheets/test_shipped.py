"""The shipped reference data: complete, of one piece, and true to the sources they cite."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from app import data
from app.demo import reports
from app.demo.cast import CAST
from app.domain.area import Area, AreaCode, Areas, Tier
from app.domain.calendar import Calendar
from app.domain.limit import Basis
from app.domain.organisation import Function, Organisation, OrganisationKind
from app.domain.policy import Policy
from app.domain.responsibility import Category, Entry, EntryBasis, Kind, Urgency
from app.domain.rulebook import Part
from app.sheets import areas, calendar, organisations, policies, responsibility

GB = "GB/T 47678.5-2026"
Held = dict[Tier, dict[Function, set[AreaCode]]]


@pytest.fixture(scope="module")
def city() -> Areas:
    return Areas(areas.parse(data.shipped(Part.AREAS)))


@pytest.fixture(scope="module")
def bodies(city: Areas) -> tuple[Organisation, ...]:
    return organisations.parse(data.shipped(Part.ORGANISATIONS), city, functions=data.functions())


@pytest.fixture(scope="module")
def entries() -> tuple[Entry, ...]:
    return responsibility.parse(data.shipped(Part.LIST), functions=data.functions())


@pytest.fixture(scope="module")
def days() -> Calendar:
    return calendar.parse(data.shipped(Part.CALENDAR))


@pytest.fixture(scope="module")
def by_tier(city: Areas) -> dict[Tier, set[AreaCode]]:
    return {tier: {code for code, area in city.items() if area.tier is tier} for tier in Tier}


@pytest.fixture(scope="module")
def held(bodies: tuple[Organisation, ...]) -> Held:
    found: Held = {tier: {} for tier in Tier}
    for body in bodies:
        for function in body.functions:
            found[body.tier].setdefault(function, set()).add(body.area)
    return found


def test_the_city_has_its_districts_streets_and_communities(by_tier):
    counts = {tier: len(codes) for tier, codes in by_tier.items()}
    assert counts.pop(Tier.GRID) == 62_182
    assert counts == {Tier.CITY: 1, Tier.DISTRICT: 38, Tier.STREET: 1_031, Tier.COMMUNITY: 11_270}


def test_codes_contain_the_codes_above_them(city):
    length = {Tier.DISTRICT: 6, Tier.STREET: 9, Tier.COMMUNITY: 12, Tier.GRID: 15}
    for code, area in city.items():
        if area.tier is not Tier.CITY:
            assert len(code) == length[area.tier]
            assert area.tier is Tier.DISTRICT or code.startswith(area.parent or "?")


def test_grids_follow_the_stated_rule(city):
    grids = Counter(area.parent for area in city.values() if area.generated)
    communities = (area for area in city.values() if area.tier is Tier.COMMUNITY)
    assert all(grids[area.code] == grids_by_rule(area) for area in communities)


def grids_by_rule(community: Area) -> int:
    if community.name.endswith("村民委员会"):
        return 5
    return 6 if int(community.code[-3:]) % 3 == 0 else 7


def test_every_district_has_its_outline_and_nothing_else_has(city):
    assert all(bool(area.outline) == (area.tier is Tier.DISTRICT) for area in city.values())


def test_names_are_those_of_the_statistics(city, shared_data):
    with (shared_data / "chongqing_divisions.csv").open(encoding="utf-8") as file:
        real = {row["code"]: row["name"] for row in csv.DictReader(file) if len(row["code"]) >= 6}
    ours = {code: area.name for code, area in city.items() if area.tier is not Tier.GRID}
    assert ours == real | {"500000": "重庆市"}


def test_outlines_contain_the_representative_points(city, shared_data):
    shapely = pytest.importorskip("shapely")
    json = pytest.importorskip("json")
    text = (shared_data / "chongqing_districts.geojson").read_text(encoding="utf-8")
    for feature in json.loads(text)["features"]:
        facts = feature["properties"]
        outline = shapely.from_wkt(city[facts["adcode"]].outline)
        assert outline.is_valid
        assert outline.contains(shapely.Point(facts["rep_lon"], facts["rep_lat"]))


def test_no_duty_anywhere_is_without_a_holder(entries, held, by_tier):
    gaps = [
        (entry.code, entry.lead, entry.level)
        for entry in entries
        if held[entry.level].get(entry.lead, set()) != by_tier[entry.level]
    ]
    assert gaps == []


def test_support_and_plans_find_a_holder_in_every_district(entries, held, by_tier):
    named = {function for entry in entries for function in asked(entry)}
    assert all(held[Tier.DISTRICT][function] == by_tier[Tier.DISTRICT] for function in named)


def asked(entry: Entry) -> Iterator[Function]:
    yield entry.lead
    yield from entry.support
    yield from (task.function for task in entry.plan)


@pytest.mark.parametrize("tier", [Tier.CITY, Tier.DISTRICT])
def test_one_department_holds_each_function(bodies, tier):
    holders = Counter(
        (body.area, function) for body in bodies if body.tier is tier for function in body.functions
    )
    assert set(holders.values()) == {1}
    assert {function for _, function in holders} == set(data.functions())


def test_streets_share_out_their_functions_among_four_boards(bodies):
    holders: Counter[tuple[AreaCode, Function]] = Counter()
    boards: Counter[AreaCode] = Counter()
    for body in bodies:
        if body.kind is OrganisationKind.BOARD:
            boards[body.area] += 1
            holders.update((body.area, function) for function in body.functions)
    assert set(boards.values()) == {4}
    assert set(holders.values()) == {1}


def test_every_street_and_above_has_its_centre(bodies, by_tier):
    centres = {body.area for body in bodies if body.kind is OrganisationKind.CENTRE}
    assert centres == by_tier[Tier.CITY] | by_tier[Tier.DISTRICT] | by_tier[Tier.STREET]


def test_telephones_are_plainly_fictitious(bodies):
    assert all(re.fullmatch(r"023-0000\d{6}", body.phone) for body in bodies)


def test_every_category_of_the_standard_has_an_entry(entries, shared_data):
    with (shared_data / "categories.csv").open(encoding="utf-8") as file:
        real = {
            Category(GB, row["kind"], row["code"]): row["name"]
            for row in csv.DictReader(file)
            if row["scheme"] == GB and row["level"] == "minor"
        }
    ours = {entry.category: entry.category_name for entry in entries}
    assert len(real) == 403
    assert {category: ours.get(category) for category in real} == real


def test_the_list_covers_403_categories_of_the_standard(entries):
    assert len({entry.category for entry in entries if entry.category.scheme == GB}) == 403


@pytest.mark.parametrize("column", ["code", "title", "condition"])
def test_no_two_entries_are_alike(entries, column):
    seen = Counter(re.sub(r"\W", "", getattr(entry, column)) for entry in entries)
    assert [text for text, count in seen.items() if count > 1] == []


def test_leads_are_many_and_none_has_a_quarter(entries):
    leads = Counter(entry.lead for entry in entries)
    assert len(leads) >= 25
    assert max(leads.values()) <= len(entries) / 4


def test_every_level_takes_something(entries):
    assert {entry.level for entry in entries} == set(Tier)


def test_events_have_plans(entries):
    events = [entry for entry in entries if entry.kind is Kind.EVENT]
    assert len(events) >= 40
    assert min(len(entry.plan) for entry in events) >= 2


def test_pressing_matters_run_through_the_night(entries):
    pressing = [entry for entry in entries if entry.urgency is not Urgency.NORMAL]
    assert [entry.code for entry in pressing if entry.limit.basis is Basis.WORK] == []


def test_most_conditions_are_carried_over(entries):
    bases = Counter(entry.basis for entry in entries)
    assert bases[EntryBasis.PUBLISHED] + bases[EntryBasis.ADAPTED] >= 280


def test_published_entries_have_the_limit_of_the_row_they_cite(entries, shared_data):
    limits = published_limits(shared_data)
    for entry in entries:
        cited = re.fullmatch(r"(运城|大英) (.+?) (\d+)", entry.source)
        if entry.basis is EntryBasis.PUBLISHED and cited:
            wanted = limits[cited.group(1), cited.group(2), cited.group(3)]
            assert any(str(entry.limit) in text for text in wanted), (entry.code, wanted)


def published_limits(shared: Path) -> dict[tuple[str, str, str], list[str]]:
    found: dict[tuple[str, str, str], list[str]] = {}
    with (shared / "filing_standards.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            place = "大英" if row["scheme"] == "Daying" else "运城"
            text = re.sub(r"(?<=\d)(小时|天)", lambda match: WORKING[match[1]], row["limit_text"])
            found.setdefault((place, row["minor_name"], row["seq"]), []).append(text)
    return found


WORKING = {"小时": "工作时", "天": "工作日"}


def test_examples_are_many_and_never_the_same(entries):
    examples = Counter(text for entry in entries for text in entry.examples)
    assert len(examples) > 2000
    assert [text for text, count in examples.items() if count > 1] == []


def test_the_calendar_has_the_published_days(days, shared_data):
    with (shared_data / "holidays_cn_2024_2027.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["date"] < "2027"]
    assert [day.isoformat() for day in days.days_off] == [
        row["date"] for row in rows if row["is_off_day"] == "1"
    ]
    assert [day.isoformat() for day in days.days_worked] == [
        row["date"] for row in rows if row["is_off_day"] == "0"
    ]


def test_the_calendar_covers_three_years_of_eight_hour_days(days):
    assert (days.covers_from.isoformat(), days.covers_until.isoformat()) == (
        "2024-01-01",
        "2026-12-31",
    )
    assert sorted(days.week) == [0, 1, 2, 3, 4]
    assert days.standard_day == 8 * 3600


def test_the_shipped_policies_write_the_defaults_out(city, entries):
    codes = {entry.code for entry in entries}
    found = policies.parse(data.shipped(Part.POLICIES), set(city), codes)
    city_section = found.pop(AreaCode("500000"))
    assert found == {}
    assert city_section.over(Policy()) == Policy()
    assert [
        one.name for one in fields(city_section) if getattr(city_section, one.name) is None
    ] == []


def test_every_part_survives_writing_and_reading(city, bodies, entries, tmp_path):
    bodies = tuple(body for body in bodies if body.area.startswith(("500000", "500103")))
    areas.write(tmp_path / "areas.csv", city.values())
    organisations.write(tmp_path / "organisations.csv", bodies)
    responsibility.write(tmp_path / "list.xlsx", entries)
    assert areas.parse(tmp_path / "areas.csv") == tuple(city.values())
    assert organisations.parse(tmp_path / "organisations.csv", city) == bodies
    again = responsibility.parse(tmp_path / "list.xlsx", functions=data.functions())
    assert again == entries


def test_the_demos_cast_and_its_morning_after_are_of_this_city(
    city: Areas, bodies: tuple[Organisation, ...]
):
    known = {(str(one.code), str(one.kind)) for one in bodies}
    assert {(one.code, one.kind) for one in CAST} <= known
    morning = reports.read(reports.MORNING)
    assert {one.place for one in morning if one.place} <= set(city)
    # The grid worker who looks on has made reports of their own.
    assert {f"{one.place}-WG" for one in morning if one.is_of_grid_team} == {CAST[-1].code}
