"""A list from upload to force: its faults, its findings, what it would move, published, undone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from axe_playwright_python.async_playwright import Axe

from app.domain.area import Tier
from app.domain.authority import Role
from app.domain.organisation import Function
from app.domain.responsibility import Entry
from app.sheets import responsibility
from tests import given
from tests.browsing import Opener, Window
from tests.given import CITY, GRID, City

ENTRIES = given.entries()


async def administrator(city: City) -> str:
    return await city.key(f"{CITY}-ZX", Role.ADMINISTRATOR, name="张敏")


def sheet(folder: Path, entries: tuple[Entry, ...], name: str = "职责清单.xlsx") -> Path:
    path = folder / name
    responsibility.write(path, entries)
    return path


async def faultless(window: Window) -> None:
    found = await Axe().run(window.page)
    serious = [
        one for one in found.response["violations"] if one["impact"] in {"serious", "critical"}
    ]
    assert serious == []


async def upload(window: Window, path: Path, note: str = "") -> None:
    await window.go("/lists/drafts")
    await window.page.set_input_files("#file", path)
    await window.page.fill("#note", note)
    await window.page.click("form[data-sheet] button.primary")


async def settled(window: Window) -> None:
    """Wait until long work has brought its result."""
    await window.page.wait_for_selector(".waiting", state="detached")


async def test_a_list_is_uploaded_checked_tried_published_and_rolled_back(
    city: City, open_window: Opener, tmp_path: Path
):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    await worker.post(city.report("楼下一堆垃圾好臭"))
    window = await open_window(await administrator(city))
    page = window.page
    page.on("dialog", lambda dialog: dialog.accept())
    # Rubbish becomes the street's; the tree is taken out.
    changed = (replace(ENTRIES[0], level=Tier.STREET), ENTRIES[1], *ENTRIES[3:])
    await upload(window, sheet(tmp_path, changed), "垃圾上收镇街")
    await page.wait_for_url("**/lists/drafts/d1")
    await settled(window)
    told = await window.text()
    for said in ("垃圾上收镇街", "张敏", "须改正", "网格级", "镇街级", "SX-04002-1", "删除 1"):
        assert said in told
    await faultless(window)
    await page.click("text=查看检查结果")
    await settled(window)
    assert "层级错位" in await window.text()
    await faultless(window)
    await window.go("/lists/drafts/d1")
    await page.click("section[aria-labelledby=try] button")
    await settled(window)
    moved = await window.text()
    assert "第1网格网格队\t码头街道民生服务板块\t1" in moved
    assert "楼下一堆垃圾好臭" in moved
    await faultless(window)
    await window.go("/lists/drafts/d1")
    await page.click("section[aria-labelledby=publish] button.primary")
    await page.wait_for_url("**/lists/versions/2")
    assert "预定" in await window.text("h1 + .tag")
    await in_force(city, 2)
    # The page looks by itself whether it has come into force.
    await page.wait_for_selector("h1 + .tag.strong")
    await window.go("/lists")
    assert "共 4 条" in await window.text()
    await window.go("/lists/versions/1")
    assert "与现行版本相比" in await window.text("#diff")
    assert "SX-04002-1" in await window.text("#diff")
    await page.click("form[data-act$=roll-back] button.primary")
    await page.wait_for_url("**/lists/versions/3")
    assert "恢复第 1 版" in await window.text()
    assert "新增 1" in await window.text("#diff")
    assert (window.console, window.outside) == ([], [])


async def in_force(city: City, version: int) -> None:
    """Let a version's notice pass."""
    service = city.app.state.service
    city.clock.forward(seconds=6)
    async with service.database.reading() as tx:
        await service.library.follow(tx, now=city.clock.now())
    assert service.library.current(city.clock.now()).rulebook.version == version


async def test_a_sheet_with_faults_is_refused_with_each_row_and_column(
    city: City, open_window: Opener, tmp_path: Path
):
    bad = (
        replace(ENTRIES[0], lead=Function("nobody")),
        ENTRIES[1],
        replace(ENTRIES[2], code=ENTRIES[1].code),
    )
    window = await open_window(await administrator(city))
    await upload(window, sheet(tmp_path, bad, "bad.csv"))
    await window.page.wait_for_selector(".fault table")
    faults = await window.text(".fault table tbody")
    assert "2\tlead\t未知的职能 nobody" in faults
    assert "4\tentry\t与第3行重复" in faults
    assert "有 2 处错误" in await window.text(".fault")
    await faultless(window)
    # The console tells of the refusal's 422 and of nothing else.
    assert [one for one in window.console if "422" not in one] == []
    # The same form takes the mended sheet.
    await window.page.set_input_files("#file", sheet(tmp_path, ENTRIES[:3]))
    await window.page.click("form[data-sheet] button.primary")
    await window.page.wait_for_url("**/lists/drafts/d1")


async def test_a_draft_is_scheduled_withdrawn_and_thrown_away(
    city: City, open_window: Opener, tmp_path: Path
):
    window = await open_window(await administrator(city), english=True)
    page = window.page
    page.on("dialog", lambda dialog: dialog.accept())
    await upload(window, sheet(tmp_path, ENTRIES[:4]), "less")
    await page.wait_for_url("**/lists/drafts/d1")
    await page.fill("#at", "2026-12-01T00:00")
    await page.click("section[aria-labelledby=publish] button.primary")
    await page.wait_for_url("**/lists/versions/2")
    assert "12-01 00:00" in await window.text()
    await page.click("form[data-act$=withdraw] button")
    await page.wait_for_url("**/lists/versions")
    assert "withdrawn" in await window.text()
    await window.go("/lists/drafts/d1")
    await page.click("text=Throw it away")
    await page.click("form[data-method=DELETE] button")
    await page.wait_for_url("**/lists/drafts")
    assert "No drafts yet" in await window.text()
    assert (window.console, window.outside) == ([], [])


async def test_only_the_citys_administrator_throws_a_draft_away(city: City, tmp_path: Path):
    def asked(body: bytes) -> dict[str, Any]:
        return {
            "content": body,
            "headers": {"Content-Type": "text/csv"},
            "params": {"part": "list"},
        }

    admin = given.Person(city, await administrator(city))
    body = sheet(tmp_path, ENTRIES, "a.csv").read_bytes()
    assert (await admin.call("POST", "/v1/drafts", **asked(body))).status_code == 201
    head = await city.person(f"{CITY}-ZX", Role.SUPERVISOR)
    assert (await head.call("DELETE", "/v1/drafts/d1")).status_code == 403
    assert (await admin.call("DELETE", "/v1/drafts/d1")).status_code == 204
    for method, path in (("DELETE", "/v1/drafts/d1"), ("GET", "/v1/rulebooks/d1")):
        assert (await admin.call(method, path)).status_code == 404
