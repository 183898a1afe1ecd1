"""What an import has to say of a sheet, row by row, with the way out."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from app.sheets import table

COLUMNS: Final = ("severity", "row", "column", "what", "suggestion")


class Severity(StrEnum):
    """What becomes of the row."""

    ERROR = "error"
    """未导入"""
    WARNING = "warning"
    """已导入, 须复核"""
    INFO = "info"
    """已导入, 供参考"""

    @property
    def rank(self) -> int:
        """0 for an error, 2 for a note."""
        return tuple(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a row, as the office sees it: row 1 is the sheet's first line."""

    severity: Severity
    row: int
    column: str
    zh: str
    en: str
    hint_zh: str = ""
    hint_en: str = ""

    @property
    def what(self) -> str:
        """What was found, in both languages."""
        return f"{self.zh} / {self.en}"

    @property
    def suggestion(self) -> str:
        """The way out, in both languages."""
        return f"{self.hint_zh} / {self.hint_en}" if self.hint_zh else ""


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings, the gravest first, then by row."""
    return tuple(sorted(findings, key=lambda one: (one.severity.rank, one.row)))


def write(path: Path, findings: Iterable[Finding]) -> None:
    """Write all of them as a sheet."""
    table.write(
        path,
        COLUMNS,
        (
            (one.severity, str(one.row), one.column, one.what, one.suggestion)
            for one in ordered(findings)
        ),
    )
