"""A real PostgreSQL for every test: one template database a run, a clone a test."""

import asyncio
import os
import shutil
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
import structlog
from sqlalchemy import make_url
from typing_extensions import override
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from app.main import create_app
from app.settings import Settings
from app.store import embedded, schema
from app.store.database import Database
from tests import given

NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
"""Friday 09:30 in Chongqing."""

# Tracebacks as plain text: the default's pictures of every local take seconds.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
)

TORTURE = "torture"
COUNTED = "counted"
"""What a torture test takes down for the end of the run."""

SHARED = Path(os.environ.get("YIGUAN_SHARED_DATA") or Path(__file__).parents[2] / "shared/data")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    if not SHARED.is_dir():
        pytest.skip(f"the real data are not at {SHARED} (YIGUAN_SHARED_DATA)")
    return SHARED


@contextmanager
def open_folder(under: str = "/tmp") -> Iterator[Path]:
    """A folder the server's user can reach, which pytest's own are not when root runs it."""
    with tempfile.TemporaryDirectory(prefix="yiguan-", dir=under) as name:
        folder = Path(name)
        folder.chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
        yield folder


_CARELESS = (
    "ALTER SYSTEM SET fsync = off",
    "ALTER SYSTEM SET full_page_writes = off",
    "SELECT pg_reload_conf()",
)
"""Nothing here outlives a crash of the machine: torture has clusters of its own."""


def _quick_place() -> str:
    """Where files are made quickest: a database is some 300 of them, and most tests have one."""
    memory = Path("/dev/shm")
    has_room = memory.is_dir() and shutil.disk_usage(memory).free > 2 << 30
    return str(memory) if has_room else "/tmp"


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The maintenance database of the server under test."""
    given_url = os.environ.get("YIGUAN_DATABASE_URL")
    if given_url:
        yield given_url
        return
    with open_folder(_quick_place()) as home, embedded.hold(home) as server:
        url = server.url("postgres")
        asyncio.run(on_server(url, *_CARELESS))
        yield url


def with_database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def on_server(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def template(server_url: str) -> Iterator[str]:
    name = f"yg_template_{uuid4().hex[:8]}"

    async def make() -> None:
        await on_server(server_url, f"CREATE DATABASE {name}")
        url = with_database(server_url, name)
        await schema.migrate(url)
        async with Database.connect(url, size=1) as database, database.transaction() as tx:
            await schema.keep_epoch(tx)
            await schema.make_partitions(tx, now=NOW)
            await given.rulebook(tx, NOW)

    asyncio.run(make())
    yield name
    asyncio.run(on_server(server_url, f"DROP DATABASE {name} WITH (FORCE)"))


@asynccontextmanager
async def cloned(server_url: str, template: str) -> AsyncIterator[str]:
    """A database of its own."""
    name = f"yg_test_{uuid4().hex[:8]}"
    await on_server(server_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield with_database(server_url, name)
    await on_server(server_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database_url(server_url: str, template: str) -> AsyncIterator[str]:
    async with cloned(server_url, template) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with Database.connect(database_url, size=4) as opened:
        yield opened


@pytest.fixture
def clock() -> given.HandClock:
    """A clock that stands at NOW until a test moves it."""
    return given.HandClock(NOW)


@pytest.fixture
async def city(
    database_url: str, clock: given.HandClock, tmp_path: Path
) -> AsyncIterator[given.City]:
    """A running service over HTTP, in the small city of `given`, with the clock in hand."""
    async with running(database_url, clock, tmp_path) as served:
        yield served


@asynccontextmanager
async def running(url: str, clock: given.HandClock, folder: Path) -> AsyncIterator[given.City]:
    """The small city's service, on a database of its own."""
    settings = Settings(
        home=Path("/nonexistent"),
        secret_key=(bytes(32),),
        database_url=url,
        pool_size=4,
        attachments=folder / "attachments",
    )
    app = create_app(settings, clock=clock)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://yiguan") as client:
            yield given.City(client, app, clock)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the tests, begin with torture, because it takes longest."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not _is_torture(item))


class ByModule(LoadScopeScheduling):
    """Keeps a module together, and torture in one process: it is no company for itself.

    xdist's own groups are read from a part of an item's id that pytest 9.2 no longer has.
    """

    @override
    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return TORTURE if TORTURE in Path(module).parts else module


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByModule:
    return ByModule(config, log)


def _is_torture(item: pytest.Item) -> bool:
    return TORTURE in item.path.parts


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    lines = [
        f"{report.nodeid.rpartition('::')[2]}: {text}"
        for report in reports
        for name, text in report.user_properties
        if name == COUNTED and report.when == "call"
    ]
    if lines:
        terminalreporter.section("what torture counted")
        terminalreporter.write_line("\n".join(lines))
