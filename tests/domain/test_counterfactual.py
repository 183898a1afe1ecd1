"""What would have made it different: made so, it really is what was told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.domain.admission import Admission
from app.domain.counterfactual.questions import MOST
from app.domain.event import Channel
from app.domain.explain.passage import Passage
from app.domain.filing import Filed, rerouted
from app.domain.organisation import Function, OrganisationCode, Organisations
from app.domain.policy import Rule
from app.domain.responsibility import EntryCode, Urgency
from app.domain.roster import Roster, Shift
from app.domain.route import RouteReason, to_organisation
from app.domain.rulebook import Rulebook
from app.domain.unit import State
from tests import given, pieces
from tests.domain.told import (
    BOOK,
    BRANCH,
    COVER,
    FIRE,
    GARBAGE,
    HOLE,
    admitted,
    changed,
    differences,
    with_policy,
)
from tests.given import CITY, EAST, GRID, HARBOUR
from tests.pieces import NOON

ENTRIES = [entry.code for entry in given.entries()]
PLACES = [CITY, EAST, HARBOUR, given.QUAY, GRID]


def led(admission: Admission) -> tuple[Any, Any, Any]:
    unit = admission.root.unit
    return unit.entry, unit.kind, unit.holder


def said(passage: Passage) -> tuple[Any, Any, Any]:
    facts = passage.facts
    return facts["entry"], facts["kind"], facts["holder"]


def of(change: str, passages: Sequence[Passage]) -> list[Passage]:
    return [one for one in passages if one.facts["change"] == change]


@pytest.mark.parametrize("area", PLACES)
@pytest.mark.parametrize("code", ENTRIES)
def test_with_the_score_that_was_missing_it_goes_where_it_was_told_to_go(
    code: EntryCode, area: str
):
    told = changed("text", differences(admitted((code, 0.61), area=area).root))
    assert led(admitted((code, 0.61 + told.facts["missing"]), area=area)) == said(told)


@pytest.mark.parametrize("area", PLACES)
@pytest.mark.parametrize("score", [0.8, 0.93, 0.9999])
def test_with_the_score_that_was_to_spare_taken_away_a_person_looks(score: float, area: str):
    told = changed("text", differences(admitted((BRANCH, score), area=area).root))
    unit = admitted((BRANCH, score - told.facts["spare"]), area=area).root.unit
    assert (unit.state, unit.holder) == (State.TRIAGE, told.facts["holder"])
    just_less = told.facts["spare"] - 0.01
    assert admitted((BRANCH, score - just_less), area=area).root.unit.state is not State.TRIAGE


@pytest.mark.parametrize("area", PLACES)
@pytest.mark.parametrize("code", ENTRIES)
def test_with_the_other_category_it_goes_where_it_was_told_to_go(code: EntryCode, area: str):
    others = [(other, 0.03) for other in ENTRIES if other != code]
    (told,) = of("category", differences(admitted((code, 0.9), *others, area=area).root))
    category = BOOK.list[EntryCode(told.facts["entry"])].category
    assert told.facts["category"]["code"] == category.code
    assert led(admitted(area=area, category=category)) == said(told)


def test_in_triage_the_other_reading_told_is_one_that_leads_elsewhere_than_the_likeliest():
    told = changed("category", differences(admitted((HOLE, 0.5), (BRANCH, 0.3), (COVER, 0.1)).root))
    likeliest = admitted((HOLE, 0.9)).root.unit
    assert told.facts["holder"] != likeliest.holder


@pytest.mark.parametrize("area", PLACES)
@pytest.mark.parametrize("code", ENTRIES)
def test_at_the_other_place_it_goes_where_it_was_told_to_go(code: EntryCode, area: str):
    for told in of("place", differences(admitted((code, 0.9), area=area).root)):
        there = admitted((code, 0.9), area=told.facts["area"])
        assert led(there) == said(told)
        assert told.facts["area"] != area


def test_a_coarse_place_is_told_first_with_an_example_of_a_finer_one():
    told = differences(admitted((GARBAGE, 0.9), area=HARBOUR).root)[0]
    assert told.said.zh == (
        "若位置细到网格级(如石板坡社区第1网格), 将作为事项由第1网格网格队承办, 时限4工作时。"
    )


def with_entry(code: str, **changes: Any) -> Rulebook:
    entries = (
        replace(entry, **changes) if entry.code == code else entry for entry in given.entries()
    )
    return pieces.rulebook(entries=tuple(entries))


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (GARBAGE, {"kind": None, "urgency": Urgency.URGENT}),
        (COVER, {"kind": None}),
        (FIRE, {"kind": None, "urgency": Urgency.NORMAL, "plan": ()}),
    ],
    ids=["single", "listed", "planned"],
)
def test_with_the_entry_reworded_it_is_of_the_kind_that_was_told(
    code: EntryCode, changes: dict[str, Any]
):
    told = changed("kind", differences(admitted((code, 0.9)).root))
    assert led(admitted((code, 0.9), book=with_entry(code, **changes))) == said(told)


def test_not_issued_from_above_it_is_of_the_kind_that_was_told():
    told = changed("kind", differences(admitted((GARBAGE, 0.9), source=Channel.UPPER).root))
    assert led(admitted((GARBAGE, 0.9))) == said(told)


def holding(function: str, body: str) -> Rulebook:
    bodies = (
        replace(one, functions=(*one.functions, Function(function))) if one.code == body else one
        for one in given.organisations()
    )
    return replace(BOOK, organisations=Organisations(bodies))


def test_in_a_gap_a_body_that_held_the_duty_would_have_it_and_the_next_above_is_named():
    told = changed("holder", differences(admitted((HOLE, 0.9)).root))
    assert told.facts["above"] == f"{EAST}-CG"
    assert "码头街道有单位承担“市政设施”职能" in told.said.zh
    book = holding("municipal", f"{HARBOUR}-MS")
    assert admitted((HOLE, 0.9), book=book).root.unit.holder == f"{HARBOUR}-MS"


@pytest.mark.parametrize("code", [GARBAGE, BRANCH, COVER])
def test_did_the_holder_not_hold_the_duty_it_goes_where_it_was_told_to_go(code: EntryCode):
    category = BOOK.list[code].category
    (told,) = of("holder", differences(admitted(category=category).root))
    area = BOOK.organisations[admitted(category=category).root.unit.holder].area
    bodies = Organisations(pieces.without(told.facts["function"], area))
    there = admitted(category=category, book=replace(BOOK, organisations=bodies))
    assert led(there) == said(told)


def test_without_the_local_rule_the_text_decides_as_was_told():
    rule = Rule("市容专项", BRANCH, contains=("楼下",))
    told = changed(
        "rule", differences(admitted((GARBAGE, 0.9), book=with_policy(rules=(rule,))).root)
    )
    assert led(admitted((GARBAGE, 0.9))) == said(told)


def test_without_the_local_rule_an_unclear_text_waits_for_a_person():
    rule = Rule("市容专项", BRANCH, contains=("楼下",))
    told = changed(
        "rule", differences(admitted((GARBAGE, 0.3), book=with_policy(rules=(rule,))).root)
    )
    unit = admitted((GARBAGE, 0.3)).root.unit
    assert (unit.state, unit.holder) == (State.TRIAGE, told.facts["holder"])


def test_did_the_centre_pass_on_by_itself_it_goes_straight_to_who_was_told():
    book = with_policy(stepwise=dict.fromkeys(Urgency, True))
    told = changed("stop", differences(admitted((GARBAGE, 0.9), book=book).root, book))
    assert told.facts["holder"] == admitted((GARBAGE, 0.9)).root.unit.holder


def test_was_somebody_on_duty_it_goes_to_who_was_told():
    begins = NOON + timedelta(hours=5)
    later = Shift(OrganisationCode(f"{GRID}-WG"), "王强", "", begins, begins + timedelta(hours=1))
    book = replace(BOOK, roster=Roster([later]))
    told = changed("stop", differences(admitted((GARBAGE, 0.9), book=book).root, book))
    assert "若第1网格网格队当时有人值班" in told.said.zh
    assert told.facts["holder"] == admitted((GARBAGE, 0.9)).root.unit.holder


@pytest.mark.parametrize("by", [RouteReason.RULED, RouteReason.RETURNED])
def test_had_nobody_intervened_it_goes_where_the_list_says(by: RouteReason):
    filed = admitted((GARBAGE, 0.9)).root
    centre = BOOK.organisations[OrganisationCode(f"{HARBOUR}-ZX")]
    unit = rerouted(filed.unit, to_organisation(centre, BOOK, by))
    told = changed("holder", differences(Filed(unit, (), filed.clocks)))
    assert said(told)[2] == filed.unit.holder


def test_counted_in_the_other_kind_of_time_the_limit_ends_when_it_was_told_to():
    told = changed("limit", differences(admitted((GARBAGE, 0.9)).root))
    wall = with_entry(GARBAGE, limit=given.limit("4紧急工作时"))
    assert admitted((GARBAGE, 0.9), book=wall).root.unit.due_at == told.facts["due_at"]


@pytest.mark.parametrize("area", PLACES)
@pytest.mark.parametrize("code", ENTRIES)
def test_few_differences_are_told_each_in_both_languages(code: EntryCode, area: str):
    others = [(other, 0.03) for other in ENTRIES if other != code]
    told = differences(admitted((code, 0.9), *others, area=area).root)
    assert 0 < len(told) <= MOST
    assert all(one.said.zh.endswith("。") and one.said.en.endswith(".") for one in told)


def test_nothing_is_asked_of_a_text_that_says_nothing():
    assert differences(admitted().root) == ()


def test_the_tasks_of_a_plan_ask_only_who_else_could_hold_the_duty():
    tasks = admitted((FIRE, 0.9)).tasks
    assert {one.facts["change"] for task in tasks for one in differences(task)} <= {"limit"}
