"""kill -9 of the sender in mid-flight, again and again: at least once, never lost, in order."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import quantiles
from typing import Any

import asyncpg
import httpx
import orjson

from benchmarks.service import free_port
from tests.torture.load import Reporters
from tests.torture.town import CENTRE, Process, Tell, Town, come_true

KILLS = 2
PACE = 0.03
"""Seconds between one's reports: what piles up while nobody sends is sent soon after."""
MOVED = "version"
"""What a message tells of its unit as it is when it is read: it may differ when sent again."""


@dataclass
class Inbox:
    """A receiver that answers badly now and then, and notes all it was sent before it answers."""

    is_array: bool
    port: int = 0
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    got: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Message ids and what they told, in the order of arrival."""
    at: dict[str, datetime] = field(default_factory=dict)
    """When a message first came."""
    refused: set[str] = field(default_factory=set)

    def note(self, id_: str, body: bytes) -> None:
        self.requests.append((id_, body))
        told = orjson.loads(body)
        for one in told if self.is_array else [{"id": id_, **told}]:
            self.got.append((one.pop("id"), one))
            self.at.setdefault(self.got[-1][0], datetime.now(UTC))

    @property
    def first(self) -> list[tuple[str, dict[str, Any]]]:
        """What came first of each message, in order."""
        seen: dict[str, dict[str, Any]] = {}
        for id_, told in self.got:
            seen.setdefault(id_, told)
        return list(seen.items())

    def different(self) -> list[str]:
        """The ids under which something different came at different times."""
        known: dict[str, Any] = {}
        return [id_ for id_, told in self.got if known.setdefault(id_, _kept(told)) != _kept(told)]

    def out_of_order(self) -> list[str]:
        """The ids that came behind a later one of their unit."""
        last: dict[str, int] = defaultdict(int)
        found = []
        for id_, told in self.first:
            data = told["data"]
            if data["seq"] <= last[data["unit"]["id"]]:
                found.append(id_)
            last[data["unit"]["id"]] = data["seq"]
        return found


def _kept(told: dict[str, Any]) -> Any:
    data = told["data"]
    unit = {name: value for name, value in data["unit"].items() if name != MOVED}
    return {**told, "data": {**data, "unit": unit}}


@asynccontextmanager
async def inbox(*, is_array: bool = False) -> AsyncIterator[Inbox]:
    made, chance = Inbox(is_array), random.Random(6)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                given = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
                body = await reader.readexactly(int(given["content-length"]))
                made.note(given["webhook-id"], body)
                await asyncio.sleep(0.02 * chance.random())
                if chance.random() < 0.02:
                    break
                status = 500 if chance.random() < 0.03 else 204
                writer.write(f"HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n".encode())
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


@contextmanager
def worker(town: Town, ports: str) -> Iterator[Process]:
    with town.start("work", **_calls(ports)) as process:
        yield process


def _calls(ports: str) -> dict[str, str]:
    return {"YIGUAN_WEBHOOK_ALLOW": "127.0.0.0/8", "YIGUAN_WEBHOOK_PORTS": ports}


async def subscribe(url: str, key: str, port: int, **wish: Any) -> str:
    """Make an endpoint that hears of everything and is tried again soon and often."""
    body = {"url": f"http://127.0.0.1:{port}/hook", "schedule": [1] * 20, "types": ["unit.*"]}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        answer = await client.post(
            f"{url}/v1/webhooks", json={**body, **wish}, headers={"Authorization": f"Bearer {key}"}
        )
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


async def test_a_killed_sender_loses_nothing_and_keeps_the_order(town: Town, counted: Tell):
    dead = free_port()
    async with inbox() as single, inbox(is_array=True) as batched:
        ports = f"{single.port},{batched.port},{dead}"
        service = await town.serve(None, "--api-only", **_calls(ports))
        subscribed = [
            await subscribe(service.url, town.keys[CENTRE], port, **wish)
            for port, wish in (
                (single.port, {}),
                (batched.port, {"batch": 20, "payload": "full"}),
                (dead, {}),
            )
        ]
        reporters = Reporters(service.url, town.keys[CENTRE], pause=PACE)
        with ExitStack() as held:
            async with reporters.reporting(2):
                for _ in range(KILLS):
                    with worker(town, ports) as process:
                        await _more(single, batched)
                        process.kill()
                held.enter_context(worker(town, ports))
                await _more(single, batched)
                await come_true(lambda: _all_sent(town, subscribed[:2], most=200), within=90)
                calm = datetime.now(UTC)
                await asyncio.sleep(4)
            await come_true(lambda: _all_sent(town, subscribed[:2]), within=90)
        wanted, happened = await _wanted(town)
        backlog = await town.value(
            "SELECT count(*) FROM delivery WHERE webhook = $1", subscribed[2]
        )
    late = sorted(
        (single.at[id_] - at).total_seconds() for id_, at in happened.items() if at > calm
    )
    p99 = quantiles(late, n=100)[-1]
    repeats = len(single.got) - len(single.first), len(batched.got) - len(batched.first)
    counted(
        f"{KILLS} kills, {len(wanted)} lines, {repeats} received again,"
        f" {backlog} waiting for the dead endpoint; beside it p99 {p99:.2f} s over {len(late)}"
    )

    for one in (single, batched):
        assert wanted - {id_ for id_, _ in one.got} == set()
        assert one.different() == []
        assert one.out_of_order() == []
    assert sum(repeats) > 0
    assert len(late) > 50
    assert backlog == len(wanted)
    # A unit waits a second and more where its receiver has refused, as it does now and then.
    assert p99 < 5


async def _more(*inboxes: Inbox) -> None:
    """Wait until each has received some more."""
    wanted = [len(one.got) + 60 for one in inboxes]

    async def are_there() -> bool:
        return all(len(one.got) > least for one, least in zip(inboxes, wanted, strict=True))

    await come_true(are_there, within=45)


async def _all_sent(town: Town, subscribed: list[str], most: int = 0) -> bool:
    left: Any = await town.value(
        """
        SELECT (SELECT count(*) FROM delivery WHERE webhook = ANY($1) AND dead_at IS NULL)
            + (SELECT count(*) FROM step s, relay r
               WHERE (s.epoch, s.xid, s.id) > (r.epoch, r.xid, r.line))
        """,
        subscribed,
    )
    return bool(left <= most)


async def _wanted(town: Town) -> tuple[set[str], dict[str, datetime]]:
    """The ids of all lines, and when each happened."""
    connection = await asyncpg.connect(town.url)
    rows = await connection.fetch("SELECT epoch, id, at FROM step")
    await connection.close()
    happened = {f"msg_{row['epoch']}_{row['id']}": row["at"] for row in rows}
    return set(happened), happened
