"""The lifecycle (流转) of a unit: one table of states and actions, and what it means for clocks."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.domain.action import Action
from app.domain.errors import ActionNotAllowed, Invalid
from app.domain.unit import ClockName, State
from app.domain.words import ACTION, STATE


class Seat(StrEnum):
    """Whose turn it is in a state."""

    HOLDER = "holder"
    CENTRE = "centre"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a state means: whose turn it is and which limits run, the stage's own first."""

    seat: Seat
    clocks: tuple[ClockName, ...] = ()


STANDINGS: Final[Mapping[State, Standing]] = {
    State.TRIAGE: Standing(Seat.HOLDER, (ClockName.TRIAGE,)),
    State.FILED: Standing(Seat.HOLDER, (ClockName.DISPATCH,)),
    State.DISPATCHED: Standing(Seat.HOLDER, (ClockName.ACCEPT, ClockName.DISPOSE)),
    State.ACCEPTED: Standing(Seat.HOLDER, (ClockName.DISPOSE,)),
    State.IN_PROGRESS: Standing(Seat.HOLDER, (ClockName.DISPOSE,)),
    State.COORDINATING: Standing(Seat.HOLDER, (ClockName.DISPOSE,)),
    State.RESOLVED: Standing(Seat.CENTRE, (ClockName.VERIFY,)),
    State.VERIFIED: Standing(Seat.CENTRE, (ClockName.VERIFY,)),
    State.CLOSED: Standing(Seat.NOBODY),
    State.DECLINED: Standing(Seat.NOBODY),
    State.CANCELLED: Standing(Seat.NOBODY),
}


@dataclass(frozen=True, slots=True)
class Move:
    """What an action leads to and what it asks of the caller.

    `resumes`: clocks that stood go on from what they have spent; otherwise they begin anew.
    `renews`: those that run begin anew as well, because the stage is another's now.
    """

    to: State
    needs_reason: bool = False
    resumes: bool = False
    renews: bool = False


_OPEN: Final = tuple(state for state in State if not state.is_final)
_WORKING: Final = (State.DISPATCHED, State.ACCEPTED, State.IN_PROGRESS)

TRANSITIONS: Final[Mapping[tuple[State, Action], Move]] = {
    (State.TRIAGE, Action.FILE): Move(State.FILED),
    (State.TRIAGE, Action.DECLINE): Move(State.DECLINED, needs_reason=True),
    (State.FILED, Action.DECLINE): Move(State.DECLINED, needs_reason=True),
    (State.FILED, Action.DISPATCH): Move(State.DISPATCHED),
    (State.FILED, Action.PASS_DOWN): Move(State.FILED, renews=True),
    (State.FILED, Action.COORDINATE): Move(State.COORDINATING),
    **{
        (state, Action.RULE): Move(State.DISPATCHED, needs_reason=True)
        for state in (State.TRIAGE, State.FILED)
    },
    (State.DISPATCHED, Action.ACCEPT): Move(State.ACCEPTED),
    (State.ACCEPTED, Action.START): Move(State.IN_PROGRESS),
    (State.ACCEPTED, Action.RESOLVE): Move(State.RESOLVED),
    (State.IN_PROGRESS, Action.RESOLVE): Move(State.RESOLVED),
    (State.COORDINATING, Action.RESOLVE): Move(State.RESOLVED),
    (State.RESOLVED, Action.VERIFY): Move(State.VERIFIED),
    (State.RESOLVED, Action.REWORK): Move(State.IN_PROGRESS, needs_reason=True, resumes=True),
    (State.VERIFIED, Action.CLOSE): Move(State.CLOSED),
    **{(state, Action.RETURN): Move(State.FILED, needs_reason=True) for state in _WORKING},
    **{(state, Action.CANCEL): Move(State.CANCELLED, needs_reason=True) for state in _OPEN},
    **{(state, Action.NOTE): Move(state, needs_reason=True) for state in State},
    **{(state, Action.ATTACH): Move(state) for state in State},
}

UNTOUCHED: Final = (State.TRIAGE, State.FILED, State.DISPATCHED)
"""States in which nobody has begun to work: another version may judge the unit anew (重新研判)."""

RAISES_VERSION: Final = frozenset(Action) - {
    Action.NOTE,
    Action.ATTACH,
    Action.WARN,
    Action.OVERDUE,
    Action.RAISE,
    Action.NOTIFY,
}
"""Actions that change what a caller must have seen."""


def actions_in(state: State) -> tuple[Action, ...]:
    """Return what may be done in a state, in the table's order."""
    return tuple(action for where, action in TRANSITIONS if where is state)


def decide(state: State, action: Action, *, reason: str) -> Move:
    """Return the move an action makes; the only place that consults the table.

    Raises ActionNotAllowed with what is allowed instead, Invalid when the reason is missing.
    """
    move = TRANSITIONS.get((state, action))
    if move is None:
        raise ActionNotAllowed(
            zh=f"单元处于“{STATE[state][0]}”状态, 不能“{ACTION[action][0]}”",
            en=f"a unit in state {state} does not permit {action}",
            field="action",
            allowed=actions_in(state),
        )
    if move.needs_reason and not reason.strip():
        raise Invalid(
            zh=f"“{ACTION[action][0]}”必须说明理由", en=f"{action} needs a reason", field="reason"
        )
    return move
