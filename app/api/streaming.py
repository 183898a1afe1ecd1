"""Answers that go on: server-sent events for as long as somebody reads them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from app.api.frames import notice
from app.api.waiting import leaving
from app.domain.errors import DomainError, Unavailable

SSE: Final = "text/event-stream"
Say = Callable[[bytes], Awaitable[None]]
Run = Callable[[Say, asyncio.Task[None]], Awaitable[None]]
"""Tells what there is; the task is done when the reader is gone."""


class EventStream(Response):
    """An answer that goes on for as long as somebody reads it."""

    media_type = SSE

    def __init__(self, run: Run) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._run = run

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""

        async def say(chunk: bytes, *, more: bool = True) -> None:
            await send({"type": "http.response.body", "body": chunk, "more_body": more})

        status = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(status)
        async with leaving(receive) as gone:
            last = await self._told(say, gone)
            await say(last, more=False)

    async def _told(self, say: Say, gone: asyncio.Task[None]) -> bytes:
        """Tell what there is; returns the last word, if there is one."""
        try:
            await self._run(say, gone)
        except Unavailable:
            # It comes back with its last id.
            return b""
        except DomainError as error:
            return notice("closed", error.zh, error.en)
        return b""
