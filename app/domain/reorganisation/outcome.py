"""What a plan makes of a city."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.domain.area import Area, AreaCode, Areas
from app.domain.organisation import Organisation, OrganisationCode
from app.domain.reorganisation.areas import redrawn
from app.domain.reorganisation.bodies import restaffed
from app.domain.reorganisation.plan import Doubts, Plan


@dataclass(frozen=True, slots=True)
class Reorganised:
    """The areas and bodies after a plan, and what it changed."""

    areas: tuple[Area, ...]
    organisations: tuple[Organisation, ...]
    begun: tuple[Area, ...]
    ended: tuple[Area, ...]
    moved: Mapping[AreaCode, tuple[AreaCode, AreaCode]]
    """From which parent to which; of areas that move with theirs nothing is said."""
    begun_bodies: tuple[OrganisationCode, ...]
    replaced: Mapping[OrganisationCode, OrganisationCode]
    """Who follows whom."""
    renamed: Mapping[str, str]
    """The new names of areas and bodies by code."""
    is_nothing: bool
    """All of it was done before."""


def reorganise(
    areas: Iterable[Area], organisations: Iterable[Organisation], plan: Plan
) -> Reorganised:
    """Carry a plan out on the reference data; doing it again changes nothing.

    Raises BadSheet with everything about the plan that cannot be done.
    """
    doubts = Doubts()
    before = {area.code: area for area in areas}
    bodies = {body.code: body for body in organisations}
    after = redrawn(before.values(), plan, doubts)
    doubts.refuse(plan)
    tree = Areas(after)
    staff = restaffed(bodies.values(), Areas(before.values()), tree, plan, doubts)
    doubts.refuse(plan)
    return Reorganised(
        areas=after,
        organisations=staff,
        begun=tuple(area for area in after if area.code not in before),
        ended=tuple(area for area in after if area.has_ended and not before[area.code].has_ended),
        moved={
            area.code: (old.parent, area.parent)
            for area in after
            if (old := before.get(area.code)) and old.parent and area.parent != old.parent
            if area.parent
        },
        begun_bodies=tuple(body.code for body in staff if body.code not in bodies),
        replaced={
            body.code: body.successor
            for body in staff
            if body.successor and bodies[body.code].successor is None
        },
        renamed={
            **{a.code: a.name for a in after if a.code in before and a.name != before[a.code].name},
            **{b.code: b.name for b in staff if b.code in bodies and b.name != bodies[b.code].name},
        },
        is_nothing=after == tuple(before.values()) and staff == tuple(bodies.values()),
    )
