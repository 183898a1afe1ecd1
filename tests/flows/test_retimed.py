"""Limits follow the working calendar: a year published, a holiday moved, hours of one's own."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from app import worker
from app.domain.authority import Role
from app.domain.calendar import Calendar, LocalCalendar, parse_hours
from app.domain.rulebook import Part
from tests import given
from tests.given import EAST, GRID, HARBOUR, City, Person
from tests.journeys.families import TREE
from tests.journeys.publishing import publish

BOARD, TEAM = f"{HARBOUR}-MS", f"{GRID}-WG"
CALENDAR = given.calendar()
NEW_YEAR = replace(
    CALENDAR,
    covers_until=date(2027, 12, 31),
    days_off=(*CALENDAR.days_off, date(2027, 1, 1)),
)
"""The year 2027 as it was published: its first day is off."""


async def filed(city: City, text: str = TREE) -> tuple[Person, dict[str, Any]]:
    """A tree of two working days, or what else is told of, and somebody of its centre's."""
    worker_ = await city.person(TEAM, Role.GRID_WORKER)
    unit = (await worker_.post(city.report(text))).json()["unit"]
    return await city.person(f"{HARBOUR}-ZX", Role.SUPERVISOR), unit


async def followed(city: City, calendar: Calendar) -> list[int]:
    """Publish a calendar and let the worker's limits follow it; how many units moved, by turn."""
    service, following = city.app.state.service, worker.Following(worker.CALENDAR)
    await publish(city, Part.CALENDAR, calendar)
    now = city.clock.now()
    reference = service.library.current(now)
    return [await following.turn(service.database, reference, now) for _ in range(3)]


async def actions(person: Person, unit: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await person.get(f"/v1/units/{unit}/steps"))["items"]
    return found


async def test_across_new_year_a_deadline_is_provisional_until_the_year_is_published(city: City):
    city.clock.set(datetime.fromisoformat("2026-12-31T09:30:00+08:00"))
    person, unit = await filed(city)
    before = await person.get(f"/v1/units/{unit['id']}")
    assert (before["due_at"], before["is_provisional"]) == ("2027-01-04T01:30:00Z", True)
    assert sum(await followed(city, NEW_YEAR)) == 1
    after = await person.get(f"/v1/units/{unit['id']}")
    assert (after["due_at"], after["is_provisional"]) == ("2027-01-05T01:30:00Z", False)
    line = (await actions(person, unit["id"]))[-1]
    assert (line["action"], line["actor"]) == ("retime", None)
    (moved,) = [one for one in line["data"]["moved"] if one["clock"] == "dispose"]
    assert (moved["from"], moved["to"]) == (
        "2027-01-04T01:30:00+00:00",
        "2027-01-05T01:30:00+00:00",
    )


async def test_what_does_not_move_leaves_no_line(city: City):
    person, unit = await filed(city)
    assert sum(await followed(city, NEW_YEAR)) == 0
    assert [line["action"] for line in await actions(person, unit["id"])] == ["file", "dispatch"]


async def test_a_holiday_moved_within_the_year_moves_what_runs_then(city: City):
    person, unit = await filed(city)
    off = replace(CALENDAR, days_off=(*CALENDAR.days_off, date(2026, 11, 23)))
    assert (await person.get(f"/v1/units/{unit['id']}"))["due_at"] == "2026-11-24T01:30:00Z"
    assert sum(await followed(city, off)) == 1
    assert (await person.get(f"/v1/units/{unit['id']}"))["due_at"] == "2026-11-25T01:30:00Z"
    assert sum(await followed(city, CALENDAR)) == 1
    assert (await person.get(f"/v1/units/{unit['id']}"))["due_at"] == "2026-11-24T01:30:00Z"


async def test_a_lateness_stays_though_the_day_is_given_off_afterwards(city: City):
    person, unit = await filed(city)
    await (await city.person(BOARD, Role.DEPARTMENT)).act(unit["id"], "accept")
    city.clock.set(datetime.fromisoformat("2026-11-24T10:00:00+08:00"))
    await city.fire()
    off = replace(CALENDAR, days_off=(*CALENDAR.days_off, date(2026, 11, 23)))
    await followed(city, off)
    after = await person.get(f"/v1/units/{unit['id']}")
    assert (after["due_at"], after["overdue_at"]) == ("2026-11-24T01:30:00Z",) * 2


async def test_urgent_limits_know_no_calendar(city: City):
    person, unit = await filed(city, "下水道井盖不见了娃儿差点掉下去")
    off = replace(CALENDAR, days_off=(*CALENDAR.days_off, date(2026, 11, 20)))
    assert sum(await followed(city, off)) == 0
    assert (await person.get(f"/v1/units/{unit['id']}"))["overdue_at"] is None


MORNINGS = LocalCalendar(week={day: parse_hours("08:00-12:00") for day in range(5)})
"""Hours of the morning alone: a working day of four hours."""


async def test_a_body_with_hours_of_its_own_is_timed_by_them(city: City):
    await publish(city, Part.CALENDAR, replace(CALENDAR, local={BOARD: MORNINGS}))
    person, unit = await filed(city)
    # Two days of four hours each, from Friday 09:30: until Tuesday 09:30.
    assert (await person.get(f"/v1/units/{unit['id']}"))["due_at"] == "2026-11-24T01:30:05Z"


async def test_another_holder_goes_on_by_its_own_hours_from_what_was_spent(city: City):
    await publish(city, Part.CALENDAR, replace(CALENDAR, local={BOARD: MORNINGS}))
    person, unit = await filed(city)
    await (await city.person(BOARD, Role.DEPARTMENT)).act(unit["id"], "accept")
    city.clock.set(datetime.fromisoformat("2026-11-20T14:00:00+08:00"))
    await (await city.person(f"{EAST}-ZX", Role.SUPERVISOR)).act(
        unit["id"], "transfer", holder=f"{EAST}-CG", reason="改由区城管局"
    )
    # Of eight hours the morning took 2:29:55; the rest, 5:30:05, runs by the city's from 14:00.
    assert (await person.get(f"/v1/units/{unit['id']}"))["due_at"] == "2026-11-23T01:30:05Z"
