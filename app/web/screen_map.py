"""The map of the one screen: outlines projected once, as paths that a page draws."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, radians
from typing import Final

from shapely import GEOSException, box, from_wkt, make_valid, union_all
from shapely.affinity import affine_transform
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import polylabel

from app.domain.area import Area, AreaCode, Areas
from app.domain.rulebook import Rulebook

SIZE: Final = 1000
"""The longer side of a map, in its own units."""
POINTS: Final = 9000
"""So many points a page may be sent; finer outlines are simplified."""
SMALL: Final = 21.0
"""An area that takes no wider circle than this has no room for its name."""
ZOOMED: Final = 0.42
"""The longer side of the inset, as a share of the map."""
_ENDING: Final = re.compile(r"(?<=..)(?:自治县|街道|新区|区|县|市|镇|乡)$")
_PEOPLES: Final = re.compile(r"(?<=..)(?:土家|苗|壮|回|彝|藏|满|蒙古|维吾尔|侗|瑶|白|傣|黎)族.*$")


@dataclass(frozen=True, slots=True)
class Shape:
    """An area on the map: its path and where its name stands, with the room there."""

    code: AreaCode
    name: str
    label: str
    path: str
    x: int
    y: int
    is_small: bool


@dataclass(frozen=True, slots=True)
class Inset:
    """A part of the map drawn larger, where areas are too small for their names.

    `view` is what of the map it shows, the rest where on the map it stands.
    """

    view: str
    x: int
    y: int
    width: int
    height: int
    scale: float
    codes: frozenset[AreaCode]


@dataclass(frozen=True, slots=True)
class Map:
    """The outlines of areas within a frame."""

    width: int
    height: int
    shapes: tuple[Shape, ...]
    missing: tuple[str, ...] = ()
    """The names of those that have no outline."""
    inset: Inset | None = None


def drawn(below: Sequence[Area], areas: Areas) -> Map | None:
    """Return the map of some areas; None where most of them have no outline."""
    found = {area: known for area in below if (known := _outline(area, areas)) is not None}
    if not found or len(found) * 2 < len(below):
        return None
    some, outlines = tuple(found), _simplified(_fitted(tuple(found.values())))
    _, _, width, height = union_all(outlines).bounds
    spots = [_spot(outline) for outline in outlines]
    shapes = tuple(
        Shape(area.code, area.name, short(area.name), _path(outline), x, y, room < SMALL)
        for area, outline, (x, y, room) in zip(some, outlines, spots, strict=True)
    )
    missing = tuple(area.name for area in below if area not in found)
    inset = _inset(shapes, outlines, width, height)
    return Map(round(width), round(height), shapes, missing, inset)


def _outline(area: Area, areas: Areas) -> BaseGeometry | None:
    """Return an area's outline, or of the areas it came from; None where nobody has drawn any."""
    known = (
        [area.outline]
        if area.outline
        else [areas[code].outline for code in areas.before(area.code)]
    )
    try:
        return (
            make_valid(union_all([from_wkt(one) for one in known if one])) if any(known) else None
        )
    except GEOSException:
        return None


def short(name: str) -> str:
    """Return an area's name as maps write it: 石柱 for 石柱土家族自治县, 忠县 as it is."""
    return _ENDING.sub("", _PEOPLES.sub("", name))


def _fitted(outlines: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Return outlines in degrees as they lie on the map, north above."""
    west, south, east, north = union_all(outlines).bounds
    narrowed = cos(radians((south + north) / 2))
    scale = SIZE / max((east - west) * narrowed, north - south)
    across, up = scale * narrowed, -scale
    matrix = [across, 0, 0, up, -west * across, -north * up]
    return [affine_transform(outline, matrix) for outline in outlines]


def _simplified(outlines: list[BaseGeometry]) -> list[BaseGeometry]:
    """Leave out points that nobody sees; the fewer, the more there are."""
    tolerance = 0.4
    found = outlines
    while sum(map(_points, found)) > POINTS:
        found = [outline.simplify(tolerance) for outline in outlines]
        tolerance *= 1.6
    return found


def _points(outline: BaseGeometry) -> int:
    return sum(len(ring.coords) for part in _parts(outline) for ring in _rings(part))


def _parts(outline: BaseGeometry) -> Sequence[Polygon]:
    some = getattr(outline, "geoms", (outline,))
    return tuple(one for one in some if isinstance(one, Polygon))


def _rings(part: Polygon) -> Iterable[BaseGeometry]:
    return part.exterior, *part.interiors


def _path(outline: BaseGeometry) -> str:
    """Return the path of an outline, in tenths; each point by its way from the one before."""
    return "".join(_ring(ring.coords) for part in _parts(outline) for ring in _rings(part))


def _ring(coords: Iterable[tuple[float, float]]) -> str:
    tenths = [(round(x * 10), round(y * 10)) for x, y in coords]
    steps = (
        f"{_tenth(x - before_x)} {_tenth(y - before_y)}"
        for (before_x, before_y), (x, y) in pairwise(tenths[:-1])
        if (x, y) != (before_x, before_y)
    )
    first = f"M{_tenth(tenths[0][0])} {_tenth(tenths[0][1])}"
    return f"{first}l{' '.join(steps)}z".replace(" -", "-")


def _tenth(number: int) -> str:
    whole, rest = divmod(abs(number), 10)
    sign = "-" if number < 0 else ""
    return f"{sign}{whole or '' if rest else whole}{f'.{rest}' if rest else ''}"


def _spot(outline: BaseGeometry) -> tuple[int, int, float]:
    """Return where there is most room in an outline, and how much: a circle's radius."""
    largest = max(_parts(outline), key=lambda part: part.area)
    point = polylabel(largest, tolerance=1)
    return round(point.x), round(point.y), point.distance(largest.exterior)


def _inset(
    shapes: Sequence[Shape], outlines: Sequence[BaseGeometry], width: float, height: float
) -> Inset | None:
    """Return what is drawn larger: the small areas, in the corner that is most empty."""
    small = [outline for shape, outline in zip(shapes, outlines, strict=True) if shape.is_small]
    if len(small) < 2:
        return None
    left, top, right, bottom = union_all(small).bounds
    if max(right - left, bottom - top) > ZOOMED * SIZE:
        # Too far apart: a picture of them all would be no larger.
        return None
    left, top, right, bottom = left - 4, top - 4, right + 4, bottom + 4
    scale = ZOOMED * SIZE / max(right - left, bottom - top)
    wide, high = (right - left) * scale, (bottom - top) * scale
    land = union_all(outlines)
    corners = [(x, y) for y in (0.0, height - high) for x in (0.0, width - wide)]
    x, y = min(corners, key=lambda at: land.intersection(_frame(at, wide, high)).area)
    view = f"{left:.0f} {top:.0f} {right - left:.0f} {bottom - top:.0f}"
    codes = frozenset(shape.code for shape in shapes if shape.is_small)
    return Inset(view, round(x), round(y), round(wide), round(high), round(scale, 2), codes)


def _frame(at: tuple[float, float], width: float, height: float) -> BaseGeometry:
    return box(at[0], at[1], at[0] + width, at[1] + height)


class Maps:
    """Maps by area, drawn once for a rulebook."""

    def __init__(self) -> None:
        self._version = 0
        self._maps: dict[AreaCode, Map | None] = {}

    def of(self, code: AreaCode, below: Sequence[Area], rulebook: Rulebook) -> Map | None:
        """Return the map of the areas below one."""
        if rulebook.version != self._version:
            self._version, self._maps = rulebook.version, {}
        if code not in self._maps:
            self._maps[code] = drawn(below, rulebook.areas)
        return self._maps[code]


def shades(amounts: Mapping[AreaCode, int]) -> dict[AreaCode, int]:
    """Return how dark each area is drawn, 0 to 5: by its place among the others; nothing is 0."""
    some = sorted({amount for amount in amounts.values() if amount})
    steps = max(len(some), 1)
    place = {amount: 1 + index * 5 // steps for index, amount in enumerate(some)}
    return {code: place.get(amount, 0) for code, amount in amounts.items()}
