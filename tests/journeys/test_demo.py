"""The played city day, in the small city."""

import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from app.api.sessions import COOKIE
from app.cli.play import Stage, Staging, last_working_day, of_its_own, staged
from app.demo import reports
from app.demo.cast import Character
from app.demo.day import Hands, PlayedDay
from app.demo.people import Duty
from app.demo.plan import Plan
from app.demo.player import Play
from app.demo.reports import ZONE, Report
from app.flows import publication
from app.settings import Settings
from app.store.database import Database
from tests import given
from tests.conftest import on_server
from tests.given import EAST, GRID, HARBOUR

TEXTS = [text for entry in given.entries() for text in entry.examples]

SMALL_CAST = (
    Character(f"{given.CITY}-ZX", "centre", Duty.WATCH, "/screen", "主管", "director", "", ""),
    Character(f"{GRID}-WG", "grid_team", Duty.REPORT, "/grid", "网格员", "grid worker", "", ""),
)


def sample(count: int) -> list[Report]:
    """Reports of the small city, one every three minutes from 08:30 on."""
    places = (("grid", GRID), ("hotline", HARBOUR), ("citizen", EAST))
    return [
        Report(
            at=time(8 + (30 + 3 * number) // 60, (30 + 3 * number) % 60),
            source=places[number % 3][0],
            place=places[number % 3][1],
            address="",
            longitude="",
            latitude="",
            datum="",
            code="",
            text=TEXTS[number % len(TEXTS)],
        )
        for number in range(count)
    ]


async def publish_small_city(opened: Database, at: datetime) -> None:
    async with opened.transaction() as tx:
        await publication.publish(tx, given.contents(), now=at, by="given")


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port: int = tried.getsockname()[1]
        return port


@pytest.fixture
async def stage(server_url: str) -> AsyncIterator[Stage]:
    name = f"yg_demo_{uuid4().hex[:8]}"
    settings = Settings(
        home=Path("/nonexistent"),
        secret_key=(bytes(32),),
        database_url=server_url,
        log_level="error",
    )
    staging = Staging(
        port=free_port(),
        seed=373,
        speed=5,
        reports=sample(60),
        calendar=given.calendar(),
        load=publish_small_city,
        cast=SMALL_CAST,
    )
    async with staged(of_its_own(settings, name), staging) as set_up:
        yield set_up
    await on_server(server_url, f"DROP DATABASE {name} WITH (FORCE)")


async def test_a_day_is_played_to_the_present_and_nothing_is_lost(stage: Stage):
    shown = []

    def show(figures, events):
        shown.append((figures.units, events))

    outcome = await Play(stage.town, stage.watch, stage.city, show).run(sample(60))

    assert outcome.refusals == []
    assert outcome.line.startswith(f"demo: events=60 units={outcome.figures.units} closed=")
    assert outcome.line.endswith(" lost=0")
    assert outcome.figures.closed_roots >= 36
    assert outcome.figures.units > 60
    assert outcome.figures.overdue > 0
    assert outcome.figures.raised > 0
    assert shown[-1][1] == 60
    assert abs(stage.town.clock.now() - datetime.now(UTC)) < timedelta(seconds=1)


async def test_who_has_the_printed_address_looks_as_anybody_of_the_cast(stage: Stage):
    ours = {"Origin": stage.address}
    async with httpx.AsyncClient(base_url=stage.address, trust_env=False) as browser:
        assert (await browser.get("/demo/guessed")).status_code == 404
        assert (await browser.get("/demo")).status_code == 404
        assert COOKIE not in browser.cookies
        entered = await browser.get(stage.door.path)
        assert (entered.status_code, entered.headers["location"]) == (303, "/screen")
        director = browser.cookies[COOKIE]
        units = await browser.get("/v1/units", params={"limit": 1})
        assert units.status_code == 200

        chooser = await browser.get("/demo")
        assert all(one.zh in chooser.text for one in SMALL_CAST)
        worker = {"code": SMALL_CAST[1].code}
        foreign = await browser.post("/demo", data=worker, headers={"Origin": "http://elsewhere"})
        assert foreign.status_code == 403
        changed = await browser.post("/demo", data=worker, headers=ours)
        assert (changed.status_code, changed.headers["location"]) == (303, "/grid")
        assert browser.cookies[COOKIE] != director


async def test_no_service_but_the_demo_has_such_a_door(city: given.City):
    for path in ("/demo", "/demo/guessed"):
        assert (await city.client.get(path)).json()["title"] == "没有这个地址"


def played(*, begun: timedelta) -> PlayedDay:
    """A clock whose day takes ten seconds and whose night takes five, begun that long ago."""
    opening = datetime.now(UTC) - timedelta(days=3)
    clock = PlayedDay(
        opening=opening,
        evening=opening + timedelta(hours=10),
        daytime=timedelta(seconds=10),
        night=timedelta(seconds=5),
    )
    clock.begin()
    clock._hands.begun = datetime.now(UTC) - begun
    return clock


def near(moment: datetime, other: datetime) -> bool:
    return abs(moment - other) < timedelta(minutes=5)


def test_the_clock_stands_at_the_opening_until_it_begins():
    clock = replace(played(begun=timedelta(0)), _hands=Hands())
    assert clock.now() == clock.opening
    assert not clock.has_ended


def test_the_day_is_slow_and_the_night_quick():
    by_day, at_night = played(begun=timedelta(seconds=5)), played(begun=timedelta(seconds=12.5))
    assert near(by_day.now(), by_day.opening + timedelta(hours=5))
    middle = at_night.evening + (datetime.now(UTC) - at_night.evening) / 2
    assert near(at_night.now(), middle)


def test_the_clock_ends_at_the_real_present():
    clock = played(begun=timedelta(seconds=16))
    assert clock.has_ended
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    assert clock.real_seconds(timedelta(seconds=30)) == pytest.approx(30, abs=0.1)


def test_a_stopped_clock_stands_and_the_day_takes_as_much_longer():
    clock = played(begun=timedelta(seconds=5))
    clock._hands.stopped = datetime.now(UTC) - timedelta(seconds=2)
    noon = clock.opening + timedelta(hours=3)
    assert near(clock.now(), noon)
    clock.go()
    assert near(clock.now(), noon)
    midday = clock.evening - clock.now()
    assert clock.real_seconds(midday) == pytest.approx(7, abs=0.1)


def test_a_span_across_the_evening_is_part_slow_and_part_quick():
    clock = played(begun=timedelta(seconds=9))
    midnight = clock.evening + (datetime.now(UTC) - clock.evening) / 5
    assert clock.real_seconds(midnight - clock.now()) == pytest.approx(2, abs=0.1)


def test_the_day_played_is_a_working_day():
    calendar = given.calendar()
    assert last_working_day(calendar, date(2026, 11, 21)) == date(2026, 11, 20)
    assert last_working_day(calendar, date(2026, 11, 23)) == date(2026, 11, 20)
    assert last_working_day(calendar, date(2026, 10, 8)) == date(2026, 9, 30)
    assert last_working_day(calendar, date(2026, 10, 12)) == date(2026, 10, 10)


def test_a_plan_is_drawn_from_the_seed_and_the_unit_alone():
    assert Plan.of(1, "a") == Plan.of(1, "a")
    assert Plan.of(1, "a") != Plan.of(2, "a")
    assert Plan.of(1, "a") != Plan.of(1, "b")


def test_the_shipped_reports_make_a_city_day():
    day = reports.read()
    assert len(day) >= 300
    assert day[0].on(date(2026, 11, 20)) >= datetime(2026, 11, 20, 8, 30, tzinfo=ZONE)
    assert {report.source for report in day} >= {"grid", "hotline", "citizen", "sensor", "video"}
