"""Disputes, urging and reopening as rules on values."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.domain import dispute
from app.domain.action import Action
from app.domain.errors import ActionNotAllowed
from app.domain.organisation import OrganisationCode
from app.domain.oversight import Demand, read_limit, supervised, urged
from app.domain.policy import Policy
from app.domain.reopening import may_reopen, reopened
from app.domain.responsibility import Urgency
from app.domain.route import RouteReason, to_organisation
from app.domain.timing import SUPERVISION, Terms, enter
from app.domain.unit import ClockName, State, Unit
from tests import pieces
from tests.given import CITY, EAST, GRID, HARBOUR, QUAY, entry
from tests.pieces import NOON

BOOK = pieces.rulebook()
TEAM, COMMITTEE = OrganisationCode(f"{GRID}-WG"), OrganisationCode(f"{QUAY}-SQ")
STREET, DISTRICT = OrganisationCode(f"{HARBOUR}-ZX"), OrganisationCode(f"{EAST}-ZX")
TOP = OrganisationCode(f"{CITY}-ZX")
TERMS = Terms(entry("SX-06010-1"), Policy(), pieces.CALENDAR, Urgency.NORMAL)
RULING = {"holder": TEAM, "limit": None, "by": "李主任", "centre": DISTRICT}


def bound(**changes: Any) -> Unit:
    return pieces.unit(reasons={"ruling": {**RULING, **changes}})


def test_returns_are_counted_and_the_first_holder_coordinates():
    unit = dispute.returned(pieces.unit())
    unit = dispute.returned(replace(unit, holder=COMMITTEE))
    assert unit.reasons["dispute"] == {
        "coordinator": TEAM,
        "returns": 2,
        "given_back": [TEAM, COMMITTEE],
    }


@pytest.mark.parametrize(
    ("times", "limit", "expected"), [(1, 2, False), (2, 2, True), (1, 1, True)]
)
def test_the_policy_says_when_the_centre_above_must_rule(times: int, limit: int, *, expected: bool):
    unit = pieces.unit()
    for _ in range(times):
        unit = dispute.returned(unit)
    assert dispute.must_rule(unit, limit) is expected


def test_an_escalation_is_no_return():
    unit = dispute.escalated(pieces.unit())
    assert (dispute.returns(unit), dispute.given_back(unit)) == (0, {TEAM})


def test_a_ruling_ends_the_wait_and_lets_anybody_be_asked_again():
    unit = dispute.awaiting(dispute.returned(pieces.unit(State.FILED)), DISTRICT)
    assert dispute.awaits(unit) == DISTRICT
    unit = dispute.ruled(unit, RULING)
    assert (dispute.awaits(unit), dispute.given_back(unit), dispute.returns(unit)) == (
        None,
        frozenset(),
        1,
    )


def test_only_who_is_named_is_bound():
    assert dispute.bound_by(bound()) is not None
    assert dispute.bound_by(bound(holder=COMMITTEE)) is None
    assert dispute.bound_by(pieces.unit()) is None


@pytest.mark.parametrize(
    ("by", "actions"),
    [
        (STREET, {Action.RETURN, Action.TRANSFER, Action.RECLASSIFY}),
        (DISTRICT, {Action.RETURN}),
        (TOP, {Action.RETURN}),
    ],
)
def test_a_ruling_binds_all_below_whoever_made_it(by: OrganisationCode, actions: set[Action]):
    assert dispute.barred(bound(), by, BOOK) == actions


def test_a_refusal_names_who_ruled_and_the_way_up():
    with pytest.raises(ActionNotAllowed) as refusal:
        dispute.refuse(bound(), Action.RETURN, TEAM, BOOK)
    assert "李主任" in refusal.value.zh
    assert Action.ESCALATE in refusal.value.allowed
    assert Action.RETURN not in refusal.value.allowed


@pytest.mark.parametrize(
    ("unit", "centre"),
    [
        (pieces.unit(), DISTRICT),
        (pieces.unit(State.FILED, holder=STREET, centre=DISTRICT), DISTRICT),
        (pieces.unit(State.FILED, holder=TOP, centre=TOP), TOP),
        (bound(), TOP),
    ],
)
def test_an_escalated_unit_goes_to_the_next_centre_above(unit: Unit, centre: OrganisationCode):
    assert dispute.over(unit, BOOK).code == centre


def test_a_way_through_somebody_who_gave_it_back_is_known():
    unit = dispute.returned(pieces.unit())
    filed = replace(unit, state=State.FILED, holder=STREET)
    way = to_organisation(BOOK.organisations[TEAM], BOOK, RouteReason.HELD)
    other = to_organisation(BOOK.organisations[COMMITTEE], BOOK, RouteReason.HELD)
    found = dispute.refuser(filed, way, BOOK)
    assert found is not None
    assert (found.code, dispute.refuser(filed, other, BOOK)) == (TEAM, None)


def test_urging_too_soon_tells_when_it_may_be_done_again():
    caller = pieces.caller(STREET)
    unit = urged(pieces.unit(), caller, TERMS, NOON)
    with pytest.raises(ActionNotAllowed, match="11-20 10:30"):
        urged(unit, caller, TERMS, NOON + timedelta(minutes=59))
    again = urged(unit, caller, TERMS, NOON + timedelta(hours=1))
    assert again.reasons["urged"]["times"] == 2


def test_a_supervision_stands_while_the_unit_is_suspended_and_goes_on_after():
    demand = Demand(read_limit("4紧急工作时"), "东江区治理中心", DISTRICT, NOON)
    unit, clocks = supervised(pieces.unit(State.IN_PROGRESS), (), TERMS, demand)
    hour, day = NOON + timedelta(hours=1), NOON + timedelta(days=1)
    _, clocks = enter(replace(unit, state=State.CANCELLED), clocks, TERMS, at=hour)
    assert not any(clock.is_running for clock in clocks)
    _, clocks = enter(unit, clocks, TERMS, at=day)
    found = next(clock for clock in clocks if clock.name is ClockName.SUPERVISE)
    assert (found.spent, found.due_at) == (3600, day + timedelta(hours=3))


@pytest.mark.parametrize(
    ("days", "times", "expected"), [(29, 0, True), (30, 0, False), (1, 1, True), (1, 2, False)]
)
def test_a_unit_is_reopened_within_the_window_and_so_often(
    days: int, times: int, *, expected: bool
):
    unit = pieces.unit(State.CLOSED, closed_at=NOON, reasons={"reopened": times})
    assert may_reopen(unit, Policy(), NOON + timedelta(days=days)) is expected


def test_reopening_counts_and_forgets_the_supervision():
    unit = pieces.unit(State.CLOSED, closed_at=NOON, reasons={SUPERVISION: {"limit": "1工作日"}})
    assert reopened(unit, None, Policy(), NOON).reasons == {"reopened": 1}


def test_a_task_is_reopened_only_while_its_event_is_coordinated():
    task = pieces.unit(State.CLOSED, closed_at=NOON)
    assert reopened(task, pieces.unit(State.COORDINATING), Policy(), NOON).reasons["reopened"] == 1
    with pytest.raises(ActionNotAllowed, match="reopen that first"):
        reopened(task, pieces.unit(State.CLOSED), Policy(), NOON)
