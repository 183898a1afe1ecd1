"""Passing on (逐级派遣、值班): what stops a unit on its way, and at which centre."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.organisation import Organisation, OrganisationCode, OrganisationKind
from app.domain.responsibility import Urgency
from app.domain.route import Route, RouteReason, to_organisation
from app.domain.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Trip:
    """Under what a unit travels.

    `now`: None asks no roster, as if everybody were on duty. `since` is the centre it sets out
    from, which may stop it too; None is the city's. What goes `straight` no centre stops.
    """

    urgency: Urgency
    now: datetime | None = None
    since: OrganisationCode | None = None
    straight: bool = False


def travelled(route: Route, rulebook: Rulebook, trip: Trip) -> Route:
    """Return how far down the route the service may take a unit by itself.

    The first centre that passes on by hand keeps it. Where nobody is on duty it goes to the
    centre above, and further up; the city centre takes all.
    """
    if rulebook.policies.is_stepwise and not trip.straight:
        for centre in _by_hand(route, rulebook, trip.urgency, trip.since):
            route = _stopped(route, centre, rulebook, RouteReason.STEPWISE)
            break
    if rulebook.roster and trip.now is not None:
        return _attended(route, rulebook, trip.now)
    return route


def next_stop(
    route: Route, rulebook: Rulebook, urgency: Urgency, now: datetime, *, after: OrganisationCode
) -> Route:
    """Return how far a unit goes that the centre `after` passes on by hand.

    Who is on duty where it arrives, whoever passes it on can see; but a centre without
    anybody could not pass it on in turn.
    """
    below = _since(route.hops, after, rulebook)[1:]
    for centre in _by_hand(route, rulebook, urgency, after):
        if centre.code in below and rulebook.roster.is_manned(centre.code, now):
            return _stopped(route, centre, rulebook, RouteReason.STEPWISE)
    return replace(route, on_duty=rulebook.roster.on_duty(route.holder.code, now))


def _by_hand(
    route: Route, rulebook: Rulebook, urgency: Urgency, since: OrganisationCode | None
) -> Iterator[Organisation]:
    """Yield the centres above the holder that pass such units on by hand, from the top."""
    bodies, areas = rulebook.organisations, rulebook.areas
    for code in _since(route.hops[:-1], since, rulebook):
        body = bodies[code]
        is_centre = body.kind is OrganisationKind.CENTRE
        if is_centre and rulebook.policies.at(areas.path(body.area)).stepwise[urgency]:
            yield body


def _since(
    hops: Sequence[OrganisationCode], since: OrganisationCode | None, rulebook: Rulebook
) -> Sequence[OrganisationCode]:
    """Return the hops from a centre on, or from the next above it that is on the way."""
    if since is None:
        return hops
    bodies, areas = rulebook.organisations, rulebook.areas
    body = bodies[since]
    while body.code not in hops:
        above = bodies.centre_above(body, areas)
        if above.code == body.code:
            return hops
        body = above
    return hops[hops.index(body.code) :]


def _stopped(route: Route, centre: Organisation, rulebook: Rulebook, reason: RouteReason) -> Route:
    """Return the route as far as this centre, knowing where it was going to."""
    meant, by = route.meant or route.holder, route.meant_by or route.reason
    return replace(to_organisation(centre, rulebook, reason), meant=meant, meant_by=by)


def _attended(route: Route, rulebook: Rulebook, now: datetime) -> Route:
    """Return the route to somebody on duty: its own holder, or the nearest manned centre above."""
    roster, bodies = rulebook.roster, rulebook.organisations
    body = route.holder
    while not roster.is_manned(body.code, now):
        above = bodies.centre_above(body, rulebook.areas)
        if above.code == body.code:
            break
        body = above
    if body is not route.holder:
        route = _stopped(route, body, rulebook, RouteReason.OFF_DUTY)
    return replace(route, on_duty=roster.on_duty(body.code, now))
