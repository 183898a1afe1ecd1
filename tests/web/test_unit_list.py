"""Lists of units: what stands behind figures, narrowed by what the API narrows them by."""

import io
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx
import pytest
from python_calamine import CalamineWorkbook

from app.domain.authority import Role
from tests import given
from tests.asking import Matter
from tests.browsing import Opener, SignedIn
from tests.given import CITY, EAST, GRID, HARBOUR, WEST

TREE = "行道树的枯枝要掉下来了"


@dataclass
class Reader:
    """Somebody signed in who reads pages."""

    client: httpx.AsyncClient
    headers: dict[str, str]

    async def get(self, path: str, **asked: Any) -> httpx.Response:
        return await self.client.get(path, params=asked or None, headers=self.headers)

    async def text(self, path: str, **asked: Any) -> str:
        answer = await self.get(path, **asked)
        assert answer.status_code == 200, answer.text
        return unescape(answer.text)


@pytest.fixture
async def matter(city: given.City) -> Matter:
    """An accepted heap of rubbish, and a dead branch nobody has taken on."""
    found = await Matter.accepted(city, text="楼下一堆垃圾好臭")
    await found.worker.post(city.report(TREE))
    return found


@pytest.fixture
async def reading(city: given.City, signed_in: SignedIn) -> Callable[..., Awaitable[Reader]]:
    """Gives the head of a centre at their pages."""

    async def of(area: str = CITY) -> Reader:
        return Reader(city.client, signed_in(await city.key(f"{area}-ZX", Role.SUPERVISOR)))

    return of


Reading = Callable[..., Awaitable[Reader]]


def numbers(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/units/[0-9a-f-]{36}">([^<]+)</a>', page)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"state": "accepted"},
        {"kind": "event"},
        {"district": EAST, "street": HARBOUR},
        {"district": WEST},
        {"holder": f"{GRID}-WG"},
        {"light": "green", "overdue": "false"},
        {"updated_since": "2026-11-20T09:30:00+08:00"},
        {"raised": "true"},
    ],
)
async def test_a_list_shows_just_what_the_api_lists(
    matter: Matter, reading: Reading, asked: dict[str, str]
):
    page = await (await reading()).text("/units", **asked)
    told = await matter.top.get("/v1/units", **asked)
    assert numbers(page) == [one["number"] for one in told["items"]]
    assert ("没有同时符合这些条件的案件" in page) == (not told["items"])


async def test_what_a_list_is_narrowed_to_is_said_and_can_be_taken_away(
    matter: Matter, reading: Reading
):
    page = await (await reading()).text("/units", state="accepted", district=EAST)
    chips = re.findall(r'<span class="soft">(\S+)</span> <b>(\S+)</b>\s*<a href="([^"]+)"', page)
    assert chips == [
        ("状态", "已签收", f"/units?district={EAST}"),
        ("区县", "东江区", "/units?state=accepted"),
    ]


async def test_a_form_with_fields_left_empty_leads_to_the_plain_address(
    matter: Matter, reading: Reading
):
    someone = await reading()
    asked = {"state": "accepted", "kind": "", "light": " ", "updated_since": "2026-11-20T08:00"}
    answer = await someone.get("/units", **asked)
    assert answer.status_code == 303
    target = "/units?state=accepted&updated_since=2026-11-20T08%3A00%3A00%2B08%3A00"
    assert answer.headers["location"] == target
    assert len(numbers(await someone.text(target))) == 1


async def test_pages_follow_one_another_to_the_end(matter: Matter, reading: Reading):
    someone, seen = await reading(), []
    page = await someone.text("/units", limit="1")
    for _ in range(2):
        seen += numbers(page)
        (following,) = re.findall(r'href="([^"]+)" rel="next"', page)
        page = await someone.text(following)
    assert "后面没有了" in page
    told = await matter.top.get("/v1/units")
    assert seen == [one["number"] for one in told["items"]]
    assert 'href="/units?limit=1">回到第一页' in page


async def test_the_same_list_is_a_workbook(matter: Matter, reading: Reading):
    someone = await reading()
    page = await someone.text("/units", state="accepted")
    (link,) = re.findall(r'href="(/units\.xlsx[^"]*)"', page)
    answer = await someone.get(link)
    assert answer.status_code == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    headings, *rows = book.get_sheet_by_index(0).to_python()
    assert headings[:4] == ["编号", "类型", "标题", "状态"]
    assert [row[0] for row in rows] == numbers(page)


async def test_the_search_box_leads_to_the_unit_of_a_number(matter: Matter, reading: Reading):
    someone = await reading()
    number = (await matter.now())["number"]
    answer = await someone.get("/units", number=f" {number} ")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/units/{number}")


async def test_a_number_that_is_nobodys_or_not_mine_is_said_plainly(
    matter: Matter, reading: Reading
):
    number = (await matter.now())["number"]
    for area, asked in ((CITY, "500101-1999-1"), (WEST, number), (CITY, "<b>")):
        answer = await (await reading(area)).get("/units", number=asked)
        assert answer.status_code == 404
        assert "没有找到案件" in answer.text
        assert asked in unescape(answer.text)
        assert "<b>" not in answer.text.partition("<main")[2]


@pytest.mark.parametrize("asked", [{"state": "gone"}, {"colour": "red"}, {"cursor": "x"}])
async def test_an_address_that_means_nothing_is_refused_with_a_page(
    matter: Matter, reading: Reading, asked: dict[str, str]
):
    answer = await (await reading()).get("/units", **asked)
    assert answer.status_code == 422
    assert "<h1>" in answer.text


async def test_one_chooses_among_the_places_that_one_sees(matter: Matter, reading: Reading):
    top = await (await reading()).text("/units")
    assert "西岭区" in top
    assert 'id="by-street"' not in top
    east = await (await reading()).text("/units", district=EAST)
    assert "坡上街道" in east
    street = await (await reading(HARBOUR)).text("/units")
    assert 'id="by-district"' not in street
    assert 'id="by-street"' not in street


async def test_a_clerk_narrows_a_list_and_opens_the_whole_again(
    matter: Matter, open_window: Opener
):
    key = await matter.city.key(f"{CITY}-ZX", Role.SUPERVISOR)
    for english, chosen in ((False, "已签收"), (True, "accepted")):
        window = await open_window(key, english=english)
        await window.go("/units")
        assert await window.page.locator("table.units tbody tr").count() == 2
        await window.page.select_option("#by-state", label=chosen)
        await window.page.click("form.narrowing button.primary")
        assert window.page.url.endswith("/units?state=accepted")
        assert await window.page.locator("table.units tbody tr").count() == 1
        await window.page.click(".chip a")
        assert window.page.url.endswith("/units")
        assert (window.console, window.outside) == ([], [])
