"""Marks fired a second, and how late: a backlog, a stream beside intake, an old snapshot held.

python -m benchmarks.timers --clocks 1000000 --backlog 100000 --workers 2

A backlog is what a time without workers leaves: the marks of units that were filed one after
another, all over the city, are due at once. Beside it PostgreSQL writes as many rows for as many
other marks by one statement of its own. The clocks of commits measure both (a server of its own
with `track_commit_timestamp`).
"""

import argparse
import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import orjson
from rich.console import Console
from rich.table import Table

from app import worker
from app.cli.root import database, run, server
from app.cli.serve import ending
from app.flows.rulebook import Library
from app.settings import Settings
from app.store.database import Database
from app.store.embedded import Server
from benchmarks import service, timers_city
from benchmarks.intake import load, reports

GIVE_UP: Final = 200
"""Seconds until a run that stands still is given up."""
WARM: Final = 2000
ROUNDS: Final = 10
"""Into how many lots what fires under the snapshot is divided."""
NONE_DUE: Final = "SELECT NOT EXISTS (SELECT FROM clock WHERE next_at <= now())"
AT_WORK: Final = """
SELECT count(DISTINCT pid) >= $1 FROM pg_stat_activity
WHERE application_name = 'yiguan' AND query LIKE '%clock%'
"""
_LATENESS: Final = """
SELECT count(*) AS fired, percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY late) AS late
FROM (
    SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)
                              - (data ->> 'mark_at')::timestamptz)::float8 AS late
    FROM step WHERE action = 'warn' AND data ->> 'clock' = 'accept'
) fired
"""
_LAST: Final = """
SELECT max(pg_xact_commit_timestamp(xmin)) FROM clock
WHERE unit >= ('01920000-0000-7000-8' || lpad(to_hex($1::integer), 15, '0'))::uuid
  AND unit < ('01920000-0000-7000-8' || lpad(to_hex($2::integer), 15, '0'))::uuid
"""


@dataclass(frozen=True)
class Bench:
    """The database, and how to run processes on it."""

    url: str
    held: Server
    home: str
    key: str
    asked: argparse.Namespace
    table: Table

    @contextmanager
    def process(self, *command: str) -> Iterator[int]:
        """Run a module on the database and end it afterwards."""
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env={
                **os.environ,
                "YIGUAN_HOME": self.home,
                "YIGUAN_DATABASE_URL": self.url,
                "YIGUAN_LOG_LEVEL": "warning",
            },
        )
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(service.START)


@contextmanager
def town(asked: argparse.Namespace) -> Iterator[Bench]:
    """Start a server that takes down when each transaction was committed, and fill it."""
    with tempfile.TemporaryDirectory(prefix="yiguan-bench-", dir="/tmp") as name:
        home = Path(name)
        home.chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
        own = {key: text for key, text in os.environ.items() if key != "YIGUAN_DATABASE_URL"}
        settings = Settings.of({**own, "YIGUAN_HOME": name})
        with server(settings) as (ready, held):
            asyncio.run(_configure(held.url("postgres") if held else ""))
        with server(settings) as (ready, held):
            if held is None:
                raise SystemExit("the embedded server is not there")
            key = asyncio.run(service.prepare(ready))
            seconds = asyncio.run(_fill(ready, asked.clocks // 2))
            Console().print(f"{asked.clocks:,} running clocks written in {seconds:.0f} s")
            table = Table("run", "marks", "fired/s", "of PostgreSQL", "late p50 s", "p99 s", "most")
            yield Bench(ready.database_url or "", held, name, key, asked, table)


async def _configure(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")
    await connection.close()


async def _connect(url: str) -> asyncpg.Connection:
    connection = await asyncpg.connect(url, timeout=10, command_timeout=GIVE_UP)
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: orjson.dumps(value).decode(),
        decoder=orjson.loads,
    )
    return connection


async def _fill(settings: Settings, units: int) -> float:
    now, library = datetime.now(UTC), Library()
    async with database(settings) as opened, opened.reading() as tx:
        await library.follow(tx, now=now + timedelta(seconds=1))
    begun = time.perf_counter()
    connection = await _connect(settings.database_url or "")
    rulebook = library.current(now + timedelta(seconds=1)).rulebook
    await timers_city.fill(connection, rulebook, units)
    await connection.execute("VACUUM ANALYZE unit; ")
    await connection.execute("VACUUM ANALYZE clock")
    await connection.execute("CHECKPOINT")
    await connection.close()
    return time.perf_counter() - begun


async def come_true(connection: asyncpg.Connection, claim: str, *values: object) -> None:
    """Wait until a statement says so; raises TimeoutError."""
    async with asyncio.timeout(GIVE_UP):
        while True:
            if await connection.fetchval(claim, *values):
                return
            await asyncio.sleep(0.2)


async def drained(connection: asyncpg.Connection, low: int, high: int) -> float:
    """Let a lot be due and wait until the workers have fired it; returns marks a second."""
    await timers_city.release(connection, low, high)
    released = datetime.now(UTC)
    await come_true(connection, NONE_DUE)
    last: datetime = await connection.fetchval(_LAST, low, high)
    return (high - low) / (last - released).total_seconds()


async def by_postgres(bench: Bench, low: int, high: int) -> float:
    """Let a lot be due and have PostgreSQL write what firing it writes; returns marks a second."""
    connection = await _connect(bench.url)
    await timers_city.release(connection, low, high)
    begun = time.perf_counter()
    fired = await timers_city.fire_by_postgres(connection)
    seconds = time.perf_counter() - begun
    await connection.close()
    if fired != high - low:
        raise RuntimeError(fired)
    return fired / seconds


async def warm(bench: Bench, low: int) -> None:
    """Wait until every worker looks for marks and has fired some."""
    connection = await _connect(bench.url)
    await come_true(connection, AT_WORK, bench.asked.workers)
    await drained(connection, low, low + WARM)
    await connection.close()


async def tidy(bench: Bench) -> None:
    """Begin each run alike: what the last one left is cleared away and on the disk."""
    connection = await _connect(bench.url)
    for table in ("clock", "unit"):
        await connection.execute(f"VACUUM {table}")
    await connection.execute("CHECKPOINT")
    await connection.close()


async def backlog(bench: Bench, low: int, high: int) -> float:
    """Fire a backlog."""
    await tidy(bench)
    connection = await _connect(bench.url)
    rate = await drained(connection, low, high)
    await connection.close()
    return rate


async def under_snapshot(bench: Bench, low: int, size: int, seconds: int) -> float:
    """Fire lot after lot while somebody reads on and on, then a backlog; returns its rate."""
    await tidy(bench)
    connection, forgotten = await _connect(bench.url), await _connect(bench.url)
    begun = time.perf_counter()
    async with forgotten.transaction(isolation="repeatable_read", readonly=True):
        await forgotten.fetchval("SELECT count(*) FROM rulebook")
        for number in range(ROUNDS):
            part = size // ROUNDS
            await drained(connection, low + number * part, low + (number + 1) * part)
            wait = begun + seconds * (number + 1) / ROUNDS - time.perf_counter()
            await asyncio.sleep(max(wait, 0))
        rate = await drained(connection, low + size, low + 2 * size)
    await connection.close()
    await forgotten.close()
    return rate


async def stream(bench: Bench, low: int, port: int) -> tuple[Any, int, float]:
    """Let marks fall due one after another while reports come in; returns their lateness."""
    await tidy(bench)
    asked, connection = bench.asked, await _connect(bench.url)
    count = int(asked.stream * asked.rate)
    first = datetime.now(UTC) + timedelta(seconds=3)
    await timers_city.time(connection, low, count, first=first, rate=asked.rate)
    running = service.Running(f"http://127.0.0.1:{port}", port, bench.key, bench.url, bench.held, 0)
    bodies = iter(list(reports(int(asked.stream * asked.intake) * 2, by_code=True)))
    sent, begun = 0, time.perf_counter()
    while datetime.now(UTC) < first + timedelta(seconds=asked.stream):
        second = [next(bodies) for _ in range(asked.intake // 5)]
        sent += len(await load(running, second, 8))
        wait = begun + sent / asked.intake - time.perf_counter()
        await asyncio.sleep(max(wait, 0))
    seconds = time.perf_counter() - begun
    await come_true(connection, NONE_DUE)
    row = await connection.fetchrow(_LATENESS)
    await connection.close()
    return row, count, sent / seconds


async def work(url: str) -> None:
    """Fire marks as `yiguan work` does, and nothing else: no unit follows the city meanwhile."""
    async with Database.connect(url, size=worker.LANES) as opened:
        rounds, library = worker.Rounds(), Library()
        async with opened.reading() as tx:
            await library.follow(tx, now=datetime.now(UTC))
        while True:
            while await rounds.turn(opened, library, datetime.now(UTC)):
                pass
            await asyncio.sleep(worker.PAUSE)


def runs(bench: Bench) -> None:
    """Measure everything, a lot of units for each."""
    size, asked, table = bench.asked.backlog, bench.asked, bench.table
    alone = asyncio.run(by_postgres(bench, 0, size))
    table.add_row("PostgreSQL, one statement", f"{size:,}", f"{alone:,.0f}", "1.00")
    with ExitStack() as held:
        for _ in range(asked.workers):
            held.enter_context(bench.process("benchmarks.timers", "--work", bench.url))
        asyncio.run(warm(bench, 4 * size))
        rate = asyncio.run(backlog(bench, size, 2 * size))
        name = f"backlog, {asked.workers} workers"
        table.add_row(name, f"{size:,}", f"{rate:,.0f}", f"{rate / alone:.2f}")
        port = service.free_port()
        with bench.process("app", "serve", "--api-only", "--port", str(port)):
            service.wait_ready(f"http://127.0.0.1:{port}")
            found, count, intake = asyncio.run(stream(bench, 4 * size, port))
        if found["fired"] != count:
            raise RuntimeError((dict(found), count))
        late = [f"{seconds:.2f}" for seconds in found["late"]]
        name = f"{asked.rate}/s due for {asked.stream} s beside {intake:,.0f} reports/s"
        table.add_row(name, f"{count:,}", "", "", *late)
        slow = asyncio.run(under_snapshot(bench, 2 * size, size, asked.held))
        name = f"backlog, a snapshot held for {asked.held} s"
        table.add_row(name, f"{size:,}", f"{slow:,.0f}", f"{slow / alone:.2f}")
    Console().print(table)
    Console().print(f"the snapshot makes it {rate / slow:.2f} times slower")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clocks", type=int, default=1_000_000)
    parser.add_argument("--backlog", type=int, default=100_000, help="a tenth of clocks at most")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rate", type=int, default=500, help="marks due a second in the stream")
    parser.add_argument("--stream", type=int, default=30, help="seconds of it")
    parser.add_argument("--intake", type=int, default=200, help="reports a second beside it")
    parser.add_argument("--held", type=int, default=120, help="seconds the snapshot is held")
    parser.add_argument("--long", action="store_true", help="hold the snapshot for ten minutes")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        with ending():
            run(work(asked.work))
        return
    if asked.long:
        asked.held = 600
    with town(asked) as bench:
        runs(bench)


if __name__ == "__main__":
    main()
