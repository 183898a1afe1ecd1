"""GET /v1/statistics: whose figures and of when, beside what they were, within one's scope."""

import io
from typing import Any
from urllib.parse import parse_qsl

import pytest
from python_calamine import CalamineWorkbook

from app.api.tables import XLSX
from app.domain.authority import Role
from tests import counted
from tests.asking import Matter
from tests.given import CITY, EAST, GRID, HARBOUR, WEST, City, Person

TEAM, STREET, DISTRICT, TOP = (f"{GRID}-WG", *(f"{area}-ZX" for area in (HARBOUR, EAST, CITY)))


@pytest.fixture
async def late(city: City) -> Matter:
    """A unit whose work was an hour late, resolved, and closed the next day."""
    matter = await Matter.accepted(city)
    city.clock.forward(hours=7)
    await city.fire()
    await matter.worker.act(matter.id, "resolve")
    city.clock.forward(days=1)
    await matter.street.act(matter.id, "verify")
    await counted.count(city.app.state.service.database, city.clock.now())
    return matter


async def statistics(who: Person, **asked: Any) -> Any:
    return await who.get("/v1/statistics", **asked)


async def listed(who: Person, link: str) -> list[str]:
    path, _, query = link.partition("?")
    return [one["id"] for one in (await who.get(path, **dict(parse_qsl(query))))["items"]]


def value(row: Any, key: str) -> Any:
    return row["figures"][key]["value"]


async def test_a_month_of_the_city_is_its_total_and_says_up_to_when(late: Matter):
    told = await statistics(late.top, period="2026-11")
    total = told["total"]
    assert {key: value(total, key) for key in ("reported", "filed", "to_dispose", "overdue")} == {
        "reported": 1,
        "filed": 1,
        "to_dispose": 1,
        "overdue": 1,
    }
    assert total["rates"]["disposal_on_time_rate"]["value"] == 0
    assert total["rates"]["disposal_rate"]["value"] == 1
    assert told["period"] == {"from": "2026-11-01", "to": "2026-11-30"}
    assert told["before"] == {"from": "2026-10-01", "to": "2026-10-31"}
    assert told["as_of"] == "2026-11-21T08:30:00+00:00"
    assert value(total, "stock_after") == 0


async def test_rows_by_organisation_add_up_to_the_total_on_each_tier(late: Matter):
    for who, body in ((late.top, TOP), (late.district, DISTRICT), (late.street, STREET)):
        told = await statistics(who, organisation=body, by="organisation", period="2026-11")
        for key in ("reported", "resolved", "closed", "stock_new"):
            assert sum(value(row, key) for row in told["rows"]) == value(told["total"], key) == 1


async def test_rows_by_day_channel_kind_and_category_add_up_as_well(late: Matter):
    for by in ("day", "month", "channel", "kind", "category"):
        told = await statistics(late.top, by=by, period="2026-11")
        assert sum(value(row, "closed") for row in told["rows"]) == 1, by
    days = await statistics(late.top, by="day", period="2026-11")
    assert [row["key"]["code"] for row in days["rows"]] == ["2026-11-20", "2026-11-21"]
    assert [value(row, "stock_before") for row in days["rows"]] == [0, 1]
    assert [value(row, "stock_after") for row in days["rows"]] == [1, 0]


async def test_the_period_before_and_last_year_stand_beside(late: Matter):
    told = await statistics(late.top, **{"from": "2026-11-21", "to": "2026-11-21"})
    assert told["total"]["figures"]["resolved"] | {"list": ""} == {
        "value": 0,
        "before": 1,
        "last_year": 0,
        "list": "",
    }
    assert told["total"]["figures"]["stock_before"]["value"] == 1


async def test_a_filter_leaves_what_it_says(late: Matter):
    async def filed(**asked: str) -> Any:
        return value((await statistics(late.top, **asked))["total"], "filed")

    assert await filed(channel="grid") == await filed(kind="item") == 1
    assert await filed(category="06010") == await filed(category="SX-06010-1") == 1
    assert await filed(channel="hotline") == await filed(kind="event") == 0
    assert await filed(category="01002") == 0
    assert await filed(organisation=WEST + "-ZX") == 0


async def test_bodies_are_ranked_among_their_like(late: Matter):
    told = await statistics(late.street, by="organisation", rank="overdue_rate", period="2026-11")
    ranks = {row["key"]["code"]: row["rank"] for row in told["rows"]}
    assert {"place": 1, "of": 1} in ranks.values()
    answer = await late.street.call("GET", "/v1/statistics", params={"rank": "beauty"})
    assert answer.status_code == 422
    assert "disposal_rate" in answer.json()["allowed"]


async def test_every_figure_opens_the_list_of_its_units(late: Matter):
    for by in (None, "organisation", "day", "month", "channel", "kind", "category"):
        asked = {"by": by} if by else {}
        told = await statistics(late.top, period="2026-11", **asked)
        for row in (*told["rows"], told["total"]):
            for key in ("overdue", "to_dispose", "closed", "closed_on_time", "stock_before"):
                one = row["figures"][key]
                assert await listed(late.top, one["list"]) == [late.id] * one["value"], (by, key)


async def test_the_officials_month_opens_its_lists_too(late: Matter):
    told = await late.top.get("/v1/statistics/monthly", period="2026-11")
    for row in told["rows"]:
        for key in ("reported", "resolved", "stock_after"):
            one = row["figures"][key]
            assert await listed(late.top, one["list"]) == [late.id] * one["value"]


async def test_who_is_asked_about_has_a_place_among_those_beside_it(late: Matter):
    async def place(who: Person, **asked: str) -> Any:
        told = await statistics(who, rank="overdue_rate", period="2026-11", **asked)
        return told["total"]["rank"]

    assert await place(late.district, place="true") == {"place": 1, "of": 1}
    assert await place(late.district) is None
    assert await place(late.top, place="true") is None


async def test_what_was_solved_stands_beside_what_was_in_time(late: Matter):
    await late.street.act(late.id, "rate", grade="unsatisfied", reason="仍有垃圾")
    await counted.count(late.city.app.state.service.database, late.city.clock.now())
    told = await statistics(late.district, by="organisation", period="2026-11")
    (row,) = [one for one in told["rows"] if one["key"]["code"] == STREET]
    shares = ("reopening_rate", "satisfaction_rate", "recurrence_rate", "closing_on_time_rate")
    assert {key: row["rates"][key]["value"] for key in shares} == {
        "reopening_rate": 1,
        "satisfaction_rate": 0,
        "recurrence_rate": 0,
        "closing_on_time_rate": 0,
    }


async def test_nobody_sees_figures_outside_their_subtree(late: Matter):
    for other in (DISTRICT, WEST + "-ZX"):
        answer = await late.street.call("GET", "/v1/statistics", params={"organisation": other})
        assert answer.status_code == 404
        assert answer.json()["errors"][0]["field"] == "organisation"


@pytest.mark.parametrize(
    "asked",
    [
        {"period": "2026-13"},
        {"period": "November"},
        {"from": "2026-11-02"},
        {"from": "2026-11-02", "to": "2026-11-01"},
        {"from": "2026-11-01", "to": "2026-11-02", "period": "2026"},
        {"period": "2026", "from": "2026-11-01"},
        {"from": "2021-01-01", "to": "2026-11-01"},
        {"from": "2025-01-01", "to": "2026-11-01", "by": "day"},
    ],
)
async def test_a_period_that_cannot_be_meant_is_refused(late: Matter, asked: dict[str, str]):
    answer = await late.top.call("GET", "/v1/statistics", params=asked)
    assert answer.status_code == 422, answer.text


async def sheets(who: Person, path: str, **asked: str) -> dict[str, list[list[Any]]]:
    answer = await who.call("GET", path, params=asked, headers={"Accept": XLSX})
    assert answer.status_code == 200, answer.text
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


async def test_the_office_gets_it_as_a_workbook_with_chinese_headings(late: Matter):
    found = await sheets(late.top, "/v1/statistics", by="organisation", period="2026-11")
    assert list(found) == ["本期", "上期", "上年同期", "说明"]
    headings, *rows = found["本期"]
    assert headings[:6] == ["单位", "代码", "层级", "名次", "上报", "反复上报"]
    assert "按期处置率(%)" in headings
    assert rows[-1][0] == "合计"
    assert rows[-1][headings.index("超期")] == 1


async def test_the_officials_month_is_channel_by_level_with_the_month_before(late: Matter):
    told = await late.top.get("/v1/statistics/monthly", period="2026-11")
    cells = [
        (row["channel"] and row["channel"]["code"], row["level"] and row["level"]["code"])
        for row in told["rows"]
    ]
    assert cells == [("grid", "street"), ("grid", "grid"), (None, None)]
    assert value(told["rows"][1], "resolved") == value(told["rows"][2], "resolved") == 1
    found = await sheets(late.top, "/v1/statistics/monthly", period="2026-11")
    headings, *rows = found["2026-11 月报"]
    assert headings[:5] == ["渠道", "层级", "上报", "上报上月", "上报环比(%)"]
    assert rows[-1][:3] == ["合计", "合计", 1]


async def test_before_anything_is_counted_there_are_no_figures(city: City):
    top = await city.person(TOP, Role.SUPERVISOR)
    told = await statistics(top)
    assert told["as_of"] is None
    assert told["period"] == {"from": "2026-11-01", "to": "2026-11-30"}
    assert value(told["total"], "reported") == 0
