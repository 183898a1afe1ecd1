"""A service of its own for a benchmark: a fresh database, the shipped city, a free port."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx

from app.cli.reference import load_shipped
from app.cli.root import database, server
from app.domain.authority import Role
from app.domain.organisation import OrganisationCode
from app.flows import access
from app.flows.rulebook import Library
from app.settings import Settings
from app.store.embedded import Server

START: Final = 60


@dataclass(frozen=True)
class Running:
    """A service under load."""

    url: str
    port: int
    key: str
    database_url: str
    held: Server | None
    pid: int


@contextmanager
def running(*options: str) -> Iterator[Running]:
    """Start `yiguan serve` on the shipped city and stop it afterwards."""
    with tempfile.TemporaryDirectory(prefix="yiguan-bench-", dir="/tmp") as name:
        home = Path(name)
        home.chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
        settings = Settings.of({**os.environ, "YIGUAN_HOME": name})
        with server(settings) as (ready, held):
            key = asyncio.run(prepare(ready))
            port = free_port()
            environment = {**os.environ, "YIGUAN_HOME": name, "YIGUAN_LOG_LEVEL": "warning"}
            process = subprocess.Popen(
                [sys.executable, "-m", "app", "serve", "--port", str(port), *options],
                env=environment,
            )
            try:
                url = f"http://127.0.0.1:{port}"
                wait_ready(url)
                yield Running(url, port, key, ready.database_url or "", held, process.pid)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(START)


async def prepare(settings: Settings) -> str:
    """Load the shipped city and make a key that may do everything; returns the key."""
    now = datetime.now(UTC)
    async with database(settings) as opened:
        await load_shipped(opened, now=now, by="benchmark")
        library = Library()
        # Seconds of computation, more where others share the machine: not in a transaction.
        async with opened.reading() as tx:
            await library.follow(tx, now=now)
        async with opened.transaction() as tx:
            made = await access.create(
                tx,
                library.current(now).rulebook,
                name="benchmark",
                organisation=OrganisationCode("500000-ZX"),
                roles=list(Role),
                at=now,
            )
    return made.secret


def pgbench(service: Running, script: str, seconds: int) -> float:
    """Return how many times a second pgbench runs a script against the service's database."""
    if service.held is None:
        raise SystemExit("pgbench comes with the embedded server: unset YIGUAN_DATABASE_URL")
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        done = subprocess.run(
            [
                service.held.bin_dir / "pgbench",
                *("-n", "-M", "prepared", "-c", "16", "-j", "2", "-T", str(seconds)),
                *("-f", file.name, service.database_url),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
    line = next(line for line in done.stdout.splitlines() if line.startswith("tps ="))
    return float(line.split()[2])


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_ready(url: str) -> None:
    """Return when the service is ready; raises TimeoutError."""
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/readyz", trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError(url)
