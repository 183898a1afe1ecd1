"""Marks of every kind: each once in a limit's life, in order, however it is paused or prolonged."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import clock as clocks
from app.domain.action import Action
from app.domain.clock import Clock
from app.domain.escalation import Firing, Watch, fire
from app.domain.limit import Basis, parse_limit
from app.domain.marks import Effect, Mark, Marks, parse_at
from app.domain.organisation import OrganisationCode
from app.domain.roster import Roster, Shift
from app.domain.unit import ClockName
from tests.domain.test_calendar import at
from tests.given import calendar

CAL = calendar()
DESK, STREET, CITY = (OrganisationCode(name) for name in ("desk", "street", "city"))
MONDAY = at("2026-11-16 08:00")


def marks(*said: str, do: Effect = Effect.NOTICE) -> Marks:
    return Marks(tuple(mark(one, do) for one in said))


def mark(said: str, *do: Effect) -> Mark:
    found = parse_at(said)
    return Mark(do, found.percent, found.offset, found.is_before)


def started(limit: str, listed: Marks, start: datetime = MONDAY) -> Clock:
    return clocks.start(ClockName.DISPOSE, parse_limit(limit), at=start, calendar=CAL, marks=listed)


def fired(clock: Clock, now: datetime, listed: Marks, roster: Roster | None = None) -> Firing:
    watch = Watch(DESK, (STREET, CITY), roster or Roster(), now)
    return fire(clock, watch, calendar=CAL, marks=listed)


def moments(clock: Clock, listed: Marks, now: str = "2026-12-31 18:00") -> list[tuple[str, str]]:
    alarms = fired(clock, at(now), listed).alarms
    return [
        (str(alarm.mark), alarm.mark_at.astimezone(MONDAY.tzinfo).strftime("%d %H:%M"))
        for alarm in alarms
        if alarm.action is Action.NOTICE
    ]


def local(said: str) -> str:
    return at(f"2026-11-{said}").strftime("%d %H:%M")


@pytest.mark.parametrize(
    "said", ["80%", "1000%", "-30分钟", "+1工作日", "-4工作时", "+2紧急工作时"]
)
def test_a_marks_moment_is_written_as_it_is_read(said: str):
    assert str(parse_at(said)) == said


@pytest.mark.parametrize(
    ("limit", "said", "falls"),
    [
        # Eight working hours from Monday 08:00 end at 18:00.
        ("8工作时", "50%", "16 12:00"),
        ("8工作时", "-2工作时", "16 16:00"),
        ("8工作时", "-4工作时", "16 12:00"),
        ("8工作时", "+1工作日", "17 18:00"),
        ("8工作时", "-30分钟", "16 17:30"),
        ("8工作时", "-5紧急工作时", "16 13:00"),
        ("8工作时", "+2紧急工作时", "16 20:00"),
        # 24 hours through the night end on Tuesday at 08:00.
        ("24紧急工作时", "-30分钟", "17 07:30"),
        ("24紧急工作时", "-2工作时", "16 16:00"),
        ("24紧急工作时", "+4工作时", "17 12:00"),
        ("24紧急工作时", "+5工作时", "17 15:00"),
        # What would lie before the start falls at the start.
        ("15分钟", "-30分钟", "16 08:00"),
        ("15分钟", "-1工作日", "16 08:00"),
        ("1工作时", "-4工作时", "16 08:00"),
        ("1工作时", "-2紧急工作时", "16 08:00"),
    ],
)
def test_a_mark_falls_at_its_moment(limit: str, said: str, falls: str):
    listed = marks(said)
    assert moments(started(limit, listed), listed) == [(said, local(falls))]


@pytest.mark.parametrize(
    ("limit", "order"),
    [
        ("1工作时", ["-30分钟", "80%", "100%", "150%", "+1工作时"]),
        ("10工作时", ["80%", "-30分钟", "100%", "+1工作时", "150%"]),
    ],
)
def test_marks_come_by_their_moments_and_not_as_they_are_listed(limit: str, order: list[str]):
    listed = marks("+1工作时", "150%", "100%", "80%", "-30分钟")
    found = moments(started(limit, listed), listed)
    assert [said for said, _ in found] == order


def test_a_limit_without_any_mark_is_overdue_all_the_same():
    firing = fired(started("1工作时", Marks()), at("2026-11-16 10:00"), Marks())
    (alarm,) = firing.alarms
    assert (alarm.action, firing.clock.overdue_at) == (Action.OVERDUE, at("2026-11-16 09:00"))


def test_an_extension_puts_marks_ahead_that_fire_again_but_lateness_is_recorded_once():
    listed = marks("-30分钟", "80%")
    clock = fired(started("1工作时", listed), at("2026-11-16 09:30"), listed).clock
    longer = clocks.extend(clock, 4 * 3600, at=at("2026-11-16 09:30"), calendar=CAL, marks=listed)
    firing = fired(longer, at("2026-12-01 08:00"), listed)
    assert [(str(one.mark), one.action) for one in firing.alarms] == [
        ("80%", Action.NOTICE),
        ("-30分钟", Action.NOTICE),
    ]
    assert firing.clock.overdue_at == at("2026-11-16 09:00")


def test_a_longer_limit_puts_the_reminder_ahead_again():
    listed = marks("80%")
    clock = fired(started("5工作时", listed), at("2026-11-16 14:30"), listed).clock
    assert clock.mark == 1
    longer = clocks.relimit(
        clock, parse_limit("10工作时"), at=at("2026-11-16 14:30"), calendar=CAL, marks=listed
    )
    assert (longer.mark, longer.next_at) == (0, at("2026-11-16 18:00"))


def test_each_line_says_how_late_it_is():
    listed = marks("80%")
    now = at("2026-11-16 14:00")
    firing = fired(started("5工作时", listed), now, listed)
    assert firing.alarms[0].data(firing.clock, now) == {
        "clock": "dispose",
        "mark": "80%",
        "percent": 80,
        "mark_at": at("2026-11-16 12:00"),
        "late_by": 7200,
    }


@pytest.mark.parametrize(
    ("bodies", "told", "people"),
    [
        ((), DESK, ()),
        ((DESK,), DESK, ("desk 的值班员",)),
        ((DESK, STREET), DESK, ("desk 的值班员",)),
    ],
)
def test_the_desks_duty_officer_is_reminded(
    bodies: tuple[OrganisationCode, ...], told: OrganisationCode, people: tuple[str, ...]
):
    assert _reminded(bodies, MONDAY + timedelta(hours=1)) == [(Action.WARN, told, people)]


def test_where_nobody_is_on_duty_the_centre_above_is_reminded():
    night = MONDAY + timedelta(hours=30)
    assert _reminded((DESK,), night) == [(Action.WARN, STREET, ())]


def _reminded(
    bodies: tuple[OrganisationCode, ...], now: datetime
) -> list[tuple[Action, OrganisationCode, tuple[str, ...] | None]]:
    listed = Marks((mark("10%", Effect.REMIND_DUTY),))
    roster = Roster(
        Shift(body, f"{body} 的值班员", "", MONDAY, MONDAY + timedelta(hours=24)) for body in bodies
    )
    alarms = fired(started("1工作时", listed), now, listed, roster).alarms
    return [(one.action, one.told, one.duty) for one in alarms if one.action is Action.WARN]


def test_lights_go_on_at_their_marks_and_off_while_the_clock_stands():
    listed = Marks((mark("80%", Effect.YELLOW), mark("150%", Effect.RED)))
    clock = started("5工作时", listed)
    assert (clock.yellow_at, clock.red_at) == (at("2026-11-16 12:00"), at("2026-11-16 17:30"))
    stood = clocks.stop(clock, at=at("2026-11-16 14:30"), calendar=CAL)
    assert (stood.yellow_at, stood.red_at) == (None, None)
    # Resumed at night it is yellow at once, and red when the rest of the limit is used up.
    night = at("2026-11-16 22:00")
    again = clocks.resume(stood, at=night, calendar=CAL, marks=listed)
    assert (again.yellow_at, again.red_at) == (night, at("2026-11-17 11:00"))


AMOUNTS = st.tuples(
    st.sampled_from(["工作分钟", "分钟", "工作时", "紧急工作时"]), st.integers(1, 30)
).map(lambda pair: f"{pair[1]}{pair[0]}")
PLACES = st.one_of(
    st.integers(1, 300).map(lambda percent: f"{percent}%"),
    st.tuples(st.sampled_from("+-"), AMOUNTS).map("".join),
)
LISTS = st.lists(PLACES, max_size=5, unique=True).map(lambda said: marks(*said))
MINUTES = st.integers(0, 3000)


@given(LISTS, AMOUNTS, MINUTES, st.lists(MINUTES, max_size=8))
def test_looked_at_whenever_each_mark_fires_once_and_in_order(
    listed: Marks, limit: str, begin: int, looks: list[int]
):
    start = MONDAY + timedelta(minutes=begin)
    clock, now, alarms = started(limit, listed, start), start, []
    for minutes in [*looks, 600_000]:
        now += timedelta(minutes=minutes)
        firing = fired(clock, now, listed)
        assert all(alarm.mark_at <= now for alarm in firing.alarms)
        clock, alarms = firing.clock, [*alarms, *firing.alarms]
    found = [alarm.mark for alarm in alarms if alarm.action is Action.NOTICE]
    assert sorted(map(str, found)) == sorted(map(str, listed.listed))
    assert [one.mark_at for one in alarms] == sorted(one.mark_at for one in alarms)
    assert [one.action for one in alarms].count(Action.OVERDUE) == 1
    assert clock.overdue_at == CAL.add(start, clock.limit, clock.basis).at
    # Looked at once, at the end, the same things happen at the same moments.
    late = fired(started(limit, listed, start), now, listed).alarms
    assert [(one.mark, one.mark_at, one.action) for one in late] == [
        (one.mark, one.mark_at, one.action) for one in alarms
    ]


@given(LISTS, AMOUNTS, st.lists(st.tuples(MINUTES, MINUTES), max_size=4))
def test_paused_and_resumed_each_mark_still_fires_once(
    listed: Marks, limit: str, spells: list[tuple[int, int]]
):
    clock, now = started(limit, listed), MONDAY
    found: list[Mark] = []
    for run, pause in [*spells, (600_000, 0)]:
        now += timedelta(minutes=run)
        firing = fired(clock, now, listed)
        found += [alarm.mark for alarm in firing.alarms if alarm.action is Action.NOTICE]
        clock = clocks.stop(firing.clock, at=now, calendar=CAL)
        now += timedelta(minutes=pause)
        clock = clocks.resume(clock, at=now, calendar=CAL, marks=listed)
    assert sorted(map(str, found)) == sorted(map(str, listed.listed))


@given(AMOUNTS, MINUTES, st.integers(0, 200_000))
def test_so_much_is_counted_from_the_moment_before(amount: str, begin: int, seconds: int):
    del amount
    end = MONDAY + timedelta(days=60, minutes=begin)
    for basis in Basis:
        since = CAL.before(end, seconds, basis)
        assert (since <= end, CAL.elapsed(since, end, basis)) == (True, seconds)


@pytest.mark.parametrize("year", [1990, 2050])
def test_beyond_the_laid_out_years_there_is_a_moment_before_all_the_same(year: int):
    end = MONDAY.replace(year=year)
    assert CAL.before(end, 3600, Basis.WORK).year in range(1990, 2050)
