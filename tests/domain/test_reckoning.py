"""A deadline day by day: its lines add up, and say why nothing was counted."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from app import data
from app.domain.calendar import Calendar, LocalCalendar, Season, parse_hours
from app.domain.explain import reckoned
from app.domain.limit import Basis
from app.domain.reckoning import Idle, counted, laid_out, reckon
from app.domain.rulebook import Part
from app.sheets import calendar as sheet

CITY = sheet.parse(data.shipped(Part.CALENDAR))
ZONE = ZoneInfo(CITY.zone)
LOCAL = Calendar(
    zone="Europe/Berlin",
    week={
        0: parse_hours("00:00-23:59"),
        2: parse_hours("09:30-12:10 13:00-13:01 17:00-20:00"),
        5: parse_hours("10:00-12:00"),
    },
    days_off=(date(2026, 1, 5), date(2026, 3, 28)),
    days_worked=(date(2026, 3, 29), date(2026, 10, 25)),
    covers_from=date(2026, 1, 1),
    covers_until=date(2026, 12, 31),
    seasons=(Season((7, 1), (8, 31), {1: parse_hours("08:00-12:00")}),),
)
"""Odd hours, and a zone whose clocks are moved on days that are worked."""
CALENDARS = st.sampled_from([CITY, LOCAL])
MOMENTS = st.integers(0, 4 * 365 * 86400 * 10**6).map(
    lambda micros: datetime(2024, 6, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)
HOUR = 3600


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def told(calendar: Calendar, start: str, seconds: int, city: Calendar | None = None) -> list[str]:
    lines = reckon(calendar, at(start), seconds, Basis.WORK, city=city)
    return [reckoned.sentence(line).zh for line in lines]


@drawn(CALENDARS, MOMENTS, st.integers(1, 120 * 8 * HOUR), st.sampled_from(Basis))
def test_the_lines_of_a_limit_add_up_to_it_and_end_with_its_deadline(
    calendar: Calendar, start: datetime, seconds: int, basis: Basis
):
    lines = reckon(calendar, start, seconds, basis)
    assert counted(lines) == seconds
    due = calendar.add(start, seconds, basis).at
    assert lines[-1].spans[-1][1].timestamp() == pytest.approx(due.timestamp(), abs=1e-5)


@drawn(CALENDARS, MOMENTS, st.integers(0, 90 * 86400 * 10**6), st.sampled_from(Basis))
def test_the_lines_between_two_moments_add_up_to_what_the_calendar_counts(
    calendar: Calendar, start: datetime, micros: int, basis: Basis
):
    end = start + timedelta(microseconds=micros)
    lines = reckon(calendar, start, end, basis)
    assert counted(lines) == calendar.elapsed(start, end, basis)
    assert all(line.seconds >= 0 for line in lines)


@drawn(CALENDARS, MOMENTS, st.integers(1, 40 * 8 * HOUR))
def test_every_day_is_told_once_and_in_order(calendar: Calendar, start: datetime, seconds: int):
    lines = reckon(calendar, start, seconds, Basis.WORK)
    for earlier, later in pairwise(lines):
        assert later.first == earlier.last + timedelta(days=1)
    assert all(line.days == 1 for line in lines if line.idle is None)
    assert all((line.idle is None) == bool(line.spans) for line in lines)


def test_a_holiday_is_one_line_with_its_name():
    assert told(CITY, "2026-09-30 17:30", 480 * 60) == [
        "2026-09-30 周三 17:30-18:00: 30分",
        "2026-10-01~10-07 国庆节 放假, 不计",
        "2026-10-08 周四 08:00-12:00 14:00-17:30: 7小时30分",
    ]


def test_a_make_up_saturday_says_what_for_and_a_weekend_is_a_weekend():
    assert told(CITY, "2026-10-09 17:00", 10 * HOUR) == [
        "2026-10-09 周五 17:00-18:00: 1小时",
        "2026-10-10 周六 08:00-12:00 14:00-18:00 (国庆节调休上班): 8小时",
        "2026-10-11 周日 周末, 不计",
        "2026-10-12 周一 08:00-09:00: 1小时",
    ]


def test_a_start_after_the_last_closing_says_so():
    assert told(CITY, "2026-11-20 19:00", HOUR)[:2] == [
        "2026-11-20 周五 已过工作时段, 不计",
        "2026-11-21~11-22 周末, 不计",
    ]


def test_a_year_that_is_not_published_is_told_as_provisional():
    lines = reckon(CITY, at("2026-12-31 17:00"), 9 * HOUR, Basis.WORK)
    assert [line.is_provisional for line in lines] == [False, True]
    assert "暂定" in reckoned.sentence(lines[1]).zh
    assert "provisional" in reckoned.sentence(lines[1]).en


def test_a_local_day_off_is_told_from_everybodys():
    own = LocalCalendar(
        week={2: ()}, days_off=(date(2026, 11, 23),), names={date(2026, 11, 23): "建区纪念日"}
    )
    city = Calendar(**{**_fields(CITY), "local": {"500101": own}})
    lines = told(city.narrowed(["500101"]), "2026-11-20 17:00", 10 * HOUR, city)
    assert lines[1:] == [
        "2026-11-21~11-22 周末, 不计",
        "2026-11-23 周一 建区纪念日 本地不上班, 不计",
        "2026-11-24 周二 08:00-12:00 14:00-18:00: 8小时",
        "2026-11-25 周三 本地不上班, 不计",
        "2026-11-26 周四 08:00-09:00: 1小时",
    ]


def _fields(calendar: Calendar) -> dict[str, object]:
    return {name: getattr(calendar, name) for name in Calendar.__dataclass_fields__}


def test_wall_time_is_one_line_that_skips_nothing():
    (line,) = reckon(CITY, at("2026-09-30 17:30"), 72 * HOUR, Basis.WALL)
    assert (line.first, line.last) == (date(2026, 9, 30), date(2026, 10, 3))
    assert (line.seconds, line.idle) == (72 * HOUR, None)
    assert reckoned.sentence(line).zh.endswith("09-30 17:30:00→10-03 17:30:00: 72小时")


def test_what_lies_beyond_the_laid_out_years_is_still_part_of_the_sum():
    seconds = 10 * 250 * 8 * HOUR
    lines = reckon(CITY, at("2026-11-20 09:00"), seconds, Basis.WORK)
    assert counted(lines) == seconds
    assert lines[-1].first == laid_out(CITY)[1]
    assert lines[-1].is_provisional


def test_an_interval_that_ends_before_it_begins_has_no_lines():
    assert reckon(CITY, at("2026-11-20 09:00"), at("2026-11-20 08:00"), Basis.WORK) == ()


def test_hours_and_seconds_are_written_as_people_do():
    assert reckoned.amount(0) == ("0分", "0 min")
    assert reckoned.amount(27_000) == ("7小时30分", "7 h 30 min")
    assert reckoned.amount(61) == ("1分1秒", "1 min 1 s")


def test_a_summary_names_holidays_and_counts_weekends():
    lines = reckon(CITY, at("2026-09-30 17:30"), 24 * HOUR, Basis.WORK)
    assert reckoned.summary(lines).zh == ("在 4 天内计 24小时, 跳过 2026-10-01~10-07 国庆节 放假")
    assert reckoned.summary(reckon(CITY, at("2026-11-20 17:00"), 2 * HOUR, Basis.WORK)).en == (
        "2 h on 2 days, skipping 2 days of weekend"
    )


def test_a_day_whose_clocks_are_moved_has_an_hour_less():
    start = datetime(2026, 3, 29, tzinfo=ZoneInfo("Europe/Berlin"))
    lines = reckon(LOCAL, start, 24 * HOUR, Basis.WORK)
    assert [line.seconds for line in lines] == [23 * HOUR - 60, HOUR + 60]


def test_idle_days_have_a_reason():
    no_hours = Calendar(**{**_fields(CITY), "week": {0: parse_hours("08:00-12:00")}})
    lines = reckon(no_hours, at("2026-11-20 09:00"), HOUR, Basis.WORK)
    assert [line.idle for line in lines] == [Idle.NO_HOURS, Idle.WEEKEND, None]
