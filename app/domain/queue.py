"""Queues (待办): what waits on a desk or in an area, and the views people work through it by."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.domain.unit import State


class View(StrEnum):
    """A way to look at a queue; each open unit is in exactly one of a desk's own views."""

    TRIAGE = "triage"
    """待研判"""
    TO_DISPATCH = "to_dispatch"
    """待派遣"""
    TO_ACCEPT = "to_accept"
    """待签收"""
    TO_DISPOSE = "to_dispose"
    """待处置"""
    COORDINATING = "coordinating"
    """统筹中"""
    TO_VERIFY = "to_verify"
    """待核查"""
    SUSPENDED = "suspended"
    """挂账"""
    OVERDUE = "overdue"
    """已超期: the stage's deadline has passed"""
    REQUESTS = "requests"
    """待审批: a request about it waits for a decision"""
    WATCHED = "watched"
    """督办关注: raised to this centre, or supervised by it"""
    CLAIMED = "claimed"
    """已领取: in somebody's hands"""


STATES: Final[Mapping[View, tuple[State, ...]]] = {
    View.TRIAGE: (State.TRIAGE,),
    View.TO_DISPATCH: (State.FILED,),
    View.TO_ACCEPT: (State.DISPATCHED,),
    View.TO_DISPOSE: (State.ACCEPTED, State.IN_PROGRESS),
    View.COORDINATING: (State.COORDINATING,),
    View.TO_VERIFY: (State.RESOLVED, State.VERIFIED),
    View.SUSPENDED: (State.SUSPENDED,),
}
"""The desk's own views: what is to be done next."""

VIEW_OF: Final[Mapping[State, View]] = {
    state: view for view, states in STATES.items() for state in states
}
ACROSS: Final = tuple(view for view in View if view not in STATES)
"""Views across the others: a unit is in several of them, or in none."""

OPEN: Final = tuple(VIEW_OF)
