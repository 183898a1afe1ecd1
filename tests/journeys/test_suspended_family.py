"""A coordinated event is suspended with the tasks somebody works on, and goes on with them."""

from datetime import datetime

import pytest

from app.domain.authority import Role
from tests.asking import UNTIL
from tests.given import CITY, GRID, City, Person
from tests.journeys.test_event_family import FIRE, Family


@pytest.fixture
async def fire(city: City) -> Family:
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    answer = (await worker.post(city.report(FIRE))).json()
    return Family(city, answer["unit"], answer["tasks"])


async def top(fire: Family) -> Person:
    return await fire.city.person(f"{CITY}-ZX", Role.SUPERVISOR)


async def states(fire: Family) -> list[str]:
    person = await top(fire)
    ids = [fire.parent["id"], *(task["id"] for task in fire.tasks)]
    return [str((await person.get(f"/v1/units/{one}"))["state"]) for one in ids]


async def suspend(fire: Family) -> None:
    await (await top(fire)).act(fire.parent["id"], "suspend", reason="等待拆除", until=UNTIL)


async def test_its_open_tasks_stand_with_it(fire: Family):
    await suspend(fire)
    assert await states(fire) == ["suspended", "suspended", "suspended"]
    log = (await (await top(fire)).get(f"/v1/units/{fire.tasks[0]['id']}/steps"))["items"]
    assert (log[-1]["action"], log[-1]["data"]["with"]) == ("suspend", fire.parent["number"])


async def test_what_was_suspended_with_it_goes_on_with_it(fire: Family):
    await suspend(fire)
    fire.city.clock.forward(hours=1)
    await (await top(fire)).act(fire.parent["id"], "resume")
    assert await states(fire) == ["coordinating", "dispatched", "dispatched"]


async def test_a_task_suspended_on_its_own_stays_so(fire: Family):
    centre = await fire.centre()
    await centre.act(fire.tasks[0]["id"], "suspend", reason="云梯车在修", until=UNTIL)
    fire.city.clock.forward(minutes=5)
    await suspend(fire)
    await (await top(fire)).act(fire.parent["id"], "resume")
    assert await states(fire) == ["coordinating", "suspended", "dispatched"]


async def test_they_all_go_on_by_themselves(fire: Family):
    await suspend(fire)
    fire.city.clock.set(datetime.fromisoformat(UNTIL))
    await fire.city.fire()
    assert await states(fire) == ["coordinating", "dispatched", "dispatched"]


async def test_the_last_task_done_all_the_same_ends_the_suspension(fire: Family):
    await suspend(fire)
    for task in fire.tasks:
        brigade = await fire.city.person(task["holder"]["code"], Role.DEPARTMENT)
        await brigade.act(task["id"], "resume")
    await fire.close(0)
    await fire.close(1)
    assert (await states(fire))[0] == "resolved"
