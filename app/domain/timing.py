"""Which limit a unit runs under at each stage, and what a new state does to its clocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.calendar import Calendar
from app.domain.clock import Clock, resume, start, stop
from app.domain.lifecycle import STANDINGS
from app.domain.limit import Limit
from app.domain.policy import Policy
from app.domain.responsibility import Entry
from app.domain.unit import ClockName, Unit


@dataclass(frozen=True, slots=True)
class Terms:
    """What a unit's limits follow from."""

    entry: Entry | None
    policy: Policy
    calendar: Calendar

    def limit(self, name: ClockName, unit: Unit) -> Limit:
        """Return the limit of one stage: the list's for disposing, the policy's for the rest."""
        if name is ClockName.DISPOSE and self.entry is not None:
            return self.entry.limit if unit.task is None else self.entry.plan[unit.task].limit
        table: Mapping[ClockName, Limit] = {
            ClockName.TRIAGE: self.policy.triage[unit.urgency],
            ClockName.DISPATCH: self.policy.dispatch[unit.urgency],
            ClockName.ACCEPT: self.policy.accept[unit.urgency],
            ClockName.VERIFY: self.policy.verify[unit.urgency],
        }
        return table[name]


def enter(
    unit: Unit, clocks: Sequence[Clock], terms: Terms, *, at: datetime, resumes: bool = False
) -> tuple[Unit, tuple[Clock, ...]]:
    """Return the unit with its stage's deadlines, and the clocks its state has running.

    Clocks the state does not know stop with the time they ran; clocks it needs start, or go
    on from what they had spent if the move `resumes`.
    """
    wanted = STANDINGS[unit.state].clocks
    after = {
        clock.name: clock if clock.name in wanted else stop(clock, at=at, calendar=terms.calendar)
        for clock in clocks
    }
    for name in wanted:
        after[name] = _running(name, after.get(name), unit, terms, at=at, resumes=resumes)
    return with_deadlines(unit, tuple(after.values())), tuple(after.values())


def _running(
    name: ClockName,
    present: Clock | None,
    unit: Unit,
    terms: Terms,
    *,
    at: datetime,
    resumes: bool,
) -> Clock:
    if present is not None and present.is_running:
        return present
    marks = terms.policy.marks_for(unit.urgency)
    if present is not None and resumes:
        return resume(present, at=at, calendar=terms.calendar, marks=marks)
    limit = terms.limit(name, unit)
    fresh = start(name, limit, at=at, calendar=terms.calendar, marks=marks)
    return replace(fresh, version=present.version + 1) if present is not None else fresh


def with_deadlines(unit: Unit, clocks: Sequence[Clock]) -> Unit:
    """Return the unit carrying its stage's and its disposal's deadline for lists to sort by.

    The disposal's deadline stays on the unit after its clock has stopped: it is a fact of
    the record.
    """
    by_name = {clock.name: clock for clock in clocks}
    order = STANDINGS[unit.state].clocks
    stage = by_name[order[0]] if order else None
    dispose = by_name.get(ClockName.DISPOSE)
    return replace(
        unit,
        stage=stage.name if stage else None,
        stage_due_at=stage.due_at if stage else None,
        due_at=dispose.due_at if dispose else None,
        is_provisional=any(clock.is_running and clock.is_provisional for clock in clocks),
    )
