"""Rows of a CSV or XLSX file, as text under known columns."""

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Final

from app.sheets import workbook
from app.sheets.encoding import decode
from app.sheets.faults import Faults

SIZE_LIMIT: Final = 50 * 1024 * 1024
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"
_HEADING: Final = 12
_EXACT: Final = 10**15
"""Excel keeps 15 digits of a number; a longer code typed as a number is already wrong."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that is not blank; `number` is the one the office sees, the header being 1."""

    number: int
    cells: Mapping[str, str]


def read_rows(path: Path, columns: Sequence[str]) -> list[SheetRow]:
    """Return the rows under exactly these columns; raises BadSheet with every fault."""
    faults = Faults(path.name)
    rows = read(path, columns, faults)
    faults.refuse()
    return rows


def read(
    path: Path, columns: Sequence[str], faults: Faults, *, optional: Sequence[str] = ()
) -> list[SheetRow]:
    """Return the rows and note the faults of single cells; an optional column may be absent.

    Raises BadSheet at once only when there is nothing to read by column: a file too large or
    broken, a header that does not fit.
    """
    table = _table(path, faults)
    places = _places(next(table, ()), columns, optional, faults)
    absent = {name: "" for name in optional if name not in places}
    found: list[SheetRow] = []
    for number, raw in enumerate(table, start=2):
        cells = _row(number, raw, places, faults)
        if cells is not None:
            found.append(SheetRow(number, absent | cells))
    return found


def read_some(
    path: Path, columns: Sequence[str], faults: Faults, *, header: int, fill: Collection[str] = ()
) -> list[SheetRow]:
    """Return the rows under these columns of somebody else's sheet, which may have others too.

    Titles may stand above its `header` row, cells may be merged; a blank in a column of `fill`
    has the value above it. Raises BadSheet as `read` does.
    """
    table = _table(path, faults, merged=True)
    above = list(islice(table, header))
    heading = above[-1] if len(above) == header else ()
    places = _some_places(heading, columns, header, faults)
    found: list[SheetRow] = []
    last: dict[str, str] = {}
    for number, raw in enumerate(table, start=header + 1):
        cells = _cells(number, raw, places, faults)
        if any(cells.values()):
            last |= {name: cells[name] or last.get(name, "") for name in fill}
            found.append(SheetRow(number, cells | last))
    return found


def _some_places(
    heading: Sequence[object], columns: Sequence[str], row: int, faults: Faults
) -> dict[str, int]:
    names = [_plain(name) for name in heading]
    # Where the mapping's `header` is wrong, what stands there are no headings but long texts.
    present = "、".join(name[:_HEADING] for name in names if name) or "无"
    for name in columns:
        count = names.count(_plain(name))
        if count == 0:
            told = f", 现有 {present}; 表头若不在第 {row} 行, 请改映射的 header"
            zh = "缺少此列" if faults.found else f"缺少此列{told}"
            faults.add(row, name, zh, "the header row has no such column")
        elif count > 1:
            faults.add(row, name, "列名重复", "the column occurs twice")
    faults.refuse()
    return {name: names.index(_plain(name)) for name in columns}


def _plain(name: object) -> str:
    """Return a heading on one line: offices break them."""
    return "".join(str(name).split())


def _table(path: Path, faults: Faults, *, merged: bool = False) -> Iterator[Sequence[object]]:
    if path.stat().st_size > SIZE_LIMIT:
        faults.whole("文件超过 50 MB", "the file is larger than 50 MB")
        faults.refuse()
    with path.open("rb") as file:
        start = file.read(4)
    if start == _ZIP:
        return workbook.cells(path, faults, merged=merged)
    if start == _OLE:
        faults.whole("旧版 .xls 不支持, 请另存为 .xlsx", "old .xls: save it as .xlsx")
        faults.refuse()
    return _lines(decode(path.read_bytes(), faults), faults)


def _lines(text: str, faults: Faults) -> Iterator[Sequence[object]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    done = 0
    try:
        for line in reader:
            done += 1
            yield line
    except csv.Error as error:
        faults.add(done + 1, "CSV", f"无法按 CSV 解析, 请检查引号 ({error})", f"not CSV: {error}")


def _places(
    header: Sequence[object], columns: Sequence[str], optional: Sequence[str], faults: Faults
) -> dict[str, int]:
    names = [str(name).strip() for name in header]
    known = (*columns, *optional)
    if len(set(columns) - set(names)) * 2 > len(columns):
        faults.whole(
            f"第 1 行不是此表的表头, 应有 {'、'.join(columns)}; 本市自己格式的职责清单请用"
            " yiguan list import",
            "row 1 is not this sheet's header; yiguan list import reads a list of another form",
        )
        faults.refuse()
    free = [name for name in known if name not in names]
    for place, name in enumerate(names):
        if name and name not in known:
            zh = f"未知的列, 尚缺或可选 {'、'.join(free) or '无'}"
            faults.add(1, name, zh, "unknown column")
        elif name in names[:place] and name:
            faults.add(1, name, "列名重复", "the column occurs twice")
    for name in columns:
        if name not in names:
            faults.add(1, name, "缺少此列", "the column is missing")
    faults.refuse()
    return {name: place for place, name in enumerate(names) if name}


def _row(
    number: int, raw: Sequence[object], places: Mapping[str, int], faults: Faults
) -> dict[str, str] | None:
    """Return the cells as text, None for a blank row."""
    if not any(value not in ("", None) for value in raw):
        return None
    _note_strays(number, raw, places, faults)
    cells = _cells(number, raw, places, faults)
    return cells if any(cells.values()) else None


def _cells(
    number: int, raw: Sequence[object], places: Mapping[str, int], faults: Faults
) -> dict[str, str]:
    return {
        name: _text(number, name, raw[place], faults) if place < len(raw) else ""
        for name, place in places.items()
    }


def _note_strays(
    number: int, raw: Sequence[object], places: Mapping[str, int], faults: Faults
) -> None:
    if len(raw) <= len(places):
        return
    known = set(places.values())
    for place, value in enumerate(raw):
        if place not in known and str(value).strip():
            faults.add(
                number,
                f"{workbook.letters(place)}列",
                "此格没有列名, 可能多了分隔符",
                "a cell without a column name, perhaps a separator too many",
            )


def _text(number: int, name: str, value: object, faults: Faults) -> str:
    if isinstance(value, str):
        if "\0" in value:
            faults.add(number, name, "含有空字符 (NUL)", "contains a NUL character")
        return value.strip()
    if isinstance(value, float) and abs(value) >= _EXACT:
        faults.add(
            number,
            name,
            "数字超过 15 位, Excel 已丢失末位, 请设为文本后重填",
            "more than 15 digits as a number: format the cell as text and type it again",
        )
    return _written(value)


def _written(value: object) -> str:
    """Return a typed cell as the office would have typed it."""
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            return str(value).strip()
