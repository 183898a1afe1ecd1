"""The feed while many write, a thousand streams in one process, and a snapshot of a big city.

python -m benchmarks.feed --seconds 60 --streams 1000 --units 1000000
"""

import argparse
import asyncio
import random
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import httpx
import orjson
import uvloop
from rich.console import Console
from rich.table import Table

from app.domain.action import Action
from app.domain.authority import Caller
from app.domain.unit import UnitId
from app.flows import access, casework
from app.flows.casework import Order
from app.flows.rulebook import Library
from app.store.database import Database
from benchmarks.actions import reports, send
from benchmarks.intake import SEED, cpu
from benchmarks.queues import prepared
from benchmarks.service import Running, running

WRITERS: Final = 16
UNITS: Final = 64
"""Units that all of them write to."""
LONGEST: Final = 0.2
"""Seconds that a transaction is held open at most before it commits."""
ROLLBACKS: Final = 0.1
SETTLE: Final = 3.0
LOOKS: Final = 10


class Broken(Exception):
    """What undoes a transaction on purpose."""


@dataclass
class Reader:
    """What one reader got, and when."""

    name: str
    ids: list[int] = field(default_factory=list)
    seqs: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    came: dict[tuple[str, int], float] = field(default_factory=dict)

    def take(self, message: dict[str, Any]) -> None:
        """Take a message down."""
        now, data = time.perf_counter(), message["data"]
        unit, seq = data["unit"]["id"], data["seq"]
        self.ids.append(int(message["id"].rpartition("_")[2]))
        self.seqs[unit].append(seq)
        self.came[unit, seq] = now


async def write_on(
    database: Database, library: Library, by: Caller, units: Sequence[str], until: float
) -> dict[tuple[str, int], float]:
    """Note something on units until the time is over; returns when each line was committed."""
    chance, done = random.Random(f"{SEED} {time.time_ns()}"), dict[tuple[str, int], float]()
    while time.perf_counter() < until:
        unit = chance.choice(units)
        order = Order(UnitId(UUID(unit)), 0, by, datetime.now(UTC), "…")
        try:
            async with database.transaction() as tx:
                written = await casework.act(tx, library, order, Action.NOTE)
                await asyncio.sleep(chance.random() * LONGEST)
                _sometimes_break(chance)
        except Broken:
            continue
        done[unit, written.steps] = time.perf_counter()
    return done


def _sometimes_break(chance: random.Random) -> None:
    if chance.random() < ROLLBACKS:
        raise Broken


async def poll(service: Running, cursor: str, reader: Reader) -> None:
    """Read the feed, waiting for what comes."""
    headers = {"Authorization": f"Bearer {service.key}"}
    async with httpx.AsyncClient(trust_env=False, timeout=60, headers=headers) as client:
        while True:
            params = {"cursor": cursor, "wait": "30", "limit": "500"}
            page = (await client.get(f"{service.url}/v1/feed", params=params)).json()
            cursor = page["cursor"]
            for item in page["items"]:
                reader.take(item)


async def listen(
    service: Running, hear: Callable[[bytes], None], ready: asyncio.Event, cursor: str = ""
) -> None:
    """Read a stream; tells each line of it."""
    source, sink = await asyncio.open_connection("127.0.0.1", service.port, limit=1 << 22)
    query = f"?cursor={cursor}" if cursor else ""
    sink.write(
        f"GET /v1/stream{query} HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {service.key}\r\n\r\n".encode()
    )
    try:
        if b" 200 " not in await source.readline():
            raise RuntimeError("no stream")
        ready.set()
        while line := await source.readline():
            hear(line)
    finally:
        sink.close()


def ms(seconds: Sequence[float], share: float) -> str:
    """Return a percentile in milliseconds."""
    found = sorted(seconds)
    return f"{found[min(int(len(found) * share), len(found) - 1)] * 1000:.0f} ms" if found else "-"


async def ordered(service: Running, seconds: int) -> Table:
    """Have many write with their commits delayed, and compare what readers got with the log."""
    library = Library()
    answers = await send(service.port, service.key, reports(UNITS), 8)
    units = [orjson.loads(said)["unit"]["id"] for _, said in answers]
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = {"Authorization": f"Bearer {service.key}"}
        begun = (await client.get(f"{service.url}/v1/feed", headers=headers)).json()["cursor"]
    by_feed, by_stream, ready = Reader("feed, wait=30"), Reader("stream"), asyncio.Event()

    def hear(line: bytes) -> None:
        if line.startswith(b"data: "):
            by_stream.take(orjson.loads(line[6:]))

    async with Database.connect(service.database_url, size=WRITERS) as database:
        async with database.reading() as tx:
            before = await tx.value("SELECT max(id) FROM step")
            await library.follow(tx, now=datetime.now(UTC))
            by = await access.recognise(tx, service.key, now=datetime.now(UTC))
        tasks = [
            asyncio.create_task(poll(service, begun, by_feed)),
            asyncio.create_task(listen(service, hear, ready, begun)),
        ]
        await ready.wait()
        deadline = time.perf_counter() + seconds
        done: dict[tuple[str, int], float] = {}
        for found in await asyncio.gather(
            *(write_on(database, library, by, units, deadline) for _ in range(WRITERS))
        ):
            done |= found
        await asyncio.sleep(SETTLE)
        async with database.reading() as tx:
            rows = await tx.fetch("SELECT id FROM step WHERE id > $1", before)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    stored = {row["id"] for row in rows}
    table = Table(title=f"{WRITERS} writers, {seconds} s: {len(stored)} lines committed")
    for name in ("reader", "lost", "repeated", "units out of order", "lag p50", "lag p99"):
        table.add_column(name, justify="left" if name == "reader" else "right")
    for reader in (by_feed, by_stream):
        lags = [reader.came[line] - at for line, at in done.items() if line in reader.came]
        unordered = sum(seqs != sorted(seqs) for seqs in reader.seqs.values())
        lost, again = len(stored - set(reader.ids)), len(reader.ids) - len(set(reader.ids))
        figures = (str(lost), str(again), str(unordered), ms(lags, 0.5), ms(lags, 0.99))
        table.add_row(reader.name, *figures)
    return table


async def looks(service: Running) -> float:
    """Return how often the log has been looked at for all who wait."""
    async with httpx.AsyncClient(trust_env=False) as client:
        text = (await client.get(f"{service.url}/metrics")).text
    name = "yiguan_tail_looks_total "
    return float(next(line for line in text.splitlines() if line.startswith(name)).split()[1])


async def crowd(service: Running, count: int, seconds: int) -> tuple[str, ...]:
    """Have many listen while a little is written; returns what that costs."""
    heard = 0

    def hear(line: bytes) -> None:
        nonlocal heard
        heard += line.startswith(b"data: ")

    ready = [asyncio.Event() for _ in range(count)]
    listeners = [asyncio.create_task(listen(service, hear, one)) for one in ready]
    for one in ready:
        await one.wait()
    await asyncio.sleep(1)
    before, looked, begun = cpu(service), await looks(service), time.perf_counter()
    written = 0
    while time.perf_counter() < begun + seconds:
        await send(service.port, service.key, reports(5), 1)
        written += 5
        await asyncio.sleep(0.5)
    await asyncio.sleep(1)
    spent, after = time.perf_counter() - begun, cpu(service)
    looked = await looks(service) - looked
    for listener in listeners:
        listener.cancel()
    await asyncio.gather(*listeners, return_exceptions=True)
    return (
        str(count),
        str(written * 2),
        f"{heard / (written * 2 * count):.0%}",
        f"{(after[0] - before[0]) / spent:.0%}",
        f"{(after[1] - before[1]) / spent:.0%}",
        f"{looked / spent:.0f}",
    )


async def crowds(service: Running, streams: int, seconds: int) -> Table:
    """Compare one stream with a thousand."""
    table = Table(title="streams in one process, some 20 lines a second")
    for name in ("streams", "lines", "of them heard", "CPU", "PostgreSQL", "looks at the log/s"):
        table.add_column(name, justify="right")
    for count in (1, streams):
        table.add_row(*await crowd(service, count, seconds))
    return table


async def counted(service: Running, units: int) -> Table:
    """Take snapshots of a city with many open units."""
    await prepared(service, units)
    table = Table(title=f"snapshot of {units:,} open units")
    for name in ("", "p50", "worst"):
        table.add_column(name, justify="right" if name else "left")
    headers = {"Authorization": f"Bearer {service.key}"}
    async with httpx.AsyncClient(trust_env=False, timeout=120, headers=headers) as client:
        for scope in ("500000-ZX", "500103-ZX", "500103001-ZX"):
            taken = []
            for _ in range(LOOKS):
                begun = time.perf_counter()
                answer = await client.get(f"{service.url}/v1/snapshot", params={"scope": scope})
                taken.append(time.perf_counter() - begun)
                answer.raise_for_status()
            name = f"{scope}: {answer.json()['units']:,} units"
            table.add_row(name, ms(taken, 0.5), ms(taken, 1))
        begun, lines = time.perf_counter(), 0
        path = f"{service.url}/v1/snapshot?units=true"
        async with client.stream("GET", path) as answer:
            async for chunk in answer.aiter_bytes():
                lines += chunk.count(b"\n")
        table.add_row(f"with every unit: {lines:,} lines", ms([time.perf_counter() - begun], 1), "")
    return table


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--units", type=int, default=1_000_000)
    asked = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    console = Console(width=110)
    with running() as service:
        console.print(uvloop.run(ordered(service, asked.seconds)))
        console.print(uvloop.run(crowds(service, asked.streams, min(asked.seconds, 20))))
        console.print(uvloop.run(counted(service, asked.units)))


if __name__ == "__main__":
    main()
