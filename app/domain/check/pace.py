"""How fast working time can pass at the very best, and how slowly at the worst."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from itertools import accumulate

from app.domain.calendar import Calendar
from app.domain.limit import Basis, Limit

_DAY = 86400


@dataclass(frozen=True, slots=True)
class Amount:
    """Seconds of working or of wall-clock time."""

    seconds: int
    basis: Basis


class Pace:
    """The days a calendar covers, as spans of local seconds from its first midnight."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._spans = tuple(_spans(calendar))
        self._sums = list(accumulate(end - start for start, end in self._spans))
        self.shortest = lru_cache(self._shortest)
        self.longest = lru_cache(self._longest)

    @property
    def has_hours(self) -> bool:
        """Some time is worked, and a working day is more than nothing."""
        return bool(self._spans) and self._calendar.standard_day > 0

    @property
    def total(self) -> int:
        """All the working time of the published days."""
        return self._sums[-1] if self._sums else 0

    def amount(self, limit: Limit) -> Amount:
        """Return a limit in seconds of its own time."""
        return Amount(self._calendar.seconds(limit), limit.basis)

    def is_beyond(self, part: Amount, whole: Amount) -> bool:
        """Tell whether a part cannot end within the whole, however well the start falls."""
        if part.basis is whole.basis:
            return part.seconds > whole.seconds
        if part.basis is Basis.WORK:
            return self.shortest(part.seconds) > whole.seconds
        return part.seconds > self.longest(whole.seconds)

    def _shortest(self, seconds: int) -> int:
        """Return the least wall-clock time in which so much is worked.

        The best start is an opening, or the best end a closing: between them neither gains.
        """
        opening = (
            self._moment(before + seconds) - start
            for before, (start, _) in zip(self._befores, self._spans, strict=True)
            if before + seconds <= self.total
        )
        closing = (
            end - self._moment(done - seconds, opens=True)
            for done, (_, end) in zip(self._sums, self._spans, strict=True)
            if done >= seconds
        )
        return min((*opening, *closing), default=seconds)

    def _longest(self, seconds: int) -> int:
        """Return the most wall-clock time that so much work takes: begun at a closing."""
        waits = (
            self._moment(done + seconds) - end
            for done, (_, end) in zip(self._sums, self._spans, strict=True)
            if done + seconds <= self.total
        )
        return max(waits, default=len(self._sums) * _DAY)

    @cached_property
    def _befores(self) -> Sequence[int]:
        return [0, *self._sums[:-1]]

    def _moment(self, worked: int, *, opens: bool = False) -> int:
        """Return when so much has been worked; `opens`: rather the next opening than a closing."""
        index = bisect_left(self._sums, worked + opens)
        start, _ = self._spans[index]
        return start + worked - self._befores[index]


def _spans(calendar: Calendar) -> Iterator[tuple[int, int]]:
    if not calendar.week:
        return
    for number, day in enumerate(_days(calendar.covers_from, calendar.covers_until)):
        for span in calendar.hours_on(day):
            start = number * _DAY + span.start.hour * 3600 + span.start.minute * 60
            yield start, start + span.seconds


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
