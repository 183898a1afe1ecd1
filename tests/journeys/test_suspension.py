"""It cannot be done yet: suspended until a moment, and then it goes on by itself."""

from datetime import datetime, timedelta

from tests.asking import UNTIL, Matter, decided
from tests.given import City

OVER = datetime.fromisoformat(UNTIL)


async def test_asked_for_granted_and_gone_on_by_itself(city: City):
    matter = await Matter.accepted(city)
    city.clock.forward(hours=1)
    request = await matter.asked("suspension", reason="管线迁改未完成", until=UNTIL)
    assert (await decided(matter.street, request, "grant", "同意挂账"))["state"] == "granted"
    unit = await matter.now()
    assert (unit["state"], unit["stage"], unit["stage_due_at"]) == (
        "suspended",
        "suspend",
        "2026-12-21T01:00:00Z",
    )
    assert [clock["name"] for clock in unit["clocks"] if clock["running"]] == ["suspend"]

    city.clock.set(OVER - timedelta(seconds=1))
    assert await city.fire() == 0
    city.clock.set(OVER + timedelta(minutes=5))
    assert await city.fire() == 1
    unit = await matter.now()
    # Three of four working hours are left at Monday 09:00, however late the worker comes.
    assert (unit["state"], unit["due_at"]) == ("accepted", "2026-12-21T04:00:00Z")
    assert unit["overdue_at"] is None
    log = await matter.log()
    assert [line["action"] for line in log[-4:]] == ["request", "grant", "suspend", "resume"]
    assert (log[-1]["actor"], log[-2]["reason"]) == (None, "管线迁改未完成")


async def test_whoever_comes_before_the_worker_finds_it_going_on(city: City):
    matter = await Matter.accepted(city)
    await matter.street.act(matter.id, "suspend", reason="等待停水", until=UNTIL)
    city.clock.set(OVER + timedelta(minutes=1))
    await matter.worker.act(matter.id, "resolve")
    assert (await matter.actions())[-3:] == ["suspend", "resume", "resolve"]


async def test_a_month_late_the_limits_that_passed_meanwhile_fire_as_well(city: City):
    matter = await Matter.accepted(city)
    await matter.street.act(matter.id, "suspend", reason="等待停水", until=UNTIL)
    city.clock.set(OVER + timedelta(days=30))
    await city.fire()
    assert (await matter.actions())[4:7] == ["resume", "warn", "overdue"]
    assert (await matter.now())["overdue_at"] == "2026-12-21T07:00:00Z"


async def test_what_has_become_possible_goes_on_at_once(city: City):
    matter = await Matter.accepted(city)
    await matter.street.act(matter.id, "suspend", reason="等待停水", until=UNTIL)
    city.clock.set(datetime.fromisoformat("2026-11-23T08:00:00+08:00"))
    assert (await matter.worker.act(matter.id, "resume"))["state"] == "accepted"
    city.clock.set(OVER + timedelta(days=1))
    assert (await matter.actions())[-1] == "resume"


async def test_once_only(city: City):
    matter = await Matter.accepted(city)
    await matter.street.act(matter.id, "suspend", reason="等待停水", until=UNTIL)
    await matter.street.act(matter.id, "resume")
    again = await matter.street.try_to(matter.id, "suspend", reason="又停水", until=UNTIL)
    assert (again.status_code, "已用 1 次" in again.text) == (409, True)
    assert (await matter.ask("suspension", until=UNTIL)).status_code == 409


async def test_a_suspended_unit_can_be_cancelled_and_then_stays_so(city: City):
    matter = await Matter.accepted(city)
    await matter.street.act(matter.id, "suspend", reason="等待停水", until=UNTIL)
    await matter.street.act(matter.id, "cancel", reason="已并入工程")
    city.clock.set(OVER + timedelta(days=1))
    assert await city.fire() == 0
    assert (await matter.now())["state"] == "cancelled"
