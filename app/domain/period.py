"""Periods (统计期): days from one on before another, told as whole years, months and days."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from app.domain.errors import Invalid

FIRST: Final = date(2000, 1, 1)
"""Before any day that anything is counted of."""
LONGEST: Final = 5 * 366
_WRITTEN: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_DAY: Final = timedelta(days=1)


class Span(StrEnum):
    """What days are summed up to."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


Pieces = dict[Span, list[date]]
"""First days of whole years, whole months, and single days."""


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `since` on, `until` not included."""

    since: date
    until: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.until - self.since).days

    @property
    def months(self) -> int | None:
        """How many whole months it is, None if it is not."""
        if self.since.day != 1 or self.until.day != 1:
            return None
        return (self.until.year - self.since.year) * 12 + self.until.month - self.since.month

    def before(self) -> "Period":
        """Return the period just before of the same length: of whole months as many months."""
        if self.months:
            return Period(shifted(self.since, -self.months), self.since)
        return Period(self.since - (self.until - self.since), self.since)

    def last_year(self) -> "Period":
        """Return the same days a year earlier."""
        return Period(shifted(self.since, -12), shifted(self.until, -12))

    def pieces(self, *, finest: Span | None = None) -> Pieces:
        """Return it as few pieces, or told by days or by months as far as it has whole ones."""
        found: Pieces = {span: [] for span in Span}
        at = self.since
        while at < self.until:
            span = self._largest(at) if finest is not Span.DAY else Span.DAY
            if finest is Span.MONTH and span is Span.YEAR:
                span = Span.MONTH
            found[span].append(at)
            at = after(at, span)
        return {span: days for span, days in found.items() if days}

    def _largest(self, at: date) -> Span:
        for span, is_first in (
            (Span.YEAR, (at.month, at.day) == (1, 1)),
            (Span.MONTH, at.day == 1),
        ):
            if is_first and after(at, span) <= self.until:
                return span
        return Span.DAY


def after(day: date, span: Span) -> date:
    """Return the first day behind the year, the month or the day that begins on a day."""
    if span is Span.DAY:
        return day + _DAY
    return shifted(day, 12 if span is Span.YEAR else 1)


def shifted(day: date, months: int) -> date:
    """Return the day so many months on; where that month is shorter, its last."""
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def parse(text: str) -> Period:
    """Read a year, a month or a day such as 2026, 2026-11, 2026-11-20; raises Invalid."""
    found = _WRITTEN.fullmatch(text.strip())
    year, month, day = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    span = Span.DAY if day else Span.MONTH if month else Span.YEAR
    try:
        since = date(year, month or 1, day or 1)
        until = after(since, span)
    except (ValueError, OverflowError):
        raise Invalid(
            zh=f"统计期“{text}”须写作 2026-11 (月)、2026-11-20 (日) 或 2026 (年)",
            en="a period is written 2026-11, 2026-11-20 or 2026",
            field="period",
        ) from None
    return checked(Period(since, until), "period")


def checked(period: Period, field: str) -> Period:
    """Return a period that can be counted; raises Invalid."""
    if not FIRST < period.since < period.until or period.days > LONGEST:
        raise Invalid(
            zh="统计期的起始日须早于截止日, 最长五年",
            en="a period begins before it ends and has five years at most",
            field=field,
        )
    return period


def month_of(day: date) -> Period:
    """Return the month a day lies in."""
    first = day.replace(day=1)
    return Period(first, after(first, Span.MONTH))
