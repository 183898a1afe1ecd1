"""Several at once: one wins, the others hear of it, and nobody waits for ever."""

import asyncio
from typing import Any

import httpx
import pytest

from app.domain.authority import Role
from tests.given import EAST, GRID, HARBOUR, City, Person

ROUNDS = 5


async def worker(city: City, name: str = "") -> Person:
    return await city.person(f"{GRID}-WG", Role.GRID_WORKER, name=name)


async def filed(city: City, text: str = "楼下一堆垃圾好臭") -> dict[str, Any]:
    answer: dict[str, Any] = (await (await worker(city)).post(city.report(text))).json()
    return answer


async def at_once(*calls: Any) -> list[httpx.Response]:
    async with asyncio.timeout(20):
        return list(await asyncio.gather(*calls))


def call(person: Person, unit: str, action: str, seen: int = 1, **body: Any) -> Any:
    return person.call("POST", f"/v1/units/{unit}:{action}", seen=seen, json=body)


async def actions(city: City, unit: str) -> list[str]:
    supervisor = await city.person(f"{EAST}-ZX", Role.SUPERVISOR)
    log = await supervisor.get(f"/v1/units/{unit}/steps", limit=200)
    return [line["action"] for line in log["items"]]


async def test_of_many_who_accept_at_once_exactly_one_does(city: City):
    people = [await worker(city, name) for name in "甲乙丙丁戊"]
    unit = (await filed(city))["unit"]["id"]
    answers = await at_once(*(call(person, unit, "accept") for person in people))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]


async def test_of_accept_and_return_at_once_exactly_one_happens(city: City):
    person, colleague = await worker(city), await worker(city, "同事")
    unit = (await filed(city))["unit"]["id"]
    answers = await at_once(
        call(person, unit, "accept"), call(colleague, unit, "return", reason="不归我")
    )
    assert sorted(answer.status_code for answer in answers) in ([200, 403], [200, 412])


async def test_what_was_refused_left_no_line(city: City):
    people = [await worker(city, name) for name in "甲乙丙"]
    unit = (await filed(city))["unit"]["id"]
    await at_once(*(call(person, unit, "accept") for person in people))
    assert await actions(city, unit) == ["file", "dispatch", "accept"]


async def test_notes_at_once_are_all_kept(city: City):
    people = [await worker(city, name) for name in "甲乙丙丁戊"]
    unit = (await filed(city))["unit"]["id"]
    await at_once(*(call(person, unit, "note", reason="补充") for person in people))
    assert (await actions(city, unit)).count("note") == 5


@pytest.mark.parametrize("_round", range(ROUNDS))
async def test_two_last_tasks_closing_at_once_resolve_the_event_once(city: City, _round: int):
    answer = await filed(city, "六楼着火了浓烟滚滚")
    for task in answer["tasks"]:
        brigade = await city.person(task["holder"]["code"], Role.DEPARTMENT)
        for action in ("accept", "resolve"):
            await brigade.act(task["id"], action)
    centre = await city.person(f"{EAST}-ZX", Role.CLERK)
    answers = await at_once(*(call(centre, task["id"], "verify", 3) for task in answer["tasks"]))
    assert [done.status_code for done in answers] == [200, 200]
    assert (await actions(city, answer["unit"]["id"])).count("resolve") == 1


async def test_cancelling_an_event_while_its_task_is_verified_leaves_both_ended(city: City):
    answer = await filed(city, "六楼着火了浓烟滚滚")
    task = answer["tasks"][0]
    brigade = await city.person(task["holder"]["code"], Role.DEPARTMENT)
    for action in ("accept", "resolve"):
        await brigade.act(task["id"], action)
    supervisor = await city.person(f"{EAST}-ZX", Role.SUPERVISOR)
    await at_once(
        call(supervisor, task["id"], "verify", 3),
        call(supervisor, answer["unit"]["id"], "cancel", reason="误报"),
    )
    shown = await supervisor.get(f"/v1/units/{answer['unit']['id']}")
    states = {shown["state"], *(one["state"] for one in shown["tasks"])}
    assert states <= {"cancelled", "closed"}


@pytest.mark.parametrize("_round", range(ROUNDS))
async def test_the_timer_and_an_accept_at_once_both_come_through(city: City, _round: int):
    person = await worker(city)
    units = [(await filed(city))["unit"]["id"] for _ in range(4)]
    city.clock.forward(days=9)
    answers, _ = await asyncio.gather(
        at_once(*(call(person, unit, "accept") for unit in units)), city.fire()
    )
    assert [answer.status_code for answer in answers] == [200] * 4


async def test_two_workers_at_once_fire_every_mark_once(city: City):
    unit = (await filed(city))["unit"]["id"]
    city.clock.forward(days=9)
    await asyncio.gather(city.fire(), city.fire(), city.fire())
    await city.fire()
    log = await actions(city, unit)
    assert (log.count("warn"), log.count("overdue"), log.count("raise")) == (2, 2, 6)


async def test_the_same_report_sent_by_many_at_once_is_one_unit(city: City):
    person, report = await worker(city), city.report()
    await person.get("/v1/me/events")
    answers = await at_once(*(person.post(report) for _ in range(20)))
    assert {answer.json()["unit"]["id"] for answer in answers} == {report["id"]}
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    assert len((await clerk.get("/v1/units"))["items"]) == 1
