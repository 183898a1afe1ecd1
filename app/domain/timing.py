"""Which limit a unit runs under at each stage, and what a new state does to its clocks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Self

from app.domain.calendar import Calendar
from app.domain.clock import Clock, relimit, resume, start, stop
from app.domain.lifecycle import IN_HAND, ON_SITE, STANDINGS, UNDER_WAY
from app.domain.limit import Basis, Limit
from app.domain.marks import Marks
from app.domain.organisation import OrganisationCode
from app.domain.policy import Policy
from app.domain.responsibility import Entry, Urgency
from app.domain.rulebook import Rulebook
from app.domain.unit import ClockName, State, Unit

_END: Final = Marks()


_HOLDERS: Final = frozenset(
    {ClockName.ACCEPT, ClockName.CONTACT, ClockName.ARRIVE, ClockName.DISPOSE, ClockName.SUSPEND}
)
"""Limits that bind a unit's holder; the others bind its centre."""


@dataclass(frozen=True, slots=True)
class Bound:
    """Who has a unit, and the centre it belongs to."""

    holder: OrganisationCode
    centre: OrganisationCode


def _nowhere(_code: str) -> tuple[str, ...]:
    return ()


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
    path_of: Callable[[str], tuple[str, ...]] = _nowhere

    @classmethod
    def of(
        cls,
        rulebook: Rulebook,
        policy: Policy,
        urgency: Urgency,
        entry: Entry | None = None,
        *,
        task: int | None = None,
        ruled: Limit | None = None,
        own: Mapping[ClockName, Limit] | None = None,
    ) -> Self:
        """Return the terms of a unit whose limits count by a rulebook's calendars."""
        path_of = rulebook.path_of
        return cls(entry, policy, rulebook.calendar, urgency, task, ruled, own or {}, path_of)

    def named(self, key: str) -> Calendar:
        """Return the calendar of a body or an area, which a clock counts by."""
        return self.calendar.narrowed(self.path_of(key)) if self.calendar.local else self.calendar

    def office(self, name: ClockName, bound: Bound) -> Calendar:
        """Return the calendar of whoever a limit binds: the holder, or the unit's centre."""
        return self.named(bound.holder if name in _HOLDERS else bound.centre)

    def limit(self, name: ClockName, bound: Bound | None = None) -> Limit:
        """Return the limit of one stage: the list's for disposing, the policy's for the rest.

        A rule of the policy goes before both.
        """
        if name in self.own:
            return self.own[name]
        ruled = self._by_rule(name, bound)
        if ruled is not None:
            return ruled
        if name is ClockName.DISPOSE and self.entry is not None:
            return self.entry.limit if self.task is None else self.entry.orders[self.task].limit
        if name is ClockName.DISPOSE and self.ruled is not None:
            return self.ruled
        limits: Mapping[Urgency, Limit] = getattr(self.policy, name)
        return limits[self.urgency]

    def _by_rule(self, name: ClockName, bound: Bound | None) -> Limit | None:
        if not self.policy.clocks:
            return None
        body = None
        if bound is not None:
            body = bound.holder if name in _HOLDERS else bound.centre
        code = self.entry.code if self.entry is not None else None
        return self.policy.limit(name, self.urgency, code, body)

    def has_loop(self, bound: Bound) -> bool:
        """Tell whether the whole way from filing to closing has a limit."""
        loop = ClockName.LOOP
        return self.urgency in self.policy.loop or self._by_rule(loop, bound) is not None

    def marks(self, name: ClockName) -> Marks:
        """Return the marks of one stage; the end of a suspension is its only one."""
        return _END if name is ClockName.SUSPEND else self.policy.marks_for(name, self.urgency)


def begin(state: State, bound: Bound, terms: Terms, *, at: datetime) -> tuple[Clock, ...]:
    """Return the clocks a new unit has running in its first state."""
    names = running_in(state, terms)
    if state in UNDER_WAY and terms.has_loop(bound):
        names = (*names, ClockName.LOOP)
    return tuple(_fresh(name, bound, terms, at) for name in names)


def running_in(state: State, terms: Terms) -> tuple[ClockName, ...]:
    """Return the limits that run in a state: of a whistle's task those of showing up as well."""
    known = STANDINGS[state].clocks
    if not terms.own or state not in IN_HAND:
        return known
    return (*known, *(name for name in ON_SITE if name in terms.own))


SUPERVISION: Final = "supervision"
"""The key of a unit's reasons that tells who set it a deadline of their own (督办)."""


LASTING: Final = frozenset({ClockName.SUPERVISE, ClockName.LOOP})
"""Limits that run through every stage until the unit is closed, and stand only with it."""


def _wanted(
    unit: Unit, clocks: Sequence[Clock], terms: Terms, bound: Bound
) -> tuple[ClockName, ...]:
    """Return the limits that run in the unit's state, those that last until it is closed."""
    known = running_in(unit.state, terms)
    if unit.state not in UNDER_WAY:
        return known
    if SUPERVISION in unit.reasons:
        known = (*known, ClockName.SUPERVISE)
    has_loop = any(clock.name is ClockName.LOOP for clock in clocks) or terms.has_loop(bound)
    return (*known, ClockName.LOOP) if has_loop else known


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
    bound = Bound(unit.holder, unit.centre)
    wanted = _wanted(unit, clocks, terms, bound)
    goes_on = wanted[1:] if renews else wanted
    after = {
        clock.name: clock if clock.name in goes_on else _stopped(clock, terms, at)
        for clock in clocks
    }
    exceeded = [clock.overdue_at for clock in after.values() if clock.overdue_at is not None]
    for name in wanted:
        after[name] = _running(name, after.get(name), bound, terms, at=at, resumes=resumes)
    running = tuple(after.values())
    overdue_at = unit.overdue_at or min(exceeded, default=None)
    return replace(unit, overdue_at=overdue_at, **deadlines(unit.state, running)), running


def relimited(
    unit: Unit, clocks: Sequence[Clock], terms: Terms, *, at: datetime
) -> tuple[Clock, ...]:
    """Return a unit's clocks with those of its state under the limits of other terms."""
    wanted = running_in(unit.state, terms)
    return tuple(
        under(terms, clock, unit, at) if clock.name in wanted else clock for clock in clocks
    )


def under(terms: Terms, clock: Clock, unit: Unit, at: datetime) -> Clock:
    """Return a clock of a unit under the limit that other terms give it."""
    limit = terms.limit(clock.name, Bound(unit.holder, unit.centre))
    calendar, marks = terms.named(clock.calendar), terms.marks(clock.name)
    return relimit(clock, limit, at=at, calendar=calendar, marks=marks)


def _stopped(clock: Clock, terms: Terms, at: datetime) -> Clock:
    return stop(clock, at=at, calendar=terms.named(clock.calendar))


def _running(
    name: ClockName,
    present: Clock | None,
    bound: Bound,
    terms: Terms,
    *,
    at: datetime,
    resumes: bool,
) -> Clock:
    if present is None:
        return _fresh(name, bound, terms, at)
    office = terms.office(name, bound)
    if present.is_running and (office.key == present.calendar or present.basis is Basis.WALL):
        return present
    if present.is_running or resumes or name in LASTING:
        # Whoever has it now may have other hours: what was spent in those before stays spent.
        present = _stopped(present, terms, at)
        return resume(present, at=at, calendar=office, marks=terms.marks(name))
    fresh = _fresh(name, bound, terms, at)
    return replace(fresh, version=present.version + 1)


def _fresh(name: ClockName, bound: Bound, terms: Terms, at: datetime) -> Clock:
    marks, office = terms.marks(name), terms.office(name, bound)
    return start(name, terms.limit(name, bound), at=at, calendar=office, marks=marks)


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
        "yellow_at": min((one.yellow_at for one in clocks if one.yellow_at), default=None),
        "red_at": min((one.red_at for one in clocks if one.red_at), default=None),
    }
