"""Where a unit is to go by its entry, its kind and the place; streets keep to their own duties."""

from collections.abc import Sequence
from dataclasses import replace

from app.domain.area import Area, Tier
from app.domain.organisation import Function, Organisation
from app.domain.responsibility import Duty, Entry, Kind
from app.domain.route import (
    Route,
    RouteReason,
    to_centre,
    to_holder,
    to_nearest_holder,
    to_organisation,
)
from app.domain.rulebook import Rulebook


def destination(
    entry: Entry,
    kind: Kind,
    path: Sequence[Area],
    rulebook: Rulebook,
    holder: Organisation | None,
    *,
    straight: bool,
) -> Route:
    """Return the way to who is to have a unit of the entry, if nothing stops it on its way.

    `holder` is who a local rule gives it to; an emergency goes `straight` to the street centre.
    """
    if holder is not None:
        return to_organisation(holder, rulebook, RouteReason.RULE)
    if kind is not Kind.EVENT:
        return by_list(entry, entry.lead, path, rulebook)
    if straight:
        # What was taken back is no street's, however it presses.
        tier = Tier.DISTRICT if entry.duty is Duty.WITHDRAWN else Tier.STREET
        return to_centre(path[: tier.rank + 1], rulebook, RouteReason.EMERGENCY)
    tier = lowest(entry, entry.lead)
    return to_centre(path[: tier.rank + 1], rulebook, RouteReason.OWNED)


def by_list(entry: Entry, function: Function, path: Sequence[Area], rulebook: Rulebook) -> Route:
    """Return the way to who must do a function of the entry at that place."""
    tier = lowest(entry, function)
    if tier is entry.level:
        return to_holder(function, tier, path, rulebook)
    if len(path) <= tier.rank:
        return to_centre(path, rulebook, RouteReason.COARSE)
    return nearest_by_list(entry, function, path, rulebook)


def nearest_by_list(
    entry: Entry, function: Function, path: Sequence[Area], rulebook: Rulebook
) -> Route:
    """Return the way to the nearest who may do a function of the entry, at its level or above."""
    tier = lowest(entry, function)
    route = to_nearest_holder(function, tier, path, rulebook)
    if tier is not entry.level and route.reason is RouteReason.HELD:
        return replace(route, reason=RouteReason.DUTY)
    return route


def lowest(entry: Entry, function: Function) -> Tier:
    """Return the lowest tier a function of the entry may be asked of.

    What was taken back from streets is not asked of them at all, and what they only cooperate
    in they do not lead.
    """
    is_above = entry.duty is Duty.WITHDRAWN or (
        entry.duty is Duty.COOPERATING and function == entry.lead
    )
    return Tier.DISTRICT if is_above and entry.level.rank > Tier.DISTRICT.rank else entry.level
