"""GET /v1/statistics/trend: figures day by day and month by month, without gaps."""

from typing import Any

import pytest

from app.domain.authority import Role
from tests import counted
from tests.asking import Matter
from tests.given import CITY, EAST, City


@pytest.fixture
async def solved(city: City) -> Matter:
    """A unit reported and resolved on the 20th, closed on the 23rd."""
    matter = await Matter.accepted(city)
    await matter.worker.act(matter.id, "resolve")
    city.clock.forward(days=3)
    await matter.street.act(matter.id, "verify")
    await counted.count(city.app.state.service.database, city.clock.now())
    return matter


async def trend(matter: Matter, **asked: str) -> Any:
    return await matter.top.get("/v1/statistics/trend", **asked)


async def test_each_day_has_its_value_also_when_nothing_happened(solved: Matter):
    told = await trend(
        solved,
        figures="reported, closed,stock_after,closing_rate",
        **{"from": "2026-11-19", "to": "2026-11-24"},
    )
    assert told["at"] == [f"2026-11-{day}" for day in range(19, 25)]
    assert told["figures"] == {
        "reported": [0, 1, 0, 0, 0, 0],
        "closed": [0, 0, 0, 0, 1, 0],
        "stock_after": [0, 1, 1, 1, 0, 0],
    }
    assert told["rates"] == {"closing_rate": [None, 1, None, None, None, None]}


async def test_by_month_the_days_are_widened_to_whole_months(solved: Matter):
    asked = {"from": "2026-09-30", "to": "2026-12-01", "by": "month"}
    told = await trend(solved, figures="filed,stock_after", **asked)
    assert told["period"] == {"from": "2026-09-01", "to": "2026-12-31"}
    assert told["at"] == ["2026-09-01", "2026-10-01", "2026-11-01", "2026-12-01"]
    assert told["figures"] == {"filed": [0, 0, 1, 0], "stock_after": [0, 0, 0, 0]}


async def test_unless_told_otherwise_it_is_the_last_thirty_days_or_twelve_months(solved: Matter):
    days, months = await trend(solved), await trend(solved, by="month")
    assert (days["at"][0], days["at"][-1], len(days["at"])) == ("2026-10-25", "2026-11-23", 30)
    assert (months["at"][0], months["at"][-1], len(months["at"])) == (
        "2025-12-01",
        "2026-11-01",
        12,
    )
    assert days["figures"]["reported"][-4] == months["figures"]["reported"][-1] == 1


async def test_a_part_of_the_city_a_channel_and_a_category_have_lines_of_their_own(solved: Matter):
    async def filed(**asked: str) -> int:
        return sum((await trend(solved, figures="filed", **asked))["figures"]["filed"])

    assert await filed(organisation=f"{EAST}-ZX", channel="grid", category="06010") == 1
    assert await filed(channel="hotline") == await filed(organisation=f"{EAST}-ZX", kind="event")
    assert await filed(kind="event") == 0


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "2026-08-01", "to": "2026-11-01"}, "from"),
        ({"from": "2024-11-30", "to": "2026-11-01", "by": "month"}, "from"),
        ({"from": "2026-08-01"}, "from"),
        ({"from": "2026-08-02", "to": "2026-08-01"}, "to"),
        ({"figures": "reported,beauty"}, "figures"),
    ],
)
async def test_what_is_too_long_or_unknown_is_refused(
    city: City, asked: dict[str, str], field: str
):
    top = await city.person(f"{CITY}-ZX", Role.SUPERVISOR)
    answer = await top.call("GET", "/v1/statistics/trend", params=asked)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
