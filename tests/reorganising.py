"""Builders of plans, and of cities for them to change."""

from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import strategies as st

from app.domain.area import Area, AreaCode, Areas, Tier
from app.domain.organisation import (
    Function,
    Organisation,
    OrganisationCode,
    OrganisationKind,
    Organisations,
)
from app.domain.reorganisation.outcome import Reorganised, reorganise
from app.domain.reorganisation.plan import Begin, End, Move, Plan, Recode
from app.domain.rulebook import Rulebook
from tests import given, pieces
from tests.given import CITY, EAST, HILL, WEST

DAY = date(2026, 11, 20)
NEW = AreaCode("500191")
AREAS = given.areas()


def linked() -> tuple[Organisation, ...]:
    """The small city's bodies, each under the nearest centre."""
    bodies, areas = given.organisations(), Areas(AREAS)
    known = Organisations(bodies)
    return tuple(
        body if body.code == f"{CITY}-ZX" else replace(body, parent=over)
        for body in bodies
        for over in [known.centre_above(body, areas).code]
    )


BODIES = linked()


def begin(code: str, name: str = "新东区", like: str | None = EAST, **changes: Any) -> Begin:
    area = Area(AreaCode(code), name, Tier.DISTRICT, AreaCode(CITY), provisional=True)
    return Begin(replace(area, **changes), AreaCode(like) if like else None, "new[1]")


def move(code: str, to: str) -> Move:
    return Move(AreaCode(code), AreaCode(to), "move[1]")


def end(code: str, heir: str, *, is_whole: bool = False) -> End:
    return End(AreaCode(code), AreaCode(heir), is_whole, "merge[1]" if is_whole else "end[1]")


def recode(code: str, to: str) -> Recode:
    return Recode(AreaCode(code), AreaCode(to), "recode[1]")


def plan(**changes: Any) -> Plan:
    return Plan("试行方案", DAY, **changes)


MERGER = plan(
    begins=(begin(NEW),),
    moves=(move(HILL, WEST),),
    ends=(end(EAST, NEW, is_whole=True),),
)
"""东江区 ends: its harbour street goes to the new district, its hill street to the west."""


def carried_out(wanted: Plan) -> Reorganised:
    return reorganise(AREAS, BODIES, wanted)


def city(done: Reorganised, day: date = DAY) -> Rulebook:
    bodies = Organisations(done.organisations, day)
    return replace(pieces.rulebook(), areas=Areas(done.areas), organisations=bodies)


def drawn_city(streets: list[int]) -> tuple[tuple[Area, ...], tuple[Organisation, ...]]:
    """A city whose districts have that many streets, each with a community."""
    areas = [AREAS[0]]
    for number, count in enumerate(streets, start=1):
        district = AreaCode(f"5001{number:02}")
        areas.append(Area(district, f"{number}区", Tier.DISTRICT, AREAS[0].code))
        for place in range(1, count + 1):
            street = AreaCode(f"{district}{place:03}")
            areas.append(Area(street, f"{number}{place}街道", Tier.STREET, district))
            areas.append(Area(AreaCode(f"{street}001"), "甲社区", Tier.COMMUNITY, street))
    tree = Areas(areas)
    suffixes = {Tier.CITY: ("ZX", "CG"), Tier.DISTRICT: ("ZX", "CG", "PS"), Tier.STREET: ("ZX",)}
    bodies = [
        Organisation(
            OrganisationCode(f"{area.code}-{suffix}"),
            f"{area.name}{suffix}",
            OrganisationKind.CENTRE if suffix == "ZX" else OrganisationKind.DEPARTMENT,
            area.code,
            area.tier,
            None,
            () if suffix == "ZX" else (Function(suffix),),
        )
        for area in areas
        for suffix in suffixes.get(area.tier, ())
    ]
    known = Organisations(bodies)
    under = tuple(
        body
        if body.code == f"{CITY}-ZX"
        else replace(body, parent=known.centre_above(body, tree).code)
        for body in bodies
    )
    return tuple(areas), under


@st.composite
def reorganisations(draw: st.DrawFn) -> tuple[list[int], Plan]:
    """A city and a plan: each district stays, is recoded or merged, streets move about."""
    counts = draw(st.lists(st.integers(1, 3), min_size=2, max_size=5))
    districts = [f"5001{number:02}" for number in range(1, len(counts) + 1)]
    fates = [draw(st.sampled_from(("stays", "merged", "recoded"))) for _ in districts]
    stays = [code for code, fate in zip(districts, fates, strict=True) if fate == "stays"]
    targets = [*stays, str(NEW)]
    streets = [
        f"{code}{place:03}"
        for code, count in zip(districts, counts, strict=True)
        for place in range(1, count + 1)
    ]
    leaving = draw(st.lists(st.sampled_from(streets), unique=True))
    return counts, plan(
        begins=(begin(NEW, like=districts[0]),),
        moves=tuple(move(code, draw(st.sampled_from(targets))) for code in leaving),
        ends=tuple(
            end(code, draw(st.sampled_from(targets)), is_whole=True)
            for code, fate in zip(districts, fates, strict=True)
            if fate == "merged"
        ),
        recodes=tuple(
            recode(code, f"5009{code[-2:]}")
            for code, fate in zip(districts, fates, strict=True)
            if fate == "recoded"
        ),
    )
