"""What the arithmetic of deadlines looks like over the wire."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.api.models import Named
from app.domain.action import Action
from app.domain.area import AreaCode
from app.domain.calendar import Calendar
from app.domain.explain import reckoned
from app.domain.limit import Basis
from app.domain.organisation import OrganisationCode
from app.domain.reckoning import Idle, Line
from app.domain.rulebook import Rulebook
from app.domain.unit import ClockName


class CalendarOut(BaseModel):
    """By whose calendar is counted: `key` is an area's or a body's code, "" the city's.

    `version` is that of the rulebook's calendar part, null for one that is not published.
    """

    key: str
    name: str
    version: int | None
    covers_until: date


class SpanOut(BaseModel):
    """A span of time that was counted."""

    since: datetime
    until: datetime


class DayOut(BaseModel):
    """A day, or days in a row on which nothing was counted for the same reason: see `idle`."""

    first: date
    last: date
    spans: list[SpanOut]
    seconds: int
    idle: Idle | None
    name: str
    is_provisional: bool
    sentence: str


class RunOut(BaseModel):
    """A time the clock ran; of the one that still runs, `days` go on to the deadline."""

    since: datetime
    until: datetime | None
    began_by: Action
    ended_by: Action | None
    calendar_version: int
    seconds: int
    summary: str
    days: list[DayOut]


class HappeningOut(BaseModel):
    """What changed the clock's limit, or a mark it passed."""

    at: datetime
    action: Action
    name: str
    organisation: Named | None
    reason: str
    data: dict[str, Any]


class StageOut(BaseModel):
    """What the list wants reached on the way, such as 先期处置 within an hour."""

    title: str
    limit: str
    due_at: datetime
    is_provisional: bool


class ClockStory(BaseModel):
    """One limit of a unit with its arithmetic; seconds are of the clock's own basis.

    `spent_seconds` were stored when it last stopped, `used_seconds` are those by now.
    `granted_seconds` are part of the limit. `amiss_seconds`: spent seconds that today's
    calendars would count otherwise; what was stored stays a fact.
    """

    clock: ClockName
    name: str
    basis: Basis
    limit_seconds: int
    granted_seconds: int
    grants: int
    spent_seconds: int
    used_seconds: int
    left_seconds: int
    started_at: datetime
    running: bool
    running_since: datetime | None
    due_at: datetime | None
    is_provisional: bool
    overdue_at: datetime | None
    exempted_at: datetime | None
    yellow_at: datetime | None
    red_at: datetime | None
    marks_passed: int
    next_mark_at: datetime | None
    calendar: CalendarOut
    stages: list[StageOut]
    runs: list[RunOut]
    happenings: list[HappeningOut]
    amiss_seconds: int


class ClockList(BaseModel):
    """Every clock of a unit, the earliest first."""

    unit: UUID
    number: str
    items: list[ClockStory] = Field(default_factory=list)


def calendar(shown: Calendar, rulebook: Rulebook, version: int) -> CalendarOut:
    """Render whose calendar it is."""
    return CalendarOut(
        key=shown.key,
        name=whose(shown.key, rulebook),
        version=version,
        covers_until=shown.covers_until,
    )


def whose(key: str, rulebook: Rulebook) -> str:
    """Return the name of the area or body that has a calendar."""
    body = rulebook.organisations.get(OrganisationCode(key))
    area = rulebook.areas.get(AreaCode(key), rulebook.areas.city)
    return body.name if body else area.name


def days(lines: Iterable[Line], *, chinese: bool) -> list[DayOut]:
    """Render the lines of an arithmetic."""
    return [
        DayOut(
            first=line.first,
            last=line.last,
            spans=[SpanOut(since=since, until=until) for since, until in line.spans],
            seconds=line.seconds,
            idle=line.idle,
            name=line.name,
            is_provisional=line.is_provisional,
            sentence=reckoned.sentence(line)[0 if chinese else 1],
        )
        for line in lines
    ]
