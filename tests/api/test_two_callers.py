"""Two callers at once: exactly one wins, and the other hears who did what meanwhile."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from app.domain.action import Action
from app.domain.authority import AUTHORITY, Role
from app.domain.lifecycle import RAISES_VERSION
from app.domain.policy import LocalPolicy
from app.domain.words import ACTION, STATE
from tests.asking import UNTIL, Matter, decide
from tests.given import CITY, EAST, GRID, HARBOUR, City, Person
from tests.journeys.families import BOARD, DISTRICT, STREET, TREE
from tests.journeys.publishing import policies

HELPER = f"{EAST}-CG"
WHO = {
    "team": (f"{GRID}-WG", Role.GRID_WORKER),
    "board": (BOARD, Role.DEPARTMENT),
    "helper": (HELPER, Role.DEPARTMENT),
    "clerk": (STREET, Role.CLERK),
    "head": (STREET, Role.SUPERVISOR),
    "above": (DISTRICT, Role.SUPERVISOR),
}
WHISTLE = {"departments": [HELPER], "reason": "请到场会商"}


@dataclass(frozen=True)
class Scene:
    """Who would do it twice, with what, and what came before: on a tree the board has."""

    by: str
    said: Mapping[str, Any] = field(default_factory=dict)
    before: tuple[tuple[str, str, Mapping[str, Any]], ...] = ()
    text: str = TREE
    on_task: bool = False


def did(who: str, *actions: str, **said: Any) -> tuple[tuple[str, str, Mapping[str, Any]], ...]:
    return tuple((who, action, said) for action in actions)


RESOLVED = did("board", "accept", "resolve")
CLOSED = (*RESOLVED, *did("clerk", "verify"))
RETURNED = did("board", "return")
CALLED = (*did("clerk", "whistle", **WHISTLE), *did("helper", "accept"))

SCENES = {
    Action.FILE: Scene("clerk", {"entry": "SX-04002-1"}, text="有件事情说不清楚"),
    Action.DECLINE: Scene("clerk", before=RETURNED),
    Action.DISPATCH: Scene("clerk", {"holder": BOARD}, RETURNED),
    Action.PASS_DOWN: Scene("above", {"holder": STREET}, did("board", "escalate")),
    Action.RULE: Scene("head", {"holder": BOARD}, RETURNED),
    Action.ACCEPT: Scene("board"),
    Action.START: Scene("board", before=did("board", "accept")),
    Action.RETURN: Scene("board"),
    Action.RESOLVE: Scene("board", before=did("board", "accept")),
    Action.VERIFY: Scene("clerk", before=RESOLVED),
    Action.REWORK: Scene("clerk", before=RESOLVED),
    Action.CLOSE: Scene("clerk", before=CLOSED),
    Action.CANCEL: Scene("head"),
    Action.SUSPEND: Scene("head", {"until": UNTIL}),
    Action.RESUME: Scene("head", before=did("head", "suspend", until=UNTIL)),
    Action.EXTEND: Scene("above"),
    Action.SPLIT: Scene("clerk", {"tasks": [{"holder": BOARD, "title": "锯枝"}]}),
    Action.WHISTLE: Scene("clerk", WHISTLE),
    Action.CONTACT: Scene("helper", before=CALLED, on_task=True),
    Action.ARRIVE: Scene("helper", before=CALLED, on_task=True),
    Action.TRANSFER: Scene("above", {"holder": HELPER}),
    Action.ESCALATE: Scene("board"),
    Action.RECLASSIFY: Scene("clerk", {"entry": "SX-06013-1"}),
    Action.SUPERVISE: Scene("head", {"limit": "2工作日"}),
    Action.REOPEN: Scene("clerk", before=CLOSED),
    Action.RATE: Scene("clerk", {"grade": "satisfied"}, CLOSED),
    Action.MERGE: Scene("clerk", {"into": None}),
    Action.UNMERGE: Scene("clerk", before=did("clerk", "merge", into=None)),
}


async def person(city: City, who: str, name: str = "") -> Person:
    body, role = WHO[who]
    return await city.person(body, role, name=name)


async def report(city: City, text: str = TREE) -> str:
    answer = await (await person(city, "team")).post(city.report(text))
    return str(answer.json()["event"])


async def staged(city: City, scene: Scene) -> tuple[str, dict[str, Any]]:
    """Play what came before; returns the unit, and what the two say about it."""
    unit, other = await report(city, scene.text), await report(city)

    def said(words: Mapping[str, Any]) -> dict[str, Any]:
        merged = {"into": other} if "into" in words else {}
        return {"reason": "理由", **words, **merged}

    for who, action, words in scene.before:
        on = await task_of(city, unit) if who == "helper" else unit
        await (await person(city, who)).act(on, action, **said(words))
    return await task_of(city, unit) if scene.on_task else unit, said(scene.said)


async def task_of(city: City, unit: str) -> str:
    return str((await shown(city, unit))["tasks"][0]["id"])


async def shown(city: City, unit: str) -> dict[str, Any]:
    found: dict[str, Any] = await (await person(city, "above")).get(f"/v1/units/{unit}")
    return found


async def both(city: City, unit: str, *calls: tuple[Person, str, dict[str, Any]]) -> Any:
    """Two calls at the same moment, a minute after what was before; the winner's comes first."""
    city.clock.forward(minutes=1)
    seen = (await shown(city, unit))["version"]
    async with asyncio.timeout(20):
        answers: list[httpx.Response] = await asyncio.gather(
            *(
                one.call("POST", f"/v1/units/{unit}:{action}", seen=seen, json=said)
                for one, action, said in calls
            )
        )
    return sorted(answers, key=lambda answer: answer.status_code)


def test_every_action_that_others_must_have_seen_is_tried():
    assert set(SCENES) == RAISES_VERSION & set(AUTHORITY)


async def tried(city: City, action: Action, scene: Scene) -> None:
    unit, said = await staged(city, scene)
    names = ("甲", "乙")
    callers = [await person(city, scene.by, name) for name in names]
    won, lost = await both(city, unit, *((one, action, said) for one in callers))
    assert (won.status_code, lost.status_code) == (200, 412), lost.text
    problem, now = lost.json(), await shown(city, unit)
    assert (problem["version"], problem["state"]) == (now["version"], now["state"])
    last = problem["last"]
    body = WHO[scene.by][0]
    assert (last["action"], last["organisation"]["code"]) == (action, body)
    assert last["at"] == city.clock.now().isoformat().replace("+00:00", "Z")
    assert last.get("by") in {*names, None}
    assert last["organisation"]["name"] in problem["detail"]
    assert f"已“{ACTION[action][0]}”, 现为“{STATE[now['state']][0]}”" in problem["detail"]


@pytest.mark.parametrize("action", sorted(set(SCENES) - {Action.CLOSE}))
async def test_one_wins_and_the_other_hears_who_did_what(shared_city: City, action: Action):
    await tried(shared_city, action, SCENES[action])


async def test_one_closes_what_was_verified_and_the_other_hears_of_it(city: City):
    await policies(city, **{f"_{CITY}": LocalPolicy(closes_on_verify=False)})
    await tried(city, Action.CLOSE, SCENES[Action.CLOSE])


async def test_it_is_said_in_the_readers_language_and_by_the_citys_clock(city: City):
    unit = await report(city)
    city.clock.forward(minutes=1)
    await (await person(city, "board", "陈工")).act(unit, "accept")
    later = await person(city, "board", "李工")
    city.clock.forward(minutes=5)
    path, headers = f"/v1/units/{unit}:accept", {"Accept-Language": "en"}
    chinese = await later.call("POST", path, seen=1, json={})
    english = await later.call("POST", path, seen=1, json={}, headers=headers)
    assert chinese.json()["detail"] == (
        "单元已变为第 2 版(您看到的是第 1 版): 码头街道民生服务板块(陈工) 09:31 已“签收”,"
        " 现为“已签收”, 请刷新"
    )
    assert english.json()["detail"].endswith("(陈工) at 09:31, now accepted; refresh")


async def test_what_was_done_on_another_day_is_told_with_its_day(city: City):
    unit = await report(city)
    await (await person(city, "board")).act(unit, "accept")
    city.clock.forward(days=2)
    answer = await (await person(city, "board", "李工")).call(
        "POST", f"/v1/units/{unit}:accept", seen=1, json={}
    )
    assert " 11-20 09:30 已" in answer.json()["detail"]


async def test_whoever_has_lost_the_unit_meanwhile_hears_that_and_no_names(shared_city: City):
    unit = await report(shared_city)
    board, above = await person(shared_city, "board"), await person(shared_city, "above", "甲")
    await above.act(unit, "transfer", holder=HELPER, reason="归城市管理局")
    answer = await board.call("POST", f"/v1/units/{unit}:accept", seen=1, json={})
    last = answer.json()["last"]
    assert (answer.status_code, last["action"], last.get("by")) == (412, "transfer", None)
    assert "甲" not in answer.json()["detail"]


async def test_whoever_never_had_it_hears_nothing(shared_city: City):
    unit = await report(shared_city)
    await (await person(shared_city, "board")).act(unit, "accept")
    stranger = await shared_city.person(f"{EAST}-XF", Role.DEPARTMENT)
    answer = await stranger.call("POST", f"/v1/units/{unit}:accept", seen=1, json={})
    assert (answer.status_code, "last" in answer.json()) == (404, False)


@pytest.mark.parametrize("done", ["accept", "return"])
async def test_whoever_only_reports_hears_nothing_of_what_their_body_has(
    shared_city: City, done: str
):
    unit = await report(shared_city)
    await (await person(shared_city, "board")).act(unit, done, reason="因为")
    reporter = await shared_city.person(BOARD, Role.REPORTER)
    answer = await reporter.call("POST", f"/v1/units/{unit}:accept", seen=1, json={})
    assert (answer.status_code, "last" in answer.json()) == (404, False)


@pytest.mark.parametrize("word", ["refuse", "withdraw"])
async def test_whom_somebody_only_asked_for_hears_nothing(shared_city: City, word: str):
    unit = await report(shared_city)
    board, above = await person(shared_city, "board"), await person(shared_city, "above")
    await board.act(unit, "accept")
    asked = {"reason": "需封路", "holder": HELPER}
    path = f"/v1/units/{unit}:support"
    request = (await board.call("POST", path, json=asked)).json()["id"]
    decider = above if word == "refuse" else board
    assert (await decide(decider, request, word, "不必")).status_code == 200
    helper = await person(shared_city, "helper")
    answer = await helper.call("POST", f"/v1/units/{unit}:accept", seen=1, json={})
    assert (answer.status_code, "last" in answer.json()) == (404, False)


async def test_what_the_service_did_is_told_as_its_own(shared_city: City):
    unit = await report(shared_city)
    await (await person(shared_city, "head")).act(unit, "suspend", until=UNTIL, reason="等")
    seen = (await shown(shared_city, unit))["version"]
    shared_city.clock.forward(days=32)
    await shared_city.fire()
    answer = await (await person(shared_city, "head")).call(
        "POST", f"/v1/units/{unit}:resume", seen=seen, json={}
    )
    last = answer.json()["last"]
    assert (answer.status_code, last["action"], last.get("by")) == (412, "resume", None)
    assert last["organisation"]["name"] == "系统"


async def test_two_answers_to_one_request_at_once_are_one(city: City):
    matter = await Matter.accepted(city)
    request = await matter.asked("cancel")
    second = await city.person(f"{HARBOUR}-ZX", Role.SUPERVISOR, name="乙")
    answers = await asyncio.gather(
        decide(matter.street, request, "grant"), decide(second, request, "refuse")
    )
    lost = next(one for one in answers if one.status_code != 200).json()
    now = await matter.now()
    assert sorted(one.status_code for one in answers) == [200, 409]
    assert (lost["version"], lost["state"]) == (now["version"], now["state"])
    assert lost["last"]["action"] in {"cancel", "refuse"}


async def test_in_bulk_each_unit_tells_its_own(shared_city: City):
    units = [await report(shared_city) for _ in range(2)]
    board = await person(shared_city, "board", "甲")
    await board.act(units[0], "accept")
    asked = {"action": "accept", "units": [{"id": one, "version": 1} for one in units]}
    colleague = await person(shared_city, "board", "乙")
    answer = await colleague.call("POST", "/v1/units:act", json=asked)
    first, second = answer.json()["items"]
    assert (first["status"], second["status"]) == (412, 200)
    assert (first["problem"]["last"]["by"], first["problem"]["version"]) == ("甲", 2)
