"""Every word practitioners have for what happens to a unit is an action, and has its story.

The words are those of the forward path, the side paths, the exceptions, self-handling and
satisfaction; after them what the service itself does. A story tells an action if it asks for
it by name or finds it in a unit's log, itself or through what it calls here.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Final

import pytest

from app.domain.action import Action

WORDS: Final = (
    ("立案", Action.FILE, "journeys.test_triage", "unsure_goes_to_the_street_centre"),
    ("派遣", Action.DISPATCH, "journeys.test_returned", "returned_dispatched_to_another"),
    ("领取", Action.CLAIM, "journeys.test_claimed", "two_clerks_never_get_the_same_unit"),
    ("放回", Action.RELEASE, "journeys.test_claimed", "put_back_it_is_free_and_renewed_it"),
    ("签收", Action.ACCEPT, "journeys.test_main_loop", "reported_to_closed"),
    ("处置中", Action.START, "journeys.test_main_loop", "reported_to_closed"),
    ("处置反馈(办结)", Action.RESOLVE, "journeys.test_main_loop", "reported_to_closed"),
    ("核查", Action.VERIFY, "journeys.test_main_loop", "reported_to_closed"),
    ("结案", Action.CLOSE, "journeys.test_main_loop", "reported_to_closed"),
    ("不予立案", Action.DECLINE, "journeys.test_triage", "nothing_to_be_done_is_declined"),
    ("退回", Action.RETURN, "journeys.test_returned", "returned_dispatched_to_another"),
    ("转办(分拨)", Action.TRANSFER, "journeys.test_transferred", "the_new_holder_signs_does_it"),
    ("交办", Action.PASS_DOWN, "journeys.test_passed_down", "the_street_dispatches_what"),
    ("上报", Action.ESCALATE, "journeys.test_escalated", "the_district_gives_it_to_its_department"),
    ("拆分任务", Action.SPLIT, "journeys.test_split", "the_parent_is_resolved_by_its_last_task"),
    ("协办申请", Action.SUPPORT, "journeys.test_support", "asking_holds_nothing_up"),
    ("吹哨", Action.WHISTLE, "journeys.test_whistle", "each_department_gets_a_task"),
    ("联系", Action.CONTACT, "journeys.test_whistle", "the_department_signs_gets_in_touch"),
    ("报到", Action.ARRIVE, "journeys.test_whistle", "the_department_signs_gets_in_touch"),
    ("指定承办", Action.RULE, "journeys.test_ruling", "a_ruling_names_who_has_it_and_by_when"),
    ("督办", Action.SUPERVISE, "journeys.test_supervised", "it_runs_on_through_every_stage"),
    ("催办", Action.URGE, "journeys.test_urged", "the_reporter_urges_and_the_holder_is_told"),
    ("改派类别", Action.RECLASSIFY, "journeys.test_reclassified", "the_right_holder_gets_it"),
    ("挂账", Action.SUSPEND, "journeys.test_suspension", "once_only"),
    ("恢复", Action.RESUME, "journeys.test_suspension", "what_has_become_possible"),
    ("延期", Action.EXTEND, "journeys.test_extension", "street_and_district_agree_and_the_holder"),
    ("申请", Action.REQUEST, "journeys.test_extension", "street_and_district_agree_and_the_holder"),
    ("批准申请", Action.GRANT, "journeys.test_extension", "street_and_district_agree"),
    ("驳回申请", Action.REFUSE, "journeys.test_extension", "refused_requests_do_not_count"),
    ("撤回申请", Action.WITHDRAW, "journeys.test_first_and_last_steps", "a_request_withdrawn"),
    ("合并", Action.MERGE, "journeys.test_merged", "merged_by_hand_and_taken_out"),
    ("取消并案", Action.UNMERGE, "journeys.test_merged", "merged_by_hand_and_taken_out"),
    ("重开", Action.REOPEN, "journeys.test_reopened", "the_holder_does_it_again_under_its_whole"),
    ("返工", Action.REWORK, "journeys.test_rework", "reworked_resolved_again_and_closed"),
    ("作废", Action.CANCEL, "journeys.test_split", "cancelling_the_parent_cancels_all"),
    ("自行处置", Action.SELF_HANDLE, "journeys.test_self_handled", "it_is_closed_at_once"),
    ("回访评价", Action.RATE, "journeys.test_satisfaction", "an_unsatisfied_one_has_it_redone"),
    ("重办", Action.REDO, "journeys.test_satisfaction", "an_unsatisfied_one_has_it_redone"),
    ("交办任务", Action.ISSUE, "journeys.test_first_and_last_steps", "a_task_from_above_begins"),
    ("催报", Action.REMIND, "journeys.test_issued", "the_late_are_reminded_and_nobody_else"),
    ("备注", Action.NOTE, "journeys.test_first_and_last_steps", "what_is_over_keeps"),
    ("附件", Action.ATTACH, "journeys.test_first_and_last_steps", "what_is_over_keeps"),
    ("收件", Action.RECEIVE, "journeys.test_first_and_last_steps", "an_unclear_report_is_received"),
    ("统筹", Action.COORDINATE, "journeys.test_first_and_last_steps", "an_event_is_coordinated"),
    ("临期提醒", Action.WARN, "journeys.test_overdue", "turn_after_turn_every_mark_fires"),
    ("超期", Action.OVERDUE, "journeys.test_overdue", "turn_after_turn_every_mark_fires"),
    ("提级督促", Action.RAISE, "journeys.test_overdue", "turn_after_turn_every_mark_fires"),
    ("通知", Action.NOTIFY, "journeys.test_emergency", "telling_them_is_one_step_each"),
    ("通报", Action.NOTICE, "journeys.test_marks_of_a_district", "its_marks_fire_as_the_district"),
    ("申诉", Action.APPEAL, "journeys.test_appeal", "granted_by_the_centre_above"),
    ("免予统计", Action.EXEMPT, "journeys.test_appeal", "granted_by_the_centre_above"),
    ("重算时限", Action.RETIME, "flows.test_retimed", "across_new_year_a_deadline"),
    ("重新研判", Action.REJUDGE, "flows.test_rejudge", "its_log_tells_who_had_it_judged_again"),
    ("区划调整", Action.MOVE, "flows.test_units_follow", "an_open_unit_goes_to_the_new_district"),
)  # fmt: skip


def story(module: str, beginning: str) -> Callable[..., Any]:
    """Return the one test whose name begins like this."""
    found = [
        test
        for name, test in vars(import_module(f"tests.{module}")).items()
        if name.startswith(f"test_{beginning}")
    ]
    assert len(found) == 1, (module, beginning)
    test: Callable[..., Any] = found[0]
    return test


def told_by(test: Callable[..., Any]) -> str:
    """Return the source of a test, of what it calls in the tests and of the constants it names."""
    seen: dict[str, str] = {}

    def read(function: Any) -> None:
        if function.__qualname__ not in seen:
            seen[function.__qualname__] = inspect.getsource(function)
            for name, found in _named(function):
                if inspect.isfunction(found) and found.__module__.startswith("tests."):
                    read(found)
                elif isinstance(found, list | tuple | dict):
                    seen[name] = repr(found)

    read(test)
    return "\n".join(seen.values())


def _named(function: Any) -> Iterator[tuple[str, Any]]:
    return ((name, function.__globals__.get(name)) for name in function.__code__.co_names)


def test_every_action_has_a_word_and_a_story() -> None:
    assert {action for _, action, _, _ in WORDS} == set(Action)


@pytest.mark.parametrize(("word", "action", "module", "beginning"), WORDS)
def test_the_story_of_a_word_tells_its_action(
    word: str, action: Action, module: str, beginning: str
) -> None:
    told = told_by(story(module, beginning))
    assert re.search(rf"""["':]{action}\b""", told), word
