"""What commands share: settings, the database, the running service, the tenant's time."""

import asyncio
import json
from collections.abc import AsyncGenerator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import uvloop
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table
from sqlalchemy import make_url

from app.settings import DATABASE, Settings
from app.store import embedded, schema
from app.store.database import Database
from app.store.embedded import Server

console: Final = Console(highlight=False)
errors: Final = Console(highlight=False, stderr=True)
"""Refusals: what a program reads from standard output has none of them."""
ZONE: Final = ZoneInfo("Asia/Shanghai")
_SHEETS: Final = {".csv", ".xlsx", ".xls"}
T = TypeVar("T")


@contextmanager
def server(settings: Settings) -> Iterator[tuple[Settings, Server | None]]:
    """Give the settings a database address, holding the embedded server if there is no other."""
    if settings.database_url:
        if not settings.database_url.startswith(("postgresql://", "postgres://")):
            raise ValueError(
                "YIGUAN_DATABASE_URL: 应如 / should be like"
                " postgresql://user:password@host:5432/yiguan"
            )
        yield settings, None
        return
    settings.home.mkdir(parents=True, exist_ok=True)
    with embedded.hold(settings.home) as held:
        yield replace(settings, database_url=held.url(DATABASE)), held


async def prepare(settings: Settings) -> None:
    """Create the database if it is missing and bring its schema up to date."""
    await create_database(settings)
    try:
        await schema.migrate(settings.database_url or "")
    except OSError as error:
        raise ConnectionError(away(settings, str(error))) from error


def away(settings: Settings, reason: str) -> str:
    """Say which database does not answer, and what to do."""
    return (
        f"{make_url(settings.database_url or '').render_as_string()}: 数据库连接不上, 请检查"
        " YIGUAN_DATABASE_URL / the database does not answer: see YIGUAN_DATABASE_URL"
        f" ({reason})"
    )


async def create_database(settings: Settings) -> None:
    """Create the database if it is missing."""
    url = make_url(settings.database_url or "")
    maintenance = url.set(database="postgres").render_as_string(hide_password=False)
    # A managed server may not let us in there; the database is then expected to exist.
    with suppress(asyncpg.PostgresError, OSError):
        await _create(maintenance, url.database or DATABASE)


async def _create(maintenance: str, name: str) -> None:
    connection = await asyncpg.connect(maintenance)
    try:
        known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name)
        if not known:
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()


@asynccontextmanager
async def database(settings: Settings) -> AsyncGenerator[Database]:
    """Open the migrated database."""
    await prepare(settings)
    async with Database.connect(settings.database_url or "", size=2) as opened:
        async with opened.transaction() as tx:
            await schema.keep_epoch(tx)
        yield opened


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run asynchronous work to its end, on the faster loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def local(at: str | datetime | None) -> str:
    """Show a moment in the tenant's zone."""
    if at is None:
        return ""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment.astimezone(ZONE).strftime("%m-%d %H:%M:%S")


def day(at: datetime | None) -> str:
    """Show the day of a moment in the tenant's zone."""
    return at.astimezone(ZONE).strftime("%Y-%m-%d") if at else ""


def lines(*columns: str | Column) -> Table:
    """Return a table narrow enough for 80 columns: no frame, a rule below the headings."""
    return Table(*columns, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)


def sheet_named(text: str) -> Path | None:
    """Return the sheet a text names, None for a draft or a version; raises ValueError if absent."""
    path = Path(text)
    if path.suffix.lower() not in _SHEETS:
        return None
    if not path.is_file():
        raise ValueError(f"没有文件 {path} / no such file: {path}")
    return path


def key_file(settings: Settings) -> Path:
    """Return where the command line keeps its own key."""
    return settings.home / "key"


def client(settings: Settings, url: str | None, key: str | None) -> httpx.Client:
    """Return a client of the running service; raises ValueError without a key."""
    stored = key_file(settings)
    secret = key or (stored.read_text().strip() if stored.is_file() else "")
    if not secret:
        raise ValueError(
            "需要访问密钥: 设置 YIGUAN_KEY, 或运行 `yiguan key create … --save`"
            " / a key is needed: set YIGUAN_KEY or run `yiguan key create … --save`"
        )
    return httpx.Client(
        base_url=url or f"http://{settings.host}:{settings.port}",
        headers={"Authorization": f"Bearer {secret}"},
        timeout=60,
        trust_env=False,
    )


def unreachable(error: httpx.TransportError) -> str:
    """Say that the service cannot be asked, and what to do."""
    return (
        f"{error.request.url.copy_with(path='/', query=None)}: 服务没有回答; 运行 `yiguan serve`"
        " 或设置 YIGUAN_URL / the service does not answer: run `yiguan serve` or set YIGUAN_URL"
        f" ({str(error) or type(error).__name__})"
    )


def asked(answer: httpx.Response) -> Any:
    """Return what the service answered; raises ValueError with a refusal's own words."""
    if answer.is_success:
        return answer.json()
    try:
        problem = answer.json()
        raise ValueError(f"{problem['title']}: {problem['detail']} ({answer.status_code})")
    except (json.JSONDecodeError, KeyError):
        raise ValueError(f"HTTP {answer.status_code}: {answer.text[:200]}") from None
