"""Rulebook versions: published as a whole, in force by time, followed by every process."""

import asyncio
import gc
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.domain.area import Areas
from app.domain.errors import Invalid, Unavailable
from app.domain.event import Point
from app.domain.organisation import Organisations
from app.domain.policy import Policies
from app.domain.responsibility import ResponsibilityList
from app.domain.roster import Roster, Shift
from app.domain.rulebook import Part, Rulebook
from app.recall.entries import EntryMatcher
from app.recall.places import Gazetteer, Polygons
from app.store import parts, rulebooks, units
from app.store.database import Tx
from app.store.parts import Content
from app.store.rulebooks import Edition

NOTICE: Final = timedelta(seconds=5)
"""How long after publication a version takes effect, so that every process has it by then."""

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
        day = now.astimezone(ZoneInfo(rulebook.calendar.zone)).date()
        bodies, entries = rulebook.organisations.on(day), rulebook.list.on(day)
        return replace(self, rulebook=replace(rulebook, organisations=bodies, list=entries))

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


async def publish(tx: Tx, contents: Mapping[Part, Content], *, now: datetime, by: str) -> Edition:
    """Publish new content for some parts; the other parts stay as the latest version has them.

    The first version of all is in force at once. Raises Invalid if a part has never been
    published and is not given, or if codes that open units stand with would vanish.
    """
    await rulebooks.lock(tx)
    await _refuse_orphans(tx, contents)
    before = await rulebooks.latest(tx)
    versions = dict(before.parts) if before else {}
    missing = [part for part in NEEDED if part not in versions and part not in contents]
    if missing:
        raise Invalid(
            zh=f"首次发布缺少: {'、'.join(missing)}",
            en=f"the first version lacks {', '.join(missing)}",
            field=missing[0],
        )
    for part, content in contents.items():
        encoded = parts.encode(part, content)
        versions[part] = await rulebooks.put_part(tx, part, encoded, at=now, by=by)
    if before and versions == before.parts:
        return before
    edition = Edition(
        version=before.version + 1 if before else 1,
        parts=versions,
        published_at=now,
        published_by=by,
        in_force_at=max(now, before.in_force_at) + NOTICE if before else now,
    )
    await rulebooks.put(tx, edition)
    return edition


async def _refuse_orphans(tx: Tx, contents: Mapping[Part, Content]) -> None:
    """Raise Invalid when areas or organisations that open units stand with would vanish."""
    bodies, areas = await units.codes_in_use(tx)
    for part, needed in ((Part.ORGANISATIONS, bodies), (Part.AREAS, areas)):
        if part not in contents:
            continue
        missing = sorted(needed - codes_of(contents[part]))
        if missing:
            shown = "、".join(missing[:5])
            raise Invalid(
                zh=f"{len(missing)} 个在办单元所用的编码不在文件中: {shown}",
                en=f"open units stand with {len(missing)} codes the file lacks: {shown}",
                field=part,
            )


def codes_of(content: Content) -> set[str]:
    """Return the codes a part's content has; a part that is not made of coded rows has none."""
    rows = content if isinstance(content, tuple) else ()
    return {str(row.code) for row in rows if not isinstance(row, Shift)}


class Library:
    """The rulebooks of one process: the editions it knows and the references it has built."""

    def __init__(self) -> None:
        self._editions: list[Edition] = []
        self._references: OrderedDict[int, Reference] = OrderedDict()
        self._parts: dict[tuple[Part, int], Any] = {}
        self._today: tuple[tuple[int, int], Reference] | None = None
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
        # Built anew every half hour: a day begins with one in every zone.
        moment = (version, int(now.timestamp()) // 1800)
        if self._today is None or self._today[0] != moment:
            self._today = (moment, reference.on(now))
        return self._today[1]

    async def follow(self, tx: Tx, *, now: datetime) -> None:
        """Learn of new editions and build those that are in force or about to be.

        Takes seconds when there is one: hand it a connection that only reads.
        """
        async with self._learning:
            await self._follow(tx, now)

    async def _follow(self, tx: Tx, now: datetime) -> None:
        if self._editions:
            known = self._editions[-1].version
        else:
            known = (await rulebooks.in_force(tx, now=now) or 1) - 1
        for edition in await rulebooks.since(tx, known):
            await self._build(tx, edition)
            self._editions.append(edition)
        while len(self._editions) > 1 and self._editions[1].in_force_at <= now - PATIENCE:
            del self._editions[0]

    async def at(self, tx: Tx, version: int) -> Reference:
        """Return the reference of any version, loading it when a unit of the past asks."""
        if version in self._references:
            return self._references[version]
        async with self._learning:
            if version not in self._references:
                edition = await rulebooks.edition(tx, version)
                if edition is None:
                    raise LookupError(version)
                await self._build(tx, edition)
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
        # A rulebook is half a million objects that stay: a collector that walks them again and
        # again stops every request for a fifth of a second. Reference counts still free them.
        gc.collect()
        gc.freeze()
        self._forget()

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
