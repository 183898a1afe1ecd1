"""The place a text or a point names: districts, streets, communities and their grids."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import cos, prod, radians
from typing import Any, Final

from shapely import Point as Spot
from shapely import STRtree, from_wkt
from shapely.affinity import scale
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from app.domain.area import Area, AreaCode, Areas, Tier
from app.domain.event import Point
from app.recall.borders import MARK, Border, Heard, border_in
from app.recall.datum import to_wgs84
from app.recall.names import GRID, Trust, forms, number

Outline = str | Mapping[str, Any]
"""A boundary as WKT or as a GeoJSON geometry."""

_KEY: Final = 2
_MOST: Final = 5
_LEAST: Final = 0.05
# A doubtful form is believed when it follows the name of its own district or street at once …
_BESIDE: Final = 8.0
# … or when its area shares a district, or a street, with the reporter.
_NEAR: Final[Mapping[Tier, float]] = {Tier.CITY: 1.0, Tier.DISTRICT: 2.0}
_NEAREST: Final = 6.0
# How often a reporter speaks of an area that shares only the city or district with the own one.
_AWAY: Final[Mapping[Tier, float]] = {Tier.CITY: 0.05, Tier.DISTRICT: 0.3}
_GRID_AT_HOME: Final = 0.9
BESIDE_BORDER: Final = 50.0
"""Metres from a border within which a point alone does not tell the side: outlines are coarse."""
_DEGREE: Final = 111_320.0
"""Metres of one degree of latitude."""


@dataclass(frozen=True, slots=True)
class PlaceCandidate:
    """An area that a text may mean.

    `score` is the probability, 0 to 1, that it is the finest area the text names; the scores
    of one text sum to at most 1. `words` are the names that spoke for it.
    """

    area: AreaCode
    score: float
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Name:
    """A form with the areas that bear it: for each how readily it is said, and by chance."""

    text: str
    said: Mapping[AreaCode, float]
    missed: float


@dataclass(frozen=True, slots=True)
class _Mention:
    name: _Name
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Home:
    """Where the reporter stands, city first; empty when unknown."""

    path: tuple[Area, ...]

    def nearness(self, line: Sequence[AreaCode]) -> tuple[float, float]:
        """Return (how likely the reporter speaks of the area, how far to trust its short form)."""
        if not self.path:
            return 1.0, 1.0
        shared = [area for area in self.path if area.code in line]
        deepest = shared[-1] if shared else self.path[0]
        contains = deepest is self.path[-1] or deepest.code == line[-1]
        away = 1.0 if contains else _AWAY.get(deepest.tier, 1.0)
        return away, _NEAR.get(deepest.tier, _NEAREST)


class Gazetteer:
    """The names of a city's areas, in full and as people say them."""

    def __init__(
        self,
        areas: Areas,
        names: Mapping[str, Sequence[_Name]],
        grids: Mapping[tuple[AreaCode, int], AreaCode],
        lines: Mapping[AreaCode, tuple[AreaCode, ...]],
    ) -> None:
        self._areas = areas
        self._names = names
        self._grids = grids
        self._lines = lines

    @classmethod
    def build(cls, areas: Areas) -> "Gazetteer":
        """Index the names; 74,000 areas take less than a second."""
        said: dict[str, dict[AreaCode, Trust]] = {}
        grids: dict[tuple[AreaCode, int], AreaCode] = {}
        named: list[Area] = []
        for area in areas.values():
            numbered = GRID.fullmatch(area.name) if area.tier is Tier.GRID else None
            if numbered and area.parent:
                grids[area.parent, number(numbered[1])] = area.code
            elif area.tier is not Tier.CITY:
                named.append(area)
                for name in (area.name, *area.old_names):
                    for form, trust in forms(name, area.tier):
                        said.setdefault(form, {}).setdefault(area.code, trust)
        lines = _lines(areas, named)
        return cls(areas, _by_key(said, lines), grids, lines)

    def find(self, text: str, within: AreaCode | None = None) -> tuple[PlaceCandidate, ...]:
        """Return the areas the text may mean, likeliest first; `within` is the reporter's area.

        A name that several areas bear gives several candidates: nothing is guessed.
        """
        mentions = tuple(self._mentions(text))
        if not mentions:
            return self._grid_at_home(text, within)
        home = _Home(self._areas.path(within) if within else ())
        weights = self._weigh(mentions, home)
        total = sum(weights.values()) + prod(mention.name.missed for mention in mentions)
        best = sorted(weights, key=lambda code: (-weights[code], code))[:_MOST]
        return tuple(
            self._candidate(code, weights[code] / total, text, mentions)
            for code in best
            if weights[code] >= _LEAST * total
        )

    def border(self, text: str) -> Border | None:
        """Return the area common to both sides of a border the text names, if it names one."""
        if MARK.search(text) is None:
            return None
        heard = [
            Heard(one.start, one.end, one.name.said, one.name.missed)
            for one in self._mentions(text)
        ]
        return border_in(text, heard, self._areas, self._lines)

    def _mentions(self, text: str) -> Iterator[_Mention]:
        """Yield the names in the text; where several begin, the longest."""
        start, last = 0, len(text) - _KEY
        while start <= last:
            bucket = self._names.get(text[start : start + _KEY], ())
            name = next((name for name in bucket if text.startswith(name.text, start)), None)
            if name is None:
                start += 1
                continue
            end = start + len(name.text)
            yield _Mention(name, start, end)
            start = end

    def _weigh(self, mentions: Sequence[_Mention], home: _Home) -> dict[AreaCode, float]:
        """Weigh each named area as the finest one meant; for one of the past, its heir."""
        codes = {self._areas.heir(code) for mention in mentions for code in mention.name.said}
        return {
            code: self._weight(self._lines[code], mentions, home)
            for code in codes
            if self._areas[code].valid_to is None
        }

    @staticmethod
    def _weight(line: Sequence[AreaCode], mentions: Sequence[_Mention], home: _Home) -> float:
        """Weigh one reading.

        A reading pays for every name that it leaves unexplained with the chance that the
        name stands there for nothing.
        """
        weight, trusted = home.nearness(line)
        beside = -1
        for mention in mentions:
            heard = mention.name.said
            said = next((heard[code] for code in line if code in heard), 0.0)
            if said:
                boost = _BESIDE if mention.start == beside else 1.0
                weight *= min(1.0, said * trusted * boost)
                beside = mention.end
            else:
                weight *= mention.name.missed
        return weight

    def _candidate(
        self, code: AreaCode, score: float, text: str, mentions: Sequence[_Mention]
    ) -> PlaceCandidate:
        line = self._lines[code]
        words = tuple(m.name.text for m in mentions if any(c in m.name.said for c in line))
        grid = self._grid(text, code)
        return PlaceCandidate(grid or code, score, words)

    def _grid(self, text: str, community: AreaCode) -> AreaCode | None:
        """Return the grid of a community that the text gives by its number."""
        numbered = GRID.search(text)
        return self._grids.get((community, number(numbered[1]))) if numbered else None

    def _grid_at_home(self, text: str, within: AreaCode | None) -> tuple[PlaceCandidate, ...]:
        """Read a bare 第三网格 as the one in the reporter's own community."""
        community = self._areas.at(within, Tier.COMMUNITY) if within else None
        grid = self._grid(text, community.code) if community else None
        return (PlaceCandidate(grid, _GRID_AT_HOME, (self._areas[grid].name,)),) if grid else ()


def _lines(areas: Areas, named: Sequence[Area]) -> dict[AreaCode, tuple[AreaCode, ...]]:
    """Return for each area the codes that may be named with it, its own last.

    It may be named with the areas it, or what it lies in, was in before, and by the name of one
    it is the heir of: people keep saying 江北区观音桥 for years.
    """
    return {
        area.code: (
            *(code for above in areas.path(area.code)[:-1] for code in (*above.former, above.code)),
            *area.former,
            *areas.before(area.code),
            area.code,
        )
        for area in named
    }


def _by_key(
    said: Mapping[str, Mapping[AreaCode, Trust]], lines: Mapping[AreaCode, Sequence[AreaCode]]
) -> dict[str, list[_Name]]:
    """Put the forms under their first two characters, longest first."""
    found: dict[str, list[_Name]] = {}
    for text in sorted(said, key=len, reverse=True):
        bearers = said[text]
        # 石油路 is a street and a community in it: the street holds either way.
        outer = {
            code: trust.said
            for code, trust in bearers.items()
            if not any(above in bearers for above in lines[code][:-1])
        }
        missed = min(trust.missed for trust in bearers.values())
        found.setdefault(text[:_KEY], []).append(_Name(text, outer, missed))
    return found


def _geometry(outline: Outline) -> BaseGeometry:
    return from_wkt(outline) if isinstance(outline, str) else shape(outline)


class Polygons:
    """The shapes of areas; the finest one that covers a point."""

    def __init__(self, codes: Sequence[AreaCode], shapes: Sequence[BaseGeometry]) -> None:
        self._codes = codes
        self._sizes: Sequence[float] = [outline.area for outline in shapes]
        self._tree = STRtree(shapes)

    @classmethod
    def build(cls, features: Mapping[AreaCode, Outline]) -> "Polygons":
        """Index outlines in WGS-84 or CGCS2000 degrees."""
        return cls(tuple(features), [_geometry(outline) for outline in features.values()])

    def __len__(self) -> int:
        return len(self._codes)

    def find(self, point: Point) -> AreaCode | None:
        """Return the smallest area that covers the point, whatever its datum."""
        there = to_wgs84(point)
        hits = self._tree.query(Spot(there.longitude, there.latitude), predicate="intersects")
        if not len(hits):
            return None
        finest: int = min(hits, key=lambda hit: (self._sizes[hit], self._codes[hit]))
        return self._codes[finest]

    def near(self, point: Point, metres: float = BESIDE_BORDER) -> frozenset[AreaCode]:
        """Return every area that the point lies in or as near to as that."""
        there = to_wgs84(point)
        height = metres / _DEGREE
        around = Spot(there.longitude, there.latitude).buffer(height)
        around = scale(around, xfact=1 / cos(radians(there.latitude)))
        hits = self._tree.query(around, predicate="intersects")
        return frozenset(self._codes[hit] for hit in hits)
