"""A calendar as people read it: a year's months, its holidays, and what another one changes."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from app.domain.calendar import Calendar, Hours
from app.domain.explain.passage import Said

_DAY = timedelta(days=1)
_YEAR = 200
"""More days than this of a year are published: it should have holidays."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in a row that are otherwise than their weekday, with what they are called."""

    first: date
    last: date
    name: str

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Month:
    """A month's working days and seconds, its holidays and its make-up days."""

    first: date
    days: int
    seconds: int
    off: tuple[Stretch, ...]
    worked: tuple[Stretch, ...]


def months(calendar: Calendar, year: int) -> tuple[Month, ...]:
    """Return the months of a year."""
    return tuple(_month(calendar, date(year, number, 1)) for number in range(1, 13))


def _month(calendar: Calendar, first: date) -> Month:
    after = (first + timedelta(days=31)).replace(day=1)
    hours = [calendar.hours_on(first + n * _DAY) for n in range((after - first).days)]
    return Month(
        first,
        days=sum(bool(spans) for spans in hours),
        seconds=sum(span.seconds for spans in hours for span in spans),
        off=_within(calendar, calendar.days_off, first, after),
        worked=_within(calendar, calendar.days_worked, first, after),
    )


def _within(
    calendar: Calendar, days: Iterable[date], first: date, after: date
) -> tuple[Stretch, ...]:
    named = ((day, calendar.names.get(day, "")) for day in sorted(days) if first <= day < after)
    return tuple(_stretches(named))


def _stretches(days: Iterable[tuple[date, str]]) -> Iterator[Stretch]:
    present: Stretch | None = None
    for day, name in days:
        if present and present.last + _DAY == day and present.name == name:
            present = Stretch(present.first, day, name)
            continue
        if present:
            yield present
        present = Stretch(day, day, name)
    if present:
        yield present


def weeks(calendar: Calendar) -> tuple[tuple[tuple[int, ...], tuple[Hours, ...]], ...]:
    """Return the weekdays that have the same hours, Monday being 0, with those hours."""
    found: dict[tuple[Hours, ...], tuple[int, ...]] = {}
    for weekday in range(7):
        hours = calendar.week.get(weekday, ())
        if hours:
            found[hours] = (*found.get(hours, ()), weekday)
    return tuple((weekdays, hours) for hours, weekdays in found.items())


def remarks(calendar: Calendar, present: Calendar | None) -> Iterator[Said]:
    """Yield what is odd about a calendar before it counts, and what it changes."""
    if present is not None and calendar.covers_until < present.covers_until:
        yield Said(
            f"公布到 {calendar.covers_until}, 早于现行的 {present.covers_until}",
            f"it covers days until {calendar.covers_until}, the one in force"
            f" until {present.covers_until}",
        )
    yield from _bare_years(calendar)
    for day in calendar.days_worked:
        if day.weekday() in calendar.week:
            yield Said(
                f"{day} 本来就是工作日, 调休上班一行没有作用",
                f"{day} is a working day anyway: its work row changes nothing",
            )
    if present is not None:
        yield from _changes(calendar, present)


def _bare_years(calendar: Calendar) -> Iterator[Said]:
    off = Counter(day.year for day in calendar.days_off)
    for year in range(calendar.covers_from.year, calendar.covers_until.year + 1):
        first = max(calendar.covers_from, date(year, 1, 1))
        last = min(calendar.covers_until, date(year, 12, 31))
        if not off[year] and (last - first).days > _YEAR:
            yield Said(
                f"{year} 年算作已公布, 却没有一天放假",
                f"{year} counts as published and has not one day off",
            )


def _changes(calendar: Calendar, present: Calendar) -> Iterator[Said]:
    """Yield how many days have other hours than in the calendar in force."""
    first = min(calendar.covers_from, present.covers_from)
    last = max(calendar.covers_until, present.covers_until)
    days = [first + n * _DAY for n in range((last - first).days + 1)]
    other = [day for day in days if calendar.hours_on(day) != present.hours_on(day)]
    shown = "、".join(day.isoformat() for day in other[:5]) + (" …" if len(other) > 5 else "")
    if other:
        yield Said(
            f"与现行日历相比, {len(other)} 天的工作时间不同: {shown}",
            f"{len(other)} days have other hours than in the calendar in force: {shown}",
        )
    if calendar.local != present.local:
        yield Said(
            "区划或单位自己的日历有变化", "the calendars of areas or bodies of their own change"
        )
