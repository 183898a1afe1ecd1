"""Routing (派遣): from the city down to whoever must act, and why there."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain.area import Area, Tier
from app.domain.organisation import Function, Organisation, OrganisationCode
from app.domain.rulebook import Rulebook


class RouteReason(StrEnum):
    """Why the unit went to this holder."""

    HELD = "held"
    """该层级区域内承担此职能"""
    ABOVE = "above"
    """本级无此职能, 由上级承担"""
    GAP = "gap"
    """无单位承担此职能, 由中心兜底"""
    COARSE = "coarse"
    """位置不够具体, 由最近的中心承接"""
    OWNED = "owned"
    """事件由中心统筹"""
    RULED = "ruled"
    """由中心指定"""
    RETURNED = "returned"
    """被退回, 由所属中心处理"""


@dataclass(frozen=True, slots=True)
class Route:
    """The way down: every centre from the city to the holder, the holder last."""

    holder: Organisation
    centre: Organisation
    hops: tuple[OrganisationCode, ...]
    reason: RouteReason

    @property
    def is_gap(self) -> bool:
        """The list's lead function is held by nobody there."""
        return self.reason is RouteReason.GAP


def to_holder(function: Function, level: Tier, path: Sequence[Area], rulebook: Rulebook) -> Route:
    """Return the way to whoever holds the function at that level of the place.

    Nobody holds it: the centre of that area, marked as a gap; no centre there: the next one
    above. A place known less finely than the level: the nearest centre of what is known.
    """
    reach = tuple(path[: level.rank + 1])
    if len(reach) <= level.rank:
        return to_centre(reach, rulebook, RouteReason.COARSE)
    holders = rulebook.organisations.holders(function, reach[-1].code)
    if holders:
        return to_organisation(holders[0], rulebook, RouteReason.HELD)
    return to_centre(reach, rulebook, RouteReason.GAP)


def to_nearest_holder(
    function: Function, level: Tier, path: Sequence[Area], rulebook: Rulebook
) -> Route:
    """Return the way to the lowest holder at the level or above it: for the tasks of a plan."""
    reach = tuple(path[: level.rank + 1])
    for area in reversed(reach):
        holders = rulebook.organisations.holders(function, area.code)
        if holders:
            here = area is reach[-1] and len(reach) > level.rank
            reason = RouteReason.HELD if here else RouteReason.ABOVE
            return to_organisation(holders[0], rulebook, reason)
    return to_centre(reach, rulebook, RouteReason.GAP)


def to_centre(path: Sequence[Area], rulebook: Rulebook, reason: RouteReason) -> Route:
    """Return the way to the lowest centre on the path."""
    centre = rulebook.organisations.nearest_centre(tuple(path))
    return to_organisation(centre, rulebook, reason)


def to_organisation(holder: Organisation, rulebook: Rulebook, reason: RouteReason) -> Route:
    """Return the way from the city centre to this holder."""
    bodies, areas = rulebook.organisations, rulebook.areas
    centres = bodies.centres(areas.path(holder.area))
    hops = tuple(centre.code for centre in centres)
    if holder.code not in hops:
        hops = (*hops, holder.code)
    return Route(holder, bodies.centre_above(holder, areas), hops, reason)
