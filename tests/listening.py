"""The city's service on a port of its own: streams are read over a real connection."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from app.cli.listening import Web
from benchmarks.service import free_port
from tests.given import City
from tests.torture.town import come_true


@asynccontextmanager
async def listening(city: City) -> AsyncGenerator[str]:
    """Serve the city's application, which runs already; yields its address."""
    port = free_port()
    web = Web(city.app, host="127.0.0.1", port=port, lifespan="off", log_config=None)
    web.install_signal_handlers = lambda: None
    task = asyncio.create_task(web._serve())

    async def has_started() -> bool:
        return web.started

    await come_true(has_started)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        web.should_exit = True
        await task


@dataclass
class Event:
    """One of the stream's."""

    id: str = ""
    type: str = ""
    data: Any = None


@dataclass
class Stream:
    """A stream that is being read."""

    answer: httpx.Response
    last_id: str = ""
    comments: int = 0
    retry: int = 0
    seen: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lines = self.answer.aiter_lines()

    async def next(self, within: float = 10) -> Event:
        """Return the next event; raises EOFError at the end, TimeoutError when none comes."""
        async with asyncio.timeout(within):
            while True:
                event = await self._block()
                if event.data is not None:
                    self.seen.append(event)
                    return event

    async def _block(self) -> Event:
        event = Event()
        async for line in self._lines:
            name, _, value = line.partition(": ")
            match name:
                case "id":
                    event.id = self.last_id = value
                case "event":
                    event.type = value
                case "data":
                    event.data = json.loads(value)
                case "retry":
                    self.retry = int(value)
                case "" if line:
                    self.comments += 1
                case "":
                    return event
        raise EOFError


@asynccontextmanager
async def streaming(
    url: str, key: str, *, last_id: str = "", **params: Any
) -> AsyncGenerator[Stream]:
    """Open a stream."""
    headers = {"Authorization": f"Bearer {key}"}
    if last_id:
        headers["Last-Event-ID"] = last_id
    async with (
        httpx.AsyncClient(trust_env=False, timeout=60) as client,
        client.stream("GET", f"{url}/v1/stream", headers=headers, params=params) as answer,
    ):
        yield Stream(answer)
