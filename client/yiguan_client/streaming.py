"""The stream (server-sent events): what happens, as it happens, over connections that may break."""

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Any, Final, NamedTuple

import httpx

from yiguan_client.connection import PATIENCE, Connection, outlasting, pause
from yiguan_client.problem import AGAIN, problem_of
from yiguan_client.shapes import Told

SILENCE: Final = 60.0
"""Seconds without even a heartbeat, after which a connection is taken for dead."""


class Event(NamedTuple):
    """One event of a stream; `id` is where the reader stands with it, also without any data."""

    id: str | None
    name: str
    data: str


async def events(lines: AsyncIterable[str]) -> AsyncIterator[Event]:
    """Read events from the lines of a stream, as the standard has it."""
    id_: str | None = None
    name, data = "", list[str]()
    async for line in lines:
        if not line:
            if id_ is not None or data:
                yield Event(id_, name, "\n".join(data))
            id_, name, data = None, "", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "id":
                id_ = value
            case "event":
                name = value
            case "data":
                data.append(value)
            case _:
                pass


async def stream(
    connection: Connection, cursor: str | None, params: dict[str, Any]
) -> AsyncIterator[Told]:
    """Yield messages, taken up again where they broke off; raises Resync, Problem."""
    if cursor is None:
        # Without one, a connection that breaks at once would not know where it stood.
        answer = await outlasting(partial(connection.ask, "GET", "/v1/feed", params=params))
        cursor = answer.json()["cursor"]
    tried = 0
    while True:
        with suppress(httpx.TransportError):
            async for event in _connected(connection, cursor, params):
                tried = 0
                cursor = event.id or cursor
                # What is about the stream itself has a name without a full stop.
                if event.data and "." in event.name and cursor:
                    yield Told(json.loads(event.data), cursor)
        await asyncio.sleep(pause(tried))
        tried += 1


async def _connected(
    connection: Connection, cursor: str | None, params: dict[str, Any]
) -> AsyncIterator[Event]:
    headers = {"Accept": "text/event-stream", **({"Last-Event-ID": cursor} if cursor else {})}
    timeout = httpx.Timeout(PATIENCE, read=SILENCE)
    async with connection.http.stream(
        "GET", "/v1/stream", params=params, headers=headers, timeout=timeout
    ) as answer:
        if answer.is_success:
            async for event in events(answer.aiter_lines()):
                yield event
        elif answer.status_code not in AGAIN:
            raise problem_of(answer.status_code, await answer.aread())
