"""Explanations: each decision told in both languages, with the facts it rests on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

import pytest

from app.domain.action import Action
from app.domain.admission import Located
from app.domain.area import Tier
from app.domain.classify import Method
from app.domain.clock import Clock, start
from app.domain.event import Channel
from app.domain.explain import holder, words
from app.domain.explain.passage import SUBJECT, Subject, Version
from app.domain.explain.words import limit_said
from app.domain.filing import Filed, rerouted
from app.domain.limit import LimitUnit
from app.domain.local import Obstacle
from app.domain.organisation import Function, OrganisationCode
from app.domain.policy import Rule
from app.domain.responsibility import Duty, EntryBasis, Kind, Stage, Urgency
from app.domain.roster import Roster, Shift
from app.domain.route import RouteReason, to_organisation
from app.domain.unit import Clause, ClockName, State, Unit
from app.domain.words import CLAUSE
from tests import given, pieces
from tests.domain.told import (
    BOOK,
    BRANCH,
    COVER,
    FIRE,
    GARBAGE,
    HOLE,
    about,
    admitted,
    told,
    with_policy,
)
from tests.given import EAST, GRID, HARBOUR
from tests.pieces import NOON

HELPER, BY = OrganisationCode(f"{EAST}-CG"), RouteReason.RULED

TABLES: list[tuple[type[StrEnum], Mapping[Any, tuple[str, str]]]] = [
    (RouteReason, holder.ROUTE),
    (Method, words.METHOD),
    (Located, words.PLACE),
    (Obstacle, words.OBSTACLE),
    (Duty, words.DUTY),
    (EntryBasis, words.ENTRY_BASIS),
    (Clause, CLAUSE),
    (Subject, SUBJECT),
]


@pytest.mark.parametrize(("members", "table"), TABLES, ids=lambda one: getattr(one, "__name__", ""))
def test_every_reason_there_is_has_words_in_both_languages(
    members: type[StrEnum], table: Mapping[Any, tuple[str, str]]
):
    assert [one for one in members if not all(table.get(one, ("", "")))] == []


@pytest.mark.parametrize("unit", LimitUnit)
def test_every_limit_is_written_in_both_languages(unit: LimitUnit):
    said = limit_said(replace(given.limit("1工作日"), value=2, unit=unit))
    assert said.zh.startswith("2")
    assert said.en.endswith("s")


def sentences(topic: Subject, filed: Filed, **changes: Any) -> tuple[str, str]:
    one = about(topic, told(filed, **changes))
    return one.sentence(chinese=True), one.sentence(chinese=False)


SURE = admitted((GARBAGE, 0.93), (COVER, 0.04)).root
UNSURE = admitted((GARBAGE, 0.69), (COVER, 0.2)).root


def test_a_place_is_told_with_what_it_was_known_by():
    assert sentences(Subject.PLACE, SURE) == (
        "位置: 山城市 东江区 码头街道 石板坡社区 第1网格, 依据上报时给出的编码。",
        "Place: 山城市 东江区 码头街道 石板坡社区 第1网格, by the code given.",
    )


def test_an_entry_is_told_with_the_words_and_the_score_that_decided():
    zh, en = sentences(Subject.ENTRY, SURE)
    assert zh == (
        "条目: SX-06010-1《垃圾裸露堆放》, 立案条件“路边裸露堆放生活垃圾”;"
        " 由文字匹配“垃圾”“臭”确定, 得分 0.93, 达到把握线 0.80。"
    )
    assert "decided by the text “垃圾”“臭”, score 0.93, reaching the confidence of 0.80" in en


def test_the_confidence_told_is_that_of_the_policy_there():
    book = with_policy(confidence=0.55)
    filed = admitted((GARBAGE, 0.6), book=book).root
    assert about(Subject.ENTRY, told(filed, book)).facts["confidence"] == 0.55


def test_what_is_not_clear_enough_says_by_how_much():
    assert sentences(Subject.ENTRY, UNSURE) == (
        "条目: 未定; 最高得分 0.69, 低于把握线 0.80, 待人工研判。",
        "Entry: none; the best score 0.69 is below the confidence of 0.80, a person must look.",
    )


def test_a_text_that_says_nothing_to_the_list_is_told_so():
    zh, en = sentences(Subject.ENTRY, admitted().root)
    assert "没有相同的字词" in zh
    assert "shares no words" in en


def test_what_was_near_is_told_with_who_would_have_got_it():
    zh, en = sentences(Subject.NEAR, SURE)
    assert zh == (
        "相近: SX-01002-1《污水井盖缺失》, 得分 0.04, “垃圾”“臭”;"
        " 若按此条, 将作为事项由东江区排水事务中心承办, 时限2紧急工作时。"
    )
    assert en.endswith(
        "under it this would be an item with 东江区排水事务中心, within 2 urgent hours."
    )


def test_a_category_given_is_told_as_what_decided():
    category = BOOK.list[GARBAGE].category
    zh, en = sentences(Subject.ENTRY, admitted(category=category).root)
    assert "由上报时给定的类别确定" in zh
    assert "decided by the category given" in en


RULE = Rule("工地噪声归城管", GARBAGE, contains=("楼下",))
GONE = Rule("旧规则", "SX-99999-1", contains=("楼下",))  # type: ignore[arg-type]


def test_a_local_rule_that_decided_is_named():
    book = with_policy(rules=(RULE,))
    zh, en = sentences(Subject.ENTRY, admitted(book=book).root, book=book)
    assert "由本地规则“工地噪声归城管”确定" in zh
    assert "a local rule “工地噪声归城管”" in en


def test_a_local_rule_that_was_skipped_is_told_with_why():
    book = with_policy(rules=(GONE, RULE))
    assert sentences(Subject.RULE, admitted(book=book).root, book=book) == (
        "本地规则: “旧规则”本应适用, 已跳过: 清单中没有它指的条目。",
        "Local rule: “旧规则” would have applied and was skipped: the list has no such entry.",
    )


def test_a_kind_is_told_with_its_clause():
    assert sentences(Subject.KIND, SURE) == (
        "类型: 事项, 因为一个单位的一项单一职责。",
        "Kind: item, because one duty of one holder.",
    )


def test_where_the_list_overrides_the_rule_of_kinds_both_are_told():
    zh, en = sentences(Subject.KIND, admitted((COVER, 0.9)).root)
    assert zh == "类型: 事项, 因为职责清单明确指定(按通则应为事件: 紧急或重大)。"
    assert "by the general rule: event" in en


def test_what_is_not_decided_is_an_item_only_for_now():
    assert sentences(Subject.KIND, UNSURE)[0] == "类型: 尚未研判, 暂按事项登记。"


def with_entry(code: str, **changes: Any) -> Any:
    entries = tuple(
        replace(entry, **changes) if entry.code == code else entry for entry in given.entries()
    )
    return pieces.rulebook(entries=entries)


def test_a_level_is_told_with_what_the_streets_own_list_says():
    book = with_entry(BRANCH, duty=Duty.BASIC)
    assert sentences(Subject.LEVEL, admitted((BRANCH, 0.9), book=book).root, book=book) == (
        "层级: 清单规定由镇街级处置(基本履职, 镇街牵头)。",
        "Level: the list lays it on the street (a basic duty: the street leads).",
    )


def test_a_pressing_matter_is_told_to_be_so_with_its_level():
    assert sentences(Subject.LEVEL, admitted((FIRE, 0.9)).root)[0] == (
        "层级: 清单规定由区县级处置, 紧急程度为重大。"
    )


def test_a_holder_is_told_with_telephone_duty_and_way():
    zh, en = sentences(Subject.HOLDER, SURE)
    assert zh == (
        "承办: 第1网格网格队, 电话 023-00000001, 它在第1网格承担“环境卫生”职能;"
        " 派遣路径: 山城市治理中心 → 东江区治理中心 → 码头街道治理中心 → 第1网格网格队。"
    )
    assert "it holds sanitation in 第1网格; route: " in en


def reason(filed: Filed, book: Any = BOOK) -> str:
    return about(Subject.HOLDER, told(filed, book)).sentence(chinese=True)


def test_a_gap_names_the_area_and_the_duty():
    assert "码头街道无单位承担“市政设施”职能(职责空白)" in reason(admitted((HOLE, 0.9)).root)


def test_a_coarse_place_tells_what_the_list_asks_for():
    filed = admitted((GARBAGE, 0.9), area=HARBOUR).root
    assert "清单规定由网格级处置, 而位置只知到码头街道" in reason(filed)


def test_what_was_taken_back_from_the_streets_tells_why_no_street_has_it():
    book = with_entry(BRANCH, duty=Duty.WITHDRAWN)
    filed = admitted((BRANCH, 0.9), book=book).root
    assert "该事项不由镇街牵头, 它在东江区承担“landscaping”职能" in reason(filed, book)


def test_an_emergency_tells_that_it_went_straight():
    assert "直达镇街中心" in reason(admitted((FIRE, 0.9)).root)


def test_a_rule_that_names_the_holder_is_named():
    book = with_policy(rules=(replace(RULE, holder=OrganisationCode(f"{EAST}-CG")),))
    assert "由本地规则“工地噪声归城管”指定" in reason(admitted(book=book).root, book)


def test_a_unit_stopped_by_hand_tells_where_it_was_going_and_why():
    book = with_policy(stepwise=dict.fromkeys(Urgency, True))
    said = reason(admitted((GARBAGE, 0.9), book=book).root, book)
    assert "逐级派遣" in said
    assert "应到第1网格网格队: 它在第1网格承担“环境卫生”职能" in said


def shift(body: str, hours: int) -> Shift:
    at = NOON + timedelta(hours=hours)
    return Shift(OrganisationCode(body), "王强", "13800000000", at, at + timedelta(hours=4))


def test_who_is_on_duty_is_told_with_their_telephone():
    book = replace(BOOK, roster=Roster([shift(f"{GRID}-WG", -1)]))
    assert "值班 王强 13800000000" in reason(admitted((GARBAGE, 0.9), book=book).root, book)


def test_nobody_on_duty_is_told_as_the_reason():
    book = replace(BOOK, roster=Roster([shift(f"{GRID}-WG", 5)]))
    said = reason(admitted((GARBAGE, 0.9), book=book).root, book)
    assert said.startswith("承办: 码头街道治理中心")
    assert "无人值班" in said
    assert "应到第1网格网格队" in said


def moved(by: RouteReason) -> Unit:
    route = to_organisation(BOOK.organisations[OrganisationCode(f"{HARBOUR}-ZX")], BOOK, by)
    return rerouted(SURE.unit, route)


@pytest.mark.parametrize(
    ("by", "words"), [(RouteReason.RULED, "由中心指定"), (RouteReason.RETURNED, "被退回")]
)
def test_what_people_decided_is_told(by: RouteReason, words: str):
    assert words in reason(Filed(moved(by), (), SURE.clocks))


def test_the_entry_that_empowers_the_holder_is_told_with_law_and_source():
    changes = {"law": "某市市容条例第十条", "source": "某市立案标准", "basis": EntryBasis.PUBLISHED}
    book = with_entry(GARBAGE, **changes)
    zh, en = sentences(Subject.BASIS, admitted((GARBAGE, 0.9), book=book).root, book=book)
    assert zh == (
        "依据: 清单条目 SX-06010-1 授权“环境卫生”职能牵头; 法律依据: 某市市容条例第十条;"
        " 公布标准, 某市立案标准。"
    )
    assert "law: 某市市容条例第十条; a published standard" in en


def test_what_no_entry_empowers_is_told_to_wait_for_a_ruling():
    issued = admitted(source=Channel.UPPER).root
    assert sentences(Subject.BASIS, issued)[0] == "依据: 无清单依据, 须由中心指定承办单位。"


RULED = replace(
    rerouted(admitted().root.unit, to_organisation(BOOK.organisations[HELPER], BOOK, BY)),
    is_unlisted=True,
    reasons={"ruling": {"holder": HELPER, "limit": "3工作日", "by": "李主任"}},
    state=State.DISPATCHED,
)


def test_a_ruling_without_an_entry_tells_who_ruled_and_by_when():
    calendar, marks = BOOK.calendar, BOOK.policies.at(()).marks[Urgency.NORMAL]
    clock = start(
        ClockName.DISPOSE, given.limit("3工作日"), at=NOON, calendar=calendar, marks=marks
    )
    filed = Filed(RULED, (), (clock,))
    assert sentences(Subject.ENTRY, filed)[0] == "条目: 清单中没有对应条目, 由中心指定承办。"
    assert "由中心“李主任”指定" in reason(filed)
    assert sentences(Subject.BASIS, filed)[0] == "依据: 无清单依据, 承办单位由中心指定。"
    assert "处置 3工作日(指定承办时给出" in disposal(filed)


def test_a_task_tells_which_of_its_plan_it_is_and_by_which_duty():
    task = admitted((FIRE, 0.9)).tasks[1]
    assert sentences(Subject.PLACE, task)[0].endswith("码头街道 石板坡社区 第1网格, 同所属事件。")
    assert sentences(Subject.ENTRY, task)[0] == (
        "条目: 事件 SX-22001-1《房屋着火》 的第 2 项任务“外围警戒”。"
    )
    assert about(Subject.HOLDER, told(task)).facts["function"] == Function("public_security")


def disposal(filed: Filed, book: Any = BOOK) -> str:
    passages = told(filed, book)
    return next(
        one.sentence(chinese=True) for one in passages if one.facts.get("clock") == "dispose"
    )


def test_a_limit_is_told_as_the_list_writes_it():
    assert disposal(SURE) == (
        "时限: 处置 4工作时(清单规定, 按工作时间计), 自 2026-11-20 09:30:00 起,"
        " 至 2026-11-20 15:30:00 止。"
    )


def test_stages_on_the_way_are_told_with_the_limit():
    stages = (Stage("围挡", given.limit("3工作时")), Stage("修复", given.limit("4工作时")))
    book = with_entry(GARBAGE, stages=stages)
    said = disposal(admitted((GARBAGE, 0.9), book=book).root, book)
    assert "其中围挡3工作时、修复4工作时" in said


def test_a_limit_that_was_changed_since_is_told_in_minutes():
    longer = tuple(replace(clock, limit=clock.limit * 2) for clock in SURE.clocks)
    assert "480分钟" in disposal(Filed(SURE.unit, (), longer))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"is_provisional": True}, "暂定"),
        ({"running_since": None}, "已停止"),
        ({"overdue_at": NOON}, "已超期"),
    ],
)
def test_what_became_of_a_limit_is_told(changes: dict[str, Any], words: str):
    clocks: tuple[Clock, ...] = tuple(replace(clock, **changes) for clock in SURE.clocks)
    assert words in disposal(Filed(SURE.unit, (), clocks))


def test_the_version_is_told_with_who_published_it_and_since_when_it_is_in_force():
    assert sentences(Subject.VERSION, SURE) == (
        "版本: 规则库第 17 版, 2026-11-20 09:30:00 由“李主任”发布, 2026-11-20 09:30:00 起生效。",
        (
            "Version: rulebook 17, published 2026-11-20 09:30:00 by 李主任,"
            " in force since 2026-11-20 09:30:00."
        ),
    )


def test_a_draft_is_told_to_be_one():
    zh, en = sentences(Subject.VERSION, SURE, version=Version("d3"))
    assert "按草稿 d3 判定, 尚未发布, 以现行第 1 版为底" in zh
    assert "draft d3, not published" in en


def test_a_place_its_own_rulebook_does_not_know_is_told_as_far_as_it_is_known():
    place = replace(SURE.unit.place, grid="500199001001001", community="500199001001")
    unit = replace(SURE.unit, place=place, reasons={"kind": Clause.SINGLE})
    assert about(Subject.LEVEL, told(Filed(unit, (), ()))).facts["level"] is Tier.GRID


def test_every_sentence_is_in_its_own_language_and_none_is_empty():
    everything = [SURE, UNSURE, *admitted((FIRE, 0.9)).tasks, admitted((HOLE, 0.9)).root]
    for passage in (one for filed in everything for one in told(filed)):
        assert passage.said.zh.endswith("。")
        assert passage.said.en.endswith(".")
        assert "{" not in passage.said.zh + passage.said.en


def test_an_issued_task_tells_that_it_came_from_above():
    filed = admitted((GARBAGE, 0.9), source=Channel.UPPER).root
    assert filed.unit.kind is Kind.TASK
    assert sentences(Subject.KIND, filed)[1] == "Kind: task, because issued from above."
    assert Action.DISPATCH in {step.action for step in filed.steps}
