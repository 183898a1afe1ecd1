"""Places on a border: the centre of what both sides share has them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from app.domain.authority import Role
from app.domain.rulebook import Part
from tests import given
from tests.given import CITY, EAST, GRID, HARBOUR, WEST, City
from tests.journeys.publishing import publish

OUTLINES = {
    EAST: "POLYGON((106.4 29.4, 106.5 29.4, 106.5 29.6, 106.4 29.6, 106.4 29.4))",
    WEST: "POLYGON((106.5 29.4, 106.6 29.4, 106.6 29.6, 106.5 29.6, 106.5 29.4))",
}
INSIDE, BESIDE = 106.45, 106.4998


@pytest.fixture
async def drawn(city: City) -> City:
    """The small city with the outlines of its two districts."""
    areas = tuple(replace(area, outline=OUTLINES.get(area.code, "")) for area in given.areas())
    await publish(city, Part.AREAS, areas)
    return city


async def reported(
    city: City, place: Mapping[str, Any], text: str = "行道树的枯枝要掉下来了"
) -> dict[str, Any]:
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    answer: dict[str, Any] = (await worker.post(city.report(text, place=place))).json()
    return answer


def point(longitude: float) -> dict[str, float]:
    return {"longitude": longitude, "latitude": 29.5}


async def test_a_border_of_two_streets_is_their_districts(city: City):
    answer = await reported(city, {"address": "码头街道与坡上街道交界处"})
    unit, place = answer["unit"], answer["reasons"]["place"]
    assert (unit["state"], unit["holder"]["code"], place["by"]) == (
        "filed",
        f"{EAST}-ZX",
        "border",
    )
    assert place["words"] == ["码头街道", "坡上街道"]


async def test_a_border_of_two_districts_is_the_citys(city: City):
    answer = await reported(city, {}, "东江区和西岭区交界处的行道树枯枝要掉下来了")
    assert answer["unit"]["holder"]["code"] == f"{CITY}-ZX"


async def test_what_districts_do_themselves_goes_to_the_district_the_streets_share(city: City):
    answer = await reported(city, {"address": "码头街道与坡上街道交界处"}, "下水道井盖不见了")
    assert answer["unit"]["holder"]["code"] == f"{EAST}-PS"


async def test_the_centre_that_has_it_sends_it_to_one_of_the_two(city: City):
    unit = (await reported(city, {"address": "码头街道与坡上街道交界处"}))["unit"]
    clerk = await city.person(f"{EAST}-ZX", Role.CLERK)
    sent = await clerk.act(unit["id"], "dispatch", holder=f"{HARBOUR}-MS", reason="离码头近")
    assert (sent["state"], sent["holder"]["code"]) == ("dispatched", f"{HARBOUR}-MS")


@pytest.mark.parametrize(
    ("longitude", "holder", "by"),
    [(INSIDE, f"{EAST}-ZX", "point"), (BESIDE, f"{CITY}-ZX", "border")],
)
async def test_a_point_beside_a_border_does_not_tell_the_side(
    drawn: City, longitude: float, holder: str, by: str
):
    answer = await reported(drawn, {"point": point(longitude)})
    assert (answer["unit"]["holder"]["code"], answer["reasons"]["place"]["by"]) == (holder, by)


async def test_an_address_tells_the_side(drawn: City):
    place = {"point": point(BESIDE), "address": "东江区码头街道"}
    assert (await reported(drawn, place))["unit"]["holder"]["code"] == f"{HARBOUR}-MS"


async def test_a_border_elsewhere_than_the_point_is_not_meant(drawn: City):
    place = {"point": point(106.55), "address": "码头街道与坡上街道交界处"}
    assert (await reported(drawn, place))["reasons"]["place"]["by"] == "point"
