"""Recognising places: the finest one named, by context where names repeat, and no guesses."""

import csv
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.domain.area import Area, AreaCode, Areas, Tier
from app.domain.event import Datum, Point
from app.recall.datum import from_wgs84
from app.recall.places import Gazetteer, PlaceCandidate, Polygons
from tests.conftest import SHARED

TIERS = {2: Tier.CITY, 6: Tier.DISTRICT, 9: Tier.STREET, 12: Tier.COMMUNITY, 15: Tier.GRID}
NAMES = {
    "50": "重庆市",
    "500103": "渝中区",
    "500103003": "解放碑街道",
    "500103005": "上清寺街道",
    "500103005011": "学田湾社区居民委员会",
    "500103005011001": "第1网格",
    "500103005011002": "第2网格",
    "500103005011012": "第12网格",
    "500103005012": "新华社区居民委员会",
    "500103014": "石油路街道",
    "500103014009": "石油路社区居民委员会",
    "500112": "渝北区",
    "500112001": "两路街道",
    "500112001001": "新华社区居民委员会",
    "500112132": "张关镇",
    "500112132201": "和平村村民委员会",
    "500115": "长寿区",
    "500115001": "凤城街道",
    "500240": "石柱土家族自治县",
    "500240001": "南宾街道",
    "500240001001": "新华社区居民委员会",
}


def areas_of(names: dict[str, str]) -> list[Area]:
    def parent(code: str) -> AreaCode | None:
        return AreaCode("50" if len(code) == 6 else code[:-3]) if len(code) > 2 else None

    return [
        Area(AreaCode(code), name, TIERS[len(code)], parent(code)) for code, name in names.items()
    ]


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.build(Areas(areas_of(NAMES)))


def first(found: tuple[PlaceCandidate, ...]) -> str:
    return found[0].area if found else ""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("渝中区有人占道", "500103"),
        ("渝中这边堵车", "500103"),
        ("解放碑街道办事处旁边垃圾多", "500103003"),
        ("解放碑步行街有人摆摊", "500103003"),
        ("学田湾社区路灯不亮", "500103005011"),
        ("学田湾那里路灯不亮", "500103005011"),
        ("张关镇污水横流", "500112132"),
        ("渝北区张关镇和平村路烂了", "500112132201"),
        ("渝中区上清寺学田湾", "500103005011"),
        ("石柱县南宾街道", "500240001"),
        ("石柱土家族自治县", "500240"),
    ],
)
def test_the_finest_place_named_is_found(gazetteer: Gazetteer, text: str, code: str) -> None:
    found = gazetteer.find(text)
    assert first(found) == code
    assert found[0].score > 0.6


@pytest.mark.parametrize(
    "text", ["学田湾社区2网格", "学田湾社区第2网格", "学田湾社区第二网格", "学田湾社区2号网格"]
)
def test_a_grid_is_found_by_its_number(gazetteer: Gazetteer, text: str) -> None:
    assert first(gazetteer.find(text)) == "500103005011002"


def test_a_grid_number_of_two_figures_is_read(gazetteer: Gazetteer) -> None:
    assert first(gazetteer.find("学田湾社区十二网格")) == "500103005011012"


def test_an_unknown_grid_number_leaves_the_community(gazetteer: Gazetteer) -> None:
    assert first(gazetteer.find("学田湾社区第9网格")) == "500103005011"


def test_a_bare_grid_number_is_one_at_home(gazetteer: Gazetteer) -> None:
    found = gazetteer.find("2网格垃圾满了", AreaCode("500103005011001"))
    assert first(found) == "500103005011002"
    assert gazetteer.find("2网格垃圾满了") == ()


def test_a_name_that_several_bear_is_not_guessed(gazetteer: Gazetteer) -> None:
    found = gazetteer.find("新华社区有人吵架")
    assert len(found) == 3
    assert sum(place.score for place in found) <= 1.0
    assert max(place.score for place in found) < 0.5


def test_another_name_tells_namesakes_apart(gazetteer: Gazetteer) -> None:
    assert first(gazetteer.find("渝北区新华社区")) == "500112001001"
    assert first(gazetteer.find("两路那边的新华社区")) == "500112001001"


def test_the_reporter_s_area_tells_namesakes_apart(gazetteer: Gazetteer) -> None:
    found = gazetteer.find("新华社区有人吵架", within=AreaCode("500103"))
    assert first(found) == "500103005012"
    assert found[0].score > 0.8


def test_a_street_holds_where_it_and_its_community_share_a_short_name(
    gazetteer: Gazetteer,
) -> None:
    assert first(gazetteer.find("石油路路灯不亮")) == "500103014"
    assert first(gazetteer.find("石油路社区路灯不亮")) == "500103014009"


@pytest.mark.parametrize(
    "text", ["石柱倒了压到车", "祝长寿的老人走丢了", "和平解决纠纷", "井盖坏了", "", "渝"]
)
def test_everyday_words_are_no_places(gazetteer: Gazetteer, text: str) -> None:
    assert all(place.score < 0.3 for place in gazetteer.find(text))


def test_words_are_the_names_found(gazetteer: Gazetteer) -> None:
    assert gazetteer.find("渝北区张关镇")[0].words == ("渝北区", "张关镇")


DAY = date(2025, 11, 6)


@pytest.fixture(scope="module")
def reorganised() -> Gazetteer:
    """渝北 and 江北 have become 两江新区; 观音桥 went with them, 茨竹镇 went to 北碚."""
    names = {"50": "重庆市", "500109": "北碚区", "500191": "两江新区"}
    streets = {
        "500105006": ("观音桥街道", "500191", "500105"),
        "500112140": ("茨竹镇", "500109", "500112"),
        "500112001": ("人和街道", "500191", "500112"),
    }
    gone = [
        replace(area, valid_to=DAY, successor=AreaCode("500191"))
        for area in areas_of({"500105": "江北区", "500112": "渝北区"})
    ]
    moved = [
        Area(AreaCode(code), name, Tier.STREET, AreaCode(over), former=(AreaCode(before),))
        for code, (name, over, before) in streets.items()
    ]
    return Gazetteer.build(Areas([*areas_of(names), *gone, *moved]))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("江北区观音桥有人占道", "500105006"),
        ("两江新区观音桥有人占道", "500105006"),
        ("渝北区茨竹镇路灯不亮", "500112140"),
        ("北碚区茨竹镇路灯不亮", "500112140"),
        ("渝北区有人占道", "500191"),
        ("江北堵车", "500191"),
    ],
)
def test_names_of_the_past_are_understood(reorganised: Gazetteer, text: str, code: str) -> None:
    assert first(reorganised.find(text)) == code


def test_an_abolished_district_is_named_as_it_was_said(reorganised: Gazetteer) -> None:
    assert reorganised.find("江北区观音桥")[0].words == ("江北区", "观音桥")


def test_a_former_name_is_still_understood() -> None:
    areas = areas_of({"50": "重庆市", "500110": "綦江区"})
    renamed = replace(areas[-1], old_names=("綦江县",))
    assert first(Gazetteer.build(Areas([*areas[:-1], renamed])).find("綦江县有人占道")) == "500110"


@pytest.fixture(scope="module")
def chongqing() -> Areas:
    path = SHARED / "chongqing_divisions.csv"
    if not path.exists():
        pytest.skip(f"{path} is not here (set YIGUAN_SHARED_DATA)")
    with path.open(encoding="utf-8", newline="") as file:
        names = {row["code"]: row["name"] for row in csv.DictReader(file)}
    return Areas(areas_of({code: name for code, name in names.items() if len(code) != 4}))


def test_every_community_of_the_city_is_found_by_its_full_address(chongqing: Areas) -> None:
    gazetteer = Gazetteer.build(chongqing)
    wrong = [
        code
        for code, area in chongqing.items()
        if area.tier is Tier.COMMUNITY
        and first(gazetteer.find("".join(a.name for a in chongqing.path(code)[1:]))) != code
    ]
    assert len(wrong) < 0.01 * len(chongqing)


def square(east: float, north: float, size: float) -> dict[str, object]:
    ring = [(0, 0), (size, 0), (size, size), (0, size), (0, 0)]
    return {"type": "Polygon", "coordinates": [[(east + x, north + y) for x, y in ring]]}


def test_the_smallest_area_that_covers_a_point_is_found() -> None:
    polygons = Polygons.build(
        {
            AreaCode("500103"): square(106.5, 29.5, 0.1),
            AreaCode("500103003"): "POLYGON((106.5 29.5,106.51 29.5,106.51 29.51,106.5 29.5))",
        }
    )
    assert polygons.find(Point(106.508, 29.502, Datum.CGCS2000)) == "500103003"
    assert polygons.find(Point(106.55, 29.55, Datum.WGS84)) == "500103"
    assert polygons.find(Point(107.55, 29.55, Datum.WGS84)) is None


def test_a_point_of_another_datum_is_moved_first() -> None:
    """300 m inside the edge; GCJ-02 would put it outside."""
    polygons = Polygons.build({AreaCode("500103"): square(106.5, 29.5, 0.1)})
    inside = Point(106.598, 29.55, Datum.WGS84)
    for datum in Datum:
        drawn = from_wgs84(inside, datum)
        assert polygons.find(drawn) == "500103"
    mistaken = from_wgs84(inside, Datum.GCJ02)
    assert polygons.find(Point(mistaken.longitude, mistaken.latitude, Datum.WGS84)) is None


def test_without_shapes_no_point_has_an_area() -> None:
    assert Polygons.build({}).find(Point(106.5, 29.5, Datum.WGS84)) is None


def test_the_districts_of_the_city_cover_their_own_middles() -> None:
    path: Path = SHARED / "chongqing_districts.geojson"
    if not path.exists():
        pytest.skip(f"{path} is not here (set YIGUAN_SHARED_DATA)")
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    polygons = Polygons.build(
        {AreaCode(str(f["properties"]["adcode"])): f["geometry"] for f in features}
    )
    for properties in (feature["properties"] for feature in features):
        point = Point(properties["rep_lon"], properties["rep_lat"], Datum.CGCS2000)
        assert polygons.find(point) == str(properties["adcode"])
