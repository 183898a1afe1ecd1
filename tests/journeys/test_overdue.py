"""A limit that passes: reminded, overdue, then centre after centre told; the holder stays."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.domain.authority import Role
from app.flows import escalation
from tests.given import CITY, EAST, GRID, HARBOUR, City, Person

CENTRES = (f"{HARBOUR}-ZX", f"{EAST}-ZX", f"{CITY}-ZX")


async def worker(city: City) -> Person:
    return await city.person(f"{GRID}-WG", Role.GRID_WORKER)


async def accepted(city: City, text: str = "楼下一堆垃圾好臭", **changes: Any) -> str:
    """A unit of the grid team that only its disposal limit runs on: 4 working hours from 09:30."""
    person = await worker(city)
    unit = (await person.post(city.report(text, **changes))).json()["unit"]
    return str((await person.act(unit["id"], "accept"))["id"])


async def fire_at(city: City, local: str) -> None:
    city.clock.set(datetime.fromisoformat(f"{local}+08:00"))
    await city.fire()


async def told(city: City, unit: str) -> list[tuple[str, int, str]]:
    log = await (await worker(city)).get(f"/v1/units/{unit}/steps", limit=200)
    return [
        (line["action"], line["data"]["percent"], line["organisation"]["code"])
        for line in log["items"]
        if "percent" in line["data"]
    ]


async def raised_lists(city: City) -> list[int]:
    """How many units each centre finds raised to it: street, district, city."""
    clerks = [await city.person(centre, Role.CLERK) for centre in CENTRES]
    pages = [await clerk.get("/v1/units", raised=True) for clerk in clerks]
    return [len(page["items"]) for page in pages]


ALL = [
    ("warn", 80, f"{GRID}-WG"),
    ("overdue", 100, f"{GRID}-WG"),
    ("raise", 100, CENTRES[0]),
    ("raise", 150, CENTRES[1]),
    ("raise", 200, CENTRES[2]),
]
"""4 working hours from Friday 09:30: marks at 14:42, 15:30, 17:30 and Monday 09:30."""


@pytest.mark.parametrize(
    ("local", "heard", "raised"),
    [
        ("2026-11-20T14:41:59", 0, [0, 0, 0]),
        ("2026-11-20T14:42:00", 1, [0, 0, 0]),
        ("2026-11-20T15:30:00", 3, [1, 0, 0]),
        ("2026-11-20T17:30:00", 4, [1, 1, 0]),
        ("2026-11-22T12:00:00", 4, [1, 1, 0]),
        ("2026-11-23T09:30:00", 5, [1, 1, 1]),
        ("2026-12-31T09:30:00", 5, [1, 1, 1]),
    ],
)
async def test_by_then_so_many_have_been_told(
    city: City, local: str, heard: int, raised: list[int]
):
    unit = await accepted(city)
    await fire_at(city, local)
    assert (await told(city, unit), await raised_lists(city)) == (ALL[:heard], raised)


async def test_turn_after_turn_every_mark_fires_once(city: City):
    unit = await accepted(city)
    for _ in range(40):
        city.clock.forward(hours=2)
        await city.fire()
    assert await told(city, unit) == ALL


async def test_escalation_leaves_the_holder_the_state_and_the_version(city: City):
    unit, person = await accepted(city), await worker(city)
    before = await person.get(f"/v1/units/{unit}")
    await fire_at(city, "2026-11-30T09:00:00")
    after = await person.get(f"/v1/units/{unit}")
    kept = ("holder", "state", "version", "centre", "due_at")
    assert [after[field] for field in kept] == [before[field] for field in kept]


async def test_the_overdue_moment_is_the_deadline_however_late_it_is_noticed(city: City):
    unit, person = await accepted(city), await worker(city)
    await fire_at(city, "2026-11-30T09:00:00")
    assert (await person.get(f"/v1/units/{unit}"))["overdue_at"] == "2026-11-20T07:30:00Z"


async def test_an_accept_the_reminder_overtook_still_counts(city: City):
    person = await worker(city)
    unit = (await person.post(city.report())).json()["unit"]
    await fire_at(city, "2026-11-20T11:20:00")
    answer = await person.call("POST", f"/v1/units/{unit['id']}:accept", seen=1, json={})
    assert answer.status_code == 200


async def test_what_is_resolved_climbs_no_further(city: City):
    unit, person = await accepted(city), await worker(city)
    await fire_at(city, "2026-11-20T15:30:00")
    await person.act(unit, "resolve")
    await (await city.person(CENTRES[0], Role.CLERK)).act(unit, "verify")
    await fire_at(city, "2026-12-31T09:30:00")
    assert await told(city, unit) == ALL[:3]


async def test_a_cancelled_unit_escalates_no_more(city: City):
    unit = await accepted(city)
    supervisor = await city.person(CENTRES[0], Role.SUPERVISOR)
    await supervisor.act(unit, "cancel", reason="误报")
    city.clock.forward(days=30)
    assert await city.fire() == 0


async def test_time_closes_nothing(city: City):
    unit, person = await accepted(city), await worker(city)
    await fire_at(city, "2026-12-31T09:30:00")
    assert (await person.get(f"/v1/units/{unit}"))["state"] == "accepted"


async def test_an_urgent_matter_climbs_through_the_night(city: City):
    city.clock.set(datetime.fromisoformat("2026-11-20T22:00:00+08:00"))
    reporter, department = await worker(city), await city.person(f"{EAST}-PS", Role.DEPARTMENT)
    unit = (await reporter.post(city.report("下水道井盖不见了"))).json()["unit"]["id"]
    await department.act(unit, "accept")
    seen = []
    for hours in (1.6, 2, 2.5, 3):
        city.clock.set(datetime.fromisoformat("2026-11-20T22:00:00+08:00") + timedelta(hours=hours))
        await city.fire()
        log = (await department.get(f"/v1/units/{unit}/steps"))["items"]
        seen.append((log[-1]["data"]["percent"], log[-1]["organisation"]["code"]))
    assert seen == [
        (80, f"{EAST}-PS"),
        (100, CENTRES[1]),
        (125, CENTRES[2]),
        (125, CENTRES[2]),
    ]


async def test_a_worker_down_for_days_fires_everything_once_and_in_order(city: City):
    person = await worker(city)
    unit = (await person.post(city.report())).json()["unit"]["id"]
    await fire_at(city, "2026-11-30T09:00:00")
    await city.fire()
    log = (await person.get(f"/v1/units/{unit}/steps", limit=200))["items"]
    marks = [(line["data"]["mark_at"], line["data"]["clock"]) for line in log[2:]]
    assert len(marks) == 10
    assert [moment for moment, _ in marks] == sorted(moment for moment, _ in marks)


async def test_one_district_that_cannot_be_judged_stops_no_other(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    unit = await accepted(city)
    west = await city.person("500102001001001-WG", Role.GRID_WORKER)
    other = (await west.post(city.report(place={"code": "500102001001001"}))).json()["unit"]["id"]
    fire_due = escalation.fire_due

    async def fails_in_the_east(tx: Any, home: str, *rest: Any, **named: Any) -> Any:
        if home == EAST:
            raise RuntimeError(home)
        return await fire_due(tx, home, *rest, **named)

    monkeypatch.setattr(escalation, "fire_due", fails_in_the_east)
    await fire_at(city, "2026-11-30T09:00:00")
    assert (await west.get(f"/v1/units/{other}"))["raised"][-1] == f"{CITY}-ZX"
    assert await told(city, unit) == []


@pytest.mark.parametrize(("now", "due"), [("2027-03-01T09:30:00", "2027-03-01T07:30:00Z")])
async def test_past_the_published_calendar_a_deadline_is_provisional_and_fires(
    city: City, now: str, due: str
):
    city.clock.set(datetime.fromisoformat(f"{now}+08:00"))
    unit, person = await accepted(city), await worker(city)
    shown = await person.get(f"/v1/units/{unit}")
    assert (shown["due_at"], shown["is_provisional"]) == (due, True)
    await fire_at(city, "2027-03-01T15:30:00")
    assert await told(city, unit) == ALL[:3]


async def test_a_new_units_first_turn_changes_nothing(city: City):
    await accepted(city)
    assert await city.fire() == 0
