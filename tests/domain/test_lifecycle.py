"""The lifecycle: what its table allows, and that everything else is refused."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from app.domain.action import Action
from app.domain.errors import ActionNotAllowed, Invalid
from app.domain.lifecycle import (
    RAISES_VERSION,
    STANDINGS,
    TRANSITIONS,
    Seat,
    actions_in,
    decide,
    needs_of,
)
from app.domain.limit import Basis
from app.domain.need import Need, given
from app.domain.policy import Policy
from app.domain.responsibility import Urgency
from app.domain.timing import Terms, enter
from app.domain.unit import ClockName, State
from tests import pieces
from tests.given import entry
from tests.pieces import NOON

BEGINNINGS = {State.TRIAGE, State.FILED}
"""Intake leaves a unit in triage, or files it and sends it on."""

ALL = [(state, action) for state in State for action in Action]
REFUSED = [pair for pair in ALL if pair not in TRANSITIONS]


@dataclass(frozen=True)
class Row:
    """One line of the table as practice has it."""

    state: str
    action: str
    to: str
    needs: str = ""


TABLE = (
    Row("triage", "file", "filed", needs="entry"),
    Row("triage", "decline", "declined", needs="reason"),
    Row("filed", "decline", "declined", needs="reason"),
    Row("filed", "dispatch", "dispatched"),
    Row("filed", "coordinate", "coordinating"),
    Row("filed", "pass_down", "filed", needs="holder"),
    Row("triage", "pass_down", "triage", needs="holder"),
    Row("triage", "escalate", "triage", needs="reason"),
    Row("filed", "escalate", "filed", needs="reason"),
    Row("dispatched", "escalate", "filed", needs="reason"),
    Row("accepted", "escalate", "filed", needs="reason"),
    Row("in_progress", "escalate", "filed", needs="reason"),
    Row("coordinating", "escalate", "coordinating", needs="reason"),
    Row("dispatched", "transfer", "dispatched", needs="reason holder"),
    Row("accepted", "transfer", "dispatched", needs="reason holder"),
    Row("in_progress", "transfer", "dispatched", needs="reason holder"),
    Row("filed", "reclassify", "filed", needs="reason entry"),
    Row("dispatched", "reclassify", "filed", needs="reason entry"),
    Row("accepted", "reclassify", "filed", needs="reason entry"),
    Row("in_progress", "reclassify", "filed", needs="reason entry"),
    Row("closed", "reopen", "filed", needs="reason"),
    Row("closed", "rate", "closed", needs="grade"),
    Row("closed", "redo", "in_progress"),
    *(
        Row(state, "merge", "merged", needs="reason unit")
        for state in ("triage", "filed", "dispatched", "accepted", "in_progress")
    ),
    Row("merged", "unmerge", "filed", needs="reason"),
    Row("filed", "rule", "dispatched", needs="reason holder"),
    Row("triage", "rule", "dispatched", needs="reason holder"),
    Row("dispatched", "accept", "accepted"),
    Row("dispatched", "return", "filed", needs="reason"),
    Row("accepted", "start", "in_progress"),
    Row("accepted", "resolve", "resolved"),
    Row("accepted", "return", "filed", needs="reason"),
    Row("in_progress", "resolve", "resolved"),
    Row("in_progress", "return", "filed", needs="reason"),
    Row("coordinating", "resolve", "resolved"),
    Row("resolved", "verify", "verified"),
    Row("resolved", "self_handle", "closed"),
    Row("resolved", "rework", "in_progress", needs="reason"),
    Row("verified", "close", "closed"),
    *(
        Row(state, "suspend", "suspended", needs="reason until")
        for state in ("dispatched", "accepted", "in_progress", "coordinating")
    ),
    Row("suspended", "resume", "in_progress"),
    *(
        Row(state, action, state, needs=needs)
        for state in ("dispatched", "accepted", "in_progress", "coordinating", "suspended")
        for action, needs in (
            ("extend", "reason"),
            ("request", "reason kind"),
            ("grant", ""),
            ("refuse", "reason"),
            ("withdraw", ""),
        )
    ),
)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.state}-{row.action}")
def test_an_action_leads_to(row: Row):
    move = decide(State(row.state), Action(row.action), given=Need)
    assert (move.to, move.needs) == (State(row.to), {Need(word) for word in row.needs.split()})


BESIDES = {
    Action(word)
    for word in (  # noqa: SIM905  (a list of words reads better)
        "cancel note attach urge supervise merge unmerge rate redo suspend resume extend request"
        " grant refuse withdraw appeal exempt split support whistle contact arrive remind claim"
        " release"
    ).split()
}
"""Actions that may come at many stages; their features' own tests say at which."""


def test_besides_these_a_unit_knows_only_what_may_come_at_many_stages():
    listed = {(State(row.state), Action(row.action)) for row in TABLE}
    rest = {
        action for pair, action in ((pair, pair[1]) for pair in TRANSITIONS if pair not in listed)
    }
    assert rest <= BESIDES


@pytest.mark.parametrize(("state", "action"), REFUSED)
def test_what_the_table_does_not_list_is_refused_with_what_is_allowed(state: State, action: Action):
    with pytest.raises(ActionNotAllowed) as refusal:
        decide(state, action, given=Need)
    assert refusal.value.allowed == actions_in(state)


@pytest.mark.parametrize(
    ("state", "action", "need"),
    [(*pair, need) for pair, move in TRANSITIONS.items() for need in sorted(move.needs)],
)
def test_what_an_action_needs_must_be_given(state: State, action: Action, need: Need):
    with pytest.raises(Invalid) as refusal:
        decide(state, action, given=set(Need) - {need})
    assert refusal.value.field == need


def test_a_reason_of_blanks_is_none():
    assert given(" \n　", {}) == set()


def test_what_a_step_names_was_given():
    assert given("因为", {"holder": "500101-CG", "limit": None}) == {Need.REASON, Need.HOLDER}


def test_a_ruling_on_a_unit_that_no_entry_covers_needs_a_limit_as_well():
    assert needs_of(pieces.unit(State.FILED), Action.RULE) == (
        Need.REASON,
        Need.HOLDER,
        Need.LIMIT,
    )


@pytest.mark.parametrize("state", [state for state in State if not state.is_final])
def test_every_open_unit_can_be_cancelled(state: State):
    assert decide(state, Action.CANCEL, given=Need).to is State.CANCELLED


AFTER = {
    State.CLOSED: {Action.REOPEN, Action.RATE},
    State.MERGED: {Action.UNMERGE, Action.RATE},
}
"""What may still happen to a unit that is over, besides what is added to it."""
APPEALS = {Action.APPEAL, Action.GRANT, Action.REFUSE, Action.WITHDRAW}
"""That it was late may be exempted whatever has become of it."""


@pytest.mark.parametrize("state", [state for state in State if state.is_final])
def test_a_final_state_allows_to_add_to_it_and_little_else(state: State):
    assert set(actions_in(state)) == {Action.NOTE, Action.ATTACH} | APPEALS | AFTER.get(
        state, set()
    )


@pytest.mark.parametrize("state", State)
def test_what_only_the_service_does_is_allowed_to_nobody(state: State):
    assert not {Action.COORDINATE, Action.REDO, Action.SELF_HANDLE} & set(actions_in(state))


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("action", [Action.URGE, Action.SUPERVISE])
def test_whoever_waits_hurries_a_unit_wherever_somebody_is_to_act(state: State, action: Action):
    is_known = (state, action) in TRANSITIONS
    assert is_known is (not state.is_final and state is not State.SUSPENDED)


@pytest.mark.parametrize("action", [Action.NOTE, Action.ATTACH])
@pytest.mark.parametrize("state", State)
def test_adding_to_it_changes_no_state(state: State, action: Action):
    assert decide(state, action, given=Need).to is state


def reachable() -> set[State]:
    found, frontier = set(BEGINNINGS), set(BEGINNINGS)
    while frontier:
        frontier = {move.to for (state, _), move in TRANSITIONS.items() if state in frontier}
        frontier -= found
        found |= frontier
    return found


def test_every_state_can_be_reached():
    assert reachable() == set(State)


@pytest.mark.parametrize("state", [state for state in State if not state.is_final])
def test_from_every_open_state_some_way_leads_to_an_end(state: State):
    ends = {move.to for (where, _), move in TRANSITIONS.items() if where is state}
    assert State.CANCELLED in ends


@pytest.mark.parametrize("state", State)
def test_a_final_state_runs_no_clock_and_every_other_runs_one(state: State):
    assert bool(STANDINGS[state].clocks) is not state.is_final


@pytest.mark.parametrize("state", State)
def test_it_is_nobodys_turn_exactly_when_all_is_over(state: State):
    assert (STANDINGS[state].seat is Seat.NOBODY) is state.is_final


@pytest.mark.parametrize(
    "action",
    [Action.NOTE, Action.ATTACH, Action.WARN, Action.OVERDUE, Action.RAISE, Action.NOTIFY],
)
def test_a_reminder_or_note_leaves_the_version_alone(action: Action):
    assert action not in RAISES_VERSION


TERMS = Terms(entry("SX-06010-1"), Policy(), pieces.CALENDAR, Urgency.NORMAL)


@pytest.mark.parametrize("state", [state for state in State if not state.is_final])
def test_entering_a_state_runs_its_clocks_and_no_other(state: State):
    _, clocks = enter(pieces.unit(state), (), TERMS, at=NOON)
    assert {clock.name for clock in clocks if clock.is_running} == set(STANDINGS[state].clocks)


def test_a_centre_that_gets_a_unit_passed_down_has_the_whole_limit():
    _, clocks = enter(pieces.unit(State.FILED), (), TERMS, at=NOON)
    later = NOON + timedelta(minutes=10)
    unit, _ = enter(pieces.unit(State.FILED), clocks, TERMS, at=later, renews=True)
    assert unit.stage_due_at == later + timedelta(minutes=15)


def test_a_limit_exceeded_at_the_centre_before_stays_on_the_record():
    unit, clocks = enter(pieces.unit(State.FILED), (), TERMS, at=NOON)
    later = NOON + timedelta(minutes=20)
    after, _ = enter(pieces.unit(State.FILED), clocks, TERMS, at=later, renews=True)
    assert after.overdue_at == unit.stage_due_at


def test_the_stage_deadline_is_that_of_the_states_own_limit():
    unit, _ = enter(pieces.unit(State.DISPATCHED), (), TERMS, at=NOON)
    assert (unit.stage, unit.stage_due_at) == (
        ClockName.ACCEPT,
        TERMS.calendar.add(NOON, 2 * 3600, Basis.WORK).at,
    )


def test_the_disposals_deadline_stays_after_its_clock_has_stopped():
    unit, clocks = enter(pieces.unit(State.IN_PROGRESS), (), TERMS, at=NOON)
    resolved = pieces.unit(State.RESOLVED)
    later, _ = enter(resolved, clocks, TERMS, at=NOON + timedelta(hours=1))
    assert later.due_at == unit.due_at


def test_rework_goes_on_from_the_time_already_spent():
    _, clocks = enter(pieces.unit(State.IN_PROGRESS), (), TERMS, at=NOON)
    hour, two = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    _, clocks = enter(pieces.unit(State.RESOLVED), clocks, TERMS, at=hour)
    unit, _ = enter(pieces.unit(State.IN_PROGRESS), clocks, TERMS, at=two, resumes=True)
    assert unit.due_at == TERMS.calendar.add(two, 7 * 3600, Basis.WORK).at


def test_a_second_dispatch_begins_the_limit_anew():
    _, clocks = enter(pieces.unit(State.DISPATCHED), (), TERMS, at=NOON)
    hour, two = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    _, clocks = enter(pieces.unit(State.FILED), clocks, TERMS, at=hour)
    unit, _ = enter(pieces.unit(State.DISPATCHED), clocks, TERMS, at=two)
    assert unit.due_at == TERMS.calendar.add(two, 8 * 3600, Basis.WORK).at


def test_a_unit_that_was_resolved_too_late_is_overdue_since_its_deadline():
    unit, clocks = enter(pieces.unit(State.IN_PROGRESS), (), TERMS, at=NOON)
    late, _ = enter(pieces.unit(State.RESOLVED), clocks, TERMS, at=NOON + timedelta(days=9))
    assert late.overdue_at == unit.due_at


def test_a_transfer_leaves_the_disposal_running_and_begins_acceptance_anew():
    _, clocks = enter(pieces.unit(State.DISPATCHED), (), TERMS, at=NOON)
    later = NOON + timedelta(hours=1)
    before = {clock.name: clock for clock in clocks}
    _, clocks = enter(pieces.unit(State.DISPATCHED), clocks, TERMS, at=later, renews=True)
    after = {clock.name: clock for clock in clocks}
    assert after[ClockName.DISPOSE] == before[ClockName.DISPOSE]
    assert after[ClockName.ACCEPT].started_at == later
