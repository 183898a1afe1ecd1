"""A report from a phone without network to its end: three people, and a director who looks on."""

from playwright.async_api import Locator, Page, expect

from app.domain.authority import Role
from tests import given, rounds
from tests.browsing import Opener
from tests.given import CITY, HARBOUR, City

UNSURE = "这里有点不对劲你们来看看"
ENTRY = "SX-04002-1"


async def picks_up(page: Page, title: str) -> None:
    """Open a unit from the desk's queue, which shows it by itself."""
    await page.locator("#queue a.opens", has_text=title).click()
    await expect(page.locator("#pane #panel-title")).to_have_text(title)


async def asked(page: Page, action: str) -> Locator:
    """The form of an action: the next in the loop is open, the others are opened."""
    form = page.locator(f"form[data-act$=':{action}']").first
    await form.wait_for(state="attached")
    if not await form.is_visible():
        await page.locator("details.act", has=form).locator("> summary").click()
    return form


async def does(page: Page, form: Locator) -> None:
    await form.locator("button.primary, button.grave").click()
    await expect(page.locator("#toasts")).to_contain_text(given.EAST)


async def stands(page: Page, state: str) -> None:
    await expect(page.locator("#panel .tag.strong").first).to_have_text(state)


async def test_a_report_goes_from_a_phone_without_network_to_its_end_before_the_directors_eyes(
    city: City, open_window: Opener
):
    director = await open_window(await city.key(f"{CITY}-ZX", Role.SUPERVISOR, name="周主任"))
    clerk = await open_window(await city.key(f"{HARBOUR}-ZX", Role.CLERK, name="向素芬"))
    board = await open_window(await city.key(f"{HARBOUR}-MS", Role.DEPARTMENT, name="谢磊"))
    phone = await rounds.phone_of(await rounds.worker(city, name="冉光荣"), open_window)
    await director.go("/screen")
    await clerk.go("/centre")
    await board.go("/centre")
    await director.page.evaluate("window.stays = true")
    open_units = director.page.locator("#screen-figures .whole b")
    latest = director.page.locator("#screen-latest li").first
    await expect(open_units).to_have_text("0")

    await phone.context.set_offline(True)
    await rounds.take(phone.page, "#photos", rounds.photo())
    await rounds.tell(phone.page, UNSURE)
    await rounds.waits(phone.page, 1)
    await expect(open_units).to_have_text("0")
    await phone.context.set_offline(False)
    await rounds.waits(phone.page, 0)
    await expect(open_units).to_have_text("1")

    await picks_up(clerk.page, UNSURE)
    filing = await asked(clerk.page, "file")
    await filing.get_by_label("查找: 职责条目").fill("枯枝")
    await filing.locator("[name=entry]").select_option(ENTRY)
    await does(clerk.page, filing)
    await expect(latest).to_contain_text("派遣")

    await picks_up(board.page, "行道树枯枝")
    await does(board.page, await asked(board.page, "accept"))
    await stands(board.page, "已签收")
    await expect(latest).to_contain_text("签收")
    resolving = await asked(board.page, "resolve")
    await resolving.locator("[name=reason]").fill("已锯除枯枝")
    await resolving.locator("input[type=file]").set_input_files(
        [rounds.photo("修剪后.png", 40, 30)]
    )
    await does(board.page, resolving)
    await expect(latest).to_contain_text("办结")

    await picks_up(clerk.page, "行道树枯枝")
    await clerk.page.click("#panel-title a")
    await expect(clerk.page.locator("img[alt*='修剪后.png']")).to_be_visible()
    await does(clerk.page, await asked(clerk.page, "verify"))
    await expect(open_units).to_have_text("0")
    await expect(latest).to_contain_text("结案")
    assert await director.page.evaluate("window.stays")

    await rounds.turn_to(phone.page, "mine")
    await expect(phone.page.locator("#view-mine .card")).to_contain_text("已结案")
    for window in (director, clerk, board, phone):
        assert window.outside == []
    for window in (director, clerk, board):
        assert window.console == []
