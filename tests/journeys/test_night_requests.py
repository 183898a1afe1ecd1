"""At two in the morning a centre has its clerk on duty, and the heads are asleep."""

from datetime import datetime

from app.domain.authority import Role
from tests.asking import UNTIL, Matter, decide, decided
from tests.given import EAST, HARBOUR, City

NIGHT = datetime.fromisoformat("2026-11-21T02:00:00+08:00")


async def test_what_the_street_may_grant_its_clerk_grants(city: City):
    matter = await Matter.accepted(city)
    request = await matter.asked("suspension", until=UNTIL)
    city.clock.set(NIGHT)
    duty = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    assert "grant" in [
        one["action"] for one in (await duty.get(f"/v1/units/{matter.id}"))["actions"]
    ]
    assert (await decided(duty, request, "grant", "同意"))["state"] == "granted"
    assert (await matter.now())["state"] == "suspended"


async def test_what_ends_with_the_request_its_desk_still_does(city: City):
    matter = await Matter.accepted(city)
    request = await matter.asked("cancel", reason="重复上报")
    duty = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    assert (await decided(duty, request, "grant"))["about"]["state"] == "cancelled"


async def test_an_extension_goes_from_clerk_to_clerk_up_to_its_level(city: City):
    matter = await Matter.accepted(city)
    request = await matter.asked()
    street = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    district = await city.person(f"{EAST}-ZX", Role.CLERK)
    # It is on the street's desk: over that head only the district's own head decides.
    assert (await decide(district, request, "grant")).status_code == 403
    assert (await decided(street, request, "grant"))["state"] == "pending"
    assert (await decided(district, request, "grant"))["state"] == "granted"


async def test_on_its_own_motion_a_clerk_suspends_and_extends_nothing(city: City):
    matter = await Matter.accepted(city)
    duty = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    for action, more in (("suspend", {"until": UNTIL}), ("extend", {}), ("cancel", {})):
        answer = await duty.try_to(matter.id, action, reason="夜间", **more)
        assert answer.status_code == 403
