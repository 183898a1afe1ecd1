"""What is done twice by hand, or sent twice by a line that breaks, is done once."""

from playwright.async_api import Page, Route, expect

from app.domain.authority import Role
from tests import given, rounds
from tests.browsing import Opener
from tests.given import City, Person


async def count_of(person: Person, unit: str, action: str) -> int:
    log = await person.get(f"/v1/units/{unit}/steps", limit=200)
    return sum(one["action"] == action for one in log["items"])


async def test_a_double_tap_is_one_report_with_the_photo_that_was_still_being_shrunk(
    city: City, open_window: Opener
):
    person = await rounds.worker(city)
    window = await rounds.phone_of(person, open_window)
    page = window.page
    await page.fill("#text", rounds.TEXT)
    large = rounds.photo(width=5000, height=4000)
    await page.set_input_files("#photos input[type=file]", [large])
    await page.dblclick("#report .primary")
    await expect(page.locator("#text")).to_have_value("")
    await rounds.waits(page, 0)
    mine = (await person.get("/v1/me/events"))["items"]
    assert len(mine) == 1
    unit = mine[0]["unit"]["id"]
    assert len((await person.get(f"/v1/units/{unit}/attachments"))["items"]) == 1


class Breaking:
    """A line that loses the first answer, though the service has done what was asked."""

    def __init__(self, status: int | None) -> None:
        self.calls = 0
        self._status = status

    async def __call__(self, route: Route) -> None:
        self.calls += 1
        if self.calls > 1:
            await route.continue_()
            return
        await route.fetch()
        if self._status is None:
            await route.abort()
        else:
            html = "<html>Bad Gateway</html>"
            await route.fulfill(status=self._status, content_type="text/html", body=html)


async def noted(page: Page, text: str) -> None:
    form = page.locator("form[data-act$=':note']")
    await form.evaluate("form => form.closest('details')?.setAttribute('open', '')")
    await form.locator("[name=reason]").fill(text)
    await form.locator("button.primary, button[type=submit]").first.click()


async def test_what_a_broken_line_makes_one_send_again_is_done_once(
    city: City, open_window: Opener
):
    clerk = await city.person(f"{given.HARBOUR}-ZX", Role.CLERK)
    unit = (await clerk.post(city.report())).json()["unit"]["id"]
    window = await open_window(clerk.key)
    page = window.page
    for done, status in enumerate((502, None), 1):
        breaking = Breaking(status)
        await page.route("**/v1/units/*:note", breaking)
        await window.go(f"/units/{unit}")
        await noted(page, f"第 {done} 次")
        fault = page.locator("form[data-act$=':note'] .fault")
        await expect(fault).to_be_visible()
        assert await count_of(clerk, unit, "note") == done
        await noted(page, f"第 {done} 次")
        await expect(fault).to_have_count(0)
        assert (breaking.calls, await count_of(clerk, unit, "note")) == (2, done)
        await page.unroute("**/v1/units/*:note")
