"""Local rules: what they may ask for, whom they may name, and what becomes of one that cannot."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from app.domain.admission import admit
from app.domain.area import AreaCode
from app.domain.classify import Candidate
from app.domain.event import Channel, Event
from app.domain.organisation import Organisation, OrganisationCode
from app.domain.policy import LocalPolicy, Policies, Rule
from app.domain.responsibility import EntryCode, Kind
from app.domain.route import RouteReason
from app.domain.rulebook import Rulebook
from app.domain.unit import Unit
from tests import given, pieces
from tests.given import CITY, EAST, GRID, HARBOUR, HILL, QUAY, WEST
from tests.pieces import NOON

RUBBISH, COVER, BRANCH, HOLE, FIRE = (entry.code for entry in given.entries())
SURE = [Candidate(RUBBISH, 0.99, ("臭",))]


def rule(**asked: Any) -> Rule:
    return Rule(**{"name": "规则", "entry": BRANCH, **asked})


def with_rules(*rules: Rule, **changes: Any) -> Rulebook:
    policies = Policies({AreaCode(CITY): LocalPolicy(rules=rules)})
    return pieces.rulebook(**{"policies": policies, **changes})


def judged(book: Rulebook, event: Event | None = None, area: str = GRID) -> Unit:
    found = pieces.found(area, candidates=SURE)
    return admit(event or pieces.event(), found, book, NOON).root.unit


def skipped(unit: Unit) -> list[tuple[str, str]]:
    listed = unit.reasons["classification"].get("skipped", ())
    return [(one["rule"], one["why"]) for one in listed]


def test_without_rules_nothing_is_noted():
    assert "skipped" not in judged(pieces.rulebook()).reasons["classification"]


# What a rule asks for


@pytest.mark.parametrize(
    ("areas", "applies"),
    [
        ((GRID,), True),
        ((QUAY,), True),
        ((HILL, EAST), True),
        ((CITY,), True),
        ((HILL,), False),
        ((WEST, HILL), False),
    ],
)
def test_the_place_lies_in_one_of_the_areas(areas: tuple[str, ...], *, applies: bool):
    asked = rule(areas=tuple(AreaCode(code) for code in areas))
    assert (judged(with_rules(asked)).entry == BRANCH) is applies


def test_a_place_known_less_finely_does_not_lie_in_a_smaller_area():
    unit = judged(with_rules(rule(areas=(AreaCode(GRID),))), area=HARBOUR)
    assert unit.entry == RUBBISH


@pytest.mark.parametrize(
    ("hours", "local", "applies"),
    [
        ((8, 12), (8, 0), True),
        ((8, 12), (11, 59), True),
        ((8, 12), (12, 0), False),
        ((8, 12), (7, 59), False),
        ((22, 6), (23, 30), True),
        ((22, 6), (0, 0), True),
        ((22, 6), (5, 59), True),
        ((22, 6), (6, 0), False),
        ((22, 6), (21, 59), False),
    ],
)
def test_the_hour_is_that_of_the_city_when_it_occurred(
    hours: tuple[int, int], local: tuple[int, int], *, applies: bool
):
    # 08:00 in Chongqing is midnight in UTC.
    minutes = (local[0] * 60 + local[1] - 8 * 60) % (24 * 60)
    occurred = datetime(2026, 11, 20, minutes // 60, minutes % 60, tzinfo=UTC)
    asked = rule(hours=(time(hours[0]), time(hours[1])))
    unit = judged(with_rules(asked), pieces.event(occurred_at=occurred))
    assert (unit.entry == BRANCH) is applies


@pytest.mark.parametrize(("hour", "day"), [(15, 5), (16, 6)])
def test_the_weekday_is_that_of_the_city_when_it_occurred(hour: int, day: int):
    occurred = datetime(2026, 11, 20, hour, 30, tzinfo=UTC)
    book = with_rules(rule(weekdays=(day,)))
    assert judged(book, pieces.event(occurred_at=occurred)).entry == BRANCH


@pytest.mark.parametrize(
    ("first", "last", "applies"),
    [(20, None, True), (21, None, False), (None, 20, False), (None, 21, True), (19, 22, True)],
)
def test_a_rule_counts_on_its_own_days(first: int | None, last: int | None, *, applies: bool):
    days = [date(2026, 11, day) if day else None for day in (first, last)]
    asked = rule(source="grid", valid_from=days[0], valid_to=days[1])
    assert (judged(with_rules(asked)).entry == BRANCH) is applies


def test_all_it_asks_must_hold():
    asked = rule(source="grid", areas=(AreaCode(EAST),), contains=("垃圾",), weekdays=(1,))
    assert judged(with_rules(asked)).entry == RUBBISH


# Whom it names


def test_a_holder_it_names_gets_it_under_the_entry():
    unit = judged(with_rules(rule(source="grid", holder=OrganisationCode(f"{EAST}-CG"))))
    assert (unit.holder, unit.entry, unit.reasons["route"]["by"]) == (
        f"{EAST}-CG",
        BRANCH,
        RouteReason.RULE,
    )


def test_a_centre_it_names_owns_an_event():
    named = OrganisationCode(f"{CITY}-ZX")
    unit = judged(with_rules(rule(entry=FIRE, source="grid", holder=named)))
    assert (unit.holder, unit.state) == (f"{CITY}-ZX", "coordinating")


def test_those_above_are_told_of_an_emergency_whoever_a_rule_gives_it_to():
    named = OrganisationCode(f"{EAST}-ZX")
    unit = judged(with_rules(rule(entry=FIRE, source="grid", holder=named)))
    assert (unit.holder, unit.raised) == (named, (f"{CITY}-ZX",))


# What cannot be applied


def ended(code: str) -> tuple[Organisation, ...]:
    day = date(2026, 11, 1)
    return tuple(
        replace(body, valid_to=day) if body.code == code else body for body in given.organisations()
    )


def asleep() -> Rulebook:
    past = [
        replace(entry, valid_to=date(2026, 1, 1)) if entry.code == BRANCH else entry
        for entry in given.entries()
    ]
    book = with_rules(rule(source="grid"), entries=tuple(past))
    return replace(book, list=book.list.on(NOON.date()))


def with_ended_holder() -> Rulebook:
    body = f"{EAST}-CG"
    book = with_rules(rule(source="grid", holder=OrganisationCode(body)), organisations=ended(body))
    return replace(book, organisations=book.organisations.on(NOON.date()))


def far_in_the_future() -> Event:
    return pieces.event(occurred_at=datetime(9999, 12, 31, 23, tzinfo=UTC))


@pytest.mark.parametrize(
    ("book", "why"),
    [
        (with_rules(rule(source="grid", entry=EntryCode("SX-99999-1"))), "entry_gone"),
        (asleep(), "entry_asleep"),
        (with_rules(rule(areas=(AreaCode("59"), AreaCode(EAST)))), "area_gone"),
        (with_rules(rule(source="grid", holder=OrganisationCode("X"))), "holder_gone"),
        (with_ended_holder(), "holder_ended"),
        (
            with_rules(rule(source="grid", holder=OrganisationCode(f"{GRID}-WG"))),
            "holder_below",
        ),
        (
            with_rules(rule(source="grid", entry=FIRE, holder=OrganisationCode(f"{EAST}-XF"))),
            "holder_no_centre",
        ),
    ],
    ids=lambda one: one if isinstance(one, str) else "book",
)
def test_a_rule_that_cannot_be_applied_is_skipped_and_told(book: Rulebook, why: str):
    unit = judged(book)
    assert (unit.entry, skipped(unit)) == (RUBBISH, [("规则", why)])


def test_a_condition_that_cannot_be_judged_stops_neither_the_report_nor_the_next_rule():
    broken, good = rule(name="坏", hours=(time(1), time(2))), rule(name="好", source="grid")
    unit = judged(with_rules(broken, good), far_in_the_future())
    assert (unit.entry, unit.reasons["classification"]["rule"], skipped(unit)) == (
        BRANCH,
        "好",
        [("坏", "failed")],
    )


def test_a_broken_rule_that_did_not_ask_for_this_report_is_not_told():
    gone = rule(contains=("夜市",), entry=EntryCode("SX-99999-1"))
    assert skipped(judged(with_rules(gone))) == []


def test_every_broken_rule_on_the_way_is_told():
    gone = EntryCode("SX-99999-1")
    book = with_rules(
        rule(name="一", source="grid", entry=gone), rule(name="二", source="grid", entry=gone)
    )
    assert [name for name, _ in skipped(judged(book))] == ["一", "二"]


def test_what_comes_from_above_is_a_task_and_needs_no_centre():
    brigade = OrganisationCode(f"{EAST}-XF")
    issued = pieces.event("来人", source=Channel.UPPER)
    unit = judged(with_rules(rule(entry=FIRE, source="upper", holder=brigade)), issued)
    assert (unit.kind, unit.holder, skipped(unit)) == (Kind.TASK, brigade, [])
