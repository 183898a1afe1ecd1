"""What an explanation is made of: passages, each of which tells one decision in both languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from app.domain.area import Area, AreaCode
from app.domain.organisation import Function, OrganisationCode, Organisations
from app.domain.responsibility import Entry
from app.domain.rulebook import Rulebook
from app.domain.unit import Unit
from app.domain.words import Words


class Subject(StrEnum):
    """What a passage is about."""

    PLACE = "place"
    """位置"""
    ENTRY = "entry"
    """条目"""
    NEAR = "near"
    """相近条目"""
    RULE = "rule"
    """本地规则"""
    KIND = "kind"
    """类型"""
    LEVEL = "level"
    """层级"""
    HOLDER = "holder"
    """承办"""
    DISPUTE = "dispute"
    """争议"""
    SUPERVISION = "supervision"
    """督办"""
    BASIS = "basis"
    """依据"""
    CLOCK = "clock"
    """时限"""
    VERSION = "version"
    """版本"""
    OTHERWISE = "otherwise"
    """假如"""


SUBJECT: Final[Words] = {
    Subject.PLACE: ("位置", "Place"),
    Subject.ENTRY: ("条目", "Entry"),
    Subject.NEAR: ("相近", "Near"),
    Subject.RULE: ("本地规则", "Local rule"),
    Subject.KIND: ("类型", "Kind"),
    Subject.LEVEL: ("层级", "Level"),
    Subject.HOLDER: ("承办", "Holder"),
    Subject.DISPUTE: ("争议", "Dispute"),
    Subject.SUPERVISION: ("督办", "Supervision"),
    Subject.BASIS: ("依据", "Basis"),
    Subject.CLOCK: ("时限", "Limit"),
    Subject.VERSION: ("版本", "Version"),
    Subject.OTHERWISE: ("若情况不同", "What would change it"),
}


class Said(NamedTuple):
    """The same words in Chinese and in English."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Passage:
    """One decision told in a sentence, with the facts it rests on as JSON knows them."""

    topic: Subject
    said: Said
    facts: Mapping[str, Any] = field(default_factory=dict)

    def text(self, *, chinese: bool) -> str:
        """Return what is said in one language, for who shows the topic beside it."""
        return self.said.zh if chinese else self.said.en

    def sentence(self, *, chinese: bool) -> str:
        """Return a sentence that stands alone, the topic before it."""
        text = self.text(chinese=chinese)
        # What would have been different says so itself.
        return (
            text
            if self.topic is Subject.OTHERWISE
            else f"{SUBJECT[self.topic][not chinese]}: {text}"
        )


@dataclass(frozen=True, slots=True)
class Version:
    """Which rulebook judged: a published version, or a draft on top of one."""

    name: str
    published_at: datetime | None = None
    published_by: str = ""
    in_force_at: datetime | None = None


@dataclass(frozen=True)
class Background:
    """What a unit's decisions are told from, besides the unit: the rulebook that judged it."""

    rulebook: Rulebook
    version: Version
    functions: Mapping[Function, str] = field(default_factory=dict)
    """What functions are called in Chinese; one that is not here is told by its code."""

    def path(self, unit: Unit) -> tuple[Area, ...]:
        """Return where the unit was judged to lie.

        A unit may have moved since to an area that its own rulebook does not know yet.
        """
        areas, place = self.rulebook.areas, unit.place
        judged = unit.reasons.get("place", {}).get("area", "")
        codes = (judged, place.grid, place.community, place.street, place.district)
        known = (AreaCode(code) for code in codes if code in areas)
        return areas.path(next(known, areas.city.code))

    def day(self, unit: Unit) -> date:
        """Return the day the unit came in, in the city's zone."""
        return unit.created_at.astimezone(ZoneInfo(self.rulebook.calendar.zone)).date()

    def around(self, path: Sequence[Area], unit: Unit) -> Rulebook:
        """Return the rulebook with just the bodies around a place that existed on the unit's day.

        A whole city as of a day takes a quarter of a second to make.
        """
        book, day = self.rulebook, self.day(unit)
        bodies = (body for area in path for body in book.organisations.of_area(area.code))
        return replace(book, organisations=Organisations(bodies, day))

    def entry(self, unit: Unit) -> Entry | None:
        """Return the entry the unit was filed under, as its rulebook has it."""
        return self.rulebook.list.get(unit.entry) if unit.entry else None

    def confidence(self, unit: Unit) -> float:
        """Return the score at which a text was dispatched without a person looking."""
        return self.rulebook.policies.at(self.path(unit)).confidence

    def body(self, code: OrganisationCode) -> str:
        """Return what an organisation is called; one of another time by its code."""
        known = self.rulebook.organisations.get(code)
        return known.name if known else code

    def function(self, code: Function) -> Said:
        """Return what a function is called."""
        name = self.functions.get(code)
        return Said(f"“{name or code}”", code)

    def moment(self, at: datetime | None) -> str:
        """Return a moment in the city's zone."""
        if at is None:
            return "-"
        return at.astimezone(ZoneInfo(self.rulebook.calendar.zone)).strftime("%Y-%m-%d %H:%M:%S")
