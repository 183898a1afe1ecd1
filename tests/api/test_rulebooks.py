"""Versions and drafts over HTTP: sheets come in, are looked at, published, taken back."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.api.middleware import SHEET_LIMIT
from app.domain.authority import Role
from app.domain.policy import LocalPolicy
from app.domain.roster import Shift
from app.sheets import policies, responsibility, roster
from tests import given
from tests.given import CITY, EAST, GRID, City, Person

ENTRIES = given.entries()
CSV = {"Content-Type": "text/csv"}


async def administrator(city: City) -> Person:
    return await city.person(f"{CITY}-ZX", Role.ADMINISTRATOR)


def sheet(tmp_path: Path, count: int = len(ENTRIES), name: str = "list.csv") -> bytes:
    """The small city's list with so many entries, as an office keeps it."""
    path = tmp_path / name
    responsibility.write(path, ENTRIES[:count])
    return path.read_bytes()


async def sent(
    city: City, body: bytes, part: str = "list", language: str = "zh", **asked: str
) -> httpx.Response:
    return await (await administrator(city)).call(
        "POST",
        "/v1/drafts",
        params={"part": part, **asked},
        content=body,
        headers={**CSV, "Accept-Language": language},
    )


async def draft(city: City, body: bytes, part: str = "list", **asked: str) -> str:
    answer = await sent(city, body, part, **asked)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["name"])


async def post(city: City, path: str, **body: Any) -> httpx.Response:
    return await (await administrator(city)).call("POST", path, json=body)


async def published(city: City, name: str, **body: Any) -> dict[str, Any]:
    answer = await post(city, f"/v1/drafts/{name}:publish", **body)
    assert answer.status_code == 200, answer.text
    version: dict[str, Any] = answer.json()
    return version


async def versions(city: City, path: str = "/v1/rulebooks") -> list[tuple[str, str]]:
    page = await (await administrator(city)).get(path)
    return [(one["name"], one["state"]) for one in page["items"]]


async def version(city: City, name: str) -> dict[str, Any]:
    found: dict[str, Any] = await (await administrator(city)).get(f"/v1/rulebooks/{name}")
    return found


def tomorrow(city: City) -> str:
    return (city.clock.now() + timedelta(days=1)).isoformat()


async def test_a_sheet_becomes_a_draft_and_changes_nothing(city: City, tmp_path: Path):
    name = await draft(city, sheet(tmp_path, 4), note="去掉火警")
    found = await version(city, name)
    assert (found["state"], found["note"], found["in_force_at"]) == ("draft", "去掉火警", None)
    assert [part["part"] for part in found["parts"]] == ["list"]
    assert await versions(city) == [("1", "in_force")]


async def test_a_workbook_is_read_as_well(city: City, tmp_path: Path):
    body = sheet(tmp_path, 4, "list.xlsx")
    assert [await draft(city, body) for _ in range(2)] == ["d1", "d2"]
    assert (await version(city, "d1"))["parts"] == (await version(city, "d2"))["parts"]


async def test_a_draft_published_is_in_force_after_notice(city: City, tmp_path: Path):
    name = await draft(city, sheet(tmp_path, 4))
    made = await published(city, name, note="去掉火警")
    assert (made["name"], made["state"], made["base"]) == ("2", "scheduled", 1)
    assert made["made_by"] == f"{CITY}-ZX 的 administrator ({CITY}-ZX)"
    city.clock.forward(seconds=6)
    assert await versions(city) == [("2", "in_force"), ("1", "past")]
    assert (await version(city, "current"))["name"] == "2"


async def test_a_draft_may_be_published_from_a_moment_on(city: City, tmp_path: Path):
    at = tomorrow(city)
    made = await published(city, await draft(city, sheet(tmp_path, 4)), at=at)
    assert datetime.fromisoformat(made["in_force_at"]) == datetime.fromisoformat(at)
    assert await versions(city) == [("2", "scheduled"), ("1", "in_force")]


async def test_a_moment_without_an_offset_is_refused(city: City, tmp_path: Path):
    name = await draft(city, sheet(tmp_path, 4))
    answer = await post(city, f"/v1/drafts/{name}:publish", at="2026-12-01T00:00:00")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "at")


async def test_a_moment_that_is_past_is_refused(city: City, tmp_path: Path):
    name = await draft(city, sheet(tmp_path, 4))
    answer = await post(city, f"/v1/drafts/{name}:publish", at=city.clock.now().isoformat())
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "at")


async def test_a_scheduled_version_is_withdrawn(city: City, tmp_path: Path):
    await published(city, await draft(city, sheet(tmp_path, 4)), at=tomorrow(city))
    answer = await post(city, "/v1/rulebooks/2:withdraw")
    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    assert await versions(city) == [("2", "withdrawn"), ("1", "in_force")]


async def test_what_is_in_force_is_not_withdrawn_but_rolled_back(city: City, tmp_path: Path):
    await published(city, await draft(city, sheet(tmp_path, 4)))
    city.clock.forward(seconds=6)
    assert (await post(city, "/v1/rulebooks/2:withdraw")).status_code == 422
    back = (await post(city, "/v1/rulebooks/1:roll-back", note="火警回来")).json()
    assert (back["name"], back["note"]) == ("3", "火警回来")
    assert back["parts"] == (await version(city, "1"))["parts"]


async def test_equal_content_has_an_equal_checksum(city: City, tmp_path: Path):
    names = [await draft(city, sheet(tmp_path, count)) for count in (4, 3, 4)]
    sums = [(await version(city, name))["checksum"] for name in names]
    assert sums[0] == sums[2] != sums[1]
    assert len(sums[0]) == 64


async def test_versions_and_drafts_come_page_by_page(city: City, tmp_path: Path):
    for count in (4, 3, 2):
        await published(city, await draft(city, sheet(tmp_path, count)))
    person = await administrator(city)
    for path, newest in (("/v1/rulebooks", "4"), ("/v1/drafts", "d3")):
        first = await person.get(path, limit=2)
        rest = await person.get(path, limit=2, cursor=first["next"])
        names = [one["name"] for one in (*first["items"], *rest["items"])]
        assert (names[0], len(names), len(set(names))) == (newest, len(names), len(names))


async def test_what_there_is_not_is_not_found(shared_city: City):
    person = await administrator(shared_city)
    for name in ("99", "d99", "x", "²"):
        assert (await person.call("GET", f"/v1/rulebooks/{name}")).status_code == 404
    assert (await post(shared_city, "/v1/rulebooks/99:roll-back")).status_code == 404
    assert (await post(shared_city, "/v1/rulebooks/99:withdraw")).status_code == 404
    assert (await post(shared_city, "/v1/drafts/d99:publish")).status_code == 404


# Several parts, each checked against the others


async def test_a_draft_grows_sheet_by_sheet(city: City, tmp_path: Path):
    path = tmp_path / "policies.toml"
    policies.write(path, {given.AreaCode(EAST): LocalPolicy(confidence=0.9)})
    first = await draft(city, sheet(tmp_path, 4))
    both = await draft(city, path.read_bytes(), "policies", onto=first)
    assert [part["part"] for part in (await version(city, both))["parts"]] == ["list", "policies"]
    made = await published(city, both)
    numbers = {part["part"]: part["version"] for part in made["parts"]}
    assert (numbers["list"], numbers["policies"], numbers["areas"]) == (2, 2, 1)


async def test_a_sheet_is_checked_against_the_draft_it_joins(city: City, tmp_path: Path):
    rule = '[[policy."500101".rules]]\nname = "火警"\nentry = "SX-22001-1"\ncontains = ["着火"]\n'
    without = await draft(city, sheet(tmp_path, 4))
    assert (await sent(city, rule.encode(), "policies")).status_code == 201
    assert (await sent(city, rule.encode(), "policies", onto=without)).status_code == 422


async def test_a_roster_comes_in_as_a_sheet(city: City, tmp_path: Path):
    shifts = tmp_path / "roster.csv"
    now = city.clock.now()
    shift = Shift(given.OrganisationCode(f"{GRID}-WG"), "李四", "1", now, now + timedelta(hours=8))
    roster.write(shifts, [shift], "Asia/Shanghai")
    assert await draft(city, shifts.read_bytes(), "roster") == "d1"


# Bad sheets


async def test_every_fault_of_a_sheet_is_told_with_row_and_column(
    shared_city: City, tmp_path: Path
):
    header, first, second, *_ = sheet(tmp_path).decode("utf-8-sig").splitlines()
    body = "\n".join([header, first.replace("4工作时", "很快"), second.replace("district", "上面")])
    answer = await sent(shared_city, body.encode())
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/bad-sheet")
    found = {(one["row"], one["field"]) for one in answer.json()["errors"]}
    assert found >= {(2, "limit"), (3, "level")}


@pytest.mark.parametrize(("language", "word"), [("zh", "应为"), ("en", "expected")])
async def test_faults_are_told_in_the_callers_language(
    shared_city: City, tmp_path: Path, language: str, word: str
):
    header, first, *_ = sheet(tmp_path).decode("utf-8-sig").splitlines()
    body = "\n".join([header, first.replace("grid", "上面", 1)])
    answer = await sent(shared_city, body.encode(), language=language)
    (fault,) = [one for one in answer.json()["errors"] if one["field"] == "level"]
    assert word in fault["message"]
    assert "/" not in fault["message"]


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"\xd0\xcf\x11\xe0", b"PK\x03\x04junk"])
async def test_what_is_no_sheet_is_refused_and_nothing_kept(shared_city: City, body: bytes):
    before = await versions(shared_city, "/v1/drafts")
    answer = await sent(shared_city, body)
    assert (answer.status_code, bool(answer.json()["errors"])) == (422, True)
    assert await versions(shared_city, "/v1/drafts") == before


async def test_a_sheet_may_be_larger_than_a_report_but_not_without_end(
    shared_city: City, tmp_path: Path
):
    large = sheet(tmp_path) + b"\n" * (200 * 1024)
    assert (await sent(shared_city, large)).status_code == 201
    too_large = await (await administrator(shared_city)).call(
        "POST",
        "/v1/drafts?part=list",
        content=b"",
        headers={"Content-Length": str(SHEET_LIMIT + 1)},
    )
    assert too_large.status_code == 413


async def test_other_requests_stay_small(shared_city: City):
    answer = await post(shared_city, "/v1/drafts/d1:publish", note="长" * 40_000)
    assert answer.status_code == 413


@pytest.mark.parametrize("part", ["", "nothing"])
async def test_a_part_there_is_not_is_named(shared_city: City, part: str):
    answer = await sent(shared_city, b"x", part)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "part")


# Who may


WRITES = ["/v1/drafts?part=list", "/v1/drafts/d1:publish", "/v1/rulebooks/1:roll-back"]


@pytest.mark.parametrize("path", [*WRITES, "/v1/rulebooks/1:withdraw"])
@pytest.mark.parametrize(
    ("organisation", "role"),
    [
        (f"{CITY}-ZX", Role.SUPERVISOR),
        (f"{EAST}-ZX", Role.ADMINISTRATOR),
        (f"{CITY}-CG", Role.ADMINISTRATOR),
    ],
)
async def test_only_an_administrator_of_the_citys_centre_changes_the_rulebook(
    shared_city: City, path: str, organisation: str, role: Role
):
    person = await shared_city.person(organisation, role)
    assert (await person.call("POST", path, json={})).status_code == 403


@pytest.mark.parametrize("path", ["/v1/rulebooks", "/v1/rulebooks/current", "/v1/drafts"])
@pytest.mark.parametrize(
    ("organisation", "role", "status"),
    [
        (f"{EAST}-ZX", Role.SUPERVISOR, 200),
        (f"{EAST}-ZX", Role.CLERK, 403),
        (f"{GRID}-WG", Role.ADMINISTRATOR, 403),
    ],
)
async def test_centres_supervisors_look_at_versions(
    shared_city: City, path: str, organisation: str, role: Role, status: int
):
    person = await shared_city.person(organisation, role)
    assert (await person.call("GET", path)).status_code == status
