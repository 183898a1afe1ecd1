"""A spot (点位) on the ground, in WGS-84, and the small cells it is looked for by."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, floor, hypot, radians
from typing import Final

_METRES: Final = 111_195.0
"""Metres of one degree of latitude."""

_PER_DEGREE: Final = 1000
"""Cells of one degree: some 110 m from south to north."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A point in degrees of WGS-84."""

    longitude: float
    latitude: float

    def metres_to(self, other: "Spot") -> float:
        """Return the distance; exact to centimetres over the few hundred metres asked for."""
        middle = radians((self.latitude + other.latitude) / 2)
        east = (self.longitude - other.longitude) * cos(middle)
        return hypot(east, self.latitude - other.latitude) * _METRES

    @property
    def cell(self) -> str:
        """The cell the spot lies in."""
        return _name(floor(self.longitude * _PER_DEGREE), floor(self.latitude * _PER_DEGREE))

    def cells_within(self, metres: int) -> Iterator[str]:
        """Yield every cell that has a spot within so many metres."""
        x, y = self.longitude * _PER_DEGREE, self.latitude * _PER_DEGREE
        up = metres / _METRES * _PER_DEGREE
        # At the poles a degree has no length.
        across = up / max(cos(radians(self.latitude)), 0.01)
        for column in range(floor(x - across), floor(x + across) + 1):
            for row in range(floor(y - up), floor(y + up) + 1):
                yield _name(column, row)


def _name(column: int, row: int) -> str:
    return f"{column},{row}"
