"""Laws of reorganisation: whatever the plan, nothing is lost and somebody answers for all of it."""

from itertools import product

from hypothesis import given as drawn

from app.domain.area import Area, Areas, Place, Tier
from app.domain.organisation import Organisations
from app.domain.reorganisation.outcome import reorganise
from app.domain.reorganisation.plan import Plan
from app.domain.succession import moved
from tests import pieces
from tests.reorganising import DAY, city, drawn_city, reorganisations


def lives(area: Area) -> bool:
    return area.valid_to is None


@drawn(reorganisations())
def test_no_street_is_lost_and_each_lies_in_exactly_one_district(case: tuple[list[int], Plan]):
    areas, bodies = drawn_city(case[0])
    tree = Areas(reorganise(areas, bodies, case[1]).areas)
    for area in areas:
        if area.tier in {Tier.STREET, Tier.COMMUNITY}:
            path = tree.path(area.code)
            assert [above.tier for above in path] == list(Tier)[: len(path)]
            assert all(map(lives, path))


@drawn(reorganisations())
def test_codes_of_the_past_resolve_to_an_area_that_exists(case: tuple[list[int], Plan]):
    areas, bodies = drawn_city(case[0])
    done = reorganise(areas, bodies, case[1])
    tree = Areas(done.areas)
    assert all(area.code in tree for area in areas)
    assert all(lives(tree[tree.heir(code)]) for code in tree)


@drawn(reorganisations())
def test_every_body_acts_in_an_area_that_exists_and_stands_under_one_that_acts_there(
    case: tuple[list[int], Plan],
):
    areas, bodies = drawn_city(case[0])
    done = reorganise(areas, bodies, case[1])
    tree, staff = Areas(done.areas), Organisations(done.organisations, DAY)
    standing = {body.code for code in tree for body in staff.of_area(code)}
    for code in standing:
        body = staff[code]
        assert lives(tree[body.area])
        assert body.parent is None or body.parent in standing
        over = {above.code for above in tree.path(body.area)}
        assert body.parent is None or staff[body.parent].area in over
    assert all(staff.heir(code) in standing for code in staff)


@drawn(reorganisations())
def test_carried_out_again_a_plan_changes_nothing(case: tuple[list[int], Plan]):
    areas, bodies = drawn_city(case[0])
    once = reorganise(areas, bodies, case[1])
    again = reorganise(once.areas, once.organisations, case[1])
    assert again.is_nothing
    assert (again.areas, again.organisations) == (once.areas, once.organisations)


@drawn(reorganisations())
def test_every_unit_ends_with_somebody_who_answers_for_its_place(case: tuple[list[int], Plan]):
    areas, bodies = drawn_city(case[0])
    before, done = Areas(areas), reorganise(areas, bodies, case[1])
    rulebook = city(done)
    staff = Organisations(bodies)
    for area, body in product(areas, bodies):
        path = before.path(area.code)
        if body.area not in {above.code for above in path}:
            continue
        filed = pieces.unit(
            place=Place.of(path),
            holder=body.code,
            centre=staff.centre_above(body, before).code,
            route=tuple(one.code for one in staff.centres(before.path(body.area))),
        )
        change = moved(filed, rulebook, now=pieces.NOON, plan="方案")
        now = change.unit if change else filed
        there = rulebook.areas.path(now.place.finest(rulebook.areas))
        holder = rulebook.organisations[now.holder]
        assert Place.of(there) == now.place
        assert holder.area in {above.code for above in there}
        assert holder.valid_to is None
        assert moved(now, rulebook, now=pieces.NOON, plan="方案") is None
