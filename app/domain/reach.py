"""Reach: whose units a queue shows, those of one desk or of a whole area."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.area import AreaCode, Areas, Tier
from app.domain.authority import subtree
from app.domain.organisation import Organisation
from app.domain.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Reach:
    """A body's own desk or, with a tier, all that is open in its area.

    `areas` are the codes that stand for the area, `streets` and `districts` those around it: of
    the city every district.
    """

    body: str
    tier: Tier | None = None
    areas: Sequence[str] = ()
    streets: Sequence[str] = ()
    districts: Sequence[str] = ()

    @property
    def touched_by(self) -> frozenset[str] | None:
        """The codes of which one is named by whatever changes here; None: by everything."""
        return None if self.tier is Tier.CITY else frozenset((self.body, *self.areas))


def reach_of(body: Organisation, rulebook: Rulebook, *, is_subtree: bool) -> Reach:
    """Return what a body's queue shows.

    A department, a board or a post has its own desk alone, whatever is asked for.
    """
    areas = rulebook.areas
    scope = subtree(body, areas.before(body.area))
    if not is_subtree or scope.tier is None:
        return Reach(body.code)
    path = {area.tier: area.code for area in areas.path(body.area)}
    streets, districts = (_codes(path.get(tier), areas) for tier in (Tier.STREET, Tier.DISTRICT))
    if scope.tier is Tier.CITY:
        districts = areas.districts
    return Reach(body.code, scope.tier, scope.areas, streets, districts)


def _codes(code: AreaCode | None, areas: Areas) -> tuple[str, ...]:
    return (code, *areas.before(code)) if code else ()
