"""The calendar sheet: the working week, the published days, the days off and made up."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.domain.calendar import Calendar, Hours, LocalCalendar, Season, parse_hours
from app.sheets import table
from app.sheets.cells import Cells
from app.sheets.faults import Faults
from app.sheets.rows import read

COLUMNS: Final = ("date", "kind", "name")
FROM: Final = "from"
UNTIL: Final = "until"
CLOSED: Final = "休"
OPTIONAL: Final = ("for",)
Span = tuple[tuple[int, int], tuple[int, int]]
"""First and last day of a season, as month and day."""
_TIME: Final = r"(?:[01]\d|2[0-3]):[0-5]\d"
_HOURS: Final = re.compile(rf"{_TIME}-{_TIME}(\s+{_TIME}-{_TIME})*")
_WEEKDAYS: Final = re.compile(r"([1-7])(?:[-~至]([1-7]))?")
_SEASON: Final = re.compile(
    r"(?P<first>\d\d-\d\d)[~至](?P<last>\d\d-\d\d)\s+(?P<weekdays>[1-7](?:[-~至][1-7])?)"
)


class RowKind(StrEnum):
    """What a row says."""

    ZONE = "zone"
    """时区"""
    COVERS = "covers"
    """已公布的首末日"""
    WEEK = "week"
    """每周工作时间"""
    SEASON = "season"
    """季节工作时间"""
    OFF = "off"
    """放假"""
    WORK = "work"
    """调休上班"""


@dataclass(slots=True)
class _Local:
    """What has been read so far of one calendar: the city's, an area's or a body's."""

    week: dict[int, tuple[Hours, ...]] = field(default_factory=dict)
    seasons: dict[Span, dict[int, tuple[Hours, ...]]] = field(default_factory=dict)
    days: dict[date, tuple[RowKind, Cells]] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        """Return what a calendar is made of."""
        return {
            "week": dict(sorted(self.week.items())),
            "seasons": tuple(
                Season(*span, dict(sorted(week.items()))) for span, week in self.seasons.items()
            ),
            "days_off": self._days(RowKind.OFF),
            "days_worked": self._days(RowKind.WORK),
            "names": {
                day: cells["name"] for day, (_, cells) in sorted(self.days.items()) if cells["name"]
            },
        }

    def _days(self, kind: RowKind) -> tuple[date, ...]:
        return tuple(sorted(day for day, (found, _) in self.days.items() if found is kind))


@dataclass(slots=True)
class _Draft:
    """What has been read so far; the city's own calendar is that for ""."""

    zones: list[str] = field(default_factory=list)
    covers: dict[str, date] = field(default_factory=dict)
    own: dict[str, _Local] = field(default_factory=dict)

    def of(self, cells: Cells) -> _Local:
        """Return the calendar a row belongs to."""
        return self.own.setdefault(cells["for"], _Local())

    @property
    def city(self) -> _Local:
        """The city's own."""
        return self.own.setdefault("", _Local())


def parse(path: Path, known: Collection[str] | None = None) -> Calendar:
    """Return the calendar; raises BadSheet with every fault of the file.

    `known` are the codes of areas and bodies that may have a calendar of their own.
    """
    faults = Faults(path.name)
    draft = _Draft()
    for row in read(path, COLUMNS, faults, optional=OPTIONAL):
        cells = Cells(row, faults)
        kind = cells.choice("kind", RowKind)
        code = cells.code("for", needed=False)
        if code and known is not None and code not in known:
            cells.note("for", f"没有编码为“{code}”的区划或单位", "no area or body has this code")
        if not cells.is_faulty:
            _READERS[kind](cells, draft)
    _check_whole(draft, faults)
    faults.refuse()
    return Calendar(
        zone=draft.zones[0],
        covers_from=draft.covers[FROM],
        covers_until=draft.covers[UNTIL],
        local={code: LocalCalendar(**own.fields()) for code, own in draft.own.items() if code},
        **draft.city.fields(),
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
    _put_week(cells, cells["date"], draft.of(cells).week)


def _read_season(cells: Cells, draft: _Draft) -> None:
    match = _SEASON.fullmatch(cells["date"])
    span = _span(match) if match else None
    if match is None or span is None:
        cells.note(
            "date",
            "应为起止月日与星期, 如 07-01~08-31 1-5",
            "expected days of the year and weekdays, such as 07-01~08-31 1-5",
        )
        return
    _put_week(cells, match["weekdays"], draft.of(cells).seasons.setdefault(span, {}))


def _span(match: re.Match[str]) -> Span | None:
    try:
        # In a leap year, so that the 29th of February may be one.
        days = [date.fromisoformat(f"2024-{match[end]}") for end in ("first", "last")]
    except ValueError:
        return None
    first, last = ((day.month, day.day) for day in days)
    return first, last


def _put_week(cells: Cells, weekdays: str, week: dict[int, tuple[Hours, ...]]) -> None:
    match = _WEEKDAYS.fullmatch(weekdays)
    hours = _hours(cells)
    if match is None or int(match[2] or match[1]) < int(match[1]):
        cells.note(
            "date", "应为星期 1-7, 如 3 或 1-5", "expected weekdays 1 to 7, such as 3 or 1-5"
        )
        return
    # The sheet counts from Monday = 1, Python from Monday = 0.
    for weekday in range(int(match[1]) - 1, int(match[2] or match[1])):
        if weekday in week:
            cells.note(
                "date", f"星期 {weekday + 1} 已有一行", f"weekday {weekday + 1} occurs twice"
            )
        week[weekday] = hours


def _hours(cells: Cells) -> tuple[Hours, ...]:
    text = cells["name"]
    # Nobody works on that weekday, though the calendar above says so.
    if text == CLOSED and (cells["for"] or cells["kind"] == RowKind.SEASON):
        return ()
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
    days = draft.of(cells).days
    if day in days:
        row = days[day][1].number
        cells.note("date", f"{day} 与第{row}行重复", f"the same day as in row {row}")
        return
    days[day] = (RowKind(cells["kind"]), cells)


def _needed_day(cells: Cells) -> date | None:
    cells.text("date")
    return cells.day("date")


_READERS: Final[Mapping[RowKind, Callable[[Cells, _Draft], None]]] = {
    RowKind.ZONE: _read_zone,
    RowKind.COVERS: _read_covers,
    RowKind.WEEK: _read_week,
    RowKind.SEASON: _read_season,
    RowKind.OFF: _read_day,
    RowKind.WORK: _read_day,
}


def _check_whole(draft: _Draft, faults: Faults) -> None:
    if not draft.zones:
        faults.whole("缺少 zone 行", "the zone row is missing")
    if not draft.city.week:
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
    days = [(day, cells) for own in draft.own.values() for day, (_, cells) in own.days.items()]
    for day, cells in days:
        if not first <= day <= last:
            cells.note("date", f"{day} 不在 {first} 至 {last} 之内", "outside the days covered")


def write(path: Path, calendar: Calendar) -> None:
    """Write the sheet."""
    table.write(path, (*COLUMNS, *OPTIONAL), _rows(calendar))


def _rows(calendar: Calendar) -> Iterator[Sequence[str]]:
    yield "", RowKind.ZONE, calendar.zone, ""
    yield calendar.covers_from.isoformat(), RowKind.COVERS, FROM, ""
    yield calendar.covers_until.isoformat(), RowKind.COVERS, UNTIL, ""
    yield from _local_rows(calendar, "")
    for code, local in calendar.local.items():
        yield from _local_rows(local, code)


def _local_rows(own: Calendar | LocalCalendar, code: str) -> Iterator[Sequence[str]]:
    for weekday, hours in sorted(own.week.items()):
        yield str(weekday + 1), RowKind.WEEK, _told(hours), code
    for season in own.seasons:
        ends = "~".join(f"{month:02}-{day:02}" for month, day in (season.first, season.last))
        for weekday, hours in sorted(season.week.items()):
            yield f"{ends} {weekday + 1}", RowKind.SEASON, _told(hours), code
    days = [(day, RowKind.OFF) for day in own.days_off]
    days += [(day, RowKind.WORK) for day in own.days_worked]
    for day, kind in sorted(days):
        yield day.isoformat(), kind, own.names.get(day, ""), code


def _told(hours: Sequence[Hours]) -> str:
    return " ".join(f"{span.start:%H:%M}-{span.end:%H:%M}" for span in hours) or CLOSED
