"""Satisfaction (回访评价): what the reporter says of the result, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from app.domain.action import Action
from app.domain.errors import Invalid
from app.domain.filing import Filed
from app.domain.organisation import OrganisationCode
from app.domain.policy import Policy
from app.domain.unit import Grade, Step, Unit

KEY: Final = "satisfaction"
"""Where a unit's reasons keep what was said, and how often the work was redone."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What is said of a result, by whom, and why."""

    grade: Grade
    by: str
    at: datetime
    reason: str = ""


def rated(unit: Unit, rating: Rating) -> Unit:
    """Return the unit with what is said of it; the last word counts.

    Raises Invalid for a task, and for a complaint that does not say what is wrong.
    """
    if unit.parent is not None:
        raise Invalid(
            zh="任务不作回访评价, 请评价其所属事件",
            en="a task is not rated: rate the event it belongs to",
            field="unit",
        )
    if rating.grade is Grade.UNSATISFIED and not rating.reason.strip():
        raise Invalid(
            zh="“不满意”须说明哪里不满意", en="unsatisfied needs a reason", field="reason"
        )
    said: Mapping[str, Any] = {
        "grade": rating.grade,
        "by": rating.by,
        "at": rating.at,
        "reason": rating.reason,
        "redone": times_redone(unit),
    }
    return replace(unit, satisfaction=rating.grade, reasons={**unit.reasons, KEY: said})


def times_redone(unit: Unit) -> int:
    """Return how often the work was redone because of what the reporter said."""
    return int(unit.reasons.get(KEY, {}).get("redone", 0))


def is_redone(unit: Unit, policy: Policy) -> bool:
    """Tell whether the work is done again (重办): so often and no more."""
    return unit.satisfaction is Grade.UNSATISFIED and times_redone(unit) < policy.redo


def redone(unit: Unit) -> Unit:
    """Return the unit with one more time counted, open again."""
    said = {**unit.reasons[KEY], "redone": times_redone(unit) + 1}
    return replace(unit, closed_at=None, reasons={**unit.reasons, KEY: said})


def reported(filed: Filed, centre: OrganisationCode, at: datetime) -> Filed:
    """Return the unit with the centre above told of the complaint (通报督办)."""
    unit = replace(filed.unit, steps=filed.unit.steps + 1, updated_at=at)
    if centre not in unit.raised:
        unit = replace(unit, raised=(*unit.raised, centre))
    step = Step(
        unit=unit.id,
        home=unit.home,
        seq=unit.steps,
        at=at,
        action=Action.NOTIFY,
        state=unit.state,
        actor=None,
        organisation=centre,
        data={"satisfaction": unit.satisfaction, "holder": unit.holder},
    )
    return Filed(unit, (*filed.steps, step), filed.clocks)
