"""The cells of one row read as codes, words, dates and choices."""

import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

from app.sheets.faults import Faults
from app.sheets.rows import SheetRow

Choice = TypeVar("Choice", bound=StrEnum)

CODE_LENGTH: Final = 40
TEXT_LENGTH: Final = 2000
JOINER: Final = "|"
_NOT_IN_CODE: Final = re.compile(r"[\s,{}|]")
_DATE: Final = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")


class Cells:
    """Reads one row: every method notes what is wrong and returns what can be gone on with."""

    def __init__(self, row: SheetRow, faults: Faults) -> None:
        self.number = row.number
        self._cells = row.cells
        self._faults = faults
        self.is_faulty = False

    def __getitem__(self, column: str) -> str:
        return self._cells[column]

    def note(self, column: str, zh: str, en: str) -> None:
        """Note a fault of this row."""
        self.is_faulty = True
        self._faults.add(self.number, column, zh, en)

    def text(self, column: str, *, most: int = TEXT_LENGTH, needed: bool = True) -> str:
        """Return the text of at most `most` characters."""
        value = self._cells[column]
        if not value and needed:
            self.note(column, "不能为空", "must not be blank")
        if len(value) > most:
            self.note(
                column,
                f"不超过 {most} 字, 现有 {len(value)} 字",
                f"{len(value)} characters, at most {most}",
            )
        return value

    def code(self, column: str, *, needed: bool = True) -> str:
        """Return a code: short, without blanks and the signs our formats use."""
        value = self.text(column, most=CODE_LENGTH, needed=needed)
        if value and _NOT_IN_CODE.search(value):
            self.note(
                column,
                f"编码“{value}”不能含空白或 , {{ }} |",
                "a code has no blanks and none of , { } |",
            )
        return value

    def choice(
        self, column: str, kind: type[Choice], members: Sequence[Choice] | None = None
    ) -> Choice:
        """Return the member of that value, of all or of `members`; the first one stands in."""
        value = self._cells[column]
        allowed = members or tuple(kind)
        for member in allowed:
            if member == value:
                return member
        zh = f"“{value}”应为 {'、'.join(allowed)} 之一"
        self.note(column, zh, f"expected one of {', '.join(allowed)}")
        return allowed[0]

    def choice_or_none(self, column: str, members: Sequence[Choice]) -> Choice | None:
        """Return the member of that value, None for a blank cell."""
        return self.choice(column, type(members[0]), members) if self._cells[column] else None

    def day(self, column: str) -> date | None:
        """Return the day, written 2026-01-31 or 2026/1/31; None for a blank cell."""
        value = self._cells[column]
        if not value:
            return None
        day = _parse_day(value)
        if day is None:
            zh = f"“{value}”应为日期, 如 2026-01-31"
            self.note(column, zh, "expected a date such as 2026-01-31")
        return day

    def validity(self) -> tuple[date | None, date | None]:
        """Return valid_from and valid_to; the latter is the first day no longer covered."""
        start, end = self.day("valid_from"), self.day("valid_to")
        if start and end and end <= start:
            self.note("valid_to", "应晚于 valid_from", "must be later than valid_from")
        return start, end

    def words(self, column: str, *, most: int = TEXT_LENGTH) -> tuple[str, ...]:
        """Return the parts of a joined cell, none of them blank or twice."""
        value = self.text(column, most=most, needed=False)
        if not value:
            return ()
        words = tuple(word.strip() for word in value.split(JOINER))
        if not all(words):
            self.note(column, f"“{JOINER}”之间不能为空", f"blank part between {JOINER}")
        if len(set(words)) < len(words):
            self.note(column, "同一项写了两次", "the same part twice")
        return words


def _parse_day(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None
