"""A snapshot and the feed from its cursor on are a later snapshot, whoever writes meanwhile."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest

from app.api.snapshot import SnapshotOut
from app.domain.authority import Role
from tests.flows.test_units_follow import reorganise
from tests.gate import FREE, Gate
from tests.given import CITY, EAST, GRID, HARBOUR, WEST, City, Person
from tests.reorganising import NEW

Group = tuple[str, str, str, str | None]
TEXTS = (
    "楼下一堆垃圾好臭",
    "下水道井盖不见了",
    "行道树的枯枝要掉下来了",
    "六楼着火了浓烟滚滚",
    "啥子",
)
SAYINGS = {"note", "attach", "urge", "supervise", "request", "appeal", "remind", "support"}
HERE = {"longitude": 106.575, "latitude": 29.556}
PLACES = (
    {"code": GRID},
    {"code": GRID, "point": HERE},
    {"code": "500101002001001"},
    {"code": "500102001001001"},
)


def group_of(told: dict[str, Any]) -> Group:
    return told["organisation"], told["state"], told["kind"], told["light"]


@dataclass
class Ledger:
    """A dashboard: what a snapshot counted, carried on by the feed; every unit besides."""

    reader: Person
    params: dict[str, str]
    cursor: str
    counts: Counter[Group]
    units: dict[str, Group]

    @classmethod
    async def begun(cls, reader: Person, **params: str) -> "Ledger":
        answer = await reader.call("GET", "/v1/snapshot", params={**params, "units": "true"})
        assert answer.status_code == 200, answer.text
        taken, *listed, end = (json.loads(line) for line in answer.text.splitlines())
        assert end == {"end": True}
        counts = Counter({group_of(one): one["units"] for one in taken["groups"]})
        units = {one["id"]: group_of(one) for one in listed}
        assert Counter(units.values()) == counts
        assert taken["units"] == len(units)
        return cls(reader, params, taken["cursor"], counts, units)

    async def carry_on(self) -> None:
        while True:
            page = await self.reader.get(
                "/v1/feed", cursor=self.cursor, limit=7, types="unit.*,clock.*", **self.params
            )
            for item in page["items"]:
                self._tell(item["data"])
            self.cursor = page["cursor"]
            if not page["more"]:
                return

    def _tell(self, data: dict[str, Any]) -> None:
        if data["change"] is None:
            return
        left, reached = data["change"]["from"], data["change"]["to"]
        unit = data["unit"]["id"]
        if left is not None:
            assert self.units.pop(unit) == group_of(left)
            self.counts[group_of(left)] -= 1
        if reached is not None:
            assert unit not in self.units
            self.units[unit] = group_of(reached)
            self.counts[group_of(reached)] += 1

    async def check(self) -> None:
        await self.carry_on()
        fresh = await Ledger.begun(self.reader, **self.params)
        assert self.units == fresh.units
        assert +self.counts == fresh.counts


@dataclass
class Walk:
    """People who do whatever comes to their minds."""

    city: City
    dice: random.Random
    units: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    async def act(self, busy: set[str]) -> None:
        """One thing somebody does, to a unit that nobody is at."""
        if not self.units or self.dice.random() < 0.25:
            await self.report()
            return
        unit = self.dice.choice(self.units)
        if unit not in busy:
            busy.add(unit)
            await self.work(unit)

    async def report(self) -> None:
        reporter = await self.city.person(f"{GRID}-WG", Role.GRID_WORKER)
        text, place = self.dice.choice(TEXTS), self.dice.choice(PLACES)
        answer = await reporter.post(self.city.report(text, place=place))
        body = answer.json()
        self.units += [one["id"] for one in (body["unit"], *body["tasks"])]
        self.done["merged" if body["merged_into"] else "report"] += 1

    async def work(self, unit: str) -> None:
        above = await self.city.person(f"{CITY}-ZX", *Role)
        shown = await above.get(f"/v1/units/{unit}")
        who = self.dice.choice((*[shown["holder"]["code"]] * 3, shown["centre"]["code"]))
        person = await self.city.person(who, *Role)
        offered = (await person.get(f"/v1/units/{unit}"))["actions"]
        if not offered:
            return
        # What moves a unit, rather than what is only said of it.
        moves = [one["action"] for one in offered if one["action"] not in SAYINGS]
        action = self.dice.choice(moves or ["note"])
        body = {"reason": "试试"}
        if action in {"dispatch", "rule", "transfer", "pass_down", "issue"}:
            near = f"{HARBOUR}-MS", f"{GRID}-WG", f"{EAST}-PS", f"{WEST}-ZX", f"{HARBOUR}-ZX"
            body["holder"] = self.dice.choice(near)
        if action == "merge":
            body["into"] = self.dice.choice(self.units)
        if action == "reclassify":
            body["entry"] = self.dice.choice(("SX-04002-1", "SX-06013-1", "SX-01002-1"))
        if action == "suspend":
            body["until"] = "2026-12-24T01:00:00Z"
        answer = await person.try_to(unit, action, **body)
        self.done[action] += answer.is_success

    async def fire(self) -> None:
        self.city.clock.forward(minutes=self.dice.choice((20, 90, 600)))
        self.done["fired"] += await self.city.fire()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    found = Gate.put_up(monkeypatch)
    yield found
    found.opened.set()


async def readers(city: City) -> list[tuple[Person, dict[str, str]]]:
    centre = await city.person(f"{CITY}-ZX", Role.SUPERVISOR)
    return [
        (centre, {}),
        (centre, {"scope": f"{EAST}-ZX"}),
        (await city.person(f"{WEST}-ZX", Role.CLERK), {}),
        (await city.person(f"{HARBOUR}-ZX", Role.CLERK), {}),
        (await city.person(f"{EAST}-PS", Role.DEPARTMENT), {}),
        (await city.person(f"{GRID}-WG", Role.GRID_WORKER), {}),
        (await city.person(f"{WEST}-CG", Role.REPORTER), {}),
    ]


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_snapshot_with_what_came_since_is_the_present(city: City, gate: Gate, seed: int):
    FREE.set(True)
    walk = Walk(city, random.Random(seed))
    people, ledgers = await readers(city), list[Ledger]()

    async def done(work: Any, *, free: bool) -> None:
        FREE.set(free)
        await work

    for number in range(36):
        busy: set[str] = set()
        gate.opened.clear()
        # Some stand before their commit; one that began after them commits before.
        tasks = [asyncio.create_task(done(walk.act(busy), free=False)) for _ in range(2)]
        await gate.settled(tasks)
        reader, params = people[number % len(people)]
        if number % 2 and walk.units:
            work = walk.work(walk.dice.choice(walk.units))
            tasks.append(asyncio.create_task(done(work, free=True)))
            await gate.settled(tasks)
        ledgers.append(await Ledger.begun(reader, **params))
        if number % 3 == 0:
            await ledgers[-1].carry_on()
        gate.opened.set()
        await asyncio.gather(*tasks)
        if number % 3 == 0:
            await walk.fire()
        if number % 4 == 0:
            await walk.dice.choice(ledgers).check()
    for ledger in ledgers:
        await ledger.check()
    kinds = {kind for kind, count in walk.done.items() if count}
    assert {"report", "fired"} <= kinds
    assert len(kinds) > 8, walk.done


async def test_units_that_go_to_another_district_leave_one_and_reach_another(city: City):
    walk = Walk(city, random.Random(3))
    for _ in range(12):
        await walk.report()
    centre = await city.person(f"{CITY}-ZX", Role.SUPERVISOR)
    west = await city.person(f"{WEST}-ZX", Role.CLERK)
    ledgers = [
        await Ledger.begun(centre),
        await Ledger.begun(west),
        await Ledger.begun(await city.person(f"{EAST}-ZX", Role.CLERK)),
    ]
    before = sum(ledgers[1].counts.values())
    await reorganise(city)
    for ledger in ledgers:
        await ledger.check()
    assert sum(ledgers[1].counts.values()) > before
    heir = await city.person(f"{NEW}-ZX", Role.CLERK)
    assert (await Ledger.begun(heir)).units == ledgers[2].units


async def test_it_tells_what_is_open_by_holder_state_kind_and_light(city: City):
    reporter = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    centre = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    units = [(await reporter.post(city.report())).json()["unit"] for _ in range(3)]
    await reporter.act(units[0]["id"], "accept")
    await reporter.act(units[0]["id"], "resolve")
    await centre.act(units[0]["id"], "verify")
    await reporter.act(units[1]["id"], "accept")
    taken = await centre.get("/v1/snapshot")
    assert SnapshotOut.model_validate(taken).units == 2
    team = {"organisation": f"{GRID}-WG", "kind": "item", "light": "green"}
    assert taken["groups"] == [
        {**team, "state": "accepted", "units": 1},
        {**team, "state": "dispatched", "units": 1},
    ]
    assert taken["organisations"] == [{"code": f"{GRID}-WG", "name": "第1网格网格队"}]
    assert taken["at"] == "2026-11-20T01:30:00Z"


async def test_a_stranger_counts_nothing_and_asks_for_nothing_of_others(city: City):
    reporter = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    await reporter.post(city.report())
    west = await city.person(f"{WEST}-ZX", Role.CLERK)
    assert (await west.get("/v1/snapshot"))["groups"] == []
    answer = await west.call("GET", "/v1/snapshot", params={"scope": f"{EAST}-ZX"})
    assert answer.status_code == 404


@pytest.fixture
async def writers(database_url: str) -> AsyncIterator[list[asyncpg.Connection]]:
    opened = [await asyncpg.connect(database_url) for _ in range(2)]
    yield opened
    for connection in opened:
        await connection.close()


async def test_the_snapshot_is_dropped_from_the_cursor_when_all_of_it_lies_behind(
    city: City, writers: list[asyncpg.Connection]
):
    reporter = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    reader = await city.person(f"{CITY}-ZX", Role.SUPERVISOR)
    writing = writers[0].transaction()
    await writing.start()
    await writers[0].execute("SELECT pg_current_xact_id()")
    await reporter.post(city.report())
    taken = await reader.get("/v1/snapshot")
    assert taken["units"] == 1
    held = (await reader.get("/v1/feed", cursor=taken["cursor"]))["cursor"]
    await writing.rollback()
    page = await reader.get("/v1/feed", cursor=held)
    assert page["items"] == [], "counted in the snapshot already"
    assert len(page["cursor"]) < len(held)
    await reporter.post(city.report())
    assert len((await reader.get("/v1/feed", cursor=page["cursor"]))["items"]) == 2
    assert len((await reader.get("/v1/feed", cursor=held))["items"]) == 2
