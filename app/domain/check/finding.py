"""What a check finds: of which sort, how bad, where, and the way out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.domain.area import AreaCode
from app.domain.organisation import OrganisationCode
from app.domain.responsibility import Category, EntryCode

PAGE: Final = "docs/checks.md"
SHOWN: Final = 3
"""How many names a sentence gives; the data have all of them."""


class Sort(StrEnum):
    """The sorts of findings; each has a section of its own in docs/checks.md."""

    GAP = "gap"
    """职能空白: 有的区划无人承担"""
    UNCOVERED = "uncovered"
    """类别无条目"""
    OVERLAP = "overlap"
    """条件重复"""
    RIVALS = "rivals"
    """多头管理(九龙治水)"""
    SHADOW = "shadow"
    """永不命中"""
    DEAD = "dead"
    """引用失效"""
    UNMEETABLE = "unmeetable"
    """时限无法满足"""
    MISPLACED = "misplaced"
    """层级错位"""
    PUSHED_DOWN = "pushed_down"
    """违规下压"""
    UNIFORM = "uniform"
    """类型单一"""


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """须改正"""
    WARNING = "warning"
    """应核对"""
    INFO = "info"
    """供参考"""


SORT: Final[Mapping[Sort, tuple[str, str]]] = {
    Sort.GAP: ("职能空白", "gap"),
    Sort.UNCOVERED: ("类别无条目", "uncovered category"),
    Sort.OVERLAP: ("条件重复", "overlap"),
    Sort.RIVALS: ("多头管理", "rivals"),
    Sort.SHADOW: ("永不命中", "shadow"),
    Sort.DEAD: ("引用失效", "dead reference"),
    Sort.UNMEETABLE: ("时限无法满足", "unmeetable limit"),
    Sort.MISPLACED: ("层级错位", "misplaced level"),
    Sort.PUSHED_DOWN: ("违规下压", "pushed down"),
    Sort.UNIFORM: ("类型单一", "one kind only"),
}
SEVERITY: Final[Mapping[Severity, tuple[str, str]]] = {
    Severity.ERROR: ("须改正", "errors"),
    Severity.WARNING: ("应核对", "warnings"),
    Severity.INFO: ("供参考", "notes"),
}

Row = tuple[EntryCode, int]
"""An entry and its row in the list's sheet; the header is row 1."""


@dataclass(frozen=True, slots=True)
class Fix:
    """The cell or command that removes a finding."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, wherever it is.

    The sentences give counts and the first names; `rows`, `areas`, `organisations` and
    `categories` are complete. What is wrong with the list itself bites in the whole city.
    """

    sort: Sort
    severity: Severity
    zh: str
    en: str
    fix: Fix
    rows: tuple[Row, ...] = ()
    areas: tuple[AreaCode, ...] = ()
    organisations: tuple[OrganisationCode, ...] = ()
    categories: tuple[Category, ...] = ()

    @property
    def link(self) -> str:
        """The section of the documentation that tells about findings of this sort."""
        return f"{PAGE}#{self.sort}"


def some_zh(names: Iterable[str]) -> str:
    """Return the first names and how many there are in all."""
    listed = list(names)
    few = "、".join(listed[:SHOWN])
    return few if len(listed) <= SHOWN else f"{few} 等 {len(listed)} 个"


def some_en(names: Iterable[str]) -> str:
    """Return the first names and how many more there are."""
    listed = list(names)
    few = ", ".join(listed[:SHOWN])
    return few if len(listed) <= SHOWN else f"{few} and {len(listed) - SHOWN} more"


def lines_of(rows: Iterable[Row]) -> str:
    """Return the first row numbers, for a sentence in either language."""
    numbers = [number for _, number in rows]
    few = ", ".join(map(str, numbers[:SHOWN]))
    return few if len(numbers) <= SHOWN else f"{few} … ({len(numbers)})"
