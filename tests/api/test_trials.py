"""Trying over HTTP: who may, over which events, and what the office gets."""

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from app.api import reports
from app.api.tables import XLSX
from app.domain.authority import Role
from app.domain.responsibility import Entry
from app.domain.rulebook import Part
from app.flows import drafts
from tests import given
from tests.given import CITY, EAST, GRID, HARBOUR, WEST, City, Person, Tier

ENTRIES = given.entries()
TREE = "行道树的枯枝要掉下来了"


async def drafted(city: City, *entries: Entry) -> str:
    now = city.clock.now()
    async with city.app.state.service.database.transaction() as tx:
        return (await drafts.save(tx, {Part.LIST: entries}, note="", now=now, by="test")).name


async def raised(city: City) -> str:
    """A draft in which rubbish is the street's."""
    return await drafted(city, replace(ENTRIES[0], level=Tier.STREET), *ENTRIES[1:])


async def reported(city: City, *texts: str, days: float = 0) -> None:
    """Reports one after the other, each some days after the last."""
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    for text in texts:
        assert (await worker.post(city.report(text))).status_code == 201
        city.clock.forward(days=days)


async def office(city: City, organisation: str = f"{CITY}-ZX") -> Person:
    return await city.person(organisation, Role.SUPERVISOR)


async def tried(person: Person, name: str, **body: Any) -> dict[str, Any]:
    answer = await person.call("POST", f"/v1/rulebooks/{name}:try", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_draft_tells_what_would_change_and_who_gains_and_loses(city: City):
    await reported(city, "楼下一堆垃圾好臭", TREE)
    found = await tried(await office(city), await raised(city))
    assert (found["rulebook"], found["against"]) == ("d1", "current")
    assert (found["total"], found["changed"]) == (2, 1)
    assert found["by_aspect"] == {
        "entry": 0,
        "kind": 0,
        "holder": 1,
        "level": 1,
        "due": 0,
        "triage": 0,
    }
    assert [(load["code"], load["gain"]) for load in found["loads"]] == [
        (f"{HARBOUR}-MS", 1),
        (f"{GRID}-WG", -1),
    ]
    assert found["moves"] == [
        {
            "before": {"code": f"{GRID}-WG", "name": "第1网格网格队"},
            "after": {"code": f"{HARBOUR}-MS", "name": "码头街道民生服务板块"},
            "count": 1,
        }
    ]
    (example,) = found["examples"]
    assert example["text"] == "楼下一堆垃圾好臭"
    assert [change["aspect"] for change in example["changes"]] == ["holder", "level"]
    assert example["changes"][1]["after_text"] == "镇街级"
    assert example["after"]["route"]["level"] == "street"


async def test_a_trial_writes_nothing(city: City):
    await reported(city, "楼下一堆垃圾好臭")
    supervisor = await office(city)
    before = await supervisor.get("/v1/units")
    await tried(supervisor, await raised(city))
    assert await supervisor.get("/v1/units") == before


async def test_what_the_draft_does_not_know_is_counted_with_the_reason(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    await worker.post(city.report(category={"code": "06010"}))
    found = await tried(await office(city), await drafted(city, *ENTRIES[1:]))
    (refused,) = found["refused"]
    assert (refused["count"], refused["by_draft"], found["total"]) == (1, True, 0)
    assert "06010" in refused["zh"]


async def test_a_period_and_a_number_choose_the_newest_events(city: City):
    await reported(city, *[TREE] * 4, days=1)
    supervisor, now = await office(city), city.clock.now()
    days = [(now - timedelta(days=back)).isoformat() for back in (3.5, 1.5)]
    assert (await tried(supervisor, "1", last=3))["total"] == 3
    assert (await tried(supervisor, "1", since=days[0]))["total"] == 3
    assert (await tried(supervisor, "1", since=days[0], until=days[1]))["total"] == 2


async def test_more_events_than_a_page_are_all_tried(city: City, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reports, "PAGE", 2)
    await reported(city, *[TREE] * 5)
    assert (await tried(await office(city), "current"))["total"] == 5


async def test_a_version_may_be_tried_against_a_draft(city: City):
    await reported(city, "楼下一堆垃圾好臭")
    found = await tried(await office(city), "1", against=await raised(city))
    assert found["loads"][0]["code"] == f"{GRID}-WG"


async def test_the_office_gets_a_workbook(city: City):
    await reported(city, "楼下一堆垃圾好臭")
    supervisor, name = await office(city), await raised(city)
    path, accept = f"/v1/rulebooks/{name}:try", {"Accept": XLSX}
    answer = await supervisor.call("POST", path, json={}, headers=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX)
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert book.sheet_names == ["汇总", "类型占比", "单位负荷", "变化事件", "不予受理"]
    assert book.get_sheet_by_name("汇总").to_python()[1:3] == [["试运行事件", 1], ["有变化", 1]]
    assert book.get_sheet_by_name("单位负荷").to_python()[1] == [
        "码头街道民生服务板块",
        f"{HARBOUR}-MS",
        0,
        1,
        1,
    ]
    changed = book.get_sheet_by_name("变化事件").to_python()
    assert [row[2:5] for row in changed[1:]] == [
        ["承办单位", "第1网格网格队", "码头街道民生服务板块"],
        ["处置层级", "网格级", "镇街级"],
    ]


async def test_texts_of_other_areas_are_not_shown(city: City):
    await reported(city, "楼下一堆垃圾好臭")
    found = await tried(await office(city, f"{WEST}-ZX"), await raised(city))
    assert (found["changed"], found["examples"]) == (1, [])
    own = await tried(await office(city, f"{EAST}-ZX"), "d1")
    assert len(own["examples"]) == 1


@pytest.mark.parametrize(
    ("organisation", "role"),
    [(f"{GRID}-WG", Role.GRID_WORKER), (f"{EAST}-ZX", Role.CLERK), (f"{EAST}-CG", Role.SUPERVISOR)],
)
async def test_only_a_centres_supervisor_or_administrator_tries(
    city: City, organisation: str, role: Role
):
    person = await city.person(organisation, role)
    answer = await person.call("POST", "/v1/rulebooks/current:try", json={})
    assert answer.status_code == 403


@pytest.mark.parametrize("name", ["d9", "99", "nonsense"])
async def test_what_is_not_there_cannot_be_tried(city: City, name: str):
    person = await office(city)
    answer = await person.call("POST", f"/v1/rulebooks/{name}:try", json={})
    assert answer.status_code == 404


async def test_more_than_a_trial_takes_is_refused_by_name(city: City):
    person = await office(city)
    body = {"last": 100_001}
    answer = await person.call("POST", "/v1/rulebooks/current:try", json=body)
    assert answer.status_code == 422
    assert "last" in answer.text
