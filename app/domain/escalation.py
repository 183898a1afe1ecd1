"""What happens when a limit's marks are passed: reminders, centre after centre told, orders."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.domain.action import Action
from app.domain.calendar import Calendar
from app.domain.clock import Clock, aim, falls_at, in_order
from app.domain.marks import Effect, Mark, Marks
from app.domain.organisation import OrganisationCode
from app.domain.roster import Roster


@dataclass(frozen=True, slots=True)
class Watch:
    """Whose turn a unit is at a moment, and who watches over them.

    `desk` is reminded; `chain` are the centres above it, the nearest first, the city last.
    """

    desk: OrganisationCode
    chain: Sequence[OrganisationCode]
    roster: Roster
    now: datetime

    @property
    def above(self) -> OrganisationCode:
        """The centre above the desk; above the city's there is none."""
        return self.chain[0] if self.chain else self.desk

    @property
    def duty(self) -> OrganisationCode:
        """Whose duty officer is reminded: the desk's, or the centre's if nobody is there."""
        return self.desk if self.roster.is_manned(self.desk, self.now) else self.above


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing a passed mark does; `told` is who hears of it, or in whose name it is ordered.

    `duty` are the people it is for; None: it is for the whole body.
    """

    action: Action
    mark: Mark
    mark_at: datetime
    told: OrganisationCode
    duty: tuple[str, ...] | None = None

    def data(self, clock: Clock, now: datetime) -> dict[str, Any]:
        """Return what the log tells of it: which mark it was, when it fell, and how late this is.

        A mark that is a plain share tells it as a number as well.
        """
        mark = self.mark
        told: dict[str, Any] = {"clock": clock.name, "mark": str(mark), "mark_at": self.mark_at}
        if mark.offset is None:
            told["percent"] = mark.percent
        if self.duty is not None:
            told["duty"] = list(self.duty)
        return {**told, "late_by": int((now - self.mark_at).total_seconds())}


@dataclass(frozen=True, slots=True)
class Firing:
    """What a clock does now: its alarms in the order of their marks, and the clock after."""

    alarms: tuple[Alarm, ...]
    clock: Clock


def fire(clock: Clock, watch: Watch, *, calendar: Calendar, marks: Marks) -> Firing:
    """Return what the marks passed by now do.

    Marks missed while nobody looked are returned together, in order. A mark's moment follows
    from what the clock has spent: `next_at` only says when to look. Each mark that raises
    tells the next centre further up, while there is one. That the limit has passed is
    recorded once, whatever the policy makes of it.
    """
    if not clock.is_running:
        return Firing((), clock)
    alarms: list[Alarm] = []
    missed: dict[str, Any] = {}
    ordered, passed, at = in_order(clock, calendar, marks), clock.mark, clock.started_at
    while passed < len(ordered):
        mark = ordered[passed]
        falls = falls_at(clock, mark, calendar)
        if falls > watch.now:
            break
        # One that waited for another to fall before it did not come earlier than that.
        at = max(at, falls)
        if mark.is_deadline and clock.overdue_at is None:
            alarms.append(Alarm(Action.OVERDUE, mark, at, watch.desk))
            missed = {"overdue_at": at, "overdue_by": watch.desk}
        raised = sum(Effect.RAISE in one.do for one in ordered[:passed])
        alarms += _passed(mark, at, watch, raised)
        passed += 1
    # Copying a clock costs more than deciding about it: once, however many marks.
    version = clock.version + passed - clock.mark
    after = replace(clock, mark=passed, version=version, **missed)
    return Firing(tuple(alarms), aim(after, calendar, marks))


def _passed(mark: Mark, at: datetime, watch: Watch, raised: int) -> Iterator[Alarm]:
    for effect in mark.do:
        match effect:
            case Effect.REMIND_HOLDER:
                yield Alarm(Action.WARN, mark, at, watch.desk)
            case Effect.REMIND_DUTY:
                shifts = watch.roster.on_duty(watch.duty, watch.now)
                people = tuple(shift.person for shift in shifts)
                yield Alarm(Action.WARN, mark, at, watch.duty, people)
            case Effect.RAISE if raised < len(watch.chain):
                yield Alarm(Action.RAISE, mark, at, watch.chain[raised])
            case Effect.SUPERVISE:
                yield Alarm(Action.SUPERVISE, mark, at, watch.above)
            case Effect.NOTICE:
                yield Alarm(Action.NOTICE, mark, at, watch.desk)
            case _:
                # A light goes on by itself, and above the last centre there is nobody to tell.
                pass
