"""Boundaries as WKT: whether a text is a polygon in degrees whose rings close."""

import re
from typing import Final

_NUMBER: Final = r"-?\d{1,3}(?:\.\d+)?"
_POINT: Final = re.compile(rf"\s*({_NUMBER})\s+({_NUMBER})\s*")
_RING: Final = re.compile(r"\(([^()]*)\)")
_SHAPE: Final = re.compile(r"POLYGON\(@(,@)*\)|MULTIPOLYGON\(\(@(,@)*\)(,\(@(,@)*\))*\)")
_FEWEST: Final = 4


def is_outline(text: str) -> bool:
    """Tell whether the text is a WKT POLYGON or MULTIPOLYGON with closed rings."""
    skeleton = re.sub(r"\s+", "", _RING.sub("@", text)).upper()
    return _SHAPE.fullmatch(skeleton) is not None and all(map(_is_ring, _RING.findall(text)))


def _is_ring(text: str) -> bool:
    points = [_POINT.fullmatch(point) for point in text.split(",")]
    found = [(float(match[1]), float(match[2])) for match in points if match]
    return (
        len(found) == len(points) >= _FEWEST
        and found[0] == found[-1]
        and all(abs(east) <= 180 and abs(north) <= 90 for east, north in found)
    )
