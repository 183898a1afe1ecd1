"""Webhooks a second from one worker, relay and all, beside a loop that only posts.

And how late a healthy endpoint hears while 100,000 messages wait behind each of two dead ones.

python -m benchmarks.webhooks --lines 20000 --backlog 100000
"""

import argparse
import asyncio
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
import httpx
import uvloop
from rich.console import Console
from rich.table import Table

from app.api.envelopes import enveloped, letter
from app.domain.event import AccountId
from app.domain.feed import START
from app.domain.organisation import OrganisationCode
from app.domain.signature import new_secret
from app.domain.webhook import Endpoint, Signing, Target, WebhookId, Wish
from app.wire.guard import Guard
from app.wire.post import Post
from benchmarks.intake import cpu_of, load, reports
from benchmarks.service import Running, free_port, running, wait_ready

IN_FLIGHT: Final = 16
ALLOWED: Final = ["127.0.0.0/8"]
GIVE_UP: Final = 240
WARM: Final = 8
_MORE: Final = """
INSERT INTO step (home, at, unit, seq, action, state, organisation, reason, data, epoch, after)
SELECT s.home, s.at, s.unit, s.seq + 2 * n, 'note', s.state, s.organisation, '', '{}', s.epoch,
    s.after
FROM (SELECT * FROM step ORDER BY id LIMIT $1) s, generate_series(1, $2) n ORDER BY n, s.id
"""
_BEHIND: Final = """
INSERT INTO delivery
SELECT $1, epoch, xid, id, unit, home, at, now(), 0, false, NULL FROM step ORDER BY id LIMIT $2
"""

_STATE: Final = """
SELECT concat_ws(' ', count(*), outcome, status, min(error), max(milliseconds), 'ms') AS state
FROM attempt GROUP BY outcome, status
UNION ALL
SELECT concat_ws(' ', count(*), 'waiting', is_deferred, attempts, min(due_at) - now())
FROM delivery GROUP BY is_deferred, attempts
UNION ALL
SELECT concat_ws(' ', count(*), 'not relayed')
FROM step s, relay r WHERE (s.epoch, s.xid, s.id) > (r.epoch, r.xid, r.line)
"""


RUNS: Final[tuple[tuple[str, int, dict[str, Any]], ...]] = (
    ("single", 1, {}),
    ("single, full", 1, {"payload": "full"}),
    ("batch of 100", 5, {"batch": 100}),
    ("batch of 100, full", 5, {"batch": 100, "payload": "full"}),
)
"""What is measured: how many times as many lines, and what the endpoint asks for."""


@dataclass(frozen=True)
class Result:
    """One run's figures."""

    name: str
    messages: int
    rate: float
    bare: float
    cpu_ms: float
    """The worker's, for one message."""


@contextmanager
def process(module: str, *options: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a module beside, and end it."""
    started = subprocess.Popen(
        [sys.executable, "-m", module, *options], env={**os.environ, **environment}
    )
    try:
        yield started
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait(30)


@dataclass(frozen=True)
class Bench:
    """A service whose log is full, and where its worker may call."""

    service: Running
    environment: dict[str, str]
    ports: tuple[int, ...]

    @property
    def port(self) -> int:
        """Where the healthy receiver listens."""
        return self.ports[0]

    def subscribe(self, port: int, **wish: Any) -> str:
        """Make an endpoint; returns its id."""
        answer = httpx.post(
            f"{self.service.url}/v1/webhooks",
            json={"url": f"http://127.0.0.1:{port}/hook", **wish},
            headers={"Authorization": f"Bearer {self.service.key}"},
            trust_env=False,
        )
        answer.raise_for_status()
        return str(answer.json()["id"])

    def execute(self, sql: str, *values: object) -> None:
        """Run a statement."""

        async def run() -> None:
            connection = await asyncpg.connect(self.service.database_url)
            await connection.execute(sql, *values, timeout=GIVE_UP)
            await connection.close()

        asyncio.run(run())

    async def sample(self, endpoint: str) -> str:
        """Return the beginning of a body that was sent."""
        connection = await asyncpg.connect(self.service.database_url)
        sql = "SELECT request FROM attempt WHERE webhook = $1 ORDER BY id DESC LIMIT 1"
        found: str = await connection.fetchval(sql, endpoint)
        await connection.close()
        return found

    async def state(self) -> list[str]:
        """Return what waits and how attempts have ended."""
        connection = await asyncpg.connect(self.service.database_url)
        rows = await connection.fetch(_STATE)
        await connection.close()
        return [row["state"] for row in rows]

    def told(self) -> dict[str, Any]:
        """Return what the receiver has received since it was last asked."""
        found: dict[str, Any] = httpx.get(f"http://127.0.0.1:{self.port}/", trust_env=False).json()
        return found

    @contextmanager
    def working(self) -> Iterator[subprocess.Popen[bytes]]:
        """Have one worker meanwhile, begun and at ease."""
        with process("app", "work", **self.environment) as worker:
            warmed(self)
            yield worker


def warmed(bench: Bench) -> None:
    """Wait until the worker sends: it builds the rulebook and looks at every open unit first."""
    bench.told()
    uvloop.run(load(bench.service, list(reports(1, by_code=True)), 1))
    while not bench.told()["messages"]:
        time.sleep(0.5)
    time.sleep(WARM)
    bench.told()


def received(bench: Bench, count: int) -> float:
    """Wait for so many messages; returns how many a second came between the first and the last."""
    messages, first, last = 0, 0.0, 0.0
    deadline = time.monotonic() + GIVE_UP
    while messages < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{messages} of {count}: {asyncio.run(bench.state())}")
        time.sleep(0.5)
        found = bench.told()
        messages += found["messages"]
        first, last = first or found["first"], found["last"] or last
    return messages / (last - first)


def measure(
    bench: Bench, worker: subprocess.Popen[bytes], name: str, lines: int, **wish: Any
) -> Result:
    """Have the log's lines relayed and sent to one endpoint; beside it the same bodies alone."""
    # All at once for the worker: an endpoint that hears of what lies far behind.
    worker.send_signal(signal.SIGSTOP)
    bench.told()
    bench.execute("DELETE FROM webhook")
    endpoint = bench.subscribe(bench.port, in_flight=IN_FLIGHT, **wish)
    bench.execute("UPDATE webhook SET epoch = 0, xid = '0', line = 0")
    bench.execute(
        "UPDATE relay SET (epoch, xid, line) = (SELECT epoch, xid, id FROM step"
        f" ORDER BY epoch DESC, xid DESC, id DESC OFFSET {lines} LIMIT 1)"
    )
    worker.send_signal(signal.SIGCONT)
    # Where the relay is nobody asks before there is something new.
    uvloop.run(load(bench.service, list(reports(1, by_code=True)), 1))
    before = cpu_of(Path(f"/proc/{worker.pid}"))
    rate = received(bench, lines)
    spent = cpu_of(Path(f"/proc/{worker.pid}")) - before
    batch = wish.get("batch", 1)
    sample = asyncio.run(bench.sample(endpoint))
    bare = uvloop.run(posted(bench.port, sample, batch, min(lines // batch, 10_000)))
    return Result(name, lines, rate, bare, spent / lines * 1000)


async def posted(port: int, sample: str, batch: int, count: int) -> float:
    """Sign and post bodies of the same size by the bare transport; returns messages a second."""
    message = {
        "id": "msg_1_1",
        "type": "x",
        "timestamp": "2026-01-01T00:00:00Z",
        "data": {"text": ""},
    }
    # Of a batch the sample shows the first messages alone.
    message["data"] = {"text": sample[: len(sample) // min(batch, 4)]}
    wish = Wish(f"http://127.0.0.1:{port}/hook", OrganisationCode("x"), batch=batch)
    now = datetime.now(UTC)
    endpoint = Endpoint(
        *(WebhookId(uuid4()), OrganisationCode("x"), AccountId(uuid4()), wish, Signing.HMAC),
        *(START, now, now),
    )
    target = Target(endpoint, (new_secret(),), {})
    left = iter(range(count))
    async with Post.opened(Guard.of(ALLOWED, [port])) as post:

        async def lane() -> None:
            for _ in left:
                sent = enveloped([message] * batch, endpoint)
                await post.send(letter(target, sent, datetime.now(UTC)))

        begun = time.perf_counter()
        await asyncio.gather(*(lane() for _ in range(IN_FLIGHT)))
        return count * batch / (time.perf_counter() - begun)


def beside_dead(bench: Bench, backlog: int, seconds: int, rate: int) -> dict[str, Any]:
    """Report on while messages wait behind dead endpoints; returns how late a healthy one heard."""
    bench.execute("DELETE FROM webhook")
    for port in bench.ports[1:]:
        bench.execute(_BEHIND, bench.subscribe(port), backlog)
    bench.subscribe(bench.port)
    bench.execute(
        "UPDATE relay SET (epoch, xid, line) = (SELECT epoch, xid, id FROM step"
        " ORDER BY epoch DESC, xid DESC, id DESC LIMIT 1)"
    )
    bodies = list(reports(rate * seconds, by_code=True))
    with bench.working():
        begun = time.monotonic()
        for second in range(seconds):
            asyncio.run(load(bench.service, bodies[second * rate : (second + 1) * rate], 4))
            time.sleep(max(begun + second + 1 - time.monotonic(), 0))
        time.sleep(3)
        return bench.told()


@contextmanager
def town(asked: argparse.Namespace) -> Iterator[Bench]:
    """Fill a log, and open the receivers: one that is well, one that hangs, one that is not."""
    ports = free_port(), free_port(), free_port()
    environment = {
        "YIGUAN_WEBHOOK_ALLOW": ALLOWED[0],
        "YIGUAN_WEBHOOK_PORTS": ",".join(map(str, ports)),
        "YIGUAN_LOG_LEVEL": "error",
    }
    os.environ.update(environment)
    with ExitStack() as held:
        service = held.enter_context(running("--api-only"))
        held.enter_context(process("benchmarks.receiver", str(ports[0])))
        held.enter_context(process("benchmarks.receiver", str(ports[1]), "--hangs"))
        home = str(service.held.home) if service.held else os.environ["YIGUAN_HOME"]
        environment |= {"YIGUAN_HOME": home, "YIGUAN_DATABASE_URL": service.database_url}
        bench = Bench(service, environment, ports)
        events = 2000
        uvloop.run(load(service, list(reports(events, by_code=True)), 50))
        most = max(asked.lines * 5, asked.backlog)
        bench.execute(_MORE, 2 * events, most // (2 * events) + 1)
        bench.execute("VACUUM ANALYZE step")
        wait_ready(service.url)
        yield bench


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", type=int, default=10_000, help="single; of batches five times")
    parser.add_argument("--backlog", type=int, default=100_000, help="behind each dead endpoint")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rate", type=int, default=50, help="reports a second meanwhile")
    parser.add_argument("--only", help="one of: single, batch, dead")
    asked = parser.parse_args()
    console = Console()
    table = Table("run", "messages", "messages/s", "bare transport", "of it", "worker CPU ms")
    chosen = [one for one in RUNS if not asked.only or one[0].startswith(asked.only)]
    with town(asked) as bench:
        if chosen:
            bench.subscribe(bench.port)
            with bench.working() as worker:
                for name, times, wish in chosen:
                    done = measure(bench, worker, name, asked.lines * times, **wish)
                    share = f"{done.rate / done.bare:.2f}"
                    rates = f"{done.rate:,.0f}", f"{done.bare:,.0f}", share
                    table.add_row(name, f"{done.messages:,}", *rates, f"{done.cpu_ms:.3f}")
        console.print(table)
        if not asked.only or asked.only == "dead":
            found = beside_dead(bench, asked.backlog, asked.seconds, asked.rate)
            late = statistics.quantiles(found["late"], n=100)
            console.print(
                f"beside 2 x {asked.backlog:,} behind dead endpoints:"
                f" {found['messages']:,} messages, p50 {late[49]:.3f} s,"
                f" p99 {late[98]:.3f} s, worst {max(found['late']):.3f} s"
            )


if __name__ == "__main__":
    main()
