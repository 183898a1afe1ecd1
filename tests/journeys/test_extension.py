"""More time is needed: asked for before the deadline, agreed to by street and district."""

from datetime import datetime

from tests.asking import Matter, decide, decided
from tests.given import HARBOUR, City

DUE, EXTENDED = "2026-11-20T07:30:00Z", "2026-11-23T01:30:00Z"
"""Friday 15:30; with one more limit of four working hours Monday 09:30."""


async def test_street_and_district_agree_and_the_holder_has_one_more_limit(city: City):
    matter = await Matter.accepted(city)
    request = await matter.asked(reason="清运车故障, 下午修好")
    (waiting,) = (await matter.street.get("/v1/requests"))["items"]
    assert (waiting["id"], waiting["reason"]) == (request, "清运车故障, 下午修好")

    first = await decided(matter.street, request, "grant", "情况属实")
    assert (first["state"], first["desk"]["code"]) == ("pending", "500101-ZX")
    assert (await matter.now())["due_at"] == DUE
    assert (await matter.street.get("/v1/requests"))["items"] == []

    last = await decided(matter.district, request, "grant", "同意")
    assert (last["state"], last["decision"]) == ("granted", "同意")
    unit = await matter.now()
    assert (unit["due_at"], unit["pending"], unit["state"]) == (EXTENDED, [], "accepted")
    log = (await matter.log())[3:]
    assert [(line["action"], line["reason"]) for line in log] == [
        ("request", "清运车故障, 下午修好"),
        ("grant", "情况属实"),
        ("grant", "同意"),
        ("extend", "清运车故障, 下午修好"),
    ]


async def test_an_extension_outlives_a_suspension(city: City):
    matter = await Matter.accepted(city)
    await matter.district.act(matter.id, "extend", reason="同意")
    await matter.street.act(
        matter.id, "suspend", reason="等待停水", until="2026-11-25T08:00:00+08:00"
    )
    city.clock.set(datetime.fromisoformat("2026-11-25T08:00:00+08:00"))
    await city.fire()
    # All eight hours are left, of which four were granted.
    assert (await matter.now())["due_at"] == "2026-11-25T10:00:00Z"


async def test_asked_for_in_time_and_granted_late_it_counts_from_when_it_was_asked(city: City):
    matter = await Matter.accepted(city)
    city.clock.set(datetime.fromisoformat("2026-11-20T15:29:00+08:00"))
    request = await matter.asked()
    city.clock.set(datetime.fromisoformat("2026-11-20T17:00:00+08:00"))
    await city.fire()
    for head in (matter.street, matter.district):
        await decided(head, request, "grant")
    unit = await matter.now()
    assert unit["due_at"] == EXTENDED
    # That nobody had answered by the old deadline stays on the record.
    assert unit["overdue_at"] == DUE
    assert (await matter.log())[-1]["data"]["asked_at"] == "2026-11-20T07:29:00+00:00"


async def test_after_the_deadline_nothing_is_extended(city: City):
    matter = await Matter.accepted(city)
    city.clock.set(datetime.fromisoformat("2026-11-20T15:31:00+08:00"))
    assert (await matter.ask("extension")).status_code == 409
    answer = await matter.district.try_to(matter.id, "extend", reason="同意")
    assert answer.status_code == 409


async def test_refused_requests_do_not_count_and_the_third_extension_is_too_many(city: City):
    matter = await Matter.accepted(city)
    for _ in range(3):
        await decided(matter.street, await matter.asked(), "refuse", "理由不充分")
    for _ in range(2):
        request = await matter.asked()
        # Who stands further up decides for those below.
        await decided(matter.district, request, "grant")
    answer = await matter.ask("extension")
    assert answer.status_code == 409
    assert "最多延期 2 次" in answer.text


async def test_a_street_alone_may_not_extend_and_asks_the_district(city: City):
    matter = await Matter.accepted(city)
    refused = await matter.street.try_to(matter.id, "extend", reason="同意")
    assert (refused.status_code, refused.json()["allowed"]) == (409, ["request"])
    request = await matter.asked(by=matter.street)
    assert (await decide(matter.street, request, "grant")).status_code == 403
    assert (await decided(matter.district, request, "grant"))["organisation"]["code"] == (
        f"{HARBOUR}-ZX"
    )
