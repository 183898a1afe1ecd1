"""The intake decision: a pure function of event, recall, rulebook and moment."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.domain.admission import Admission, Found, Located, admit
from app.domain.area import AreaCode, Place, Tier
from app.domain.classify import Candidate, Method
from app.domain.event import Channel, Event
from app.domain.filing import Filed, plan_tasks
from app.domain.lifecycle import STANDINGS
from app.domain.limit import Basis, parse_limit
from app.domain.policy import LocalPolicy, Policies, Rule
from app.domain.responsibility import Category, EntryCode, Kind, PlanTask, Urgency
from app.domain.route import RouteReason
from app.domain.rulebook import Rulebook
from app.domain.unit import Clause, ClockName, State, Unit, task_id
from tests import given, pieces
from tests.given import CITY, EAST, GRID, HARBOUR, SCHEME
from tests.pieces import NOON

BOOK = given.in_memory()
RUBBISH, COVER, BRANCH, HOLE, FIRE = (entry.code for entry in given.entries())


def by_code(code: EntryCode, **changes: Any) -> Event:
    """An event whose reporter knew the category."""
    return pieces.event(category=Category(SCHEME, "事项", code.split("-")[1]), **changes)


def admitted(event: Event, book: Rulebook = BOOK, found: Found | None = None) -> Admission:
    return admit(event, found or pieces.found(), book, NOON)


def root(event: Event, book: Rulebook = BOOK, found: Found | None = None) -> Unit:
    return admitted(event, book, found).root.unit


def candidates(*scored: tuple[EntryCode, float]) -> Found:
    return pieces.found(candidates=[Candidate(code, score, ("臭",)) for code, score in scored])


def with_rules(*rules: Rule) -> Rulebook:
    return pieces.rulebook(policies=Policies({AreaCode(EAST): LocalPolicy(rules=rules)}))


@pytest.mark.parametrize("code", [RUBBISH, COVER, FIRE])
def test_the_same_input_gives_the_same_units_twice(code: EntryCode):
    assert admitted(by_code(code)) == admitted(by_code(code))


# Placed


def test_the_place_is_every_area_around_the_code():
    assert root(by_code(RUBBISH)).place == Place(EAST, HARBOUR, given.QUAY, GRID)


def test_the_home_is_the_district():
    assert root(by_code(RUBBISH)).home == EAST


def test_a_place_known_only_as_the_city_has_the_citys_code_as_home():
    assert root(by_code(RUBBISH), found=pieces.found(CITY)).home == CITY


def test_how_the_place_was_found_is_kept():
    found = pieces.found(HARBOUR, located=Located.ADDRESS, words=("码头",))
    assert root(by_code(RUBBISH), found=found).reasons["place"] == {
        "area": HARBOUR,
        "by": Located.ADDRESS,
        "words": ("码头",),
    }


# Classified


def test_a_given_category_decides_whatever_the_text_says():
    unit = root(pieces.event(text="着火", category=Category(SCHEME, "事项", "06010")))
    assert (unit.entry, unit.reasons["classification"]["by"]) == (RUBBISH, Method.CODE)


def test_among_a_categorys_conditions_the_text_decides():
    second = replace(given.entries()[0], code=EntryCode("SX-06010-2"), level=Tier.STREET)
    book = pieces.rulebook(entries=(*given.entries(), second))
    found = candidates((second.code, 0.4), (RUBBISH, 0.3))
    assert root(by_code(RUBBISH), book, found).entry == second.code


def test_a_condition_the_text_has_no_word_for_is_not_taken():
    second = replace(given.entries()[0], code=EntryCode("SX-06010-2"), level=Tier.STREET)
    book = pieces.rulebook(entries=(*given.entries(), second))
    found = pieces.found(candidates=[Candidate(second.code, 0.9)])
    assert root(by_code(RUBBISH), book, found).entry == RUBBISH


def test_without_a_word_for_any_condition_the_first_one_is_taken():
    second = replace(given.entries()[0], code=EntryCode("SX-06010-2"))
    book = pieces.rulebook(entries=(*given.entries(), second))
    assert root(by_code(RUBBISH), book).entry == RUBBISH


def test_a_local_rule_goes_before_the_text():
    book = with_rules(Rule("夜市", BRANCH, contains=("夜市", "树")))
    unit = root(pieces.event(text="夜市的树挂满垃圾"), book, candidates((RUBBISH, 0.99)))
    assert (unit.entry, unit.reasons["classification"]["rule"]) == (BRANCH, "夜市")


@pytest.mark.parametrize(
    "rule",
    [
        Rule("source", BRANCH, source="sensor"),
        Rule("words", BRANCH, contains=("垃圾", "树")),
        Rule("attributes", BRANCH, attributes={"device": "7"}),
    ],
    ids=lambda rule: rule.name,
)
def test_a_rule_applies_only_if_all_it_asks_holds(rule: Rule):
    assert root(pieces.event(), with_rules(rule), candidates((RUBBISH, 0.9))).entry == RUBBISH


def test_a_rule_of_another_district_does_not_apply():
    rules = Policies({AreaCode(given.WEST): LocalPolicy(rules=(Rule("别处", BRANCH),))})
    book = pieces.rulebook(policies=rules)
    assert root(pieces.event(), book, candidates((RUBBISH, 0.9))).entry == RUBBISH


def test_a_rule_for_an_entry_the_list_no_longer_has_stops_nobody():
    book = with_rules(Rule("过时", EntryCode("SX-99999-1")))
    assert root(pieces.event(), book, candidates((RUBBISH, 0.9))).entry == RUBBISH


def test_a_text_that_speaks_clearly_is_dispatched():
    unit = root(pieces.event(), found=candidates((RUBBISH, 0.8), (BRANCH, 0.1)))
    assert (unit.entry, unit.reasons["classification"]["by"]) == (RUBBISH, Method.TEXT)


def test_a_text_that_does_not_waits_for_a_person():
    unit = root(pieces.event(), found=candidates((RUBBISH, 0.79), (BRANCH, 0.2)))
    assert (unit.state, unit.entry) == (State.TRIAGE, None)


def test_a_unit_in_triage_keeps_its_candidates():
    unit = root(pieces.event(), found=candidates((RUBBISH, 0.5), (BRANCH, 0.2)))
    listed = unit.reasons["classification"]["candidates"]
    assert [(one["entry"], one["score"]) for one in listed] == [(RUBBISH, 0.5), (BRANCH, 0.2)]


def test_a_unit_in_triage_waits_at_the_street_centre():
    assert root(pieces.event()).desk == f"{HARBOUR}-ZX"


def test_a_unit_in_triage_is_as_pressing_as_its_likeliest_reading():
    assert root(pieces.event(), found=candidates((COVER, 0.5))).urgency is Urgency.URGENT


def test_the_city_may_ask_for_more_confidence():
    book = pieces.rulebook(policies=Policies({AreaCode(EAST): LocalPolicy(confidence=0.95)}))
    assert root(pieces.event(), book, candidates((RUBBISH, 0.9))).state is State.TRIAGE


# Routed


@pytest.mark.parametrize(
    ("code", "holder"),
    [(RUBBISH, f"{GRID}-WG"), (COVER, f"{EAST}-PS"), (BRANCH, f"{HARBOUR}-MS")],
)
def test_level_and_place_give_the_holder(code: EntryCode, holder: str):
    assert root(by_code(code)).holder == holder


def test_a_function_nobody_holds_marks_the_unit_as_a_gap():
    book = pieces.rulebook(organisations=pieces.without("landscaping", HARBOUR))
    unit = root(by_code(BRANCH), book)
    assert (unit.holder, unit.is_gap) == (f"{HARBOUR}-ZX", True)


def test_a_place_too_coarse_goes_to_the_nearest_centre_and_is_no_gap():
    unit = root(by_code(BRANCH), found=pieces.found(EAST))
    assert (unit.holder, unit.is_gap) == (f"{EAST}-ZX", False)


def test_the_route_keeps_its_reason():
    unit = root(by_code(RUBBISH))
    assert unit.reasons["route"] == {
        "by": RouteReason.HELD,
        "level": Tier.GRID,
        "function": "sanitation",
    }


# Kinds


@pytest.mark.parametrize(
    ("code", "kind", "clause"),
    [
        (RUBBISH, Kind.ITEM, Clause.SINGLE),
        (COVER, Kind.ITEM, Clause.LISTED),
        (FIRE, Kind.EVENT, Clause.URGENT),
    ],
)
def test_the_kind_stores_the_clause_that_applied(code: EntryCode, kind: Kind, clause: Clause):
    unit = root(by_code(code))
    assert (unit.kind, unit.clause) == (kind, clause)


def test_a_joint_matter_is_ordered_from_its_lead_and_every_other_body():
    joint = replace(given.entries()[2], kind=None, joint=(pieces.SANITATION,))
    admission = admitted(by_code(BRANCH), pieces.rulebook(entries=(joint,)))
    unit = admission.root.unit
    assert (unit.clause, unit.state, unit.holder) == (
        Clause.JOINT,
        State.COORDINATING,
        f"{HARBOUR}-ZX",
    )
    assert [task.unit.holder for task in admission.tasks] == [f"{HARBOUR}-MS", f"{HARBOUR}-MS"]


def test_a_list_may_call_a_joint_matter_an_item():
    joint = replace(given.entries()[2], kind=Kind.ITEM, joint=(pieces.SANITATION,))
    unit = root(by_code(BRANCH), pieces.rulebook(entries=(joint,)))
    assert (unit.kind, unit.clause) == (Kind.ITEM, Clause.LISTED)


def test_what_is_issued_from_above_is_a_task_of_the_entrys_lead():
    unit = root(by_code(FIRE, source=Channel.UPPER))
    assert (unit.kind, unit.clause, unit.parent, unit.is_unlisted) == (
        Kind.TASK,
        Clause.ISSUED,
        None,
        False,
    )


def test_what_is_issued_without_an_entry_is_marked_and_waits():
    unit = root(pieces.event("把这个事办了", source=Channel.UPPER))
    assert (unit.kind, unit.state, unit.is_unlisted) == (Kind.TASK, State.TRIAGE, True)


def test_only_the_first_turn_of_a_plan_is_ordered_at_once():
    fire = BOOK.list[FIRE]
    later = replace(fire, plan=(fire.plan[0], replace(fire.plan[1], turn=2), *fire.plan[2:]))
    admission = admitted(by_code(FIRE), pieces.rulebook(entries=(later,)))
    assert [task.unit.task for task in admission.tasks] == [0]


# A planned event


def tasks() -> list[Unit]:
    return [task.unit for task in admitted(by_code(FIRE)).tasks]


def test_a_planned_event_is_coordinated_by_the_centre_of_its_level():
    pressing = replace(BOOK.list[FIRE], urgency=Urgency.URGENT)
    unit = root(by_code(FIRE), pieces.rulebook(entries=(pressing,)))
    assert (unit.state, unit.holder) == (State.COORDINATING, f"{EAST}-ZX")


def test_each_order_of_the_plan_becomes_a_dispatched_task():
    assert [(task.title, task.holder, task.state) for task in tasks()] == [
        ("到场扑救", f"{EAST}-XF", State.DISPATCHED),
        ("外围警戒", f"{EAST}-GA", State.DISPATCHED),
    ]


def test_every_task_cites_the_entry_and_its_clause():
    assert {(task.entry, task.kind, task.clause) for task in tasks()} == {
        (FIRE, Kind.TASK, Clause.SPLIT)
    }


def test_a_tasks_limit_is_that_of_its_order():
    assert {task.due_at for task in tasks()} == {NOON + timedelta(hours=1)}


def test_tasks_stand_under_their_parent_in_its_home():
    parent = root(by_code(FIRE))
    assert {(task.parent, task.home) for task in tasks()} == {(parent.id, parent.home)}


def test_a_tasks_id_follows_from_its_parents_and_its_place_in_the_plan():
    parent = root(by_code(FIRE))
    assert [task.id for task in tasks()] == [task_id(parent.id, index) for index in range(2)]


def test_a_tasks_reason_names_its_own_function():
    assert [task.reasons["route"]["function"] for task in tasks()] == ["fire", "public_security"]


def test_a_task_nobody_holds_goes_to_the_centre_as_a_gap():
    entry = given.entries()[4]
    order = PlanTask(given.Function("astronomy"), parse_limit("1工作日"), "观星")
    book = pieces.rulebook(entries=(replace(entry, plan=(order,)),))
    task = admitted(by_code(FIRE), book).tasks[0].unit
    assert (task.holder, task.is_gap) == (f"{EAST}-ZX", True)


def test_tasks_of_a_unit_that_waited_too_long_in_triage_begin_in_time():
    late = replace(root(by_code(FIRE)), overdue_at=NOON, raised=(given.OrganisationCode("x"),))
    begun = plan_tasks(late, BOOK.list[FIRE], BOOK.areas.path(AreaCode(GRID)), BOOK, NOON)
    assert {(task.unit.overdue_at, task.unit.raised) for task in begun} == {(None, ())}


# Clocks and steps


def running(filed: Filed) -> dict[ClockName, tuple[Basis, int]]:
    return {clock.name: (clock.basis, clock.limit) for clock in filed.clocks if clock.is_running}


def test_a_dispatched_unit_runs_under_acceptance_and_disposal():
    assert running(admitted(by_code(RUBBISH)).root) == {
        ClockName.ACCEPT: (Basis.WORK, 2 * 3600),
        ClockName.DISPOSE: (Basis.WORK, 4 * 3600),
    }


def test_an_urgent_unit_runs_under_wall_clock_limits():
    assert running(admitted(by_code(COVER)).root) == {
        ClockName.ACCEPT: (Basis.WALL, 30 * 60),
        ClockName.DISPOSE: (Basis.WALL, 2 * 3600),
    }


def test_a_unit_in_triage_runs_under_the_triage_limit_alone():
    assert running(admitted(pieces.event()).root) == {ClockName.TRIAGE: (Basis.WALL, 30 * 60)}


def test_a_coordinated_event_runs_under_its_disposal_limit_alone():
    assert running(admitted(by_code(FIRE)).root) == {ClockName.DISPOSE: (Basis.WALL, 4 * 3600)}


@pytest.mark.parametrize(
    ("event", "actions"),
    [
        (by_code(RUBBISH), ["file", "dispatch"]),
        (by_code(FIRE), ["file", "coordinate", "notify", "notify"]),
        (pieces.event(), ["receive"]),
    ],
)
def test_the_log_begins_with_what_the_service_did(event: Event, actions: list[str]):
    assert [step.action for step in admitted(event).root.steps] == actions


@pytest.mark.parametrize("event", [by_code(RUBBISH), by_code(FIRE), pieces.event()])
def test_a_unit_counts_its_steps_and_ends_in_their_last_state(event: Event):
    filed = admitted(event).root
    assert [step.seq for step in filed.steps] == list(range(1, filed.unit.steps + 1))
    assert filed.steps[-1].state is filed.unit.state


@pytest.mark.parametrize("event", [by_code(RUBBISH), by_code(FIRE), pieces.event()])
def test_the_stage_is_the_states_own_limit(event: Event):
    unit = root(event)
    assert unit.stage is STANDINGS[unit.state].clocks[0]


def test_a_report_past_the_published_days_gets_a_provisional_deadline():
    later = NOON.replace(year=2027, month=3, day=1)
    assert admit(by_code(BRANCH), pieces.found(), BOOK, later).root.unit.is_provisional


def test_the_rulebooks_version_is_kept():
    assert root(by_code(RUBBISH), pieces.rulebook(version=7)).rulebook == 7
