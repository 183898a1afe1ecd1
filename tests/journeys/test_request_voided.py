"""A unit moves on: what its former holder had asked for is void, in the same moment."""

import pytest

from tests.asking import UNTIL, Matter, decide, decided
from tests.given import QUAY, City


async def test_a_return_voids_what_was_asked_and_nobody_can_grant_it(city: City):
    matter = await Matter.accepted(city)
    request = await matter.asked()
    await matter.worker.act(matter.id, "return", reason="不归我")
    assert (await matter.now())["pending"] == []
    assert (await matter.street.get("/v1/requests"))["items"] == []
    void = await matter.outcome(request)
    assert (void["state"], void["desk"]) == ("void", None)
    assert (await decide(matter.street, request, "grant")).status_code == 409
    (line,) = [line for line in await matter.log() if line["action"] == "return"]
    assert line["data"]["voided"] == [request]


async def test_the_next_holder_asks_for_itself(city: City):
    matter = await Matter.accepted(city)
    await matter.asked()
    await matter.worker.act(matter.id, "return", reason="不归我")
    await matter.street.act(matter.id, "dispatch", holder=f"{QUAY}-SQ")
    assert (await matter.now())["pending"] == []


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("cancel", {"reason": "重复"}),
        ("transfer", {"reason": "改由居委会办理", "holder": f"{QUAY}-SQ"}),
    ],
)
async def test_a_centre_that_takes_the_unit_away_voids_it(
    city: City, action: str, body: dict[str, str]
):
    matter = await Matter.accepted(city)
    request = await matter.asked()
    await matter.street.act(matter.id, action, **body)
    assert (await matter.outcome(request))["state"] == "void"


async def test_once_the_work_is_done_there_is_nothing_left_to_extend(city: City):
    matter = await Matter.accepted(city)
    request = await matter.asked()
    await matter.worker.act(matter.id, "resolve")
    assert (await matter.outcome(request))["state"] == "void"


async def test_what_leaves_the_holder_alone_leaves_the_request_alone(city: City):
    matter = await Matter.accepted(city)
    request = await matter.asked()
    await matter.worker.act(matter.id, "start")
    await matter.street.act(matter.id, "note", reason="已知悉")
    assert (await matter.outcome(request))["state"] == "pending"


async def test_a_suspension_settles_the_request_for_one_and_leaves_that_for_time(city: City):
    matter = await Matter.accepted(city)
    longer, pause = await matter.asked(), await matter.asked("suspension", until=UNTIL)
    await matter.street.act(matter.id, "suspend", reason="等待停水", until=UNTIL)
    assert [(await matter.outcome(one))["state"] for one in (longer, pause)] == ["pending", "void"]
    await decided(matter.district, longer, "grant")
    assert (await matter.outcome(longer))["state"] == "granted"


async def test_once_the_work_is_done_nobody_could_grant_a_cancellation(city: City):
    matter = await Matter.accepted(city)
    request = await matter.asked("cancel")
    await matter.worker.act(matter.id, "resolve")
    assert (await matter.outcome(request))["state"] == "void"
    assert (await matter.now())["pending"] == []
    assert (await matter.log())[-1]["data"]["voided"] == [request]
