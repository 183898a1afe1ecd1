"""The pages of the lists: entries looked for and told, texts tried, and who sees what."""

import html
import io
import re
from collections.abc import Awaitable, Callable

import pytest
from python_calamine import CalamineWorkbook

from app.api.tables import XLSX
from app.domain.authority import Role
from tests import given
from tests.browsing import SignedIn
from tests.given import CITY, EAST, GRID, City

CLERK = (f"{EAST}-ZX", Role.CLERK)
HEAD = (f"{EAST}-ZX", Role.SUPERVISOR)
FORM = re.compile(r"<form[^>]*(data-act|data-sheet)")


Reading = Callable[..., Awaitable[str]]
"""Reads a page as somebody: `await read("/lists", HEAD, english=True)`."""


@pytest.fixture
def read(city: City, signed_in: SignedIn) -> Reading:
    async def page(
        path: str, who: tuple[str, Role] = CLERK, *, status: int = 200, english: bool = False
    ) -> str:
        headers = signed_in(await city.key(*who), english=english)
        answer = await city.client.get(path, headers=headers)
        assert answer.status_code == status, answer.text
        return html.unescape(answer.text)

    return page


def codes(page: str) -> list[str]:
    return re.findall(r'<a href="/lists/entries/([^"?]+)', page)


async def test_every_entry_is_listed_with_whom_it_is_for_and_by_when(read: Reading):
    page = await read("/lists")
    assert codes(page) == [entry.code for entry in given.entries()]
    for said in ("共 5 条", "污水井盖缺失或移位", "区县级", "2紧急工作时", "事件"):
        assert said in page


FOUND: tuple[tuple[str, list[str]], ...] = (
    ("q=枯枝", ["SX-04002-1"]),
    ("q=sx-0100", ["SX-01002-1"]),
    ("q=井盖 移位", ["SX-01002-1"]),
    ("q=满地都是", ["SX-06010-1"]),
    ("kind=event", ["SX-22001-1"]),
    ("level=grid&kind=", ["SX-06010-1"]),
    ("urgency=major", ["SX-22001-1"]),
    ("lead=municipal", ["SX-06013-1"]),
    ("category=06010", ["SX-06010-1"]),
    ("scheme=none", []),
    ("q=立案 缺失", []),
    ("q=事 着火", []),
    ("q=树", ["SX-04002-1"]),
    ("q=有", ["SX-04002-1", "SX-06013-1", "SX-22001-1"]),
    ("q=路", ["SX-06013-1", "SX-06010-1", "SX-01002-1"]),
)


async def test_entries_are_found_by_words_and_by_what_they_say(read: Reading):
    for asked, found in FOUND:
        page = await read(f"/lists?{asked}")
        assert codes(page) == found, asked
        assert ("没有符合条件的条目" in page) == (not found), asked


async def test_a_list_longer_than_a_page_has_more_pages(
    read: Reading, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.web.lists.SHOWN", 2)
    monkeypatch.setattr("app.web.list_books.SHOWN", 2)
    page = await read("/lists?kind=item&page=2")
    assert codes(page) == ["SX-04002-1", "SX-06013-1"]
    assert "第 2 / 2 页" in page
    assert 'href="?kind=item&page=1"' in page
    assert "没有这一页" in await read("/lists?page=9")


async def test_an_entry_tells_everything_it_says(read: Reading):
    page = await read("/lists/entries/SX-22001-1")
    for said in (
        "房屋或车辆着火冒烟",
        "已恢复",
        "消防",
        "4紧急工作时 (昼夜、节假日连续计)",
        "第 1 轮 · 外围警戒",
        "六楼着火了浓烟滚滚",
        "重大",
        "处置后",
        "不允许 (按层级与紧急程度)",
    ):
        assert said in page
    assert "法律依据" not in page
    english = await read("/lists/entries/SX-22001-1", english=True)
    assert "4 urgent hours (nights and holidays included)" in english
    assert "turn 1 · 外围警戒 · public security · 1 urgent hour" in english


async def test_an_entry_that_is_not_there_is_said_to_be_missing(read: Reading):
    assert "没有条目“XX-1”" in await read("/lists/entries/XX-1", status=404)


async def test_the_list_comes_as_the_sheet_a_draft_is_made_of(city: City, signed_in: SignedIn):
    headers = signed_in(await city.key(*CLERK))
    answer = await city.client.get("/lists/sheet", headers=headers)
    assert answer.headers["content-type"] == XLSX
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0)
    assert [row[0] for row in rows.to_python()][:2] == ["entry", "SX-06010-1"]


async def test_a_text_is_tried_and_told_with_what_would_change_it(read: Reading):
    asked = f"text=楼下一堆垃圾好臭&place={GRID}"
    assert "正在研判" in await read(f"/lists/try?{asked}")
    page = await read(f"/lists/try?{asked}&whole=true")
    assert "第1网格网格队" in page
    assert "SX-06010-1《垃圾裸露堆放》, 立案条件“路边裸露堆放生活垃圾”" in page
    assert codes(page)[0] == "SX-06010-1"
    assert "若情况不同" in page
    fire = await read(f"/lists/try?text=六楼着火了浓烟滚滚&place={GRID}&whole=true")
    assert "外围警戒 — 东江区公安分局" in fire
    english = await read(f"/lists/try?{asked}&whole=true", english=True)
    assert "What would change it" in english
    assert "Holder" in english


async def test_a_place_that_is_not_there_is_refused_beside_the_form(read: Reading):
    page = await read("/lists/try?text=垃圾&place=999&whole=true")
    assert 'role="alert"' in page
    assert "999" in page
    assert "<textarea" in page


async def test_a_clerk_reads_entries_and_is_told_who_may_more(read: Reading):
    page = await read("/lists")
    assert "/lists/drafts" not in page
    assert "由治理中心的负责人或管理员查看" in page
    assert not FORM.search(page)
    for path in ("versions", "versions/1", "check", "drafts", "trial?version=1", "check/counts"):
        assert "负责人或管理员" in await read(f"/lists/{path}", status=403)
    assert "负责人或管理员" in await read("/lists?version=1", status=403)


async def test_a_supervisor_reads_all_and_writes_nothing(read: Reading):
    for path in ("versions", "versions/1", "drafts"):
        page = await read(f"/lists/{path}", HEAD)
        assert not FORM.search(page)
        assert "1" in page
    assert "只有市级治理中心的管理员" in await read("/lists/drafts", HEAD)


async def test_a_rulebook_that_is_not_there_is_not_found(read: Reading):
    for path in ("/versions/99", "/drafts/d9", "/check?version=d9", "?version=d9"):
        assert "没有规则库版本或草稿" in await read(f"/lists{path}", HEAD, status=404), path


async def test_a_check_tells_how_bad_what_and_where(read: Reading):
    assert "正在检查整部规则库" in await read("/lists/check", HEAD)
    page = await read("/lists/check?whole=true", HEAD)
    for said in ("须改正", "层级错位", "全市无人承担该职能", "(5)", "山城市"):
        assert said in page
    assert codes(page) == ["SX-06013-1"]
    only = await read("/lists/check?whole=true&severity=warning", HEAD)
    assert "没有这一类问题" in only
    english = await read("/lists/check?whole=true&sort=misplaced", HEAD, english=True)
    assert "Nowhere in the city is the function held" in english


async def test_a_trial_says_who_would_have_what_others_have_now(city: City, read: Reading):
    page = await read("/lists/trial?version=1&whole=true", HEAD)
    assert "没有可试的事件" in page
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    assert (await worker.post(city.report())).status_code == 201
    page = await read("/lists/trial?version=1&whole=true&since=2026-11-20&until=2026-11-20", HEAD)
    assert "没有任何变化" in page
    page = await read("/lists/trial?version=1&whole=true&until=2026-11-19", HEAD)
    assert "没有可试的事件" in page


async def test_workbooks_are_there_for_the_office(city: City, signed_in: SignedIn):
    headers = signed_in(await city.key(f"{CITY}-ZX", Role.ADMINISTRATOR))
    for path in ("check.xlsx", "trial.xlsx?version=1"):
        answer = await city.client.get(f"/lists/{path}", headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX)
