"""The responsibility list (职责清单): who must do what by when."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NewType

from app.domain.area import Tier
from app.domain.limit import Limit
from app.domain.organisation import Function

EntryCode = NewType("EntryCode", str)


class Kind(StrEnum):
    """The three kinds of unit (domain.md section 2)."""

    TASK = "task"
    """任务"""
    EVENT = "event"
    """事件"""
    ITEM = "item"
    """事项"""


class Urgency(StrEnum):
    """How pressing a matter is."""

    NORMAL = "normal"
    """一般"""
    URGENT = "urgent"
    """紧急"""
    MAJOR = "major"
    """重大"""

    @property
    def rank(self) -> int:
        """0 for normal, 2 for major."""
        return tuple(Urgency).index(self)


class EntryBasis(StrEnum):
    """Where an entry comes from."""

    PUBLISHED = "published"
    """公布标准"""
    ADAPTED = "adapted"
    """参照改写"""
    DRAFTED = "drafted"
    """自行起草"""


class Evidence(StrEnum):
    """The photographs that resolving needs."""

    NONE = "none"
    """不要求"""
    AFTER = "after"
    """处置后"""
    BEFORE_AFTER = "before_after"
    """处置前后"""


@dataclass(frozen=True, slots=True, order=True)
class Category:
    """A matter's place in a classification; a code means nothing without its scheme and class."""

    scheme: str
    class_: str
    code: str


@dataclass(frozen=True, slots=True)
class PlanTask:
    """One order of an event's plan."""

    function: Function
    limit: Limit
    title: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One filing condition (立案条件) of one category: the unit of routing and of the clock."""

    code: EntryCode
    category: Category
    category_name: str
    title: str
    condition: str
    closing: str
    kind: Kind
    level: Tier
    lead: Function
    support: tuple[Function, ...]
    urgency: Urgency
    limit: Limit
    evidence: Evidence
    keywords: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    plan: tuple[PlanTask, ...] = ()
    basis: EntryBasis = EntryBasis.DRAFTED
    source: str = ""


class ResponsibilityList(Mapping[EntryCode, Entry]):
    """All entries in force together, in the order the list gives them."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._by_code = {entry.code: entry for entry in entries}

    def __getitem__(self, code: EntryCode) -> Entry:
        return self._by_code[code]

    def __iter__(self) -> Iterator[EntryCode]:
        return iter(self._by_code)

    def __len__(self) -> int:
        return len(self._by_code)

    @cached_property
    def _by_category(self) -> dict[Category, tuple[Entry, ...]]:
        found: dict[Category, list[Entry]] = {}
        for entry in self._by_code.values():
            found.setdefault(entry.category, []).append(entry)
        return {category: tuple(entries) for category, entries in found.items()}

    def under(self, category: Category) -> tuple[Entry, ...]:
        """Return the entries of a category; none for one the list does not know."""
        return self._by_category.get(category, ())

    @cached_property
    def categories(self) -> frozenset[Category]:
        """Every category that has an entry."""
        return frozenset(self._by_category)
