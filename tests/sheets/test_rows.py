import struct
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from app.domain.errors import BadSheet
from app.sheets import rows
from app.sheets.rows import read_rows

COLUMNS = ("code", "name")


def workbook(path: Path, *lines: tuple[object, ...]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet()
        for number, line in enumerate(lines):
            for place, value in enumerate(line):
                if isinstance(value, date):
                    sheet.write_datetime(number, place, datetime(value.year, 1, 1), day)  # noqa: DTZ001
                else:
                    sheet.write(number, place, value)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_the_encodings_offices_use(save, encoding):
    path = save("code,name", "A, 渝中区 ", encoding=encoding)
    assert [dict(row.cells) for row in read_rows(path, COLUMNS)] == [
        {"code": "A", "name": "渝中区"}
    ]


@pytest.mark.parametrize(("encoding", "name"), [("utf-16", "UTF-16"), ("utf-32", "UTF-32")])
def test_other_encodings_are_refused_by_name(save, faults_of, encoding, name):
    path = save("code,name", "A,渝中区", encoding=encoding)
    assert name in faults_of(lambda: read_rows(path, COLUMNS))[0]


def test_bytes_of_no_encoding_are_refused(tmp_path, faults_of):
    path = tmp_path / "x.csv"
    path.write_bytes(b"code,name\nA,\xff\xff\xff\n")
    assert "GB18030" in faults_of(lambda: read_rows(path, COLUMNS))[0]


def test_a_broken_utf8_with_mark_is_not_taken_for_gb18030(tmp_path, faults_of):
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xef\xbb\xbfcode,name\nA,\xc4\xe3\n")
    assert "UTF-8" in faults_of(lambda: read_rows(path, COLUMNS))[0]


def test_rows_keep_the_numbers_the_office_sees(save):
    path = save("code,name", "A,1", "", ",", '"B\nb",2', "C,3")
    assert [row.number for row in read_rows(path, COLUMNS)] == [2, 5, 6]


def test_the_header_must_have_exactly_the_columns(save, faults_of):
    path = save("code,code,nmae", "A,B,C")
    faults = faults_of(lambda: read_rows(path, COLUMNS))
    assert [fault.split(":")[0] for fault in faults] == ["第1行 code", "第1行 nmae", "第1行 name"]


def test_a_file_with_another_header_is_told_once_what_belongs_there(save, faults_of):
    for lines in ((), ("编号,名称",)):
        (fault,) = faults_of(lambda lines=lines: read_rows(save(*lines), COLUMNS))
        assert fault.startswith("第 1 行不是此表的表头, 应有 code、name")


def test_a_cell_too_many_names_its_column_letter(save, faults_of):
    path = save("code,name", "A,x", "B,y,z")
    assert faults_of(lambda: read_rows(path, COLUMNS))[0].startswith("第3行 C列:")


def test_a_nul_is_a_fault_of_its_cell(save, faults_of):
    path = save("code,name", "A,x\0y", "B,\0")
    faults = faults_of(lambda: read_rows(path, COLUMNS))
    assert [fault.split(":")[0] for fault in faults] == ["第2行 name", "第3行 name"]


def test_an_open_quote_is_a_fault(save, faults_of):
    path = save("code,name", 'A,"x', "B,y")
    assert faults_of(lambda: read_rows(path, COLUMNS))[0].startswith("第2行 CSV:")


def test_a_file_over_the_limit_is_refused(save, faults_of, monkeypatch):
    monkeypatch.setattr(rows, "SIZE_LIMIT", 10)
    assert "50 MB" in faults_of(lambda: read_rows(save("code,name", "A,x"), COLUMNS))[0]


def test_typed_cells_come_as_the_office_wrote_them(tmp_path):
    path = workbook(
        tmp_path / "x.xlsx",
        COLUMNS,
        (500101001001001, date(2026, 1, 1)),
        (True, 0.5),
        ("", ""),
        ("=1+1", "=A1"),
    )
    found = {row.number: tuple(row.cells.values()) for row in read_rows(path, COLUMNS)}
    assert found[2] == ("500101001001001", "2026-01-01")
    assert found[3] == ("TRUE", "0.5")
    assert found[5] == ("0", "0"), "a formula comes as its stored value"


def test_formula_cells_come_as_their_values(tmp_path):
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COLUMNS)
        sheet.write_formula(1, 0, '="A"&1', None, "A1")
        sheet.write_formula(1, 1, "=40+2", None, 42)
    assert dict(read_rows(path, COLUMNS)[0].cells) == {"code": "A1", "name": "42"}


def test_a_formula_that_failed_or_was_never_computed_is_a_fault(tmp_path, faults_of):
    path = tmp_path / "sheet.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COLUMNS)
        sheet.write_formula(1, 0, "=A9", None, "#N/A")
        sheet.write_formula(1, 1, "=1+1", None, "")
    found = faults_of(lambda: read_rows(path, COLUMNS))
    assert [fault.partition(",")[0] for fault in found] == [
        "第2行 A列: 公式出错 #N/A",
        "第2行 B列: 公式没有算出的值",
    ]


def test_merged_cells_are_faults_where_they_begin(tmp_path, faults_of):
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, COLUMNS)
        sheet.merge_range(2, 1, 3, 1, "x")
    assert faults_of(lambda: read_rows(path, COLUMNS))[0].startswith("第3行 B列: 单元格不可合并")


def test_a_code_typed_as_a_long_number_is_a_fault(tmp_path, faults_of):
    path = workbook(tmp_path / "x.xlsx", COLUMNS, (915001010000000001, "x"))
    assert faults_of(lambda: read_rows(path, COLUMNS))[0].startswith("第2行 code: 数字超过 15 位")


def test_what_is_no_workbook_is_refused(tmp_path, faults_of):
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"PK\x03\x04 not a workbook")
    assert "XLSX" in faults_of(lambda: read_rows(path, COLUMNS))[0]
    path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(100))
    assert ".xls" in faults_of(lambda: read_rows(path, COLUMNS))[0]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no workbook")
    assert "XLSX" in faults_of(lambda: read_rows(path, COLUMNS))[0]


def test_a_cell_far_out_does_not_take_the_memory(tmp_path, faults_of):
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet().write(1_048_575, 16_383, "x")
    assert "104 列" in faults_of(lambda: read_rows(path, COLUMNS))[0]


def test_a_workbook_that_claims_to_unpack_without_end_is_refused(tmp_path, faults_of):
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "x")
    data = path.read_bytes()
    at = data.index(b"PK\x01\x02") + 24
    path.write_bytes(data[:at] + struct.pack("<I", 2**31) + data[at + 4 :])
    assert "解压后过大" in faults_of(lambda: read_rows(path, COLUMNS))[0]


def test_a_refusal_holds_every_fault_and_says_how_many(save):
    path = save("code,name", "A,\0", "B,\0", "C,\0")
    with pytest.raises(BadSheet) as refusal:
        read_rows(path, COLUMNS)
    assert len(refusal.value.faults) == 3
    assert "3 处错误" in refusal.value.zh
    assert "3 faults" in refusal.value.en
