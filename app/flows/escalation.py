"""Marks that were passed: reminders and raises, written in batches of a home's units."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from app.domain import suspension
from app.domain.action import Action
from app.domain.clock import Clock
from app.domain.escalation import Alarm, Firing, fire
from app.domain.family import own_limits
from app.domain.filing import Filed
from app.domain.organisation import OrganisationCode
from app.domain.policy import Policy
from app.domain.rulebook import Rulebook
from app.domain.timing import Terms
from app.domain.unit import Step, Unit, own_step
from app.flows.advance import write
from app.store import clocks, units
from app.store.database import Tx

RETRY: Final = timedelta(minutes=10)
"""How long a unit whose marks could not be fired is left alone."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn over a home did."""

    due: int
    fired: int


async def fire_due(tx: Tx, home: str, rulebook: Rulebook, *, now: datetime, limit: int) -> Turn:
    """Fire the marks of a home that have passed, of up to `limit` clocks.

    Units somebody else owns at the moment are left for the next turn.
    """
    due = await clocks.due_units(tx, home, now=now, limit=limit)
    if not due:
        return Turn(0, 0)
    owned = await units.take_free(tx, due)
    running = await clocks.of_units(tx, [unit.id for unit in owned])
    changes = [
        change
        for unit in owned
        if (change := _change(unit, running.get(unit.id, ()), rulebook, now)) is not None
    ]
    if changes:
        await write(tx, changes)
    return Turn(len(due), len(changes))


def _change(
    unit: Unit, running: Sequence[Clock], rulebook: Rulebook, now: datetime
) -> Filed | None:
    """Return what passed marks make of a unit.

    A unit that cannot be judged stops no other: it is looked at again later, so that it does
    not stand at the head of the queue for ever.
    """
    try:
        return fired(unit, running, rulebook, now)
    except (LookupError, ValueError):
        log.exception("clock_failed", unit=unit.number)
        later = [replace(clock, next_at=now + RETRY) for clock in running if _is_due(clock, now)]
        return Filed(unit, (), tuple(later))


def _is_due(clock: Clock, now: datetime) -> bool:
    return clock.next_at is not None and clock.next_at <= now


def fired(unit: Unit, running: Sequence[Clock], rulebook: Rulebook, now: datetime) -> Filed | None:
    """Return the unit with the steps of its passed marks; None if none has passed.

    One whose suspension is over goes on, with the marks its limits have passed since then.
    """
    if unit.desk is None:
        return None
    policy = rulebook.policies.at(rulebook.areas.path(unit.place.finest(rulebook.areas)))
    terms = Terms(None, policy, rulebook.calendar, unit.urgency, own=own_limits(unit))
    resumed = suspension.ended(unit, running, terms, now=now)
    if resumed is None:
        return _fired(unit, running, rulebook, policy, now)
    late = _fired(resumed.unit, resumed.clocks, rulebook, policy, now)
    if late is None:
        return resumed
    clocks_now = {clock.name: clock for clock in (*resumed.clocks, *late.clocks)}
    return Filed(late.unit, (*resumed.steps, *late.steps), tuple(clocks_now.values()))


def _fired(
    unit: Unit, running: Sequence[Clock], rulebook: Rulebook, policy: Policy, now: datetime
) -> Filed | None:
    if unit.desk is None:
        return None
    chain = _chain(unit.desk, rulebook)
    firings = [
        fire(
            clock,
            now=now,
            calendar=rulebook.calendar,
            marks=policy.marks_for(unit.urgency),
            desk=unit.desk,
            chain=chain,
        )
        for clock in running
        if _is_due(clock, now)
    ]
    return _noted(unit, firings, now) if firings else None


def _noted(unit: Unit, firings: Sequence[Firing], now: datetime) -> Filed:
    """Return the unit with its alarms in its log: of several clocks in the order of their marks."""
    alarms = [(alarm, firing.clock) for firing in firings for alarm in firing.alarms]
    steps: tuple[Step, ...] = ()
    for alarm, clock in sorted(alarms, key=lambda pair: pair[0].mark_at):
        unit = _marked(unit, alarm, now)
        steps = (*steps, _step(unit, clock, alarm, now))
    return Filed(unit, steps, tuple(firing.clock for firing in firings))


def _marked(unit: Unit, alarm: Alarm, now: datetime) -> Unit:
    """Return the unit after an alarm: lateness and who was told are facts; the holder stays."""
    unit = replace(unit, steps=unit.steps + 1, updated_at=now)
    if alarm.action is Action.OVERDUE and unit.overdue_at is None:
        return replace(unit, overdue_at=alarm.mark_at)
    if alarm.action is Action.RAISE and alarm.told not in unit.raised:
        return replace(unit, raised=(*unit.raised, alarm.told))
    return unit


def _step(unit: Unit, clock: Clock, alarm: Alarm, now: datetime) -> Step:
    data = {"clock": clock.name, "percent": alarm.percent, "mark_at": alarm.mark_at}
    return own_step(unit, alarm.action, now, data, told=alarm.told)


def _chain(desk: OrganisationCode, rulebook: Rulebook) -> list[OrganisationCode]:
    """Return the centres above a desk, the nearest first, the city's last."""
    bodies, areas = rulebook.organisations, rulebook.areas
    chain: list[OrganisationCode] = []
    body = bodies[desk]
    while (over := bodies.centre_above(body, areas)).code != body.code:
        chain.append(over.code)
        body = over
    return chain
