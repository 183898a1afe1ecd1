"""Single-POST events a second, by code and by text, beside the same rows written by pgbench.

python -m benchmarks.intake --events 20000 --connections 200
"""

import argparse
import asyncio
import csv
import itertools
import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import orjson
import uvloop
from rich.console import Console
from rich.table import Table

from app import data
from app.domain.rulebook import Part
from benchmarks.service import Running, pgbench, running

SEED: Final = 20261121
_NUMBERS: Final = itertools.count()
TICK: Final = os.sysconf("SC_CLK_TCK")

PGBENCH: Final = r"""
\set home random(500101, 500156)
\set n random(1, 2000000000)
BEGIN;
INSERT INTO event (id, home, source, organisation, account, occurred_at, received_at, digest, body)
VALUES (gen_random_uuid(), :home::text, 'grid', '500000-ZX', '00000000-0000-7000-8000-000000000001',
        now(), now(), sha256(:n::text::bytea), :body::jsonb);
WITH u AS (
    INSERT INTO unit (id, home, number, kind, clause, title, state, urgency, pressing, entry, level,
        district, street, community, grid, holder, centre, desk, route, is_gap, is_unlisted,
        is_self_handled, rulebook, reporter, cell,
        stage, stage_due_at, due_at, is_provisional, raised, created_at, updated_at, version, steps,
        reasons, pending, light, claim)
    VALUES (gen_random_uuid(), :home::text,
        :home::text || '-20261121-' || to_char(nextval('unit_number'), 'FM9900000'),
        'item', 'single', '路面坑洞', 'dispatched', 'normal', 0, 'SX-06013-1', 'street',
        :home::text, :home::text || '001', '', '', :home::text || '001-MS', :home::text || '001-ZX',
        :home::text || '001-MS', string_to_array(:home::text || '-ZX', ' '), false, false, false, 1,
        '00000000-0000-7000-8000-000000000001', :home::text || '001001001',
        'accept', now() + '2 h', now() + '8 h', false, '{}',
        now(), now(), 1, 2, :reasons::jsonb, '[]', 'green', 0)
    RETURNING id, home
), s AS (
    INSERT INTO step (home, at, unit, seq, action, state, organisation, reason, data, epoch,
        after)
    SELECT u.home, now(), u.id, n, 'file', 'filed', NULL, '', '{}', 1,
        ARRAY[u.home || '001-MS', 'dispatched', 'item', 'green', u.home || '001-ZX', u.home,
            u.home || '001', '', '']
    FROM u, generate_series(1, 2) n
)
INSERT INTO clock (unit, home, name, basis, "limit", started_at, spent, running_since, due_at,
    is_provisional, mark, next_at, version, granted, grants)
SELECT u.id, u.home, name, 'work', 7200, now(), 0, now(), now() + '2 h', false, 0,
    now() + '1 h', 1, 0, 0
FROM u, unnest(ARRAY['accept', 'dispose']) name;
COMMIT;
"""


@dataclass(frozen=True)
class Result:
    """One run's figures; seconds and milliseconds as named."""

    name: str
    rate: float
    p50_ms: float
    p99_ms: float
    service_ms: float
    postgres_ms: float


def reports(count: int, *, by_code: bool, planned: bool = False) -> Iterator[bytes]:
    """Yield request bodies made of the shipped list's own example sentences and real places.

    Matters of kind item, each one event, one unit, two steps, two clocks, as pgbench writes
    them; `planned` adds the events whose plans bring their tasks with them.
    """
    chance = random.Random(SEED + by_code)
    with data.shipped(Part.LIST).open(encoding="utf-8-sig", newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["class"] == "事项" and row["examples"] and (planned or row["kind"] == "item")
        ]
    with data.shipped(Part.AREAS).open(encoding="utf-8-sig", newline="") as file:
        places = [row["code"] for row in csv.DictReader(file) if row["tier"] == "community"]
    now = datetime.now(UTC).isoformat()
    number = next(_NUMBERS)
    chance_ids = random.Random(f"{SEED} {number}")
    for _ in range(count):
        row = chance.choice(rows)
        report = {
            "id": str(uuid7(chance_ids)),
            "source": "grid",
            "occurred_at": now,
            "text": chance.choice(row["examples"].split("|")),
            "place": {"code": chance.choice(places) + "001"},
        }
        if by_code:
            category = {"scheme": row["scheme"], "class": row["class"], "code": row["code"]}
            report["category"] = category
        yield orjson.dumps(report)


def uuid7(chance: random.Random) -> UUID:
    """Return an event id of now."""
    stamp = int(time.time() * 1000) << 80
    return UUID(
        int=stamp | 7 << 76 | chance.getrandbits(12) << 64 | 2 << 62 | chance.getrandbits(62)
    )


async def load(service: Running, bodies: Sequence[bytes], connections: int) -> list[float]:
    """Post the bodies over kept-alive connections; returns each one's latency in seconds.

    Written on bare streams so that the generator takes as little of the two cores as it can.
    """
    waiting = iter(bodies)
    taken: list[float] = []
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.key}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    ).encode()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        for body in waiting:
            begun = time.perf_counter()
            writer.write(head + str(len(body)).encode() + b"\r\n\r\n" + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = answer.lower().split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0]
            said = await reader.readexactly(int(length))
            taken.append(time.perf_counter() - begun)
            if not answer.startswith(b"HTTP/1.1 201"):
                raise RuntimeError((answer + said).decode())
        writer.close()

    await asyncio.gather(*(client() for _ in range(connections)))
    return taken


def cpu(service: Running) -> tuple[float, float]:
    """Return the CPU seconds the service and PostgreSQL's processes have used so far."""
    postgres = 0.0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if service.held and (folder / "cwd").readlink() == service.held.data_dir:
                    postgres += cpu_of(folder)
            except OSError:
                continue
    return cpu_of(Path(f"/proc/{service.pid}")), postgres


def cpu_of(folder: Path) -> float:
    """Return the CPU seconds a process has used, by its folder in /proc."""
    fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(fields[at]) for at in (11, 12, 13, 14)) / TICK


def measure(service: Running, name: str, bodies: Sequence[bytes], connections: int) -> Result:
    """Run one load and work out its figures."""
    before, begun = cpu(service), time.perf_counter()
    taken = sorted(uvloop.run(load(service, bodies, connections)))
    seconds, after = time.perf_counter() - begun, cpu(service)
    count = len(taken)
    return Result(
        name,
        count / seconds,
        taken[count // 2] * 1000,
        taken[count * 99 // 100] * 1000,
        (after[0] - before[0]) / count * 1000,
        (after[1] - before[1]) / count * 1000,
    )


def written(service: Running, seconds: int) -> float:
    """Return how many times a second pgbench writes one event's rows, each in a transaction."""
    sample = orjson.dumps({"text": "路面有个大坑" * 6, "source": "grid"}).decode()
    script = PGBENCH.replace(":body", f"'{sample}'").replace(":reasons", f"'{sample}'")
    return pgbench(service, script, seconds)


async def count_rows(url: str) -> str:
    """Return how many rows lie in each table, to show that they are really there."""
    connection = await asyncpg.connect(url)
    try:
        counts = [
            f"{table} {await connection.fetchval(f'SELECT count(*) FROM {table}')}"
            for table in ("event", "unit", "step", "clock")
        ]
    finally:
        await connection.close()
    return ", ".join(counts)


RUNS: Final = {
    "by code": {"by_code": True},
    "by text": {"by_code": False},
    "by text, planned events too": {"by_code": False, "planned": True},
}


def run(service: Running, name: str, asked: argparse.Namespace) -> Result:
    """Warm up with a tenth of the events, then measure."""
    bodies = list(reports(asked.events * 11 // 10, **RUNS[name]))
    warm = asked.events // 10
    measure(service, name, bodies[:warm], asked.connections)
    return measure(service, name, bodies[warm:], asked.connections)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=200, help="reports under way at once")
    parser.add_argument("--seconds", type=int, default=10, help="of pgbench")
    asked = parser.parse_args()
    console = Console()
    with running() as service:
        results = [run(service, name, asked) for name in RUNS]
        rows = asyncio.run(count_rows(service.database_url))
        tps = written(service, asked.seconds)
    table = Table(
        "run", "events/s", "of pgbench", "p50 ms", "p99 ms", "service CPU ms", "PostgreSQL CPU ms"
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
    table.add_row("pgbench, one event a transaction", f"{tps:,.0f}", "1.00", "", "", "", "")
    console.print(table)
    console.print(f"rows after the runs: {rows}")


if __name__ == "__main__":
    main()
