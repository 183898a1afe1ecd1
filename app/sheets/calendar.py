"""The calendar sheet: the working week, the published days, the days off and made up."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.domain.calendar import Calendar, Hours, parse_hours
from app.sheets import table
from app.sheets.cells import Cells
from app.sheets.faults import Faults
from app.sheets.rows import read

COLUMNS: Final = ("date", "kind", "name")
FROM: Final = "from"
UNTIL: Final = "until"
_TIME: Final = r"(?:[01]\d|2[0-3]):[0-5]\d"
_HOURS: Final = re.compile(rf"{_TIME}-{_TIME}(\s+{_TIME}-{_TIME})*")
_WEEKDAYS: Final = re.compile(r"([1-7])(?:[-~至]([1-7]))?")


class RowKind(StrEnum):
    """What a row says."""

    ZONE = "zone"
    """时区"""
    COVERS = "covers"
    """已公布的首末日"""
    WEEK = "week"
    """每周工作时间"""
    OFF = "off"
    """放假"""
    WORK = "work"
    """调休上班"""


@dataclass(slots=True)
class _Draft:
    """What has been read so far."""

    zones: list[str] = field(default_factory=list)
    covers: dict[str, date] = field(default_factory=dict)
    week: dict[int, tuple[Hours, ...]] = field(default_factory=dict)
    days: dict[date, tuple[RowKind, Cells]] = field(default_factory=dict)


def parse(path: Path) -> Calendar:
    """Return the calendar; raises BadSheet with every fault of the file."""
    faults = Faults(path.name)
    draft = _Draft()
    for row in read(path, COLUMNS, faults):
        cells = Cells(row, faults)
        kind = cells.choice("kind", RowKind)
        if not cells.is_faulty:
            _READERS[kind](cells, draft)
    _check_whole(draft, faults)
    faults.refuse()
    return Calendar(
        zone=draft.zones[0],
        week=dict(sorted(draft.week.items())),
        days_off=_days(draft, RowKind.OFF),
        days_worked=_days(draft, RowKind.WORK),
        covers_from=draft.covers[FROM],
        covers_until=draft.covers[UNTIL],
    )


def _read_zone(cells: Cells, draft: _Draft) -> None:
    name = cells.text("name")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        cells.note("name", f"未知的时区“{name}”, 如 Asia/Shanghai", "unknown time zone")
    if draft.zones:
        cells.note("kind", "时区只能写一行", "one zone row only")
    draft.zones.append(name)


def _read_covers(cells: Cells, draft: _Draft) -> None:
    end, day = cells["name"], _needed_day(cells)
    if end not in {FROM, UNTIL}:
        cells.note("name", f"应为 {FROM} 或 {UNTIL}", f"expected {FROM} or {UNTIL}")
    elif end in draft.covers:
        cells.note("name", f"{end} 只能写一行", f"one {end} row only")
    elif day:
        draft.covers[end] = day


def _read_week(cells: Cells, draft: _Draft) -> None:
    match = _WEEKDAYS.fullmatch(cells["date"])
    hours = _hours(cells)
    if match is None or int(match[2] or match[1]) < int(match[1]):
        cells.note(
            "date", "应为星期 1-7, 如 3 或 1-5", "expected weekdays 1 to 7, such as 3 or 1-5"
        )
        return
    # The sheet counts from Monday = 1, Python from Monday = 0.
    for weekday in range(int(match[1]) - 1, int(match[2] or match[1])):
        if weekday in draft.week:
            cells.note(
                "date", f"星期 {weekday + 1} 已有一行", f"weekday {weekday + 1} occurs twice"
            )
        draft.week[weekday] = hours


def _hours(cells: Cells) -> tuple[Hours, ...]:
    text = cells["name"]
    if not _HOURS.fullmatch(text):
        cells.note(
            "name",
            f"工作时段“{text}”应如 08:00-12:00 14:00-18:00",
            "expected hours such as 08:00-12:00 14:00-18:00",
        )
        return ()
    try:
        return parse_hours(text)
    except ValueError as error:
        zh, _, en = str(error).partition(" / ")
        cells.note("name", zh, en)
        return ()


def _read_day(cells: Cells, draft: _Draft) -> None:
    day = _needed_day(cells)
    if day is None:
        return
    if day in draft.days:
        row = draft.days[day][1].number
        cells.note("date", f"{day} 与第{row}行重复", f"the same day as in row {row}")
        return
    draft.days[day] = (RowKind(cells["kind"]), cells)


def _needed_day(cells: Cells) -> date | None:
    cells.text("date")
    return cells.day("date")


_READERS: Final[Mapping[RowKind, Callable[[Cells, _Draft], None]]] = {
    RowKind.ZONE: _read_zone,
    RowKind.COVERS: _read_covers,
    RowKind.WEEK: _read_week,
    RowKind.OFF: _read_day,
    RowKind.WORK: _read_day,
}


def _check_whole(draft: _Draft, faults: Faults) -> None:
    if not draft.zones:
        faults.whole("缺少 zone 行", "the zone row is missing")
    if not draft.week:
        faults.whole("缺少 week 行", "there is no week row")
    missing = [end for end in (FROM, UNTIL) if end not in draft.covers]
    for end in missing:
        faults.whole(f"缺少 covers {end} 行", f"the covers row “{end}” is missing")
    if not missing:
        _check_covered(draft, faults)


def _check_covered(draft: _Draft, faults: Faults) -> None:
    first, last = draft.covers[FROM], draft.covers[UNTIL]
    if last < first:
        faults.whole("covers until 早于 from", "covers until is before from")
    for day, (_, cells) in draft.days.items():
        if not first <= day <= last:
            cells.note("date", f"{day} 不在 {first} 至 {last} 之内", "outside the days covered")


def _days(draft: _Draft, kind: RowKind) -> tuple[date, ...]:
    return tuple(sorted(day for day, (found, _) in draft.days.items() if found is kind))


def write(path: Path, calendar: Calendar) -> None:
    """Write the sheet; the names of holidays are not part of a calendar and stay behind."""
    table.write(path, COLUMNS, _rows(calendar))


def _rows(calendar: Calendar) -> Iterator[Sequence[str]]:
    yield "", RowKind.ZONE, calendar.zone
    yield calendar.covers_from.isoformat(), RowKind.COVERS, FROM
    yield calendar.covers_until.isoformat(), RowKind.COVERS, UNTIL
    for weekday, hours in sorted(calendar.week.items()):
        spans = " ".join(f"{span.start:%H:%M}-{span.end:%H:%M}" for span in hours)
        yield str(weekday + 1), RowKind.WEEK, spans
    days = [(day, RowKind.OFF) for day in calendar.days_off]
    days += [(day, RowKind.WORK) for day in calendar.days_worked]
    for day, kind in sorted(days):
        yield day.isoformat(), kind, ""
