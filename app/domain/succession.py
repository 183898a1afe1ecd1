"""Succession (承继): who answers for a place or a duty after areas and bodies have changed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from app.domain import claim
from app.domain.action import Action
from app.domain.area import Area, Place
from app.domain.dispute import DISPUTE, RULING
from app.domain.filing import Filed, seated
from app.domain.organisation import (
    Organisation,
    OrganisationCode,
    OrganisationKind,
    Organisations,
)
from app.domain.route import RouteReason, to_organisation
from app.domain.rulebook import Rulebook
from app.domain.unit import Step, Unit, own_step

RETURNED: Final = "returned_by"
"""The key of a unit's reasons that names who returned it."""

ROUTED: Final = ("route", "triage")
MEANT: Final = "meant"
"""Where a unit's reasons name the body it was going to when it was stopped on its way."""


def stand_in(body: Organisation, path: Sequence[Area], bodies: Organisations) -> Organisation:
    """Return the body that is on the way to a place what this one is elsewhere.

    In the path's area of the same tier: the one whose code is built alike; else the one of
    the same kind with most of the duties; else the nearest centre.
    """
    reach = tuple(path[: body.tier.rank + 1])
    there = bodies.of_area(reach[-1].code) if len(reach) > body.tier.rank else ()
    code = recoded(body, reach[-1])
    alike = {one.code: one for one in there if one.kind is body.kind}
    if code in alike:
        return alike[code]
    duties = set(body.functions)
    best = max(
        alike.values(), key=lambda one: len(duties.intersection(one.functions)), default=None
    )
    if best is not None and (
        body.kind is OrganisationKind.CENTRE or duties.intersection(best.functions)
    ):
        return best
    return bodies.nearest_centre(reach)


def recoded(body: Organisation, area: Area) -> OrganisationCode:
    """Return the body's code with its area's code replaced: 500112-CG → 500191-CG."""
    return OrganisationCode(body.code.replace(body.area, area.code, 1))


def is_behind(unit: Unit, rulebook: Rulebook) -> bool:
    """Tell whether areas or bodies have changed around an open unit."""
    return _Change(unit, rulebook).is_one


def moved(unit: Unit, rulebook: Rulebook, *, now: datetime, plan: str) -> Filed | None:
    """Return an open unit as the areas and bodies of today have it, with the step that says so.

    None when nothing about it has changed. Its clocks run on as they are.
    """
    change = _Change(unit, rulebook)
    if not change.is_one:
        return None
    changed = seated(change.carried_out())
    counted: dict[str, Any] = {
        "version": unit.version + 1,
        "steps": unit.steps + 1,
        "updated_at": now,
    }
    changed = replace(changed, **counted, **claim.OVER)
    return Filed(changed, (_step(unit, changed, now, plan),), ())


class _Change:
    """What became of the place and the bodies of one unit."""

    def __init__(self, unit: Unit, rulebook: Rulebook) -> None:
        areas = rulebook.areas
        self._unit = unit
        self._rulebook = rulebook
        self._path = areas.path(areas.heir(unit.place.finest(areas)))
        self._place = Place.of(self._path)
        self._holder = self._follower(unit.holder)

    @property
    def is_one(self) -> bool:
        """Something is other than the unit says."""
        unit = self._unit
        return (self._place, self._holder) != (unit.place, unit.holder) or self._is_astray()

    def carried_out(self) -> Unit:
        """Return the unit at its new place in the hands of its new holder."""
        unit, bodies = self._unit, self._rulebook.organisations
        route = to_organisation(bodies[self._holder], self._rulebook, RouteReason.HELD)
        return replace(
            unit,
            place=self._place,
            holder=route.holder.code,
            centre=route.centre.code,
            route=route.hops,
            raised=tuple(dict.fromkeys(map(self._follower, unit.raised))),
            reasons=self._reasons(unit.reasons),
        )

    def _follower(self, code: OrganisationCode) -> OrganisationCode:
        """Return who has the part now that a body had in this unit.

        A body that acts at the place goes on. One whose area the place has left hands over to
        its like there; one named from elsewhere only to its own successor.
        """
        bodies = self._rulebook.organisations
        body, heir = bodies[code], bodies[bodies.heir(code)]
        exists = any(one.code == heir.code for one in bodies.of_area(heir.area))
        if exists and any(area.code == heir.area for area in self._path):
            return heir.code
        was_there = not exists or body.area in _codes(self._unit.place)
        return stand_in(body, self._path, bodies).code if was_there else heir.code

    def _is_astray(self) -> bool:
        """Tell whether its centres are not those over its holder any more."""
        unit, bodies, areas = self._unit, self._rulebook.organisations, self._rulebook.areas
        over = {area.code for area in areas.path(bodies[unit.holder].area)}
        return any(
            bodies.heir(code) != code or bodies[code].area not in over
            for code in (unit.centre, *unit.route)
        )

    def _disputed(self, dispute: Mapping[str, Any]) -> Mapping[str, Any]:
        back = dict.fromkeys(map(self._follower, dispute["given_back"]))
        return {**self._followed(dispute, "coordinator", "awaits"), "given_back": list(back)}

    def _followed(self, told: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
        """Return what reasons tell with the bodies under these keys replaced."""
        return {
            key: self._follower(value) if key in keys and value else value
            for key, value in told.items()
        }

    def _reasons(self, reasons: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keep what later decisions go by: who returned the unit, and whom it was meant for."""
        found = dict(reasons)
        if RETURNED in found:
            found[RETURNED] = self._follower(found[RETURNED])
        if DISPUTE in found:
            found[DISPUTE] = self._disputed(found[DISPUTE])
        if RULING in found:
            found[RULING] = self._followed(found[RULING], "holder", "centre")
        for key in ROUTED:
            if MEANT in found.get(key, {}):
                found[key] = {**found[key], MEANT: self._follower(found[key][MEANT])}
        return found


def _codes(place: Place) -> set[str]:
    return {place.district, place.street, place.community, place.grid}


def _step(before: Unit, after: Unit, now: datetime, plan: str) -> Step:
    data = {"from": _told(before), "to": _told(after), "plan": plan}
    return own_step(after, Action.MOVE, now, data)


def _told(unit: Unit) -> Mapping[str, str]:
    return {"district": unit.place.district, "street": unit.place.street, "holder": unit.holder}
