"""The list of requests, as a clerk reads it: what to decide, what was asked, what goes on."""

from typing import Any

import pytest

from app.domain.authority import Role
from tests.asking import UNTIL, Matter, decided
from tests.given import EAST, GRID, HARBOUR, HILL, QUAY, WEST, City, Person

COVER = "下水道井盖不见了娃儿差点掉下去"


@pytest.fixture
async def clerk(city: City) -> Person:
    return await city.person(f"{HARBOUR}-ZX", Role.CLERK)


async def ids(person: Person, **asked: Any) -> list[str]:
    return [one["id"] for one in (await person.get("/v1/requests", **asked))["items"]]


async def every(person: Person, **asked: Any) -> list[str]:
    """Every id of a list, read two at a time."""
    found, cursor = list[str](), None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = await person.get("/v1/requests", limit=2, **asked, **more)
        found += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            return found


async def test_a_row_tells_what_is_asked_about_what_and_by_when(city: City, clerk: Person):
    matter = await Matter.accepted(city)
    await matter.asked(reason="清运车故障")
    (row,) = (await clerk.get("/v1/requests"))["items"]
    unit = await matter.now()
    assert row["text"] == (
        "“第1网格网格队”申请延期, 处置时限增加4工作时 / 第1网格网格队 asks for 4 working hours more"
    )
    assert (row["limit"], row["reason"], row["organisation"]["code"]) == (
        "4工作时",
        "清运车故障",
        f"{GRID}-WG",
    )
    assert row["about"] == {
        "number": unit["number"],
        "title": "垃圾裸露堆放",
        "urgency": "normal",
        "state": "accepted",
        "holder": {"code": f"{GRID}-WG", "name": "第1网格网格队"},
        "due_at": unit["due_at"],
        "overdue_at": None,
    }


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("suspension", {"until": UNTIL}, "申请挂账至 2026-12-21 09:00(共 31 天)"),
        ("cancel", {}, "申请作废该单元"),
    ],
)
async def test_every_kind_has_its_sentence(
    city: City, clerk: Person, kind: str, more: dict[str, str], said: str
):
    await (await Matter.accepted(city)).asked(kind, **more)
    (row,) = (await clerk.get("/v1/requests"))["items"]
    assert said in row["text"]


async def pressing(city: City) -> str:
    """A request about a missing cover, which lies with the district."""
    holder = await city.person(f"{EAST}-PS", Role.DEPARTMENT)
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await worker.post(city.report(COVER))).json()["unit"]["id"]
    await holder.act(unit, "accept")
    answer = await holder.call(
        "POST", f"/v1/units/{unit}:request", json={"kind": "cancel", "reason": "重复"}
    )
    found: str = answer.json()["id"]
    return found


async def test_what_waits_is_read_by_urgency_and_then_by_age(city: City):
    matter = await Matter.accepted(city)
    made = []
    for _ in range(3):
        other = await Matter.accepted(city)
        request = await other.asked()
        await decided(other.street, request, "grant")
        made.append(request)
        city.clock.forward(seconds=1)
    urgent = await pressing(city)
    assert await ids(matter.district) == [urgent, *made]
    assert await every(matter.district) == [urgent, *made]
    assert await every(matter.street, whose="subtree", state="pending") == [urgent, *made]


async def test_what_was_asked_is_read_the_newest_first_however_it_stands(city: City):
    matter = await Matter.accepted(city)
    made = []
    for kind in ("extension", "cancel", "extension"):
        made.append(await matter.asked(kind))
        await decided(matter.street, made[-1], "refuse", "不同意")
        city.clock.forward(seconds=1)
    made.append(await matter.asked("cancel"))
    assert await every(matter.worker, whose="own") == made[::-1]
    assert await ids(matter.worker, whose="own", kind="cancel") == [made[3], made[1]]
    assert await ids(matter.worker, whose="own", state="refused") == made[2::-1]
    assert await ids(matter.worker, whose="own", state="pending") == made[3:]


async def test_a_centre_reads_what_is_asked_in_its_area_and_no_other(city: City, clerk: Person):
    request = await (await Matter.accepted(city)).asked()
    for centre, found in ((EAST, [request]), (HILL, []), (WEST, [])):
        person = await city.person(f"{centre}-ZX", Role.CLERK)
        assert (await ids(person), await ids(person, whose="subtree")) == ([], found)
    assert await ids(clerk, kind="extension") == [request]
    assert await ids(clerk, kind="support") == []


async def test_who_only_reports_reads_nothing_of_what_others_ask(city: City):
    await (await Matter.accepted(city)).asked()
    for organisation, whose in ((f"{HARBOUR}-ZX", "desk"), (f"{GRID}-WG", "own")):
        reporter = await city.person(organisation, Role.REPORTER)
        assert await ids(reporter, whose=whose) == []


async def test_a_desk_holds_only_what_is_pending(clerk: Person):
    answer = await clerk.call("GET", "/v1/requests", params={"state": "granted"})
    assert (answer.status_code, answer.json()["allowed"]) == (422, ["pending"])


async def test_who_no_longer_has_the_unit_reads_what_it_asked_but_not_where_it_went(city: City):
    matter = await Matter.accepted(city)
    await matter.district.act(matter.id, "transfer", holder=f"{EAST}-CG", reason="由城管办理")
    office = await city.person(f"{EAST}-CG", Role.DEPARTMENT)
    path = f"/v1/units/{matter.id}:request"
    await office.call("POST", path, json={"kind": "cancel", "reason": "不归我"})
    await matter.district.act(matter.id, "transfer", holder=f"{QUAY}-SQ", reason="由居委会办理")
    (row,) = (await office.get("/v1/requests", whose="own"))["items"]
    assert (row["state"], row["about"]["title"], row["about"]["holder"]) == (
        "void",
        "垃圾裸露堆放",
        None,
    )


@pytest.mark.parametrize("asked", [{"whose": "all"}, {"cursor": "x"}, {"kind": "holiday"}], ids=str)
async def test_what_is_not_a_filter_is_refused(clerk: Person, asked: dict[str, str]):
    answer = await clerk.call("GET", "/v1/requests", params=asked)
    assert answer.status_code == 422
