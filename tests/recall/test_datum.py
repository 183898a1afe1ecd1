"""Datums: known points, and the way there and back."""

from math import cos, hypot, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.event import Datum, Point
from app.recall.datum import from_wgs84, to_wgs84

METRES_A_DEGREE = 111_320.0
CHINA = st.builds(
    Point,
    longitude=st.floats(73.6, 135.0),
    latitude=st.floats(4.0, 53.5),
    datum=st.just(Datum.WGS84),
)


def metres(one: Point, other: Point) -> float:
    east = (one.longitude - other.longitude) * cos(radians(one.latitude))
    return hypot(east, one.latitude - other.latitude) * METRES_A_DEGREE


@given(point=CHINA, datum=st.sampled_from(Datum))
def test_there_and_back_is_the_same_place(point: Point, datum: Datum) -> None:
    assert metres(to_wgs84(from_wgs84(point, datum)), point) < 0.1


@given(point=CHINA)
def test_gcj02_moves_every_place_in_china_by_less_than_a_kilometre(point: Point) -> None:
    assert 1.0 < metres(from_wgs84(point, Datum.GCJ02), point) < 1500.0


@pytest.mark.parametrize(("longitude", "latitude"), [(2.35, 48.86), (-74.0, 40.7), (151.2, -33.9)])
def test_gcj02_abroad_is_wgs84(longitude: float, latitude: float) -> None:
    point = Point(longitude, latitude, Datum.GCJ02)
    assert to_wgs84(point) == Point(longitude, latitude, Datum.WGS84)


def test_cgcs2000_is_kept() -> None:
    assert to_wgs84(Point(106.5, 29.5, Datum.CGCS2000)) == Point(106.5, 29.5, Datum.WGS84)


def test_published_points_of_tiananmen() -> None:
    """The worked figures in the readme of the coordtransform library."""
    gcj = from_wgs84(Point(116.404, 39.915, Datum.WGS84), Datum.GCJ02)
    assert (gcj.longitude, gcj.latitude) == pytest.approx((116.41024449916938, 39.91640428150164))
    baidu = to_wgs84(Point(116.41036949371029, 39.92133699351021, Datum.BD09))
    assert metres(baidu, to_wgs84(Point(116.404, 39.915, Datum.GCJ02))) < 0.1
