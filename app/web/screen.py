"""The one screen (一屏): an area's figures, map and latest steps, live for all who look."""

import asyncio
import time
from contextlib import suppress
from typing import Final

from fastapi import Request
from markupsafe import Markup
from starlette.responses import Response

from app.api.request import caller_of
from app.api.service import Service
from app.api.stream import RECHECK
from app.api.streaming import EventStream, Say
from app.api.waiting import Watch
from app.domain.area import Area, AreaCode
from app.domain.errors import NotFound, Unavailable
from app.web.entrance import led
from app.web.live import BEAT, HEARTBEAT, LASTS
from app.web.routing import pages
from app.web.screen_models import TIERS, path_of
from app.web.screen_views import CALM, View, Views
from app.web.visitor import Visiting, Visitor

router = pages()

PATIENCE: Final = 0.25
"""Seconds that a page waits for its figures; without them it is shown all the same."""


@router.get("/screen")
async def own_screen(me: Visiting) -> Response:
    """Show the screen of whoever asks; who sees no area has a desk."""
    top = top_of(me)
    return await _shown(me, top) if top else led("/centre")


@router.get("/screen/{code}")
async def screen(code: str, me: Visiting) -> Response:
    """Show an area's screen."""
    area = _area(code, me)
    return await _shown(me, area) if area.code == code else led(f"/screen/{area.code}")


@router.get("/live/screen/{code}")
async def live(code: str, request: Request, me: Visiting) -> Response:
    """Send an open screen its parts as they change."""
    view = _view(me, _area(code, me))
    return EventStream(Sending(request, view, is_chinese=me.reader.is_chinese).run)


def top_of(me: Visitor) -> Area | None:
    """Return the uppermost area that somebody may look at; None: they see none whole."""
    scope = me.scope
    return me.rulebook.areas[AreaCode(scope.area)] if scope.tier in TIERS else None


def _area(code: str, me: Visitor) -> Area:
    """Return an area that somebody may look at, as it now is; raises NotFound."""
    areas, top = me.rulebook.areas, top_of(me)
    if code in areas and top is not None:
        area = areas[areas.heir(AreaCode(code))]
        if area.tier in TIERS and top in areas.path(area.code):
            return area
    raise NotFound(
        zh=f"没有区域“{code}”的一屏, 或不在可见范围内",
        en=f"there is no screen of an area {code} within your sight",
        field="code",
    )


def _view(me: Visitor, area: Area) -> View:
    views: Views = me.request.app.state.screens
    return views.of(area, me.service, me.rulebook)


async def _shown(me: Visitor, area: Area) -> Response:
    view = _view(me, area)
    # What takes longer comes by itself.
    with suppress(TimeoutError, Unavailable):
        async with asyncio.timeout(PATIENCE):
            await me.service.board.begun()
            if view.is_read:
                view.glance()
            else:
                await view.look()
    parts = view.pane(is_chinese=me.reader.is_chinese).parts
    return me.page(
        "screen.html",
        area=area,
        path=path_of(area, top_of(me) or area, me.rulebook),
        parts={name: Markup(shown.html) for name, shown in parts.items()},  # noqa: S704  (our own)
        ground=view.ground,
    )


class Sending:
    """One open screen: it gets the newest of each part, however slowly it reads."""

    def __init__(self, request: Request, view: View, *, is_chinese: bool) -> None:
        self._request, self._service = request, Service.of(request)
        self._view, self._is_chinese = view, is_chinese
        self._seen = 0

    async def run(self, say: Say, gone: asyncio.Task[None]) -> None:
        """Send what changes until the page is closed, or is to be looked at with other eyes."""
        until, heard_at = time.monotonic() + LASTS, time.monotonic()
        known_at = heard_at
        async with self._service.board.watch(self._view.codes) as watch:
            watch.wake_with(gone)
            while not gone.done() and not watch.is_over and self._is_valid(until):
                if time.monotonic() > known_at + RECHECK:
                    # Whose key was revoked is told no more.
                    await caller_of(self._request)
                    known_at = time.monotonic()
                await self._view.look()
                pane = self._view.pane(is_chinese=self._is_chinese)
                news, self._seen = pane.news(self._seen), pane.look
                is_time = time.monotonic() > heard_at + HEARTBEAT
                if news or is_time:
                    await say(news or BEAT)
                    heard_at = time.monotonic()
                await self._next(watch)

    async def _next(self, watch: Watch) -> None:
        """Wait until something happened, and then until it is time to look."""
        if await watch.changed(min(HEARTBEAT, self._view.patience)):
            await asyncio.sleep(min(CALM, self._view.patience))

    def _is_valid(self, until: float) -> bool:
        service = self._service
        rulebook = service.library.current(service.now()).rulebook
        return time.monotonic() < until and rulebook is self._view.ground.rulebook
