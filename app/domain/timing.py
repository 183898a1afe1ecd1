"""Which limit a unit runs under at each stage, and what a new state does to its clocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from app.domain.calendar import Calendar
from app.domain.clock import Clock, relimit, resume, start, stop
from app.domain.lifecycle import IN_HAND, ON_SITE, STANDINGS, UNDER_WAY
from app.domain.limit import Limit
from app.domain.policy import Marks, Policy
from app.domain.responsibility import Entry, Urgency
from app.domain.unit import ClockName, State, Unit

_END: Final = Marks(warn=100, raises=())


@dataclass(frozen=True, slots=True)
class Terms:
    """What a unit's limits follow from; `task` is which task of the entry's plan it is.

    `ruled` is the limit a ruling gave to a unit that no entry gives one; `own` are the limits
    of a task that whoever ordered it gave it.
    """

    entry: Entry | None
    policy: Policy
    calendar: Calendar
    urgency: Urgency
    task: int | None = None
    ruled: Limit | None = None
    own: Mapping[ClockName, Limit] = field(default_factory=dict)

    def limit(self, name: ClockName) -> Limit:
        """Return the limit of one stage: the list's for disposing, the policy's for the rest."""
        if name in self.own:
            return self.own[name]
        if name is ClockName.DISPOSE and self.entry is not None:
            return self.entry.limit if self.task is None else self.entry.orders[self.task].limit
        if name is ClockName.DISPOSE and self.ruled is not None:
            return self.ruled
        limits: Mapping[Urgency, Limit] = getattr(self.policy, name)
        return limits[self.urgency]

    def marks(self, name: ClockName) -> Marks:
        """Return the marks of one stage; the end of a suspension is its only one."""
        return _END if name is ClockName.SUSPEND else self.policy.marks_for(self.urgency)


def begin(state: State, terms: Terms, *, at: datetime) -> tuple[Clock, ...]:
    """Return the clocks a new unit has running in its first state."""
    return tuple(_fresh(name, terms, at) for name in running_in(state, terms))


def running_in(state: State, terms: Terms) -> tuple[ClockName, ...]:
    """Return the limits that run in a state: of a whistle's task those of showing up as well."""
    known = STANDINGS[state].clocks
    if not terms.own or state not in IN_HAND:
        return known
    return (*known, *(name for name in ON_SITE if name in terms.own))


SUPERVISION: Final = "supervision"
"""The key of a unit's reasons that tells who set it a deadline of their own (督办)."""


def _wanted(unit: Unit, terms: Terms) -> tuple[ClockName, ...]:
    """Return the limits that run in the unit's state, a supervision's until it is closed."""
    known = running_in(unit.state, terms)
    if SUPERVISION in unit.reasons and unit.state in UNDER_WAY:
        return (*known, ClockName.SUPERVISE)
    return known


def enter(
    unit: Unit,
    clocks: Sequence[Clock],
    terms: Terms,
    *,
    at: datetime,
    resumes: bool = False,
    renews: bool = False,
) -> tuple[Unit, tuple[Clock, ...]]:
    """Return the unit with its stage's deadlines, and the clocks its state has running.

    Clocks the state does not know stop with the time they ran; clocks it needs start, or go
    on from what they had spent if the move `resumes`; the stage's own begins anew if it
    `renews`. A limit found exceeded is a fact of the unit from then on.
    """
    wanted = _wanted(unit, terms)
    goes_on = wanted[1:] if renews else wanted
    after = {
        clock.name: clock if clock.name in goes_on else stop(clock, at=at, calendar=terms.calendar)
        for clock in clocks
    }
    exceeded = [clock.overdue_at for clock in after.values() if clock.overdue_at is not None]
    for name in wanted:
        after[name] = _running(name, after.get(name), terms, at=at, resumes=resumes)
    running = tuple(after.values())
    overdue_at = unit.overdue_at or min(exceeded, default=None)
    return replace(unit, overdue_at=overdue_at, **deadlines(unit.state, running)), running


def relimited(state: State, clocks: Sequence[Clock], terms: Terms) -> tuple[Clock, ...]:
    """Return a unit's clocks with those of a state under the limits of other terms."""
    wanted, marks = running_in(state, terms), terms.policy.marks_for(terms.urgency)
    return tuple(
        relimit(clock, terms.limit(clock.name), calendar=terms.calendar, marks=marks)
        if clock.name in wanted
        else clock
        for clock in clocks
    )


def _running(
    name: ClockName, present: Clock | None, terms: Terms, *, at: datetime, resumes: bool
) -> Clock:
    if present is None:
        return _fresh(name, terms, at)
    if present.is_running:
        return present
    if resumes or name is ClockName.SUPERVISE:
        marks = terms.marks(name)
        return resume(present, at=at, calendar=terms.calendar, marks=marks)
    return replace(_fresh(name, terms, at), version=present.version + 1)


def _fresh(name: ClockName, terms: Terms, at: datetime) -> Clock:
    marks = terms.marks(name)
    return start(name, terms.limit(name), at=at, calendar=terms.calendar, marks=marks)


def deadlines(state: State, clocks: Sequence[Clock]) -> dict[str, Any]:
    """Return the unit's fields for its stage's and its disposal's deadline, for lists to sort by.

    The disposal's deadline stays on the unit after its clock has stopped: it is a fact of
    the record.
    """
    by_name = {clock.name: clock for clock in clocks}
    order = STANDINGS[state].clocks
    stage = by_name[order[0]] if order else None
    dispose = by_name.get(ClockName.DISPOSE)
    return {
        "stage": stage.name if stage else None,
        "stage_due_at": stage.due_at if stage else None,
        "due_at": dispose.due_at if dispose else None,
        "is_provisional": any(clock.is_running and clock.is_provisional for clock in clocks),
    }
