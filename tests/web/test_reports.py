"""Reports: the API's numbers beside what they were, each with its list, drawn and on paper."""

import io
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

import pytest
from axe_playwright_python.async_playwright import Axe
from python_calamine import CalamineWorkbook

from app.domain.authority import Role
from app.domain.measure import FIGURES, RATES, STOCKS
from app.web.report_columns import THEMES, Theme
from tests import counted
from tests.asking import Matter
from tests.browsing import Opener, SignedIn
from tests.given import CITY, EAST, GRID, HARBOUR, HILL, WEST, City

NOVEMBER = {"period": "2026-11"}


@pytest.fixture
async def late(city: City) -> Matter:
    """Work that was an hour late and closed the next day, and a branch nobody has taken on."""
    matter = await Matter.accepted(city)
    hill = {"code": "500101002001001"}
    await matter.worker.post(city.report("行道树的枯枝要掉下来了", place=hill))
    city.clock.forward(hours=7)
    await city.fire()
    await matter.worker.act(matter.id, "resolve")
    city.clock.forward(days=1)
    await matter.street.act(matter.id, "verify")
    await counted.count(city.app.state.service.database, city.clock.now())
    return matter


@pytest.fixture
async def page(late: Matter, signed_in: SignedIn) -> Any:
    """Gives a page as the head of a centre reads it."""

    async def read(path: str, *, area: str = CITY, english: bool = False, **asked: str) -> str:
        key = await late.city.key(f"{area}-ZX", Role.SUPERVISOR)
        headers = signed_in(key, english=english)
        answer = await late.city.client.get(path, params=asked or None, headers=headers)
        assert answer.status_code == 200, answer.text
        return re.sub(r"\s+", " ", unescape(answer.text))

    return read


def written(row: Any, key: str) -> str:
    if key not in RATES:
        return f"{row['figures'][key]['value']:,}"
    value = row["rates"][key]["value"]
    return "–" if value is None else f"{value * 100:.1f}%"


def name(key: str) -> str:
    return RATES[key].zh if key in RATES else FIGURES[key].zh if key in FIGURES else STOCKS[key][0]


def values(html: str) -> list[str]:
    found = re.findall(r'<span class="value">(?:<a [^>]*>)?([^<]*)', html)
    return [one.strip() for one in found]


@pytest.mark.parametrize("theme", list(Theme))
async def test_a_report_shows_the_very_numbers_of_the_api(late: Matter, page: Any, theme: Theme):
    html = await page("/reports", theme=theme.value)
    told = await late.top.get("/v1/statistics", by="organisation", **NOVEMBER)
    keys = THEMES[theme].all
    tiles = html.partition('id="total"')[2].partition('id="trend"')[0]
    labels = re.findall(r'<span class="label" title="[^"]*">([^<]*)</span>', tiles)
    assert labels == [name(key) for key in keys]
    assert values(tiles) == [written(told["total"], key) for key in keys]
    table = html.partition('<table class="figures">')[2]
    for row in told["rows"]:
        line = table.partition(f">{row['key']['name']}<")[2].partition("</tr>")[0]
        assert values(line) == [written(row, key) for key in keys]


async def test_what_is_shown_is_what_is_asked_for(late: Matter, page: Any):
    for asked in ({"channel": "hotline"}, {"category": "06010"}, {"kind": "item"}):
        html = await page("/reports", **asked)
        told = await late.top.get("/v1/statistics", **NOVEMBER, **asked)
        tiles = html.partition('id="total"')[2].partition('id="trend"')[0]
        keys = THEMES[Theme.OVERVIEW].all
        assert values(tiles) == [written(told["total"], key) for key in keys]
    for by in ("channel", "kind", "category", "day", "month"):
        html = await page("/reports", by=by)
        told = await late.top.get("/v1/statistics", by=by, **NOVEMBER)
        rows = re.findall(r'<th scope="row" class="name">([^<]*)</th>', html)
        assert [one.strip() for one in rows[:-1]] == [row["key"]["name"] for row in told["rows"]]


async def test_the_period_before_and_last_year_are_said_with_sign_and_word(late: Matter, page: Any):
    html = await page("/reports", span="day", at="2026-11-21")
    tiles = html.partition('id="total"')[2].partition('id="trend"')[0]
    reported = tiles.partition(">上报<")[2].partition("</li>")[0]
    assert "上期 2, 减 −2" in reported
    assert "去年 0" in reported
    english = await page("/reports", english=True, span="day", at="2026-11-21")
    assert "before 2, down −2" in english
    assert "last year 0" in english


async def test_every_figure_opens_its_units(late: Matter, page: Any):
    html = await page("/reports", theme="disposal")
    tiles = html.partition('id="total"')[2].partition('id="trend"')[0]
    links = re.findall(r'<a href="([^"]+)">([\d,]+)</a>', tiles)
    assert len(links) == len([key for key in THEMES[Theme.DISPOSAL].all if key not in RATES])
    for link, number in links:
        path, _, query = link.partition("?")
        units = await page(path, **dict(parse_qsl(query)))
        assert len(re.findall(r'<th scope="row"><a href="/units/', units)) == int(number)
    assert late.id in units or int(number) == 0


async def test_the_list_of_a_figure_is_a_workbook_as_well(late: Matter, sheet: Any):
    asked = {"figure": "overdue", "from": "2026-11-01", "to": "2026-11-30"}
    ((headings, *rows),) = (await sheet("/reports/units.xlsx", **asked)).values()
    assert headings[0] == "编号"
    assert [row[0] for row in rows] == [(await late.now())["number"]]


async def test_one_goes_down_by_name_and_up_again(late: Matter, page: Any):
    city = await page("/reports")
    assert f'<a href="/reports?organisation={EAST}-ZX">东江区治理中心</a>' in city
    east = await page("/reports", organisation=f"{EAST}-ZX")
    assert f'<a href="/reports?organisation={HARBOUR}-ZX">码头街道治理中心</a>' in east
    assert f'<a href="/reports?organisation={CITY}-ZX">山城市治理中心</a>' in east
    own = await page("/reports", area=EAST)
    assert f"organisation={CITY}-ZX" not in own


async def test_bodies_of_one_tier_and_kind_stand_together_by_their_rank(late: Matter, page: Any):
    html = await page("/reports", area=EAST, rank="overdue_rate")
    heading = html.index("镇街级 · 治理中心")
    assert heading < html.index(f"{HARBOUR}-ZX", heading)
    assert re.search(r'码头街道治理中心</a></th> ?<td class="number">1<span', html)


async def test_every_rate_says_its_formula_and_its_code(page: Any):
    html, english = await page("/reports"), await page("/reports", english=True)
    for key, rate in RATES.items():
        assert f"{rate.of} [{key}]" in html
        assert f"[{key}]" in english
    assert 'title="按期处置 / 应处置 [disposal_on_time_rate]"' in html
    assert "disposed of on time / to be disposed of [disposal_on_time_rate]" in english


async def test_nobody_sees_a_report_of_others(late: Matter, signed_in: SignedIn):
    headers = signed_in(await late.city.key(f"{HARBOUR}-ZX", Role.SUPERVISOR))
    paths = ("/reports", "/reports.xlsx", "/reports/monthly", "/reports/monthly.xlsx")
    for path in paths:
        for area in (EAST, WEST, HILL):
            asked = {"organisation": f"{area}-ZX"}
            answer = await late.city.client.get(path, params=asked, headers=headers)
            assert answer.status_code == 404
            assert "没有单位" in answer.text


@pytest.mark.parametrize(
    "asked",
    [{"span": "age"}, {"at": "1990-01-01"}, {"rank": "beauty"}, {"theme": "x"}, {"a": "b"}],
)
async def test_what_cannot_be_meant_is_refused_with_a_page(
    late: Matter, signed_in: SignedIn, asked: dict[str, str]
):
    headers = signed_in(await late.city.key(f"{CITY}-ZX", Role.SUPERVISOR))
    answer = await late.city.client.get("/reports", params=asked, headers=headers)
    assert answer.status_code == 422
    assert "<h1>" in answer.text


async def test_before_anything_is_counted_the_page_says_so(city: City, signed_in: SignedIn):
    headers = signed_in(await city.key(f"{CITY}-ZX", Role.SUPERVISOR))
    for path in ("/reports", "/reports/monthly"):
        answer = await city.client.get(path, headers=headers)
        assert answer.status_code == 200
        assert 'class="empty"' in answer.text


@pytest.fixture
async def sheet(late: Matter, signed_in: SignedIn) -> Any:
    """Gives the sheets of a workbook."""
    headers = signed_in(await late.city.key(f"{CITY}-ZX", Role.SUPERVISOR))

    async def read(path: str, **asked: str) -> dict[str, list[list[Any]]]:
        answer = await late.city.client.get(path, params=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
        return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}

    return read


async def test_every_table_is_a_workbook_with_chinese_headings(late: Matter, sheet: Any):
    headings, *rows = (await sheet("/reports.xlsx"))["本期"]
    assert headings[:5] == ["单位", "代码", "层级", "名次", "上报"]
    assert rows[-1][headings.index("超期")] == 1
    headings, *rows = (await sheet("/reports.xlsx", table="trend"))["本期"]
    assert headings[0] == "日期"
    assert [row[0] for row in rows[:-1]] == ["2026-11-20", "2026-11-21"]
    months = await sheet("/reports.xlsx", table="trend", span="year")
    assert months["本期"][0][0] == "月份"
    (headings, *rows), _ = (await sheet("/reports/monthly.xlsx")).values()
    assert headings[:5] == ["渠道", "层级", "上报", "上报上月", "上报环比(%)"]
    assert rows[-1][:3] == ["合计", "合计", 2]


async def test_the_month_is_channel_by_level_as_the_api_tells_it(late: Matter, page: Any):
    html = await page("/reports/monthly", **NOVEMBER)
    told = await late.top.get("/v1/statistics/monthly", **NOVEMBER)
    lines = re.findall(r"<tr>(?:(?!</tr>).)*</tr>", html.partition("</thead>")[2])
    assert len(lines) == len(told["rows"])
    for line, row in zip(lines, told["rows"], strict=True):
        assert values(line)[0] == written(row, "reported")
        assert values(line)[-1] == written(row, "stock_after")
    assert "period=2026-10" in html
    assert "period=2026-12" not in html


async def test_charts_are_drawn_within_the_policy_and_read_by_everybody(
    late: Matter, open_window: Opener
):
    key = await late.city.key(f"{CITY}-ZX", Role.SUPERVISOR)
    for english in (False, True):
        window = await open_window(key, english=english)
        await window.go("/reports?rank=disposal_rate")
        await window.page.wait_for_selector("[data-chart][data-drawn] canvas")
        drawn = window.page.locator("[data-chart][data-drawn]")
        assert await drawn.count() == await window.page.locator("[data-chart]").count() >= 2
        await window.page.locator(".chart .canvas").first.hover()
        await window.page.click(".chart summary >> nth=0")
        rows = window.page.locator(".chart tbody >> nth=0").locator("tr")
        assert await rows.count() == 30
        assert len([one for one in window.asked if "/live/" not in one]) <= 8
        found = await Axe().run(window.page)
        grave = [
            (one["id"], [node["html"] for node in one["nodes"]])
            for one in found.response["violations"]
            if one["impact"] in {"serious", "critical"}
        ]
        assert grave == []
        assert (window.console, window.outside) == ([], [])


async def test_a_line_shows_each_day_of_its_table(late: Matter, page: Any):
    html = await page("/reports")
    asked = {"from": "2026-10-23", "to": "2026-11-21", "figures": "reported,overdue"}
    told = await late.top.get("/v1/statistics/trend", **asked)
    table = html.partition('data-chart="line"')[2].partition("</table>")[0]
    rows = re.findall(r'<th scope="row">([^<]*)</th>((?: ?<td[^>]*>[^<]*</td>)+)', table)
    assert [label for label, _ in rows] == [day[5:] for day in told["at"]]
    numbers = [re.findall(r'data-value="([^"]*)"', cells) for _, cells in rows]
    assert [int(one[0]) for one in numbers] == told["figures"]["reported"]
    assert [int(one[2]) for one in numbers] == told["figures"]["overdue"]


async def test_a_body_of_the_lowest_tier_has_its_own_report(late: Matter, page: Any):
    html = await page("/reports", organisation=f"{GRID}-WG", subtree="false")
    assert "仅本单位" in html
    assert "网格队" in html.partition("<h1>")[2].partition("</h1>")[0]
