"""Live: an open page is told that what it shows has changed, and asks for it anew."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Annotated, Final

from fastapi import Query
from starlette.responses import Response

from app.api.queues import CountsQuery
from app.api.streaming import EventStream, Say
from app.api.tail import Tail
from app.api.work import seen_unit
from app.domain import sight
from app.domain.reach import reach_of
from app.domain.unit import Unit
from app.web.routing import pages
from app.web.visitor import Visiting

HEARTBEAT: Final = 15.0
CALM: Final = 1.0
"""Seconds at least between two calls to look anew, however much happens."""
CHANGED: Final = b"event: changed\ndata:\n\n"
BEAT: Final = b": beat\n\n"
LASTS: Final = 600.0
"""Seconds of one connection; the browser comes back, and its key is recognised anew."""

router = pages("/live")


Look = Callable[[], Awaitable[object]]
"""Returns what a page would show by: another value, another page."""


@router.get("/queue/{code}")
async def queue(code: str, me: Visiting, asked: Annotated[CountsQuery, Query()]) -> Response:
    """Tell whenever something changes in an organisation's queue."""
    body = sight.within(code, me.caller, me.rulebook)
    reach = reach_of(body, me.rulebook, is_subtree=asked.subtree)
    return EventStream(Calls(me.service.tail, reach.touched_by).run)


@router.get("/unit/{unit}")
async def one_unit(unit: str, me: Visiting) -> Response:
    """Tell whenever a unit's log grows."""

    async def read() -> Unit:
        async with me.service.database.reading() as tx:
            return await seen_unit(tx, unit, me.caller, me.service)

    async def look() -> int:
        return (await read()).steps

    found = await read()
    places = (found.holder, found.centre, found.place.district, found.place.street)
    return EventStream(Calls(me.service.tail, {str(one) for one in places if one}, look).run)


class Calls:
    """Says `changed` to a page that is open, at most once in a while."""

    def __init__(self, tail: Tail, codes: Collection[str] | None, look: Look | None = None) -> None:
        self._tail, self._codes, self._look = tail, codes, look
        self._seen: object = None

    async def run(self, say: Say, gone: asyncio.Task[None]) -> None:
        """Call until the page is closed, the service stops, or the key is to be looked at again."""
        until = time.monotonic() + LASTS
        async with self._tail.watch(self._codes) as watch:
            watch.wake_with(gone)
            await self._differs()
            # Whatever came between the page and this is not told otherwise.
            await say(CHANGED)
            while time.monotonic() < until:
                was_woken = await watch.changed(HEARTBEAT)
                if gone.done() or watch.is_over:
                    return
                await say(CHANGED if was_woken and await self._differs() else BEAT)
                await asyncio.sleep(CALM if was_woken else 0)

    async def _differs(self) -> bool:
        """Tell whether the page would show something else than at the last call."""
        if self._look is None:
            return True
        before, self._seen = self._seen, await self._look()
        return before != self._seen
