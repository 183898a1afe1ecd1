"""Overtaken: whoever is refused because others were first hears who did what to the unit."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.domain import overtaken
from app.domain.action import Action
from app.domain.errors import ActionNotAllowed, DomainError, Last, NotFound, Stale
from app.domain.lifecycle import RAISES_VERSION
from app.domain.organisation import OrganisationCode
from app.domain.rulebook import Rulebook
from app.domain.unit import Unit, UnitId
from app.store import steps
from app.store.database import Tx
from app.store.steps import LastStep

ON_REQUESTS: Final = RAISES_VERSION | {Action.GRANT, Action.REFUSE, Action.WITHDRAW}
"""What overtakes somebody who wants to decide a request."""

TELLING: Final = (ActionNotAllowed, Stale)
"""Refusals that tell how the unit stands."""

_SERVICE: Final = "系统"


@dataclass(frozen=True, slots=True)
class Look:
    """Which version of a unit a body saw, and when it wants to do something to it."""

    version: int
    by: OrganisationCode
    at: datetime


async def refusal(
    tx: Tx, known: DomainError, unit: Unit, look: Look, rulebook: Rulebook
) -> DomainError:
    """Return a refusal that tells how the unit stands and who brought it there.

    A body that has had it and has it no more hears that, not that there is no such unit; but
    no names of persons.
    """
    is_out_of_sight = isinstance(known, NotFound)
    if is_out_of_sight:
        if not 0 < look.version < unit.version or not await steps.has_had(tx, unit.id, look.by):
            return known
        known = overtaken.stale(unit, look.version)
    await told(tx, {unit.id: known}, [unit], rulebook, look.at, with_names=not is_out_of_sight)
    return known


async def told(
    tx: Tx,
    refusals: Mapping[UnitId, DomainError],
    units: Iterable[Unit],
    rulebook: Rulebook,
    now: datetime,
    *,
    by: Collection[Action] = RAISES_VERSION,
    with_names: bool = True,
) -> None:
    """Have refusals tell how their units stand, and who did what to them last: one statement."""
    if not refusals:
        return
    lines = await steps.last(tx, list(refusals), by)
    for unit in units:
        if unit.id in refusals:
            line = lines.get(unit.id)
            last = _last(line, rulebook, with_names=with_names) if line else None
            overtaken.told(refusals[unit.id], unit, last, now, rulebook.calendar.zone)


def _last(line: LastStep, rulebook: Rulebook, *, with_names: bool) -> Last:
    body = rulebook.organisations.get(line.organisation) if line.organisation else None
    code = line.organisation or ""
    if line.actor is None:
        # Its organisation is whoever it gave the unit to.
        return Last(line.action, line.at, "", _SERVICE)
    name = body.name if body else code
    return Last(line.action, line.at, code, name, line.actor if with_names else None)
