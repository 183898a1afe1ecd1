"""/v1/stream: the feed as server-sent events."""

import asyncio
import time
from collections.abc import Iterable
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request, Response

from app.api import cursors
from app.api.frames import RETRY, Told, beat, notice
from app.api.reading import Choice, Reader, scope_of, start
from app.api.request import Calling, Services, caller_of
from app.api.streaming import SSE, EventStream, Say
from app.api.waiting import Follower
from app.domain.feed import Cursor, Known, Line
from app.domain.rulebook import Rulebook
from app.domain.webhook import Payload

HEARTBEAT: Final = 15.0
RECHECK: Final = 30.0
"""Seconds until a key is looked at again: a revoked one reads no longer than that and a bit."""
PAGE: Final = 200
DROPPED: Final = notice(
    "dropped",
    "读取过慢, 连接已断开; 请带 Last-Event-ID 重新连接, 不会遗漏",
    "read too slowly: connect again with Last-Event-ID, and nothing is missed",
)

router = APIRouter(prefix="/v1/stream", tags=["feed"])


class Asked(Choice):
    """From where on to tell."""

    cursor: Annotated[
        str | None,
        Query(
            max_length=cursors.LONGEST,
            description="Of a snapshot or of the feed; none: from now on. Last-Event-ID goes first",
        ),
    ] = None


@router.get(
    "",
    summary="实时推送: the feed as server-sent events, resumed by Last-Event-ID",
    response_class=Response,
    responses={200: {"content": {SSE: {"schema": {"type": "string"}}}}},
)
async def stream(
    request: Request,
    service: Services,
    caller: Calling,
    asked: Annotated[Asked, Query()],
    last_event_id: Annotated[str | None, Header(max_length=cursors.LONGEST)] = None,
) -> Response:
    """Tell what happens: `id` is the cursor, `event` the type, `data` the message."""
    rulebook = service.library.current(service.now()).rulebook
    scope = scope_of(asked.scope, caller, rulebook)
    # A browser sends it with the address it began with: it has read on since.
    cursor = await start(service, last_event_id or asked.cursor)
    reader = Reader(service, scope, asked.topics, cursor)
    telling = Telling(request, asked, reader, rulebook.version)
    await telling.begin()
    return EventStream(telling.run)


class Telling:
    """What one connection is told."""

    def __init__(self, request: Request, asked: Asked, reader: Reader, version: int) -> None:
        self._request = request
        self._asked = asked
        self._reader = reader
        self._version = version
        self._checked_at = time.monotonic()
        self._first = b""

    async def begin(self) -> None:
        """Read the first page, as long as a refusal can still be answered."""
        frames = await self._page()
        # From the first moment on it can be resumed.
        self._first = RETRY + (frames or beat(self._reader.cursor))

    async def run(self, say: Say, gone: asyncio.Task[None]) -> None:
        """Tell what happens until the reader is gone or too slow, or the service stops."""
        await say(self._first)
        while not gone.done():
            async with self._reader.service.tail.follow(self._reader.of) as follower:
                follower.wake_with(gone)
                await self._catch_up(follower, say)
                # Of too much that came meanwhile the store tells as well.
                if not follower.is_behind and not await self._live(follower, say, gone):
                    return
            await self._look_again()

    async def _page(self) -> bytes:
        """Return what comes next from the store."""
        besides = self._reader.cursor.besides
        return self._frames(map(Told, await self._reader.read(PAGE)), besides)

    async def _catch_up(self, follower: Follower, say: Say) -> None:
        reader = self._reader
        while not reader.is_last or reader.cursor.position < follower.joined:
            frames = await self._page()
            if frames:
                await say(frames)

    async def _live(self, follower: Follower, say: Say, gone: asyncio.Task[None]) -> bool:
        """Pass on what the tail gives; returns whether to join it anew, with sight looked at."""
        service, reader = self._reader.service, self._reader
        while True:
            await follower.changed(HEARTBEAT)
            if gone.done() or follower.is_over:
                return False
            if follower.is_behind:
                service.metrics.tail_dropped.inc()
                await say(beat(reader.cursor) + DROPPED)
                return False
            # Nothing waits between the two: the tail stands behind the last of the lines.
            taken, cursor = follower.take(), reader.cursor
            reader.cursor = service.tail.behind(cursor)
            frames = self._frames(
                (told for told in taken if _is_news(told.line, cursor)), cursor.besides
            )
            await say(frames or beat(reader.cursor))
            if self._is_time():
                return True

    def _frames(self, lines: Iterable[Told], besides: Known | None) -> bytes:
        scope, full = self._reader.scope, self._asked.payload is Payload.FULL
        rulebook = self._rulebook()
        return b"".join(told.frame(rulebook, scope, full=full, besides=besides) for told in lines)

    def _rulebook(self) -> Rulebook:
        service = self._reader.service
        return service.library.current(service.now()).rulebook

    def _is_time(self) -> bool:
        """Tell whether to look at the key, and at what it may see as the city now is."""
        is_due = time.monotonic() > self._checked_at + RECHECK
        return is_due or self._rulebook().version != self._version

    async def _look_again(self) -> None:
        self._checked_at = time.monotonic()
        caller, rulebook = await caller_of(self._request), self._rulebook()
        self._reader.scope = scope_of(self._asked.scope, caller, rulebook)
        self._version = rulebook.version


def _is_news(line: Line, cursor: Cursor) -> bool:
    """Tell whether a line the tail gives has not been told from the store."""
    besides = cursor.besides
    is_known = besides is not None and besides.holds(line.position)
    return line.position > cursor.position and not is_known
