"""Checks over HTTP: who may ask, pages of findings, drafts, the office's workbook."""

import io
from dataclasses import replace
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from app.api.tables import XLSX
from app.domain.authority import Role
from app.domain.organisation import Function
from app.domain.rulebook import Part
from app.flows import drafts
from tests import given
from tests.given import CITY, EAST, GRID, City, Person


async def supervisor(city: City) -> Person:
    return await city.person(f"{EAST}-ZX", Role.SUPERVISOR)


async def checked(city: City, version: str = "current", **params: Any) -> dict[str, Any]:
    person = await supervisor(city)
    answer = await person.call("POST", f"/v1/rulebooks/{version}:check", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def drafted(city: City) -> str:
    """Store a draft in which each entry is led by a function nobody holds."""
    entries = tuple(
        replace(entry, lead=Function(f"nobody_{number}"))
        for number, entry in enumerate(given.entries())
    )
    async with city.app.state.service.database.transaction() as tx:
        contents = {Part.LIST: entries}
        draft = await drafts.save(tx, contents, note="试", now=city.clock.now(), by="test")
    return f"d{draft.number}"


async def test_a_finding_names_rows_areas_and_the_way_out(shared_city: City):
    report = await checked(shared_city)
    assert report["counts"] == {"error": 1, "warning": 0, "info": 0}
    (finding,) = report["items"]
    assert finding["sort"] == "misplaced"
    assert finding["rows"] == [{"entry": "SX-06013-1", "row": 5}]
    assert finding["areas"] == [{"code": CITY, "name": "山城市"}]
    assert finding["link"] == "docs/checks.md#misplaced"
    assert "第 5 行" in finding["fix"]["zh"]


async def test_the_shares_of_the_kinds_are_told(shared_city: City):
    report = await checked(shared_city)
    assert report["entries"] == 5
    assert {one["kind"]: one["count"] for one in report["kinds"]}["event"] == 1
    assert report["day"] == "2026-11-20"


async def test_a_draft_is_checked_as_it_would_be_in_force(shared_city: City):
    report = await checked(shared_city, await drafted(shared_city))
    assert report["counts"]["error"] == 5
    assert {one["sort"] for one in report["items"]} == {"dead"}


async def test_findings_come_in_pages(shared_city: City):
    name = await drafted(shared_city)
    first = await checked(shared_city, name, limit=3)
    rest = await checked(shared_city, name, limit=3, cursor=first["next"])
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 2, None)
    rows = [one["rows"][0]["row"] for one in (*first["items"], *rest["items"])]
    assert rows == [2, 3, 4, 5, 6]


async def test_a_version_of_the_past_is_known_by_its_number(shared_city: City):
    assert (await checked(shared_city, "1"))["rulebook"] == "1"


async def test_the_office_gets_every_place_in_a_workbook(shared_city: City):
    name, person = await drafted(shared_city), await supervisor(shared_city)
    path, headers = f"/v1/rulebooks/{name}:check", {"Accept": XLSX}
    answer = await person.call("POST", path, headers=headers, params={"limit": 1})
    assert answer.headers["content-type"] == XLSX
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert book.sheet_names == ["汇总", "问题", "位置"]
    assert len(book.get_sheet_by_name("问题").to_python()) == 6
    places = book.get_sheet_by_name("位置").to_python()
    assert [1.0, "引用失效", "条目", "SX-06010-1", "垃圾裸露堆放", 2.0] in places


@pytest.mark.parametrize(
    ("organisation", "role", "version", "status"),
    [
        (f"{GRID}-WG", Role.GRID_WORKER, "current", 403),
        (f"{EAST}-ZX", Role.CLERK, "current", 403),
        (f"{EAST}-CG", Role.SUPERVISOR, "current", 403),
        (f"{EAST}-ZX", Role.ADMINISTRATOR, "current", 200),
        (f"{EAST}-ZX", Role.ADMINISTRATOR, "99", 404),
        (f"{EAST}-ZX", Role.ADMINISTRATOR, "d99", 404),
        (f"{EAST}-ZX", Role.ADMINISTRATOR, "draft", 404),
    ],
)
async def test_only_who_answers_for_a_centre_checks_what_there_is(
    shared_city: City, organisation: str, role: Role, version: str, status: int
):
    person = await shared_city.person(organisation, role)
    answer = await person.call("POST", f"/v1/rulebooks/{version}:check")
    assert answer.status_code == status


async def test_a_cursor_of_another_list_is_refused(shared_city: City):
    person = await supervisor(shared_city)
    answer = await person.call(
        "POST", "/v1/rulebooks/current:check", params={"cursor": "bm90IGEgY3Vyc29y"}
    )
    assert answer.status_code == 422
