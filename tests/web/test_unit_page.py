"""The Unit page: what it tells to whom, and work done through its forms in a browser."""

from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe

from app.domain.authority import Role
from tests import given
from tests.browsing import Opener, SignedIn, Window
from tests.given import EAST, GRID, HARBOUR, Person
from tests.photos import JPEG

TEAM = f"{GRID}-WG"


@pytest.fixture
async def unit(city: given.City) -> str:
    """A heap of rubbish that the grid team has to accept."""
    reporter = await city.person(EAST + "-ZX", Role.CLERK)
    answer = await reporter.post(
        city.report(
            "楼下一堆垃圾好臭没人收",
            source="hotline",
            reporter={"name": "李素芬"},
            place={
                "code": GRID,
                "address": "石板坡 1 号",
                "point": {"longitude": 106.5, "latitude": 29.5, "datum": "GCJ-02"},
            },
        )
    )
    number: str = answer.json()["unit"]["number"]
    return number


async def read(city: given.City, headers: dict[str, str], path: str) -> str:
    answer = await city.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_a_unit_tells_where_it_is_who_has_it_why_and_until_when(
    city: given.City, signed_in: SignedIn, unit: str
):
    key = await city.key(TEAM, Role.GRID_WORKER)
    page = await read(city, signed_in(key), f"/units/{unit}")
    thread = page[page.index('class="thread"') : page.index("</ol>")]
    stops = ["山城市治理中心", "东江区治理中心", "码头街道治理中心", "石板坡社区居民委员会"]
    found = [thread.find(one) for one in stops if one in thread]
    assert len(found) >= 2
    assert found == sorted(found)
    for said in (
        "楼下一堆垃圾好臭没人收",
        "12345热线",
        "李素芬",
        "东江区 › 码头街道 › 石板坡社区 › 第1网格",
        "石板坡 1 号",
        "106.50000, 29.50000 (GCJ-02)",
        "路边裸露堆放生活垃圾",
        "怎么算的",
        "为什么由它承办",
        "还没有照片或材料",
        "现在轮到本单位办理",
    ):
        assert said in page, said
    english = await read(city, signed_in(key, english=True), f"/units/{unit}")
    for said in ("The 12345 hotline", "How it was reckoned", "Why this holder", "Accept"):
        assert said in english, said


async def test_who_has_nothing_to_do_is_told_why_and_who_sees_nothing_finds_nothing(
    city: given.City, signed_in: SignedIn, unit: str
):
    looks_on = await city.key(EAST + "-CG", Role.DEPARTMENT)
    answer = await city.client.get(f"/units/{unit}", headers=signed_in(looks_on))
    assert answer.status_code == 404
    assert "没有这个业务单元" in answer.text
    clerk = await city.key(HARBOUR + "-ZX", Role.INTEGRATOR)
    page = await read(city, signed_in(clerk), f"/units/{unit}")
    assert "您所在单位可以查看, 目前不需办理" in page
    assert 'class="act first"' not in page


async def test_a_long_log_is_told_from_its_end_and_read_on_to_its_beginning(
    city: given.City, signed_in: SignedIn, unit: str
):
    worker = await city.person(TEAM, Role.GRID_WORKER)
    for count in range(60):
        await worker.act(unit, "note", reason=f"备注{count}。")
    headers = signed_in(worker.key)
    page = await read(city, headers, f"/units/{unit}")
    assert "备注59。" in page
    assert "备注3。" not in page
    before = page.split("/log?before=")[1].split('"')[0]
    older = await read(city, headers, f"/units/{unit}/log?before={before}")
    assert "备注3。" in older
    assert "备注59。" not in older
    assert "/log?before=" not in older
    # A page that is open goes on from the line it began with.
    await worker.act(unit, "note", reason="又一条。")
    again = await read(city, headers, f"/units/{unit}/body?since={before}")
    assert "又一条。" in again
    assert f"/log?before={before}" in again


async def test_a_task_and_its_event_lead_to_each_other(city: given.City, signed_in: SignedIn):
    head = await city.person(EAST + "-ZX", Role.SUPERVISOR)
    answer = (await head.post(city.report("六楼着火了浓烟滚滚"))).json()
    headers = signed_in(head.key)
    page = await read(city, headers, f"/units/{answer['unit']['number']}")
    task = answer["tasks"][0]["number"]
    assert f'href="/units/{task}"' in page
    assert "到场扑救" in page
    below = await read(city, headers, f"/units/{task}")
    assert f'href="/units/{answer["unit"]["number"]}"' in below


async def test_earlier_lines_stay_when_the_page_changes(
    city: given.City, open_window: Opener, unit: str
):
    worker = await city.person(TEAM, Role.GRID_WORKER)
    for count in range(52):
        await worker.act(unit, "note", reason=f"备注{count}。")
    window = await open_window(worker.key)
    await window.go(f"/units/{unit}")
    assert "备注0。" not in await window.text("main")
    await window.page.click("#older button")
    await window.page.locator("#older li", has_text="备注0。").wait_for()
    await worker.act(unit, "note", reason="又一条。")
    await window.page.locator("#log li", has_text="又一条。").wait_for()
    assert "备注0。" in await window.text("#older")
    lines = await window.page.locator(".log > li").count()
    assert lines == 55


async def act(window: Window, action: str) -> None:
    """Open an action, if it is not, and do it."""
    form = window.page.locator(f'form[data-act$=":{action}"]')
    if not await form.is_visible():
        await window.page.locator(f'details:has(> form[data-act$=":{action}"]) > summary').click()
    await form.locator(".actions button").click()


async def test_a_unit_goes_to_its_close_by_two_people_through_the_forms(
    city: given.City, open_window: Opener, unit: str, tmp_path: Path
):
    photo = tmp_path / "现场.jpg"
    photo.write_bytes(JPEG)
    worker = await open_window(await city.key(TEAM, Role.GRID_WORKER, name="张勇"))
    clerk = await open_window(await city.key(HARBOUR + "-ZX", Role.CLERK, name="陈工"))
    await worker.go(f"/units/{unit}")
    await clerk.go(f"/units/{unit}")
    begun = next(at for at, one in enumerate(worker.asked) if one.endswith(f"/units/{unit}"))
    assert len(worker.asked[begun:]) <= 8
    for action, state in (("accept", "已签收"), ("start", "处置中")):
        await act(worker, action)
        await worker.page.locator(".unit-head .tag.strong", has_text=state).wait_for()
    resolve = worker.page.locator('form[data-act$=":resolve"]')
    await resolve.locator("input[type=file]").set_input_files(str(photo))
    await resolve.locator("textarea").fill("已清运完毕, 现场干净")
    await act(worker, "resolve")
    await worker.page.locator(".photos img").wait_for()
    # The clerk's page has changed by itself, and offers what is next.
    await clerk.page.locator(".unit-head .tag.strong", has_text="待核查").wait_for()
    await act(clerk, "verify")
    await worker.page.locator(".unit-head .tag.strong", has_text="已结案").wait_for()
    log = await worker.text("#log")
    assert log.index("结案") < log.index("核查通过") < log.index("办结") < log.index("签收")
    assert "陈工" in log
    for window in (worker, clerk):
        assert window.console == []
        assert window.outside == []
        found = await Axe().run(window.page)
        met = {one["id"]: one["impact"] for one in found.response["violations"]}
        assert {one for one, impact in met.items() if impact in {"serious", "critical"}} == set()


async def test_a_refused_form_names_the_field_and_a_draft_outlives_a_change(
    city: given.City, open_window: Opener, unit: str
):
    colleague = await city.person(TEAM, Role.GRID_WORKER, name="王静")
    await colleague.act(unit, "accept")
    window = await open_window(await city.key(TEAM, Role.GRID_WORKER, name="张勇"))
    await window.go(f"/units/{unit}")
    page = window.page
    await page.locator('details:has(> form[data-act$=":request"]) > summary').click()
    form = page.locator('form[data-act$=":request"]')
    await form.locator("select[name=kind]").select_option("suspension")
    await form.locator("textarea").fill("围挡未拆, 车辆进不去")
    await act(window, "request")
    await form.locator(".fault").wait_for()
    assert await form.locator("[name=until]").get_attribute("aria-invalid") == "true"
    assert await form.locator("[name=kind]").get_attribute("aria-invalid") is None
    # Somebody else moves the unit on while this is being written.
    await colleague.act(unit, "start")
    await page.locator(".unit-head .tag.strong", has_text="处置中").wait_for()
    assert await form.locator("textarea").input_value() == "围挡未拆, 车辆进不去"
    assert await form.is_visible()
    await form.locator("[name=until]").fill("2026-12-24T09:00")
    await act(window, "request")
    await page.locator("#pending-title").wait_for()
    assert "围挡未拆" in await window.text(".unit-side")
    assert [one for one in window.console if "422" not in one] == []


async def test_holders_are_looked_for_by_name_and_rows_are_added(
    city: given.City, open_window: Opener, unit: str
):
    clerk: Person = await city.person(HARBOUR + "-ZX", Role.CLERK, name="陈工")
    window = await open_window(clerk.key)
    await window.go(f"/units/{unit}")
    page = window.page
    await page.locator('details:has(> form[data-act$=":split"]) > summary').click()
    form = page.locator('form[data-act$=":split"]')
    await form.locator("[name='tasks.0.title']").fill("清理垃圾")
    await form.locator(".cell.holder input[type=search]").first.fill("民生")
    holder = form.locator("select[name='tasks.0.holder']")
    await holder.locator("option", has_text="码头街道民生服务板块").wait_for(state="attached")
    await holder.select_option(label="码头街道民生服务板块")
    await form.locator("[data-adds]").click()
    await form.locator("[name='tasks.2.title'], [name='tasks.1.title']").last.fill("消杀")
    await form.locator(".cell.holder select").last.select_option(index=1)
    await act(window, "split")
    await page.locator(".unit-head .tag.strong", has_text="统筹中").wait_for()
    assert "清理垃圾" in await window.text(".unit-main")
    assert "消杀" in await window.text(".unit-main")
