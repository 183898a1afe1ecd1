"""Policies from the city down: what a section leaves out is as in the section above it."""

from typing import Any

import pytest

from app.domain.area import AreaCode
from app.domain.limit import parse_limit
from app.domain.marks import MARKS, climbing
from app.domain.policy import ACCEPT, LocalPolicy, Policies, Policy, Rule
from app.domain.responsibility import EntryCode, Urgency
from tests import pieces
from tests.given import CITY, EAST, GRID, HARBOUR, HILL, WEST

ENTRY = EntryCode("SX-06010-1")


def at(area: str, **sections: LocalPolicy) -> Policy:
    """The policy of an area; sections are given by the names below."""
    names = {"city": CITY, "east": EAST, "harbour": HARBOUR}
    policies = Policies({AreaCode(names[name]): one for name, one in sections.items()})
    return policies.at(pieces.AREAS.path(AreaCode(area)))


def test_without_any_section_the_products_defaults_hold():
    assert at(GRID) == Policy()


def test_a_section_that_says_nothing_changes_nothing():
    assert at(GRID, city=LocalPolicy(), east=LocalPolicy()) == Policy()


@pytest.mark.parametrize(
    ("area", "confidence"), [(CITY, 0.9), (WEST, 0.9), (EAST, 0.7), (HILL, 0.7), (GRID, 0.6)]
)
def test_the_lowest_section_that_says_it_counts(area: str, confidence: float):
    sections = {
        "city": LocalPolicy(confidence=0.9),
        "east": LocalPolicy(confidence=0.7),
        "harbour": LocalPolicy(confidence=0.6),
    }
    assert at(area, **sections).confidence == confidence


def test_what_the_street_leaves_out_is_the_citys_and_not_the_products():
    found = at(
        GRID,
        city=LocalPolicy(confidence=0.9, closes_on_verify=False, emergencies=()),
        east=LocalPolicy(marks={Urgency.NORMAL: climbing(100, warn=70)}),
        harbour=LocalPolicy(confidence=0.6),
    )
    assert (found.confidence, found.closes_on_verify, found.emergencies, found.marks) == (
        0.6,
        False,
        (),
        {**MARKS, Urgency.NORMAL: climbing(100, warn=70)},
    )


@pytest.mark.parametrize("value", [False, (), 0.0])
def test_what_is_off_is_said_and_not_left_out(value: Any):
    key = {bool: "closes_on_verify", tuple: "emergencies", float: "confidence"}[type(value)]
    assert getattr(at(GRID, city=LocalPolicy(**{key: value})), key) == value


def test_a_table_may_name_one_urgency_and_leave_the_others_to_those_above():
    quick, slow = parse_limit("1工作时"), parse_limit("8工作时")
    found = at(
        GRID,
        city=LocalPolicy(accept={Urgency.NORMAL: slow}),
        harbour=LocalPolicy(accept={Urgency.URGENT: quick}),
    )
    assert found.accept == {**ACCEPT, Urgency.NORMAL: slow, Urgency.URGENT: quick}


def test_own_rules_go_before_those_above():
    rules = {
        name: LocalPolicy(rules=(Rule(name, ENTRY, source="grid"),))
        for name in ("city", "east", "harbour")
    }
    assert [rule.name for rule in at(GRID, **rules).rules] == ["harbour", "east", "city"]


def test_a_section_below_the_place_does_not_count():
    assert at(EAST, harbour=LocalPolicy(confidence=0.1)) == Policy()


@pytest.mark.parametrize(
    ("section", "is_stepwise"),
    [
        (LocalPolicy(), False),
        (LocalPolicy(stepwise={Urgency.NORMAL: False}), False),
        (LocalPolicy(stepwise={Urgency.NORMAL: True}), True),
    ],
)
def test_whether_anybody_passes_on_by_hand_is_known_without_asking(
    section: LocalPolicy, *, is_stepwise: bool
):
    assert Policies({AreaCode(EAST): section}).is_stepwise is is_stepwise
