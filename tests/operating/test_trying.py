"""`yiguan list try`: a draft or a sheet over stored events or a file's."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from python_calamine import CalamineWorkbook

from app.api import reports
from app.cli import trying
from app.domain.authority import Caller
from app.domain.organisation import OrganisationCode
from app.domain.rulebook import Part
from app.flows import drafts, intake
from app.flows.rulebook import Library
from app.sheets import responsibility as list_sheet
from app.store.database import Database
from tests import given, pieces
from tests.conftest import NOW, on_server, with_database
from tests.given import GRID, Tier
from tests.operating.conftest import Terminal

HEADER = "occurred_at,source,text,scheme,class,code,place,address"
RUBBISH = f"2026-11-16T09:00:00+08:00,grid,楼下一堆垃圾好臭,,,,{GRID},"
TREE = f"2026-11-18T09:00:00+08:00,hotline,行道树的枯枝要掉下来了,,,,{GRID},"
PIGEON = f"2026-11-18T09:00:00+08:00,pigeon,垃圾,,,,{GRID},"
NOWHERE = "2026-11-18T09:00:00+08:00,grid,楼下一堆垃圾好臭,,,,999999,"
RAISED = (replace(given.entries()[0], level=Tier.STREET), *given.entries()[1:])
Tried = Callable[..., Any]


@pytest.fixture
def tried(yiguan: Terminal, database_url: str) -> Tried:
    def run(*words: object, code: int = 0) -> str:
        said = yiguan("list", "try", *map(str, words), YIGUAN_DATABASE_URL=database_url)
        assert said.code == code, said.text
        return said.text

    return run


def answer(said: str) -> dict[str, Any]:
    """The JSON of what was printed; the progress bar went to the other stream."""
    found: dict[str, Any] = json.JSONDecoder().raw_decode(said)[0]
    return found


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """The list in which rubbish is the street's."""
    path = tmp_path / "清单.csv"
    list_sheet.write(path, RAISED)
    return path


@pytest.fixture
def past(tmp_path: Path) -> Path:
    path = tmp_path / "events.csv"
    rows = (HEADER, RUBBISH, TREE, PIGEON, NOWHERE)
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


@pytest.fixture
async def stored(database: Database) -> None:
    """Three reports of rubbish, a day apart, and the draft d1."""
    library = Library()
    caller = Caller(pieces.account("a"), "", OrganisationCode(f"{GRID}-WG"), frozenset())
    async with database.transaction() as tx:
        await library.follow(tx, now=NOW)
        reference = library.current(NOW)
        events = [
            reports.sent_by(caller, _body(number), at=NOW - timedelta(days=number))
            for number in range(3)
        ]
        judged = intake.judge_past(events, reference, intake.recall(events, reference))
        await intake.write(tx, judged, reference, NOW)
        await drafts.save(tx, {Part.LIST: RAISED}, note="", now=NOW, by="test")


def _body(number: int) -> bytes:
    at = (NOW - timedelta(days=number)).isoformat()
    place = {"code": GRID}
    report = {"source": "grid", "occurred_at": at, "text": "楼下一堆垃圾好臭", "place": place}
    return orjson.dumps({"id": str(UUID(int=number + (7 << 76))), **report})


def test_a_sheet_is_tried_over_a_file(tried: Tried, sheet: Path, past: Path):
    said = tried(sheet, "--events", past)
    assert "承办单位 holder: 第1网格网格队 → 码头街道民生服务板块" in said
    assert "第 2 行 row 2" in said


def test_rows_that_cannot_be_tried_are_counted_with_their_reason(
    tried: Tried, sheet: Path, past: Path
):
    found = answer(tried(sheet, "--events", past, "--json"))
    assert (found["total"], found["changed"]) == (2, 1)
    assert sorted(one["zh"][:4] for one in found["refused"]) == ["区划或网", "行内容有"]


def test_a_file_is_narrowed_by_day_and_number(tried: Tried, sheet: Path, past: Path):
    later = tried(sheet, "--events", past, "--since", "2026-11-17", "--json")
    assert answer(later)["total"] == 1
    last = tried(sheet, "--events", past, "--last", "1", "--json")
    assert answer(last)["total"] == 0


@pytest.mark.usefixtures("stored")
def test_a_draft_is_tried_over_what_is_stored(tried: Tried):
    found = answer(tried("d1", "--json"))
    assert (found["total"], found["changed"]) == (3, 3)
    assert answer(tried("d1", "--last", "2", "--json"))["total"] == 2
    since = (NOW - timedelta(days=1)).date().isoformat()
    assert answer(tried("d1", "--since", since, "--json"))["total"] == 2


@pytest.mark.usefixtures("stored")
def test_what_changes_nothing_says_so(tried: Tried):
    assert "没有任何变化" in tried("1", "--against", "current")


@pytest.mark.usefixtures("stored")
def test_the_office_gets_a_workbook(tried: Tried, tmp_path: Path):
    file = tmp_path / "试运行.xlsx"
    assert str(file.name) in tried("d1", "--xlsx", file)
    rows = CalamineWorkbook.from_path(file).get_sheet_by_name("变化事件").to_python()
    assert len(rows) == 1 + 3 * 2


def test_a_draft_that_is_not_there_is_refused(tried: Tried):
    assert "d9" in tried("d9", code=1)


def test_a_sheet_that_is_not_there_is_refused(tried: Tried):
    assert "nowhere.csv" in tried("nowhere.csv", code=1)


@pytest.fixture
async def nowhere(server_url: str) -> AsyncIterator[str]:
    """The address of a database that is not there yet."""
    name = f"yg_test_{uuid4().hex[:8]}"
    yield with_database(server_url, name)
    await on_server(server_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def test_without_a_rulebook_the_shipped_city_stands_for_it(
    yiguan: Terminal, nowhere: str, sheet: Path, past: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(trying, "shipped_city", lambda _: given.contents())
    words = ("list", "try", str(sheet), "--events", str(past), "--json")
    said = yiguan(*words, YIGUAN_DATABASE_URL=nowhere)
    assert said.code == 0
    assert answer(said.text)["changed"] == 1


def test_without_a_rulebook_stored_events_cannot_be_tried(
    yiguan: Terminal, nowhere: str, sheet: Path
):
    said = yiguan("list", "try", str(sheet), YIGUAN_DATABASE_URL=nowhere)
    assert said.code == 1
    assert "规则库尚未发布" in said.text
