"""serve, work, migrate: the processes of a deployment."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any, Final

import structlog
import typer
import uvicorn
from fastapi import FastAPI

from app import worker
from app.api.metrics import Metrics
from app.cli.listening import Web
from app.cli.root import console, prepare, run, server
from app.flows.rulebook import Library
from app.main import create_app
from app.now import Clock
from app.settings import Settings
from app.store.embedded import EmbeddedError, Server

LOOK: Final = 3.0
"""Seconds between looks whether the embedded server is still there."""

log = structlog.get_logger()

DRAIN = 8
"""Seconds that requests have to be finished in after SIGTERM: supervisors kill after ten."""

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("serve")(serve)
    app.command("work")(work)
    app.command("migrate")(migrate)


def serve(
    host: Annotated[str | None, typer.Option(help="监听地址 / address to listen on")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="端口 / port")] = None,
    *,
    api_only: Annotated[
        bool, typer.Option("--api-only", help="不在本进程运行时限引擎 / no worker in this process")
    ] = False,
) -> None:
    """启动服务: API 与时限引擎在同一进程 / serve the API, with the worker in the same process.

    例 / example: `yiguan serve --port 8000`
    """
    settings = Settings.from_environment()
    set_up_logs(settings)
    host, port = host or settings.host, port or settings.port
    with ending(), server(settings) as (ready, held):
        run(prepare(ready))
        run(_kept(serving(ready, Clock(), host=host, port=port, works=not api_only), held))


def work(
    metrics_port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="在此端口提供指标 / answer /metrics on this port"),
    ] = None,
) -> None:
    """单独运行时限引擎 / run a worker of its own.

    例 / example: `yiguan work`
    """
    settings = Settings.from_environment()
    set_up_logs(settings)
    with ending(), server(settings) as (ready, held):
        run(prepare(ready))
        metrics = Metrics()
        if metrics_port is not None:
            metrics.listen(ready.host, metrics_port)
        run(_kept(_working(ready, metrics), held))


def migrate() -> None:
    """创建数据库并升级表结构 / create the database and bring its schema up to date.

    例 / example: `yiguan migrate`
    """
    with server(Settings.from_environment()) as (ready, _):
        run(prepare(ready))
    console.print("表结构已是最新 / the schema is up to date")


@contextmanager
def ending() -> Iterator[None]:
    """Let SIGTERM end the process as Ctrl-C does: through every `finally`, and as a success.

    uvicorn stops at both and then raises them again: by its default SIGTERM would kill us
    there, with the worker cut off and the embedded server left running.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


async def _kept(work: Coroutine[Any, Any, None], held: Server | None) -> None:
    """Do the work, and start the embedded server again should it die meanwhile."""
    keeper = asyncio.create_task(_keep(held)) if held else None
    try:
        await work
    finally:
        if keeper is not None:
            keeper.cancel()
            with suppress(asyncio.CancelledError):
                await keeper


async def _keep(held: Server) -> None:
    while True:
        await asyncio.sleep(LOOK)
        try:
            await asyncio.to_thread(held.revive)
        except EmbeddedError as error:
            log.exception("database_not_revived", error=str(error))


async def serving(
    settings: Settings,
    clock: Clock,
    *,
    host: str,
    port: int,
    works: bool,
    install: Callable[[FastAPI], None] | None = None,
) -> None:
    """Serve until told to stop, then finish what was taken; `install` adds to the application."""
    library, metrics = Library(), Metrics()
    application = create_app(settings, clock=clock, library=library, metrics=metrics)
    if install is not None:
        install(application)
    web = Web(
        application,
        host=host,
        port=port,
        loop="uvloop",
        log_level=settings.log_level.lower(),
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN,
        backlog=4096,
    )
    task = None
    if works:
        working = worker.run(settings, clock=clock, library=library, metrics=metrics)
        task = asyncio.create_task(working)
    try:
        await _until_told(web)
    finally:
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _until_told(web: uvicorn.Server) -> None:
    """Serve; cancelled, let the server finish as a signal would instead of breaking it off."""
    task = asyncio.create_task(web.serve())
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        web.should_exit = True
        await task
        raise


async def _working(settings: Settings, metrics: Metrics) -> None:
    task = asyncio.create_task(worker.run(settings, metrics=metrics))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


def set_up_logs(settings: Settings) -> None:
    """Write logs as JSON lines to standard error, those of the libraries as well as ours."""
    name = settings.log_level.upper()
    if name not in _LEVELS:
        raise ValueError(
            f"YIGUAN_LOG_LEVEL={settings.log_level!r}: 应为其一 / should be one of: "
            + ", ".join(_LEVELS).lower()
        )
    level = logging.getLevelNamesMapping()[name]
    to_json = structlog.processors.JSONRenderer(ensure_ascii=False)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                to_json,
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            to_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
