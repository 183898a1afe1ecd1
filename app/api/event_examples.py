"""One example message for each event type; all of it is made up, out of the lifecycle's table."""

from typing import Any, Final

from app.domain.action import Action
from app.domain.lifecycle import TRANSITIONS
from app.domain.topic import ACTION_OF, Topic
from app.domain.unit import Light, State

_WHEN: Final = "2026-11-20T01:31:00Z"
_CENTRE: Final = {"code": "500103001-ZX", "name": "七星岗街道基层治理指挥中心"}
_HOLDER: Final = {"code": "500103001-MS", "name": "七星岗街道民生服务板块"}
_AT_CENTRE: Final = frozenset({State.TRIAGE, State.FILED, State.COORDINATING})
_BY_CENTRE: Final = _AT_CENTRE | {State.RESOLVED, State.VERIFIED, State.CLOSED}
_UNIT: Final = {
    "id": "0192f3a0-5b1e-7c3a-9d52-3f0a6d1c2b4e",
    "number": "500103-20261120-00042",
    "version": 3,
    "parent": None,
}
_BEGINNINGS: Final = {
    Action.RECEIVE: State.TRIAGE,
    Action.FILE: State.FILED,
    Action.ISSUE: State.COORDINATING,
}
"""What a unit begins with: before it the unit was not there."""
_LIGHTS: Final = {Action.WARN: Light.YELLOW, Action.OVERDUE: Light.RED}
_BY_PEOPLE: Final = {action for _, action in TRANSITIONS} | {Action.CLAIM, Action.RELEASE}
_PUBLISHED: Final = {
    "version": 18,
    "changed": ["list"],
    "in_force_at": "2026-11-20T16:00:00Z",
    "by": "500000-ZX 李工",
    "note": "职责清单十二月版",
}


def example(topic: Topic) -> dict[str, Any]:
    """Return a thin message of a type, as a webhook carries it."""
    data = _PUBLISHED if topic is Topic.RULEBOOK_PUBLISHED else _done(ACTION_OF[topic])
    return {"type": topic.value, "timestamp": _WHEN, "data": data}


def _done(action: Action) -> dict[str, Any]:
    begins, (before, after) = action in _BEGINNINGS, _move(action)
    light = _LIGHTS.get(action, Light.GREEN)
    was = {Light.YELLOW: Light.GREEN, Light.RED: Light.YELLOW}.get(light, Light.GREEN)
    left = None if begins else _group(before, was)
    reached = _group(after, light)
    return {
        "action": action.value,
        "seq": 1 if begins else 3,
        "state": after.value,
        "organisation": _CENTRE if before in _BY_CENTRE else _HOLDER,
        "actor": "陈工" if action in _BY_PEOPLE and not begins else None,
        "unit": _UNIT,
        "change": None if left == reached else {"from": left, "to": reached},
    }


def _move(action: Action) -> tuple[State, State]:
    """Return a move that the action makes; what is in no table leaves the state as it is."""
    if action in _BEGINNINGS:
        return _BEGINNINGS[action], _BEGINNINGS[action]
    moves = [(state, move.to) for (state, done), move in TRANSITIONS.items() if done is action]
    return next(
        (pair for pair in moves if pair[0] is not pair[1]),
        (State.ACCEPTED, State.ACCEPTED) if not moves else moves[0],
    )


def _group(state: State, light: Light) -> dict[str, Any] | None:
    if state.is_final:
        return None
    holder = _CENTRE if state in _AT_CENTRE else _HOLDER
    return {
        "organisation": holder["code"],
        "state": state.value,
        "kind": "item",
        "light": light.value,
    }
