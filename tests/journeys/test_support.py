"""Support: the holder asks for help, the centre over both decides, the helper has its own task."""

from typing import Any

import httpx
import pytest

from tests.asking import decide, decided
from tests.given import CITY, EAST, HARBOUR, HILL, WEST, City
from tests.journeys.families import (
    BOARD,
    DISTRICT,
    STREET,
    clerk,
    close,
    hand,
    head,
    log,
    offered,
    seen,
    tree,
)

HELPER = f"{EAST}-GA"


async def ask(city: City, unit: str, by: str = BOARD, **body: str) -> httpx.Response:
    path = f"/v1/units/{unit}:support"
    return await (await hand(city, by)).call("POST", path, json={"reason": "需封路配合", **body})


async def asked(city: City, holder: str = HELPER, **body: str) -> dict[str, Any]:
    """The request for help with the tree, of the board that works on it."""
    unit = await tree(city, "accept", "start")
    answer = await ask(city, unit["id"], holder=holder, **body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def granted(city: City, **more: str) -> dict[str, Any]:
    """The tree, once the district has granted its board the help it asked for."""
    request = await asked(city)
    await decided(await head(city, DISTRICT), request["id"], "grant", "同意", **more)
    return await seen(city, request["unit"])


async def test_asking_holds_nothing_up_and_lies_on_the_desk_over_both(city: City):
    request = await asked(city)
    (waiting,) = (await (await clerk(city, DISTRICT)).get("/v1/requests"))["items"]
    assert (waiting["kind"], waiting["helper"]["code"], waiting["desk"]["code"]) == (
        "support",
        HELPER,
        DISTRICT,
    )
    assert waiting["text"] == (
        "“码头街道民生服务板块”申请由“东江区公安分局”协办"
        " / 码头街道民生服务板块 asks for the support of 东江区公安分局"
    )
    unit = await seen(city, request["unit"])
    assert (unit["state"], unit["pending"]) == ("in_progress", [waiting])
    last = (await log(city, unit["id"]))[-1]
    assert (last["action"], last["reason"], last["data"]) == (
        "support",
        "需封路配合",
        {"kind": "support", "request": request["id"], "holder": HELPER, "to": DISTRICT},
    )


async def test_whoever_holds_a_function_may_be_asked_for(city: City):
    unit = await tree(city, "accept")
    answer = await ask(city, unit["id"], function="drainage")
    assert answer.json()["helper"]["code"] == f"{EAST}-PS"


async def test_granted_it_is_a_task_with_its_own_limit(city: City):
    unit = await granted(city, limit="4工作时")
    task = unit["tasks"][0]
    assert (unit["state"], unit["pending"]) == ("in_progress", [])
    assert (task["holder"]["code"], task["state"], task["due_at"], task["title"]) == (
        HELPER,
        "dispatched",
        "2026-11-20T07:30:00Z",
        "协办: 行道树枯枝",
    )
    errand = (await seen(city, task["id"]))["errand"]
    assert (errand["bond"], errand["text"]) == ("support", "需封路配合")
    lines = [(await log(city, unit["id"]))[-1], (await log(city, task["id"]))[0]]
    assert [(one["action"], one["organisation"]["code"]) for one in lines] == [
        ("grant", DISTRICT),
        ("support", DISTRICT),
    ]
    assert lines[0]["data"]["limit"] == "4工作时"


async def test_who_asks_may_say_within_what_and_who_grants_may_name_the_task(city: City):
    request = await asked(city, limit="4工作时")
    assert (request["limit"], "4 working hours" in request["text"]) == ("4工作时", True)
    await decided(await head(city, DISTRICT), request["id"], "grant", title="封路")
    task = (await seen(city, request["unit"]))["tasks"][0]
    assert (task["title"], task["due_at"]) == ("封路", "2026-11-20T07:30:00Z")


async def test_the_unit_is_resolved_only_after_its_support(city: City):
    unit = await granted(city)
    board = await hand(city, BOARD)
    refused = await board.try_to(unit["id"], "resolve")
    assert (refused.status_code, refused.json()["allowed"]) == (409, ["cancel", "note", "attach"])
    await close(city, unit["tasks"][0])
    assert (await seen(city, unit["id"]))["state"] == "in_progress"
    assert (await board.act(unit["id"], "resolve"))["state"] == "resolved"


async def test_a_support_that_is_cancelled_holds_nothing_up(city: City):
    unit = await granted(city)
    await (await head(city, DISTRICT)).act(unit["tasks"][0]["id"], "cancel", reason="不再需要")
    done = await (await hand(city, BOARD)).act(unit["id"], "resolve")
    assert done["state"] == "resolved"


async def test_refused_it_is_told_why(city: City):
    request = await asked(city)
    person = await head(city, DISTRICT)
    await decided(person, request["id"], "refuse", "警力不足")
    unit = await seen(city, request["unit"])
    last = (await log(city, unit["id"]))[-1]
    assert (unit["pending"], unit["tasks"], last["action"], last["reason"]) == (
        [],
        [],
        "refuse",
        "警力不足",
    )
    assert "grant" not in await offered(person, unit["id"])


async def test_taken_back_others_may_be_asked(city: City):
    request = await asked(city)
    await decided(await hand(city, BOARD), request["id"], "withdraw")
    assert (await ask(city, request["unit"], holder=HELPER)).status_code == 201


async def test_a_street_decides_for_its_own_and_not_for_the_districts(city: City):
    request = await asked(city)
    answer = await decide(await head(city), request["id"], "grant")
    assert (answer.status_code, "东江区治理中心" in answer.text) == (403, True)


async def test_the_centre_above_may_decide_as_well(city: City):
    request = await asked(city)
    done = await decided(await head(city, f"{CITY}-ZX"), request["id"], "grant", "同意")
    assert done["state"] == "granted"


async def test_within_a_street_its_own_centre_decides(city: City):
    assert (await asked(city, holder=f"{HILL}-MS"))["desk"]["code"] == DISTRICT
    other = await asked(city, holder=STREET)
    assert other["desk"]["code"] == STREET
    await decided(await clerk(city), other["id"], "grant")
    assert (await seen(city, other["unit"]))["tasks"][0]["holder"]["code"] == STREET


async def test_a_centre_that_is_over_the_helper_need_not_ask(city: City):
    unit = await granted(city)
    street = await head(city)
    await street.act(unit["id"], "transfer", holder=STREET, reason="由中心办理")
    answer = await street.call(
        "POST", f"/v1/units/{unit['id']}:support", json={"holder": BOARD, "reason": "请派人"}
    )
    assert (answer.status_code, answer.json()["state"]) == (201, "granted")
    bodies = [task["holder"]["code"] for task in (await seen(city, unit["id"]))["tasks"]]
    assert bodies == [HELPER, f"{HARBOUR}-MS"]


async def test_about_help_from_another_district_its_own_centres_decide(city: City):
    body, own, over = "500102001-MS", "500102001-ZX", f"{WEST}-ZX"
    request = await asked(city, holder=body)
    await decided(await head(city, f"{CITY}-ZX"), request["id"], "grant", "同意")
    task = (await seen(city, request["unit"]))["tasks"][0]["id"]
    helper = await hand(city, body)
    await helper.act(task, "accept")
    longer = await helper.call(
        "POST", f"/v1/units/{task}:request", json={"kind": "extension", "reason": "缺料"}
    )
    for centre, state in ((own, "pending"), (over, "granted")):
        person = await clerk(city, centre)
        assert "grant" in await offered(person, task)
        assert (await decided(person, longer.json()["id"], "grant"))["state"] == state
    # The place is not theirs: with the request the unit has gone out of sight again.
    assert (await person.call("GET", f"/v1/units/{task}")).status_code == 404


@pytest.mark.parametrize("end", ["return", "resolve"])
async def test_a_request_dies_with_its_holder_and_its_sense(city: City, end: str):
    request = await asked(city)
    await (await hand(city, BOARD)).act(request["unit"], end, reason="非本板块")
    assert (await seen(city, request["unit"]))["pending"] == []
    person = await head(city, DISTRICT)
    assert (await person.get("/v1/requests"))["items"] == []
    assert (await decide(person, request["id"], "grant")).status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"holder": HELPER, "function": "fire"},
        {"holder": BOARD},
        {"holder": HELPER, "reason": " "},
        {"holder": HELPER, "limit": "很快"},
        {"function": "magic"},
    ],
    ids=str,
)
async def test_a_request_says_for_whom_and_why(city: City, body: dict[str, str]):
    unit = await tree(city, "accept")
    assert (await ask(city, unit["id"], **body)).status_code == 422


async def test_nobody_is_asked_for_twice_at_once(city: City):
    request = await asked(city)
    answer = await ask(city, request["unit"], holder=HELPER)
    assert (answer.status_code, answer.json()["allowed"]) == (409, ["withdraw", "note"])
    assert (await ask(city, request["unit"], function="drainage")).status_code == 201
