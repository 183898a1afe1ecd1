"""The ASGI application, built from settings."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from fastapi import FastAPI

from app.api import (
    attachments,
    bulk,
    checks,
    claims,
    clocks,
    contract,
    counted,
    deadlines,
    dictionary,
    drafts,
    event_types,
    events,
    explanations,
    families,
    feed,
    forecast,
    health,
    keys,
    me,
    merging,
    notices,
    once,
    organisations,
    problems,
    queues,
    requests,
    rosters,
    rulebooks,
    snapshot,
    statistics,
    steering,
    stream,
    tasks,
    trend,
    trials,
    units,
    webhook_log,
    webhooks,
)
from app.api.access import Keyring
from app.api.board import Keeper
from app.api.gather import Gather
from app.api.metrics import Metrics
from app.api.middleware import Express, Requests
from app.api.service import Service
from app.api.sessions import Sessions
from app.api.tail import Tail
from app.domain.errors import DomainError
from app.flows.rulebook import Library
from app.flows.webhooks import Means
from app.now import Clock
from app.settings import Settings
from app.store import schema
from app.store.database import Database
from app.store.folder import Folder
from app.store.seal import Seal, keys_of
from app.web import site
from app.wire.guard import Guard
from app.wire.post import Post

FOLLOW: Final = 1.0
"""Seconds between looks for a new rulebook; well below the notice it is published with."""

log = structlog.get_logger()


def create_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    library: Library | None = None,
    metrics: Metrics | None = None,
) -> FastAPI:
    """Build the application; `settings.database_url` must be given by now.

    A process that also runs the worker hands both the same clock, library and metrics.
    """
    clock, library = clock or Clock(), library or Library()
    metrics, folder = metrics or Metrics(), Folder(settings.folder)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        url = settings.database_url or ""
        guard = Guard.of(settings.webhook_allow, settings.webhook_ports)
        seal = Seal(*await asyncio.to_thread(keys_of, settings.secret_key, settings.home))
        async with (
            Database.connect(url, size=settings.pool_size) as database,
            Post.opened(guard, ca=settings.webhook_ca) as post,
        ):
            await _prepare(database, library, clock.now())
            await asyncio.to_thread(folder.sweep)
            gather = Gather(database, library, clock.now, metrics, size=settings.queue_size)
            tail = Tail(database, metrics, clock.now)
            board = Keeper(database, tail)
            app.state.service = Service(
                database=database,
                library=library,
                clock=clock,
                gather=gather,
                keyring=Keyring(database),
                sessions=Sessions(seal),
                metrics=metrics,
                folder=folder,
                tail=tail,
                board=board,
                means=Means(guard, seal, timedelta(days=settings.attempt_retention_days)),
                post=post,
                retention=timedelta(days=settings.feed_retention_days),
            )
            follower = asyncio.create_task(_follow(database, library, clock))
            async with tail.running(), board.running(), gather.running():
                yield
            follower.cancel()
            with suppress(asyncio.CancelledError):
                await follower

    app = FastAPI(
        title="Yiguan 一贯", version="0.1.0", lifespan=lifespan, docs_url=None, redoc_url=None
    )
    for part in (
        events,
        bulk,
        units,
        attachments,
        families,
        tasks,
        steering,
        clocks,
        deadlines,
        forecast,
        notices,
        statistics,
        trend,
        counted,
        merging,
        requests,
        organisations,
        queues,
        claims,
        rosters,
        me,
        keys,
        explanations,
        trials,
        checks,
        rulebooks,
        drafts,
        feed,
        stream,
        snapshot,
        event_types,
        dictionary,
        webhooks,
        webhook_log,
        health,
    ):
        app.include_router(part.router)
    site.install(app)
    problems.install(app)
    once.install(app)
    contract.install(app)
    app.add_middleware(Express)
    app.add_middleware(Requests, metrics=metrics)
    return app


async def _prepare(database: Database, library: Library, now: datetime) -> None:
    async with database.transaction() as tx:
        await schema.keep_epoch(tx)
        await schema.make_partitions(tx, now=max(now, datetime.now(UTC)))
        await schema.make_partitions(tx, now=now)
    async with database.reading() as tx:
        await library.follow(tx, now=now)


async def _follow(database: Database, library: Library, clock: Clock) -> None:
    """Learn of new rulebooks for as long as the service runs."""
    while True:
        await asyncio.sleep(FOLLOW)
        try:
            async with database.reading() as tx:
                await library.follow(tx, now=clock.now())
        except DomainError as error:
            log.warning("rulebook_not_followed", error=error.en)
        except Exception:
            # The next look may succeed; without looks every write would be superseded.
            log.exception("rulebook_not_followed")
