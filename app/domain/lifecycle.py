"""The lifecycle (流转) of a unit: one table of states and actions, and what it means for clocks."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from app.domain.action import Action
from app.domain.authority import AUTHORITY
from app.domain.errors import ActionNotAllowed, Invalid
from app.domain.evidence import Phase
from app.domain.need import Need
from app.domain.unit import ClockName, State, Unit
from app.domain.words import ACTION, NEED, STATE


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
    State.MERGED: Standing(Seat.NOBODY),
    State.SUSPENDED: Standing(Seat.CENTRE, (ClockName.SUSPEND,)),
}


@dataclass(frozen=True, slots=True)
class Move:
    """What an action leads to and what it needs the caller to say.

    `resumes`: clocks that stood go on from what they have spent; otherwise they begin anew.
    `renews`: the stage's own limit begins anew, because the stage is another's now.
    `back`: it leads to the state the unit was in before, of which `to` is the usual one.
    """

    to: State
    needs: frozenset[Need] = frozenset()
    resumes: bool = False
    renews: bool = False
    back: bool = False


_REASON: Final = frozenset({Need.REASON})
_OPEN: Final = tuple(state for state in State if not state.is_final)
_AT_CENTRE: Final = (State.TRIAGE, State.FILED)
_WORKING: Final = (State.DISPATCHED, State.ACCEPTED, State.IN_PROGRESS)

UNDER_WAY: Final = tuple(state for state in _OPEN if state is not State.SUSPENDED)
"""States in which somebody is to act: one urges, and a supervision's limit runs."""

IN_HAND: Final = frozenset(_WORKING)
"""States in which a holder that is to do the work itself has the unit."""

ON_SITE: Final = (ClockName.CONTACT, ClockName.ARRIVE)
"""The limits of showing up that a whistle's task has while it is in hand."""
_ASKING: Final = (*_WORKING, State.COORDINATING, State.SUSPENDED)

TRANSITIONS: Final[Mapping[tuple[State, Action], Move]] = {
    (State.TRIAGE, Action.FILE): Move(State.FILED, frozenset({Need.ENTRY})),
    (State.TRIAGE, Action.DECLINE): Move(State.DECLINED, _REASON),
    (State.FILED, Action.DECLINE): Move(State.DECLINED, _REASON),
    (State.FILED, Action.DISPATCH): Move(State.DISPATCHED),
    **{
        (state, Action.PASS_DOWN): Move(state, frozenset({Need.HOLDER}), renews=True)
        for state in _AT_CENTRE
    },
    (State.FILED, Action.COORDINATE): Move(State.COORDINATING),
    **{
        (state, Action.RULE): Move(State.DISPATCHED, _REASON | {Need.HOLDER})
        for state in (State.TRIAGE, State.FILED)
    },
    (State.DISPATCHED, Action.ACCEPT): Move(State.ACCEPTED),
    (State.ACCEPTED, Action.START): Move(State.IN_PROGRESS),
    (State.ACCEPTED, Action.RESOLVE): Move(State.RESOLVED),
    (State.IN_PROGRESS, Action.RESOLVE): Move(State.RESOLVED),
    (State.COORDINATING, Action.RESOLVE): Move(State.RESOLVED),
    (State.RESOLVED, Action.VERIFY): Move(State.VERIFIED),
    (State.RESOLVED, Action.SELF_HANDLE): Move(State.CLOSED),
    (State.RESOLVED, Action.REWORK): Move(State.IN_PROGRESS, _REASON, resumes=True),
    (State.VERIFIED, Action.CLOSE): Move(State.CLOSED),
    **{(state, Action.RETURN): Move(State.FILED, _REASON) for state in _WORKING},
    **{(state, Action.ESCALATE): Move(State.FILED, _REASON) for state in _WORKING},
    **{(state, Action.ESCALATE): Move(state, _REASON, renews=True) for state in _AT_CENTRE},
    (State.COORDINATING, Action.ESCALATE): Move(State.COORDINATING, _REASON),
    **{
        (state, Action.TRANSFER): Move(State.DISPATCHED, _REASON | {Need.HOLDER}, renews=True)
        for state in _WORKING
    },
    **{
        (state, Action.RECLASSIFY): Move(State.FILED, _REASON | {Need.ENTRY})
        for state in (State.FILED, *_WORKING)
    },
    **{(state, Action.URGE): Move(state, _REASON) for state in UNDER_WAY},
    **{(state, Action.SUPERVISE): Move(state, _REASON | {Need.LIMIT}) for state in UNDER_WAY},
    (State.CLOSED, Action.REOPEN): Move(State.FILED, _REASON),
    **{(state, Action.CANCEL): Move(State.CANCELLED, _REASON) for state in _OPEN},
    **{
        (state, Action.MERGE): Move(State.MERGED, _REASON | {Need.UNIT})
        for state in (State.TRIAGE, State.FILED, *_WORKING)
    },
    (State.MERGED, Action.UNMERGE): Move(State.FILED, _REASON, resumes=True),
    **{
        (state, Action.RATE): Move(state, frozenset({Need.GRADE}))
        for state in (State.CLOSED, State.MERGED)
    },
    (State.CLOSED, Action.REDO): Move(State.IN_PROGRESS),
    **{
        (state, Action.SUSPEND): Move(State.SUSPENDED, _REASON | {Need.UNTIL})
        for state in (*_WORKING, State.COORDINATING)
    },
    (State.SUSPENDED, Action.RESUME): Move(State.IN_PROGRESS, resumes=True, back=True),
    **{(state, Action.EXTEND): Move(state, _REASON) for state in _ASKING},
    **{(state, Action.REQUEST): Move(state, _REASON | {Need.KIND}) for state in _ASKING},
    **{(state, Action.APPEAL): Move(state, _REASON | {Need.CLOCK}) for state in State},
    **{(state, Action.EXEMPT): Move(state) for state in State},
    **{(state, Action.GRANT): Move(state) for state in State},
    **{(state, Action.REFUSE): Move(state, _REASON) for state in State},
    **{(state, Action.WITHDRAW): Move(state) for state in State},
    **{
        (state, Action.SPLIT): Move(State.COORDINATING, frozenset({Need.TASKS}))
        for state in (State.FILED, *_WORKING, State.COORDINATING)
    },
    **{
        (state, action): Move(state, needs)
        for state in _WORKING
        for action, needs in (
            (Action.SUPPORT, _REASON),
            (Action.WHISTLE, _REASON | {Need.DEPARTMENTS}),
        )
    },
    **{
        (state, Action.WHISTLE): Move(State.COORDINATING, _REASON | {Need.DEPARTMENTS})
        for state in (State.FILED, State.COORDINATING)
    },
    **{
        (state, action): Move(to or state, _REASON)
        for state in (State.ACCEPTED, State.IN_PROGRESS)
        for action, to in ((Action.CONTACT, None), (Action.ARRIVE, State.IN_PROGRESS))
    },
    (State.COORDINATING, Action.REMIND): Move(State.COORDINATING),
    **{
        (state, action): Move(state) for state in _OPEN for action in (Action.CLAIM, Action.RELEASE)
    },
    **{(state, Action.NOTE): Move(state, _REASON) for state in State},
    **{(state, Action.ATTACH): Move(state, frozenset({Need.ATTACHMENTS})) for state in State},
}

UNTOUCHED: Final = (State.TRIAGE, State.FILED, State.DISPATCHED)
"""States in which nobody has begun to work: another version may judge the unit anew (重新研判)."""

RAISES_VERSION: Final = frozenset(Action) - {
    Action.CLAIM,
    Action.RELEASE,
    Action.NOTE,
    Action.ATTACH,
    Action.URGE,
    Action.REMIND,
    Action.WARN,
    Action.OVERDUE,
    Action.RAISE,
    Action.NOTICE,
    Action.NOTIFY,
    Action.REQUEST,
    Action.SUPPORT,
    Action.APPEAL,
    Action.EXEMPT,
    Action.GRANT,
    Action.REFUSE,
    Action.WITHDRAW,
}
"""Actions that change what a caller must have seen."""


def state_after(unit: Unit, move: Move) -> dict[str, Any]:
    """Return a unit's fields for where a move leads, and for where it leads back from there."""
    to = unit.was if move.back and unit.was else move.to
    was = None
    if to is State.SUSPENDED:
        was = unit.was if unit.state is to else unit.state
    return {"state": to, "was": was}


def actions_in(state: State) -> tuple[Action, ...]:
    """Return what people may do in a state, in the table's order."""
    return tuple(action for where, action in TRANSITIONS if where is state and action in AUTHORITY)


@dataclass(frozen=True, slots=True)
class Allowed:
    """An action that may be done now, and what it needs."""

    action: Action
    needs: tuple[Need, ...]
    phases: tuple[Phase, ...] = ()
    """What the attachments it needs must show."""


def needs_of(unit: Unit, action: Action) -> tuple[Need, ...]:
    """Return what an action allowed on just this unit needs, in the order it is asked for."""
    needs = TRANSITIONS[unit.state, action].needs
    if unit.entry is None:
        needs |= _WITHOUT_ENTRY.get(action, frozenset())
    return tuple(need for need in Need if need in needs)


_WITHOUT_ENTRY: Final = {
    Action.DISPATCH: frozenset({Need.HOLDER}),
    Action.RULE: frozenset({Need.LIMIT}),
}
"""What the list says of a unit it knows, and a person must say of any other."""


def refuse_out_of_turn(state: State, action: Action) -> None:
    """Raise ActionNotAllowed, with what is allowed instead, for what the table does not list."""
    if (state, action) not in TRANSITIONS:
        raise ActionNotAllowed(
            zh=f"单元处于“{STATE[state][0]}”状态, 不能“{ACTION[action][0]}”",
            en=f"a unit in state {state} does not permit {action}",
            field="action",
            allowed=actions_in(state),
        )


def decide(state: State, action: Action, *, given: Collection[Need] = ()) -> Move:
    """Return the move an action makes; the only place that consults the table.

    Raises ActionNotAllowed with what is allowed instead, Invalid when a need is not given.
    """
    refuse_out_of_turn(state, action)
    move = TRANSITIONS[state, action]
    for need in Need:
        if need in move.needs and need not in given:
            zh, en = NEED[need]
            raise Invalid(
                zh=f"“{ACTION[action][0]}”须给出{zh}", en=f"{action} needs {en}", field=need
            )
    return move
