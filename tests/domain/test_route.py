"""Routing: from the city down to whoever must act, and the reason with the answer."""

from dataclasses import replace
from datetime import date

import pytest

from app.domain.area import AreaCode, Areas, Tier
from app.domain.organisation import Function, OrganisationCode, Organisations
from app.domain.route import (
    Route,
    RouteReason,
    to_centre,
    to_holder,
    to_nearest_holder,
    to_organisation,
)
from app.domain.rulebook import Rulebook
from tests import given, pieces
from tests.given import CITY, EAST, GRID, HARBOUR, QUAY

BOOK = given.in_memory()
AREAS: Areas = BOOK.areas


def held(function: str, level: Tier, area: str = GRID, book: Rulebook = BOOK) -> Route:
    return to_holder(Function(function), level, AREAS.path(area), book)


def nearest(function: str, level: Tier, area: str = GRID, book: Rulebook = BOOK) -> Route:
    return to_nearest_holder(Function(function), level, AREAS.path(area), book)


@pytest.mark.parametrize(
    ("level", "holder"),
    [
        (Tier.CITY, f"{CITY}-CG"),
        (Tier.DISTRICT, f"{EAST}-CG"),
        (Tier.STREET, f"{HARBOUR}-MS"),
        (Tier.COMMUNITY, f"{QUAY}-SQ"),
        (Tier.GRID, f"{GRID}-WG"),
    ],
)
def test_the_level_picks_the_holder_of_the_function(level: Tier, holder: str):
    assert held("sanitation", level).holder.code == holder


@pytest.mark.parametrize(
    ("level", "centre"),
    [
        (Tier.CITY, f"{CITY}-ZX"),
        (Tier.DISTRICT, f"{EAST}-ZX"),
        (Tier.STREET, f"{HARBOUR}-ZX"),
        (Tier.COMMUNITY, f"{HARBOUR}-ZX"),
        (Tier.GRID, f"{HARBOUR}-ZX"),
    ],
)
def test_the_centre_is_that_of_the_holders_area_or_the_next_above(level: Tier, centre: str):
    assert held("sanitation", level).centre.code == centre


def test_the_route_is_every_centre_from_the_city_and_ends_at_the_grid_team():
    assert held("sanitation", Tier.GRID).hops == (
        f"{CITY}-ZX",
        f"{EAST}-ZX",
        f"{HARBOUR}-ZX",
        f"{GRID}-WG",
    )


def test_a_function_nobody_holds_falls_to_the_areas_centre_as_a_gap():
    route = held("drainage", Tier.STREET)
    assert (route.holder.code, route.reason) == (f"{HARBOUR}-ZX", RouteReason.GAP)


def test_a_gap_below_the_centres_falls_to_the_next_centre_above():
    assert held("drainage", Tier.GRID).holder.code == f"{HARBOUR}-ZX"


def test_a_gap_without_a_street_centre_falls_to_the_district():
    book = pieces.rulebook(organisations=pieces.without_body(f"{HARBOUR}-ZX"))
    assert held("drainage", Tier.STREET, book=book).holder.code == f"{EAST}-ZX"


def test_a_centre_that_takes_a_gap_answers_to_the_centre_above():
    assert held("drainage", Tier.STREET).centre.code == f"{EAST}-ZX"


@pytest.mark.parametrize(
    ("area", "holder"),
    [
        (QUAY, f"{HARBOUR}-ZX"),
        (HARBOUR, f"{HARBOUR}-ZX"),
        (EAST, f"{EAST}-ZX"),
        (CITY, f"{CITY}-ZX"),
    ],
)
def test_a_place_too_coarse_for_the_level_goes_to_the_nearest_centre(area: str, holder: str):
    route = held("sanitation", Tier.GRID, area)
    assert (route.holder.code, route.reason) == (holder, RouteReason.COARSE)


def test_a_task_goes_to_the_holder_at_its_level_first():
    route = nearest("public_security", Tier.STREET)
    assert (route.holder.code, route.reason) == (f"{HARBOUR}-MS", RouteReason.HELD)


def test_a_task_whose_function_is_held_further_up_goes_up():
    route = nearest("fire", Tier.STREET)
    assert (route.holder.code, route.reason) == (f"{EAST}-XF", RouteReason.ABOVE)


def test_a_task_whose_function_nobody_holds_goes_to_the_nearest_centre_as_a_gap():
    route = nearest("astronomy", Tier.STREET)
    assert (route.holder.code, route.is_gap) == (f"{HARBOUR}-ZX", True)


def test_a_centre_is_the_last_hop_of_its_own_route():
    route = to_centre(AREAS.path(GRID), BOOK, RouteReason.OWNED)
    assert route.hops == (f"{CITY}-ZX", f"{EAST}-ZX", f"{HARBOUR}-ZX")


def test_the_city_centre_answers_to_itself():
    route = to_centre(AREAS.path(CITY), BOOK, RouteReason.OWNED)
    assert route.centre.code == route.holder.code == f"{CITY}-ZX"


def test_a_named_holder_keeps_the_reason_it_was_named_for():
    body = BOOK.organisations[OrganisationCode(f"{EAST}-PS")]
    assert to_organisation(body, BOOK, RouteReason.RULED).reason is RouteReason.RULED


def test_a_body_that_has_ended_keeps_its_name_and_loses_its_duties():
    bodies = given.organisations()
    board = f"{HARBOUR}-MS"
    ended = [
        replace(body, valid_to=date(2026, 11, 20)) if body.code == board else body
        for body in bodies
    ]
    before, after = (Organisations(ended).on(date(2026, 11, day)) for day in (19, 20))
    held = [one.holders(Function("landscaping"), AreaCode(HARBOUR)) for one in (before, after)]
    assert ([len(found) for found in held], after[OrganisationCode(board)].name) == (
        [1, 0],
        "码头街道民生服务板块",
    )
