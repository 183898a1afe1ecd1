"""Spans of reports: days, weeks, months, quarters and years, one after another."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from app.domain.period import FIRST, Period, shifted
from app.web.pages import Reader

_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
_QUARTER, _YEAR = 3, 12
_DAYS_SHOWN: Final = 30
_LEAST: Final = 800
"""Days that any report reaches back: last year, and a trend before it."""
_MONTHS_SHOWN: Final = 13
"""A month, and the same month a year ago."""


class Span(StrEnum):
    """How long a time a report is of."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


SPANS: Final = {
    Span.DAY: ("日", "Day"),
    Span.WEEK: ("周", "Week"),
    Span.MONTH: ("月", "Month"),
    Span.QUARTER: ("季", "Quarter"),
    Span.YEAR: ("年", "Year"),
}
_MONTHS: Final = {Span.MONTH: 1, Span.QUARTER: _QUARTER, Span.YEAR: _YEAR}


@dataclass(frozen=True, slots=True)
class Stretch:
    """One span of days that a report is of."""

    span: Span
    period: Period

    @classmethod
    def around(cls, day: date, span: Span) -> "Stretch":
        """Return the stretch a day lies in."""
        if span is Span.DAY:
            return cls(span, Period(day, day + _DAY))
        if span is Span.WEEK:
            monday = day - timedelta(days=day.weekday())
            return cls(span, Period(monday, monday + _WEEK))
        months = _MONTHS[span]
        first = day.replace(day=1, month=(day.month - 1) // months * months + 1)
        return cls(span, Period(first, shifted(first, months)))

    @property
    def last(self) -> date:
        """Return its last day."""
        return self.period.until - _DAY

    def earlier(self) -> date | None:
        """Return a day of the stretch before, if anything could be counted then."""
        day = self.period.since - _DAY
        return day if day > FIRST + _LEAST * _DAY else None

    def later(self, today: date) -> date | None:
        """Return a day of the stretch that follows, unless it has not begun."""
        return self.period.until if self.period.until <= today else None

    @property
    def is_by_month(self) -> bool:
        """Tell whether its trend is told by months."""
        return self.span in {Span.QUARTER, Span.YEAR}

    def trend(self, today: date) -> Period:
        """Return what its trend is shown over: enough to see one, and nothing still to come."""
        since, until = self.period.since, self.period.until
        if since <= today < until:
            until = shifted(today.replace(day=1), 1) if self.is_by_month else today + _DAY
        if self.is_by_month:
            return Period(min(since, shifted(until, -_MONTHS_SHOWN)), until)
        return Period(min(since, until - _DAYS_SHOWN * _DAY), until)

    def called(self, reader: Reader) -> str:
        """Return its name."""
        since = self.period.since
        match self.span:
            case Span.DAY:
                return since.isoformat()
            case Span.WEEK:
                year, week, _ = since.isocalendar()
                days = f"{since:%m-%d} ~ {self.last:%m-%d}"
                return reader.say(f"{year} 年第 {week} 周 ({days})", f"{year} week {week} ({days})")
            case Span.MONTH:
                return reader.say(f"{since.year} 年 {since.month} 月", f"{since:%Y-%m}")
            case Span.QUARTER:
                quarter = (since.month - 1) // _QUARTER + 1
                return reader.say(
                    f"{since.year} 年第 {quarter} 季度", f"{since.year} quarter {quarter}"
                )
            case Span.YEAR:
                return reader.say(f"{since.year} 年", f"{since.year}")
