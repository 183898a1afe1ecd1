"""Overtaken: whoever is refused because others were first hears who did what to the unit."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.domain import overtaken
from app.domain.action import Action
from app.domain.authority import Caller, scope_of
from app.domain.errors import (
    ActionNotAllowed,
    Claimed,
    ClaimLost,
    DomainError,
    Last,
    NotFound,
    Stale,
)
from app.domain.lifecycle import RAISES_VERSION
from app.domain.organisation import OrganisationCode
from app.domain.rulebook import Rulebook
from app.domain.unit import Unit, UnitId
from app.store import steps
from app.store.database import Tx
from app.store.steps import LastStep

ON_REQUESTS: Final = RAISES_VERSION | {Action.GRANT, Action.REFUSE, Action.WITHDRAW}
"""What overtakes somebody who wants to decide a request."""

ON_CLAIMS: Final = RAISES_VERSION | {Action.CLAIM, Action.RELEASE}
"""What gives a unit into somebody's hands, and what takes it out of them."""

OF_CLAIMS: Final = (Claimed, ClaimLost)
TELLING: Final = (ActionNotAllowed, Stale, *OF_CLAIMS)
"""Refusals that tell how the unit stands."""

_SERVICE: Final = "系统"


@dataclass(frozen=True, slots=True)
class Look:
    """Which versions of units somebody saw, and when they want to do something to them."""

    versions: Mapping[UnitId, int]
    by: Caller
    at: datetime


async def tell(
    tx: Tx,
    refusals: Mapping[UnitId, DomainError],
    units: Iterable[Unit],
    look: Look,
    rulebook: Rulebook,
) -> dict[UnitId, DomainError]:
    """Return refusals that tell how the units stand and who brought them there.

    A body that has had one and has it no more hears that, not that there is no such unit; but
    no names of persons. Whoever sees only their own reports does not hear it for their body.
    """
    known = {unit.id: unit for unit in units if unit.id in refusals}
    lost = await _lost(tx, refusals, known, look, rulebook)
    seen = {unit: one for unit, one in refusals.items() if isinstance(one, TELLING)}
    claims = {unit: one for unit, one in seen.items() if isinstance(one, OF_CLAIMS)}
    others = {unit: one for unit, one in seen.items() if unit not in claims}
    await told(tx, others, known.values(), rulebook, look.at)
    await told(tx, claims, known.values(), rulebook, look.at, by=ON_CLAIMS)
    await told(tx, lost, known.values(), rulebook, look.at, with_names=False)
    return {**refusals, **lost}


async def _lost(
    tx: Tx,
    refusals: Mapping[UnitId, DomainError],
    known: Mapping[UnitId, Unit],
    look: Look,
    rulebook: Rulebook,
) -> dict[UnitId, DomainError]:
    """Return another refusal of the units that have left the caller's body since it saw them."""
    body = _body(look.by, rulebook)
    gone = [
        unit.id
        for unit in known.values()
        if isinstance(refusals[unit.id], NotFound) and 0 < look.versions[unit.id] < unit.version
    ]
    if body is None or not gone:
        return {}
    had = await steps.had(tx, gone, body)
    return {unit: overtaken.stale(known[unit], look.versions[unit]) for unit in had}


def _body(caller: Caller, rulebook: Rulebook) -> OrganisationCode | None:
    """Return the body that a caller sees units for; None: for nobody but themselves."""
    body = rulebook.organisations.get(caller.organisation)
    return scope_of(caller, body).organisation if body else None


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
