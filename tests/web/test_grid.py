"""The grid worker's page: what it is made of, whom it tells what, and how little it asks for."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect
from starlette.types import Message, Receive, Scope, Send

from app.domain.authority import Role
from app.web import grid
from app.web.assets import ASSETS, address
from tests import browsing, given, rounds
from tests.browsing import Opener, SignedIn
from tests.conftest import COUNTED
from tests.given import City

SMALL, FEW = 150_000, 8


async def about(city: City, key: str) -> httpx.Response:
    return await city.client.get("/grid/me", headers={"Authorization": f"Bearer {key}"})


async def test_the_shell_is_the_same_for_everybody_and_holds_nobodys_data(
    city: City, signed_in: SignedIn
):
    one = await city.key(rounds.TEAM, Role.GRID_WORKER, name="王芳")
    other = await city.key(f"{given.EAST}-ZX", Role.SUPERVISOR, name="陈工")
    pages = [await city.client.get("/grid", headers=signed_in(key)) for key in (one, other)]
    english = await city.client.get("/grid", headers=signed_in(one, english=True))
    assert pages[0].text == pages[1].text
    assert "王芳" not in pages[0].text
    assert "script-src 'self'" in pages[0].headers["content-security-policy"]
    assert '<html lang="en">' in english.text
    assert "待签收" not in english.text


async def test_the_worker_may_answer_for_the_page_and_changes_with_what_it_keeps(city: City):
    answer = await city.client.get("/grid/worker.js")
    assert answer.headers["service-worker-allowed"] == "/grid"
    assert answer.headers["cache-control"] == "no-cache"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert grid.PAGE_ADDRESS in answer.text
    assert address("grid.css") in answer.text
    pinned = await city.client.get(grid.PAGE_ADDRESS)
    assert "immutable" in pinned.headers["cache-control"]


async def test_the_data_are_for_who_is_signed_in(city: City):
    for path in ("/grid/me", "/grid/categories"):
        answer = await city.client.get(path)
        assert answer.status_code == 401
    assert (await city.client.get("/grid")).status_code == 303


async def test_a_phone_learns_who_holds_it_and_where_they_work(city: City):
    answer = await about(city, await city.key(rounds.TEAM, Role.GRID_WORKER, name="王芳"))
    told = answer.json()
    assert (told["name"], told["is_grid_worker"], told["may_handle"]) == ("王芳", True, True)
    assert [one["code"] for one in told["places"]] == [given.GRID, given.QUAY, given.HARBOUR]
    assert told["places"][0]["name"] == "石板坡社区 第1网格"
    assert told["centre"]["phone"] == "023-00000001"
    again = await city.client.get(
        "/grid/me",
        headers={
            "Authorization": answer.request.headers["authorization"],
            "If-None-Match": answer.headers["etag"],
        },
    )
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("body", "role", "places"),
    [
        (f"{given.QUAY}-SQ", Role.GRID_WORKER, [given.QUAY, given.GRID, given.HARBOUR]),
        (f"{given.HARBOUR}-ZX", Role.CLERK, [given.HARBOUR, given.QUAY, given.GRID]),
    ],
)
async def test_whoever_is_over_grids_may_name_each(
    city: City, body: str, role: Role, places: list[str]
):
    told = (await about(city, await city.key(body, role))).json()
    assert [one["code"] for one in told["places"]] == places


async def test_the_categories_are_those_a_report_may_name(city: City):
    person = await rounds.worker(city)
    told = await person.get("/grid/categories")
    group = next(one for one in told["groups"] if one["class_"] == "事项")
    code, name = group["categories"][0]
    assert name == "垃圾裸露堆放"
    category = {"scheme": group["scheme"], "class": group["class_"], "code": code}
    answer = await person.post(city.report("这里有问题", category=category))
    assert answer.status_code == 201, answer.text


class Counting:
    """Counts what an application sends, headers and all, and how often it is asked."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.sent: dict[str, int] = {}
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def count(message: Message) -> None:
            size = len(message.get("body", b""))
            size += sum(len(name) + len(value) + 4 for name, value in message.get("headers", ()))
            self.sent[scope["path"]] = self.sent.get(scope["path"], 0) + size
            await send(message)

        self.asked.append(scope["path"])
        await self.app(scope, receive, count)


async def test_the_first_load_is_small_and_asks_little(
    city: City, record_property: Callable[[str, object], None]
):
    if browsing.CHROMIUM is None:
        pytest.skip(browsing.ABSENT)
    person = await rounds.worker(city)
    counting: Any = Counting(city.app)
    async with browsing.served(counting) as at, browsing.chromium() as browser:
        window = await browsing.open_window(browser, at, None, **rounds.PHONE)
        sealed = city.app.state.service.sessions.begin(person.key, city.clock.now())
        await window.context.add_cookies([{"name": "yiguan", "value": sealed, "url": at}])
        await window.go("/grid")
        await rounds.ready(window.page)
        await window.page.wait_for_load_state("networkidle")
        # A browser that installs the page fetches these besides.
        installed = sum(len(ASSETS[name].content) for name in ("grid.webmanifest", "grid-192.png"))
        total = sum(counting.sent.values()) + installed
        record_property(COUNTED, f"{total} bytes in {len(counting.asked)} requests")
        assert total < SMALL
        assert len(counting.asked) <= FEW
        assert (window.outside, window.console) == ([], [])


@pytest.mark.parametrize("english", [False, True])
async def test_every_view_can_be_used_by_everybody(city: City, open_window: Opener, english: bool):
    unit = await rounds.assigned(city)
    window = await rounds.phone_of(await rounds.worker(city), open_window, english=english)
    page = window.page
    await page.check("#handled")
    for view in ("report", "mine", "tasks", "outbox", f"unit/{unit}"):
        await page.evaluate("view => { location.hash = view }", view)
        await expect(page.locator(f"#view-{view.split('/')[0]}")).to_be_visible()
        await page.wait_for_load_state("networkidle")
        results = await Axe().run(page)
        grave = [
            (view, one["id"], [node["html"] for node in one["nodes"]])
            for one in results.response["violations"]
            if one["impact"] in {"serious", "critical"}
        ]
        assert grave == []
        small = await page.eval_on_selector_all(
            "button, .button, select, textarea, .tabs a, summary",
            "all => all.filter(one => one.offsetParent && one.offsetHeight < 48)"
            ".map(one => one.outerHTML)",
        )
        assert small == []
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= rounds.PHONE["width"]
    text = await page.inner_text("body")
    assert ("签收" in text, "Accept" in text) == (not english, english)
    assert window.console == []
