"""The log read as a feed while many write: nothing skipped or repeated, each unit in order."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx

from tests.torture import checker
from tests.torture.load import post, report
from tests.torture.town import CENTRE, TEAM, Tell, Town

WRITERS = 8
HOT = 4
"""Units that everybody writes notes to at once."""
SECONDS = 4

Place = tuple[int, int, int]
"""Epoch, xid and id: where a line stands in the feed."""

_BATCH = """
SELECT epoch, xid::text::bigint AS xid, id, unit, seq FROM step
WHERE (epoch, xid, id) > ($1, $2::text::xid8, $3)
  AND (epoch < (SELECT epoch FROM feed_epoch) OR xid < pg_snapshot_xmin(pg_current_snapshot()))
ORDER BY epoch, xid, id LIMIT 200
"""


@dataclass
class Feed:
    """A reader with a cursor, beside one that trusts the sequence instead."""

    url: str
    place: Place = (0, 0, 0)
    lines: list[tuple[Any, int]] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    naive: list[int] = field(default_factory=list)
    batches: int = 0

    async def follow(self, stopped: asyncio.Event) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            while not stopped.is_set():
                await self._read(connection)
                await asyncio.sleep(0.01)
            while await self._read(connection):
                pass
        finally:
            await connection.close()

    async def _read(self, connection: asyncpg.Connection) -> int:
        epoch, xid, last = self.place
        rows = await connection.fetch(_BATCH, epoch, str(xid), last)
        for row in rows:
            self.lines.append((row["unit"], row["seq"]))
            self.ids.append(row["id"])
            self.place = row["epoch"], row["xid"], row["id"]
        self.batches += bool(rows)
        after = self.naive[-1] if self.naive else 0
        found = await connection.fetch("SELECT id FROM step WHERE id > $1 ORDER BY id", after)
        self.naive += [row["id"] for row in found]
        return len(rows)


async def test_the_feed_skips_and_repeats_nothing_and_keeps_every_units_order(
    town: Town, counted: Tell
):
    one, two = await asyncio.gather(town.serve(), town.serve(None, "--api-only"))
    feed, stopped, finished = Feed(town.url), asyncio.Event(), asyncio.Event()
    reader = asyncio.create_task(feed.follow(finished))
    ticking = asyncio.create_task(_marks(town, stopped))
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
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
        stopped.set()
        acts = sum(await asyncio.gather(*writers))
    fired = await ticking
    one.kill()
    two.kill()
    finished.set()
    await reader
    stored = await _stored(town)
    skipped = len(stored) - len(set(feed.naive))
    counted(
        f"{len(feed.ids)} lines in {feed.batches} batches, {acts} acts, {fired} clocks hurried,"
        f" the longest log {max(seq for _, seq in feed.lines)};"
        f" a cursor on the sequence would have skipped {skipped}"
    )

    assert len(feed.ids) == len(set(feed.ids)), "repeated"
    assert sorted(feed.ids) == stored, "skipped"
    by_unit = defaultdict(list)
    for unit, seq in feed.lines:
        by_unit[unit].append(seq)
    assert [unit for unit, seqs in by_unit.items() if seqs != [*range(1, len(seqs) + 1)]] == []
    assert len(feed.ids) > 500
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
