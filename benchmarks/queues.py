"""Queues: pages out of a million open units, 304, counts, and claims beside pgbench.

python -m benchmarks.queues --units 1000000
"""

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

import asyncpg
import orjson
import uvloop
from rich.console import Console
from rich.table import Table

from app.domain.area import Tier
from app.domain.queue import View
from app.domain.rulebook import Rulebook
from app.flows.rulebook import Library
from app.store.database import Database
from benchmarks.actions import key_for
from benchmarks.intake import SEED
from benchmarks.queues_city import fill
from benchmarks.service import Running, pgbench, running

BATCH: Final = 100
PGBENCH: Final = r"""
\set n random(0, :lots - 1)
BEGIN;
UPDATE unit SET claimed_by = '00000000-0000-7000-8000-000000000009',
    claimed_until = now() + interval '15 min', claim = claim + 1, steps = steps + 1
WHERE id = ANY(ARRAY(SELECT id FROM bench_lot WHERE lot = :n));
INSERT INTO step (home, at, unit, seq, action, state, organisation, reason, data, epoch,
    before, after)
SELECT home, now(), id, steps, 'claim', state, desk, '', '{}', 1,
    ARRAY[holder, state, kind, light, centre, district, street, community, grid],
    ARRAY[holder, state, kind, light, centre, district, street, community, grid]
FROM unit WHERE id = ANY(ARRAY(SELECT id FROM bench_lot WHERE lot = :n));
COMMIT;
"""
_LOTS: Final = f"""
CREATE TABLE bench_lot AS
SELECT id, (row_number() OVER (ORDER BY id) - 1) / {BATCH} AS lot FROM unit
WHERE claimed_until IS NULL ORDER BY id LIMIT 200000;
CREATE INDEX ON bench_lot (lot);
ANALYZE bench_lot
"""


@dataclass(frozen=True)
class Place:
    """A queue that is looked at."""

    name: str
    codes: Sequence[str]
    query: str


class Client:
    """One kept-alive connection."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._key = port, key

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def ask(
        self, method: str, path: str, body: bytes = b"", *headers: str
    ) -> tuple[float, str, dict[str, str], bytes]:
        """Return seconds, status, headers and body of an answer."""
        lines = (
            f"{method} {path} HTTP/1.1",
            "Host: x",
            f"Authorization: Bearer {self._key}",
            *headers,
            f"Content-Type: application/json\r\nContent-Length: {len(body)}",
        )
        begun = time.perf_counter()
        self._writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        status, *rest = head.rstrip().split("\r\n")
        found = dict(line.lower().split(": ", 1) for line in rest)
        said = await self._reader.readexactly(int(found.get("content-length", 0)))
        return time.perf_counter() - begun, status.split()[1], found, said


@dataclass(frozen=True)
class Times:
    """How long something took, in milliseconds."""

    name: str
    p50: float
    p99: float
    rows: float = 0

    @classmethod
    def of(cls, name: str, seconds: Sequence[float], rows: float = 0) -> "Times":
        """Sum up."""
        taken = sorted(seconds)
        return cls(name, taken[len(taken) // 2] * 1000, taken[len(taken) * 99 // 100] * 1000, rows)


def queues(rulebook: Rulebook, desks: Sequence[str]) -> list[Place]:
    """Return the queues to look at."""
    bodies = rulebook.organisations

    def centres(tier: Tier) -> list[str]:
        areas = [one for one in rulebook.areas.values() if one.tier is tier and not one.has_ended]
        found = (bodies.centre(area.code) for area in areas)
        return [body.code for body in found if body is not None]

    return [
        Place("large desk", desks[:1], ""),
        Place("desk", desks[1:], ""),
        *(
            Place(tier.value, centres(tier), "&subtree=true")
            for tier in (Tier.STREET, Tier.DISTRICT, Tier.CITY)
        ),
    ]


async def pages(client: Client, place: Place, view: View | None, count: int) -> list[Times]:
    """Look at pages of a view, and at each once more with its ETag."""
    draw, named = random.Random(SEED), f"&view={view}" if view else ""
    whole, same, rows = [], [], []
    for number in range(count + 3):
        code = draw.choice(place.codes)
        path = f"/v1/organisations/{code}/queue?limit=50{named}{place.query}"
        seconds, status, headers, body = await client.ask("GET", path)
        again, unchanged, _, _ = await client.ask(
            "GET", path, b"", f"If-None-Match: {headers['etag']}"
        )
        if (status, unchanged) != ("200", "304"):
            raise RuntimeError((status, unchanged, body[:500]))
        # The first look at a view has PostgreSQL plan it.
        if number >= 3:
            whole.append(seconds)
            same.append(again)
            rows.append(len(orjson.loads(body)["items"]))
    name = f"{place.name} {view or 'all'}"
    return [Times.of(name, whole, statistics.mean(rows)), Times.of(name, same)]


async def counted(client: Client, place: Place, count: int) -> Times:
    """Count every view of a queue."""
    draw, taken = random.Random(SEED), []
    for _ in range(count):
        code = draw.choice(place.codes)
        path = f"/v1/organisations/{code}/queue/counts?{place.query.lstrip('&')}"
        seconds, status, _, body = await client.ask("GET", path)
        if status != "200":
            raise RuntimeError(body)
        taken.append(seconds)
    return Times.of(f"{place.name} counts", taken)


async def claimed(port: int, keys: Sequence[str], desks: Sequence[str], units: int) -> float:
    """Have people claim units in batches; returns how many a second."""
    left = units

    async def clerk(key: str, desk: str) -> int:
        nonlocal left
        mine, body = 0, orjson.dumps({"max": BATCH})
        async with Client(port, key) as client:
            while left > 0:
                left -= BATCH
                _, status, _, said = await client.ask(
                    "POST", f"/v1/organisations/{desk}/queue:claim", body
                )
                if status != "200":
                    raise RuntimeError(said)
                mine += len(orjson.loads(said)["items"])
        return mine

    begun = time.perf_counter()
    done = sum(await asyncio.gather(*map(clerk, keys, desks)))
    return done / (time.perf_counter() - begun)


async def prepared(service: Running, units: int) -> tuple[Rulebook, list[str]]:
    """Fill the city; returns its rulebook and its desks, the largest first."""
    now, library = datetime.now(UTC), Library()
    async with Database.connect(service.database_url, size=1) as opened, opened.reading() as tx:
        await library.follow(tx, now=now)
    rulebook = library.current(now).rulebook
    connection = await asyncpg.connect(service.database_url)
    try:
        await connection.set_type_codec(
            "jsonb",
            schema="pg_catalog",
            encoder=lambda value: orjson.dumps(value).decode(),
            decoder=orjson.loads,
        )
        account = await connection.fetchval("SELECT id FROM account LIMIT 1")
        await fill(connection, rulebook, units, account)
        rows = await connection.fetch(
            "SELECT desk, count(*) AS n FROM unit GROUP BY desk ORDER BY n DESC"
        )
        return rulebook, [row["desk"] for row in rows]
    finally:
        await connection.close()


async def looks(service: Running, rulebook: Rulebook, desks: Sequence[str], count: int) -> Table:
    """Look at every view of every kind of queue, one request after another."""
    table = Table("queue", "rows", "page p50 ms", "p99 ms", "304 p50 ms", "p99 ms", "304 / page")
    async with Client(service.port, service.key) as client:
        for place in queues(rulebook, desks):
            for view in (None, *View):
                whole, same = await pages(client, place, view, count)
                table.add_row(
                    whole.name,
                    f"{whole.rows:.0f}",
                    *(f"{figure:.1f}" for figure in (whole.p50, whole.p99, same.p50, same.p99)),
                    f"{same.p50 / whole.p50:.2f}",
                )
            all_views = await counted(client, place, max(count // 5, 5))
            table.add_row(all_views.name, "", f"{all_views.p50:.1f}", f"{all_views.p99:.1f}")
    return table


async def lots(url: str) -> int:
    """Cut units into lots for pgbench; returns how many."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_LOTS)
        return int(await connection.fetchval("SELECT max(lot) FROM bench_lot"))
    finally:
        await connection.close()


def claims(service: Running, desk: str, asked: argparse.Namespace) -> Table:
    """Claim in batches, alone and at once, beside the same rows written by pgbench."""
    count = uvloop.run(lots(service.database_url))
    alone = pgbench(service, PGBENCH.replace(":lots", str(count)), asked.seconds) * BATCH
    table = Table("claims in batches of 100", "units/s", "of pgbench")
    table.add_row("pgbench, 16 clients, the same rows", f"{alone:,.0f}", "1.00")
    for people in (1, 4):
        keys = [key_for(service, desk, "department") for _ in range(people)]
        units = min(asked.units // 150, 6000)
        rate = uvloop.run(claimed(service.port, keys, [desk] * people, units))
        table.add_row(f"{people} at one desk", f"{rate:,.0f}", f"{rate / alone:.2f}")
    return table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--units", type=int, default=1_000_000)
    parser.add_argument("--looks", type=int, default=200, help="pages of each view")
    parser.add_argument("--seconds", type=int, default=10, help="of pgbench")
    asked = parser.parse_args()
    with running("--api-only") as service:
        rulebook, desks = uvloop.run(prepared(service, asked.units))
        found = uvloop.run(looks(service, rulebook, desks, asked.looks))
        Console().print(found, claims(service, desks[0], asked))


if __name__ == "__main__":
    main()
