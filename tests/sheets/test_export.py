import io
import re
import zipfile
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook

from app.sheets import export

SHANGHAI = ZoneInfo("Asia/Shanghai")


def read(data: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def test_headings_and_values_stand_in_their_columns():
    data = export.xlsx(["编号", "件数", "日期"], [["A", 2, date(2026, 1, 2)]], title="台账")
    assert read(data) == [["编号", "件数", "日期"], ["A", 2, date(2026, 1, 2)]]


def test_moments_are_local_to_the_zone():
    moment = datetime(2026, 1, 1, 16, 30, tzinfo=UTC)
    rows = [[moment, moment.astimezone(SHANGHAI)]]
    assert read(export.xlsx(["a", "b"], rows, title="t", zone=SHANGHAI))[1] == [
        datetime(2026, 1, 2, 0, 30),  # noqa: DTZ001
        datetime(2026, 1, 2, 0, 30),  # noqa: DTZ001
    ]
    assert read(export.xlsx(["a", "b"], rows, title="t"))[1] == [
        datetime(2026, 1, 1, 16, 30),  # noqa: DTZ001
        datetime(2026, 1, 2, 0, 30),  # noqa: DTZ001
    ]


@pytest.mark.parametrize("text", ["=1+1", "+86 23", "-1", "@SUM(A1)", "http://x", "{=A1}"])
def test_no_text_is_taken_for_a_formula_or_a_link(text):
    data = export.xlsx(["x"], [[text]], title="t")
    assert read(data)[1] == [text]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet


def test_nothing_is_blank_and_flags_are_words():
    assert read(export.xlsx(["a", "b", "c"], [[None, True, False]], title="t"))[1] == [
        "",
        "是",
        "否",
    ]


def test_a_text_longer_than_a_cell_is_cut():
    assert read(export.xlsx(["a"], [["字" * 40_000]], title="t"))[1] == ["字" * 32_767]


def test_the_header_is_frozen_and_columns_fit_their_texts():
    data = export.xlsx(["a", "b"], [["字" * 10, "x"], ["y" * 500, "x"]], title="t")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert 'state="frozen"' in sheet
    widths = [float(width) for width in re.findall(r'<col [^>]*width="([\d.]+)"', sheet)]
    assert widths[0] > 50
    assert widths[1] < 10


@pytest.mark.parametrize("title", ["a/b:c*d?e[f]g\\h", "很长" * 20, "", "'x'"])
def test_any_title_makes_a_sheet_name(title):
    assert export.xlsx(["a"], [], title=title).startswith(b"PK")
