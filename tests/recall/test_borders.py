"""Borders: two areas of one tier named as the two sides of a place, and what they share."""

import pytest

from app.domain.area import AreaCode, Areas
from app.domain.event import Datum, Point
from app.recall.places import BESIDE_BORDER, Gazetteer, Polygons
from tests.recall.test_places import NAMES, areas_of

MORE = {
    "500103004": "大溪沟街道",
    "500103014010": "大坪社区居民委员会",
    "500107": "九龙坡区",
    "500107001": "石桥铺街道",
}


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.build(Areas(areas_of({**NAMES, **MORE})))


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("解放碑街道与上清寺街道交界处垃圾没人管", "500103"),
        ("解放碑街道和上清寺街道的交界处", "500103"),
        ("解放碑街道、上清寺街道结合部路灯不亮", "500103"),
        ("渝中区上清寺街道与大溪沟街道交界处", "500103"),
        ("渝中区与九龙坡区交界处路面塌陷", "50"),
        ("渝中区、九龙坡区两区交界", "50"),
        ("渝中区和九龙坡区之间的匝道", "50"),
        ("渝中区与九龙坡区接壤的坡坎", "50"),
        ("渝中区毗邻九龙坡区的河边", "50"),
        ("渝中区石油路街道与九龙坡区石桥铺街道交界", "50"),
        ("上清寺街道学田湾社区与石油路街道大坪社区交界处", "500103"),
    ],
)
def test_the_lowest_area_common_to_both_sides(gazetteer: Gazetteer, text: str, area: str):
    found = gazetteer.border(text)
    assert found is not None
    assert found.area == area


@pytest.mark.parametrize(
    "text",
    [
        "解放碑街道垃圾没人管",
        "解放碑街道与上清寺街道都有垃圾",
        "解放碑街道与隔壁交界处",
        "渝中区与上清寺街道交界处",
        "解放碑街道与解放碑街道交界处",
        "三点到五点之间解放碑街道停水",
        "解放碑街道有垃圾, 上清寺街道也有, 两地交界处更多",
    ],
)
def test_no_border_is_read_into_other_texts(gazetteer: Gazetteer, text: str):
    assert gazetteer.border(text) is None


def test_the_names_that_spoke_for_it_are_told(gazetteer: Gazetteer):
    found = gazetteer.border("渝中区上清寺街道与大溪沟街道交界处")
    assert found is not None
    assert found.words == ("渝中区上清寺街道", "大溪沟街道")


def test_of_names_that_several_bear_the_nearest_two_are_meant(gazetteer: Gazetteer):
    found = gazetteer.border("学田湾社区与新华社区交界处")
    assert found is not None
    assert found.area == "500103005"


# Points near a border

WEST, EAST = AreaCode("500103"), AreaCode("500107")
OUTLINES = {
    WEST: "POLYGON((106.4 29.4, 106.5 29.4, 106.5 29.6, 106.4 29.6, 106.4 29.4))",
    EAST: "POLYGON((106.5 29.4, 106.6 29.4, 106.6 29.6, 106.5 29.6, 106.5 29.4))",
}
METRE = 1 / 96_900
"""Degrees of longitude at 29.5° north."""


@pytest.mark.parametrize(
    ("metres", "areas"),
    [
        (-BESIDE_BORDER - 2, {WEST}),
        (-BESIDE_BORDER + 2, {WEST, EAST}),
        (BESIDE_BORDER - 2, {WEST, EAST}),
        (BESIDE_BORDER + 2, {EAST}),
    ],
)
def test_a_point_beside_a_border_lies_near_both_sides(metres: float, areas: set[AreaCode]):
    point = Point(106.5 + metres * METRE, 29.5, Datum.WGS84)
    assert Polygons.build(OUTLINES).near(point) == areas


def test_the_distance_is_the_same_northward():
    outlines = {
        WEST: "POLYGON((106.4 29.4, 106.6 29.4, 106.6 29.5, 106.4 29.5, 106.4 29.4))",
        EAST: "POLYGON((106.4 29.5, 106.6 29.5, 106.6 29.6, 106.4 29.6, 106.4 29.5))",
    }
    polygons = Polygons.build(outlines)
    found = [
        len(polygons.near(Point(106.5, 29.5 + metres / 111_320, Datum.WGS84)))
        for metres in (BESIDE_BORDER - 1, BESIDE_BORDER + 1)
    ]
    assert found == [2, 1]
