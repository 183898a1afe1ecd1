"""Why this deadline: what each clock did, reconstructed from what was stored, day by day."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.domain.authority import Role
from app.domain.calendar import LocalCalendar, parse_hours
from app.domain.limit import parse_limit
from app.domain.responsibility import Stage
from app.domain.rulebook import Part
from app.domain.unit import ClockName
from app.flows import retiming
from tests import given
from tests.asking import UNTIL, Matter
from tests.given import EAST, GRID, City
from tests.journeys import publishing

OVER = datetime.fromisoformat(UNTIL)


async def clock_of(matter: Matter, name: ClockName = ClockName.DISPOSE) -> dict[str, Any]:
    told = await matter.street.get(f"/v1/units/{matter.id}/clocks")
    found: dict[str, Any] = next(one for one in told["items"] if one["clock"] == name)
    return found


def spans(clock: dict[str, Any]) -> list[tuple[str, str | None, int]]:
    return [(run["since"], run["until"], run["seconds"]) for run in clock["runs"]]


async def test_a_running_clock_tells_the_way_to_its_deadline(city: City):
    matter = await Matter.accepted(city)
    city.clock.forward(hours=1)
    clock = await clock_of(matter)
    assert (clock["spent_seconds"], clock["used_seconds"], clock["left_seconds"]) == (
        0,
        3600,
        10800,
    )
    (run,) = clock["runs"]
    assert (run["began_by"], run["until"], run["seconds"]) == ("dispatch", None, 3600)
    (day,) = run["days"]
    assert day["sentence"] == "2026-11-20 周五 09:30-12:00 14:00-15:30: 4小时"
    assert sum(day["seconds"] for day in run["days"]) == clock["limit_seconds"]
    assert clock["calendar"] | {"key": "", "version": 1} == clock["calendar"]
    assert clock["due_at"] == (await matter.now())["due_at"]
    assert clock["next_mark_at"] is not None


async def test_a_suspension_is_a_gap_and_costs_nothing(city: City):
    matter = await Matter.accepted(city)
    city.clock.forward(hours=1)
    await matter.street.act(matter.id, "suspend", reason="等待停水", until=UNTIL)
    city.clock.set(OVER + timedelta(minutes=5))
    await city.fire()
    clock = await clock_of(matter)
    assert spans(clock) == [
        ("2026-11-20T01:30:00Z", "2026-11-20T02:30:00Z", 3600),
        ("2026-12-21T01:00:00Z", None, 300),
    ]
    assert [run["ended_by"] for run in clock["runs"]] == ["suspend", None]
    assert (clock["spent_seconds"], clock["used_seconds"], clock["amiss_seconds"]) == (
        3600,
        3900,
        0,
    )
    assert sum(day["seconds"] for day in clock["runs"][1]["days"]) == 3 * 3600


async def test_an_extension_is_told_with_what_it_granted(city: City):
    matter = await Matter.accepted(city)
    await matter.district.act(matter.id, "extend", reason="清运车故障")
    clock = await clock_of(matter)
    (told,) = clock["happenings"]
    assert (told["action"], told["name"], told["reason"]) == ("extend", "延期", "清运车故障")
    assert (clock["granted_seconds"], clock["grants"], clock["limit_seconds"]) == (
        4 * 3600,
        1,
        8 * 3600,
    )
    (run,) = clock["runs"]
    assert run["summary"] == "在 2 天内计 8小时, 跳过 周末 2 天"
    told = await matter.street.get(f"/v1/units/{matter.id}/explanation")
    (sentence,) = (one for one in told["sentences"] if "处置" in one and "起, 至" in one)
    assert sentence.endswith("共增加 240 分钟); 在 2 天内计 8小时, 跳过 周末 2 天。")


async def test_what_was_spent_under_another_entry_is_still_there(city: City):
    matter = await Matter.accepted(city)
    city.clock.forward(hours=2)
    clerk = await city.person(f"{given.HARBOUR}-ZX", Role.CLERK)
    await clerk.act(matter.id, "reclassify", entry="SX-04002-1", reason="实为枯枝")
    city.clock.forward(hours=4)
    clock = await clock_of(matter)
    assert sum(run["seconds"] for run in clock["runs"]) == clock["used_seconds"] == 4 * 3600
    assert clock["amiss_seconds"] == 0
    assert [one["action"] for one in clock["happenings"]] == ["reclassify"]


async def test_returned_and_sent_again_each_stage_tells_its_own_runs(city: City):
    matter = await Matter.accepted(city)
    city.clock.forward(hours=1)
    await matter.worker.act(matter.id, "return", reason="不属本网格")
    city.clock.forward(minutes=10)
    await matter.street.act(matter.id, "dispatch", holder=f"{GRID}-WG", reason="经核实属本网格")
    told = await matter.street.get(f"/v1/units/{matter.id}/clocks")
    for clock in told["items"]:
        ended = sum(run["seconds"] for run in clock["runs"] if run["until"] is not None)
        assert (clock["amiss_seconds"], ended) == (0, clock["spent_seconds"]), clock["clock"]
    assert {clock["clock"] for clock in told["items"]} >= {"accept", "dispatch", "dispose"}


async def test_marks_and_lateness_are_told(city: City):
    matter = await Matter.accepted(city)
    city.clock.set(datetime.fromisoformat("2026-11-20T17:00:00+08:00"))
    await city.fire()
    clock = await clock_of(matter)
    assert clock["overdue_at"] == "2026-11-20T07:30:00Z"
    assert [one["action"] for one in clock["happenings"]][:2] == ["warn", "overdue"]
    assert (clock["left_seconds"], clock["used_seconds"]) == (0, 5 * 3600 + 1800)
    assert sum(day["seconds"] for day in clock["runs"][0]["days"]) == clock["limit_seconds"]


async def test_a_closed_unit_still_tells(city: City):
    matter = await Matter.accepted(city)
    city.clock.forward(hours=1)
    await matter.worker.act(matter.id, "resolve")
    city.clock.forward(hours=1)
    await matter.street.act(matter.id, "verify")
    dispose, verify = await clock_of(matter), await clock_of(matter, ClockName.VERIFY)
    assert spans(dispose) == [("2026-11-20T01:30:00Z", "2026-11-20T02:30:00Z", 3600)]
    assert (dispose["running"], dispose["amiss_seconds"]) == (False, 0)
    assert [run["ended_by"] for run in verify["runs"]] == ["close"]


async def test_a_run_is_counted_by_the_calendar_that_was_in_force_when_it_ended(city: City):
    matter = await Matter.accepted(city)
    city.clock.forward(hours=1)
    await matter.worker.act(matter.id, "resolve")
    friday_off = replace(given.calendar(), days_off=(date(2026, 11, 20),))
    await publishing.publish(city, Part.CALENDAR, friday_off)
    clock = await clock_of(matter)
    (run,) = clock["runs"]
    assert (run["calendar_version"], clock["calendar"]["version"]) == (1, 2)
    assert (run["seconds"], clock["amiss_seconds"]) == (3600, 0)


async def test_each_holder_is_counted_by_hours_of_its_own(city: City):
    early = LocalCalendar(week=dict.fromkeys(range(5), parse_hours("09:00-10:00 15:00-16:00")))
    own = replace(given.calendar(), local={f"{GRID}-WG": early})
    await publishing.publish(city, Part.CALENDAR, own)
    matter = await Matter.accepted(city)
    city.clock.forward(hours=1)
    clerk = await city.person(f"{given.HARBOUR}-ZX", Role.CLERK)
    await clerk.act(matter.id, "transfer", holder=f"{given.HARBOUR}-MS", reason="板块更合适")
    city.clock.forward(minutes=30)
    clock = await clock_of(matter)
    # From 09:30 and a few seconds to 10:00 in the team's hours, then half an hour in the city's.
    assert [run["seconds"] // 60 for run in clock["runs"]] == [29, 30]
    assert (clock["amiss_seconds"], clock["calendar"]["key"]) == (0, "")


async def test_another_calendar_is_told_with_the_deadline_it_moved(city: City):
    matter = await Matter.accepted(city)
    service = city.app.state.service
    afternoon_off = replace(
        given.calendar(), week={4: parse_hours("08:00-12:00"), 0: parse_hours("08:00-12:00")}
    )
    await publishing.publish(city, Part.CALENDAR, afternoon_off)
    now, ids = city.clock.now(), [UUID(matter.id)]
    async with service.database.transaction() as tx:
        assert await retiming.follow(tx, ids, service.library.current(now).rulebook, now=now) == 1
    clock = await clock_of(matter)
    assert [one["action"] for one in clock["happenings"]] == ["retime"]
    (run,) = clock["runs"]
    assert sum(day["seconds"] for day in run["days"]) == clock["limit_seconds"]
    ends = datetime.fromisoformat(run["days"][-1]["spans"][-1]["until"])
    assert datetime.fromisoformat(clock["due_at"]) == ends
    assert clock["calendar"]["version"] == run["calendar_version"] == 2


async def test_in_english(city: City):
    matter = await Matter.accepted(city)
    answer = await matter.street.call(
        "GET", f"/v1/units/{matter.id}/clocks", headers={"Accept-Language": "en"}
    )
    dispose = next(one for one in answer.json()["items"] if one["clock"] == "dispose")
    assert dispose["name"] == "disposal"
    assert dispose["runs"][0]["summary"] == "4 h on 1 day"


async def test_it_is_shown_to_whoever_sees_the_unit(city: City):
    matter = await Matter.accepted(city)
    stranger = await city.person(f"{given.WEST}-ZX", Role.CLERK)
    answer = await stranger.call("GET", f"/v1/units/{matter.id}/clocks")
    assert answer.status_code == 404
    centre = await city.person(f"{EAST}-ZX", Role.CLERK)
    assert (await centre.get(f"/v1/units/{matter.id}/clocks"))["number"].startswith(EAST)


async def test_the_stages_the_list_asks_for_have_their_moments(city: City):
    entries = tuple(
        replace(
            entry,
            stages=(
                Stage("先期处置", parse_limit("1工作时")),
                Stage("恢复", parse_limit("4工作时")),
            ),
        )
        if entry.code == "SX-06010-1"
        else entry
        for entry in given.entries()
    )
    await publishing.publish(city, Part.LIST, entries)
    matter = await Matter.accepted(city)
    stages = (await clock_of(matter))["stages"]
    assert [(one["title"], one["due_at"]) for one in stages] == [
        ("先期处置", "2026-11-20T02:30:05Z"),
        ("恢复", "2026-11-20T07:30:05Z"),
    ]
