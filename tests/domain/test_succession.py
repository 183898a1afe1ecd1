"""Open units after areas and bodies have changed: who has them now, and what stays as it is."""

from datetime import date
from typing import Any

import pytest

from app.domain.action import Action
from app.domain.area import Areas, Place
from app.domain.organisation import OrganisationCode, Organisations
from app.domain.reorganisation.outcome import Reorganised, reorganise
from app.domain.reorganisation.plan import Plan
from app.domain.succession import moved
from app.domain.unit import State, Unit
from tests import pieces
from tests.given import CITY, EAST, GRID, HARBOUR, HILL, WEST
from tests.reorganising import AREAS, BODIES, MERGER, NEW, carried_out, city, recode


def after(filed: Unit, done: Reorganised) -> Unit:
    change = moved(filed, city(done), now=pieces.NOON, plan="试行方案")
    return change.unit if change else filed


def held(code: str, **changes: Any) -> Unit:
    """A unit in the grid, on that body's hands."""
    bodies, areas = Organisations(BODIES), Areas(AREAS)
    body = bodies[OrganisationCode(code)]
    over = bodies.centre_above(body, areas)
    hops = tuple(one.code for one in bodies.centres(areas.path(body.area)))
    values = {"holder": body.code, "centre": over.code, "route": hops, **changes}
    return pieces.unit(**values)


HILLSIDE = Place(EAST, HILL, "500101002001", "500101002001001")


@pytest.mark.parametrize(
    ("before", "holder", "centre"),
    [
        (held(f"{GRID}-WG"), f"{GRID}-WG", f"{HARBOUR}-ZX"),
        (held(f"{HARBOUR}-MS"), f"{HARBOUR}-MS", f"{HARBOUR}-ZX"),
        (held(f"{HARBOUR}-ZX", state=State.TRIAGE), f"{HARBOUR}-ZX", f"{NEW}-ZX"),
        (held(f"{EAST}-CG"), f"{NEW}-CG", f"{NEW}-ZX"),
        (held(f"{EAST}-CG", place=HILLSIDE), f"{WEST}-CG", f"{WEST}-ZX"),
        (held(f"{EAST}-ZX", state=State.COORDINATING), f"{NEW}-ZX", f"{CITY}-ZX"),
        (held(f"{CITY}-CG"), f"{CITY}-CG", f"{CITY}-ZX"),
        (held(f"{WEST}-CG"), f"{WEST}-CG", f"{WEST}-ZX"),
        (held(f"{EAST}-CG", place=Place(WEST)), f"{NEW}-CG", f"{NEW}-ZX"),
    ],
)
def test_a_unit_goes_to_who_answers_for_its_place_now(before: Unit, holder: str, centre: str):
    filed = after(before, carried_out(MERGER))
    assert (filed.holder, filed.centre) == (holder, centre)
    assert filed.desk in {holder, centre}


def test_a_unit_s_move_is_one_step_that_says_from_where_to_where():
    change = moved(held(f"{EAST}-CG"), city(carried_out(MERGER)), now=pieces.NOON, plan="方案")
    assert change is not None
    (step,) = change.steps
    assert (step.action, step.actor, step.organisation) == (Action.MOVE, None, f"{NEW}-CG")
    assert step.data == {
        "from": {"district": EAST, "street": HARBOUR, "holder": f"{EAST}-CG"},
        "to": {"district": NEW, "street": HARBOUR, "holder": f"{NEW}-CG"},
        "plan": "方案",
    }


def test_a_move_touches_no_limit_and_not_where_the_unit_was_filed():
    before = held(f"{EAST}-CG", due_at=pieces.NOON, raised=(f"{EAST}-ZX", f"{CITY}-ZX"))
    change = moved(before, city(carried_out(MERGER)), now=pieces.NOON, plan="方案")
    assert change is not None
    assert change.clocks == ()
    kept = ("home", "due_at", "stage", "stage_due_at", "overdue_at", "state", "entry", "rulebook")
    assert all(getattr(change.unit, name) == getattr(before, name) for name in kept)
    assert change.unit.raised == (f"{NEW}-ZX", f"{CITY}-ZX")
    assert (change.unit.version, change.unit.steps) == (before.version + 1, before.steps + 1)


def test_who_returned_a_unit_and_whom_it_was_meant_for_are_known_by_their_new_codes():
    reasons = {"returned_by": f"{EAST}-CG", "route": {"meant": f"{EAST}-PS", "by": "stepwise"}}
    filed = after(held(f"{EAST}-ZX", state=State.FILED, reasons=reasons), carried_out(MERGER))
    assert filed.reasons == {
        "returned_by": f"{NEW}-CG",
        "route": {"meant": f"{NEW}-PS", "by": "stepwise"},
    }


def test_a_unit_that_nothing_happened_to_is_left_alone():
    west = held(f"{WEST}-CG", place=Place(WEST, "500102001"), centre=f"{WEST}-ZX")
    assert moved(west, city(carried_out(MERGER)), now=pieces.NOON, plan="方案") is None


def test_a_unit_follows_several_changes_at_once():
    first = carried_out(MERGER)
    later = Plan("换码", date(2027, 1, 1), recodes=(recode(NEW, "500157"),))
    done = reorganise(first.areas, first.organisations, later)
    change = moved(held(f"{EAST}-CG"), city(done, date(2027, 1, 1)), now=pieces.NOON, plan="换码")
    assert change is not None
    assert (change.unit.place.district, change.unit.holder) == ("500157", "500157-CG")
