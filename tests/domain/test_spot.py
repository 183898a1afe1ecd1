"""Spots: how far apart they are, and that no near one is missed by its cell."""

import pytest
from hypothesis import given as sample
from hypothesis import strategies as some

from app.domain.spot import Spot

CITY = Spot(106.575, 29.556)


@pytest.mark.parametrize(
    ("other", "metres"),
    [
        (Spot(106.575, 29.556), 0),
        (Spot(106.576, 29.556), 97),
        (Spot(106.575, 29.557), 111),
        (Spot(106.576, 29.557), 147),
    ],
)
def test_distances_are_those_on_the_ground(other: Spot, metres: int):
    assert round(CITY.metres_to(other)) == metres


@sample(
    longitude=some.floats(-180, 180),
    latitude=some.floats(-85, 85),
    east=some.floats(-0.006, 0.006),
    north=some.floats(-0.006, 0.006),
    metres=some.integers(0, 500),
)
def test_whatever_lies_near_lies_in_a_cell_that_is_looked_into(
    longitude: float, latitude: float, east: float, north: float, metres: int
):
    here, there = Spot(longitude, latitude), Spot(longitude + east, latitude + north)
    if here.metres_to(there) <= metres * 0.999:
        assert there.cell in set(here.cells_within(metres))


def test_a_few_cells_are_looked_into():
    assert len(list(CITY.cells_within(50))) <= 9
