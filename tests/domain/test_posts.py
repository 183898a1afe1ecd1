"""Boards and posts: who of them has it, and how the way there is told."""

from dataclasses import replace

import pytest

from app.domain.area import AreaCode, Tier
from app.domain.organisation import (
    Function,
    Organisation,
    OrganisationCode,
    OrganisationKind,
)
from app.domain.route import Route, to_holder
from tests import given, pieces
from tests.given import CITY, EAST, GRID, HARBOUR

BOARD = OrganisationCode(f"{HARBOUR}-MS")
POST = Organisation(
    code=OrganisationCode(f"{HARBOUR}-MS-HW"),
    name="码头街道环卫岗",
    kind=OrganisationKind.POST,
    area=AreaCode(HARBOUR),
    tier=Tier.STREET,
    parent=BOARD,
    functions=(Function("sanitation"),),
)
CENTRES = (f"{CITY}-ZX", f"{EAST}-ZX", f"{HARBOUR}-ZX")


def routed(function: str, *bodies: Organisation) -> Route:
    book = pieces.rulebook(organisations=bodies)
    path = pieces.AREAS.path(AreaCode(GRID))
    return to_holder(Function(function), Tier.STREET, path, book)


@pytest.mark.parametrize("first", [True, False])
def test_of_a_board_and_its_post_the_post_has_it(*, first: bool):
    bodies = (POST, *given.organisations()) if first else (*given.organisations(), POST)
    assert routed("sanitation", *bodies).holder == POST


def test_what_no_post_holds_stays_with_the_board():
    assert routed("landscaping", *given.organisations(), POST).holder.code == BOARD


def test_the_way_to_a_post_leads_over_its_board():
    route = routed("sanitation", *given.organisations(), POST)
    assert route.hops == (*CENTRES, BOARD, POST.code)


def test_the_way_to_a_board_is_the_centres_and_the_board():
    assert routed("landscaping", *given.organisations(), POST).hops == (*CENTRES, BOARD)


def test_a_post_of_a_post_comes_after_it():
    below = replace(POST, code=OrganisationCode("X"), parent=POST.code)
    route = routed("sanitation", *given.organisations(), POST, below)
    assert route.hops == (*CENTRES, BOARD, POST.code, "X")


def test_a_post_under_another_boards_name_does_not_take_the_boards_work():
    foreign = replace(POST, parent=OrganisationCode(f"{HARBOUR}-ZX"))
    assert routed("sanitation", *given.organisations(), foreign).holder.code == BOARD


def test_a_post_of_its_own_holds_what_it_holds():
    alone = replace(POST, functions=(Function("heating"),), parent=OrganisationCode(CENTRES[2]))
    route = routed("heating", *given.organisations(), alone)
    assert (route.holder, route.hops) == (alone, (*CENTRES, POST.code))


def test_parents_in_a_circle_end_the_way():
    ring = replace(POST, code=OrganisationCode("X"), parent=POST.code)
    bodies = (*given.organisations(), replace(POST, parent=OrganisationCode("X")), ring)
    assert routed("sanitation", *bodies).hops[-1] in {POST.code, "X", BOARD}


def test_the_centre_of_a_post_is_the_streets():
    assert routed("sanitation", *given.organisations(), POST).centre.code == CENTRES[2]
