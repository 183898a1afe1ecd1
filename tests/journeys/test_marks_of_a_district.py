"""A district's own marks: lights, duty officers, supervision and the notice list, also late."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.domain.authority import Role
from app.domain.limit import parse_limit
from app.domain.marks import Effect, Mark, Marks
from app.domain.organisation import OrganisationCode
from app.domain.policy import LocalPolicy
from app.domain.roster import Shift
from app.domain.rulebook import Part
from app.flows.publication import NOTICE
from tests.given import EAST, GRID, HARBOUR, WEST, City, Person
from tests.journeys.publishing import policies, publish

TEAM, STREET, DISTRICT = f"{GRID}-WG", f"{HARBOUR}-ZX", f"{EAST}-ZX"
NORMAL = Marks(
    (
        Mark((Effect.YELLOW,), 50),
        Mark((Effect.REMIND_DUTY,), offset=parse_limit("30分钟"), is_before=True),
        Mark((Effect.RED, Effect.RAISE)),
        Mark(
            (Effect.SUPERVISE, Effect.NOTICE),
            offset=parse_limit("2工作时"),
            limit=parse_limit("1工作日"),
        ),
    )
)
ACCEPT = Marks((Mark((Effect.NOTICE,), 150),))
"""2 working hours to accept: 3 of them pass before anybody is put on the list for that."""


@pytest.fixture
async def east(city: City) -> City:
    """The eastern district has marks of its own from 09:30 on; 4 working hours end at 15:30."""
    city.clock.set(city.clock.now() - NOTICE)
    await policies(city, _500101=LocalPolicy(marks={"normal": NORMAL, "accept.normal": ACCEPT}))
    return city


async def worker(city: City) -> Person:
    return await city.person(TEAM, Role.GRID_WORKER)


async def accepted(city: City) -> str:
    person = await worker(city)
    unit = (await person.post(city.report())).json()["unit"]
    await person.act(unit["id"], "accept")
    return str(unit["id"])


async def fire_at(city: City, local: str) -> None:
    city.clock.set(datetime.fromisoformat(f"2026-11-{local}+08:00"))
    await city.fire()


async def lines(city: City, unit: str) -> list[tuple[Any, ...]]:
    log = (await (await worker(city)).get(f"/v1/units/{unit}/steps", limit=200))["items"]
    return [
        (
            line["action"],
            line["data"]["mark"],
            line["organisation"]["code"],
            line["data"]["late_by"],
        )
        for line in log
        if "mark" in line["data"]
    ]


async def light(city: City, unit: str) -> str | None:
    shown: str | None = (await (await worker(city)).get(f"/v1/units/{unit}"))["light"]
    return shown


async def lit(city: City, colour: str) -> int:
    clerk = await city.person(STREET, Role.CLERK)
    return len((await clerk.get("/v1/units", light=colour))["items"])


@pytest.mark.parametrize(
    ("local", "colour"),
    [
        ("20T11:29:59", "green"),
        ("20T11:30:00", "yellow"),
        ("20T15:29:59", "yellow"),
        ("20T15:30:00", "red"),
    ],
)
async def test_the_light_is_right_to_the_second_without_any_worker(
    east: City, local: str, colour: str
):
    unit = await accepted(east)
    east.clock.set(datetime.fromisoformat(f"2026-11-{local}+08:00"))
    assert await light(east, unit) == colour
    assert {one: await lit(east, one) for one in ("green", "yellow", "red")} == {
        "green": 0,
        "yellow": 0,
        "red": 0,
        colour: 1,
    }


async def test_what_is_over_has_no_light(east: City):
    unit = await accepted(east)
    await (await worker(east)).act(unit, "resolve")
    await (await east.person(STREET, Role.CLERK)).act(unit, "verify")
    east.clock.forward(days=9)
    assert await light(east, unit) is None
    assert [await lit(east, one) for one in ("green", "yellow", "red")] == [0, 0, 0]


async def test_its_marks_fire_as_the_district_has_them(east: City):
    unit = await accepted(east)
    for local in ("20T15:00:00", "20T15:30:00", "20T17:30:00", "23T09:00:00"):
        await fire_at(east, local)
    assert await lines(east, unit) == [
        ("warn", "-30分钟", TEAM, 0),
        ("overdue", "100%", TEAM, 0),
        ("raise", "100%", STREET, 0),
        ("supervise", "+2工作时", STREET, 0),
        ("notice", "+2工作时", TEAM, 0),
    ]


async def test_the_supervision_is_ordered_in_the_centres_name_and_runs(east: City):
    unit = await accepted(east)
    await fire_at(east, "20T17:30:00")
    shown = await (await worker(east)).get(f"/v1/units/{unit}")
    (clock,) = (one for one in shown["clocks"] if one["name"] == "supervise")
    # One working day from Friday 17:30: half an hour, and seven and a half on Monday.
    assert (clock["running"], clock["due_at"]) == (True, "2026-11-23T09:30:00Z")
    log = (await (await worker(east)).get(f"/v1/units/{unit}/steps", limit=200))["items"]
    (order,) = (line for line in log if line["action"] == "supervise")
    assert (order["actor"], order["data"]["limit"], order["data"]["told"]) == (
        None,
        "1工作日",
        TEAM,
    )


async def test_a_persons_supervision_is_not_replaced(east: City):
    unit = await accepted(east)
    head = await east.person(DISTRICT, Role.SUPERVISOR)
    await head.act(unit, "supervise", limit="3工作日", reason="群众反复投诉")
    await fire_at(east, "20T17:30:00")
    assert "supervise" not in [action for action, *_ in await lines(east, unit)]


async def test_a_worker_that_was_down_fires_late_in_order_and_says_so(east: City):
    unit = await accepted(east)
    await fire_at(east, "23T08:00:00")
    late = [("warn", "20T15:00"), ("overdue", "20T15:30"), ("raise", "20T15:30"),
            ("supervise", "20T17:30"), ("notice", "20T17:30")]  # fmt: skip
    now = datetime.fromisoformat("2026-11-23T08:00+08:00")
    assert [(action, by) for action, _, _, by in await lines(east, unit)] == [
        (action, (now - datetime.fromisoformat(f"2026-11-{due}+08:00")).total_seconds())
        for action, due in late
    ]
    await east.fire()
    assert len(await lines(east, unit)) == len(late)


async def test_a_late_order_counts_from_when_it_is_given(east: City):
    unit = await accepted(east)
    await fire_at(east, "23T08:00:00")
    shown = await (await worker(east)).get(f"/v1/units/{unit}")
    (clock,) = (one for one in shown["clocks"] if one["name"] == "supervise")
    assert clock["due_at"] == "2026-11-23T10:00:00Z"


async def test_where_nobody_is_on_duty_the_centre_is_reminded(east: City):
    now = east.clock.now()
    shift = Shift(OrganisationCode(TEAM), "李强", "", now, now + timedelta(hours=5))
    east.clock.set(now - NOTICE)
    await publish(east, Part.ROSTER, (shift,))
    unit = await accepted(east)
    await fire_at(east, "20T15:00:00")
    assert await lines(east, unit) == [("warn", "-30分钟", STREET, 0)]


async def test_another_district_goes_by_the_citys(east: City):
    west = await east.person("500102001001001-WG", Role.GRID_WORKER)
    report = east.report(place={"code": "500102001001001"})
    unit = (await west.post(report)).json()["unit"]["id"]
    await west.act(unit, "accept")
    await fire_at(east, "20T15:30:00")
    log = (await west.get(f"/v1/units/{unit}/steps"))["items"]
    assert [line["data"]["mark"] for line in log if "mark" in line["data"]] == [
        "80%",
        "100%",
        "100%",
    ]


async def noticed(city: City) -> str:
    """A unit nobody accepts: noticed for that at 14:30, and for the work at 17:30."""
    unit = str((await (await worker(city)).post(city.report())).json()["unit"]["id"])
    await fire_at(city, "20T17:30:00")
    return unit


async def test_the_notice_list_tells_who_was_late_with_what(east: City):
    unit = await noticed(east)
    head = await east.person(DISTRICT, Role.SUPERVISOR)
    found = (await head.get("/v1/notices"))["items"]
    assert [
        (one["unit"], one["organisation"]["code"], one["clock"], one["mark"], one["mark_at"])
        for one in found
    ] == [
        (unit, TEAM, "accept", "150%", "2026-11-20T06:30:00Z"),
        (unit, TEAM, "dispose", "+2工作时", "2026-11-20T09:30:00Z"),
    ]


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({}, 2),
        ({"organisation": TEAM}, 2),
        ({"organisation": STREET}, 0),
        ({"from": "2026-11-20T09:30:00Z"}, 2),
        ({"from": "2026-11-20T09:30:01Z"}, 0),
        ({"to": "2026-11-20T09:30:00Z"}, 0),
        ({"to": "2026-11-20T09:30:01Z"}, 2),
    ],
)
async def test_the_notice_list_is_narrowed(east: City, asked: dict[str, str], count: int):
    await noticed(east)
    head = await east.person(DISTRICT, Role.SUPERVISOR)
    assert len((await head.get("/v1/notices", **asked))["items"]) == count


async def test_the_notice_list_is_paged(east: City):
    await noticed(east)
    head = await east.person(DISTRICT, Role.SUPERVISOR)
    first = await head.get("/v1/notices", limit=1)
    second = await head.get("/v1/notices", limit=1, cursor=first["next"])
    assert [one["items"][0]["clock"] for one in (first, second)] == ["accept", "dispose"]


async def test_the_notice_list_shows_nobody_anothers(east: City):
    await noticed(east)
    west = await east.person(f"{WEST}-ZX", Role.SUPERVISOR)
    assert (await west.get("/v1/notices"))["items"] == []


async def test_the_notice_list_goes_to_a_spreadsheet(east: City):
    await noticed(east)
    head = await east.person(DISTRICT, Role.SUPERVISOR)
    answer = await head.call(
        "GET", "/v1/notices", params={"limit": 2}, headers={"Accept": "text/csv"}
    )
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "cursor=" in answer.headers["link"]
    heading, first, second, rest = answer.content.decode("utf-8-sig").split("\r\n")
    assert (heading.split(",")[0], rest) == ("通报时间", "")
    assert first.split(",")[:2] == ["2026-11-20 17:30:00", TEAM]
    assert second.endswith("处置,'+2工作时,2026-11-20 17:30:00")
