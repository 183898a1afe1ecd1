"""A rulebook as its checks see it: what counts on a day, and the indexes they share."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property

from app.domain.area import Area, AreaCode, Tier, is_valid
from app.domain.check.finding import Row
from app.domain.organisation import Function, Organisation, OrganisationCode
from app.domain.policy import Policy
from app.domain.responsibility import Entry, EntryCode
from app.domain.rulebook import Rulebook

_TIERS = tuple(Tier)
_HEADER = 2
"""The list's first entry stands in row 2, below the header."""


class Scene:
    """A rulebook on a day; sets of areas instead of a loop over entries times areas."""

    def __init__(
        self, rulebook: Rulebook, today: date, functions: Mapping[Function, str] | None = None
    ) -> None:
        self.rulebook = rulebook
        self.today = today
        self._functions = functions or {}
        self.areas = rulebook.areas
        self.whole: tuple[AreaCode, ...] = (rulebook.areas.city.code,)
        self._reach: dict[tuple[Function, Tier], frozenset[AreaCode]] = {}

    @cached_property
    def number(self) -> Mapping[EntryCode, int]:
        """The row of every entry in the list's sheet."""
        return {code: place + _HEADER for place, code in enumerate(self.rulebook.list)}

    def rows(self, entries: Iterable[Entry]) -> tuple[Row, ...]:
        """Return the entries with their rows, in list order."""
        found = {(entry.code, self.number[entry.code]) for entry in entries}
        return tuple(sorted(found, key=lambda row: row[1]))

    def has_ended(self, until: date | None) -> bool:
        """Tell whether something that lasts until a day is over."""
        return until is not None and until <= self.today

    @cached_property
    def ended(self) -> tuple[Entry, ...]:
        """The entries that will never be filed under again."""
        return tuple(
            entry for entry in self.rulebook.list.values() if self.has_ended(entry.valid_to)
        )

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The entries in force and those still to come."""
        gone = {entry.code for entry in self.ended}
        return tuple(entry for code, entry in self.rulebook.list.items() if code not in gone)

    @cached_property
    def places(self) -> Mapping[Tier, frozenset[AreaCode]]:
        """The areas that exist on the day, by tier."""
        found: dict[Tier, list[AreaCode]] = {tier: [] for tier in _TIERS}
        for code, area in self.areas.items():
            if is_valid(area.valid_from, area.valid_to, self.today):
                found[area.tier].append(code)
        return {tier: frozenset(codes) for tier, codes in found.items()}

    @cached_property
    def bodies(self) -> tuple[Organisation, ...]:
        """The organisations that exist on the day."""
        return tuple(
            body
            for body in self.rulebook.organisations.values()
            if is_valid(body.valid_from, body.valid_to, self.today)
        )

    @cached_property
    def held(self) -> Mapping[Function, Mapping[Tier, frozenset[AreaCode]]]:
        """The existing areas in which somebody holds a function, by tier."""
        # Bodies by the thousand hold the same functions: one set of areas for all of those.
        alike: dict[tuple[Function, ...], set[AreaCode]] = {}
        for body in self.bodies:
            alike.setdefault(body.functions, set()).add(body.area)
        every: dict[Function, set[AreaCode]] = {}
        for functions, areas in alike.items():
            for function in functions:
                every.setdefault(function, set()).update(areas)
        return {
            function: {tier: codes & areas for tier, codes in self.places.items() if codes & areas}
            for function, areas in every.items()
        }

    def is_held(self, function: Function) -> bool:
        """Tell whether anybody in the city holds a function."""
        return bool(self.held.get(function))

    def tiers(self, function: Function) -> tuple[Tier, ...]:
        """Return the tiers at which somebody holds a function, from the top down."""
        return tuple(tier for tier in _TIERS if tier in self.held.get(function, {}))

    def without(self, function: Function, tier: Tier) -> frozenset[AreaCode]:
        """Return the areas of a tier in which nobody holds a function."""
        return self.places[tier] - self.held.get(function, {}).get(tier, frozenset())

    def out_of_reach(self, function: Function, tier: Tier) -> frozenset[AreaCode]:
        """Return the areas of a tier for which nobody holds a function there or above."""
        known = self._reach.get((function, tier))
        if known is None:
            known = self.without(function, tier)
            if known and tier.rank:
                above = self.out_of_reach(function, _TIERS[tier.rank - 1])
                known = frozenset(code for code in known if self.areas[code].parent in above)
            self._reach[function, tier] = known
        return known

    @cached_property
    def policies(self) -> Mapping[AreaCode, Policy]:
        """The policy that holds in the city and in each area with a section of its own."""
        sections = self.rulebook.policies.sections
        return {
            code: self.rulebook.policies.at(self.path(code))
            for code in dict.fromkeys((*self.whole, *sections))
            if code in self.areas
        }

    def path(self, code: AreaCode) -> tuple[Area, ...]:
        """Return the areas from the city down to this one, as far as its parents are known."""
        found: tuple[Area, ...] = ()
        area = self.areas.get(code)
        while area is not None and area not in found:
            found = (area, *found)
            area = self.areas.get(area.parent) if area.parent else None
        return found

    def name(self, code: AreaCode) -> str:
        """Return an area's name, or the code of one that does not exist."""
        area = self.areas.get(code)
        return area.name if area else code

    def called(self, function: Function) -> str:
        """Return a function's Chinese name with the code a sheet has; the code if it has none."""
        name = self._functions.get(function)
        return f"“{name}” {function}" if name else function

    def names(self, codes: Iterable[AreaCode]) -> list[str]:
        """Return the names of areas in the order of their codes."""
        return [self.name(code) for code in sorted(codes)]

    def no_area(self, code: AreaCode) -> bool:
        """Tell whether an area does not exist or has ended."""
        area = self.areas.get(code)
        return area is None or self.has_ended(area.valid_to)

    def no_body(self, code: OrganisationCode) -> bool:
        """Tell whether an organisation does not exist or has ended."""
        body = self.rulebook.organisations.get(code)
        return body is None or self.has_ended(body.valid_to)
