"""When a limit starts, stands, goes on, begins anew and ends: read off the lifecycle's table."""

from collections.abc import Iterator
from enum import StrEnum

from app.domain.action import Action
from app.domain.lifecycle import STANDINGS, TRANSITIONS, Move
from app.domain.timing import LASTING
from app.domain.unit import ClockName, State
from app.domain.words import ACTION, CLOCK


class Effect(StrEnum):
    """What an action does to a limit."""

    STARTS = "starts"
    """开始"""
    STANDS = "stands"
    """暂停"""
    GOES_ON = "goes on"
    """接续"""
    ANEW = "begins anew"
    """重计"""
    ENDS = "ends"
    """终止"""


def conditions() -> dict[ClockName, dict[Effect, tuple[Action, ...]]]:
    """Return for each limit which actions have which effect on it.

    A limit that starts where it has been before begins anew, unless the unit is back with the
    holder who returned it, with whom it goes on.
    """
    found: dict[ClockName, dict[Effect, list[Action]]] = {}
    for (state, action), move in TRANSITIONS.items():
        for name, effect in _effects(state, move):
            actions = found.setdefault(name, {}).setdefault(effect, [])
            if action not in actions:
                actions.append(action)
    return {
        name: {effect: tuple(sorted(actions)) for effect, actions in effects.items()}
        for name, effects in found.items()
    }


def _effects(state: State, move: Move) -> Iterator[tuple[ClockName, Effect]]:
    before, after = STANDINGS[state].clocks, STANDINGS[move.to].clocks
    for name in before:
        if name not in after:
            yield name, Effect.ENDS if move.to.is_final else Effect.STANDS
        elif move.renews and name is after[0]:
            yield name, Effect.ANEW
    for name in after:
        if name not in before:
            yield name, Effect.GOES_ON if move.resumes else Effect.STARTS


def rows() -> list[str]:
    """Return the table as lines of a document, and what lasts through every stage."""
    table = conditions()
    lasting = " 与 ".join(f"{name} {CLOCK[name][0]}" for name in sorted(LASTING))
    return [
        "| limit | " + " | ".join(Effect) + " |",
        "| --- |" + " --- |" * len(Effect),
        *(
            f"| {name} {CLOCK[name][0]} | "
            + " | ".join(_told(table[name].get(effect, ())) for effect in Effect)
            + " |"
            for name in ClockName
            if name in table
        ),
        "",
        f"{lasting} start once and run through every stage; they stand while the unit is",
        "suspended or merged, and end with it.",
    ]


def _told(actions: tuple[Action, ...]) -> str:
    return ", ".join(f"{action} {ACTION[action][0]}" for action in actions)
