"""The published client, speaking to the small city's service over connections that may break."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.domain.authority import Role
from tests.client.connecting import Line, Open
from tests.given import City
from tests.listening import listening
from yiguan_client import Client, connection


@pytest.fixture
async def client_of(city: City, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Open]:
    monkeypatch.setattr(connection, "pause", lambda _tried: 0.0)
    made: list[Client] = []

    async def opened(organisation: str, *roles: Role, name: str = "", **options: object) -> Client:
        key = await city.key(organisation, *roles, name=name)
        line = Line(httpx.ASGITransport(city.app, raise_app_exceptions=False))
        client = Client("http://yiguan", key, transport=line, **options)
        made.append(client)
        return client

    yield opened
    for client in made:
        await client.http.aclose()


@pytest.fixture
async def address(city: City) -> AsyncIterator[str]:
    """Where the city's service listens: what goes on for ever needs a real connection."""
    async with listening(city) as found:
        yield found
