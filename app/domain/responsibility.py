"""The responsibility list (职责清单): who must do what by when."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import NewType

from app.domain.area import Tier, is_valid
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


class Duty(StrEnum):
    """What the street's own list (镇街履职事项清单) says of a matter."""

    BASIC = "basic"
    """基本履职: 镇街牵头"""
    COOPERATING = "cooperating"
    """配合履职: 区县牵头, 镇街只协助"""
    WITHDRAWN = "withdrawn"
    """上级部门收回: 不得派给镇街"""


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
    """One order of an event's plan; those of the same turn are done side by side."""

    function: Function
    limit: Limit
    title: str
    turn: int = 1


@dataclass(frozen=True, slots=True)
class Stage:
    """What must be reached within a part of the limit, counted from the same start."""

    title: str
    limit: Limit


@dataclass(frozen=True, slots=True)
class Entry:
    """One filing condition (立案条件) of one category: the unit of routing and of the clock.

    `kind` is what the list says; None leaves it to the rule of kinds. `support` are bodies that
    assist when asked; `joint` are those that must each act besides the lead. `limit` is the
    whole limit, `stages` what must be reached on the way. `path` are the names above the
    category, `also` the same matter in other classifications.
    """

    code: EntryCode
    category: Category
    category_name: str
    title: str
    condition: str
    closing: str
    kind: Kind | None
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
    path: tuple[str, ...] = ()
    also: tuple[Category, ...] = ()
    duty: Duty | None = None
    joint: tuple[Function, ...] = ()
    supervisor: Function | None = None
    stages: tuple[Stage, ...] = ()
    synonyms: tuple[str, ...] = ()
    law: str = ""
    """法律依据"""
    valid_from: date | None = None
    valid_to: date | None = None
    self_handled: bool | None = None
    """自行处置 allowed or not; None leaves it to level and urgency."""

    @property
    def may_be_self_handled(self) -> bool:
        """Whoever finds it may deal with it on the spot; by default a small matter nearby."""
        if self.self_handled is not None:
            return self.self_handled
        is_near = self.level in {Tier.GRID, Tier.COMMUNITY}
        return is_near and self.urgency is Urgency.NORMAL

    @property
    def orders(self) -> tuple[PlanTask, ...]:
        """The orders an event is done by: its plan, or one to the lead and each joint body."""
        if self.plan:
            return self.plan
        return tuple(
            PlanTask(function, self.limit, self.title) for function in (self.lead, *self.joint)
        )


class ResponsibilityList(Mapping[EntryCode, Entry]):
    """All entries together, in the order the list gives them; those of the past still resolve."""

    def __init__(self, entries: Iterable[Entry], day: date | None = None) -> None:
        self._by_code = {entry.code: entry for entry in entries}
        self._day = day

    @cached_property
    def is_dated(self) -> bool:
        """Some entry begins or ends to be in force."""
        return any(entry.valid_from or entry.valid_to for entry in self._by_code.values())

    def on(self, day: date) -> "ResponsibilityList":
        """Return the list as it stands on a day; other entries are filed under no more."""
        return ResponsibilityList(self._by_code.values(), day) if self.is_dated else self

    @cached_property
    def asleep(self) -> frozenset[EntryCode]:
        """The entries that are not in force on the list's day."""
        day = self._day
        if day is None:
            return frozenset()
        return frozenset(
            code
            for code, entry in self._by_code.items()
            if not is_valid(entry.valid_from, entry.valid_to, day)
        )

    def __getitem__(self, code: EntryCode) -> Entry:
        return self._by_code[code]

    def __iter__(self) -> Iterator[EntryCode]:
        return iter(self._by_code)

    def __len__(self) -> int:
        return len(self._by_code)

    @cached_property
    def _by_category(self) -> dict[Category, tuple[Entry, ...]]:
        own: dict[Category, list[Entry]] = {}
        other: dict[Category, list[Entry]] = {}
        for entry in self._by_code.values():
            if entry.code in self.asleep:
                continue
            own.setdefault(entry.category, []).append(entry)
            for category in entry.also:
                other.setdefault(category, []).append(entry)
        return {category: tuple(entries) for category, entries in (other | own).items()}

    def under(self, category: Category) -> tuple[Entry, ...]:
        """Return the entries of a category, else those of the same matter in another scheme."""
        return self._by_category.get(category, ())

    @cached_property
    def categories(self) -> frozenset[Category]:
        """Every category that has an entry of its own."""
        return frozenset(entry.category for entry in self._by_code.values())
