"""A cluster of its own with the small city in it, and the processes that run on it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import asyncpg
import httpx

from app.cli.root import database
from app.domain.authority import Role
from app.domain.organisation import OrganisationCode
from app.flows import access
from app.flows.rulebook import Library
from app.settings import DATABASE, Settings
from app.store import embedded
from benchmarks.service import free_port
from tests import given

ROOT = Path(__file__).parents[2]
START = 60
"""Seconds a process gets to come up, on a machine that is busy with others."""
Tell = Callable[[str], None]
CENTRE, TEAM = "500000-ZX", f"{given.GRID}-WG"


class Town:
    """The cluster, held by this process too, so that it outlives the services it kills."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._share = ExitStack()
        self._running: list[Process] = []
        self.hold()
        self.url = self.server.url(DATABASE)
        self.keys = asyncio.run(self._found())

    async def _found(self) -> dict[str, str]:
        settings = Settings(home=self.home, database_url=self.url)
        now, library = datetime.now(UTC), Library()
        async with database(settings) as opened, opened.transaction() as tx:
            # In force for so long that reports may come from weeks ago.
            await given.rulebook(tx, now - timedelta(days=60))
            await library.follow(tx, now=now)
            rulebook = library.current(now).rulebook
            return {
                body: (
                    await access.create(
                        tx,
                        rulebook,
                        name=body,
                        organisation=OrganisationCode(body),
                        roles=list(Role),
                        at=now,
                    )
                ).secret
                for body in (CENTRE, TEAM)
            }

    def hold(self) -> None:
        """Take a share of the server, starting it if it is dead."""
        self.server = self._share.enter_context(embedded.hold(self.home))

    def let_go(self) -> None:
        self._share.close()

    def kill_database(self) -> int:
        """Kill -9 the postmaster and all its children; returns how many there were."""
        postmaster = self.postmaster()
        killed = [postmaster, *_children(postmaster)]
        for pid in killed:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(_is_alive(pid) for pid in killed):
            time.sleep(0.01)
        return len(killed)

    def postmaster(self) -> int:
        return int((self.server.data_dir / "postmaster.pid").read_text().split()[0])

    @property
    def socket(self) -> str:
        return str(self.server.socket_dir / ".s.PGSQL.5432")

    async def value(self, sql: str, *values: object) -> object:
        """Return the one value of a statement, on a connection of its own."""
        connection = await asyncpg.connect(self.url)
        try:
            return await connection.fetchval(sql, *values)
        finally:
            await connection.close()

    def start(self, *command: str, module: str = "app", **environment: str) -> "Process":
        """Run `yiguan …`, or another module, on this cluster."""
        log = self.home / f"{command[0]}-{len(self._running)}.log"
        environment = {"YIGUAN_HOME": str(self.home), **environment}
        process = Process((module, *command), environment, log)
        self._running.append(process)
        return process

    async def serve(self, port: int | None = None, *options: str, **environment: str) -> "Service":
        """Run `yiguan serve` and return when it is ready."""
        port = port or free_port()
        process = self.start("serve", "--port", str(port), *options, **environment)
        service = Service(process, port)
        await service.ready()
        return service

    def end(self) -> None:
        """Leave nothing behind, whatever happened."""
        for process in self._running:
            process.kill()
        self.let_go()


class Process:
    """A process of a deployment."""

    def __init__(self, command: tuple[str, ...], environment: dict[str, str], log: Path) -> None:
        own = {name: text for name, text in os.environ.items() if not name.startswith("YIGUAN_")}
        self.log = log
        with log.open("wb") as written:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env={**own, "YIGUAN_LOG_LEVEL": "warning", **environment},
                stdout=written,
                stderr=written,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it stand still meanwhile."""
        self.popen.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.popen.send_signal(signal.SIGCONT)

    @property
    def is_running(self) -> bool:
        return self.popen.poll() is None

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()

    async def terminate(self) -> tuple[int, float]:
        """Send SIGTERM; returns the exit code and the seconds it took."""
        begun = time.monotonic()
        self.popen.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(self.popen.wait, START)
        return code, time.monotonic() - begun

    @property
    def memory(self) -> int:
        """How many MiB it has in memory."""
        pages = Path(f"/proc/{self.popen.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") >> 20

    def said(self) -> str:
        return self.log.read_text(errors="replace")


class Service:
    """A running `yiguan serve`."""

    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    async def ready(self) -> None:
        """Return when it can work; raises TimeoutError."""
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            deadline = time.monotonic() + START
            while time.monotonic() < deadline and self.process.is_running:
                with suppress(httpx.TransportError):
                    if (await client.get(f"{self.url}/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.05)
        raise TimeoutError(self.process.said()[-3000:])

    def kill(self) -> None:
        self.process.kill()


async def come_true(claim: Callable[[], Awaitable[object]], *, within: float = 20) -> None:
    """Wait until a claim holds; raises TimeoutError."""
    async with asyncio.timeout(within):
        while True:
            if await claim():
                return
            await asyncio.sleep(0.02)


def _children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            pid = int(entry.name)
            if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(pid)
    return found


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
