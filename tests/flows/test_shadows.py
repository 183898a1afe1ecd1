"""Shadows: entries no report can reach, found with what stands before them."""

from dataclasses import replace

import pytest

from app import data
from app.domain.check.finding import Severity, Sort
from app.domain.check.report import Report
from app.domain.policy import LocalPolicy, Policies, Rule
from app.domain.responsibility import EntryCode, ResponsibilityList
from app.domain.rulebook import Rulebook
from app.flows.check import check_whole, shadows
from app.flows.rulebook import Reference
from app.recall.entries import EntryMatcher
from app.recall.places import Gazetteer, Polygons
from tests import given, pieces, planting
from tests.planting import FAULTS, TODAY


def checked(rulebook: Rulebook) -> Report:
    matcher = EntryMatcher.build(rulebook.list.values())
    gazetteer, polygons = Gazetteer.build(pieces.AREAS), Polygons.build({})
    return check_whole(Reference(rulebook, matcher, gazetteer, polygons), data.categories(), TODAY)


@pytest.fixture(scope="module")
def city() -> Rulebook:
    return planting.clean_city()


def test_every_entry_of_the_shipped_list_can_be_reached(city: Rulebook):
    assert checked(city).findings == ()


def test_all_that_is_planted_is_found_and_nothing_else(city: Rulebook):
    planted = planting.shadows(city)
    assert len(set(planted.faults)) == FAULTS
    found = checked(planted.rulebook).findings
    assert {finding.sort for finding in found} == {Sort.SHADOW}
    places = {(code, area) for one in found for code, _ in one.rows for area in one.areas}
    assert places == {(*fault.rows, *fault.areas) for fault in planted.faults}


def shadowed(rulebook: Rulebook) -> list[tuple[str, Severity]]:
    matcher = EntryMatcher.build(rulebook.list.values())
    return [(one.zh, one.severity) for one in shadows(rulebook, matcher, TODAY)]


ROW = given.entry("SX-06010-2", title="垃圾满溢", condition="垃圾桶装满", keywords=("桶满",))


def test_an_entry_alone_in_its_category_is_always_reached():
    assert shadowed(pieces.rulebook()) == []


def test_what_an_entry_is_outranked_by_is_named():
    known = given.entries()[0]
    poor = replace(ROW, title=known.title, condition="垃圾", keywords=("臭",))
    ((zh, severity),) = shadowed(pieces.rulebook(entries=(known, poor)))
    assert zh.startswith("SX-06010-2 ")
    assert "SX-06010-1 (第 2 行)" in zh
    assert severity is Severity.ERROR


def test_an_exclusion_that_leaves_one_text_of_the_entry_does_no_harm():
    entry = replace(ROW, exclusions=("桶", "满溢"), examples=("垃圾装不下了",))
    assert shadowed(pieces.rulebook(entries=(entry,))) == []


def test_exclusions_that_leave_nothing_are_found():
    entry = replace(ROW, exclusions=("桶", "满溢"))
    ((zh, _),) = shadowed(pieces.rulebook(entries=(entry,)))
    assert "排除词" in zh


RULE = Rule("垃圾一律", EntryCode("SX-06010-1"), contains=("垃圾",))
ALL_TOLD = replace(ROW, keywords=("垃圾桶满",))


def ruled(*rules: Rule) -> Rulebook:
    entries = (given.entries()[0], ALL_TOLD)
    policies = Policies({given.areas()[1].code: LocalPolicy(rules=rules)})
    return pieces.rulebook(entries=entries, policies=policies)


def test_a_rule_that_catches_every_text_is_named_with_its_entry():
    ((zh, _),) = shadowed(ruled(RULE))
    assert "规则“垃圾一律”派给 SX-06010-1" in zh


@pytest.mark.parametrize(
    "rules",
    [
        (replace(RULE, source="phone"),),
        (replace(RULE, entry=EntryCode("SX-99999-9")),),
        (Rule("自己", ALL_TOLD.code, contains=("桶",)), RULE),
        (replace(RULE, contains=("满溢",)),),
    ],
    ids=["only by phone", "its entry is gone", "an earlier rule is its own", "one text only"],
)
def test_a_rule_that_leaves_a_way_shadows_nothing(rules: tuple[Rule, ...]):
    assert shadowed(ruled(*rules)) == []


def test_what_has_ended_is_only_mentioned_and_shadows_nothing():
    old = replace(given.entries()[0], code=EntryCode("SX-06010-9"), valid_to=TODAY)
    rulebook = pieces.rulebook(entries=(old, *given.entries()))
    ((zh, severity),) = shadowed(replace(rulebook, list=ResponsibilityList(rulebook.list.values())))
    assert "SX-06010-9" in zh
    assert severity is Severity.INFO
