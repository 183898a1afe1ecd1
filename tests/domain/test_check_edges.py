"""What the check says of borderline cases, in the small city."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from app.domain.area import AreaCode, Areas, Tier
from app.domain.calendar import Calendar
from app.domain.check.finding import Finding, Severity, Sort
from app.domain.check.pace import Amount, Pace
from app.domain.check.report import check
from app.domain.limit import Basis
from app.domain.organisation import (
    Function,
    Organisation,
    OrganisationCode,
    OrganisationKind,
    Organisations,
)
from app.domain.policy import LocalPolicy, Policies
from app.domain.responsibility import Category, Duty, Entry, PlanTask, Stage, Urgency
from app.domain.rulebook import Rulebook
from tests import given, pieces
from tests.planting import TODAY

YESTERDAY = TODAY - timedelta(days=1)
BOARD = OrganisationCode(f"{given.HARBOUR}-MS")


def found(rulebook: Rulebook, sort: Sort) -> list[Finding]:
    report = check(rulebook, {}, TODAY)
    return [finding for finding in report.findings if finding.sort is sort]


def one_entry(**changes: Any) -> Entry:
    return given.entry("SX-06010-1", **changes)


def with_entry(**changes: Any) -> Rulebook:
    return pieces.rulebook(entries=(one_entry(**changes),))


def with_body(*bodies: Organisation) -> Rulebook:
    return replace(with_entry(), organisations=Organisations((*given.organisations(), *bodies)))


def body(suffix: str, parent: str | None, **changes: Any) -> Organisation:
    values: dict[str, Any] = {
        "code": OrganisationCode(f"{given.HARBOUR}-{suffix}"),
        "name": suffix,
        "kind": OrganisationKind.POST,
        "area": AreaCode(given.HARBOUR),
        "tier": Tier.STREET,
        "parent": parent,
        "functions": (pieces.SANITATION,),
    }
    return Organisation(**{**values, **changes})


def test_the_small_city_asks_streets_for_what_only_districts_do():
    (finding,) = check(pieces.rulebook(), {}, TODAY).findings
    assert (finding.sort, finding.rows) == (Sort.MISPLACED, (("SX-06013-1", 5),))


def test_a_board_and_a_post_under_it_are_no_rivals():
    assert found(with_body(body("GW1", BOARD)), Sort.RIVALS) == []


def test_two_posts_of_one_board_are_rivals_and_the_board_is_none():
    (finding,) = found(with_body(body("GW1", BOARD), body("GW2", BOARD)), Sort.RIVALS)
    assert [code.rpartition("-")[2] for code in finding.organisations] == ["GW1", "GW2"]
    assert finding.areas == (given.HARBOUR,)
    assert finding.severity is Severity.ERROR


def test_rivals_that_lead_nothing_are_a_warning():
    rulebook = with_body(body("GW1", None, functions=(Function("landscaping"),)))
    (finding,) = found(rulebook, Sort.RIVALS)
    assert (finding.severity, finding.rows) == (Severity.WARNING, ())


def test_a_rival_that_has_ended_is_none():
    assert found(with_body(body("OLD", None, valid_to=TODAY)), Sort.RIVALS) == []


def test_bodies_above_one_another_in_a_circle_end_the_search():
    ring = (body("A", f"{given.HARBOUR}-B"), body("B", f"{given.HARBOUR}-A"))
    assert len(found(with_body(*ring), Sort.RIVALS)) == 1


def without_board(**changes: Any) -> Rulebook:
    bodies = Organisations(pieces.without("sanitation", given.HARBOUR))
    return replace(with_entry(**changes), organisations=bodies)


def test_a_gap_names_every_row_and_area():
    (finding,) = found(without_board(), Sort.GAP)
    assert finding.rows == (("SX-06010-1", 2),)
    assert finding.areas == (given.HARBOUR,)


def test_an_area_that_has_ended_is_no_gap():
    rulebook = without_board()
    ended = [
        replace(area, valid_to=TODAY) if area.code.startswith(given.HARBOUR) else area
        for area in rulebook.areas.values()
    ]
    assert found(replace(rulebook, areas=Areas(ended)), Sort.GAP) == []


def test_a_body_that_has_ended_leaves_a_gap():
    ended = [
        replace(one, valid_to=YESTERDAY) if one.code == BOARD else one
        for one in given.organisations()
    ]
    (finding,) = found(replace(with_entry(), organisations=Organisations(ended)), Sort.GAP)
    assert finding.areas == (given.HARBOUR,)


def test_an_entry_that_has_ended_asks_for_nothing():
    assert found(without_board(valid_to=TODAY), Sort.GAP) == []


def test_an_entry_still_to_come_asks_already():
    assert len(found(without_board(valid_from=date(2027, 1, 1)), Sort.GAP)) == 1


def test_who_acts_besides_the_lead_may_be_found_above():
    rulebook = with_entry(joint=(Function("fire"),))
    assert check(rulebook, {}, TODAY).findings == ()


def test_who_acts_besides_the_lead_is_missed_where_nobody_above_holds_it():
    fire = Function("fire")
    plan = (PlanTask(fire, given.limit("1工作日"), "到场"),)
    bodies = (
        replace(one, functions=()) if one.code in {f"{given.WEST}-XF", f"{given.CITY}-XF"} else one
        for one in given.organisations()
    )
    rulebook = replace(with_entry(plan=plan), organisations=Organisations(bodies))
    (finding,) = found(rulebook, Sort.GAP)
    assert finding.areas == ("500102001",)
    assert "fire" in finding.zh


def test_a_level_nobody_holds_the_duty_at_is_no_gap_but_misplaced():
    rulebook = with_entry(lead=Function("drainage"))
    assert found(rulebook, Sort.GAP) == []
    (finding,) = found(rulebook, Sort.MISPLACED)
    assert "市级、区县级" in finding.zh


def test_a_duty_nobody_has_is_dead_and_neither_gap_nor_misplaced():
    report = check(with_entry(lead=Function("nobody")), {}, TODAY)
    assert [finding.sort for finding in report.findings] == [Sort.DEAD]


def test_what_was_taken_back_may_not_order_those_who_are_only_in_the_street():
    only_there = body("GW1", None, functions=(Function("patrol"),))
    changes = {"level": Tier.DISTRICT, "duty": Duty.WITHDRAWN, "joint": (Function("patrol"),)}
    entries = (one_entry(**changes),)
    rulebook = replace(with_body(only_there), list=pieces.rulebook(entries=entries).list)
    (finding,) = check(rulebook, {}, TODAY).findings
    assert finding.sort is Sort.PUSHED_DOWN
    assert "patrol" in finding.zh


@pytest.mark.parametrize(
    ("duty", "level", "severity"),
    [
        (Duty.WITHDRAWN, Tier.DISTRICT, None),
        (Duty.WITHDRAWN, Tier.STREET, Severity.ERROR),
        (Duty.COOPERATING, Tier.DISTRICT, None),
        (Duty.COOPERATING, Tier.GRID, Severity.ERROR),
        (Duty.BASIC, Tier.GRID, None),
        (Duty.BASIC, Tier.STREET, None),
        (Duty.BASIC, Tier.DISTRICT, Severity.WARNING),
    ],
)
def test_what_a_streets_list_says_bounds_the_level(
    duty: Duty, level: Tier, severity: Severity | None
):
    findings = check(with_entry(duty=duty, level=level), {}, TODAY).findings
    assert [(one.sort, one.severity) for one in findings] == (
        [(Sort.PUSHED_DOWN, severity)] if severity else []
    )


def overlap(one: str, other: str, **changes: Any) -> bool:
    entries = (
        one_entry(condition=one),
        given.entry("SX-06010-2", condition=other, **changes),
    )
    return bool(found(pieces.rulebook(entries=entries), Sort.OVERLAP))


LONG = "道路两侧或公共场所裸露堆放生活垃圾未及时清运影响市容环境卫生"


def test_conditions_are_the_same_whatever_their_punctuation():
    assert overlap("破损，超过 25 平方厘米", "破损超过25平方厘米。")


def test_conditions_are_the_same_when_a_sign_is_added():
    assert overlap(LONG, f"{LONG}的")


def test_other_numbers_make_other_conditions():
    assert not overlap(f"{LONG}超过2平方米", f"{LONG}超过3平方米")
    assert not overlap("超过1.5米", "超过15米")


def test_conditions_never_in_force_together_do_not_overlap():
    assert not overlap(LONG, LONG, valid_to=TODAY)
    rules = (one_entry(condition=LONG, valid_to=date(2027, 1, 1)),)
    later = given.entry("SX-06010-2", condition=LONG, valid_from=date(2027, 1, 1))
    assert found(pieces.rulebook(entries=(*rules, later)), Sort.OVERLAP) == []


def test_a_matter_under_another_category_overlaps_when_it_shares_the_title():
    other = Category(given.SCHEME, "事项", "06011")
    assert overlap(LONG, LONG, category=other, title="SX-06010-1")
    assert not overlap(LONG, LONG, category=other)


def test_a_classification_the_list_hardly_uses_is_not_held_against_it():
    entry = one_entry(also=(Category("old", "事件", "0601"),))
    known = [entry.category, *(Category(given.SCHEME, "事项", f"0700{n}") for n in range(3))]
    rulebook = pieces.rulebook(entries=(entry,))
    assert check(rulebook, dict.fromkeys(known, "某类"), TODAY).findings == ()
    (finding,) = check(rulebook, dict.fromkeys(known[:2], "某类"), TODAY).findings
    assert finding.categories == (known[1],)


def test_a_category_is_covered_by_the_same_matter_elsewhere():
    other = Category(given.SCHEME, "部件", "01001")
    rulebook = with_entry(also=(other,))
    catalogue = dict.fromkeys([one_entry().category, other], "某类")
    assert check(rulebook, catalogue, TODAY).findings == ()


PACE = Pace(given.calendar())
HOUR = 3600


@pytest.mark.parametrize(
    ("worked", "least"), [(2, 2), (4, 4), (5, 7), (8, 10), (9, 25), (12, 28), (16, 34)]
)
def test_working_time_takes_at_least_so_long(worked: int, least: int):
    # 08-12 and 14-18: nine hours take from one day's 08:00 to the next day's 09:00.
    assert PACE.shortest(worked * HOUR) == least * HOUR


def test_working_time_takes_at_most_a_holiday_and_its_weekend():
    # Closed on Wednesday 30 September at 18:00, opened on Thursday the 8th, done at 09:00.
    assert PACE.longest(HOUR) == (7 * 24 + 15) * HOUR


@pytest.mark.parametrize(
    ("part", "whole", "beyond"),
    [
        ("5工作时", "4工作时", True),
        ("4工作时", "4工作时", False),
        ("1工作日", "9紧急工作时", True),
        ("1工作日", "10紧急工作时", False),
        ("2紧急工作日", "1工作日", False),
        ("30紧急工作日", "1工作日", True),
    ],
)
def test_a_part_is_beyond_the_whole_only_if_it_is_so_at_the_best_start(
    part: str, whole: str, beyond: bool
):
    amounts = PACE.amount(given.limit(part)), PACE.amount(given.limit(whole))
    assert PACE.is_beyond(*amounts) is beyond


def test_a_stage_beyond_the_whole_is_named_with_its_row():
    stages = (Stage("停工", given.limit("2工作日")), Stage("拆除", given.limit("1工作日")))
    (finding,) = found(with_entry(stages=stages), Sort.UNMEETABLE)
    assert "停工" in finding.zh
    assert finding.rows == (("SX-06010-1", 2),)


def planned(*limits: tuple[int, str]) -> list[Finding]:
    plan = tuple(
        PlanTask(pieces.SANITATION, given.limit(text), "清运", turn) for turn, text in limits
    )
    return found(with_entry(plan=plan, limit=given.limit("8工作时")), Sort.UNMEETABLE)


def test_tasks_side_by_side_do_not_add_up_and_those_in_turn_do():
    assert planned((1, "5工作时"), (1, "5工作时")) == []
    assert planned((1, "4工作时"), (2, "4工作时")) == []
    assert len(planned((1, "5工作时"), (2, "4工作时"))) == 1


def test_turns_of_both_kinds_of_time_add_up_by_the_wall():
    assert planned((1, "1紧急工作日"), (2, "8工作时")) == []
    assert len(planned((1, "20紧急工作日"), (2, "8工作时"))) == 1


def test_accepting_may_not_take_longer_than_all_of_it():
    slow = Policies({AreaCode(given.EAST): LocalPolicy(accept={Urgency.NORMAL: DAYS_3})})
    (finding,) = found(replace(with_entry(), policies=slow), Sort.UNMEETABLE)
    assert finding.areas == (given.EAST,)
    assert finding.rows == (("SX-06010-1", 2),)


DAYS_3 = given.limit("3工作日")


def test_a_calendar_without_hours_stops_every_working_limit():
    empty = Calendar("Asia/Shanghai", {}, (), (), date(2026, 1, 1), date(2026, 12, 31))
    rulebook = replace(pieces.rulebook(), calendar=empty)
    (finding,) = found(rulebook, Sort.UNMEETABLE)
    asking = [one.code for one in given.entries() if one.limit.basis is Basis.WORK]
    assert [code for code, _ in finding.rows] == asking


def test_wall_time_needs_no_calendar():
    empty = Calendar("Asia/Shanghai", {}, (), (), date(2026, 1, 1), date(2026, 12, 31))
    rulebook = replace(with_entry(limit=given.limit("2紧急工作时")), calendar=empty)
    assert found(rulebook, Sort.UNMEETABLE) == []


def test_an_amount_past_all_working_time_is_only_provisional():
    (finding,) = found(with_entry(limit=given.limit("2000工作日")), Sort.UNMEETABLE)
    assert finding.severity is Severity.WARNING
    assert PACE.total < Amount(2000 * 8 * HOUR, Basis.WORK).seconds


def test_an_area_whose_parents_end_nowhere_stops_no_check():
    rulebook = with_entry()
    lost = [
        replace(area, parent=AreaCode("509999")) if area.code == given.EAST else area
        for area in rulebook.areas.values()
    ]
    (finding,) = check(replace(rulebook, areas=Areas(lost)), {}, TODAY).findings
    assert (finding.sort, finding.areas) == (Sort.DEAD, (given.EAST,))


def test_an_empty_list_has_nothing_to_find():
    assert check(pieces.rulebook(entries=()), {}, TODAY).findings == ()
