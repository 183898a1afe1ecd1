"""Approval: who must agree to what, and which requests outlive a change."""

from dataclasses import replace
from uuid import uuid4

import pytest

from app.domain.action import Action
from app.domain.approval import approvers, chain, offers, released
from app.domain.area import AreaCode
from app.domain.authority import Role
from app.domain.clock import Clock, extend, start
from app.domain.filing import Filed
from app.domain.limit import parse_limit
from app.domain.marks import climbing
from app.domain.organisation import OrganisationCode
from app.domain.policy import LocalPolicy, Policies, Policy
from app.domain.request import Pending, RequestId, RequestKind, Wish
from app.domain.responsibility import Urgency
from app.domain.rulebook import Rulebook
from app.domain.unit import ClockName, State, Unit
from tests import pieces
from tests.given import CITY, EAST, GRID, HARBOUR, HILL, WEST

TEAM, STREET, DISTRICT, TOP = (
    OrganisationCode(code) for code in (f"{GRID}-WG", f"{HARBOUR}-ZX", f"{EAST}-ZX", f"{CITY}-ZX")
)
EXTENSION, CANCEL = Wish(RequestKind.EXTENSION), Wish(RequestKind.CANCEL)


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


def test_what_was_given_it_to_work_on_a_centre_may_not_cancel_itself():
    held = pieces.unit(State.ACCEPTED, holder=STREET, centre=DISTRICT)
    assert approvers(held, (), CANCEL, pieces.rulebook(), STREET) == (DISTRICT,)


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
        marks=climbing(100),
    )
    longer = extend(fresh, 60, at=pieces.NOON, calendar=pieces.CALENDAR, marks=climbing(100))
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
    street, district, team = (
        pieces.caller(code, Role.SUPERVISOR) for code in (STREET, DISTRICT, TEAM)
    )
    assert not offers(unit, Action.EXTEND, book, street)
    assert offers(unit, Action.EXTEND, book, district)
    assert offers(unit, Action.RETURN, book, team)
    assert not offers(unit, Action.RETURN, ruled(return_levels={Urgency.NORMAL: (1,)}), team)


@pytest.mark.parametrize(
    ("organisation", "role", "decides"),
    [
        (STREET, Role.CLERK, True),
        (STREET, Role.SUPERVISOR, True),
        (DISTRICT, Role.SUPERVISOR, True),
        (DISTRICT, Role.CLERK, False),
        (f"{HILL}-ZX", Role.SUPERVISOR, False),
        (TEAM, Role.SUPERVISOR, False),
    ],
)
def test_the_desk_decides_and_above_it_who_is_in_charge(
    organisation: str, role: Role, decides: bool
):
    unit, book = pieces.unit(State.ACCEPTED), pieces.rulebook()
    somebody = pieces.caller(organisation, role)
    assert not offers(unit, Action.GRANT, book, somebody)
    assert offers(waiting(unit), Action.GRANT, book, somebody) is decides


def test_a_request_on_the_districts_desk_is_not_the_streets_to_decide():
    unit = waiting(pieces.unit(State.ACCEPTED), desk=DISTRICT)
    head = pieces.caller(STREET, Role.SUPERVISOR)
    assert not offers(unit, Action.REFUSE, pieces.rulebook(), head)


def test_a_desk_the_city_has_no_more_is_the_units_own_centre():
    unit = waiting(pieces.unit(State.ACCEPTED), desk=OrganisationCode("500104-ZX"))
    assert offers(unit, Action.GRANT, pieces.rulebook(), pieces.caller(STREET, Role.CLERK))


def test_what_one_asked_for_oneself_one_refuses_and_does_not_grant():
    unit, book = waiting(pieces.unit(State.ACCEPTED)), pieces.rulebook()
    asker = pieces.caller(STREET, Role.CLERK, name="asker")
    assert not offers(unit, Action.GRANT, book, asker)
    assert offers(unit, Action.REFUSE, book, asker)


def test_taking_back_is_offered_to_who_has_asked():
    unit, book = waiting(pieces.unit(State.ACCEPTED)), pieces.rulebook()
    assert offers(unit, Action.WITHDRAW, book, pieces.caller(TEAM, Role.GRID_WORKER))
    assert not offers(unit, Action.WITHDRAW, book, pieces.caller(STREET, Role.CLERK))


@pytest.mark.parametrize(
    ("helper", "desk"),
    [(f"{HARBOUR}-MS", STREET), (f"{HILL}-MS", DISTRICT), (f"{WEST}-GA", TOP)],
)
def test_support_is_decided_by_the_nearest_centre_over_both(helper: str, desk: OrganisationCode):
    wish = Wish(RequestKind.SUPPORT, helper=OrganisationCode(helper))
    assert approvers(pieces.unit(), (), wish, pieces.rulebook(), TEAM) == (desk,)


def waiting(unit: Unit, desk: OrganisationCode = STREET) -> Unit:
    request = Pending(
        RequestId(uuid4()),
        RequestKind.EXTENSION,
        unit.route,
        pieces.account("asker"),
        unit.holder,
        desk,
    )
    return replace(unit, pending=(request,))


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
