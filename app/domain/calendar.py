"""Working time: a calendar compiled to spans with prefix sums, and its two questions."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from app.domain.limit import Basis, Limit

YEARS_BEYOND: Final = 6
"""How far past the last published day the weekly pattern is laid out."""


@dataclass(frozen=True, slots=True)
class Hours:
    """One span of a working day in local time, such as 08:00-12:00."""

    start: time
    end: time

    @property
    def seconds(self) -> int:
        """The span's length."""
        return (self.end.hour - self.start.hour) * 3600 + (self.end.minute - self.start.minute) * 60


class Deadline(NamedTuple):
    """When a limit is used up.

    `provisional`: the year's holidays are not published yet, the weekly pattern counted.
    """

    at: datetime
    provisional: bool = False


Week = Mapping[int, tuple[Hours, ...]]
"""The hours of each weekday that has any, Monday being 0; of a local one, () is a day off."""


@dataclass(frozen=True, slots=True)
class Season:
    """Hours of a part of every year, such as summer's: `first` and `last` are month and day.

    Both days are in it; one that begins after it ends runs over New Year.
    """

    first: tuple[int, int]
    last: tuple[int, int]
    week: Week

    def holds(self, day: date) -> bool:
        """Tell whether a day lies in it."""
        now = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= now <= self.last
        return now >= self.first or now <= self.last


@dataclass(frozen=True, slots=True)
class LocalCalendar:
    """What an area or a body does otherwise than the calendar above it.

    A day it works is no day off, whatever the calendar above says, and the other way round.
    Weekdays it names are its own all the year: the seasons above count no longer.
    """

    week: Week = field(default_factory=dict)
    seasons: tuple[Season, ...] = ()
    days_off: tuple[date, ...] = ()
    days_worked: tuple[date, ...] = ()
    names: Mapping[date, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Calendar:
    """Working hours of the week, the days off and the make-up working days (调休上班).

    `covers_from` and `covers_until` bound the days whose arrangement is published; outside
    them the weekly pattern counts. `local` are the differences of areas and bodies by their
    codes; `key` is the code whose calendar this is, the city's being "". `names` are those of
    the days that are otherwise than their weekday.
    """

    zone: str
    week: Week
    days_off: tuple[date, ...]
    days_worked: tuple[date, ...]
    covers_from: date
    covers_until: date
    seasons: tuple[Season, ...] = ()
    names: Mapping[date, str] = field(default_factory=dict)
    local: Mapping[str, LocalCalendar] = field(default_factory=dict)
    key: str = ""

    def narrowed(self, codes: Iterable[str]) -> "Calendar":
        """Return the calendar of whoever stands at the end of a path of codes, the widest first."""
        chain = tuple(code for code in codes if code in self.local)
        found = self._narrowed.get(chain)
        if found is None:
            found = self
            for code in chain:
                found = _within(found, code, self.local[code])
            self._narrowed[chain] = found
        return found

    @cached_property
    def _narrowed(self) -> dict[tuple[str, ...], "Calendar"]:
        return {(): self}

    @cached_property
    def standard_day(self) -> int:
        """Seconds in one working day (工作日): those of the week's first working weekday."""
        return sum(span.seconds for span in self._standard(self.week))

    def seconds(self, limit: Limit) -> int:
        """Return the limit's amount in seconds of its own basis."""
        return limit.seconds(self.standard_day)

    def hours_on(self, day: date) -> tuple[Hours, ...]:
        """Return the working spans of a day; a make-up day works the standard hours."""
        if day in self._off:
            return ()
        week = next((season.week for season in self.seasons if season.holds(day)), self.week)
        hours = week.get(day.weekday(), ())
        if day in self._worked_days:
            return hours or self._standard(week)
        return hours

    def _standard(self, week: Week) -> tuple[Hours, ...]:
        return next((week[day] for day in sorted(week) if week[day]), ())

    def add(self, start: datetime, seconds: int, basis: Basis) -> Deadline:
        """Return when `seconds` counted from `start` are used up.

        A start outside working time counts from the next opening; an amount used up exactly
        at a closing ends then, not at the next opening.
        """
        if basis is Basis.WALL:
            return Deadline(start + timedelta(seconds=seconds))
        begin = start.timestamp()
        at = self._working_end(begin, seconds)
        is_published = begin >= self._published_from and at <= self._published_until
        return Deadline(datetime.fromtimestamp(at, UTC), provisional=not is_published)

    def before(self, end: datetime, seconds: int, basis: Basis) -> datetime:
        """Return the earliest moment from which `seconds` are counted up to `end`, or fewer."""
        if basis is Basis.WALL:
            return end - timedelta(seconds=seconds)
        target = max(self._worked(end.timestamp()) - seconds, 0)
        index = bisect_left(self._sums, target)
        return datetime.fromtimestamp(self._starts[index] + target - self._befores[index], UTC)

    def elapsed(self, start: datetime, end: datetime, basis: Basis) -> int:
        """Return the whole seconds of that basis between two moments (0 if end is earlier)."""
        if end <= start:
            return 0
        if basis is Basis.WALL:
            return int((end - start).total_seconds())
        return int(self._worked(end.timestamp()) - self._worked(start.timestamp()))

    def _working_end(self, start: float, seconds: int) -> float:
        target = self._worked(start) + seconds
        index = bisect_left(self._sums, target)
        if seconds == 0:
            index = bisect_right(self._ends, start)
        if index >= len(self._ends):
            # Past the laid-out years: the average pace of the whole calendar.
            pace = (self._ends[-1] - self._starts[0]) / self._sums[-1]
            return max(self._ends[-1], start) + (target - self._sums[-1]) * pace
        return max(self._starts[index] + target - self._befores[index], start)

    def _worked(self, at: float) -> float:
        """Return the working seconds from the beginning of the calendar to `at`."""
        index = bisect_right(self._starts, at) - 1
        if index < 0:
            return 0
        return self._befores[index] + min(at, self._ends[index]) - self._starts[index]

    def spans(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the working spans between two moments, in the calendar's own zone."""
        zone, begin, until = ZoneInfo(self.zone), start.timestamp(), end.timestamp()
        index = bisect_right(self._ends, begin)
        while index < len(self._starts) and self._starts[index] < until:
            opens, closes = max(self._starts[index], begin), min(self._ends[index], until)
            yield datetime.fromtimestamp(opens, zone), datetime.fromtimestamp(closes, zone)
            index += 1

    @cached_property
    def _off(self) -> frozenset[date]:
        return frozenset(self.days_off)

    @cached_property
    def _worked_days(self) -> frozenset[date]:
        return frozenset(self.days_worked)

    @cached_property
    def _spans(self) -> Sequence[tuple[int, int]]:
        zone = ZoneInfo(self.zone)
        first = date(self.covers_from.year - 1, 1, 1)
        last = date(self.covers_until.year + YEARS_BEYOND, 1, 1)
        return tuple(
            (
                int(datetime.combine(day, span.start, zone).timestamp()),
                int(datetime.combine(day, span.end, zone).timestamp()),
            )
            for day in _days(first, last)
            for span in self.hours_on(day)
        )

    @cached_property
    def _starts(self) -> Sequence[int]:
        return [start for start, _ in self._spans]

    @cached_property
    def _ends(self) -> Sequence[int]:
        return [end for _, end in self._spans]

    @cached_property
    def _sums(self) -> Sequence[int]:
        return list(accumulate(end - start for start, end in self._spans))

    @cached_property
    def _befores(self) -> Sequence[int]:
        return [0, *self._sums]

    @cached_property
    def _published_from(self) -> float:
        return datetime.combine(self.covers_from, time(), ZoneInfo(self.zone)).timestamp()

    @cached_property
    def _published_until(self) -> float:
        after = self.covers_until + timedelta(days=1)
        return datetime.combine(after, time(), ZoneInfo(self.zone)).timestamp()


def _within(above: Calendar, code: str, local: LocalCalendar) -> Calendar:
    """Return the calendar of a place or body within one that has another."""
    off, worked = set(local.days_off), set(local.days_worked)
    seasons = local.seasons if local.week else (*local.seasons, *above.seasons)
    return replace(
        above,
        week=_week(above.week, local.week),
        days_off=tuple(sorted((set(above.days_off) - worked) | off)),
        days_worked=tuple(sorted((set(above.days_worked) - off) | worked)),
        seasons=seasons,
        names={**above.names, **local.names},
        key=code,
    )


def _week(above: Week, own: Week) -> Week:
    hours = {**above, **own}
    return {day: hours[day] for day in sorted(hours) if hours[day]}


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days):
        yield first + timedelta(days=offset)


def parse_hours(text: str) -> tuple[Hours, ...]:
    """Read `08:00-12:00 14:00-18:00`; raises ValueError for spans that overlap or run backwards."""
    spans = tuple(_parse_span(part) for part in text.split())
    _refuse_overlap(spans)
    return spans


def _parse_span(text: str) -> Hours:
    start, _, end = text.partition("-")
    span = Hours(time.fromisoformat(start), time.fromisoformat(end))
    if span.end <= span.start:
        message = f"工作时段“{text}”结束不晚于开始 / the span ends before it starts"
        raise ValueError(message)
    return span


def _refuse_overlap(spans: Iterable[Hours]) -> None:
    ordered = tuple(spans)
    for earlier, later in pairwise(ordered):
        if later.start < earlier.end:
            message = f"工作时段重叠 / spans overlap: {earlier.end} > {later.start}"
            raise ValueError(message)
