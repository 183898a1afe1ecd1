"""A sheet of questions, when limits are used up, and the sheet of their answers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from app.domain import whatif
from app.domain.calendar import Calendar
from app.domain.errors import Invalid
from app.domain.whatif import Answer
from app.sheets.cells import Cells
from app.sheets.faults import Faults
from app.sheets.rows import SheetRow, read

COLUMNS: Final = ("start", "limit_minutes", "basis")
ANSWERED: Final = (*COLUMNS, "deadline", "provisional")
T = TypeVar("T")
_SLASHED: Final = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M")
"""How Excel writes a moment in Chinese."""


def parse(path: Path, calendar: Calendar) -> list[tuple[SheetRow, Answer]]:
    """Return the rows with their answers; raises BadSheet with every fault of the file."""
    faults = Faults(path.name)
    rows = read(path, COLUMNS, faults)
    found = [(row, _answer(Cells(row, faults), calendar)) for row in rows]
    faults.refuse()
    return [(row, answer) for row, answer in found if answer is not None]


def _answer(cells: Cells, calendar: Calendar) -> Answer | None:
    start, minutes = _start(cells, ZoneInfo(calendar.zone)), _minutes(cells)
    basis = _noted(cells, "basis", lambda: whatif.basis_of(cells.text("basis")))
    if start is None or minutes is None or basis is None:
        return None
    limit = _noted(cells, "limit_minutes", lambda: whatif.minutes_of(minutes, basis))
    if limit is None:
        return None
    return _noted(cells, "start", lambda: whatif.answer(start, limit, calendar, calendar))


def _noted(cells: Cells, column: str, ask: Callable[[], T]) -> T | None:
    """Return what is asked for, or None with the refusal noted at its cell."""
    try:
        return ask()
    except Invalid as refusal:
        cells.note(column, refusal.zh, refusal.en)
        return None


def _start(cells: Cells, zone: ZoneInfo) -> datetime | None:
    text = cells["start"]
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        for shape in _SLASHED:
            try:
                return datetime.strptime(text, shape).replace(tzinfo=zone)
            except ValueError:
                continue
    zh, en = f"“{text}”应为时刻, 如 2026-09-30T17:30", "expected a moment such as 2026-09-30T17:30"
    cells.note("start", zh, en)
    return None


def _minutes(cells: Cells) -> int | None:
    text = cells["limit_minutes"]
    if text.isascii() and text.isdecimal():
        return int(text)
    cells.note(
        "limit_minutes", f"“{text}”应为整数分钟, 如 480", "expected whole minutes such as 480"
    )
    return None


def rows(answered: Iterable[tuple[SheetRow, Answer]]) -> Iterator[Sequence[str]]:
    """Yield the rows as they came, with the deadline and whether it is provisional."""
    for row, answer in answered:
        yield (
            *(row.cells[column] for column in COLUMNS),
            answer.due_at.isoformat(timespec="seconds"),
            str(answer.deadline.provisional).lower(),
        )
