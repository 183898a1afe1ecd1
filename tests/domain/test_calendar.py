"""Working time: its laws, an oracle that counts minute by minute, and the known traps by name."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.calendar import Calendar, Hours, parse_hours
from app.domain.limit import Basis, parse_limit
from tests import given as city

CAL = city.calendar()
ZONE = ZoneInfo(CAL.zone)
HOUR = 3600
SPRING = Calendar(
    zone="Asia/Shanghai",
    week=CAL.week,
    days_off=tuple(date(2026, 2, day) for day in range(15, 24)),
    days_worked=(date(2026, 2, 14), date(2026, 2, 28)),
    covers_from=date(2026, 1, 1),
    covers_until=date(2026, 12, 31),
)
"""The nine days of Spring Festival 2026 with both of its working Saturdays."""


def at(text: str) -> datetime:
    """Return a moment of Chongqing's."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def after(start: str, limit: str, calendar: Calendar = CAL) -> str:
    """Return when a limit that starts then is used up, as a clock on the wall tells it."""
    amount = parse_limit(limit)
    due = calendar.add(at(start), calendar.seconds(amount), amount.basis)
    return due.at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


def moments(resolution: int = 1) -> st.SearchStrategy[datetime]:
    """Return moments of two years, on whole steps of that many microseconds."""
    first, steps = at("2026-01-01 00:00"), 730 * 86400 * 1_000_000 // resolution
    return st.integers(0, steps).map(
        lambda count: (first + timedelta(microseconds=count * resolution)).astimezone(UTC)
    )


SECONDS = moments(1_000_000)
AMOUNTS = st.integers(1, 60 * 8 * HOUR)


def is_open(calendar: Calendar, moment: datetime, *, closing: bool) -> bool:
    """Tell whether a moment lies in working time; `closing`: a closing itself does too."""
    local = moment.astimezone(ZoneInfo(calendar.zone))
    clock = local.time()
    return any(
        span.start <= clock < span.end or (closing and clock == span.end)
        for span in calendar.hours_on(local.date())
    )


@given(start=SECONDS, first=AMOUNTS, second=AMOUNTS)
def test_working_time_adds_up(start: datetime, first: int, second: int):
    halfway = CAL.add(start, first, Basis.WORK).at
    assert CAL.add(halfway, second, Basis.WORK).at == CAL.add(start, first + second, Basis.WORK).at


@given(start=SECONDS, amount=AMOUNTS, more=AMOUNTS)
def test_a_longer_limit_ends_later(start: datetime, amount: int, more: int):
    assert CAL.add(start, amount, Basis.WORK).at < CAL.add(start, amount + more, Basis.WORK).at


@given(start=SECONDS, wait=st.integers(0, 30 * 86400), amount=AMOUNTS)
def test_a_later_start_never_ends_earlier(start: datetime, wait: int, amount: int):
    later = start + timedelta(seconds=wait)
    assert CAL.add(start, amount, Basis.WORK).at <= CAL.add(later, amount, Basis.WORK).at


@given(start=moments(), amount=AMOUNTS, basis=st.sampled_from(Basis))
def test_what_is_added_has_elapsed(start: datetime, amount: int, basis: Basis):
    assert CAL.elapsed(start, CAL.add(start, amount, basis).at, basis) == amount


@given(start=SECONDS, first=AMOUNTS, second=AMOUNTS)
def test_elapsed_time_adds_up(start: datetime, first: int, second: int):
    middle, end = start + timedelta(seconds=first), start + timedelta(seconds=first + second)
    whole = CAL.elapsed(start, end, Basis.WORK)
    assert whole == CAL.elapsed(start, middle, Basis.WORK) + CAL.elapsed(middle, end, Basis.WORK)


@given(start=moments(), amount=AMOUNTS)
def test_nothing_is_due_in_closed_time(start: datetime, amount: int):
    assert is_open(CAL, CAL.add(start, amount, Basis.WORK).at, closing=True)


@given(start=moments())
def test_nothing_spent_points_at_the_start_or_the_next_opening(start: datetime):
    begins = CAL.add(start, 0, Basis.WORK).at
    assert begins >= start
    assert is_open(CAL, begins, closing=False)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Return calendars with hours on the minute and a fortnight of exceptions."""
    minutes = st.integers(0, 24 * 60 - 1)
    bounds = draw(st.lists(minutes, min_size=2, max_size=6, unique=True).map(sorted))
    times = [time(minute // 60, minute % 60) for minute in bounds]
    hours = tuple(Hours(*pair) for pair in zip(times[::2], times[1::2], strict=False))
    weekdays = draw(st.sets(st.integers(0, 6), min_size=1))
    days = st.sets(st.dates(date(2026, 3, 1), date(2026, 3, 20)), max_size=6)
    off, worked = draw(days), draw(days)
    return Calendar(
        zone="Asia/Shanghai",
        week=dict.fromkeys(sorted(weekdays), hours),
        days_off=tuple(off),
        days_worked=tuple(worked - off),
        covers_from=date(2026, 1, 1),
        covers_until=date(2026, 12, 31),
    )


def counted(calendar: Calendar, start: datetime, minutes: int) -> datetime:
    """Return when that many working minutes are over, by looking at every single minute."""
    week, off, worked = calendar.week, set(calendar.days_off), set(calendar.days_worked)
    standard = week[min(week)]
    now = start.astimezone(ZONE)
    while minutes:
        day = now.date()
        spans = () if day in off else week.get(now.weekday(), standard if day in worked else ())
        minutes -= any(span.start <= now.time() < span.end for span in spans)
        now += timedelta(minutes=1)
    return now


@settings(max_examples=40, deadline=None)
@given(calendar=calendars(), start=st.integers(0, 14 * 1440), minutes=st.integers(1, 240))
def test_it_agrees_with_counting_every_minute(calendar: Calendar, start: int, minutes: int):
    begin = at("2026-03-02 00:00") + timedelta(minutes=start)
    assert calendar.add(begin, minutes * 60, Basis.WORK).at == counted(calendar, begin, minutes)


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        pytest.param("2026-11-19 09:30", "1工作日", "2026-11-20 09:30", id="a-day-is-8-hours"),
        pytest.param("2026-11-18 10:00", "24工作时", "2026-11-23 10:00", id="24-hours-are-3-days"),
        pytest.param("2026-11-20 11:00", "2工作时", "2026-11-20 15:00", id="over-the-lunch-gap"),
        pytest.param("2026-11-20 17:30", "4工作时", "2026-11-23 11:30", id="friday-17:30"),
        pytest.param("2026-11-20 08:00", "4工作时", "2026-11-20 12:00", id="used-up-at-12:00"),
        pytest.param("2026-11-20 14:00", "4工作时", "2026-11-20 18:00", id="used-up-at-18:00"),
        pytest.param("2026-11-20 08:00", "1工作日", "2026-11-20 18:00", id="used-up-at-day's-end"),
        pytest.param("2026-11-20 12:00", "1工作时", "2026-11-20 15:00", id="starts-at-a-closing"),
        pytest.param("2026-11-20 12:40", "1工作时", "2026-11-20 15:00", id="starts-in-the-gap"),
        pytest.param("2026-11-20 05:00", "1工作时", "2026-11-20 09:00", id="starts-before-opening"),
        pytest.param("2026-11-20 20:00", "1工作时", "2026-11-23 09:00", id="starts-friday-evening"),
        pytest.param("2026-11-21 10:00", "1工作日", "2026-11-23 18:00", id="starts-on-saturday"),
        pytest.param("2026-10-09 17:00", "2工作时", "2026-10-10 09:00", id="make-up-saturday"),
        pytest.param(
            "2026-10-10 17:00", "2工作时", "2026-10-12 09:00", id="sunday-after-it-is-off"
        ),
        pytest.param("2026-09-30 16:00", "4工作时", "2026-10-08 10:00", id="national-holiday"),
        pytest.param("2026-10-03 12:00", "1工作时", "2026-10-08 09:00", id="starts-in-a-holiday"),
    ],
)
def test_working_limit_ends(start: str, limit: str, due: str):
    assert after(start, limit) == due


def test_nine_days_of_spring_festival_count_nothing():
    assert after("2026-02-14 17:00", "2工作时", SPRING) == "2026-02-24 09:00"


def test_the_make_up_saturday_after_spring_festival_counts():
    assert after("2026-02-27 14:00", "1工作日", SPRING) == "2026-02-28 12:00"


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        ("2026-11-20 23:30", "2紧急工作时", "2026-11-21 01:30"),
        ("2026-11-20 17:30", "24紧急工作时", "2026-11-21 17:30"),
        ("2026-10-01 03:00", "1紧急工作日", "2026-10-02 03:00"),
        ("2026-11-20 11:50", "30分钟", "2026-11-20 12:20"),
    ],
)
def test_urgent_limit_runs_through_nights_and_holidays(start: str, limit: str, due: str):
    assert after(start, limit) == due


def test_an_urgent_limit_is_never_provisional():
    assert not CAL.add(at("2027-03-01 10:00"), 2 * HOUR, Basis.WALL).provisional


def test_past_the_published_days_the_weekly_pattern_counts():
    assert after("2027-02-26 17:00", "2工作时") == "2027-03-01 09:00"


@pytest.mark.parametrize(
    ("start", "provisional"),
    [("2027-03-01 09:00", True), ("2026-12-31 17:00", True), ("2026-12-31 09:00", False)],
)
def test_a_deadline_past_the_published_days_is_provisional(start: str, *, provisional: bool):
    assert CAL.add(at(start), 2 * HOUR, Basis.WORK).provisional is provisional


def test_a_deadline_past_the_laid_out_years_still_comes():
    due = CAL.add(at("2032-12-30 09:00"), 500 * 8 * HOUR, Basis.WORK).at
    assert due > at("2033-06-01 00:00")


def test_no_time_has_elapsed_backwards():
    assert CAL.elapsed(at("2026-11-20 10:00"), at("2026-11-20 09:00"), Basis.WORK) == 0


def test_a_weekend_is_48_hours_of_wall_clock_and_no_working_time():
    friday, monday = at("2026-11-20 18:00"), at("2026-11-23 08:00")
    assert CAL.elapsed(friday, monday, Basis.WORK) == 0
    assert CAL.elapsed(friday, monday, Basis.WALL) == 62 * HOUR


def test_the_standard_day_follows_the_city():
    six = Calendar(
        "Asia/Shanghai",
        {0: parse_hours("09:00-12:00 14:00-17:00")},
        (),
        (),
        date(2026, 1, 1),
        date(2026, 12, 31),
    )
    assert six.seconds(parse_limit("1工作日")) == 6 * HOUR


@pytest.mark.parametrize(
    "text", ["12:00-08:00", "08:00-12:00 11:00-18:00", "08:00", "8-12", "25:00-26:00"]
)
def test_hours_that_make_no_sense_are_refused(text: str):
    with pytest.raises(ValueError):
        parse_hours(text)
