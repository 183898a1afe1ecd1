"""A service that a whole module shares: for refusals, which write nothing, and for reading."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from app.main import create_app
from app.settings import Settings
from tests.conftest import NOW, on_server, with_database
from tests.given import City, HandClock


@pytest.fixture(scope="module")
async def shared_city(
    server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[City]:
    name = f"yg_test_{uuid4().hex[:8]}"
    await on_server(server_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    url, clock = with_database(server_url, name), HandClock(NOW)
    settings = Settings(
        home=Path("/nonexistent"),
        secret_key=(bytes(32),),
        database_url=url,
        pool_size=4,
        attachments=tmp_path_factory.mktemp("shared") / "attachments",
    )
    app = create_app(settings, clock=clock)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://yiguan") as client:
            yield City(client, app, clock)
    await on_server(server_url, f"DROP DATABASE {name} WITH (FORCE)")
