"""Oversight (催办、督办): a word to whoever has a unit, and a deadline of the overseer's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.domain.action import Action
from app.domain.authority import Caller
from app.domain.calendar import Calendar
from app.domain.clock import Clock, start
from app.domain.errors import ActionNotAllowed, Invalid
from app.domain.lifecycle import actions_in
from app.domain.limit import Limit, parse_limit
from app.domain.organisation import OrganisationCode
from app.domain.policy import Policy
from app.domain.timing import SUPERVISION, Bound, Terms
from app.domain.unit import ClockName, Unit

URGED: Final = "urged"
"""The key of a unit's reasons that tells how often and when it was urged last."""


def urged(unit: Unit, by: Caller, terms: Terms, at: datetime) -> Unit:
    """Return the unit urged once more; raises ActionNotAllowed sooner than the policy lets it."""
    before: Mapping[str, Any] = unit.reasons.get(URGED, {})
    again = urged_again_at(unit, terms.policy, terms.named(unit.holder))
    if again is not None and at < again:
        raise _too_soon(unit, terms.policy.urge, again.astimezone(ZoneInfo(terms.calendar.zone)))
    told = {"times": before.get("times", 0) + 1, "at": at.isoformat(), "by": by.name}
    return replace(unit, reasons={**unit.reasons, URGED: told})


def urged_again_at(unit: Unit, policy: Policy, calendar: Calendar) -> datetime | None:
    """Return from when on the unit may be urged once more; None: it was never urged."""
    before: Mapping[str, Any] = unit.reasons.get(URGED, {})
    if not before:
        return None
    last = datetime.fromisoformat(before["at"])
    return calendar.add(last, calendar.seconds(policy.urge), policy.urge.basis).at


def _too_soon(unit: Unit, gap: Limit, again: datetime) -> ActionNotAllowed:
    when = f"{again:%m-%d %H:%M}"
    return ActionNotAllowed(
        zh=f"刚催办过, 每 {gap} 可催办一次, {when} 后可再催办",
        en=f"it was urged just now: once more after {when}",
        field="action",
        allowed=tuple(one for one in actions_in(unit.state) if one is not Action.URGE),
    )


def read_limit(text: str) -> Limit:
    """Return the limit a person gives, such as 3工作日; raises Invalid."""
    try:
        return parse_limit(text)
    except ValueError as error:
        zh, _, _ = str(error).partition(" / ")
        raise Invalid(zh=zh, en="not a limit such as 3工作日", field="limit") from None


@dataclass(frozen=True, slots=True)
class Demand:
    """Within what limit somebody wants a unit done, in whose name, and from when it counts."""

    limit: Limit
    by: str
    centre: OrganisationCode
    at: datetime


def supervised(
    unit: Unit, clocks: Sequence[Clock], terms: Terms, demand: Demand
) -> tuple[Unit, tuple[Clock, ...]]:
    """Return the unit under a deadline of the overseer's own; a former one gives way to it."""
    limit, at = demand.limit, demand.at
    told = {
        "limit": str(limit),
        "by": demand.by,
        "centre": demand.centre,
        "at": at.isoformat(),
    }
    others = tuple(clock for clock in clocks if clock.name is not ClockName.SUPERVISE)
    former = next((clock for clock in clocks if clock.name is ClockName.SUPERVISE), None)
    marks = terms.marks(ClockName.SUPERVISE)
    office = terms.office(ClockName.SUPERVISE, Bound(unit.holder, unit.centre))
    fresh = start(ClockName.SUPERVISE, limit, at=at, calendar=office, marks=marks)
    if former is not None:
        fresh = replace(fresh, version=former.version + 1)
    unit = replace(unit, reasons={**unit.reasons, SUPERVISION: told})
    return unit, (*others, fresh)
