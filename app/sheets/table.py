"""Rows written back to a CSV or XLSX file."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import xlsxwriter

from app.domain.errors import Invalid

CELL_LENGTH: Final = 32767
"""Characters an Excel cell can hold."""


def write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write the rows under their columns; the suffix .xlsx makes a workbook, any other a CSV."""
    if path.suffix.lower() == ".xlsx":
        _write_workbook(path, columns, rows)
    else:
        _write_csv(path, columns, rows)


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    # The mark lets Excel open it as UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _write_workbook(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    # Codes stay text: as numbers they would lose leading zeros and long tails.
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for number, row in enumerate((columns, *rows)):
            for place, value in enumerate(row):
                if value:
                    sheet.write_string(number, place, _fitting(value, columns[place]))


def _fitting(value: str, column: str) -> str:
    """Return the value; a longer one would be dropped without a word."""
    if len(value) > CELL_LENGTH:
        raise Invalid(
            f"{column} 超过 Excel 单元格的 {CELL_LENGTH} 字, 请写成 CSV",
            f"{column} is longer than an Excel cell holds: write a CSV",
            field=column,
        )
    return value
