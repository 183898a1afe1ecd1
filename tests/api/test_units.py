"""Units over HTTP: found, listed, and worked on by who saw their present version."""

import io
from dataclasses import replace
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from app.api.tables import XLSX
from app.domain.authority import Role
from app.domain.rulebook import Part
from app.flows import publication
from tests import given
from tests.given import CITY, EAST, GRID, HARBOUR, HILL, WEST, City, Person
from tests.queries import logged

RUBBISH, BRANCH, COVER = "楼下一堆垃圾好臭", "行道树的枯枝要掉下来了", "下水道井盖不见了"
FIRE = "六楼着火了浓烟滚滚"


async def worker(city: City) -> Person:
    return await city.person(f"{GRID}-WG", Role.GRID_WORKER)


async def clerk(city: City, centre: str = HARBOUR) -> Person:
    return await city.person(f"{centre}-ZX", Role.CLERK)


async def filed(city: City, text: str = RUBBISH, **changes: Any) -> dict[str, Any]:
    answer = await (await worker(city)).post(city.report(text, **changes))
    assert answer.status_code == 201, answer.text
    unit: dict[str, Any] = answer.json()["unit"]
    return unit


# Found


async def test_a_unit_is_found_by_its_id_and_by_its_number(shared_city: City):
    unit, person = await filed(shared_city), await clerk(shared_city)
    by_id, by_number = [await person.get(f"/v1/units/{unit[key]}") for key in ("id", "number")]
    assert by_id == by_number


async def test_its_etag_is_its_version(shared_city: City):
    unit, person = await filed(shared_city), await clerk(shared_city)
    answer = await person.call("GET", f"/v1/units/{unit['id']}")
    assert answer.headers["etag"] == f'"{unit["version"]}"'


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("organisation", [f"{WEST}-ZX", f"{HILL}-ZX", f"{EAST}-CG"])
async def test_outside_the_scope_nobody_finds_it(shared_city: City, role: Role, organisation: str):
    unit = await filed(shared_city)
    stranger = await shared_city.person(organisation, role)
    assert (await stranger.call("GET", f"/v1/units/{unit['id']}")).status_code == 404


@pytest.mark.parametrize("path", ["", "/steps", "/explanation"])
async def test_outside_the_scope_nothing_of_it_is_told(shared_city: City, path: str):
    unit = await filed(shared_city)
    stranger = await clerk(shared_city, WEST)
    assert (await stranger.call("GET", f"/v1/units/{unit['id']}{path}")).status_code == 404


@pytest.mark.parametrize("action", ["accept", "verify", "cancel", "dispatch", "note"])
async def test_outside_the_scope_nothing_is_done_to_it(shared_city: City, action: str):
    unit = await filed(shared_city)
    stranger = await shared_city.person(f"{WEST}-ZX", Role.SUPERVISOR)
    answer = await stranger.call(
        "POST", f"/v1/units/{unit['id']}:{action}", seen=1, json={"reason": "因为"}
    )
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "key",
    ["500101-20261120-99999", "01932f3e-7b1a-7c3d-9e5f-0a1b2c3d4e5f", "%00", "垃圾", "a" * 999],
)
async def test_a_unit_nobody_filed_is_refused(shared_city: City, key: str):
    answer = await (await clerk(shared_city)).call("GET", f"/v1/units/{key}")
    assert answer.status_code in {404, 422}


async def test_a_unit_tells_what_the_caller_may_do_now(shared_city: City):
    unit, person = await filed(shared_city), await worker(shared_city)
    shown = await person.get(f"/v1/units/{unit['id']}")
    assert shown["actions"][:3] == [
        {"action": "accept", "name": "签收 / accept", "needs": [], "phases": []},
        {"action": "return", "name": "退回 / return", "needs": ["reason"], "phases": []},
        {"action": "escalate", "name": "上报 / escalate", "needs": ["reason"], "phases": []},
    ]
    assert {"verify", "dispatch", "cancel"}.isdisjoint(one["action"] for one in shown["actions"])


async def test_an_event_shows_its_tasks(shared_city: City):
    unit, person = await filed(shared_city, FIRE), await clerk(shared_city)
    shown = await person.get(f"/v1/units/{unit['id']}")
    assert [task["parent"] for task in shown["tasks"]] == [unit["id"]] * 2


# Versions


async def test_an_action_on_an_old_version_is_stale_and_names_the_present_one(city: City):
    unit, person = await filed(city), await worker(city)
    await person.act(unit["id"], "accept")
    answer = await person.call("POST", f"/v1/units/{unit['id']}:start", seen=1, json={})
    assert (answer.status_code, answer.json()["version"]) == (412, 2)


async def test_an_action_that_saw_no_version_is_refused(shared_city: City):
    unit, person = await filed(shared_city), await worker(shared_city)
    answer = await person.call("POST", f"/v1/units/{unit['id']}:accept", json={})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (428, "If-Match")


@pytest.mark.parametrize("seen", ["", "abc", '"-1"', "*", "\xb2", "9" * 5000, '"1", "2"'])
async def test_a_version_that_is_none_is_refused(shared_city: City, seen: str):
    unit, person = await filed(shared_city), await worker(shared_city)
    answer = await person.call(
        "POST",
        f"/v1/units/{unit['id']}:accept",
        json={},
        headers={"If-Match": seen.encode("latin-1")},
    )
    assert answer.status_code == 422


@pytest.mark.parametrize("seen", ["1", '"1"', 'W/"1"'])
async def test_a_version_is_read_however_clients_write_it(shared_city: City, seen: str):
    unit, person = await filed(shared_city), await worker(shared_city)
    answer = await person.call(
        "POST", f"/v1/units/{unit['id']}:accept", json={}, headers={"If-Match": seen}
    )
    assert answer.status_code == 200


async def test_a_note_needs_no_version_and_leaves_it_alone(shared_city: City):
    unit, person = await filed(shared_city), await worker(shared_city)
    answer = await person.call("POST", f"/v1/units/{unit['id']}:note", json={"reason": "补充"})
    assert answer.json()["version"] == unit["version"]


async def test_what_the_state_forbids_is_refused_with_what_is_allowed(shared_city: City):
    unit, person = await filed(shared_city), await worker(shared_city)
    answer = await person.try_to(unit["id"], "resolve")
    allowed = answer.json()["allowed"]
    assert (answer.status_code, allowed[:2], allowed[-2:]) == (
        409,
        ["accept", "return"],
        ["note", "attach"],
    )
    assert "resolve" not in allowed


async def test_what_the_role_forbids_is_refused_with_who_may(shared_city: City):
    unit, person = await filed(shared_city), await worker(shared_city)
    answer = await person.try_to(unit["id"], "verify")
    assert (answer.status_code, answer.json()["allowed"][0]) == (403, "centre: clerk, supervisor")


async def test_a_return_without_a_reason_is_refused_by_name(shared_city: City):
    unit, person = await filed(shared_city), await worker(shared_city)
    answer = await person.try_to(unit["id"], "return", reason="  ")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "reason")


async def test_a_refused_action_leaves_nothing(shared_city: City):
    unit, person = await filed(shared_city), await worker(shared_city)
    await person.try_to(unit["id"], "resolve")
    assert (await person.get(f"/v1/units/{unit['id']}"))["version"] == unit["version"]


async def test_an_unknown_field_of_an_action_is_refused(shared_city: City):
    unit, person = await filed(shared_city), await worker(shared_city)
    answer = await person.try_to(unit["id"], "accept", colour="red")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "colour")


# Listed


async def numbers(person: Person, **params: Any) -> list[str]:
    page = await person.get("/v1/units", limit=200, **params)
    return [unit["number"] for unit in page["items"]]


@pytest.fixture(scope="module")
async def town(shared_city: City) -> City:
    """The shared city with one unit of each sort."""
    for text in (RUBBISH, BRANCH, COVER, FIRE):
        await filed(shared_city, text)
        shared_city.clock.forward(seconds=1)
    west = await shared_city.person("500102001001001-WG", Role.GRID_WORKER)
    await west.post(shared_city.report(place={"code": "500102001001001"}))
    return shared_city


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"state": "coordinating"}, {"state": {"coordinating"}}),
        ({"kind": "task"}, {"kind": {"task"}}),
        ({"holder": f"{EAST}-PS"}, {"holder": {f"{EAST}-PS"}}),
        ({"district": WEST}, {"district": {WEST}}),
        ({"street": HARBOUR}, {"street": {HARBOUR}}),
        ({"kind": "item", "holder": f"{HARBOUR}-MS"}, {"holder": {f"{HARBOUR}-MS"}}),
    ],
)
async def test_a_filter_leaves_what_it_asks_for(
    town: City, params: dict[str, str], expected: dict[str, set[str]]
):
    page = await (await clerk(town, CITY)).get("/v1/units", limit=200, **params)
    units = [
        {
            **unit,
            "holder": unit["holder"]["code"],
            "district": unit["place"]["district"]["code"],
            "street": unit["place"]["street"]["code"],
        }
        for unit in page["items"]
    ]
    assert units
    assert {field: {unit[field] for unit in units} for field in expected} == expected


@pytest.mark.parametrize(
    "params", [{"state": "gone"}, {"kind": "x"}, {"limit": 0}, {"limit": 201},
               {"updated_since": "2026-11-20T00:00:00"}, {"cursor": "x"}, {"cursor": "WyJhIl0"},

               {"district": "\x00"}]
)  # fmt: skip
async def test_a_filter_that_makes_no_sense_is_refused(town: City, params: dict[str, Any]):
    answer = await (await clerk(town)).call("GET", "/v1/units", params=params)
    assert answer.status_code == 422


@pytest.mark.parametrize("limit", [1, 3, 200])
async def test_the_pages_together_hold_every_unit_once(town: City, limit: int):
    person, cursor, seen = await clerk(town, CITY), None, list[str]()
    while True:
        page = await person.get("/v1/units", limit=limit, **({"cursor": cursor} if cursor else {}))
        seen += [unit["number"] for unit in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert set(seen) == await everything(town)


async def everything(city: City) -> set[str]:
    async with city.app.state.service.database.reading() as tx:
        return {row["number"] for row in await tx.fetch("SELECT number FROM unit")}


async def test_a_list_holds_only_what_lies_in_the_callers_scope(town: City):
    page = await (await clerk(town, WEST)).get("/v1/units", limit=200)
    assert {unit["place"]["district"]["code"] for unit in page["items"]} == {WEST}


async def test_updated_since_leaves_what_changed_later(city: City):
    first, person = await filed(city), await clerk(city, CITY)
    city.clock.forward(minutes=1)
    since = city.clock.now().isoformat()
    second = await filed(city)
    assert await numbers(person, updated_since=since) == [second["number"]]
    city.clock.forward(minutes=1)
    await (await worker(city)).act(first["id"], "accept")
    assert await numbers(person, updated_since=since) == [second["number"], first["number"]]


@pytest.mark.parametrize(
    "path", ["/v1/units", f"/v1/organisations/{EAST}-ZX/queue", "/v1/me/tasks"]
)
async def test_who_accepts_a_spreadsheet_gets_a_workbook_that_opens(town: City, path: str):
    answer = await (await clerk(town, EAST)).call("GET", path, headers={"Accept": XLSX})
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0)
    assert answer.headers["content-type"] == XLSX
    assert sheet.to_python()[0][:2] == ["编号", "类型"]


async def test_a_workbook_tells_local_times(city: City):
    await filed(city)
    answer = await (await clerk(city)).call("GET", "/v1/units", headers={"Accept": XLSX})
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0)
    heading, row = rows.to_python()
    assert str(row[heading.index("立案时间")]) == "2026-11-20 09:30:00"


# Told


async def test_the_log_tells_who_did_what(city: City):
    unit, person = await filed(city), await worker(city)
    await person.act(unit["id"], "accept")
    log = await person.get(f"/v1/units/{unit['id']}/steps")
    assert [(line["seq"], line["action"], line["actor"]) for line in log["items"]] == [
        (1, "file", None),
        (2, "dispatch", None),
        (3, "accept", f"{GRID}-WG 的 grid_worker"),
    ]


async def test_the_log_comes_in_pages(city: City):
    unit, person = await filed(city), await worker(city)
    await person.act(unit["id"], "accept")
    first = await person.get(f"/v1/units/{unit['id']}/steps", limit=2)
    rest = await person.get(f"/v1/units/{unit['id']}/steps", limit=2, cursor=first["next"])
    assert [line["seq"] for line in rest["items"]] == [3]


async def test_a_task_is_shown_although_a_newer_list_has_no_plan_for_it(city: City):
    unit, person = await filed(city, FIRE), await clerk(city, EAST)
    service, entries = city.app.state.service, given.entries()
    shorter = replace(entries[4], plan=(), kind=given.Kind.ITEM)
    async with service.database.transaction() as tx:
        content = {Part.LIST: (*entries[:4], shorter)}
        await publication.publish(tx, content, now=city.clock.now(), by="test")
    city.clock.forward(seconds=6)
    async with service.database.reading() as tx:
        await service.library.follow(tx, now=city.clock.now())
    assert len((await person.get(f"/v1/units/{unit['id']}"))["tasks"]) == 2


# Asked of the database


@pytest.mark.parametrize(
    ("path", "statements"),
    [
        ("/v1/units?limit=200", 1),
        (f"/v1/organisations/{EAST}-ZX/queue", 1),
        ("/v1/me/tasks", 1),
        ("/v1/me/events", 2),
        ("/v1/units/{unit}", 4),
        ("/v1/units/{unit}/steps", 3),
        ("/v1/events/{unit}", 2),
    ],
)
async def test_reading_takes_the_same_few_statements_however_many_rows(
    town: City, path: str, statements: int
):
    unit, person = await filed(town), await clerk(town, EAST)
    await person.get("/v1/me/events")
    async with logged(town.app.state.service.database) as queries:
        await person.get(path.format(unit=unit["id"]))
    assert len(queries) <= statements
