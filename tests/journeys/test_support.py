"""Support: the holder asks for help, the centre over both decides, the helper has its own task."""

from typing import Any

import pytest

from tests.given import CITY, EAST, HILL, City
from tests.journeys.families import (
    BOARD,
    DISTRICT,
    STREET,
    close,
    hand,
    head,
    log,
    offered,
    seen,
    tree,
)

HELPER = f"{EAST}-GA"


async def asked(city: City, holder: str = HELPER) -> dict[str, Any]:
    """The tree, in work, for which its board has asked for help."""
    unit = await tree(city, "accept", "start")
    board = await hand(city, BOARD)
    return await board.act(unit["id"], "support", holder=holder, reason="需封路配合")


async def granted(city: City) -> dict[str, Any]:
    unit = await asked(city)
    person = await head(city, DISTRICT)
    await person.act(unit["id"], "grant_support", request=1, limit="4工作时", reason="同意")
    return await seen(city, unit["id"])


async def test_asking_holds_nothing_up_and_tells_the_centre_over_both(city: City):
    unit = await asked(city)
    shown = await seen(city, unit["id"])
    assert (unit["state"], [one["desk"] for one in shown["support"]]) == ("in_progress", [DISTRICT])
    raised = await (await head(city, DISTRICT)).get("/v1/units", raised=True)
    assert [one["id"] for one in raised["items"]] == [unit["id"]]
    last = (await log(city, unit["id"]))[-1]
    assert (last["action"], last["reason"], last["data"]) == (
        "support",
        "需封路配合",
        {"number": 1, "holder": HELPER, "desk": DISTRICT},
    )


async def test_whoever_holds_a_function_may_be_asked_for(city: City):
    unit = await tree(city, "accept")
    await (await hand(city, BOARD)).act(
        unit["id"], "support", function="drainage", reason="管网配合"
    )
    assert (await seen(city, unit["id"]))["support"][0]["holder"] == f"{EAST}-PS"


async def test_granted_it_is_a_task_with_its_own_limit(city: City):
    unit = await granted(city)
    task = unit["tasks"][0]
    assert (unit["state"], unit["support"]) == ("in_progress", [])
    assert (task["holder"]["code"], task["state"], task["due_at"], task["title"]) == (
        HELPER,
        "dispatched",
        "2026-11-20T07:30:00Z",
        "协办: 行道树枯枝",
    )
    errand = (await seen(city, task["id"]))["errand"]
    assert (errand["bond"], errand["text"]) == ("support", "需封路配合")


async def test_the_unit_is_resolved_only_after_its_support(city: City):
    unit = await granted(city)
    board = await hand(city, BOARD)
    assert (await board.try_to(unit["id"], "resolve")).status_code == 409
    await close(city, unit["tasks"][0])
    assert (await seen(city, unit["id"]))["state"] == "in_progress"
    assert (await board.act(unit["id"], "resolve"))["state"] == "resolved"


async def test_a_support_that_is_cancelled_holds_nothing_up(city: City):
    unit = await granted(city)
    await (await head(city, DISTRICT)).act(unit["tasks"][0]["id"], "cancel", reason="不再需要")
    done = await (await hand(city, BOARD)).act(unit["id"], "resolve")
    assert done["state"] == "resolved"


async def test_refused_it_is_told_why(city: City):
    unit = await asked(city)
    person = await head(city, DISTRICT)
    await person.act(unit["id"], "refuse_support", request=1, reason="警力不足")
    shown = await seen(city, unit["id"])
    last = (await log(city, unit["id"]))[-1]
    assert (shown["support"], shown["tasks"], last["action"], last["reason"]) == (
        [],
        [],
        "refuse_support",
        "警力不足",
    )
    assert "grant_support" not in await offered(person, unit["id"])


async def test_a_street_decides_for_its_own_and_not_for_the_districts(city: City):
    unit = await asked(city)
    answer = await (await head(city)).try_to(unit["id"], "grant_support", request=1)
    assert (answer.status_code, DISTRICT[:6] in answer.text, "审批" in answer.text) == (
        403,
        False,
        True,
    )


async def test_the_centre_above_may_decide_as_well(city: City):
    unit = await asked(city)
    city_head = await head(city, f"{CITY}-ZX")
    done = await city_head.act(unit["id"], "grant_support", request=1, reason="同意")
    assert done["state"] == "in_progress"


async def test_within_a_street_its_own_centre_decides(city: City):
    unit = await asked(city, holder=f"{HILL}-MS")
    assert (await seen(city, unit["id"]))["support"][0]["desk"] == DISTRICT
    other = await tree(city, "accept")
    await (await hand(city, BOARD)).act(other["id"], "support", holder=STREET, reason="请中心协调")
    assert (await seen(city, other["id"]))["support"][0]["desk"] == STREET
    done = await (await head(city)).act(other["id"], "grant_support", request=1)
    assert (await seen(city, done["id"]))["tasks"][0]["holder"]["code"] == STREET


async def test_a_request_dies_with_its_holder(city: City):
    unit = await asked(city)
    await (await hand(city, BOARD)).act(unit["id"], "return", reason="非本板块")
    await (await head(city)).act(unit["id"], "dispatch", holder=STREET)
    assert (await seen(city, unit["id"]))["support"] == []
    answer = await (await head(city, DISTRICT)).try_to(unit["id"], "grant_support", request=1)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "缺人"},
        {"holder": HELPER, "function": "fire", "reason": "缺人"},
        {"holder": BOARD, "reason": "缺人"},
        {"holder": HELPER},
        {"function": "magic", "reason": "缺人"},
    ],
)
async def test_a_request_says_for_whom_and_why(city: City, body: dict[str, str]):
    unit = await tree(city, "accept")
    answer = await (await hand(city, BOARD)).try_to(unit["id"], "support", **body)
    assert answer.status_code == 422


async def test_nobody_is_asked_for_twice_at_once(city: City):
    unit = await asked(city)
    answer = await (await hand(city, BOARD)).try_to(
        unit["id"], "support", holder=HELPER, reason="再请"
    )
    assert answer.status_code == 409
