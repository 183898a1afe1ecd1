"""Approval: who must agree to what, and which requests outlive a change."""

from dataclasses import replace
from uuid import uuid4

import pytest

from app.domain.action import Action
from app.domain.approval import approvers, chain, offers, released
from app.domain.area import AreaCode
from app.domain.clock import Clock, extend, start
from app.domain.filing import Filed
from app.domain.limit import parse_limit
from app.domain.organisation import OrganisationCode
from app.domain.policy import LocalPolicy, Marks, Policies, Policy
from app.domain.request import Pending, RequestId, RequestKind
from app.domain.responsibility import Urgency
from app.domain.rulebook import Rulebook
from app.domain.unit import ClockName, State, Unit
from tests import pieces
from tests.given import CITY, EAST, GRID, HARBOUR, HILL

TEAM, STREET, DISTRICT, TOP = (
    OrganisationCode(code) for code in (f"{GRID}-WG", f"{HARBOUR}-ZX", f"{EAST}-ZX", f"{CITY}-ZX")
)
EXTENSION, CANCEL = RequestKind.EXTENSION, RequestKind.CANCEL


def ruled(**said: object) -> Rulebook:
    """The small city with policies of its own for the approval of requests."""
    local = LocalPolicy(**said)  # type: ignore[arg-type]
    return pieces.rulebook(policies=Policies({AreaCode(CITY): local}))


def asked(
    by: OrganisationCode, *, book: Rulebook | None = None, clocks: tuple[Clock, ...] = ()
) -> tuple[OrganisationCode, ...]:
    return approvers(pieces.unit(), clocks, EXTENSION, book or pieces.rulebook(), by)


def test_the_centres_from_the_units_own_up_to_the_city():
    assert chain(pieces.unit(), EXTENSION, pieces.rulebook()) == (STREET, DISTRICT, TOP)


def test_its_own_event_a_centre_may_cancel_itself():
    owned = pieces.unit(State.COORDINATING, holder=STREET, centre=DISTRICT)
    book = pieces.rulebook()
    assert chain(owned, CANCEL, book) == (STREET, DISTRICT, TOP)
    assert approvers(owned, (), CANCEL, book, STREET) == ()


def test_its_own_event_a_centre_may_not_give_more_time():
    owned = pieces.unit(State.COORDINATING, holder=STREET, centre=DISTRICT)
    assert approvers(owned, (), EXTENSION, pieces.rulebook(), STREET) == (DISTRICT, TOP)


@pytest.mark.parametrize(
    ("by", "left"),
    [(TEAM, (STREET, DISTRICT)), (STREET, (DISTRICT,)), (DISTRICT, ()), (TOP, ())],
)
def test_who_asks_or_agrees_has_agreed_for_those_below(
    by: OrganisationCode, left: tuple[OrganisationCode, ...]
):
    assert asked(by) == left


def test_by_urgency_and_count_as_policy_says():
    book = ruled(extension_levels={Urgency.NORMAL: (0, 3)})
    fresh = start(
        ClockName.DISPOSE,
        parse_limit("4工作时"),
        at=pieces.NOON,
        calendar=pieces.CALENDAR,
        marks=Marks(),
    )
    longer = extend(fresh, 60, at=pieces.NOON, calendar=pieces.CALENDAR, marks=Marks())
    assert asked(TEAM, book=book, clocks=(fresh,)) == ()
    assert asked(TEAM, book=book, clocks=(longer,)) == (STREET, DISTRICT, TOP)


def test_the_last_number_holds_for_all_that_follow():
    levels = Policy(return_levels={Urgency.NORMAL: (0, 1)})
    assert [levels.levels(RequestKind.RETURN, Urgency.NORMAL, count) for count in (0, 1, 7)] == [
        0,
        1,
        1,
    ]


def test_what_must_be_asked_for_is_not_offered():
    unit, book = pieces.unit(State.ACCEPTED), pieces.rulebook()
    assert not offers(unit, Action.EXTEND, book, STREET)
    assert offers(unit, Action.EXTEND, book, DISTRICT)
    assert offers(unit, Action.RETURN, book, TEAM)
    assert not offers(unit, Action.RETURN, ruled(return_levels={Urgency.NORMAL: (1,)}), TEAM)


def test_deciding_is_offered_where_there_is_something_to_decide():
    unit, book = pieces.unit(State.ACCEPTED), pieces.rulebook()
    assert not offers(unit, Action.GRANT, book, STREET)
    assert offers(waiting(unit), Action.GRANT, book, STREET)


def waiting(unit: Unit, kind: RequestKind = EXTENSION) -> Unit:
    return replace(unit, pending=(Pending(RequestId(uuid4()), kind, unit.route),))


def test_a_request_outlives_what_leaves_its_route_alone():
    change = Filed(waiting(pieces.unit(State.IN_PROGRESS)), (), ())
    assert released(change) == (change, ())


@pytest.mark.parametrize(
    "changes",
    [
        {"route": (TOP, OrganisationCode(f"{HILL}-ZX"))},
        {"state": State.RESOLVED},
        {"state": State.CLOSED},
        {"state": State.CANCELLED},
    ],
    ids=str,
)
def test_a_request_ends_with_its_route_or_its_sense(changes: dict[str, object]):
    unit = waiting(pieces.unit(State.ACCEPTED, route=(TOP, STREET)))
    after, dead = released(Filed(replace(unit, **changes), (), ()))  # type: ignore[arg-type]
    assert (after.unit.pending, dead) == ((), (unit.pending[0].id,))
