"""Views: every open unit is in exactly one of a desk's own, and each view has its words."""

from datetime import timedelta

import pytest

from app.domain import claim
from app.domain.action import Action
from app.domain.area import Tier
from app.domain.authority import Role
from app.domain.errors import Claimed, ClaimLost
from app.domain.organisation import OrganisationCode
from app.domain.queue import ACROSS, STATES, VIEW_OF, View
from app.domain.reach import reach_of
from app.domain.unit import State
from app.domain.words import VIEW
from tests import given, pieces
from tests.given import CITY, EAST, GRID, HARBOUR, QUAY

NOW = pieces.NOON


@pytest.mark.parametrize("state", State)
def test_each_open_state_is_in_exactly_one_of_a_desks_views(state: State):
    views = [view for view, states in STATES.items() if state in states]
    assert views == ([] if state.is_final else [VIEW_OF[state]])


def test_every_view_is_the_desks_own_or_goes_across_and_has_its_words():
    assert {*STATES, *ACROSS} == set(View) == set(VIEW)
    assert not {*STATES} & {*ACROSS}


@pytest.mark.parametrize(
    ("code", "tier", "areas"),
    [
        (f"{CITY}-ZX", Tier.CITY, (CITY,)),
        (f"{EAST}-ZX", Tier.DISTRICT, (EAST,)),
        (f"{HARBOUR}-ZX", Tier.STREET, (HARBOUR,)),
        (f"{QUAY}-SQ", Tier.COMMUNITY, (QUAY,)),
        (f"{GRID}-WG", Tier.GRID, (GRID,)),
        (f"{EAST}-CG", None, ()),
    ],
)
def test_a_subtree_is_the_area_of_who_answers_for_one(
    code: str, tier: Tier | None, areas: tuple[str, ...]
):
    rulebook = given.in_memory()
    body = rulebook.organisations[OrganisationCode(code)]
    reach = reach_of(body, rulebook, is_subtree=True)
    assert (reach.tier, tuple(reach.areas)) == (tier, areas)
    assert reach_of(body, rulebook, is_subtree=False).tier is None


HOLDER = f"{GRID}-WG"
MINE = pieces.caller(HOLDER, Role.GRID_WORKER, name="mine")
OTHER = pieces.caller(HOLDER, Role.GRID_WORKER, name="other")
HEAD = pieces.caller(HOLDER, Role.SUPERVISOR, name="head")
ABOVE = pieces.caller(f"{HARBOUR}-ZX", Role.CLERK, name="above")


def held(seconds: int = 60):
    until = NOW + timedelta(seconds=seconds)
    return pieces.unit(claimed_by=MINE.account, claimed_until=until, claim=3)


def test_a_colleague_is_barred_while_the_lease_lasts():
    with pytest.raises(Claimed):
        claim.refuse(held(), OTHER, Action.ACCEPT, NOW)
    claim.refuse(held(0), OTHER, Action.ACCEPT, NOW)


@pytest.mark.parametrize("somebody", [MINE, HEAD, ABOVE], ids=lambda caller: caller.name)
def test_nobody_else_is(somebody):
    claim.refuse(held(), somebody, Action.ACCEPT, NOW)


def test_what_raises_no_version_is_open_to_all():
    claim.refuse(held(), OTHER, Action.NOTE, NOW)


@pytest.mark.parametrize(
    ("caller", "token", "seconds"), [(MINE, 2, 60), (MINE, 3, 0), (OTHER, 3, 60), (HEAD, 3, 60)]
)
def test_a_token_that_is_not_that_of_ones_live_claim_is_refused(caller, token, seconds):
    with pytest.raises(ClaimLost):
        claim.refuse(held(seconds), caller, Action.ACCEPT, NOW, token=token)


def test_the_token_of_ones_live_claim_holds():
    claim.refuse(held(), MINE, Action.ACCEPT, NOW, token=3)
