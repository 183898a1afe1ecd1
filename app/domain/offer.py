"""Offers: what a unit's state would permit and its past, or its family, leaves no sense."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain import claim, extension, suspension
from app.domain.action import Action
from app.domain.authority import Caller
from app.domain.clock import Clock
from app.domain.dispute import over
from app.domain.family import own_limits
from app.domain.handled import is_unshown
from app.domain.lifecycle import RAISES_VERSION
from app.domain.oversight import urged_again_at
from app.domain.reopening import may_reopen
from app.domain.rulebook import Rulebook
from app.domain.unit import ClockName, State, Unit

_NOT_OF_TASKS = frozenset({Action.RECLASSIFY, Action.MERGE, Action.RATE})
"""What is done to an event and never to one of its tasks."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A unit with what must be known of it to say what may be done.

    `kin` are its parent, its tasks, what was merged into it and what it was merged into, as far
    as there are any.
    """

    unit: Unit
    clocks: Sequence[Clock]
    kin: Sequence[Unit]
    now: datetime

    @classmethod
    def of(
        cls, unit: Unit, clocks: Sequence[Clock], kin: Sequence[Unit], now: datetime
    ) -> "Standing":
        """Return how a unit stands for whoever comes to it now."""
        return cls(suspension.awake(unit, now), clocks, kin, now)


def senseless(standing: Standing, caller: Caller, rulebook: Rulebook) -> frozenset[Action]:
    """Return what would be refused to the caller though the state and their role permit it."""
    unit = standing.unit
    found = _of_family(unit, standing.kin, caller) | _of_past(standing, rulebook)
    found |= _in_hand(unit, caller, standing.now)
    if unit.parent is not None:
        found |= _NOT_OF_TASKS
    if over(unit, rulebook).code == unit.holder:
        found |= {Action.ESCALATE}
    if ClockName.ARRIVE in own_limits(unit):
        found |= {Action.RESOLVE}
    return found


def _in_hand(unit: Unit, caller: Caller, now: datetime) -> frozenset[Action]:
    if claim.is_by(unit, caller, now):
        return frozenset()
    barred = RAISES_VERSION | {Action.CLAIM} if claim.bars(unit, caller, now) else frozenset()
    return barred | {Action.RELEASE}


def _of_family(unit: Unit, kin: Sequence[Unit], caller: Caller) -> frozenset[Action]:
    found = set()
    if any(one.parent == unit.id and one.desk for one in kin):
        found.add(Action.RESOLVE)
    if any(unit.id in {one.parent, one.merged_into} for one in kin):
        found.add(Action.MERGE)
    into = next((one for one in kin if one.id == unit.merged_into), None)
    if into is not None and (into.state is not State.CLOSED or into.resolved_by == caller.account):
        found.add(Action.RATE)
    parent = next((one for one in kin if one.id == unit.parent), None)
    if parent is not None and parent.state is not State.COORDINATING:
        found.add(Action.REOPEN)
    return frozenset(found)


def _of_past(standing: Standing, rulebook: Rulebook) -> frozenset[Action]:
    unit, clocks, now = standing.unit, standing.clocks, standing.now
    policy = rulebook.policy_at(unit.place)
    urged_again = urged_again_at(unit, policy, rulebook.calendar_of(unit.holder))
    found = {
        Action.REOPEN: not may_reopen(unit, policy, now),
        Action.URGE: urged_again is not None and now < urged_again,
        Action.EXTEND: not extension.is_possible(clocks, policy, now),
        Action.SUSPEND: suspension.times(clocks) >= policy.suspensions,
        Action.VERIFY: is_unshown(unit, policy),
    }
    return frozenset(action for action, is_senseless in found.items() if is_senseless)
