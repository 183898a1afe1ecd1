"""Many clerks at one desk over two services, one of them killed: nobody has what another has."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from app.domain.lifecycle import RAISES_VERSION
from benchmarks.service import free_port
from tests.given import HARBOUR
from tests.torture import checker
from tests.torture.load import post, report
from tests.torture.quick_service import QuickClock
from tests.torture.town import CENTRE, Service, Tell, Town

DESK = f"{HARBOUR}-ZX"
QUEUE = f"/v1/organisations/{DESK}/queue"
UNITS, CLERKS, SECONDS = 120, 8, 8
LEASE = 30
"""Seconds of the quick clock: the shortest there is."""


@dataclass
class Ledger:
    """What clerks were told."""

    holders: dict[tuple[str, int], str] = field(default_factory=dict)
    """Unit and token: who was given it."""
    renewed: dict[tuple[str, int], datetime] = field(default_factory=dict)
    twice: list[tuple[str, int]] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    """What was done under a token that had been given up or had ended."""
    answers: Counter[str] = field(default_factory=Counter)


class Clerk:
    """Somebody who claims, keeps, gives back, does and forgets."""

    def __init__(self, name: str, key: str, services: list[Service], clock: QuickClock) -> None:
        self.name = name
        self._services, self._clock = services, clock
        self._draw = random.Random(name)
        headers = {"Authorization": f"Bearer {key}"}
        self._client = httpx.AsyncClient(headers=headers, trust_env=False, timeout=20)

    async def work(self, ledger: Ledger, until: float) -> None:
        async with self._client:
            while time.monotonic() < until:
                body = {"max": self._draw.randint(1, 6), "lease": LEASE}
                answer = await self._call(ledger, "claim", f"{QUEUE}:claim", body)
                for unit in answer.json()["items"] if answer else ():
                    known = (unit["id"], unit["claim"]["token"])
                    if known in ledger.holders:
                        ledger.twice.append(known)
                    ledger.holders[known] = self.name
                    await self._do_something(ledger, unit)

    async def _do_something(self, ledger: Ledger, unit: dict[str, Any]) -> None:
        match self._draw.choice(["keep", "give back", "do", "sleep", "forget", "forget"]):
            case "keep":
                await self._renew(ledger, unit)
            case "give back":
                held = [{"unit": unit["id"], "token": unit["claim"]["token"]}]
                done = await self._call(ledger, "release", f"{QUEUE}:release", {"units": held})
                if done and done.json()["done"]:
                    await self._do(ledger, unit, is_stale=True)
            case "do":
                await self._do(ledger, unit)
            case "sleep":
                ends = datetime.fromisoformat(unit["claim"]["until"])
                left = self._clock.real_seconds(ends - self._clock.now())
                await asyncio.sleep(max(left, 0) + 0.02)
                await self._do(ledger, unit, is_stale=True)

    async def _renew(self, ledger: Ledger, unit: dict[str, Any]) -> None:
        known = (unit["id"], unit["claim"]["token"])
        body = {"units": [{"unit": known[0], "token": known[1]}], "lease": 2 * LEASE}
        answer = await self._call(ledger, "renew", f"{QUEUE}:renew", body)
        (item,) = answer.json()["items"] if answer else ({"status": 0},)
        if item["status"] == 200:
            ledger.renewed[known] = datetime.fromisoformat(item["until"])

    async def _do(self, ledger: Ledger, unit: dict[str, Any], *, is_stale: bool = False) -> None:
        headers = {
            "If-Match": f'"{unit["version"]}"',
            "Claim-Token": str(unit["claim"]["token"]),
        }
        path, body = f"/v1/units/{unit['id']}:decline", {"reason": f"不属实 {self.name}"}
        answer = await self._call(ledger, "act", path, body, headers)
        if is_stale and answer is not None and answer.is_success:
            ledger.stale.append(f"{self.name} {unit['id']} {unit['claim']}")

    async def _call(
        self,
        ledger: Ledger,
        word: str,
        path: str,
        body: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> httpx.Response | None:
        service = self._draw.choice(self._services)
        try:
            answer = await self._client.post(service.url + path, json=body, headers=headers)
        except httpx.TransportError:
            ledger.answers[f"{word} lost"] += 1
            await asyncio.sleep(0.1)
            return None
        ledger.answers[f"{word} {answer.status_code}"] += 1
        return answer


async def serve(town: Town, clock: QuickClock) -> Service:
    port, module = free_port(), "tests.torture.quick_service"
    command = (str(port), str(clock.since))
    process = town.start(*command, module=module, YIGUAN_DATABASE_URL=town.url)
    service = Service(process, port)
    await service.ready()
    return service


async def key(service: Service, administrator: str, name: str) -> str:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(
            f"{service.url}/v1/keys",
            headers={"Authorization": f"Bearer {administrator}"},
            json={"name": name, "organisation": DESK, "roles": ["clerk"]},
        )
        answer.raise_for_status()
        return str(answer.json()["key"])


async def claims(url: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(
            """
            SELECT s.unit, s.seq, s.at, s.action, a.name, s.data ->> 'until' AS until
            FROM step s LEFT JOIN account a ON a.id = s.actor ORDER BY s.unit, s.seq
            """
        )
    finally:
        await connection.close()


def overlaps(lines: Sequence[asyncpg.Record], ledger: Ledger) -> list[str]:
    """Return where the log has a unit in two live leases: nowhere, in a sound database."""
    found, ends = [], {"release", *RAISES_VERSION}
    by_unit: dict[UUID, list[asyncpg.Record]] = {}
    for line in lines:
        if line["action"] == "claim" or line["action"] in ends:
            by_unit.setdefault(line["unit"], []).append(line)
    for unit, own in by_unit.items():
        token = 0
        for before, after in pairwise(own):
            if before["action"] != "claim":
                continue
            token += 1
            until = datetime.fromisoformat(before["until"])
            until = max(until, ledger.renewed.get((str(unit), token), until))
            is_by_others = after["name"] != before["name"] or after["action"] == "claim"
            if is_by_others and after["at"] < until:
                found.append(f"{unit} {before} {after}")
    return found


async def test_nobody_has_what_another_has_and_nothing_is_lost(town: Town, counted: Tell):
    clock = QuickClock(time.time())
    services = [await serve(town, clock) for _ in range(2)]
    administrator = town.keys[CENTRE]
    async with httpx.AsyncClient(
        headers={"Authorization": f"Bearer {administrator}"}, trust_env=False, timeout=20
    ) as client:
        for number in range(UNITS):
            place, text = {"code": HARBOUR}, f"说不清楚是啥子事情 {number}"
            sent = report(place=place, text=text, occurred_at=clock.now().isoformat())
            answer = await post(client, services[0].url, sent)
            assert answer is not None
            assert answer.status_code == 201, answer.text
    names = [f"坐席{number}" for number in range(CLERKS)]
    keys = [await key(services[0], administrator, name) for name in names]
    clerks = [Clerk(name, own, services, clock) for name, own in zip(names, keys, strict=True)]
    ledger, until = Ledger(), time.monotonic() + SECONDS
    working = [asyncio.create_task(clerk.work(ledger, until)) for clerk in clerks]
    await asyncio.sleep(SECONDS / 3)
    services[1].kill()
    services[1] = await serve(town, clock)
    await asyncio.gather(*working)

    # Every lease has ended: whatever is open is there to be had, once.
    await asyncio.sleep(clock.real_seconds(timedelta(seconds=2 * LEASE)) + 0.1)
    left = Clerk("最后", await key(services[0], administrator, "最后"), services, clock)
    found: list[str] = []
    async with left._client as client:
        while items := (
            await client.post(f"{services[0].url}{QUEUE}:claim", json={"max": 100, "lease": 900})
        ).json()["items"]:
            found += [one["id"] for one in items]
    lines = await claims(town.url)
    counted(f"{ledger.answers}, {sum(line['action'] == 'claim' for line in lines)} claims")

    assert ledger.twice == []
    assert ledger.stale == []
    assert overlaps(lines, ledger) == []
    open_units = await town.value("SELECT count(*) FROM unit WHERE desk = $1", DESK)
    assert len(found) == len(set(found)) == open_units
    declined = await town.value("SELECT count(*) FROM unit WHERE state = 'declined'")
    assert open_units + declined == UNITS
    sure, maybe = ledger.answers["act 200"], ledger.answers["act lost"]
    assert sure <= declined <= sure + maybe
    assert ledger.answers["act 412"] > 0
    assert set(await checker.faults(town.url)) <= {"step outside every quarter"}
