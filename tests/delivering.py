"""The small city with a worker at work: what happens is really sent to whoever subscribed."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from app import worker
from app.main import create_app
from app.settings import Settings
from tests.conftest import NOW
from tests.given import City, HandClock
from tests.listening import listening


@dataclass(frozen=True)
class Running:
    """A city, and where its service listens."""

    city: City
    address: str


@asynccontextmanager
async def delivering(
    database_url: str, home: Path, *, port: int, allow: tuple[str, ...] = ("127.0.0.0/8",)
) -> AsyncGenerator[Running]:
    """Serve a city and run its worker, which may send to one port of this machine."""
    settings = Settings(
        home=home,
        secret_key=(bytes(32),),
        database_url=database_url,
        pool_size=4,
        webhook_allow=allow,
        webhook_ports=frozenset({port}),
    )
    clock = HandClock(NOW)
    app = create_app(settings, clock=clock)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://yiguan") as client:
            city = City(client, app, clock)
            working = asyncio.create_task(worker.run(settings, clock=clock))
            try:
                async with listening(city) as address:
                    yield Running(city, address)
            finally:
                working.cancel()
                with suppress(asyncio.CancelledError):
                    await working
