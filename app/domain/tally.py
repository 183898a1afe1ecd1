"""Tallies (计数): lines of a unit's log, what is counted of them, and under which key."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from app.domain.action import Action
from app.domain.feed import Stance
from app.domain.measure import Count
from app.domain.unit import ClockName, State


class Key(NamedTuple):
    """Under what something is counted; an empty entry: none is known yet."""

    organisation: str
    day: date
    channel: str
    kind: str
    entry: str


Tally = Counter[tuple[Key, Count]]


@dataclass(frozen=True, slots=True)
class Told:
    """A line of a unit's log; `begins`: the first of the change it belongs to."""

    at: datetime
    action: Action
    state: State
    organisation: str
    is_by_person: bool
    begins: bool
    after: Stance | None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """What never changes about a unit; `returns` is when its matter came back as another."""

    home: str
    channel: str
    is_report: bool = True
    """It is what somebody reported, and not a task of such a unit, or issued from above."""
    is_recurring: bool = False
    returns: tuple[datetime, ...] = ()


@dataclass(slots=True, eq=False)
class Due:
    """A limit somebody was bound by, and whether it was kept, as it has come out."""

    clock: ClockName
    key: Key
    is_late: bool
    is_counted: bool = True
    is_done: bool = False
    is_exempt: bool = False
    is_void: bool = False


@dataclass(slots=True, eq=False)
class Closing:
    """A resolution that stands: from then on the unit is to be closed."""

    key: Key
    is_reworked: bool
    lates: list[Due]
    is_done: bool = False
    is_void: bool = False


_COUNTED: Final[Mapping[ClockName, tuple[Count, Count]]] = {
    ClockName.DISPATCH: (Count.DISPATCH_ON_TIME, Count.DISPATCH_LATE),
    ClockName.ACCEPT: (Count.ACCEPT_ON_TIME, Count.ACCEPT_LATE),
    ClockName.DISPOSE: (Count.DISPOSE_ON_TIME, Count.DISPOSE_LATE),
    ClockName.VERIFY: (Count.VERIFY_ON_TIME, Count.VERIFY_LATE),
}


def of_due(due: Due) -> Tally:
    """Return what a limit that was kept or missed counts."""
    if due.is_void:
        return Counter()
    if due.is_exempt:
        return Counter({(due.key, Count.EXEMPTED): 1})
    if due.clock not in _COUNTED or not due.is_counted:
        return Counter()
    on_time, late = _COUNTED[due.clock]
    found: Tally = Counter({(due.key, late if due.is_late else on_time): 1})
    if due.clock is ClockName.DISPOSE and due.is_late and due.is_done:
        found[due.key, Count.DISPOSE_DONE_LATE] += 1
    return found


def of_closing(closing: Closing) -> Tally:
    """Return what a resolution that stands counts."""
    if closing.is_void:
        return Counter()
    is_on_time = closing.is_done and all(late.is_exempt for late in closing.lates)
    told = {
        Count.TO_CLOSE: True,
        Count.TO_CLOSE_DONE: closing.is_done,
        Count.TO_CLOSE_ON_TIME: is_on_time,
        Count.TO_CLOSE_REWORKED: closing.is_reworked,
    }
    return Counter({(closing.key, count): 1 for count, holds in told.items() if holds})
