"""Satisfaction (回访评价): what the reporter says of the result, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from app.domain.action import Action
from app.domain.errors import ActionNotAllowed, Forbidden, Invalid
from app.domain.event import AccountId
from app.domain.filing import Filed
from app.domain.lifecycle import actions_in
from app.domain.organisation import OrganisationCode
from app.domain.policy import Policy
from app.domain.unit import Grade, State, Unit, own_step
from app.domain.words import ACTION, STATE

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


def refuse_undone(into: Unit, by: AccountId) -> None:
    """Raise what keeps somebody from rating the work on a unit that their own was merged into."""
    if into.state is not State.CLOSED:
        raise _unrated(into)
    if by == into.resolved_by:
        raise Forbidden(
            zh="处置人不得评价自己的处置结果", en="nobody rates their own work", field="action"
        )


def _unrated(into: Unit) -> ActionNotAllowed:
    """Return the refusal to rate work that is not closed yet, or never will be."""
    zh = f"该上报已并入 {into.number}, 待其结案后再评价"
    en = f"it was merged into {into.number}: rate it when that is closed"
    if into.state.is_final:
        ended, unmerge = STATE[into.state], ACTION[Action.UNMERGE]
        zh = f"该上报已并入 {into.number}, 后者已终止({ended[0]}), 无结果可评; 须先“{unmerge[0]}”"
        en = f"it was merged into {into.number}, which was {ended[1]}: {unmerge[1]} it first"
    allowed = tuple(one for one in actions_in(State.MERGED) if one is not Action.RATE)
    return ActionNotAllowed(zh=zh, en=en, field="action", allowed=allowed)


def is_redone(unit: Unit, policy: Policy) -> bool:
    """Tell whether the work is done again (重办) for an unsatisfied reporter: so often, no more."""
    return times_redone(unit) < policy.redo


def redone(unit: Unit) -> Unit:
    """Return the unit with one more time counted, open again."""
    said = {**unit.reasons.get(KEY, {}), "redone": times_redone(unit) + 1}
    return replace(unit, closed_at=None, reasons={**unit.reasons, KEY: said})


def reported(
    filed: Filed, centre: OrganisationCode, at: datetime, told: Mapping[str, Any]
) -> Filed:
    """Return the unit with the centre above told of the complaint (通报督办)."""
    unit = replace(filed.unit, steps=filed.unit.steps + 1, updated_at=at)
    if centre not in unit.raised:
        unit = replace(unit, raised=(*unit.raised, centre))
    data = {"satisfaction": Grade.UNSATISFIED, "holder": unit.holder, **told}
    step = own_step(unit, Action.NOTIFY, at, data, told=centre)
    return Filed(unit, (*filed.steps, step), filed.clocks)
