"""The cells of an XLSX file's first sheet."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from app.sheets.faults import Faults

UNPACKED_LIMIT: Final = 400 * 1024 * 1024
"""Bytes a workbook may unpack to."""
# The reader lays a sheet out as a full rectangle: one cell far out would take all memory.
_FAR_CELL: Final = re.compile(rb'\br="(?:(?:[A-Z]{3}|[D-Z][A-Z])\d+|[A-Z]+(?:[2-9]\d{5}|\d{7,}))"')
# Cells the reader hands over as blank: errors, and formulas whose value was never computed.
_ERROR: Final = re.compile(
    rb'<c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+)(\d+)".*?<v>([^<]*)</v>', re.DOTALL
)
_UNCOMPUTED: Final = re.compile(
    rb'<c\b[^>]*\br="([A-Z]+)(\d+)"[^>/]*><f\b(?:[^>]*/>|[^>]*>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>'
)
_FIRST_SHEET: Final = re.compile(rb'<sheet\b[^>]*\br:id="([^"]+)"')
_LETTERS: Final = 26


def cells(path: Path, faults: Faults, *, merged: bool = False) -> Iterator[Sequence[object]]:
    """Yield the rows of the first sheet, row 1 first; formula cells come as their values.

    Merged cells are noted as faults, or else have their value in the first cell only. Raises
    BadSheet for what is no workbook.
    """
    _refuse_bombs(path, faults)
    try:
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    except (CalamineError, IndexError):
        return _no_workbook(faults)
    for (row, column), _ in () if merged else sheet.merged_cell_ranges or ():
        faults.add(
            row + 1,
            f"{letters(column)}列",
            "单元格不可合并, 请拆分后逐行填写",
            "merged cells: split them and fill every row",
        )
    _note_formulas(path, faults)
    return iter(_rows(sheet))


def _rows(sheet: CalamineSheet) -> Sequence[Sequence[object]]:
    return sheet.to_python(skip_empty_area=False)


def _note_formulas(path: Path, faults: Faults) -> None:
    """Note formula cells without a value: taken as blank, they would be lost in silence."""
    with zipfile.ZipFile(path) as archive:
        try:
            text = archive.read(_first_sheet(archive))
        except (KeyError, IndexError):
            _no_workbook(faults)
            return
    for column, row, error in _ERROR.findall(text):
        faults.add(
            int(row),
            f"{column.decode()}列",
            f"公式出错 {error.decode()}, 请改为数值",
            f"the formula failed with {error.decode()}: type the value",
        )
    for column, row in _UNCOMPUTED.findall(text):
        faults.add(
            int(row),
            f"{column.decode()}列",
            "公式没有算出的值, 请在 Excel 中打开并保存, 或改为数值",
            "a formula without a value: open and save it in Excel, or type the value",
        )


def _first_sheet(archive: zipfile.ZipFile) -> str:
    """Return the name of the first sheet's file, which need not be the first of the archive."""
    first = _FIRST_SHEET.search(archive.read("xl/workbook.xml"))
    links = archive.read("xl/_rels/workbook.xml.rels")
    for link in re.findall(rb"<Relationship\b[^>]*>", links):
        if first and b'Id="%b"' % first[1] in link:
            target = re.search(rb'Target="/?(?:xl/)?([^"]+)"', link)
            return f"xl/{target[1].decode()}" if target else _sheet_names(archive)[0]
    return _sheet_names(archive)[0]


def _refuse_bombs(path: Path, faults: Faults) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > UNPACKED_LIMIT:
                faults.whole("工作簿解压后过大", "the workbook unpacks to more than 400 MB")
            elif any(_FAR_CELL.search(archive.read(name)) for name in _sheet_names(archive)):
                faults.whole(
                    "表格超过 104 列或 199999 行, 请删去远处的空白格",
                    "more than 104 columns or 199,999 rows: delete the blank cells far out",
                )
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        _no_workbook(faults)
    faults.refuse()


def _sheet_names(archive: zipfile.ZipFile) -> list[str]:
    return [name for name in archive.namelist() if name.startswith("xl/worksheets/")]


def _no_workbook(faults: Faults) -> Iterator[Sequence[object]]:
    faults.whole("不是完好的 XLSX 工作簿", "not a sound XLSX workbook")
    faults.refuse()
    return iter(())


def letters(column: int) -> str:
    """Return a column's letters as Excel shows them: A for 0, AA for 26."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, _LETTERS)
        name = chr(ord("A") + rest) + name
    return name
