"""Reopening (重开): closed but not fixed, for so long after and so many times."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from app.domain.action import Action
from app.domain.errors import ActionNotAllowed
from app.domain.lifecycle import actions_in
from app.domain.policy import Policy
from app.domain.timing import SUPERVISION
from app.domain.unit import State, Unit

REOPENED: Final = "reopened"
"""The key of a unit's reasons that tells how often it was reopened."""


def times_reopened(unit: Unit) -> int:
    """Return how often the unit was reopened."""
    return int(unit.reasons.get(REOPENED, 0))


def may_reopen(unit: Unit, policy: Policy, now: datetime) -> bool:
    """Tell whether a closed unit can be reopened still."""
    return _is_in_time(unit, policy, now) and times_reopened(unit) < policy.reopens


def _is_in_time(unit: Unit, policy: Policy, now: datetime) -> bool:
    closed_at = unit.closed_at
    return closed_at is not None and now < closed_at + timedelta(days=policy.reopen_days)


def reopened(unit: Unit, parent: Unit | None, policy: Policy, now: datetime) -> Unit:
    """Return a closed unit counted as reopened once more, without what ended with its close.

    Raises ActionNotAllowed when it is too late, was reopened too often, or its event is over.
    """
    if not _is_in_time(unit, policy, now):
        raise _refused(
            unit,
            f"结案已超过 {policy.reopen_days} 天, 不能重开, 请重新上报",
            f"closed more than {policy.reopen_days} days ago: report it anew",
        )
    if not may_reopen(unit, policy, now):
        raise _refused(
            unit,
            f"已重开 {policy.reopens} 次, 不能再重开, 请重新上报",
            f"reopened {policy.reopens} times already: report it anew",
        )
    if parent is not None and parent.state is not State.COORDINATING:
        raise _refused(
            unit,
            f"所属事件 {parent.number} 已不在统筹中, 请先重开该事件",
            f"its event {parent.number} is not open: reopen that first",
        )
    reasons = {key: value for key, value in unit.reasons.items() if key != SUPERVISION}
    return replace(unit, reasons={**reasons, REOPENED: times_reopened(unit) + 1})


def _refused(unit: Unit, zh: str, en: str) -> ActionNotAllowed:
    allowed = tuple(one for one in actions_in(unit.state) if one is not Action.REOPEN)
    return ActionNotAllowed(zh=zh, en=en, field="action", allowed=allowed)
