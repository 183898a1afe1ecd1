"""The centre's page: what each view shows to whom, as the API counts it; duty, requests, bulk."""

import html
import re
from typing import Any
from uuid import UUID

import pytest

from app.domain.authority import Role
from app.domain.queue import View
from tests.asking import Matter
from tests.browsing import SignedIn
from tests.given import EAST, GRID, HARBOUR, City, Person

CENTRE, TEAM = f"{HARBOUR}-ZX", f"{GRID}-WG"
_TAB = re.compile(
    r'<a href="(?P<href>[^"]+)"[^>]*>[^<]+<span class="count[^"]*">(?P<units>[\d,]+)</span>'
    r'(?: <span class="late">\D*(?P<late>[\d,]+)</span>)?'
)


async def read(city: City, headers: dict[str, str], path: str, **more: str) -> str:
    answer = await city.client.get(path, headers={**headers, **more})
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def shown(page: str) -> list[str]:
    return re.findall(r'<tr id="unit-([-\w]+)"', page)


def tabs(page: str) -> dict[str, tuple[int, int]]:
    """How many units each view is said to hold, and how many of them late."""
    found = {}
    for tab in _TAB.finditer(page):
        view = re.search(r"view=(\w+)", tab["href"])
        found[view[1] if view else "all"] = (int(tab["units"]), int(tab["late"] or 0))
    return found


@pytest.fixture
async def worker(city: City) -> Person:
    return await city.person(TEAM, Role.GRID_WORKER)


@pytest.fixture
async def busy(city: City, worker: Person) -> City:
    """On the team's desk one to accept, one at work; on the street's one to verify, one unsure."""
    for actions in ((), ("accept",), ("accept", "resolve")):
        unit = (await worker.post(city.report())).json()["unit"]["id"]
        for action in actions:
            await worker.act(unit, action)
    await worker.post(city.report("说不清楚是啥子事情"))
    city.clock.forward(minutes=31)
    return city


async def ids(person: Person, code: str, **asked: Any) -> list[str]:
    page = await person.get(f"/v1/organisations/{code}/queue", **asked)
    return [unit["id"] for unit in page["items"]]


@pytest.mark.parametrize(
    ("code", "role"),
    [
        (CENTRE, Role.CLERK),
        (CENTRE, Role.SUPERVISOR),
        (TEAM, Role.GRID_WORKER),
        (f"{EAST}-CG", Role.DEPARTMENT),
    ],
)
async def test_every_view_shows_what_the_api_tells_and_counts_it(
    busy: City, signed_in: SignedIn, code: str, role: Role
):
    person = await busy.person(code, role)
    headers = signed_in(person.key)
    for subtree in (False, True):
        query = f"subtree={str(subtree).lower()}"
        counts = f"/v1/organisations/{code}/queue/counts"
        counted = (await person.get(counts, subtree=subtree))["items"]
        told = {one["view"]: one for one in counted}
        for view in View:
            page = await read(busy, headers, f"/centre/{code}?view={view}&{query}")
            found = tabs(page)
            assert {name: found[name][0] for name in told} == {
                name: one["units"] for name, one in told.items()
            }
            assert found["triage"][1] == told["triage"]["overdue"]
            if view is not View.REQUESTS:
                assert shown(page) == await ids(person, code, view=view, subtree=subtree)
    whole = await read(busy, headers, "/centre")
    assert shown(whole) == await ids(person, code)
    assert tabs(whole)["all"][0] == len(shown(whole))


async def test_a_row_tells_what_it_is_and_whose_and_how_long_there_is(
    busy: City, signed_in: SignedIn
):
    clerk = await busy.person(CENTRE, Role.CLERK, name="王晓燕")
    await busy.client.post(
        f"/v1/organisations/{CENTRE}/queue:claim",
        json={"view": "triage"},
        headers={"Authorization": f"Bearer {clerk.key}"},
    )
    mine = await read(busy, signed_in(clerk.key), "/centre?view=triage")
    for told in ("红灯", "已过 16 分钟", "待研判", "石板坡社区 第1网格", "我已领取", "剩 <span"):
        assert told in mine
    colleague = await busy.key(CENTRE, Role.CLERK, name="陈静")
    theirs = await read(busy, signed_in(colleague), "/centre?view=triage")
    assert "<b>王晓燕</b>" in theirs
    assert "queue:take" not in theirs
    assert "我已领取" not in theirs
    english = await read(busy, signed_in(colleague, english=True), "/centre?view=triage")
    assert "16 min ago" in english
    assert "has it until" in english
    head = await busy.key(CENTRE, Role.SUPERVISOR)
    assert "接管" in await read(busy, signed_in(head), "/centre?view=triage")


async def test_what_is_mine_is_a_view_of_its_own(busy: City, signed_in: SignedIn):
    clerk = await busy.person(CENTRE, Role.CLERK)
    headers = signed_in(clerk.key)
    assert "您在此视图没有领取任何单元" in await read(busy, headers, "/centre?mine=true")
    await clerk.call("POST", f"/v1/organisations/{CENTRE}/queue:claim", json={})
    page = await read(busy, headers, "/centre?mine=true")
    assert shown(page) == await ids(clerk, CENTRE, mine=True)
    assert len(shown(page)) == 1


async def test_an_empty_view_says_that_it_is(city: City, signed_in: SignedIn):
    headers = signed_in(await city.key(CENTRE, Role.CLERK), english=True)
    for view in View:
        page = await read(city, headers, f"/centre?view={view}")
        empty = re.findall(r'<p class="empty">(.+)</p>', page)
        wanted = "No request waits for a decision." if view is View.REQUESTS else None
        assert empty == [wanted or "Nothing waits in this view."]


async def test_a_long_list_goes_on_over_its_pages(city: City, signed_in: SignedIn, worker: Person):
    for _ in range(52):
        await worker.post(city.report("说不清楚是啥子事情", place={"code": GRID}))
    clerk = await city.person(CENTRE, Role.CLERK)
    headers = signed_in(clerk.key)
    first = await read(city, headers, "/centre?view=triage")
    following = re.search(r'href="([^"]+)" *>?[^>]*下一页', first.replace('rel="next" ', ""))
    assert following
    second = await read(city, headers, following[1])
    assert (len(shown(first)), len(shown(second))) == (50, 2)
    assert not set(shown(first)) & set(shown(second))
    assert "回到第一页" in second


async def test_a_part_is_the_list_and_its_views_without_the_page_around(
    busy: City, signed_in: SignedIn
):
    headers = signed_in(await busy.key(CENTRE, Role.CLERK))
    part = await read(busy, headers, "/centre?view=triage", **{"HX-Request": "true"})
    assert "<html" not in part
    assert 'hx-target="#views"' in part
    assert len(shown(part)) == 1


async def test_another_bodys_desk_is_shown_to_who_oversees_it_and_to_nobody_else(
    busy: City, signed_in: SignedIn
):
    head = await busy.key(f"{EAST}-ZX", Role.SUPERVISOR)
    page = await read(busy, signed_in(head), f"/centre/{CENTRE}")
    assert len(shown(page)) == 2
    assert "queue:claim" not in page
    assert "码头街道治理中心" in page
    clerk = signed_in(await busy.key(CENTRE, Role.CLERK))
    refused = await busy.client.get(f"/centre/{EAST}-ZX", headers=clerk)
    assert refused.status_code == 404
    assert "没有单位" in refused.text
    wrong = await busy.client.get("/centre?view=nonsense", headers=clerk)
    assert wrong.status_code == 422


async def test_who_is_on_duty_is_told_with_their_telephone_here_and_above(
    city: City, signed_in: SignedIn
):
    clerk = signed_in(await city.key(CENTRE, Role.CLERK))
    nothing = await read(city, clerk, "/centre")
    assert nothing.count("未排班") == 2
    assert 'href="tel:023-00000001"' in nothing

    for code, person, starts, ends in (
        (CENTRE, "陈静", "2026-11-20T08:00:00+08:00", "2026-11-20T20:00:00+08:00"),
        (f"{EAST}-ZX", "刘建国", "2026-11-22T09:30:00+08:00", "2026-11-22T20:00:00+08:00"),
    ):
        head = await city.person(code, Role.SUPERVISOR)
        phone = {"phone": "138 0000 1111", "starts_at": starts, "ends_at": ends}
        path = f"/v1/organisations/{code}/roster"
        answer = await head.call("PUT", path, json={"shifts": [{"person": person, **phone}]})
        assert answer.status_code == 200, answer.text
    city.clock.forward(minutes=5)
    service = city.app.state.service
    async with service.database.reading() as tx:
        await service.library.follow(tx, now=city.clock.now())
    on_duty = await read(city, clerk, f"/centre/{CENTRE}/duty")
    assert "<b>陈静</b>" in on_duty
    assert 'href="tel:13800001111"' in on_duty
    assert "上级 东江区治理中心" in on_duty
    assert "现在无人值班" in on_duty
    assert "11-22 09:30" in on_duty


async def test_requests_wait_for_who_decides_them_and_stand_with_who_asked(
    city: City, signed_in: SignedIn
):
    matter = await Matter.accepted(city)
    request = await matter.asked("extension", reason="清运车故障, 下午修好")
    clerk = await read(city, signed_in(await city.key(CENTRE, Role.CLERK)), "/centre?view=requests")
    assert "清运车故障, 下午修好" in clerk
    assert f"/v1/requests/{request}:grant" in clerk
    assert f"/v1/requests/{request}:refuse" in clerk
    assert f"/v1/requests/{request}:withdraw" not in clerk
    asked = await read(city, signed_in(matter.worker.key), "/centre?own=true")
    assert f"/v1/requests/{request}:withdraw" in asked
    assert f"/v1/requests/{request}:grant" not in asked
    above = signed_in(await city.key(f"{EAST}-ZX", Role.SUPERVISOR))
    assert "没有待审批的申请" in await read(city, above, "/centre?view=requests")
    whole = await read(city, above, "/centre?view=requests&subtree=true")
    assert f"/v1/requests/{request}:grant" in whole


async def test_many_are_offered_what_all_of_them_allow(busy: City, signed_in: SignedIn):
    worker = await busy.person(TEAM, Role.GRID_WORKER)
    units = await ids(worker, TEAM)
    assert len(units) == 2
    headers = signed_in(worker.key)

    async def offered(*some: str) -> list[str]:
        query = "&".join(f"unit={one}" for one in some)
        page = await read(busy, headers, f"/centre/{TEAM}/bulk?{query}")
        return re.findall(r'<option value="(\w+)"', page)

    accepted, dispatched = await offered(units[1]), await offered(units[0])
    both = await offered(*units)
    assert "accept" in {*accepted, *dispatched}
    assert "accept" not in both
    assert set(both) == set(accepted) & set(dispatched)
    assert "note" in both
    nobody = await read(busy, headers, f"/centre/{TEAM}/bulk?unit={UUID(int=1)}")
    assert "没有共同可办的操作" in nobody
