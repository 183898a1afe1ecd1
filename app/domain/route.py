"""Routing (派遣): from the city down to whoever must act, and why there."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain.area import Area, Tier
from app.domain.organisation import (
    Function,
    Organisation,
    OrganisationCode,
    OrganisationKind,
    Organisations,
)
from app.domain.roster import Shift
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
    EMERGENCY = "emergency"
    """紧急直达镇街中心, 同时通知各级中心"""
    STEPWISE = "stepwise"
    """逐级派遣, 在此中心等待人工下派"""
    OFF_DUTY = "off_duty"
    """应承接的单位无人值班, 由上级中心承接"""
    DUTY = "duty"
    """不属镇街牵头(上级收回或配合履职), 由区县以上承担"""
    RULE = "rule"
    """本地规则指定"""
    RULED = "ruled"
    """由中心指定"""
    RETURNED = "returned"
    """被退回, 由所属中心处理"""
    ESCALATED = "escalated"
    """由下级上报, 由上级中心处理"""
    DISPUTED = "disputed"
    """多次退回, 等待上级中心指定承办"""


@dataclass(frozen=True, slots=True)
class Route:
    """The way down: every centre from the city, then the boards above the holder, the holder last.

    A unit stopped on its way is with a centre; `meant` then is where it was going to and
    `meant_by` why. `on_duty` are the holder's people on duty, if it has a roster.
    """

    holder: Organisation
    centre: Organisation
    hops: tuple[OrganisationCode, ...]
    reason: RouteReason
    meant: Organisation | None = None
    meant_by: RouteReason | None = None
    on_duty: tuple[Shift, ...] = ()

    @property
    def is_gap(self) -> bool:
        """The list's lead function is held by nobody there."""
        return RouteReason.GAP in {self.reason, self.meant_by}


def to_holder(function: Function, level: Tier, path: Sequence[Area], rulebook: Rulebook) -> Route:
    """Return the way to whoever holds the function at that level of the place.

    Nobody holds it: the centre of that area, marked as a gap; no centre there: the next one
    above. A place known less finely than the level: the nearest centre of what is known.
    """
    reach = tuple(path[: level.rank + 1])
    if len(reach) <= level.rank:
        return to_centre(reach, rulebook, RouteReason.COARSE)
    holder = _holder(function, reach[-1], rulebook.organisations)
    if holder is not None:
        return to_organisation(holder, rulebook, RouteReason.HELD)
    return to_centre(reach, rulebook, RouteReason.GAP)


def to_nearest_holder(
    function: Function, level: Tier, path: Sequence[Area], rulebook: Rulebook
) -> Route:
    """Return the way to the lowest holder at the level or above it: for the tasks of a plan."""
    reach = tuple(path[: level.rank + 1])
    for area in reversed(reach):
        holder = _holder(function, area, rulebook.organisations)
        if holder is not None:
            here = area is reach[-1] and len(reach) > level.rank
            reason = RouteReason.HELD if here else RouteReason.ABOVE
            return to_organisation(holder, rulebook, reason)
    return to_centre(reach, rulebook, RouteReason.GAP)


def _holder(function: Function, area: Area, bodies: Organisations) -> Organisation | None:
    """Return who holds the function in exactly this area: the post rather than its board."""
    holders = bodies.holders(function, area.code)
    if not holders:
        return None
    holder = holders[0]
    for other in holders[1:]:
        if other.parent == holder.code:
            holder = other
    return holder


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
        hops = (*hops, *_boards(holder, bodies), holder.code)
    return Route(holder, bodies.centre_above(holder, areas), hops, reason)


def _boards(holder: Organisation, bodies: Organisations) -> tuple[OrganisationCode, ...]:
    """Return what stands between a holder and its centre, the uppermost first."""
    between: tuple[OrganisationCode, ...] = ()
    above = bodies.get(holder.parent) if holder.parent else None
    while above is not None and above.kind is not OrganisationKind.CENTRE:
        if above.code in between:
            break
        between = (above.code, *between)
        above = bodies.get(above.parent) if above.parent else None
    return between
