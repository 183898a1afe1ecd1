"""Lineage (归属): whose work is counted as whose: an ended body's as its heir's, where that is."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from app.domain.area import AreaCode, Areas, Tier
from app.domain.authority import SEES_AREA
from app.domain.organisation import (
    Organisation,
    OrganisationCode,
    OrganisationKind,
    Organisations,
)

_HEADS: Final = (
    OrganisationKind.CENTRE,
    OrganisationKind.COMMITTEE,
    OrganisationKind.GRID_TEAM,
)
"""What stands for all bodies of its area, the first there is."""
_SUMMED: Final = frozenset({Tier.DISTRICT, Tier.STREET})
"""Areas of which sums are kept: those with many bodies."""
_LEVELLED: Final = frozenset({Tier.CITY, Tier.DISTRICT})
"""Areas of which sums are kept by the tier of their bodies."""
_HEADS_KEPT: Final = 100


@dataclass(frozen=True, slots=True)
class Groups:
    """Whom bodies are told under, each by itself; the same by whole `areas`, and the `rest`."""

    bodies: Mapping[str, str]
    areas: Mapping[str, str]
    rest: Mapping[str, str]


class Lineage:
    """Every body there has been, by whom its work is counted for; built once for a city."""

    def __init__(self, areas: Areas, organisations: Organisations) -> None:
        self.organisations = organisations
        self.areas = areas
        self._heirs = {code: organisations[organisations.heir(code)] for code in organisations}
        self._of: dict[str, list[str]] = {}
        self._under: dict[AreaCode, list[OrganisationCode]] = {}
        for code, heir in self._heirs.items():
            self._of.setdefault(heir.code, []).append(code)
            for area in areas.path(heir.area):
                self._under.setdefault(area.code, []).append(code)
        self._known = lru_cache(_HEADS_KEPT)(self._told_under)
        self.mark: Final = sha256("\n".join(map(" ".join, self.members())).encode()).hexdigest()
        """What tells this city from one whose areas have other bodies."""

    def heir(self, code: str) -> Organisation | None:
        """Return who a body's work is counted for; None: no such body is known."""
        return self._heirs.get(OrganisationCode(code))

    def of(self, head: Organisation, *, subtree: bool) -> Collection[str]:
        """Return the bodies whose work is counted for one, with those of its area if it has any."""
        own = self._of.get(head.code, [])
        if not subtree or head.kind not in SEES_AREA:
            return own
        return dict.fromkeys((*own, *self._under.get(head.area, ())))

    def members(self) -> Sequence[tuple[str, str]]:
        """Return bodies with each of the sums, of areas and of their levels, that they are in."""
        found: list[tuple[str, str]] = []
        for area, codes in self._under.items():
            tier = self.areas[area].tier
            if tier in _SUMMED:
                found += [(code, area) for code in codes]
            if tier in _LEVELLED:
                found += [(code, _level(area, self._heirs[code].tier)) for code in codes]
        return found

    def _summed_below(self, code: AreaCode) -> Iterable[AreaCode]:
        below = (self.areas[one] for one in self._under)
        return (one.code for one in below if one.parent == code and one.tier in _SUMMED)

    def whole(self, head: Organisation) -> AreaCode | None:
        """Return the area, if its sum is kept, whose bodies are just those counted for a head."""
        is_summed = self.areas[head.area].tier in _SUMMED and head.kind in SEES_AREA
        return head.area if is_summed else None

    def levels(self, head: Organisation) -> Mapping[str, str] | None:
        """Return the sums, if they are kept, of the bodies counted for a head, with their tiers."""
        if head.kind not in SEES_AREA or self.areas[head.area].tier not in _LEVELLED:
            return None
        return {_level(head.area, tier): tier.value for tier in Tier}

    def told_under(self, head: Organisation) -> Groups:
        """Return whom the bodies counted for a head are told under; kept, for it takes long."""
        return self._known(head.code)

    def _told_under(self, code: OrganisationCode) -> Groups:
        # Whole areas may stand for their bodies if all of these are told under one.
        head = self.organisations[code]
        bodies = {one: self.group(head, one) for one in self.of(head, subtree=True)}
        areas: dict[str, str] = {}
        together: set[str] = set()
        for area in self._summed_below(head.area):
            groups = {bodies.get(one) for one in self._under[area]}
            group = groups.pop()
            if group is not None and not groups:
                areas[area] = group
                together.update(self._under[area])
        rest = {one: group for one, group in bodies.items() if one not in together}
        return Groups(bodies, areas, rest)

    def group(self, head: Organisation, code: str) -> str:
        """Return whom a body is told under: itself where a head is, below that its area's head."""
        body = self.heir(code)
        if body is None or body.area == head.area or body.tier.rank <= head.tier.rank:
            return body.code if body else code
        below = self.areas.path(body.area)[head.tier.rank + 1]
        there = self.organisations.of_area(below.code)
        for kind in _HEADS:
            for one in there:
                if one.kind is kind:
                    return one.code
        return body.code


def _level(area: AreaCode, tier: Tier) -> str:
    return f"{area}/{tier}"


_KEPT: Final = 4
_KNOWN: Final[deque[Lineage]] = deque(maxlen=_KEPT)


def lineage(areas: Areas, organisations: Organisations) -> Lineage:
    """Return the lineage of a city: a large one takes half a second, so the last ones are kept."""
    for one in tuple(_KNOWN):
        if one.organisations is organisations and one.areas is areas:
            return one
    _KNOWN.append(Lineage(areas, organisations))
    return _KNOWN[-1]
