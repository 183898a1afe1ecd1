"""Chinese map datums: GCJ-02 and BD-09 to WGS-84 and back."""

from collections.abc import Callable
from math import atan2, cos, pi, sin, sqrt

from app.domain.event import Datum, Point

_Shift = Callable[[float, float], tuple[float, float]]

# Krasovsky 1940, which the GCJ-02 offset is computed on.
_AXIS = 6378245.0
_ECCENTRICITY = 0.00669342162296594323
_BAIDU = pi * 3000.0 / 180.0
# About 0.1 mm; the fixed point is reached in 3 or 4 turns.
_CLOSE = 1e-9
_TURNS = 12


def to_wgs84(point: Point) -> Point:
    """Return the point in WGS-84; CGCS2000 agrees with it to centimetres and is kept."""
    longitude, latitude = point.longitude, point.latitude
    match point.datum:
        case Datum.WGS84 | Datum.CGCS2000:
            pass
        case Datum.GCJ02:
            longitude, latitude = _invert(_gcj02, longitude, latitude)
        case Datum.BD09:
            longitude, latitude = _invert(_bd09, longitude, latitude)
            longitude, latitude = _invert(_gcj02, longitude, latitude)
    return Point(longitude, latitude, Datum.WGS84)


def from_wgs84(point: Point, datum: Datum) -> Point:
    """Return a WGS-84 point in another datum, as a map of that datum draws it."""
    longitude, latitude = point.longitude, point.latitude
    match datum:
        case Datum.WGS84 | Datum.CGCS2000:
            pass
        case Datum.GCJ02:
            longitude, latitude = _gcj02(longitude, latitude)
        case Datum.BD09:
            longitude, latitude = _bd09(*_gcj02(longitude, latitude))
    return Point(longitude, latitude, datum)


def _in_china(longitude: float, latitude: float) -> bool:
    """Tell whether GCJ-02 shifts here: the rectangle of the published algorithm."""
    return 72.004 <= longitude <= 137.8347 and 0.8293 <= latitude <= 55.8271


def _gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    """Shift WGS-84 degrees to GCJ-02; outside China nothing moves."""
    if not _in_china(longitude, latitude):
        return longitude, latitude
    x, y = longitude - 105.0, latitude - 35.0
    north, east = _northing(x, y), _easting(x, y)
    radians = latitude / 180.0 * pi
    magic = 1.0 - _ECCENTRICITY * sin(radians) ** 2
    metres_north = _AXIS * (1.0 - _ECCENTRICITY) / (magic * sqrt(magic))
    metres_east = _AXIS / sqrt(magic) * cos(radians)
    return (
        longitude + east * 180.0 / (metres_east * pi),
        latitude + north * 180.0 / (metres_north * pi),
    )


def _northing(x: float, y: float) -> float:
    """Return the offset to the north in metres at (x, y) degrees from 105 E, 35 N."""
    plane = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    return (
        plane
        + _ripple(x)
        + (
            20.0 * sin(y * pi)
            + 40.0 * sin(y / 3.0 * pi)
            + 160.0 * sin(y / 12.0 * pi)
            + 320.0 * sin(y * pi / 30.0)
        )
        * 2.0
        / 3.0
    )


def _easting(x: float, y: float) -> float:
    """Return the offset to the east in metres at (x, y) degrees from 105 E, 35 N."""
    plane = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    return (
        plane
        + _ripple(x)
        + (
            20.0 * sin(x * pi)
            + 40.0 * sin(x / 3.0 * pi)
            + 150.0 * sin(x / 12.0 * pi)
            + 300.0 * sin(x / 30.0 * pi)
        )
        * 2.0
        / 3.0
    )


def _ripple(x: float) -> float:
    return (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0


def _bd09(longitude: float, latitude: float) -> tuple[float, float]:
    """Shift GCJ-02 degrees to BD-09."""
    radius = sqrt(longitude**2 + latitude**2) + 0.00002 * sin(latitude * _BAIDU)
    angle = atan2(latitude, longitude) + 0.000003 * cos(longitude * _BAIDU)
    return radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006


def _invert(shift: _Shift, longitude: float, latitude: float) -> tuple[float, float]:
    """Find the degrees which `shift` moves to the given ones."""
    x, y = longitude, latitude
    for _ in range(_TURNS):
        shifted_x, shifted_y = shift(x, y)
        step_x, step_y = longitude - shifted_x, latitude - shifted_y
        x, y = x + step_x, y + step_y
        if abs(step_x) < _CLOSE and abs(step_y) < _CLOSE:
            break
    return x, y
