"""The feed read over HTTP while many write: nothing skipped or repeated, each unit in order."""

import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import asyncpg
import httpx

from tests.listening import Stream, streaming
from tests.torture import checker
from tests.torture.load import post, report
from tests.torture.town import CENTRE, TEAM, Service, Tell, Town, come_true

WRITERS = 8
HOT = 4
"""Units that everybody writes notes to at once."""
SECONDS = 4
ENOUGH = 500
"""Lines without which nothing is shown, however busy the machine."""


@dataclass
class Feed:
    """A dashboard with a cursor, beside a reader that trusts the sequence instead."""

    town: Town
    service: Service
    cursor: str = ""
    lines: list[tuple[Any, int]] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    naive: list[int] = field(default_factory=list)
    batches: int = 0

    async def begin(self, client: httpx.AsyncClient) -> None:
        self.cursor = (await self._ask(client))["cursor"]

    async def follow(self, stopped: asyncio.Event) -> None:
        connection = await asyncpg.connect(self.town.url)
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            while not stopped.is_set():
                await self._read(client, connection, wait=1)
            while await self._read(client, connection):
                pass
        await connection.close()

    async def _read(
        self, client: httpx.AsyncClient, connection: asyncpg.Connection, wait: int = 0
    ) -> bool:
        page = await self._ask(client, cursor=self.cursor, limit=200, wait=wait)
        for item in page["items"]:
            self.lines.append((item["data"]["unit"]["id"], item["data"]["seq"]))
            self.ids.append(line_of(item["id"]))
        self.cursor = page["cursor"]
        self.batches += bool(page["items"])
        after = self.naive[-1] if self.naive else 0
        found = await connection.fetch("SELECT id FROM step WHERE id > $1 ORDER BY id", after)
        self.naive += [row["id"] for row in found]
        return bool(page["items"])

    async def _ask(self, client: httpx.AsyncClient, **params: Any) -> dict[str, Any]:
        key = {"Authorization": f"Bearer {self.town.keys[CENTRE]}"}
        answer = await client.get(f"{self.service.url}/v1/feed", params=params, headers=key)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page


def line_of(message: str) -> int:
    return int(message.rpartition("_")[2])


async def has(lines: list[int], count: int) -> bool:
    return len(lines) >= count


async def listen(url: str, key: str, cursor: str, heard: list[int]) -> None:
    async with streaming(url, key, cursor=cursor) as stream:
        await hear(stream, heard)


async def hear(stream: Stream, heard: list[int]) -> None:
    while True:
        event = await stream.next(within=60)
        heard.append(line_of(event.data["id"]))


async def test_the_feed_skips_and_repeats_nothing_and_keeps_every_units_order(
    town: Town, counted: Tell
):
    one, two = await asyncio.gather(town.serve(), town.serve(None, "--api-only"))
    feed, stopped, finished = Feed(town, one), asyncio.Event(), asyncio.Event()
    heard: list[int] = []
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        await feed.begin(client)
        # Of what the other process reads of the same log.
        hearing = asyncio.create_task(listen(two.url, town.keys[CENTRE], feed.cursor, heard))
        reader = asyncio.create_task(feed.follow(finished))
        ticking = asyncio.create_task(_marks(town, stopped))
        hot = [report(0) for _ in range(HOT)]
        people = Person(client, town, one.url)
        for each in hot:
            await people.post(each)
        writers = [
            asyncio.create_task(
                _work(Person(client, town, (one, two)[number % 2].url), hot, stopped)
            )
            for number in range(WRITERS)
        ]
        await asyncio.sleep(SECONDS)
        await come_true(partial(has, feed.ids, ENOUGH), within=60)
        stopped.set()
        acts = sum(await asyncio.gather(*writers))
    fired = await ticking
    finished.set()
    await reader
    await come_true(partial(has, heard, len(feed.ids)))
    hearing.cancel()
    with suppress(asyncio.CancelledError):
        await hearing
    one.kill()
    two.kill()
    stored = await _stored(town)
    skipped = len(stored) - len(set(feed.naive))
    counted(
        f"{len(feed.ids)} lines in {feed.batches} batches, {acts} acts, {fired} clocks hurried,"
        f" the longest log {max(seq for _, seq in feed.lines)};"
        f" a cursor on the sequence would have skipped {skipped}"
    )

    assert len(feed.ids) == len(set(feed.ids)), "repeated"
    assert sorted(feed.ids) == stored, "skipped"
    assert heard == feed.ids
    by_unit = defaultdict(list)
    for unit, seq in feed.lines:
        by_unit[unit].append(seq)
    assert [unit for unit, seqs in by_unit.items() if seqs != [*range(1, len(seqs) + 1)]] == []
    assert await checker.faults(town.url) == {}


@dataclass
class Person:
    """Somebody who reports and works, through one of the services."""

    client: httpx.AsyncClient
    town: Town
    url: str

    async def post(self, sent: dict[str, Any]) -> dict[str, Any]:
        self.client.headers["Authorization"] = f"Bearer {self.town.keys[CENTRE]}"
        answer = await post(self.client, self.url, sent)
        assert answer is not None
        assert answer.status_code == 201, answer.text
        unit: dict[str, Any] = answer.json()["unit"]
        return unit

    async def act(self, unit: dict[str, Any], action: str, body: str) -> dict[str, Any] | None:
        """Do something to the unit as last seen; returns None when somebody was faster."""
        answer = await self.client.post(
            f"{self.url}/v1/units/{unit['id']}:{action}",
            json={"reason": action},
            headers={
                "Authorization": f"Bearer {self.town.keys[body]}",
                "If-Match": f'"{unit["version"]}"',
            },
        )
        assert answer.status_code in {200, 412}, answer.text
        return answer.json() if answer.is_success else None


async def _work(person: Person, hot: list[dict[str, Any]], stopped: asyncio.Event) -> int:
    """Report, work the report off, and note something on what everybody writes to."""
    acts = 0
    for number in range(10**6):
        if stopped.is_set():
            break
        unit = await person.post(report(0))
        for action, body in (
            ("accept", TEAM),
            ("start", TEAM),
            ("resolve", TEAM),
            ("verify", CENTRE),
        ):
            await person.act({**hot[number % HOT], "version": 0}, "note", CENTRE)
            done = await person.act(unit, action, body)
            acts += 2
            if done is None:
                break
            unit = done
    return acts


async def _marks(town: Town, stopped: asyncio.Event) -> int:
    """Make marks pass all the while, so that the worker writes to the same units."""
    connection, count = await asyncpg.connect(town.url), 0
    while not stopped.is_set():
        done = await connection.execute(
            "UPDATE clock SET next_at = now() WHERE (unit, name) IN (SELECT unit, name FROM clock"
            " WHERE next_at > now() ORDER BY random() LIMIT 5 FOR UPDATE SKIP LOCKED)"
        )
        count += int(done.split()[1])
        await asyncio.sleep(0.05)
    await connection.close()
    return count


async def _stored(town: Town) -> list[int]:
    connection = await asyncpg.connect(town.url)
    rows = await connection.fetch("SELECT id FROM step ORDER BY id")
    await connection.close()
    return [row["id"] for row in rows]
