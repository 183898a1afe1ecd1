"""A plan carried out on areas and bodies."""

from datetime import date

import pytest

from app.domain.area import AreaCode, Areas
from app.domain.errors import BadSheet
from app.domain.organisation import Function, OrganisationCode, OrganisationKind
from app.domain.reorganisation.outcome import reorganise
from app.domain.reorganisation.plan import BodyBegin, BodyEnd, BodyRename, Plan, Rename
from tests.given import CITY, EAST, GRID, HARBOUR, HILL, WEST
from tests.reorganising import DAY, MERGER, NEW, begin, carried_out, end, move, plan, recode


def faults(wanted: Plan) -> list[str]:
    with pytest.raises(BadSheet) as refusal:
        carried_out(wanted)
    return list(refusal.value.faults)


def codes(areas: Areas, code: str) -> list[str]:
    return [area.code for area in areas.path(AreaCode(code))]


def test_a_merged_district_ends_and_what_lay_in_it_lies_in_its_heir():
    areas = Areas(carried_out(MERGER).areas)
    assert codes(areas, GRID) == [CITY, NEW, HARBOUR, GRID[:12], GRID]
    assert (areas[AreaCode(EAST)].valid_to, areas.heir(AreaCode(EAST))) == (DAY, NEW)
    assert areas[NEW].valid_from == DAY
    assert areas[AreaCode(HARBOUR)].former == (EAST,)


def test_what_is_moved_elsewhere_does_not_go_to_the_heir():
    assert codes(Areas(carried_out(MERGER).areas), HILL) == [CITY, WEST, HILL]


def test_a_new_district_gets_the_bodies_of_the_one_it_is_like_under_its_own_name():
    bodies = {body.code: body for body in carried_out(MERGER).organisations}
    new = bodies[OrganisationCode(f"{NEW}-CG")]
    assert (new.name, new.parent, new.valid_from) == ("新东区城市管理局", f"{NEW}-ZX", DAY)
    assert bodies[OrganisationCode(f"{NEW}-ZX")].parent == f"{CITY}-ZX"


def test_bodies_of_an_ended_area_are_followed_by_their_like_at_the_heir():
    done = carried_out(MERGER)
    suffixes = ("ZX", "CG", "PS", "XF", "GA")
    assert done.replaced == {f"{EAST}-{one}": f"{NEW}-{one}" for one in suffixes}


def test_a_moved_street_s_centre_stands_under_the_centre_of_its_new_district():
    bodies = {body.code: body for body in carried_out(MERGER).organisations}
    assert bodies[OrganisationCode(f"{HILL}-ZX")].parent == f"{WEST}-ZX"
    assert bodies[OrganisationCode(f"{HARBOUR}-ZX")].parent == f"{NEW}-ZX"
    assert bodies[OrganisationCode(f"{HARBOUR}-MS")].parent == f"{HARBOUR}-ZX"


def test_a_divided_district_s_parts_go_where_the_plan_says():
    other = begin("500192", "新西区")
    done = carried_out(
        plan(
            begins=(begin(NEW), other),
            moves=(move(HARBOUR, NEW), move(HILL, "500192")),
            ends=(end(EAST, NEW),),
        )
    )
    areas = Areas(done.areas)
    assert codes(areas, HARBOUR)[1] == NEW
    assert codes(areas, HILL)[1] == "500192"
    assert areas.before(NEW) == (EAST,)


def test_streets_merge_as_districts_do():
    done = carried_out(plan(ends=(end(HILL, HARBOUR, is_whole=True),)))
    areas = Areas(done.areas)
    assert codes(areas, "500101002001001")[:3] == [CITY, EAST, HARBOUR]
    assert done.replaced == {f"{HILL}-ZX": f"{HARBOUR}-ZX", f"{HILL}-MS": f"{HARBOUR}-MS"}


def test_a_recoded_district_is_the_same_one_and_its_old_code_resolves():
    done = carried_out(plan(recodes=(recode(EAST, "500199"),)))
    areas = Areas(done.areas)
    assert (areas[AreaCode("500199")].name, areas.heir(AreaCode(EAST))) == ("东江区", "500199")
    assert areas.renumbered(AreaCode(EAST)) == (EAST, "500199")
    assert areas.renumbered(AreaCode("500199")) == (EAST, "500199")
    assert codes(areas, HARBOUR) == [CITY, "500199", HARBOUR]
    assert done.replaced[OrganisationCode(f"{EAST}-CG")] == "500199-CG"


def test_a_merged_district_is_not_the_same_one():
    areas = Areas(carried_out(MERGER).areas)
    assert areas.renumbered(AreaCode(EAST)) == (EAST,)
    assert areas.renumbered(NEW) == (NEW,)


def test_a_provisional_code_gives_way_to_the_official_one():
    first = carried_out(MERGER)
    later = Plan("换码", date(2027, 1, 1), recodes=(recode(NEW, "500157"),))
    areas = Areas(reorganise(first.areas, first.organisations, later).areas)
    assert not areas[AreaCode("500157")].provisional
    assert areas.heir(AreaCode(EAST)) == "500157"
    assert areas.before(AreaCode("500157")) == (NEW, EAST)
    assert areas.renumbered(NEW) == (NEW, "500157")


def test_a_renamed_area_keeps_its_old_name_in_mind_and_its_bodies_take_the_new_one():
    done = carried_out(plan(renames=(Rename(AreaCode(EAST), "滨江区", "rename[1]"),)))
    area = Areas(done.areas)[AreaCode(EAST)]
    assert (area.name, area.old_names) == ("滨江区", ("东江区",))
    assert not done.is_nothing
    assert done.renamed[EAST] == "滨江区"
    assert "滨江区城市管理局" in {body.name for body in done.organisations}


def test_single_bodies_begin_take_other_names_and_end():
    held = (Function("sanitation"), Function("municipal"))
    new = BodyBegin(
        OrganisationCode(f"{EAST}-HJ"),
        "东江区环境局",
        OrganisationKind.DEPARTMENT,
        AreaCode(EAST),
        held,
        "",
        None,
        "organisation.new[1]",
    )
    done = carried_out(
        plan(
            body_begins=(new,),
            body_renames=(BodyRename(OrganisationCode(f"{EAST}-PS"), "东江区水务局", "o"),),
            body_ends=(BodyEnd(OrganisationCode(f"{EAST}-CG"), None, "organisation.end[1]"),),
        )
    )
    assert done.replaced == {f"{EAST}-CG": f"{EAST}-HJ"}
    assert "东江区水务局" in {body.name for body in done.organisations}


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        (plan(moves=(move("599", WEST),)), "move[1]: 没有区划 599"),
        (plan(moves=(move(HILL, "599"),)), "move[1]: 没有区划 599"),
        (plan(moves=(move(HILL, HARBOUR),)), f"move[1]: {HILL} 为 street, 不能在 street"),
        (plan(moves=(move(CITY, EAST),)), f"move[1]: {CITY} 为 city, 不能在 district"),
        (plan(moves=(move(HILL, WEST), move(HILL, WEST))), f"move[1]: {HILL} 出现了两次"),
        (plan(begins=(begin(WEST),)), f"new[1]: 编码 {WEST} 已存在"),
        (plan(begins=(begin(NEW, parent=HARBOUR),)), f"new[1]: {NEW} 为 district, 不能在 street"),
        (plan(begins=(begin(NEW, like=HARBOUR),)), f"new[1]: {HARBOUR} 层级不同"),
        (plan(begins=(begin(NEW, like="599"),)), "new[1]: 没有区划 599"),
        (plan(ends=(end(EAST, WEST),)), f"end[1]: 撤销 {EAST} 前须划出其中 2 个区划"),
        (
            plan(ends=(end(EAST, HARBOUR, is_whole=True),)),
            f"merge[1]: 承继 {EAST} 的 {HARBOUR} 层级不同",
        ),
        (plan(ends=(end(HILL, EAST),)), f"end[1]: 承继 {HILL} 的 {EAST} 层级不同"),
        (plan(ends=(end(EAST, "599", is_whole=True),)), "merge[1]: 没有区划 599"),
        (
            plan(ends=(end(EAST, WEST, is_whole=True), end(WEST, EAST, is_whole=True))),
            f"merge[1]: {WEST} 在同一方案中被撤销",
        ),
        (
            plan(moves=(move(HILL, EAST), move(HARBOUR, WEST)), ends=(end(HARBOUR, HILL),)),
            f"move[1]: {HARBOUR} 同时被撤销",
        ),
        (plan(recodes=(recode(EAST, WEST),)), f"recode[1]: 编码 {WEST} 已存在"),
        (plan(renames=(Rename(AreaCode("599"), "某区", "rename[1]"),)), "rename[1]: 没有区划 599"),
        (plan(body_ends=(BodyEnd(OrganisationCode("599-CG"), None, "o"),)), "o: 没有单位 599-CG"),
        (
            plan(body_ends=(BodyEnd(OrganisationCode(f"{CITY}-ZX"), None, "o"),)),
            f"{CITY}: 市级治理中心不能没有",
        ),
    ],
)
def test_what_cannot_be_done_is_named_with_its_place_in_the_plan(wanted: Plan, fault: str):
    found = faults(wanted)
    assert any(one.startswith(fault) for one in found), found


def test_an_area_that_ended_before_cannot_be_moved_again():
    done = carried_out(MERGER)
    later = Plan("再划转", date(2027, 1, 1), moves=(move(EAST, CITY),))
    with pytest.raises(BadSheet, match="再划转") as refusal:
        reorganise(done.areas, done.organisations, later)
    assert f"区划 {EAST} 当日不存在" in refusal.value.faults[0]
