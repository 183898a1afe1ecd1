"""Retiming (重算时限): running limits counted anew because the working calendar is another one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.domain.action import Action
from app.domain.clock import Clock, recount
from app.domain.family import own_limits
from app.domain.filing import Filed
from app.domain.rulebook import Rulebook
from app.domain.timing import Terms, deadlines
from app.domain.unit import Unit, own_step


def terms_now(unit: Unit, rulebook: Rulebook) -> Terms:
    """Return what a unit's running limits follow from: its entry only new ones would need."""
    policy = rulebook.policy_at(unit.place)
    return Terms.of(rulebook, policy, unit.urgency, own=own_limits(unit))


def retimed(
    unit: Unit, clocks: Sequence[Clock], terms: Terms, *, at: datetime, version: int
) -> Filed | None:
    """Return the unit with its limits counted by the calendar of its terms; None if none moves.

    What was spent before the present run, and that a deadline was missed, stay facts. What is
    said in the log is which deadlines moved from when to when, and by which `version` of the
    calendar.
    """
    after = tuple(_counted(clock, terms, at) for clock in clocks)
    moved = [pair for pair in zip(clocks, after, strict=True) if pair[0] != pair[1]]
    if not moved:
        return None
    told = {"calendar": version, "moved": [_told(*pair) for pair in moved]}
    unit = replace(unit, **deadlines(unit.state, after), steps=unit.steps + 1, updated_at=at)
    step = own_step(unit, Action.RETIME, at, told)
    return Filed(unit, (step,), tuple(clock for _, clock in moved))


def _counted(clock: Clock, terms: Terms, at: datetime) -> Clock:
    calendar = terms.named(clock.calendar)
    return recount(clock, at=at, calendar=calendar, marks=terms.marks(clock.name))


def _told(before: Clock, after: Clock) -> dict[str, Any]:
    return {
        "clock": after.name,
        "from": before.due_at,
        "to": after.due_at,
        "is_provisional": after.is_provisional,
    }
