"""A desk: whose work is looked at, by whom, and where each look at it is."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode
from uuid import UUID

from pydantic import Field

from app.api.models import Strict
from app.api.unit_models import UnitOut
from app.domain import sight
from app.domain.authority import WORKERS, Role, oversees
from app.domain.filing import desk_of
from app.domain.organisation import Organisation, OrganisationCode
from app.domain.queue import STATES, View
from app.web.visitor import Visitor


class CentreQuery(Strict):
    """What of a body's work is looked at."""

    view: View | None = None
    subtree: bool = False
    mine: bool = False
    own: bool = Field(default=False, description="What the body has asked for itself")
    cursor: str | None = Field(default=None, max_length=300)
    unit: UUID | None = Field(default=None, description="Which unit is open beside the list")


@dataclass(frozen=True)
class Desk:
    """A body's desk, as a visitor looks at it."""

    me: Visitor
    body: Organisation
    asked: CentreQuery

    @property
    def is_own(self) -> bool:
        """Tell whether the visitor works here."""
        return self.body.code == self.me.caller.organisation

    @property
    def may_claim(self) -> bool:
        """Tell whether the visitor takes units off this desk."""
        return self.is_own and bool(self.me.caller.roles & WORKERS)

    @property
    def may_take_over(self) -> bool:
        """Tell whether the visitor takes units out of a colleague's hands."""
        return self.may_claim and Role.SUPERVISOR in self.me.caller.roles

    @cached_property
    def has_area(self) -> bool:
        """Tell whether there is more to see than the desk itself."""
        return sight.of_organisation(self.body, self.me.rulebook).tier is not None

    @property
    def is_subtree(self) -> bool:
        """Tell whether all that is open in its area is shown."""
        return self.asked.subtree and self.has_area

    @property
    def claim_view(self) -> View | None:
        """Return the view that claims are made in; None: the most pressing of all."""
        return self.asked.view if self.asked.view in STATES else None

    @property
    def shows_requests(self) -> bool:
        """Tell whether this shows requests themselves, not the units they are about."""
        return self.is_own and (self.asked.own or self.asked.view is View.REQUESTS)

    @property
    def live(self) -> str:
        """Return the address that tells of changes."""
        return f"/live/queue/{self.body.code}" + ("?subtree=true" if self.is_subtree else "")

    @property
    def here(self) -> str:
        """Return the address of what is shown: this very page of it."""
        return self.at(cursor=self.asked.cursor)

    def at(self, **changes: object) -> str:
        """Return the address of what is shown, otherwise than now in this; on its first page."""
        kept = self.asked.model_dump(exclude={"cursor", "unit"}) | changes
        given = {key: _written(value) for key, value in kept.items() if value}
        return f"/centre/{self.body.code}" + (f"?{urlencode(given)}" if given else "")

    def holds(self, unit: UnitOut) -> bool:
        """Tell whether a unit waits on this very desk."""
        holder, centre = OrganisationCode(unit.holder.code), OrganisationCode(unit.centre.code)
        return desk_of(unit.state, holder, centre) == self.body.code

    def lease_left(self, unit: UnitOut) -> int:
        """Return for how many seconds a claimed unit stays in somebody's hands."""
        if unit.claim is None:
            return 0
        return round((unit.claim.until - self.me.now).total_seconds())

    def near(self) -> tuple[list[Organisation], list[Organisation]]:
        """Return the centres above that the visitor may look at, and the bodies beside and below.

        Below a centre are those that answer for an area.
        """
        bodies, areas = self.me.rulebook.organisations, self.me.rulebook.areas
        path = areas.path(self.body.area)
        over = [one for one in bodies.centres(path) if one != self.body and self._sees(one)]
        if not self.has_area:
            return over, []
        beside = [one for one in bodies.of_area(self.body.area) if one != self.body]
        inside = [
            one
            for area in areas.below(self.body.area)
            for one in bodies.of_area(area.code)
            if sight.of_organisation(one, self.me.rulebook).tier is not None
        ]
        return over, [one for one in (*beside, *inside) if one not in over and self._sees(one)]

    def _sees(self, body: Organisation) -> bool:
        return oversees(self.me.scope, body, self.me.rulebook.areas.path(body.area))


def _written(value: object) -> str:
    return "true" if value is True else str(value)
