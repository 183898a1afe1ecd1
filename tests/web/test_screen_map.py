"""The map of the one screen: outlines as paths, names where there is room, a larger view."""

import re
from dataclasses import replace

from app.domain.area import Area, AreaCode, Areas, Tier
from app.web.screen_map import POINTS, drawn, shades, short

CITY = Area(AreaCode("50"), "山城市", Tier.CITY, None)


def square(west: float, south: float, size: float) -> str:
    east, north = west + size, south + size
    points = ((west, south), (east, south), (east, north), (west, north), (west, south))
    return f"POLYGON(({','.join(f'{x} {y}' for x, y in points)}))"


def district(code: str, outline: str, name: str = "东江区") -> Area:
    return Area(AreaCode(code), name, Tier.DISTRICT, CITY.code, outline=outline)


def tree(*districts: Area) -> Areas:
    return Areas([CITY, *districts])


def test_outlines_are_projected_with_north_above():
    some = district("01", square(106, 29, 1)), district("02", square(106, 30, 1))
    found = drawn(some, tree(*some))
    assert found is not None
    south, north = found.shapes
    assert north.y < south.y
    assert found.height == 1000
    # A degree of longitude is shorter there than one of latitude.
    assert 400 < found.width < 450
    assert re.fullmatch(r"M[\d.]+ [\d.]+l[-\d. ]+z", north.path)


def test_small_ones_are_drawn_larger_where_the_map_is_empty():
    large = [district(f"1{n}", square(106 + n, 29, 1)) for n in range(3)]
    large.append(district("13", square(108, 30, 1)))
    small = [district(f"2{n}", square(106.4 + n / 50, 30.01, 0.02)) for n in range(3)]
    found = drawn([*large, *small], tree(*large, *small))
    assert found is not None
    assert found.inset is not None
    assert found.inset.codes == {"20", "21", "22"}
    assert found.inset.scale > 3
    assert (found.inset.x, found.inset.y) == (0, 0)


def test_an_area_without_an_outline_has_those_it_came_from():
    old = [
        replace(district(f"0{n}", square(106 + n, 29, 1)), successor=AreaCode("09")) for n in (1, 2)
    ]
    new, other = district("09", "", "两江新区"), district("08", "", "高新区")
    found = drawn([new, other], tree(*old, new, other))
    assert found is not None
    assert [(shape.code, shape.label) for shape in found.shapes] == [("09", "两江")]
    assert found.missing == ("高新区",)


def test_without_outlines_there_is_no_map():
    some = [district(f"0{n}", "") for n in range(3)]
    assert drawn(some, tree(*some)) is None
    assert drawn([], tree()) is None
    most = [district("09", square(106, 29, 1)), *some]
    assert drawn(most, tree(*most)) is None


def test_fine_outlines_are_simplified():
    count = POINTS * 2
    top = ",".join(f"{106 + n / count:.6f} {30 + n % 2 / 9000:.6f}" for n in range(count))
    fine = district("01", f"POLYGON(({top},107 29,106 29,106 30))")
    found = drawn([fine], tree(fine))
    assert found is not None
    assert len(found.shapes[0].path) < 1000


def test_names_are_short_on_the_map():
    names = ("渝中区", "忠县", "石柱土家族自治县", "秀山土家族苗族自治县", "两江新区", "码头街道")
    assert [short(name) for name in names] == ["渝中", "忠县", "石柱", "秀山", "两江", "码头"]


def test_areas_are_darker_the_more_is_open():
    codes = [AreaCode(code) for code in "abcdefg"]
    amounts = dict(zip(codes, (0, 1, 5, 5, 20, 300, 9000), strict=True))
    found = list(shades(amounts).values())
    assert found[0] == 0
    assert found == sorted(found)
    assert found[-1] == 5
    assert found[2] == found[3]
