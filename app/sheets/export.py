"""Tables for Excel, made in memory."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from csv import writer
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

CELL_LENGTH: Final = 32767
"""Characters an Excel cell can hold; the rest of a text is cut."""
NAME_LENGTH: Final = 31
WIDEST: Final = 60
_NARROWEST: Final = 8
_NOT_IN_NAME: Final = re.compile(r"[\[\]:*?/\\]")
_WIDE_SIGN: Final = 0x2E80
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook."""

    title: str
    headings: Sequence[str]
    rows: Iterable[Sequence[object]]


def xlsx(
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str,
    zone: tzinfo | None = None,
) -> bytes:
    """Return a workbook with one sheet."""
    return workbook([Sheet(title, headings, rows)], zone=zone)


def workbook(sheets: Iterable[Sheet], *, zone: tzinfo | None = None) -> bytes:
    """Return a workbook; in each sheet headings are frozen, columns as wide as their texts.

    Excel knows no time zones: moments are written as they read in `zone`, or as they come
    without one. Texts are never taken for formulas, whatever sign they begin with.
    """
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        formats = _formats(book)
        bold = book.add_format({"bold": True, "bottom": 1})
        for sheet in sheets:
            page = book.add_worksheet(_sheet_name(sheet.title))
            page.freeze_panes(1, 0)
            widths = [_width(heading) for heading in sheet.headings]
            for place, heading in enumerate(sheet.headings):
                page.write_string(0, place, heading, bold)
            for number, row in enumerate(sheet.rows, start=1):
                for place, value in enumerate(row):
                    shown = _write(page, (number, place), _local(value, zone), formats)
                    widths[place] = max(widths[place], _width(shown))
            _fit(page, widths)
    return buffer.getvalue()


def csv(
    headings: Sequence[str], rows: Iterable[Sequence[object]], *, zone: tzinfo | None = None
) -> bytes:
    """Return a table as UTF-8 CSV with a mark by which Excel knows it; moments as in `xlsx`.

    A text that a spreadsheet would take for a formula is written behind an apostrophe.
    """
    buffer = io.StringIO()
    write = writer(buffer)
    write.writerow(headings)
    write.writerows([_plain(_local(value, zone)) for value in row] for row in rows)
    return buffer.getvalue().encode("utf-8-sig")


def _plain(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case str() if value.startswith(_FORMULA):
            return f"'{value}"
        case _:
            return str(value)


def _formats(book: xlsxwriter.Workbook) -> Mapping[type[date], Format]:
    return {
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        date: book.add_format({"num_format": "yyyy-mm-dd"}),
    }


def _write(
    sheet: Worksheet, at: tuple[int, int], value: object, formats: Mapping[type[date], Format]
) -> str:
    """Write one cell; return what it shows, for the column's width."""
    match value:
        case None:
            return ""
        case bool():
            sheet.write_string(*at, "是" if value else "否")
            return "是"
        case int() | float():
            sheet.write_number(*at, value)
        case datetime():
            sheet.write_datetime(*at, value, formats[datetime])
            return f"{value:%Y-%m-%d %H:%M}"
        case date():
            sheet.write_datetime(*at, datetime.combine(value, time()), formats[date])
        case _:
            sheet.write_string(*at, str(value)[:CELL_LENGTH])
    return str(value)


def _local(value: object, zone: tzinfo | None) -> object:
    if not isinstance(value, datetime) or value.tzinfo is None:
        return value
    return value.astimezone(zone or value.tzinfo).replace(tzinfo=None)


def _fit(sheet: Worksheet, widths: Iterable[int]) -> None:
    for place, width in enumerate(widths):
        sheet.set_column(place, place, min(max(width + 2, _NARROWEST), WIDEST))


def _width(text: str) -> int:
    """Return the columns a text takes; a Chinese sign takes two."""
    line = text[: WIDEST * 2]
    return len(line) + sum(ord(sign) >= _WIDE_SIGN for sign in line)


def _sheet_name(title: str) -> str:
    name = _NOT_IN_NAME.sub(" ", title).strip(" '")[:NAME_LENGTH]
    return name or "Sheet1"
