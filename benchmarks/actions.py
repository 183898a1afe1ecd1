"""Actions a second, one by one and in bulk, beside the same rows written by pgbench.

python -m benchmarks.actions --units 10000 --connections 32
"""

import argparse
import asyncio
import csv
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Any, Final

import asyncpg
import httpx
import orjson
import uvloop
from rich.console import Console
from rich.table import Table

from app import data
from app.domain.rulebook import Part
from benchmarks.intake import SEED, cpu, uuid7
from benchmarks.service import Running, pgbench, running

ENTRY: Final = "SX-06013-1"
STREET: Final = "500103001"
BULK: Final = 500

PGBENCH: Final = r"""
\set n random(1, :units)
BEGIN;
SELECT id, home FROM bench WHERE n = :n \gset
SELECT pg_advisory_xact_lock(hashtext(:id::text));
SELECT * FROM unit WHERE id = :id;
SELECT * FROM clock WHERE unit = :id;
UPDATE unit SET version = version + 1, steps = steps + 1, updated_at = now() WHERE id = :id;
INSERT INTO step (home, at, unit, seq, action, state, organisation, reason, data, epoch,
    before, after)
    SELECT home, now(), id, 3, 'start', 'in_progress', NULL, '', '{}', 1,
        ARRAY[holder, 'accepted', kind, light, centre, district, street, community, grid],
        ARRAY[holder, state, kind, light, centre, district, street, community, grid]
    FROM unit WHERE id = :id;
UPDATE clock SET spent = spent + 1, version = version + 1 WHERE unit = :id;
COMMIT;
"""


@dataclass(frozen=True)
class Call:
    """One request as it goes over the wire."""

    path: str
    body: bytes
    seen: int | None = None
    units: int = 1


@dataclass(frozen=True)
class Result:
    """One run's figures."""

    name: str
    rate: float
    p50_ms: float
    p99_ms: float
    service_ms: float
    postgres_ms: float


async def send(port: int, key: str, calls: Sequence[Call], connections: int) -> list[Any]:
    """Send the calls over kept-alive connections; returns each one's seconds and its answer."""
    waiting = iter(calls)
    answers: list[Any] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for call in waiting:
            seen = f'If-Match: "{call.seen}"\r\n' if call.seen else ""
            head = (
                f"POST {call.path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n{seen}"
                f"Content-Type: application/json\r\nContent-Length: {len(call.body)}\r\n\r\n"
            )
            begun = time.perf_counter()
            writer.write(head.encode() + call.body)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = answer.lower().split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0]
            said = await reader.readexactly(int(length))
            taken = time.perf_counter() - begun
            if not answer.startswith(b"HTTP/1.1 20"):
                raise RuntimeError((answer + said).decode())
            answers.append((taken, said))
        writer.close()

    await asyncio.gather(*(client() for _ in range(connections)))
    return answers


def reports(count: int, places: Sequence[str] = (STREET,)) -> list[Call]:
    """Return reports of one matter, by default from all over one street: one board holds them."""
    with data.shipped(Part.LIST).open(encoding="utf-8-sig", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["entry"] == ENTRY)
    category = {"scheme": row["scheme"], "class": row["class"], "code": row["code"]}
    now, chance = datetime.now(UTC).isoformat(), random.Random(f"{SEED} {time.time_ns()}")
    return [
        Call(
            "/v1/events",
            orjson.dumps(
                {
                    "id": str(uuid7(chance)),
                    "source": "grid",
                    "occurred_at": now,
                    "text": row["condition"],
                    "category": category,
                    "place": {"code": place},
                }
            ),
        )
        for place in islice(cycle(places), count)
    ]


def measure(
    service: Running, name: str, key: str, calls: Sequence[Call], connections: int
) -> Result:
    """Send the calls and work out the figures for each unit they are about."""
    before, begun = cpu(service), time.perf_counter()
    answers = uvloop.run(send(service.port, key, calls, connections))
    seconds, after = time.perf_counter() - begun, cpu(service)
    for _, said in answers:
        refused = orjson.loads(said).get("refused", 0)
        if refused:
            raise RuntimeError(said.decode()[:2000])
    count, taken = sum(call.units for call in calls), sorted(answer[0] for answer in answers)
    return Result(
        name,
        count / seconds,
        taken[len(taken) // 2] * 1000,
        taken[len(taken) * 99 // 100] * 1000,
        (after[0] - before[0]) / count * 1000,
        (after[1] - before[1]) / count * 1000,
    )


def filed(service: Running, count: int) -> tuple[list[str], str, str]:
    """File so many units; returns their ids, their holder and their centre."""
    answers = uvloop.run(send(service.port, service.key, reports(count), 200))
    units = [orjson.loads(said)["unit"] for _, said in answers]
    holders = {(unit["holder"]["code"], unit["centre"]["code"]) for unit in units}
    ((holder, centre),) = holders
    return [unit["id"] for unit in units], holder, centre


def key_for(service: Running, organisation: str, role: str) -> str:
    """Return a key of an organisation."""
    answer = httpx.post(
        f"{service.url}/v1/keys",
        headers={"Authorization": f"Bearer {service.key}"},
        json={"name": "benchmark", "organisation": organisation, "roles": [role]},
        trust_env=False,
    )
    answer.raise_for_status()
    return str(answer.json()["key"])


def singles(units: Sequence[str], action: str, seen: int) -> list[Call]:
    """Return a call for each unit."""
    return [Call(f"/v1/units/{unit}:{action}", b"{}", seen) for unit in units]


def bulks(units: Sequence[str], action: str, seen: int) -> list[Call]:
    """Return calls for as many units as one takes."""
    parts = [units[at : at + BULK] for at in range(0, len(units), BULK)]
    return [
        Call(
            "/v1/units:act",
            orjson.dumps(
                {"action": action, "units": [{"id": unit, "version": seen} for unit in part]}
            ),
            units=len(part),
        )
        for part in parts
    ]


async def _numbered(url: str) -> int:
    """Make the table that pgbench picks its units from; returns how many there are."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "CREATE TABLE bench AS SELECT row_number() OVER () AS n, id, home FROM unit;"
            " CREATE UNIQUE INDEX ON bench (n); ANALYZE"
        )
        return int(await connection.fetchval("SELECT count(*) FROM bench"))
    finally:
        await connection.close()


def acted(service: Running, seconds: int) -> float:
    """Return how many times a second pgbench does what one action does."""
    units = asyncio.run(_numbered(service.database_url))
    return pgbench(service, PGBENCH.replace(":units", str(units)), seconds)


def runs(service: Running, asked: argparse.Namespace) -> list[Result]:
    """File two lots of units; take one through its stages one by one, the other in bulk."""
    alone, holder, centre = filed(service, asked.units)
    together, _, _ = filed(service, asked.units)
    worker, clerk = key_for(service, holder, "clerk"), key_for(service, centre, "clerk")
    results = []
    for make, lot, connections in ((singles, alone, asked.connections), (bulks, together, 4)):
        name = make.__name__.removesuffix("s")
        for seen, (action, key) in enumerate(
            (("accept", worker), ("start", worker), ("resolve", worker), ("verify", clerk)), 1
        ):
            calls = make(lot, action, seen)
            results.append(measure(service, f"{name} {action}", key, calls, connections))
    return results


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--units", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=32, help="single actions at once")
    parser.add_argument("--seconds", type=int, default=10, help="of pgbench")
    asked = parser.parse_args()
    with running() as service:
        results = runs(service, asked)
        tps = acted(service, asked.seconds)
    table = Table(
        "run", "units/s", "of pgbench", "p50 ms", "p99 ms", "service CPU ms", "PostgreSQL CPU ms"
    )
    for one in results:
        table.add_row(
            one.name,
            f"{one.rate:,.0f}",
            f"{one.rate / tps:.2f}",
            f"{one.p50_ms:.1f}",
            f"{one.p99_ms:.1f}",
            f"{one.service_ms:.3f}",
            f"{one.postgres_ms:.3f}",
        )
    table.add_row("pgbench, one action a transaction", f"{tps:,.0f}", "1.00", "", "", "", "")
    Console().print(table)


if __name__ == "__main__":
    main()
