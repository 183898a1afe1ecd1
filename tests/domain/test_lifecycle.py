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
)
from app.domain.limit import Basis
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
    needs_reason: bool = False


TABLE = (
    Row("triage", "file", "filed"),
    Row("triage", "decline", "declined", needs_reason=True),
    Row("filed", "decline", "declined", needs_reason=True),
    Row("filed", "dispatch", "dispatched"),
    Row("filed", "coordinate", "coordinating"),
    Row("filed", "pass_down", "filed"),
    Row("filed", "rule", "dispatched", needs_reason=True),
    Row("triage", "rule", "dispatched", needs_reason=True),
    Row("dispatched", "accept", "accepted"),
    Row("dispatched", "return", "filed", needs_reason=True),
    Row("accepted", "start", "in_progress"),
    Row("accepted", "resolve", "resolved"),
    Row("accepted", "return", "filed", needs_reason=True),
    Row("in_progress", "resolve", "resolved"),
    Row("in_progress", "return", "filed", needs_reason=True),
    Row("coordinating", "resolve", "resolved"),
    Row("resolved", "verify", "verified"),
    Row("resolved", "rework", "in_progress", needs_reason=True),
    Row("verified", "close", "closed"),
)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.state}-{row.action}")
def test_an_action_leads_to(row: Row):
    move = decide(State(row.state), Action(row.action), reason="因为")
    assert (move.to, move.needs_reason) == (State(row.to), row.needs_reason)


def test_besides_these_a_unit_can_only_be_cancelled_or_added_to():
    listed = {(State(row.state), Action(row.action)) for row in TABLE}
    rest = {
        action for pair, action in ((pair, pair[1]) for pair in TRANSITIONS if pair not in listed)
    }
    assert rest == {Action.CANCEL, Action.NOTE, Action.ATTACH}


@pytest.mark.parametrize(("state", "action"), REFUSED)
def test_what_the_table_does_not_list_is_refused_with_what_is_allowed(state: State, action: Action):
    with pytest.raises(ActionNotAllowed) as refusal:
        decide(state, action, reason="因为")
    assert refusal.value.allowed == actions_in(state)


@pytest.mark.parametrize(
    ("state", "action"), [pair for pair, move in TRANSITIONS.items() if move.needs_reason]
)
def test_a_reason_of_blanks_is_none(state: State, action: Action):
    with pytest.raises(Invalid) as refusal:
        decide(state, action, reason=" \n　")
    assert refusal.value.field == "reason"


@pytest.mark.parametrize("state", [state for state in State if not state.is_final])
def test_every_open_unit_can_be_cancelled(state: State):
    assert decide(state, Action.CANCEL, reason="误报").to is State.CANCELLED


@pytest.mark.parametrize("state", [state for state in State if state.is_final])
def test_a_final_state_only_allows_to_add_to_it(state: State):
    assert actions_in(state) == (Action.NOTE, Action.ATTACH)


@pytest.mark.parametrize("action", [Action.NOTE, Action.ATTACH])
@pytest.mark.parametrize("state", State)
def test_adding_to_it_changes_no_state(state: State, action: Action):
    assert decide(state, action, reason="补充").to is state


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
