"""list check: before anything is loaded, against the city in force, as a table, JSON and XLSX."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from python_calamine import CalamineWorkbook

from app import data
from app.domain.area import Tier
from app.domain.responsibility import Entry
from app.domain.rulebook import Part
from app.sheets import responsibility
from tests import given
from tests.operating.conftest import Terminal


def sheet(folder: Path, entries: Sequence[Entry]) -> str:
    path = folder / "清单.csv"
    responsibility.write(path, entries)
    return str(path)


def test_the_shipped_city_is_clean_before_anything_is_loaded(yiguan: Terminal, tmp_path: Path):
    said = yiguan("list", "check", YIGUAN_HOME=tmp_path / "none")
    assert said.code == 0
    assert "须改正 0 errors" in said.text
    assert "shares per kind: 任务 task 0 (0.0%)" in said.text
    assert " s\n" in said.text


def test_a_file_is_checked_in_the_shipped_city_before_anything_is_loaded(
    yiguan: Terminal, tmp_path: Path
):
    entries = responsibility.parse(data.shipped(Part.LIST), functions=data.functions())
    telecom = next(entry for entry in entries if entry.lead == "telecom")
    row = entries.index(telecom) + 2
    changed = (replace(one, level=Tier.GRID) if one is telecom else one for one in entries)
    words = ("list", "check", sheet(tmp_path, tuple(changed)))
    said = yiguan(*words, YIGUAN_HOME=tmp_path / "none")
    assert said.code == 1
    assert "须改正 errors: 1" in said.text
    assert "层级错位" in said.text
    assert f"list 第 {row} 行" in said.text
    assert "docs/checks.md#misplaced" in said.text


def test_a_file_is_checked_in_the_city_in_force(
    yiguan: Terminal, database_url: str, tmp_path: Path
):
    entries = (
        *given.entries(),
        given.entry("SX-06099-1", condition="路面有坑洞。", title="路面坑洞"),
    )
    book = tmp_path / "问题.xlsx"
    words = (sheet(tmp_path, entries), "--json", "--xlsx", str(book))
    said = yiguan("list", "check", *words, YIGUAN_DATABASE_URL=database_url)
    assert said.code == 1
    report = json.loads(said.text[said.text.index("{") : said.text.rindex("}") + 1])
    assert report["rulebook"] == "清单.csv"
    assert [one["sort"] for one in report["items"]] == ["overlap", "misplaced"]
    assert [one["row"] for one in report["items"][0]["rows"]] == [5, 7]
    rows = CalamineWorkbook.from_path(str(book)).get_sheet_by_name("问题").to_python()
    assert [row[2] for row in rows] == ["类别", "条件重复", "层级错位"]


def test_a_version_there_is_not_is_named(yiguan: Terminal, database_url: str):
    words = ("list", "check", "--version", "d7")
    said = yiguan(*words, YIGUAN_DATABASE_URL=database_url)
    assert said.code == 1
    assert "d7" in said.text


def test_before_anything_is_loaded_there_are_no_versions(yiguan: Terminal, tmp_path: Path):
    said = yiguan("list", "check", "--version", "3", YIGUAN_HOME=tmp_path / "none")
    assert said.code == 1
    assert "no rulebook yet" in said.text


def test_a_file_that_cannot_be_read_is_refused_with_its_faults(yiguan: Terminal, tmp_path: Path):
    entries = (replace(given.entries()[0], lead=given.Function("nobody")),)
    said = yiguan("list", "check", sheet(tmp_path, entries), YIGUAN_HOME=tmp_path / "none")
    assert said.code == 1
    assert "nobody" in said.text
