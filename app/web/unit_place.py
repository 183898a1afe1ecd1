"""Where a unit is: the areas around it, and its point in the outline of its district."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians
from typing import Any, Final

from shapely import GEOSException, from_wkt

from app.api.event_models import PlaceIn, PointIn
from app.api.unit_models import PlaceOut, UnitDetail
from app.domain.area import AreaCode, Areas
from app.domain.event import Point
from app.recall.datum import to_wgs84

SIZE: Final = 200
"""The longer side of an outline; points nearer than one unit are one."""


@dataclass(frozen=True, slots=True)
class Frame:
    """An outline as a path, and the degrees it lies between."""

    path: str
    west: float
    north: float
    across: float
    up: float
    """How long a degree is on the drawing, eastward and northward."""
    width: int
    height: int

    def at(self, point: Point) -> tuple[float, float]:
        """Return where a point in WGS-84 is on the drawing."""
        x = (point.longitude - self.west) * self.across
        return round(x, 1), round((self.north - point.latitude) * self.up, 1)


@dataclass(frozen=True, slots=True)
class Locator:
    """The outline of a district with a point in it."""

    frame: Frame
    name: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the report says it is: by its point, as it was given, and by its address."""

    point: PointIn | None
    address: str
    locator: Locator | None


def words(place: PlaceOut) -> str:
    """Return the names of the areas around a place, the widest first."""
    around = (place.district, place.street, place.community, place.grid)
    return " › ".join(one.name for one in around if one)


def of_unit(unit: UnitDetail, areas: Areas) -> Spot:
    """Return where a unit's report says that it is."""
    said: Mapping[str, Any] = unit.event.body.get("place", {}) if unit.event else {}
    place = PlaceIn.model_validate(said)
    return Spot(place.point, place.address, _located(place.point, unit, areas))


def _located(given: PointIn | None, unit: UnitDetail, areas: Areas) -> Locator | None:
    named = unit.place.district
    district = areas.get(AreaCode(named.code)) if named else None
    frame = _frame(district.outline) if district and district.outline else None
    if given is None or district is None or frame is None:
        return None
    x, y = frame.at(to_wgs84(Point(given.longitude, given.latitude, given.datum)))
    is_inside = 0 <= x <= frame.width and 0 <= y <= frame.height
    return Locator(frame, district.name, x, y) if is_inside else None


@lru_cache(maxsize=64)
def _frame(outline: str) -> Frame | None:
    """Return an outline in degrees as it lies on a small drawing, north above."""
    try:
        shape = from_wkt(outline)
    except GEOSException:
        return None
    west, south, east, north = shape.bounds
    narrowed = cos(radians((south + north) / 2))
    up = SIZE / max((east - west) * narrowed, north - south)
    across = up * narrowed

    def drawn(ring: Iterable[tuple[float, float]]) -> str:
        points = (f"{(x - west) * across:.1f} {(north - y) * up:.1f}" for x, y in ring)
        return f"M{'L'.join(points)}z"

    plain = shape.simplify(1 / up)
    parts = getattr(plain, "geoms", (plain,))
    path = "".join(drawn(part.exterior.coords) for part in parts)
    width, height = round((east - west) * across), round((north - south) * up)
    return Frame(path, west, north, across, up, width, height)
