"""What moves with a unit is brought up to the moment first, as the unit itself is."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from app.domain.action import Action
from app.flows import bulk as bulk_flow
from app.flows.casework import kin_of
from app.store.casework import Kin
from tests.given import City
from tests.journeys.families import BOARD, hand, head, log, seen, tree
from tests.journeys.test_bulk import filed
from tests.journeys.test_bulk import seen as versions


async def split(city: City, *actions: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A tree with one task of a working day, so far as its holder has worked on it."""
    unit = await tree(city, "accept", "start")
    task = {"holder": BOARD, "title": "锯除枯枝", "limit": "1工作日"}
    await (await head(city)).act(unit["id"], "split", reason="分头", tasks=[task])
    (child,) = (await seen(city, unit["id"]))["tasks"]
    for action in actions:
        await (await hand(city, BOARD)).act(child["id"], action, reason="已办")
    return unit, child


def soon(city: City, hours: int = 2) -> str:
    moment: datetime = city.clock.now() + timedelta(hours=hours)
    return moment.isoformat()


async def test_a_parent_resolved_by_its_last_task_has_its_lateness_in_the_log(city: City):
    unit, task = await split(city, "accept", "start", "resolve")
    city.clock.forward(days=20)
    await (await head(city)).act(task["id"], "verify")
    actions = [line["action"] for line in await log(city, unit["id"])]
    assert actions[-1] == "resolve"
    assert "overdue" in actions
    assert "raise" in actions


async def test_a_suspension_that_has_just_passed_makes_nobody_late(city: City):
    unit, task = await split(city, "accept", "start", "resolve")
    centre = await head(city, "500101-ZX")
    await centre.act(unit["id"], "suspend", reason="停水", until=soon(city))
    city.clock.forward(hours=2, seconds=1)
    await (await head(city)).act(task["id"], "verify")
    parent = await seen(city, unit["id"])
    assert (parent["state"], parent["overdue_at"]) == ("resolved", None)


async def test_a_task_cancelled_with_its_parent_after_a_suspension_is_not_late(city: City):
    unit, task = await split(city, "accept")
    centre = await head(city, "500101-ZX")
    await centre.act(unit["id"], "suspend", reason="停水", until=soon(city))
    city.clock.forward(hours=2, seconds=1)
    await centre.act(unit["id"], "cancel", reason="重复")
    child = await seen(city, task["id"])
    assert (child["state"], child["overdue_at"]) == ("cancelled", None)


async def test_a_task_gone_on_by_itself_is_suspended_with_its_parent(city: City):
    unit, task = await split(city, "accept")
    centre = await head(city, "500101-ZX")
    await centre.act(task["id"], "suspend", reason="停水", until=soon(city))
    city.clock.forward(hours=2, seconds=1)
    await centre.act(unit["id"], "suspend", reason="停电", until=soon(city, 5))
    await city.fire()
    assert (await seen(city, task["id"]))["state"] == "suspended"


async def test_bulk_stopped_by_others_is_not_remembered_as_done(
    city: City, monkeypatch: pytest.MonkeyPatch
):
    units, worker = await filed(city, 2)
    body = {"action": "accept", "units": versions(units)}
    key = {"Idempotency-Key": "bulk-1"}

    async def fails(*_: object) -> None:
        raise asyncpg.DeadlockDetectedError

    with monkeypatch.context() as patched:
        patched.setattr(bulk_flow, "act_on", fails)
        first = await worker.call("POST", "/v1/units:act", json=body, headers=key)
    again = await worker.call("POST", "/v1/units:act", json=body, headers=key)
    assert (first.status_code, again.json()["done"]) == (503, 2)


def test_only_what_may_end_a_unit_owns_what_was_merged_into_it():
    assert kin_of(Action.ACCEPT) is Kin.NOBODY
    assert Kin.MERGED in kin_of(Action.VERIFY)
    assert kin_of(Action.CANCEL) == Kin.MERGED | Kin.BELOW
