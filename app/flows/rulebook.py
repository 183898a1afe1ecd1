"""Rulebook versions in memory: in force by time, followed by every process without a restart."""

import asyncio
import ctypes
import gc
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.domain.area import Areas
from app.domain.errors import Unavailable
from app.domain.event import Point
from app.domain.organisation import Organisations
from app.domain.policy import Policies
from app.domain.responsibility import ResponsibilityList
from app.domain.roster import Roster
from app.domain.rulebook import Part, Rulebook
from app.recall.entries import EntryMatcher
from app.recall.places import Gazetteer, Polygons
from app.store import parts, rulebooks
from app.store.database import Tx
from app.store.parts import Content
from app.store.rulebooks import Edition

AHEAD: Final = timedelta(minutes=1)
"""How long before it comes into force a version is built: what is scheduled may still change."""

PATIENCE: Final = timedelta(minutes=1)
"""How long a superseded version can still be asked for by who waited for a lock meanwhile."""

NEEDED: Final = tuple(part for part in Part if part is not Part.ROSTER)
"""The parts without which there is no rulebook."""

HELD: Final = 8
"""How many versions of the past a process keeps in memory."""


@dataclass(frozen=True)
class Reference:
    """A rulebook with the indexes recall needs of it."""

    rulebook: Rulebook
    matcher: EntryMatcher
    gazetteer: Gazetteer
    polygons: Polygons

    def on(self, now: datetime) -> "Reference":
        """Return the reference as it stands on the day of `now` in the city's zone."""
        rulebook = self.rulebook
        day = self.day_of(now)
        bodies, entries = rulebook.organisations.on(day), rulebook.list.on(day)
        return replace(self, rulebook=replace(rulebook, organisations=bodies, list=entries))

    def day_of(self, now: datetime) -> date:
        """Return the day of a moment in the city's zone."""
        return now.astimezone(ZoneInfo(self.rulebook.calendar.zone)).date()

    @property
    def is_dated(self) -> bool:
        """Some body or entry begins or ends to count on a day."""
        return self.rulebook.organisations.is_dated or self.rulebook.list.is_dated

    def is_outside(self, point: Point) -> bool:
        """Tell whether a point lies in no outline, where the city has outlines."""
        return bool(self.polygons) and self.polygons.find(point) is None


def redrawn(reference: Reference, contents: Mapping[Part, Content]) -> Reference:
    """Return the reference with other content for some parts, as a draft would have it.

    It keeps the version it began with; seconds of pure computation.
    """
    found = {part: _prepared(part, content) for part, content in contents.items()}
    rulebook = reference.rulebook
    areas = found.get(Part.AREAS, (rulebook.areas, reference.gazetteer, reference.polygons))
    entries, matcher = found.get(Part.LIST, (rulebook.list, reference.matcher))
    changed = replace(
        rulebook,
        areas=areas[0],
        list=entries,
        organisations=found.get(Part.ORGANISATIONS, rulebook.organisations),
        calendar=found.get(Part.CALENDAR, rulebook.calendar),
        policies=found.get(Part.POLICIES, rulebook.policies),
        roster=found.get(Part.ROSTER, rulebook.roster),
    )
    return Reference(changed, matcher, areas[1], areas[2])


def drawn(contents: Mapping[Part, Content]) -> Reference:
    """Return the reference a whole city's content makes, published or not."""
    found = {part: _prepared(part, content) for part, content in contents.items()}
    areas, gazetteer, polygons = found[Part.AREAS]
    entries, matcher = found[Part.LIST]
    rulebook = Rulebook(
        version=0,
        areas=areas,
        organisations=found[Part.ORGANISATIONS],
        list=entries,
        calendar=found[Part.CALENDAR],
        policies=found[Part.POLICIES],
        parts={},
        roster=found.get(Part.ROSTER, Roster()),
    )
    return Reference(rulebook, matcher, gazetteer, polygons)


def settle() -> None:
    """Make the process at ease with a reference just built.

    A rulebook is half a million objects that stay: a collector that walks them again and again
    stops every request for a fifth of a second. Reference counts still free them. What building
    it took besides, a hundred megabytes, goes back to the system where its library can do that.
    """
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class Library:
    """The rulebooks of one process: the editions it knows and the references it has built."""

    def __init__(self) -> None:
        self._editions: list[Edition] = []
        self._references: OrderedDict[int, Reference] = OrderedDict()
        self._parts: dict[tuple[Part, int], Any] = {}
        self._days: dict[tuple[int, date], Reference] = {}
        # The API's follower and the worker of one process share a library and ask at once.
        self._learning = asyncio.Lock()

    def current(self, now: datetime) -> Reference:
        """Return the reference in force; raises Unavailable before one is loaded."""
        for edition in reversed(self._editions):
            if edition.in_force_at <= now:
                return self._as_of(edition.version, now)
        raise Unavailable(zh="规则库尚未发布或尚未加载", en="no rulebook is in force yet")

    def _as_of(self, version: int, now: datetime) -> Reference:
        """Return a version as it stands today, where something of it counts by the day."""
        reference = self._references[version]
        if not reference.is_dated:
            return reference
        day = (version, reference.day_of(now))
        if day not in self._days:
            self._days[day] = reference.on(now)
        return self._days[day]

    async def follow(self, tx: Tx, *, now: datetime) -> None:
        """Learn what is in force and what is to come, and build what comes soon.

        Takes seconds when there is something: hand it a connection that only reads.
        """
        async with self._learning:
            live = await rulebooks.live(tx, since=now - PATIENCE)
            self._keep(live)
            for edition in _needed(live, now):
                if edition.version not in self._references:
                    await self._build(tx, edition)
                    self._keep(live)
            await self._see_days(live, now)
            self._forget()

    async def _see_days(self, live: Sequence[Edition], now: datetime) -> None:
        """Have each version at hand as it stands today, and tomorrow once midnight is near.

        A city's bodies take half a second: whoever asks first must not wait, nor all others.
        """
        known = {one.version for one in live}
        for moment in (now, now + AHEAD):
            for edition in _needed(live, now):
                await asyncio.to_thread(self._as_of, edition.version, moment)
        first = now - PATIENCE
        self._days = {
            (version, day): seen
            for (version, day), seen in self._days.items()
            if version in known and day >= seen.day_of(first)
        }

    def _keep(self, live: Sequence[Edition]) -> None:
        """Stand by what is built: a version that is not would be asked for in vain."""
        self._editions = [one for one in live if one.version in self._references]

    async def at(self, tx: Tx, version: int) -> Reference:
        """Return the reference of any version, loading it when a unit of the past asks."""
        if version in self._references:
            self._references.move_to_end(version)
            return self._references[version]
        async with self._learning:
            if version not in self._references:
                edition = await rulebooks.edition(tx, version)
                if edition is None:
                    raise LookupError(version)
                await self._build(tx, edition)
                self._forget()
            self._references.move_to_end(version)
            return self._references[version]

    async def _build(self, tx: Tx, edition: Edition) -> None:
        contents = {
            part: await rulebooks.part_content(tx, part, version)
            for part, version in edition.parts.items()
            if (part, version) not in self._parts
        }
        # Seconds of pure computation: the loop goes on answering meanwhile.
        built = await asyncio.to_thread(self._assemble, edition, contents)
        self._references[edition.version] = built
        settle()

    def _forget(self) -> None:
        """Let go of the versions of the past that were asked for longest ago."""
        live = {edition.version for edition in self._editions}
        past = [version for version in self._references if version not in live]
        for version in past[: max(len(past) - HELD, 0)]:
            del self._references[version]
        used = {
            key
            for version in self._references
            for key in self._references[version].rulebook.parts.items()
        }
        self._parts = {key: value for key, value in self._parts.items() if key in used}

    def _assemble(self, edition: Edition, contents: Mapping[Part, bytes]) -> Reference:
        for part, content in contents.items():
            decoded = parts.decode(part, content)
            self._parts[part, edition.parts[part]] = _prepared(part, decoded)
        areas, gazetteer, polygons = self._part(edition, Part.AREAS)
        entries, matcher = self._part(edition, Part.LIST)
        rulebook = Rulebook(
            version=edition.version,
            areas=areas,
            organisations=self._part(edition, Part.ORGANISATIONS),
            list=entries,
            calendar=self._part(edition, Part.CALENDAR),
            policies=self._part(edition, Part.POLICIES),
            parts=edition.parts,
            roster=self._part(edition, Part.ROSTER) if Part.ROSTER in edition.parts else Roster(),
        )
        return Reference(rulebook, matcher, gazetteer, polygons)

    def _part(self, edition: Edition, part: Part) -> Any:
        return self._parts[part, edition.parts[part]]


def _needed(live: Sequence[Edition], now: datetime) -> list[Edition]:
    """Return the edition in force and those that come soon; of the past only what is known."""
    past = [edition for edition in live if edition.in_force_at <= now]
    soon = [edition for edition in live if now < edition.in_force_at <= now + AHEAD]
    return past[-1:] + soon


def _prepared(part: Part, content: Any) -> Any:
    """Return a part's content indexed; versions that share the part share the index."""
    match part:
        case Part.AREAS:
            areas = Areas(content)
            outlines = {area.code: area.outline for area in content if area.outline}
            return areas, Gazetteer.build(areas), Polygons.build(outlines)
        case Part.LIST:
            return ResponsibilityList(content), EntryMatcher.build(content)
        case Part.ORGANISATIONS:
            return Organisations(content)
        case Part.POLICIES:
            return Policies(content)
        case Part.ROSTER:
            return Roster(content)
        case Part.CALENDAR:
            return content
