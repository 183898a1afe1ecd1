"""`yiguan dictionary` and `yiguan event-types`: what things are called, without a service."""

import csv
from pathlib import Path

from app.api.dictionary import told
from app.api.event_types import document
from tests.operating.conftest import Terminal


def test_the_dictionary_is_printed_one_sort_or_all(yiguan: Terminal):
    said = yiguan("dictionary", "light")
    assert said.code == 0
    assert [line.split() for line in said.lines[-3:]] == [
        ["light", "green", "绿灯", "green"],
        ["light", "yellow", "黄灯", "yellow"],
        ["light", "red", "红灯", "red"],
    ]
    assert "待研判" in yiguan("dictionary").text


def test_as_csv_every_code_and_field_is_a_row(yiguan: Terminal):
    header, *rows = csv.reader(yiguan("dictionary", "--csv").lines)
    assert header == ["sort", "code", "zh", "en", "refers_to"]
    shown = told()
    count = sum(len(one.codes) for one in shown.vocabularies)
    assert len(rows) == count + sum(len(one.fields) for one in shown.shapes)
    assert ["unit", "holder", "承办单位", "organisation that has it now", "organisation"] in rows


def test_a_sort_that_does_not_exist_is_refused_with_those_that_do(yiguan: Terminal):
    said = yiguan("dictionary", "colour")
    assert said.code == 1
    assert "没有“colour”" in said.text
    assert "state, kind, clause" in said.text


def test_the_event_types_are_written_as_a_page(yiguan: Terminal, tmp_path: Path):
    page = tmp_path / "event-types.md"
    assert yiguan("event-types", str(page)).code == 0
    assert page.read_text(encoding="utf-8") == document()
