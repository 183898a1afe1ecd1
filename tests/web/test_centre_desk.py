"""At the desk, in a browser: claiming, acting on many, deciding, and what others do meanwhile."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from app.domain.authority import Role
from tests.asking import Matter
from tests.browsing import Opener, Window
from tests.given import GRID, HARBOUR, QUAY, City

CENTRE, TEAM = f"{HARBOUR}-ZX", f"{GRID}-WG"
TEXTS = ("说不清楚是啥子事情", "这里有点不对劲你们来看看", "树和坑")


@pytest.fixture
async def unsure(city: City) -> list[dict[str, Any]]:
    """Three units that the street's clerks are to judge, as the queue shows them."""
    worker = await city.person(TEAM, Role.GRID_WORKER)
    for text in TEXTS:
        answer = await worker.post(city.report(text, place={"code": QUAY}))
        assert answer.status_code == 201, answer.text
    clerk = await city.person(CENTRE, Role.CLERK)
    found = await clerk.get(f"/v1/organisations/{CENTRE}/queue", view="triage")
    return list(found["items"])


async def at_desk(open_window: Opener, city: City, name: str, path: str = "/centre") -> Window:
    window = await open_window(await city.key(CENTRE, Role.CLERK, name=name))
    await window.go(path)
    return window


def row(page: Page, unit: dict[str, Any]) -> Any:
    return page.locator(f"#unit-{unit['id']}")


async def test_what_one_clerk_claims_the_other_sees_without_asking(
    city: City, open_window: Opener, unsure: list[dict[str, Any]]
):
    one = await at_desk(open_window, city, "王晓燕")
    other = await at_desk(open_window, city, "陈静")
    await one.page.click("#claim button")
    await expect(row(one.page, unsure[0])).to_contain_text("我已领取")
    await expect(one.page.locator(".toast").last).to_contain_text(unsure[0]["number"])
    # Who claims is led to it.
    await expect(one.page.locator("#pane")).to_contain_text(unsure[0]["title"])
    await expect(one.page.locator("#pane")).to_be_focused()
    await expect(row(other.page, unsure[0])).to_contain_text("王晓燕")
    await expect(other.page.locator("#views")).to_contain_text("已领取 1")

    # While she works at it, it stays hers.
    city.clock.forward(minutes=6)
    await one.page.evaluate("document.getElementById('live').dispatchEvent(new Event('changed'))")
    await expect(row(one.page, unsure[0]).locator(".lease")).to_have_text("9 分钟")
    await one.page.evaluate("keep()")
    clerk = await city.person(CENTRE, Role.CLERK, name="王晓燕")
    claim = (await clerk.get(f"/v1/units/{unsure[0]['id']}"))["claim"]
    assert claim["until"] == "2026-11-20T01:51:00Z"

    await row(one.page, unsure[0]).get_by_role("button", name="放回").click()
    await expect(row(other.page, unsure[0])).not_to_contain_text("王晓燕")
    await expect(row(one.page, unsure[0])).not_to_contain_text("我已领取")
    assert [*one.console, *other.console, *one.outside, *other.outside] == []


async def test_what_leaves_the_list_under_somebodys_hand_is_told_and_nothing_else_moves(
    city: City, open_window: Opener, unsure: list[dict[str, Any]]
):
    window = await at_desk(open_window, city, "陈静", "/centre?view=triage")
    page = window.page
    first, gone, last = unsure
    await row(page, last).locator(".tick").check()
    await page.focus(f"#open-{first['id']}")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator(f"#open-{gone['id']}")).to_be_focused()
    colleague = await city.person(CENTRE, Role.CLERK, name="王晓燕")
    await colleague.act(gone["id"], "decline", reason="重复")
    await expect(row(page, gone)).to_have_count(0)
    await expect(page.locator(".toast")).to_contain_text(f"{gone['number']} 已不在此视图")
    await expect(page.locator(f"#open-{last['id']}")).to_be_focused()
    await expect(row(page, last).locator(".tick")).to_be_checked()
    await expect(page.locator("#ticked-count")).to_have_text("1")


async def test_by_keyboard_alone_from_the_list_into_the_unit_and_back(
    city: City, open_window: Opener, unsure: list[dict[str, Any]]
):
    window = await at_desk(open_window, city, "陈静")
    page = window.page
    await page.focus(f"#open-{unsure[0]['id']}")
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await expect(row(page, unsure[1]).locator(".tick")).to_be_checked()
    await page.keyboard.press("Enter")
    await expect(page.locator("#pane")).to_be_focused()
    await expect(page.locator("#pane h2")).to_contain_text(unsure[1]["title"])
    assert f"unit={unsure[1]['id']}" in page.url
    await page.keyboard.press("Escape")
    await expect(page.locator(f"#open-{unsure[1]['id']}")).to_be_focused()
    # The address leads somebody else, or a reload, to the same unit.
    await page.reload()
    await expect(page.locator("#pane h2")).to_contain_text(unsure[1]["title"])
    # On a narrow screen the unit lies over the list until it is closed.
    await page.set_viewport_size({"width": 700, "height": 900})
    await page.click("#pane-close")
    await expect(page.locator("#pane-box")).to_be_hidden()
    assert window.console == []


async def test_many_are_done_at_once_and_each_refusal_is_told(
    city: City, open_window: Opener, unsure: list[dict[str, Any]]
):
    window = await at_desk(open_window, city, "陈静", "/centre?view=triage")
    page = window.page
    await page.check("#tick-all")
    await expect(page.locator("#ticked-count")).to_have_text("3")
    await page.click("[data-bulk]")
    await expect(page.locator("#bulk-act")).to_be_visible()
    await page.select_option("#bulk-action", "decline")
    await expect(page.locator("#bulk-reason")).to_have_attribute("required", "")
    await page.fill("#bulk-reason", "经核实不属实")
    taken = unsure[1]
    colleague = await city.person(CENTRE, Role.CLERK, name="王晓燕")
    answer = await colleague.call(
        "POST", f"/v1/organisations/{CENTRE}/queue:take", json={"unit": taken["id"]}
    )
    assert answer.status_code == 200, answer.text
    await page.click("#bulk-act button.primary")
    outcome = page.locator("#outcome")
    await expect(outcome).to_contain_text("完成 2 件, 被拒 1 件")
    await expect(outcome.locator("li")).to_have_count(1)
    await expect(outcome.locator("li")).to_contain_text(taken["number"])
    await expect(outcome.locator("li")).to_contain_text("王晓燕")
    await expect(page.locator("tr[data-unit]")).to_have_count(1)
    await expect(page.locator("#views")).to_contain_text("待研判 1")


async def test_those_ticked_are_claimed_and_put_back(
    city: City, open_window: Opener, unsure: list[dict[str, Any]]
):
    window = await at_desk(open_window, city, "陈静")
    page = window.page
    for unit in unsure[1:]:
        await row(page, unit).locator(".tick").check()
    await page.click("[data-take]")
    for unit in unsure[1:]:
        await expect(row(page, unit)).to_contain_text("我已领取")
    await expect(page.locator("#ticked")).to_be_hidden()
    await page.check("#tick-all")
    await page.click("[data-release]")
    await expect(page.locator("#views")).to_contain_text("已领取 0")
    assert window.console == []


async def test_a_request_is_refused_with_a_reason_and_another_granted_on_the_page(
    city: City, open_window: Opener
):
    matter = await Matter.accepted(city)
    refused = await matter.asked("cancel", reason="重复上报")
    granted = await matter.asked("suspension", until="2026-12-21T09:00:00+08:00")
    window = await at_desk(open_window, city, "陈静", "/centre?view=requests")
    page = window.page
    await page.fill(f"#refuse-reason-{refused}", "并非重复")
    # Words half written stay, whatever happens around them.
    note = {"reason": "已电话联系"}
    async with page.expect_response(lambda one: f"/centre/{CENTRE}" in one.url):
        await matter.worker.call("POST", f"/v1/units/{matter.id}:note", json=note)
    await expect(page.locator(f"#refuse-reason-{refused}")).to_have_value("并非重复")
    await page.click(f"#refuse-{refused} button")
    await expect(page.locator(f"#request-{refused}")).to_have_count(0)
    await page.click(f"#grant-{granted} button")
    await expect(page.locator("#queue")).to_contain_text("没有待审批的申请")
    assert (await matter.outcome(refused))["decision"] == "并非重复"
    assert (await matter.outcome(granted))["state"] == "granted"
    assert (await matter.now())["state"] == "suspended"
    assert window.console == []
