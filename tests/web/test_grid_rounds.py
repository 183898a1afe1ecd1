"""Rounds with and without a network: what is written on the phone arrives, once, and as its own."""

from playwright.async_api import expect

from app.domain.authority import Role
from tests import given, rounds
from tests.browsing import Opener
from tests.given import City


async def test_a_report_made_offline_outlives_a_reload_and_arrives_once(
    city: City, open_window: Opener
):
    person = await rounds.worker(city)
    window = await rounds.phone_of(person, open_window)
    page = window.page
    await expect(page.locator("#spot")).to_contain_text("WGS-84")
    await window.context.set_offline(True)
    await rounds.take(page, "#photos", rounds.photo())
    await rounds.tell(page)
    await rounds.waits(page, 1)
    await page.reload()
    await rounds.waits(page, 1)
    await rounds.turn_to(page, "outbox")
    card = page.locator("#view-outbox .card")
    await expect(card).to_contain_text(rounds.TEXT)
    await expect(card).to_contain_text("等待网络")
    event = (await card.get_attribute("id") or "").removeprefix("item-")
    assert await rounds.reported(person) == []

    await window.context.set_offline(False)
    await rounds.waits(page, 0)
    await expect(page.locator("#notices")).to_contain_text("已收到")
    (found,) = await rounds.reported(person)
    assert found["event"]["id"] == event
    body = found["event"]["body"]
    assert body["place"]["code"] == given.GRID
    assert body["place"]["point"] == {"longitude": 106.55, "latitude": 29.56, "datum": "WGS-84"}
    assert body["attributes"] == {"accuracy_m": "12"}
    (shown,) = (await person.get(f"/v1/units/{event}/attachments"))["items"]
    assert (shown["phase"], shown["type"]) == ("before", "image/jpeg")
    file = await person.call("GET", f"/v1/attachments/{shown['id']}")
    assert rounds.size_of(file.content) == (1600, 800)


async def test_a_lost_answer_is_asked_for_again_and_not_done_again(city: City, open_window: Opener):
    person = await rounds.worker(city)
    window = await rounds.phone_of(person, open_window)
    page = window.page
    lost: list[str] = []

    async def lose(route, request):
        answer = await route.fetch()
        lost.append(f"{request.url.rpartition('/')[2]} {answer.status}")
        await route.abort()

    await page.route("**/v1/attachments*", lose, times=1)
    await page.route("**/v1/events", lose, times=1)
    await rounds.take(page, "#photos", rounds.photo())
    await rounds.tell(page)
    await rounds.turn_to(page, "outbox")
    for tries in (1, 2):
        while len(lost) < tries:
            await page.wait_for_timeout(50)
        await expect(page.locator("#view-outbox .card")).to_contain_text("等待发送")
        await page.click("#sending button")
    await rounds.waits(page, 0)
    assert [one[-3:] for one in lost] == ["201", "201"]
    (found,) = await rounds.reported(person)
    shown = await person.get(f"/v1/units/{found['event']['id']}/attachments")
    assert len(shown["items"]) == 1


async def test_a_refused_report_says_why_and_is_mended_under_its_id(
    city: City, open_window: Opener
):
    person = await rounds.worker(city)
    window = await rounds.phone_of(person, open_window)
    page = window.page
    broken = {"name": "坏.heic", "mimeType": "image/heic", "buffer": b"not a picture at all"}
    await page.set_input_files("#photos input[type=file]", [broken])
    await rounds.tell(page)
    await rounds.turn_to(page, "outbox")
    card = page.locator("#view-outbox .card")
    await expect(card).to_contain_text("被退回")
    await expect(card).to_contain_text("只接受 JPEG")
    event = (await card.get_attribute("id") or "").removeprefix("item-")
    await card.get_by_role("button", name="修改").click()
    await expect(page.locator("#mending")).to_be_visible()
    await page.get_by_role("button", name="去掉照片 1").click()
    await rounds.take(page, "#photos", rounds.photo(width=40, height=30))
    await rounds.tell(page, f"{rounds.TEXT}, 已两天")
    await rounds.waits(page, 0)
    (found,) = await rounds.reported(person)
    assert (found["event"]["id"], found["event"]["text"]) == (event, f"{rounds.TEXT}, 已两天")


async def test_a_self_handled_report_comes_with_its_photos_and_is_closed(
    city: City, open_window: Opener
):
    person = await rounds.worker(city)
    window = await rounds.phone_of(person, open_window)
    page = window.page
    await page.check("#handled")
    await page.fill("#how", "已清扫装袋")
    await rounds.take(page, "#photos-after", rounds.photo())
    await rounds.tell(page)
    await rounds.waits(page, 0)
    await expect(page.locator("#notices")).to_contain_text("已收到")
    (found,) = await rounds.reported(person)
    assert found["unit"]["is_self_handled"]
    assert found["event"]["body"]["resolved"]["how"] == "已清扫装袋"
    assert len(found["event"]["body"]["resolved"]["after"]) == 1


async def test_a_task_is_accepted_and_resolved_in_a_tunnel(city: City, open_window: Opener):
    unit = await rounds.assigned(city)
    person = await rounds.worker(city)
    window = await rounds.phone_of(person, open_window)
    page = window.page
    await rounds.turn_to(page, "tasks")
    await expect(page.locator("#view-tasks .card")).to_contain_text("待签收")
    assert await page.get_attribute("#duty a", "href") == "tel:023-00000001".replace("-", "")
    await page.wait_for_load_state("networkidle")
    await window.context.set_offline(True)
    await page.click("#view-tasks .card a")
    await expect(page.locator("#view-unit .asof")).to_contain_text("离线")
    await expect(page.locator("#view-unit")).to_contain_text(rounds.TEXT)
    await page.click("form[data-action=accept] button")
    asked: list[str] = []
    page.on("dialog", lambda one: (asked.append(one.message), one.dismiss())[1])
    await page.fill("#said-resolve", "已清运")
    await page.click("form[data-action=resolve] button.big")
    assert ["处置后的照片" in one for one in asked] == [True]
    await rounds.take(page, "form[data-action=resolve] .photos", rounds.photo())
    await page.click("form[data-action=resolve] button.big")
    await rounds.waits(page, 2)
    await window.context.set_offline(False)
    await rounds.waits(page, 0)
    found = await person.get(f"/v1/units/{unit}")
    assert found["state"] == "resolved"
    steps = (await person.get(f"/v1/units/{unit}/steps"))["items"]
    assert [one["action"] for one in steps][-2:] == ["accept", "resolve"]
    assert steps[-1]["reason"] == "已清运"
    await expect(page.locator("#view-unit")).to_contain_text("待核查")


async def test_what_others_did_first_is_told_and_nothing_is_done_over_them(
    city: City, open_window: Opener
):
    unit = await rounds.assigned(city)
    person, colleague = await rounds.worker(city), await rounds.worker(city, "李强")
    window = await rounds.phone_of(person, open_window)
    page = window.page
    await rounds.turn_to(page, "tasks")
    await page.click("#view-tasks .card a")
    await page.wait_for_load_state("networkidle")
    await window.context.set_offline(True)
    await page.click("form[data-action=accept] button")
    await rounds.waits(page, 1)
    await colleague.act(unit, "accept")
    await window.context.set_offline(False)
    await rounds.turn_to(page, "outbox")
    card = page.locator("#view-outbox .card")
    await expect(card).to_contain_text("已由他人办理")
    await expect(card).to_contain_text("李强")
    await expect(card).to_contain_text("已签收")
    page.on("dialog", lambda one: one.accept())
    await card.get_by_role("button", name="删除").click()
    await rounds.waits(page, 0)
    assert (await person.get(f"/v1/units/{unit}"))["version"] == 2


async def test_a_reporter_sees_what_came_of_it_and_rates_it(city: City, open_window: Opener):
    person, colleague = await rounds.worker(city), await rounds.worker(city, "李强")
    clerk = await city.person(f"{given.HARBOUR}-ZX", Role.CLERK)
    unit = (await person.post(city.report(rounds.TEXT))).json()["event"]
    await colleague.act(unit, "accept")
    sent = await colleague.call(
        "POST", "/v1/attachments", content=b"\xff\xd8\xff\xe0", params={"name": "好了.jpg"}
    )
    shown = [{"id": sent.json()["id"], "phase": "after"}]
    await colleague.act(unit, "resolve", reason="已清运", attachments=shown)
    await clerk.act(unit, "verify")
    window = await rounds.phone_of(person, open_window)
    page = window.page
    await rounds.turn_to(page, "mine")
    await expect(page.locator("#view-mine .card")).to_contain_text("已结案")
    await page.click("#view-mine .card a")
    await expect(page.locator("#log")).to_contain_text("已清运")
    await page.check("form[data-action=rate] input[value=satisfied]")
    await page.click("form[data-action=rate] button")
    await expect(page.locator("form[data-action=rate]")).to_have_count(0)
    await rounds.waits(page, 0)
    assert (await person.get(f"/v1/units/{unit}"))["satisfaction"] == "satisfied"
    await window.context.set_offline(True)
    await rounds.turn_to(page, "mine")
    await expect(page.locator("#view-mine .asof")).to_contain_text("显示的是")
    await expect(page.locator("#view-mine .card")).to_contain_text("已结案")


KEPT = """async () => {
  const names = (await caches.keys()).length;
  const base = await new Promise((done) => {
    const asked = indexedDB.open("yiguan-grid", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("outbox", { keyPath: "id" });
      asked.result.createObjectStore("kept");
    };
    asked.onsuccess = () => done(asked.result);
  });
  const count = (name) => new Promise((done) => {
    const asked = base.transaction(name).objectStore(name).count();
    asked.onsuccess = () => done(asked.result);
  });
  return [names, await count("outbox"), await count("kept")];
}"""


async def test_signing_out_leaves_nothing_on_the_phone_and_warns_before(
    city: City, open_window: Opener
):
    person = await rounds.worker(city)
    window = await rounds.phone_of(person, open_window)
    page, asked = window.page, []
    await window.context.set_offline(True)
    await rounds.tell(page)
    await rounds.waits(page, 1)
    page.on("dialog", lambda one: (asked.append(one.message), one.accept())[1])
    await page.click("#open-menu")
    await page.click("#sign-out")
    await expect(page.locator("#notices")).to_contain_text("不能退出")
    await rounds.waits(page, 1)
    # The server refuses it while its door is shut, so that it stays in the outbox when online.
    await page.route("**/v1/events", lambda route: route.abort())
    await window.context.set_offline(False)
    await page.click("#open-menu")
    await page.click("#sign-out")
    await page.wait_for_url("**/sign-in**")
    assert ["1 条没有送达" in one for one in asked] == [True, True]
    assert await page.evaluate(KEPT) == [0, 0, 0]
    assert await rounds.reported(person) == []
    await window.go("/grid")
    assert "/sign-in" in page.url


async def test_nothing_goes_out_in_anothers_name(city: City, open_window: Opener):
    first, second = await rounds.worker(city), await rounds.worker(city, "李强")
    window = await rounds.phone_of(first, open_window)
    page = window.page
    await window.context.set_offline(True)
    await rounds.tell(page)
    await rounds.waits(page, 1)
    await window.context.clear_cookies()
    await window.context.set_offline(False)
    await expect(page.locator("#notices")).to_contain_text("登录已失效")
    await rounds.waits(page, 1)

    async def sign_in(key: str, name: str) -> None:
        await window.go("/sign-in?next=/grid")
        await page.fill("#key", key)
        await page.click("button.primary")
        await expect(page.locator("#who")).to_contain_text(name)

    await sign_in(second.key, "李强")
    await expect(page.locator("#notices")).to_contain_text("是其他人的")
    await rounds.waits(page, 0)
    assert rounds.TEXT not in await page.inner_text("body")
    assert await rounds.reported(second) == []
    await sign_in(first.key, "王芳")
    await rounds.waits(page, 0)
    await expect(page.locator("#notices")).to_contain_text("已收到")
    assert len(await rounds.reported(first)) == 1
    assert await rounds.reported(second) == []


async def test_two_open_tabs_send_a_thing_once_and_the_language_follows(
    city: City, open_window: Opener
):
    person = await rounds.worker(city)
    window = await rounds.phone_of(person, open_window)
    page = window.page
    other = await window.context.new_page()
    await other.goto(f"{window.address}/grid")
    await rounds.ready(other)
    await window.context.set_offline(True)
    await rounds.tell(page)
    await rounds.waits(other, 1)
    posted: list[str] = []
    window.context.on(
        "request", lambda one: posted.append(one.url) if one.method == "POST" else None
    )
    await window.context.set_offline(False)
    await rounds.waits(page, 0)
    await rounds.waits(other, 0)
    assert len(await rounds.reported(person)) == 1
    assert len(posted) == 1
    await page.click("#open-menu")
    await page.click("#language")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await window.context.set_offline(True)
    await page.reload()
    await expect(page.locator("#title")).to_have_text("Report")


async def test_what_is_begun_outlives_the_page_and_what_waits_goes_without_it(
    city: City, open_window: Opener
):
    unit = await rounds.assigned(city)
    person = await rounds.worker(city)
    window = await rounds.phone_of(person, open_window)
    page = window.page
    await page.fill("#text", rounds.TEXT)
    await rounds.take(page, "#photos", rounds.photo())
    await page.evaluate("unit => { location.hash = `unit/${unit}` }", unit)
    await page.get_by_text("退回", exact=True).first.click()
    await page.fill("#said-return", "不在本网格")
    # A camera may need the memory the page is in.
    await page.reload()
    await expect(page.locator("#said-return")).to_have_value("不在本网格")
    await rounds.turn_to(page, "report")
    await expect(page.locator("#text")).to_have_value(rounds.TEXT)
    await expect(page.locator("#photos li img")).to_have_count(1)

    # The page cannot send it; the browser wakes the worker when there is a network.
    await page.route("**/v1/**", lambda route: route.abort())
    await page.click("#report .primary")
    await rounds.waits(page, 1)
    browser = await window.context.new_cdp_session(page)
    found: list[str] = []
    browser.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: found.extend(one["registrationId"] for one in told["registrations"]),
    )
    await browser.send("ServiceWorker.enable")
    while not found:
        await page.wait_for_timeout(20)
    waking = {"origin": window.address, "registrationId": found[0], "tag": "yiguan-grid"}
    await browser.send("ServiceWorker.dispatchSyncEvent", {**waking, "lastChance": False})
    await rounds.waits(page, 0)
    (sent,) = await rounds.reported(person)
    assert sent["event"]["text"] == rounds.TEXT
