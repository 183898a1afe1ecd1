"""Areas of the city (行政区划与网格): one tree from the city down to the grid."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Final, NewType

AreaCode = NewType("AreaCode", str)


class Tier(StrEnum):
    """The levels of the city, from the top down; also an entry's level (处置层级)."""

    CITY = "city"
    """市"""
    DISTRICT = "district"
    """区县"""
    STREET = "street"
    """镇街"""
    COMMUNITY = "community"
    """村社区"""
    GRID = "grid"
    """网格"""

    @property
    def rank(self) -> int:
        """0 for the city, 4 for the grid."""
        return _RANKS[self]


_RANKS: Final[Mapping[Tier, int]] = {tier: rank for rank, tier in enumerate(Tier)}


def is_valid(valid_from: date | None, valid_to: date | None, day: date) -> bool:
    """Tell whether something with these bounds exists on a day; `valid_to` is the first not."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day < valid_to)


@dataclass(frozen=True, slots=True)
class Area:
    """One area; `generated` marks grids numbered by rule and not surveyed.

    `outline` is its boundary as WKT in CGCS2000 degrees, empty where nobody has drawn it.
    `successor` is the area that answers for the place after this one has ended; `provisional`
    marks a code that is the project's own until the official one is published. `former` are
    the areas it lay in before it was moved, `old_names` what it was called before.
    """

    code: AreaCode
    name: str
    tier: Tier
    parent: AreaCode | None
    generated: bool = False
    valid_from: date | None = None
    valid_to: date | None = None
    outline: str = ""
    successor: AreaCode | None = None
    provisional: bool = False
    former: tuple[AreaCode, ...] = ()
    old_names: tuple[str, ...] = ()

    @property
    def has_ended(self) -> bool:
        """It is of the past and only its code still resolves."""
        return self.valid_to is not None and self.successor is not None


class Areas(Mapping[AreaCode, Area]):
    """The tree; codes of the past stay in it and still resolve."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self._by_code = {area.code: area for area in areas}
        self._paths: dict[AreaCode, tuple[Area, ...]] = {}

    def __getitem__(self, code: AreaCode) -> Area:
        return self._by_code[code]

    def __iter__(self) -> Iterator[AreaCode]:
        return iter(self._by_code)

    def __len__(self) -> int:
        return len(self._by_code)

    @cached_property
    def city(self) -> Area:
        """The root of the tree."""
        return next(area for area in self._by_code.values() if area.tier is Tier.CITY)

    @cached_property
    def districts(self) -> tuple[AreaCode, ...]:
        """Every district, those of the past too."""
        return tuple(area.code for area in self._by_code.values() if area.tier is Tier.DISTRICT)

    def path(self, code: AreaCode) -> tuple[Area, ...]:
        """Return the areas from the city down to this one, both included."""
        known = self._paths.get(code)
        if known is None:
            area = self._by_code[code]
            known = (*self.path(area.parent), area) if area.parent else (area,)
            self._paths[code] = known
        return known

    def below(self, code: AreaCode) -> tuple[Area, ...]:
        """Return the areas right below this one, those of the past left out."""
        return self._below.get(code, ())

    @cached_property
    def _below(self) -> Mapping[AreaCode, tuple[Area, ...]]:
        found: dict[AreaCode, list[Area]] = {}
        for area in self._by_code.values():
            if area.parent is not None and not area.has_ended:
                found.setdefault(area.parent, []).append(area)
        return {code: tuple(some) for code, some in found.items()}

    def heir(self, code: AreaCode) -> AreaCode:
        """Return the area that answers for the place of this one: itself unless it has ended."""
        seen = {code}
        while (after := self._by_code[code].successor) is not None and after not in seen:
            code = after
            seen.add(code)
        return code

    @cached_property
    def _ended_into(self) -> Mapping[AreaCode, tuple[AreaCode, ...]]:
        found: dict[AreaCode, tuple[AreaCode, ...]] = {}
        for area in self._by_code.values():
            if area.successor is not None:
                found[area.successor] = (*found.get(area.successor, ()), area.code)
        return found

    def before(self, code: AreaCode) -> tuple[AreaCode, ...]:
        """Return the ended areas whose heir this one is, the latest first."""
        found = list(self._ended_into.get(code, ()))
        for one in found:
            found += (code for code in self._ended_into.get(one, ()) if code not in found)
        return tuple(found)

    def renumbered(self, code: AreaCode) -> tuple[AreaCode, ...]:
        """Return every code that this one area has had and has, as codes are given anew."""
        found = [code]
        while (known := self._recoded_from(found[0])) is not None:
            found.insert(0, known)
        while (after := self._by_code[found[-1]].successor) is not None:
            if self._recoded_from(after) != found[-1]:
                break
            found.append(after)
        return tuple(found)

    def _recoded_from(self, code: AreaCode) -> AreaCode | None:
        """Return the only area that ended in this one, if it began as the same by name."""
        before = self._ended_into.get(code, ())
        if len(before) != 1:
            return None
        old, new = self._by_code[before[0]], self._by_code[code]
        is_same = old.name == new.name and old.valid_to == new.valid_from
        return old.code if is_same else None

    def at(self, code: AreaCode, tier: Tier) -> Area | None:
        """Return the area of that tier which contains `code`, if `code` lies at or below it."""
        path = self.path(code)
        return path[tier.rank] if tier.rank < len(path) else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is, by the codes of the areas around it; empty below what is known."""

    district: str = ""
    street: str = ""
    community: str = ""
    grid: str = ""

    @classmethod
    def of(cls, path: tuple[Area, ...]) -> "Place":
        """Build the place from a path that starts at the city."""
        codes: list[str] = [area.code for area in path[1:]]
        return cls(*codes, *[""] * (4 - len(codes)))

    def finest(self, areas: Areas) -> AreaCode:
        """Return the code of the smallest area it is known to lie in; the city's if of none."""
        code = self.grid or self.community or self.street or self.district
        return AreaCode(code) if code else areas.city.code
