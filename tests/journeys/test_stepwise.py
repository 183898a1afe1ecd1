"""Stepwise dispatch: each centre that wants to passes units on by hand, the city first."""

from typing import Any

import pytest

from app.domain.authority import Role
from app.domain.policy import LocalPolicy
from app.domain.responsibility import Urgency
from tests.given import CITY, EAST, GRID, HARBOUR, QUAY, City, Person
from tests.journeys.publishing import policies

CENTRES = (f"{CITY}-ZX", f"{EAST}-ZX", f"{HARBOUR}-ZX")
BY_HAND = LocalPolicy(stepwise={Urgency.NORMAL: True, Urgency.URGENT: True})
STRAIGHT = LocalPolicy(stepwise={Urgency.NORMAL: False, Urgency.URGENT: False})


@pytest.fixture
async def stepwise(city: City) -> City:
    """The small city, where every centre passes on by hand what is not major."""
    await policies(city, _500000=BY_HAND)
    return city


async def reported(city: City, text: str = "楼下一堆垃圾好臭") -> dict[str, Any]:
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    answer: dict[str, Any] = (await worker.post(city.report(text))).json()
    return answer


async def clerk(city: City, centre: str) -> Person:
    return await city.person(centre, Role.CLERK)


async def queues(city: City) -> list[int]:
    return [
        len((await (await clerk(city, one)).get(f"/v1/organisations/{one}/queue"))["items"])
        for one in CENTRES
    ]


async def test_from_the_city_to_the_district_to_the_street_to_the_grid(stepwise: City):
    unit = (await reported(stepwise))["unit"]
    assert (unit["state"], unit["holder"]["code"]) == ("filed", CENTRES[0])

    seen = []
    for centre in CENTRES:
        unit = await (await clerk(stepwise, centre)).act(unit["id"], "dispatch")
        seen.append((unit["state"], unit["holder"]["code"]))
    assert seen == [
        ("filed", CENTRES[1]),
        ("filed", CENTRES[2]),
        ("dispatched", f"{GRID}-WG"),
    ]
    assert [hop["code"] for hop in unit["route"]] == [*CENTRES, f"{GRID}-WG"]


async def test_the_log_tells_who_passed_it_to_whom(stepwise: City):
    unit = (await reported(stepwise))["unit"]
    for centre in CENTRES:
        await (await clerk(stepwise, centre)).act(unit["id"], "dispatch", reason="请办理")
    log = (await (await clerk(stepwise, CENTRES[0])).get(f"/v1/units/{unit['id']}/steps"))["items"]
    assert [
        (line["action"], (line["organisation"] or {}).get("code"), line["data"].get("holder"))
        for line in log[1:]
    ] == [
        ("pass_down", CENTRES[0], CENTRES[1]),
        ("pass_down", CENTRES[1], CENTRES[2]),
        ("dispatch", CENTRES[2], f"{GRID}-WG"),
    ]


async def test_it_waits_on_one_desk_at_a_time(stepwise: City):
    unit = (await reported(stepwise))["unit"]
    found = [await queues(stepwise)]
    for centre in CENTRES:
        await (await clerk(stepwise, centre)).act(unit["id"], "dispatch")
        found.append(await queues(stepwise))
    assert found == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]


async def test_each_centre_has_the_whole_limit(stepwise: City):
    unit = (await reported(stepwise))["unit"]
    stepwise.clock.forward(minutes=10)
    passed = await (await clerk(stepwise, CENTRES[0])).act(unit["id"], "dispatch")
    stepwise.clock.forward(minutes=14)
    await stepwise.fire()
    shown = await (await clerk(stepwise, CENTRES[1])).get(f"/v1/units/{unit['id']}")
    assert (passed["stage"], shown["overdue_at"]) == ("dispatch", None)


async def test_a_centre_that_sleeps_is_late_and_those_above_it_hear(stepwise: City):
    unit = (await reported(stepwise))["unit"]
    await (await clerk(stepwise, CENTRES[0])).act(unit["id"], "dispatch")
    stepwise.clock.forward(minutes=16)
    await stepwise.fire()
    shown = await (await clerk(stepwise, CENTRES[1])).get(f"/v1/units/{unit['id']}")
    assert (shown["overdue_at"] is not None, shown["raised"]) == (True, [CENTRES[0]])


async def test_the_disposal_limit_begins_with_the_holder(stepwise: City):
    unit = (await reported(stepwise))["unit"]
    assert unit["due_at"] is None
    for centre in CENTRES:
        unit = await (await clerk(stepwise, centre)).act(unit["id"], "dispatch")
    assert unit["due_at"] is not None


async def test_nobody_passes_on_what_lies_on_anothers_desk(stepwise: City):
    unit = (await reported(stepwise))["unit"]
    answer = await (await clerk(stepwise, CENTRES[2])).try_to(unit["id"], "dispatch")
    assert answer.status_code == 403


async def test_a_named_holder_gets_it_at_once(stepwise: City):
    unit = (await reported(stepwise))["unit"]
    sent = await (await clerk(stepwise, CENTRES[0])).act(
        unit["id"], "dispatch", holder=f"{EAST}-CG", reason="由区城管局直接办理"
    )
    assert (sent["state"], sent["holder"]["code"]) == ("dispatched", f"{EAST}-CG")


async def test_a_district_may_do_otherwise_than_its_city(city: City):
    await policies(city, _500000=BY_HAND, _500101=STRAIGHT)
    unit = (await reported(city))["unit"]
    sent = await (await clerk(city, CENTRES[0])).act(unit["id"], "dispatch")
    assert (sent["state"], sent["holder"]["code"]) == ("dispatched", f"{GRID}-WG")


async def test_an_event_is_passed_to_its_owner_who_then_coordinates_it(city: City):
    urgent = LocalPolicy(stepwise={Urgency.MAJOR: True}, emergencies=())
    await policies(city, _500000=urgent, _500101=LocalPolicy(stepwise={Urgency.MAJOR: False}))
    answer = await reported(city, "六楼着火了浓烟滚滚")
    unit = answer["unit"]
    assert (unit["state"], unit["holder"]["code"], answer["tasks"]) == ("filed", CENTRES[0], [])

    owned = await (await clerk(city, CENTRES[0])).act(unit["id"], "dispatch")
    shown = await (await clerk(city, CENTRES[1])).get(f"/v1/units/{unit['id']}")
    assert (owned["state"], owned["holder"]["code"]) == ("coordinating", CENTRES[1])
    assert [(task["state"], task["holder"]["code"]) for task in shown["tasks"]] == [
        ("dispatched", f"{EAST}-XF"),
        ("dispatched", f"{EAST}-GA"),
    ]


async def test_an_owner_that_passes_on_by_hand_sends_each_task_itself(city: City):
    urgent = LocalPolicy(stepwise={Urgency.MAJOR: True}, emergencies=())
    await policies(city, _500101=urgent, _500000=LocalPolicy(emergencies=()))
    answer = await reported(city, "六楼着火了浓烟滚滚")
    assert answer["unit"]["state"] == "coordinating"
    centre = await clerk(city, CENTRES[1])
    sent = [await centre.act(task["id"], "dispatch") for task in answer["tasks"]]
    assert [(task["state"], task["holder"]["code"]) for task in sent] == [
        ("dispatched", f"{EAST}-XF"),
        ("dispatched", f"{EAST}-GA"),
    ]


async def test_an_event_on_its_way_goes_to_no_department(city: City):
    await policies(city, _500000=LocalPolicy(stepwise={Urgency.MAJOR: True}, emergencies=()))
    unit = (await reported(city, "六楼着火了浓烟滚滚"))["unit"]
    answer = await (await clerk(city, CENTRES[0])).try_to(
        unit["id"], "dispatch", holder=f"{EAST}-XF"
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "holder")


async def test_what_a_clerk_files_from_triage_is_the_clerks_own_centres_to_pass_on(
    stepwise: City,
):
    unit = (await reported(stepwise, "这里有点不对劲你们来看看"))["unit"]
    assert unit["holder"]["code"] == CENTRES[2]
    street = await clerk(stepwise, CENTRES[2])
    filed = await street.act(unit["id"], "file", entry="SX-06010-1")
    assert (filed["state"], filed["holder"]["code"]) == ("filed", CENTRES[2])
    assert (await street.act(unit["id"], "dispatch"))["holder"]["code"] == f"{GRID}-WG"


async def test_returned_it_goes_to_the_next_above_from_where_it_was_returned_to(stepwise: City):
    unit = (await reported(stepwise))["unit"]
    for centre in CENTRES:
        await (await clerk(stepwise, centre)).act(unit["id"], "dispatch")
    worker = await stepwise.person(f"{GRID}-WG", Role.GRID_WORKER)
    back = await worker.act(unit["id"], "return", reason="不在本网格")
    assert back["holder"]["code"] == CENTRES[2]
    again = await (await clerk(stepwise, CENTRES[2])).act(unit["id"], "dispatch")
    assert again["holder"]["code"] == f"{QUAY}-SQ"


async def test_a_task_nobody_holds_is_passed_down_to_the_centre_that_must_name_somebody(
    stepwise: City,
):
    unit = (await reported(stepwise, "路面有个大坑"))["unit"]
    for centre in CENTRES[:2]:
        unit = await (await clerk(stepwise, centre)).act(unit["id"], "dispatch")
    assert (unit["state"], unit["holder"]["code"], unit["is_gap"]) == ("filed", CENTRES[2], True)
