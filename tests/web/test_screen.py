"""The one screen: whose it is, what it counts, and that every figure opens the units behind it."""

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.domain.authority import Role
from app.web import screen
from tests import given
from tests.browsing import Opener, SignedIn
from tests.given import CITY, EAST, GRID, HARBOUR, HILL, WEST
from tests.web.filling import filled

FIGURE = re.compile(
    r'<a[^>]*href="((?:/reports)?/units\?[^"]*)"[^>]*>'
    r'(?:\s*<b>|<span aria-hidden="true">▲</span>|\s*)([\d,]+)'
)

LISTS = {"/units": "/v1/units", "/reports/units": "/v1/statistics/units"}
"""Where the API lists what a page lists."""


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pages wait for their figures on a slow machine, too."""
    monkeypatch.setattr(screen, "PATIENCE", 10.0)


async def page(
    city: given.City, headers: dict[str, str], path: str = "/screen", status: int = 200
) -> str:
    answer = await city.client.get(path, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.text


def heading(html: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", html)
    assert found
    return found[1]


async def test_everybody_begins_at_their_own_area(city: given.City, signed_in: SignedIn):
    for code, name in ((CITY, "山城市"), (EAST, "东江区"), (HARBOUR, "码头街道")):
        key = await city.key(f"{code}-ZX", Role.SUPERVISOR)
        assert heading(await page(city, signed_in(key))) == name
        assert heading(await page(city, signed_in(key, english=True))) == name


@pytest.mark.parametrize(
    ("body", "role"), [(f"{EAST}-PS", Role.DEPARTMENT), (f"{GRID}-WG", Role.GRID_WORKER)]
)
async def test_who_oversees_no_area_is_led_to_their_desk(
    city: given.City, signed_in: SignedIn, body: str, role: Role
):
    headers = signed_in(await city.key(body, role))
    answer = await city.client.get("/screen", headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/centre")
    await page(city, headers, f"/screen/{EAST}", 404)
    live = await city.client.get(f"/live/screen/{EAST}", headers=headers)
    assert live.status_code == 404


async def test_nobody_looks_beyond_their_area(city: given.City, signed_in: SignedIn):
    headers = signed_in(await city.key(f"{EAST}-ZX", Role.CLERK))
    assert heading(await page(city, headers, f"/screen/{HILL}")) == "坡上街道"
    for code in (CITY, WEST, "500102001", GRID, "nowhere"):
        refused = await page(city, headers, f"/screen/{code}", 404)
        assert code in refused


async def test_every_figure_opens_as_many_units_as_it_says(city: given.City, signed_in: SignedIn):
    there = await filled(city)
    seen = set()
    for key, codes in (
        (there.director, (CITY, EAST, WEST, HARBOUR)),
        (there.district, (EAST, HILL)),
        (there.street, (HARBOUR,)),
    ):
        for code in codes:
            html = await page(city, signed_in(key), f"/screen/{code}")
            assert "正在统计" not in html
            for address, said in set(FIGURE.findall(html)):
                where = urlsplit(unescape(address))
                asked = dict(parse_qsl(where.query))
                behind = await given.Person(city, key).get(LISTS[where.path], limit=200, **asked)
                assert len(behind["items"]) == int(said.replace(",", "")), (code, address)
                seen |= set(asked)
    assert seen == {
        *("open", "light", "state", "kind", "holder", "district", "street", "raised_to"),
        *("figure", "organisation", "from", "to", "subtree"),
    }


async def test_its_parts_say_where_it_is_slow(city: given.City, signed_in: SignedIn):
    there = await filled(city)
    html = await page(city, signed_in(there.director))
    assert html.index("/screen/500101") < html.index("/screen/500102"), "most overdue first"
    for part in ("超期最多的单位", "拖得最久", "提级到本中心", "正在发生", "各区县"):
        assert part in html
    assert f"/units/{there.late}" in html
    english = await page(city, signed_in(there.director, english=True))
    for part in ("Organisations with most overdue", "Late for longest", "As it happens"):
        assert part in english


async def test_an_empty_city_says_so(city: given.City, signed_in: SignedIn):
    html = await page(city, signed_in(await city.key(f"{CITY}-ZX", Role.CLERK)))
    for said in ("没有单位超期", "没有过了环节时限的案件", "没有提级的在办案件", "还没有记录"):
        assert said in html


async def test_an_open_screen_changes_as_it_happens(city: given.City, open_window: Opener):
    director = await city.key(f"{CITY}-ZX", Role.SUPERVISOR)
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    window = await open_window(director)
    await window.go("/screen")
    await window.page.wait_for_selector(".live.on")
    assert await window.text(".lamps .whole b") == "0"
    asked = len(window.asked)
    answer = await worker.post(city.report("路中间的井盖没得了"))
    number = answer.json()["unit"]["number"]
    await window.page.wait_for_selector(f"#screen-latest >> text={number}")
    await window.page.wait_for_selector(".lamps .whole b >> text=1")
    assert len(window.asked) == asked, "no reload"
    await window.page.click(".lamps .whole")
    await window.page.wait_for_url("**/units?open=true")
    assert number in await window.text()
    assert window.console == []
    assert window.outside == []
