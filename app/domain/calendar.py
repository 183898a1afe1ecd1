"""Working time: a calendar compiled to spans with prefix sums, and its two questions."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Final
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


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a limit is used up.

    `provisional`: the year's holidays are not published yet, the weekly pattern counted.
    """

    at: datetime
    provisional: bool = False


@dataclass(frozen=True)
class Calendar:
    """Working hours of the week, the days off and the make-up working days (调休上班).

    `covers_from` and `covers_until` bound the days whose arrangement is published; outside
    them the weekly pattern counts.
    """

    zone: str
    week: Mapping[int, tuple[Hours, ...]]
    days_off: tuple[date, ...]
    days_worked: tuple[date, ...]
    covers_from: date
    covers_until: date

    @cached_property
    def standard_day(self) -> int:
        """Seconds in one working day (工作日): those of the week's first working weekday."""
        first = self.week[min(self.week)]
        return sum(span.seconds for span in first)

    def seconds(self, limit: Limit) -> int:
        """Return the limit's amount in seconds of its own basis."""
        return limit.seconds(self.standard_day)

    def hours_on(self, day: date) -> tuple[Hours, ...]:
        """Return the working spans of a day; a make-up day works the standard hours."""
        if day in self._off:
            return ()
        if day in self._worked_days:
            return self.week.get(day.weekday()) or self.week[min(self.week)]
        return self.week.get(day.weekday(), ())

    def add(self, start: datetime, seconds: int, basis: Basis) -> Deadline:
        """Return when `seconds` counted from `start` are used up.

        A start outside working time counts from the next opening; an amount used up exactly
        at a closing ends then, not at the next opening.
        """
        if basis is Basis.WALL:
            return Deadline(start + timedelta(seconds=seconds))
        at = self._working_end(start.timestamp(), seconds)
        return Deadline(datetime.fromtimestamp(at, UTC), provisional=at > self._published_until)

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
            return self._ends[-1] + (target - self._sums[-1]) * pace
        spent_before = self._sums[index - 1] if index else 0
        return max(self._starts[index] + (target - spent_before), start)

    def _worked(self, at: float) -> float:
        """Return the working seconds from the beginning of the calendar to `at`."""
        index = bisect_right(self._starts, at) - 1
        if index < 0:
            return 0
        before = self._sums[index - 1] if index else 0
        return before + min(at, self._ends[index]) - self._starts[index]

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
    def _published_until(self) -> float:
        after = self.covers_until + timedelta(days=1)
        return datetime.combine(after, time(), ZoneInfo(self.zone)).timestamp()


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
