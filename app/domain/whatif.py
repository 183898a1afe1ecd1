"""What a deadline would be: a limit from a moment on, asked without any unit."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from app.domain.area import AreaCode, Areas
from app.domain.calendar import Calendar, Deadline
from app.domain.calendars import calendar_of
from app.domain.errors import Invalid
from app.domain.limit import Basis, Limit, LimitUnit, parse_limit
from app.domain.organisation import OrganisationCode, Organisations
from app.domain.reckoning import Line, laid_out, reckon

LONGEST: Final = 5_256_000
"""Minutes a limit may have: ten years of them."""

_SHORT: Final = re.compile(r"(\d{1,7})\s*([mhd])", re.IGNORECASE)
_UNITS: Final[Mapping[tuple[str, Basis], LimitUnit]] = {
    ("m", Basis.WORK): LimitUnit.WORK_MINUTE,
    ("h", Basis.WORK): LimitUnit.WORK_HOUR,
    ("d", Basis.WORK): LimitUnit.WORK_DAY,
    ("m", Basis.WALL): LimitUnit.MINUTE,
    ("h", Basis.WALL): LimitUnit.HOUR,
    ("d", Basis.WALL): LimitUnit.DAY,
}
_BASES: Final[Mapping[str, Basis]] = {
    "work": Basis.WORK,
    "工作": Basis.WORK,
    "工作时间": Basis.WORK,
    "wall": Basis.WALL,
    "自然": Basis.WALL,
    "自然时间": Basis.WALL,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """When a limit is used up, and by which calendar."""

    start: datetime
    limit: Limit
    calendar: Calendar
    city: Calendar
    deadline: Deadline

    @property
    def seconds(self) -> int:
        """The limit in seconds of its own basis."""
        return self.calendar.seconds(self.limit)

    @property
    def due_at(self) -> datetime:
        """The deadline in the calendar's zone."""
        return self.deadline.at.astimezone(ZoneInfo(self.calendar.zone))

    def lines(self) -> tuple[Line, ...]:
        """Return its arithmetic day by day."""
        limit = self.limit
        return reckon(self.calendar, self.start, self.seconds, limit.basis, city=self.city)


def basis_of(text: str, field: str = "basis") -> Basis:
    """Return the basis a word names; raises Invalid with those there are."""
    found = _BASES.get(text.strip().lower())
    if found is None:
        raise Invalid(
            zh=f"“{text}”应为 work、wall、工作 或 自然",
            en="expected work (working time) or wall (wall-clock time)",
            field=field,
        )
    return found


def limit_of(text: str, basis: Basis | None = None, field: str = "limit") -> Limit:
    """Return the limit a text says: 480m, 2h, 1d of a basis, or 3工作日; raises Invalid.

    A working day is the calendar's. Where a text names its own basis another is refused.
    """
    short = _SHORT.fullmatch(text.strip())
    if short is not None:
        unit = _UNITS[short[2].lower(), basis or Basis.WORK]
        return _of_size(Limit(int(short[1]), unit), field)
    try:
        limit = parse_limit(text)
    except ValueError as error:
        zh, _, _ = str(error).partition(" / ")
        raise Invalid(
            zh=f"{zh}; 或 480m、2h、1d",
            en="not a limit such as 480m, 2h, 1d or 3工作日",
            field=field,
        ) from None
    if basis is not None and basis is not limit.basis:
        raise Invalid(
            zh=f"时限“{text}”自身按{_NAMES[limit.basis][0]}计, 与所给的{_NAMES[basis][0]}不符",
            en=f"{text} is {_NAMES[limit.basis][1]} by itself, not {_NAMES[basis][1]}",
            field=field,
        )
    return limit


_NAMES: Final[Mapping[Basis, tuple[str, str]]] = {
    Basis.WORK: ("工作时间", "working time"),
    Basis.WALL: ("自然时间", "wall-clock time"),
}


def minutes_of(minutes: int, basis: Basis, field: str = "minutes") -> Limit:
    """Return the limit of so many minutes; raises Invalid."""
    return _of_size(Limit(minutes, _UNITS["m", basis]), field)


def _of_size(limit: Limit, field: str) -> Limit:
    # A day of 24 h stands in for any calendar's.
    if not 0 < limit.seconds(86400) <= LONGEST * 60:
        raise Invalid(
            zh=f"时限须大于零, 且不超过 {LONGEST} 分钟",
            en=f"a limit is above zero and at most {LONGEST} minutes",
            field=field,
        )
    return limit


def calendar_for(
    code: str, city: Calendar, areas: Areas, bodies: Organisations, field: str = "for"
) -> Calendar:
    """Return the calendar that an area or an organisation works by; raises Invalid."""
    if AreaCode(code) not in areas and OrganisationCode(code) not in bodies:
        raise Invalid(
            zh=f"没有编码为“{code}”的区划或单位",
            en=f"no area or organisation has the code {code}",
            field=field,
        )
    return calendar_of(code, city, areas, bodies)


def placed(start: datetime, calendar: Calendar) -> datetime:
    """Return a moment that tells no offset as one in the calendar's zone."""
    return start if start.tzinfo else start.replace(tzinfo=ZoneInfo(calendar.zone))


def answer(
    start: datetime, limit: Limit, calendar: Calendar, city: Calendar, field: str = "start"
) -> Answer:
    """Return when a limit that begins then is used up.

    Raises Invalid for a moment the calendar knows nothing of: nobody could count from there.
    """
    start = placed(start, calendar)
    first, after = laid_out(calendar)
    zone = ZoneInfo(calendar.zone)
    opens, closes = (datetime.combine(day, time(), zone) for day in (first, after))
    if not opens <= start < closes:
        raise Invalid(
            zh=f"开始时刻应在 {first} 与 {after} 之间, 日历编排到此",
            en=f"a start lies from {first} up to {after}: so far the calendar is laid out",
            field=field,
        )
    due = calendar.add(start, calendar.seconds(limit), limit.basis)
    unknown = limit.basis is Basis.WORK and start.astimezone(zone).date() < calendar.covers_from
    return Answer(start, limit, calendar, city, Deadline(due.at, due.provisional or unknown))
