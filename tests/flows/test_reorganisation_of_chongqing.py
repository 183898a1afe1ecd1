"""2025-11-06 with 50,000 open units: nothing is lost, and no clock is reset."""

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.cli.city import shipped_city
from app.cli.reorganise import turns
from app.domain.area import AreaCode, Areas, Place, Tier
from app.domain.organisation import Organisations
from app.domain.rulebook import Part
from app.flows import publication, reorganisation
from app.store.database import Database, Tx
from benchmarks.reorganisation import PLAN, city_before, fill
from tests import given
from tests.conftest import NOW

MANY, CLOSED = 50_000, 1_000


@pytest.fixture(scope="module")
def old() -> tuple[Areas, Organisations, Any]:
    return city_before()


@pytest.fixture
async def full(database: Database, old: tuple[Areas, Organisations, Any]) -> Database:
    """The city before, with its open units and some that were closed."""
    areas, bodies, contents = old
    async with database.transaction() as tx:
        await publication.publish(tx, contents, now=NOW, by="test")
    await fill(database, areas, bodies, MANY, now=NOW)
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE unit SET state = 'closed', closed_at = $1, desk = NULL WHERE due_at < $2",
            NOW,
            NOW + timedelta(minutes=CLOSED),
        )
    return database


FACTS = {
    "units": "SELECT count(*) FROM unit",
    "open": "SELECT count(*) FROM unit WHERE desk IS NOT NULL",
    "clocks": "SELECT md5(string_agg(c::text, '' ORDER BY unit, name)) FROM clock c",
    "limits": """
        SELECT md5(string_agg(concat_ws('|', id, home, number, state, entry, rulebook, stage,
            stage_due_at, due_at, overdue_at, created_at, closed_at), '' ORDER BY id)) FROM unit
        """,
    "closed": "SELECT md5(string_agg(u::text, '' ORDER BY id)) FROM unit u WHERE desk IS NULL",
    "filed": "SELECT md5(string_agg(s::text, '' ORDER BY id)) FROM step s WHERE seq = 1",
}
"""What a reorganisation must leave as it is, as checksums and counts."""


async def facts(database: Database) -> dict[str, Any]:
    async with database.reading() as tx:
        return {name: await tx.value(sql) for name, sql in FACTS.items()}


@pytest.mark.timeout(300)
async def test_with_50000_open_units_nothing_is_lost_and_no_clock_is_reset(
    full: Database, old: tuple[Areas, Organisations, Any]
):
    clock = given.HandClock(NOW + timedelta(minutes=1))
    known = await facts(full)
    assert known["open"] == MANY - CLOSED
    async with full.transaction() as tx:
        _, edition = await reorganisation.carry_out(tx, PLAN, now=clock.now(), by="test")
    clock.set(edition.in_force_at)
    async with full.reading() as tx:
        city = await reorganisation.city_in_force(tx, now=clock.now())

    moved = 0
    stopped = turns(full, city, PLAN, clock=clock, applies=True)
    async for _, turn in stopped:
        moved += len(turn.moved)
        if moved > MANY // 4:
            break
    async for _, turn in turns(full, city, PLAN, clock=clock, applies=True):
        moved += len(turn.moved)
        assert not turn.failed

    assert await facts(full) == known
    async with full.reading() as tx:
        assert moved == await expected(tx, old[0], city.areas)
        rows = await tx.fetch("SELECT unit, count(*) AS n FROM step WHERE seq > 1 GROUP BY unit")
        assert (len(rows), {row["n"] for row in rows}) == (moved, {1})
        await assert_right(tx, city.areas, city.organisations)


async def expected(tx: Tx, old: Areas, new: Areas) -> int:
    """Count the open units whose place lies in another district than before."""
    rows = await tx.fetch(
        """
        SELECT home, street, count(*) AS n FROM unit WHERE desk IS NOT NULL GROUP BY home, street
        """
    )
    return sum(row["n"] for row in rows if has_moved(row["home"], row["street"], old, new))


def has_moved(home: str, street: str, old: Areas, new: Areas) -> bool:
    code = AreaCode(street or home)
    return old.path(code)[1].code != new.path(new.heir(code))[1].code


async def assert_right(tx: Tx, areas: Areas, bodies: Organisations) -> None:
    """Every open unit lies on a path of today and is with a body that acts there."""
    rows = await tx.fetch(
        """
        SELECT district, street, community, grid, holder, centre, desk, route, steps, version
        FROM unit WHERE desk IS NOT NULL
        """
    )
    for row in rows:
        place = Place(row["district"], row["street"], row["community"], row["grid"])
        path = areas.path(place.finest(areas))
        holder = bodies[row["holder"]]
        assert Place.of(path) == place
        assert holder.valid_to is None
        assert holder.area in {area.code for area in path}
        assert row["centre"] == bodies.centre_above(holder, areas).code
        assert row["desk"] in {row["holder"], row["centre"]}
        assert row["route"][-1] == holder.code
        assert row["steps"] == row["version"]


def test_the_plan_says_what_the_press_said(
    shared_data: Path, old: tuple[Areas, Organisations, Any]
):
    """Row by row: where each street and town lay, and where it lies now."""
    areas = Areas(areas_on(date(2025, 11, 6)))
    names = {"两江新区": "500191", "北碚区": "500109"}
    with (shared_data / "reorganisation_2025-11-06.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 49
    for row in rows:
        code = code_of(row)
        assert areas[code].name == row["name"]
        assert old[0].path(code)[1].code == row["from_district"]
        assert areas.path(areas.heir(code))[1].code == names[row["to_district"]]
    moved = {
        code
        for code, area in areas.items()
        if area.tier is Tier.STREET and area.parent != old[0][code].parent
    }
    zones = {code for code, area in areas.items() if area.parent in {"500192", "500193"}}
    assert moved - zones == {code_of(row) for row in rows if row["level"] == "street"}


def code_of(row: dict[str, str]) -> AreaCode:
    return AreaCode(row["code12"][: 6 if row["level"] == "district" else 9])


def areas_on(day: date) -> Any:
    return shipped_city(day)[Part.AREAS]
