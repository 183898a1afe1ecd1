"""The arithmetic of a deadline told day by day: what was counted when, and why nothing was."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from app.domain.calendar import YEARS_BEYOND, Calendar
from app.domain.limit import Basis

_DAY: Final = timedelta(days=1)
_MOMENT: Final = timedelta(microseconds=1)
_HAIR: Final = 1e-4
"""What seconds that were added up as fractions may be short of."""
_SATURDAY: Final = 5

Span = tuple[datetime, datetime]


class Idle(StrEnum):
    """Why nothing of a day was counted."""

    WEEKEND = "weekend"
    """周末"""
    NO_HOURS = "no_hours"
    """这一天每周都不上班"""
    HOLIDAY = "holiday"
    """放假"""
    LOCAL = "local"
    """本地或本单位不上班"""
    CLOSED = "closed"
    """这一天余下的时间不在工作时段内"""


@dataclass(frozen=True, slots=True)
class Line:
    """A day, or days in a row on which nothing was counted for the same reason.

    `name` is what the calendar calls the day: of a holiday, or of a make-up day that is worked.
    `is_provisional`: the day's arrangement is not published. What is counted without any spans
    lies beyond the laid-out years and follows their average.
    """

    first: date
    last: date
    spans: tuple[Span, ...] = ()
    seconds: int = 0
    idle: Idle | None = None
    name: str = ""
    is_provisional: bool = False

    @property
    def days(self) -> int:
        """How many days it tells of."""
        return (self.last - self.first).days + 1


def reckon(
    calendar: Calendar,
    start: datetime,
    until: datetime | int,
    basis: Basis,
    *,
    city: Calendar | None = None,
) -> tuple[Line, ...]:
    """Return how a time is counted from `start`, up to a moment or until so many seconds are.

    Its lines add up to what the calendar itself says. `city` is the calendar above, for
    telling a local day off from everybody's.
    """
    if isinstance(until, datetime):
        end, total = until, calendar.elapsed(start, until, basis)
    else:
        end, total = calendar.add(start, until, basis).at, until
    if end <= start or until == 0:
        return ()
    zone = ZoneInfo(calendar.zone)
    start, end = start.astimezone(zone), end.astimezone(zone)
    if basis is Basis.WALL:
        return (Line(start.date(), _last(end), ((start, end),), total),)
    counted = _Days(calendar, city or calendar)
    return tuple(_joined(_summed(counted.lines(start, end), total, _last(end))))


def laid_out(calendar: Calendar) -> tuple[date, date]:
    """Return the first day a calendar knows, and the first it knows no longer."""
    return date(calendar.covers_from.year - 1, 1, 1), date(
        calendar.covers_until.year + YEARS_BEYOND, 1, 1
    )


class _Days:
    """A calendar asked day after day."""

    def __init__(self, calendar: Calendar, city: Calendar) -> None:
        self._calendar, self._city = calendar, city
        self._off, self._everywhere = set(calendar.days_off), set(city.days_off)

    def lines(self, start: datetime, end: datetime) -> Iterator[Line]:
        """Yield a line a day."""
        spans: dict[date, list[Span]] = {}
        for opens, closes in self._calendar.spans(start, end):
            spans.setdefault(opens.date(), []).append((opens, closes))
        day, last = start.date(), min(_last(end), laid_out(self._calendar)[1] - _DAY)
        while day <= last:
            yield self._line(day, tuple(spans.get(day, ())))
            day += _DAY

    def _line(self, day: date, spans: tuple[Span, ...]) -> Line:
        own = self._calendar
        return Line(
            day,
            day,
            spans,
            idle=None if spans else self._why(day),
            name=own.names.get(day, ""),
            is_provisional=not own.covers_from <= day <= own.covers_until,
        )

    def _why(self, day: date) -> Idle:
        if day in self._off:
            return Idle.HOLIDAY if day in self._everywhere else Idle.LOCAL
        if self._calendar.hours_on(day):
            return Idle.CLOSED
        if self._city.hours_on(day):
            return Idle.LOCAL
        return Idle.WEEKEND if day.weekday() >= _SATURDAY else Idle.NO_HOURS


def _summed(lines: Iterable[Line], total: int, last: date) -> Iterator[Line]:
    """Give each line whole seconds, so that all of them are the total."""
    exact, before, after = 0.0, 0, last
    for line in lines:
        after = line.last + _DAY
        # By timestamps: within one zone Python subtracts what the clocks on the wall show.
        exact += sum(closes.timestamp() - opens.timestamp() for opens, closes in line.spans)
        so_far = min(int(exact + _HAIR), total)
        yield replace(line, seconds=so_far - before)
        before = so_far
    if before < total:
        yield Line(min(after, last), last, seconds=total - before, is_provisional=True)


def _joined(lines: Iterable[Line]) -> Iterator[Line]:
    """Make one line of days in a row on which nothing was counted for the same reason."""
    present: Line | None = None
    for line in lines:
        if present is not None and _continues(present, line):
            present = replace(present, last=line.last)
            continue
        if present is not None:
            yield present
        present = line
    if present is not None:
        yield present


def _continues(present: Line, line: Line) -> bool:
    """Tell whether the next day is idle for the reason of those before it."""
    same = (present.idle, present.name, present.is_provisional)
    return line.idle is not None and same == (line.idle, line.name, line.is_provisional)


def _last(end: datetime) -> date:
    """Return the day on which an interval ends; at midnight that is the day before."""
    return (end - _MOMENT).date()


def counted(lines: Sequence[Line]) -> int:
    """Return what lines add up to."""
    return sum(line.seconds for line in lines)
