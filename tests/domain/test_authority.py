"""Authority: who may do what, and who sees what."""

from dataclasses import dataclass, replace
from uuid import uuid4

import pytest

from app.domain.action import Action
from app.domain.area import Place, Tier
from app.domain.authority import (
    AUTHORITY,
    Caller,
    Relation,
    Role,
    Scope,
    permit,
    relations,
    scope_of,
    sees,
)
from app.domain.errors import Forbidden
from app.domain.organisation import OrganisationCode, Organisations
from app.domain.request import Pending, RequestId, RequestKind
from app.domain.unit import State
from tests import given, pieces
from tests.given import CITY, EAST, GRID, HARBOUR, HILL, QUAY, WEST

BODIES = Organisations(given.organisations())
UNIT = pieces.unit(State.DISPATCHED)
ABOVE = frozenset({OrganisationCode(f"{CITY}-ZX"), OrganisationCode(f"{EAST}-ZX")})
PLACES = {
    Relation.HOLDER: f"{GRID}-WG",
    Relation.CENTRE: f"{HARBOUR}-ZX",
    Relation.ABOVE: f"{EAST}-ZX",
}


@dataclass(frozen=True)
class Row:
    """One line of the table: these roles, standing so, may do these things."""

    relation: Relation
    role: Role
    actions: str


DESK = "file decline dispatch merge unmerge remind"
WORK = (
    "claim release accept start return resolve escalate contact arrive split support request"
    " withdraw appeal resume"
)
CHECK = "verify rework close"
STEER = "transfer pass_down reclassify urge reopen rate"
TASKS = "split request withdraw appeal resume"
HEAD = "cancel rule supervise suspend extend grant refuse"
CENTRE = f"{DESK} {CHECK} {STEER} {TASKS}"
TABLE = (
    Row(Relation.HOLDER, Role.GRID_WORKER, WORK),
    Row(Relation.HOLDER, Role.DEPARTMENT, WORK),
    Row(Relation.HOLDER, Role.CLERK, f"{DESK} {WORK} whistle"),
    Row(Relation.HOLDER, Role.SUPERVISOR, f"{DESK} {WORK} whistle"),
    Row(Relation.HOLDER, Role.REPORTER, ""),
    Row(Relation.HOLDER, Role.INTEGRATOR, ""),
    Row(Relation.HOLDER, Role.ADMINISTRATOR, ""),
    Row(Relation.CENTRE, Role.GRID_WORKER, ""),
    Row(Relation.CENTRE, Role.DEPARTMENT, ""),
    Row(Relation.CENTRE, Role.CLERK, f"{CENTRE} escalate whistle"),
    Row(Relation.CENTRE, Role.SUPERVISOR, f"{CENTRE} escalate whistle {HEAD}"),
    Row(Relation.CENTRE, Role.ADMINISTRATOR, ""),
    Row(Relation.ABOVE, Role.CLERK, "rate"),
    Row(Relation.ABOVE, Role.DEPARTMENT, ""),
    Row(Relation.ABOVE, Role.SUPERVISOR, f"{CENTRE} {HEAD}"),
)


def may(caller: Caller, action: Action) -> bool:
    try:
        permit(caller, action, UNIT, ABOVE)
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.relation}-{row.role}")
def test_a_role_standing_so_may_do_exactly(row: Row):
    somebody = pieces.caller(PLACES[row.relation], row.role)
    allowed = {action for action in Action if may(somebody, action)} - {Action.NOTE, Action.ATTACH}
    assert allowed == {Action(word) for word in row.actions.split()}


@pytest.mark.parametrize("relation", PLACES)
@pytest.mark.parametrize("role", Role)
def test_everybody_who_has_to_do_with_it_may_add_to_it(relation: Relation, role: Role):
    somebody = pieces.caller(PLACES[relation], role)
    assert may(somebody, Action.NOTE)
    assert may(somebody, Action.ATTACH)


def test_the_reporter_may_urge_reopen_and_rate_and_change_nothing_else():
    reporter = pieces.caller(f"{WEST}-CG", Role.REPORTER, name="reporter")
    assert {action for action in Action if may(reporter, action)} == {
        Action.NOTE,
        Action.ATTACH,
        Action.URGE,
        Action.REOPEN,
        Action.RATE,
    }


def test_who_has_a_request_about_it_on_the_desk_decides_it_whatever_the_hour():
    route, street = UNIT.route, OrganisationCode(PLACES[Relation.CENTRE])
    asker = pieces.account("asker")
    request = Pending(RequestId(uuid4()), RequestKind.EXTENSION, route, asker, UNIT.holder, street)
    asked_for = replace(UNIT, pending=(request,))
    for organisation, may_decide in ((street, True), (PLACES[Relation.ABOVE], False)):
        clerk = pieces.caller(organisation, Role.CLERK)
        assert (Relation.APPROVER in relations(clerk, asked_for, ABOVE)) is may_decide
    assert permit(pieces.caller(street, Role.CLERK), Action.GRANT, asked_for, ABOVE) is None
    with pytest.raises(Forbidden):
        permit(pieces.caller(street, Role.DEPARTMENT), Action.GRANT, asked_for, ABOVE)


TEAMS = frozenset({OrganisationCode(f"{GRID}-WG")})


def test_a_grid_worker_verifies_on_the_grid_what_another_body_has_done():
    held = pieces.unit(State.RESOLVED, holder=OrganisationCode(f"{HARBOUR}-MS"))
    worker = pieces.caller(f"{GRID}-WG", Role.GRID_WORKER)
    assert relations(worker, held, ABOVE, TEAMS) == {Relation.GRID}
    assert permit(worker, Action.VERIFY, held, ABOVE, TEAMS) is None


def test_a_grid_team_does_not_verify_its_own_work():
    worker = pieces.caller(f"{GRID}-WG", Role.GRID_WORKER)
    with pytest.raises(Forbidden):
        permit(worker, Action.VERIFY, pieces.unit(State.RESOLVED), ABOVE, TEAMS)


def test_the_centre_that_owns_a_filed_unit_passes_it_down_and_reclassifies_it():
    owned = pieces.unit(State.FILED, holder=OrganisationCode(f"{HARBOUR}-ZX"))
    clerk = pieces.caller(f"{HARBOUR}-ZX", Role.CLERK)
    for action in (Action.PASS_DOWN, Action.RECLASSIFY, Action.ESCALATE):
        assert permit(clerk, action, owned, frozenset()) is None


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("place", [f"{WEST}-ZX", f"{HILL}-ZX", f"{HARBOUR}-MS"])
def test_a_stranger_may_do_nothing(role: Role, place: str):
    assert not any(may(pieces.caller(place, role), action) for action in Action)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", sorted(set(Action) - set(AUTHORITY)))
def test_what_the_service_does_nobody_may_do(role: Role, action: Action):
    assert not may(pieces.caller(PLACES[Relation.CENTRE], role), action)


def test_nobody_verifies_their_own_resolution():
    clerk = pieces.caller(f"{HARBOUR}-ZX", Role.CLERK)
    resolved = pieces.unit(State.RESOLVED, resolved_by=clerk.account)
    with pytest.raises(Forbidden, match="own resolution"):
        permit(clerk, Action.VERIFY, resolved, ABOVE)


def test_a_colleague_verifies_it():
    resolver, colleague = (
        pieces.caller(f"{HARBOUR}-ZX", Role.CLERK, name=name) for name in ("甲", "乙")
    )
    resolved = pieces.unit(State.RESOLVED, resolved_by=resolver.account)
    assert permit(colleague, Action.VERIFY, resolved, ABOVE) is None


def test_a_refusal_tells_who_may():
    with pytest.raises(Forbidden) as refusal:
        permit(pieces.caller(f"{GRID}-WG", Role.GRID_WORKER), Action.VERIFY, UNIT, ABOVE)
    assert refusal.value.allowed == (
        "centre: clerk, supervisor",
        "above: supervisor",
        "grid: grid_worker",
    )


def test_a_caller_can_stand_in_several_relations():
    holder = pieces.caller(f"{GRID}-WG", Role.GRID_WORKER, name="reporter")
    stands = {Relation.HOLDER, Relation.DESK, Relation.REPORTER}
    assert relations(holder, UNIT, ABOVE) == stands


def scope(organisation: str, *roles: Role, name: str = "somebody") -> Scope:
    caller = pieces.caller(organisation, *(roles or (Role.CLERK,)), name=name)
    return scope_of(caller, BODIES[caller.organisation])


@pytest.mark.parametrize(
    ("organisation", "is_seen"),
    [
        (f"{CITY}-ZX", True),
        (f"{EAST}-ZX", True),
        (f"{HARBOUR}-ZX", True),
        (f"{QUAY}-SQ", True),
        (f"{GRID}-WG", True),
        (f"{WEST}-ZX", False),
        (f"{HILL}-ZX", False),
        (f"{EAST}-CG", False),
        (f"{CITY}-CG", False),
        (f"{HARBOUR}-MS", False),
    ],
)
def test_a_centre_sees_its_area_and_a_department_what_it_holds(organisation: str, *, is_seen: bool):
    assert sees(scope(organisation), UNIT) is is_seen


def test_a_department_sees_what_it_holds():
    held = pieces.unit(holder=OrganisationCode(f"{EAST}-CG"))
    assert sees(scope(f"{EAST}-CG", Role.DEPARTMENT), held)


def test_a_unit_moved_elsewhere_stays_in_the_holders_sight():
    moved = pieces.unit(place=Place(WEST, "500102001"))
    assert sees(scope(f"{GRID}-WG"), moved)


@pytest.mark.parametrize("organisation", [f"{EAST}-ZX", f"{CITY}-ZX", f"{GRID}-WG"])
def test_a_mere_reporter_sees_no_area(organisation: str):
    assert scope(organisation, Role.REPORTER).tier is None


def test_a_reporter_sees_their_own_report():
    assert sees(scope(f"{WEST}-CG", Role.REPORTER, name="reporter"), UNIT)


def test_a_unit_known_only_by_its_city_lies_in_no_district():
    nowhere = pieces.unit(
        place=Place(), holder=OrganisationCode(f"{CITY}-ZX"), centre=OrganisationCode(f"{CITY}-ZX")
    )
    assert not sees(scope(f"{EAST}-ZX"), nowhere)


def test_the_city_sees_a_unit_known_only_by_its_city():
    assert scope(f"{CITY}-ZX").tier is Tier.CITY
