"""Every page, as each person sees it, in both languages, on a desk and on a wall."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from fastapi.routing import iter_route_contexts
from playwright.async_api import Browser

from app.main import create_app
from app.settings import Settings
from app.sheets import responsibility
from app.web.routing import PageRoute
from tests import browsing, given
from tests.browsing import Window
from tests.conftest import NOW, cloned, running
from tests.web.filling import Filled, filled

PAGES = (
    ("director", "/screen"),
    ("director", f"/screen/{given.EAST}"),
    ("director", "/reports"),
    ("director", "/reports/monthly"),
    ("director", "/reports/units?figure=reported&from=2026-11-01&to=2026-11-30"),
    ("director", "/units"),
    ("administrator", "/lists"),
    ("administrator", "/lists/entries/SX-06010-1"),
    ("administrator", "/lists/versions"),
    ("administrator", "/lists/versions/1"),
    ("administrator", "/lists/drafts"),
    ("administrator", "/lists/drafts/d1"),
    ("administrator", "/lists/check"),
    ("administrator", "/lists/trial"),
    ("administrator", "/lists/try"),
    ("district", f"/centre/{given.EAST}-ZX"),
    ("district", "/units/{event}"),
    ("street", "/centre"),
    ("street", "/units/{waiting}"),
    ("department", "/centre"),
    ("department", "/units/{late}"),
    ("worker", "/grid"),
    ("worker", "/units/{closed}"),
    ("nobody", "/sign-in"),
)
"""Who looks at what."""
PARTS = re.compile(
    r"/(language)?$|/live/|/units/pick/|\.xlsx$|/(body|panel|log|bulk|duty|counts|sheet)$"
)
"""What pages are put together of, and what is no page."""
MOST = 8
"""Requests that a page may need."""
LEAKS = re.compile(r"\{\{|\{%|: None\b|\bundefined\b|\bNaN\b|\[object |\bnull\b|<[A-Z]\w+\.")
SETTLED = "() => !document.querySelector('.htmx-request')"
FITS = "() => document.scrollingElement.scrollWidth <= window.innerWidth"
SERIOUS = frozenset({"serious", "critical"})
WHOLE: Mapping[str, Any] = {
    "status": 200,
    "has_title": True,
    "h1": 1,
    "leaks": [],
    "outside": [],
    "too_many": [],
    "serious": [],
    "fits_desk": True,
    "fits_wall": True,
    "console": [],
}
WALL = {"width": 3840, "height": 2160}
DESK = {"width": 1280, "height": 800}


@dataclass(frozen=True)
class Town:
    """The small city with people at work in it, and a browser to look at it with."""

    people: Filled
    address: str
    browser: Browser

    async def window(self, person: str, *, english: bool) -> Window:
        key = None if person == "nobody" else getattr(self.people, person)
        return await browsing.open_window(self.browser, self.address, key, english=english)


@pytest.fixture(scope="module")
async def town(
    server_url: str, template: str, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    clock, folder = given.HandClock(NOW), tmp_path_factory.mktemp("town")
    async with (
        cloned(server_url, template) as url,
        running(url, clock, folder) as city,
        browsing.served(city.app) as address,
    ):
        people = await filled(city)
        await drafted(city, people.administrator, folder)
        yield Town(people, address, browser)


async def drafted(city: given.City, key: str, folder: Path) -> None:
    """A list that is not in force yet, without its first entry."""
    responsibility.write(folder / "list.csv", given.entries()[1:])
    answer = await given.Person(city, key).call(
        "POST",
        "/v1/drafts",
        params={"part": "list"},
        content=(folder / "list.csv").read_bytes(),
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 201, answer.text


def test_no_page_is_left_out():
    settings = Settings(home=Path("/nonexistent"), secret_key=(bytes(32),))
    contexts = iter_route_contexts(create_app(settings).routes)
    routes = [one for one in contexts if isinstance(one.original_route, PageRoute)]
    known = {str(one.path) for one in routes if "GET" in (one.methods or ())}
    patterns = {path: re.compile(re.sub(r"\{\w+(:path)?\}", "[^/]+", path)) for path in known}
    shown = [path.partition("?")[0] for _, path in PAGES]
    seen = {path for path in known for one in shown if patterns[path].fullmatch(one)}
    assert {path for path in known - seen if not PARTS.search(path)} == set()


@pytest.mark.parametrize("english", [False, True], ids=["zh", "en"])
@pytest.mark.parametrize("person", dict.fromkeys(person for person, _ in PAGES))
async def test_a_persons_pages_are_whole(town: Town, person: str, *, english: bool):
    window = await town.window(person, english=english)
    try:
        for path in [path for one, path in PAGES if one == person]:
            seen = await look(window, path.format_map(vars(town.people)), english=english)
            assert seen == {**WHOLE, "lang": "en" if english else "zh-CN"}, path
    finally:
        await window.context.close()


async def look(window: Window, path: str, *, english: bool) -> dict[str, Any]:
    """What somebody meets with on a page, on a desk and then on a wall."""
    page = window.page
    await page.goto("about:blank")
    window.asked.clear()
    window.console.clear()
    await page.set_viewport_size(DESK)
    answer = await page.goto(f"{window.address}{path}", wait_until="load")
    await page.wait_for_timeout(150)
    await page.wait_for_function(SETTLED)
    text, title = await page.inner_text("body"), await page.title()
    seen = {
        "status": answer and answer.status,
        "lang": await page.get_attribute("html", "lang"),
        "has_title": bool(title.partition(" · ")[0].strip()),
        "h1": await page.locator("h1").count(),
        "leaks": LEAKS.findall(title + text),
        "outside": window.outside,
        "too_many": window.asked[MOST:],
        # The same elements in either language; a look takes seconds.
        "serious": [] if english else await serious(window),
        "fits_desk": await page.evaluate(FITS),
    }
    await page.set_viewport_size(WALL)
    return {**seen, "fits_wall": await page.evaluate(FITS), "console": list(window.console)}


async def serious(window: Window) -> list[tuple[str, str]]:
    """The faults that keep somebody out: rule and place."""
    found = (await Axe().run(window.page)).response["violations"]
    return [
        (one["id"], node["html"])
        for one in found
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]
