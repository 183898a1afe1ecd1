"""Views of areas: what a screen shows, made once for all who look at the same area."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import inf
from typing import Any, Final

from app.api.board import KEPT, QUIET
from app.api.service import Service
from app.domain.area import Area
from app.domain.rulebook import Rulebook
from app.store import board as store
from app.store.board import Done
from app.web import screen_models as models
from app.web.pages import Reader, filled
from app.web.screen_map import Maps
from app.web.screen_models import Ground
from app.web.screen_today import today

CALM: Final = 2.0
"""Seconds at least between two looks at the counts, however much happens."""
SLOW: Final = 10.0
"""Seconds at least between two looks at what is large to send or is read from the store."""
STALE: Final = 60.0
"""Seconds after which even that is looked at again of which nothing is told."""
HELD: Final = 300
"""How many areas are kept that nobody may be looking at any more."""
LISTED: Final = 6
"""How many units a part names."""
PARTS: Final = ("figures", "today", "map", "places", "slow", "late", "raised", "latest")
"""What a screen is made of: each has a template of its own, and is sent when it changes."""

Stamp = tuple[int, int]


@dataclass
class Pace:
    """Looks again when something happened, but not too often."""

    calm: float
    at: float = -inf
    stamp: Stamp = (0, -1)

    def is_due(self, stamp: Stamp) -> bool:
        """Tell whether to look now."""
        return time.monotonic() >= self.at + (self.calm if stamp != self.stamp else STALE)

    def left(self, stamp: Stamp) -> float:
        """Return in how many seconds to look, as things stand."""
        due = self.at + (self.calm if stamp != self.stamp else STALE)
        return max(0.0, due - time.monotonic())

    def note(self, stamp: Stamp) -> None:
        """Keep in mind what was looked at."""
        self.at, self.stamp = time.monotonic(), stamp


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of a page, and the look by which it came to be as it is."""

    html: str
    since: int


class Pane:
    """An area's parts in one language."""

    def __init__(self) -> None:
        self.parts: dict[str, Shown] = {}
        self.look = 0
        self._made_of: dict[str, tuple[date, object]] = {}

    def show(self, values: Mapping[str, Any], reader: Reader, ground: Ground) -> None:
        """Write the parts anew that are made of something else than before."""
        self.look += 1
        day = reader.local(reader.now).date()
        for part in PARTS:
            made_of = (day, values[part])
            if self._made_of.get(part) != made_of:
                self._made_of[part] = made_of
                html = filled(f"screen_{part}.html", reader, ground=ground, value=values[part])
                self.parts[part] = Shown(html, self.look)

    def news(self, since: int) -> bytes:
        """Return the event that brings a page on that was made by an earlier look."""
        found = [
            f'<hx-partial hx-target="#screen-{part}" hx-swap="outerMorph">{shown.html}</hx-partial>'
            for part, shown in self.parts.items()
            if shown.since > since
        ]
        if not found:
            return b""
        lines = "\n".join(found).splitlines()
        return "".join(f"data: {line}\n" for line in lines).encode() + b"\n"


class View:
    """What is known of an area, looked at again when something happened there."""

    def __init__(self, service: Service, ground: Ground) -> None:
        self.ground = ground
        self.codes = ground.counted_by
        self._service = service
        self._looking = asyncio.Lock()
        self._panes: dict[bool, Pane] = {}
        self._values: dict[str, Any] = dict.fromkeys(PARTS)
        self._before: tuple[Done, ...] = ()
        self._quick, self._slow = Pace(CALM), Pace(SLOW)

    def pane(self, *, is_chinese: bool) -> Pane:
        """Return the parts in a language, as of the last look."""
        pane = self._panes.get(is_chinese)
        if pane is None:
            pane = self._panes[is_chinese] = Pane()
            self._write(pane, is_chinese=is_chinese)
        return pane

    @property
    def is_read(self) -> bool:
        """Tell whether it was looked at as a whole not long ago: what is older comes by itself."""
        return time.monotonic() < self._slow.at + STALE

    def glance(self) -> None:
        """Look at the counts, where something has changed and it is time to."""
        board, stamp = self._service.board.board, self._stamp
        if board is None or not self._quick.is_due(stamp):
            return
        self._values["figures"] = models.figures(self.ground, board.counts(self.codes))
        self._tell_latest()
        self._quick.note(stamp)
        self._write_all()

    async def look(self) -> None:
        """Look at everything that it is time for; whoever comes second has it done."""
        self.glance()
        async with self._looking:
            board, stamp = self._service.board.board, self._stamp
            if board is None or not self._slow.is_due(stamp):
                return
            self._values["slow"] = models.slow(self.ground, board)
            self._values["places"] = self._values["map"] = models.places(self.ground, board)
            await self._read(is_new=stamp[0] != self._slow.stamp[0])
            self._tell_latest()
            self._slow.note(stamp)
            self._write_all()

    @property
    def patience(self) -> float:
        """In how many seconds to look again, as things stand."""
        if self._service.board.board is None:
            return inf
        stamp = self._stamp
        return min(self._quick.left(stamp), self._slow.left(stamp))

    @property
    def _stamp(self) -> Stamp:
        return self._service.board.stamp(self.codes)

    async def _read(self, *, is_new: bool) -> None:
        """Read what the board does not count; once, too, what happened before it was begun."""
        ground, now = self.ground, self._service.now()
        async with self._service.database.reading() as tx:
            self._values["late"] = await store.longest_late(tx, ground.place, now, limit=LISTED)
            if ground.centre is not None:
                self._values["raised"] = await store.raised(tx, ground.centre.code, limit=LISTED)
            self._values["today"] = await today(tx, ground, now)
            if is_new:
                last = await store.last_done(tx, ground.place, limit=KEPT, without=QUIET)
                self._before = tuple(last)

    def _tell_latest(self) -> None:
        done = (*self._service.board.done(self.codes), *self._before)
        self._values["latest"] = models.newest(done, KEPT)

    def _write_all(self) -> None:
        for is_chinese, pane in self._panes.items():
            self._write(pane, is_chinese=is_chinese)

    def _write(self, pane: Pane, *, is_chinese: bool) -> None:
        zone = self.ground.rulebook.calendar.zone
        reader = Reader(is_chinese=is_chinese, zone=zone, now=self._service.now())
        pane.show(self._values, reader, self.ground)


class Views:
    """The views of one process, those that were asked for last."""

    def __init__(self) -> None:
        self._views: OrderedDict[str, View] = OrderedDict()
        self._maps = Maps()
        self._rulebook: Rulebook | None = None

    def of(self, area: Area, service: Service, rulebook: Rulebook) -> View:
        """Return the view of an area, as the city now is."""
        if rulebook is not self._rulebook:
            # Readers of the views of before come back for those of now.
            self._rulebook = rulebook
            self._views.clear()
        view = self._views.get(area.code)
        if view is None:
            below = models.below_of(area, rulebook)
            drawn = self._maps.of(area.code, below, rulebook)
            view = View(service, Ground.of(area, rulebook, drawn))
            self._views[area.code] = view
        self._views.move_to_end(area.code)
        while len(self._views) > HELD:
            self._views.popitem(last=False)
        return view
