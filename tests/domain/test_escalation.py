"""Marks: they fire in order and once, and centre after centre is told."""

from datetime import datetime, timedelta

import pytest

from app.domain.action import Action
from app.domain.clock import Clock, start
from app.domain.escalation import Firing, Watch, fire
from app.domain.limit import parse_limit
from app.domain.marks import MARKS, Marks, climbing
from app.domain.organisation import OrganisationCode
from app.domain.policy import Policy
from app.domain.responsibility import Urgency
from app.domain.roster import Roster
from app.domain.unit import ClockName
from tests.given import calendar
from tests.pieces import NOON

CAL = calendar()
NORMAL = MARKS[Urgency.NORMAL]
DESK = OrganisationCode("desk")
STREET, DISTRICT, CITY = (OrganisationCode(name) for name in ("street", "district", "city"))
THREE = (STREET, DISTRICT, CITY)


def clock(limit: str = "10紧急工作时", marks: Marks | None = None) -> Clock:
    return start(
        ClockName.DISPOSE, parse_limit(limit), at=NOON, calendar=CAL, marks=marks or NORMAL
    )


def fired(
    running: Clock,
    now: datetime,
    chain: tuple[OrganisationCode, ...] = THREE,
    marks: Marks | None = None,
) -> Firing:
    watch = Watch(DESK, chain, Roster(), now)
    return fire(running, watch, calendar=CAL, marks=marks or NORMAL)


def told(firing: Firing) -> list[tuple[Action, int, OrganisationCode]]:
    return [(alarm.action, alarm.mark.percent, alarm.told) for alarm in firing.alarms]


def hours(count: float) -> datetime:
    return NOON + timedelta(hours=count)


EVERYTHING = [
    (Action.WARN, 80, DESK),
    (Action.OVERDUE, 100, DESK),
    (Action.RAISE, 100, STREET),
    (Action.RAISE, 150, DISTRICT),
    (Action.RAISE, 200, CITY),
]


def test_nothing_fires_before_the_first_mark():
    assert told(fired(clock(), hours(7.99))) == []


@pytest.mark.parametrize(
    ("hour", "alarms"),
    [(8, EVERYTHING[:1]), (10, EVERYTHING[:3]), (15, EVERYTHING[:4]), (20, EVERYTHING)],
)
def test_marks_missed_while_nobody_looked_come_together(hour: float, alarms: list[object]):
    assert told(fired(clock(), hours(hour))) == alarms


def test_marks_fire_one_by_one_and_once():
    running, heard = clock(), []
    for hour in range(40):
        firing = fired(running, hours(hour))
        running, heard = firing.clock, heard + told(firing)
    assert heard == EVERYTHING


def test_every_alarm_carries_the_moment_of_its_mark():
    marks = [alarm.mark_at for alarm in fired(clock(), hours(100)).alarms]
    assert marks == [hours(8), hours(10), hours(10), hours(15), hours(20)]


def test_the_overdue_moment_is_the_limit_and_not_the_moment_it_was_noticed():
    assert fired(clock(), hours(100)).clock.overdue_at == hours(10)


def test_a_clock_is_not_overdue_at_its_reminder():
    assert fired(clock(), hours(9)).clock.overdue_at is None


def test_working_marks_fall_into_working_time():
    friday = clock("8工作时")
    assert fired(friday, hours(72)).clock.next_at == datetime.fromisoformat("2026-11-23T07:30Z")


def test_a_pressing_matter_climbs_faster():
    marks = Policy().marks_for(ClockName.DISPOSE, Urgency.URGENT)
    firing = fired(clock(marks=marks), hours(100), marks=marks)
    assert [alarm.mark_at for alarm in firing.alarms] == [
        hours(8), hours(10), hours(10), hours(12.5), hours(15),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("chain", "raised"),
    [
        ((), []),
        ((CITY,), [(100, CITY)]),
        ((DISTRICT, CITY), [(100, DISTRICT), (150, CITY)]),
        (THREE, [(100, STREET), (150, DISTRICT), (200, CITY)]),
        (("grid", *THREE), [(100, "grid"), (150, STREET), (200, DISTRICT)]),
    ],
)
def test_each_raise_tells_the_next_centre_up_and_each_once(
    chain: tuple[OrganisationCode, ...], raised: list[object]
):
    alarms = told(fired(clock(), hours(100), chain))
    assert [(percent, who) for action, percent, who in alarms if action is Action.RAISE] == raised


def test_a_clock_without_centres_above_is_overdue_all_the_same():
    assert (Action.OVERDUE, 100, DESK) in told(fired(clock(), hours(100), ()))


def test_marks_of_a_policy_of_its_own_are_followed():
    marks = climbing(100, warn=50)
    firing = fired(clock(marks=marks), hours(100), marks=marks)
    assert [percent for _, percent, _ in told(firing)] == [50, 100, 100]
