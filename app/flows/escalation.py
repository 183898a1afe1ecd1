"""Marks that were passed: reminders, raises and orders, written in batches of a home's units."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from app.domain import claim, suspension
from app.domain.action import Action
from app.domain.clock import Clock
from app.domain.escalation import Alarm, Firing, Watch, fire
from app.domain.filing import Filed
from app.domain.organisation import OrganisationCode
from app.domain.oversight import Demand, supervised
from app.domain.retiming import terms_now
from app.domain.rulebook import Rulebook
from app.domain.timing import SUPERVISION, Terms, deadlines
from app.domain.unit import ClockName, Step, Unit
from app.flows.advance import owned_clocks, write
from app.store import casework as case_store
from app.store import clocks, units
from app.store.database import Tx

PATIENCE: Final = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
"""How long a unit whose marks could not be fired is left alone, the first time, the second …"""
REMEMBERED: Final = 10_000

log = structlog.get_logger()


class Tries:
    """How often the marks of units could not be fired, as far as this process knows.

    Another one begins to count anew: at worst a unit is tried too often.
    """

    def __init__(self) -> None:
        self._failed: dict[UUID, int] = {}

    def failed(self, unit: UUID) -> timedelta:
        """Take down that a unit has failed; returns how long to leave it alone."""
        count = self._failed.pop(unit, 0)
        self._failed[unit] = count + 1
        if len(self._failed) > REMEMBERED:
            del self._failed[next(iter(self._failed))]
        return PATIENCE[min(count, len(PATIENCE) - 1)]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn over a home did: units changed, and the moments of the marks fired."""

    fired: int = 0
    failed: int = 0
    marks: tuple[datetime, ...] = ()
    until: datetime | None = None
    """Up to where everything due was looked at; None: nothing can be said."""


async def fire_due(
    tx: Tx,
    home: str,
    rulebook: Rulebook,
    *,
    now: datetime,
    limit: int,
    since: datetime | None = None,
    tries: Tries | None = None,
) -> Turn:
    """Fire the marks of a home that have passed, of up to `limit` clocks; older than `since` none.

    A home another worker is at, and units somebody else owns at the moment, are left for the
    next turn.
    """
    due = await clocks.claim_due(tx, home, since=since, now=now, limit=limit)
    if not due.units:
        return Turn()
    owned, tries = await units.read(tx, due.units), tries or Tries()
    running = await clocks.of_units(tx, due.units)
    failed: dict[timedelta, list[UUID]] = {}
    changes = []
    for unit in owned:
        try:
            change = fired(unit, running.get(unit.id, ()), rulebook, now)
        except Exception:
            # Whatever is wrong with it, it stops no other and is looked at again later.
            log.exception("clock_failed", unit=unit.number)
            failed.setdefault(tries.failed(unit.id), []).append(unit.id)
            continue
        if change is not None:
            changes.append(change)
    await _written(tx, owned, changes)
    for patience, ids in failed.items():
        await clocks.postpone(tx, ids, now=now, until=now + patience)
    count = sum(map(len, failed.values()))
    return Turn(len(changes), count, _moments(changes), due.until)


async def _written(tx: Tx, owned: Sequence[Unit], changes: Sequence[Filed]) -> None:
    """Write what marks did: most move no more of a unit than its lights and its log."""
    before = {unit.id: unit.version for unit in owned}
    light: list[Filed] = []
    heavy: list[Filed] = []
    for change in changes:
        is_light = change.unit.version == before[change.unit.id] and not change.unit.pending
        (light if is_light else heavy).append(change)
    if light:
        await case_store.fire(
            tx,
            [change.unit for change in light],
            [step for change in light for step in change.steps],
            owned_clocks(light),
        )
    if heavy:
        await write(tx, heavy)


async def leave_alone(tx: Tx, home: str, *, now: datetime, tries: Tries) -> int:
    """Leave the unit of a home that has been due for longest alone; returns how many that is."""
    due = await clocks.claim_due(tx, home, since=None, now=now, limit=1)
    for unit in due.units:
        log.error("unit_failed", unit=str(unit))
        await clocks.postpone(tx, [unit], now=now, until=now + tries.failed(unit))
    return len(due.units)


def _moments(changes: Sequence[Filed]) -> tuple[datetime, ...]:
    """Return the moment of each mark fired: what it does may be several lines of the log."""
    return tuple(
        moment
        for change in changes
        for moment in {
            (step.data["clock"], step.data["mark"]): step.data["mark_at"]
            for step in change.steps
            if "mark_at" in step.data
        }.values()
    )


def _is_due(clock: Clock, now: datetime) -> bool:
    return clock.next_at is not None and clock.next_at <= now


def fired(unit: Unit, running: Sequence[Clock], rulebook: Rulebook, now: datetime) -> Filed | None:
    """Return the unit with the steps of its passed marks; None if none has passed.

    One whose suspension is over goes on, with the marks its limits have passed since then.
    """
    if unit.desk is None:
        return None
    terms = terms_now(unit, rulebook)
    resumed = suspension.ended(unit, running, terms, now=now)
    if resumed is None:
        return _fired(unit, running, rulebook, terms, now)
    late = _fired(resumed.unit, resumed.clocks, rulebook, terms, now)
    if late is None:
        return resumed
    clocks_now = {clock.name: clock for clock in (*resumed.clocks, *late.clocks)}
    return Filed(late.unit, (*resumed.steps, *late.steps), tuple(clocks_now.values()))


def _fired(
    unit: Unit, running: Sequence[Clock], rulebook: Rulebook, terms: Terms, now: datetime
) -> Filed | None:
    if unit.desk is None or not any(_is_due(clock, now) for clock in running):
        return None
    watch = Watch(unit.desk, _chain(unit.desk, rulebook), rulebook.roster, now)
    firings = [
        fire(
            clock,
            watch,
            calendar=terms.named(clock.calendar),
            marks=terms.marks(clock.name),
        )
        for clock in running
        if _is_due(clock, now)
    ]
    return _Log(unit, running, rulebook, terms, now).noted(firings)


class _Log:
    """A unit with what its passed marks do, line by line."""

    def __init__(
        self, unit: Unit, running: Sequence[Clock], rulebook: Rulebook, terms: Terms, now: datetime
    ) -> None:
        self._unit = unit
        self._clocks = {clock.name: clock for clock in running}
        self._rulebook, self._terms, self._now = rulebook, terms, now
        self._steps: list[Step] = []
        # Copying a unit costs more than deciding about it: what changes is gathered first.
        self._fields: dict[str, Any] = {}

    def noted(self, firings: Sequence[Firing]) -> Filed:
        """Return the unit with its alarms in its log: of several clocks by their marks' moments."""
        self._clocks |= {firing.clock.name: firing.clock for firing in firings}
        alarms = [(alarm, firing.clock) for firing in firings for alarm in firing.alarms]
        for alarm, clock in sorted(alarms, key=lambda pair: pair[0].mark_at):
            self._note(alarm, clock)
        changed = {firing.clock.name for firing in firings}
        if any(step.action is Action.SUPERVISE for step in self._steps):
            changed.add(ClockName.SUPERVISE)
        clocks_now = tuple(self._clocks.values())
        unit = replace(
            self._unit,
            **self._fields,
            steps=self._unit.steps + len(self._steps),
            # A mark may have nothing to say: an order of somebody's stands already.
            updated_at=self._now if self._steps else self._unit.updated_at,
            **deadlines(self._unit.state, clocks_now),
        )
        changes = tuple(clock for clock in clocks_now if clock.name in changed)
        return Filed(unit, tuple(self._steps), changes)

    def _note(self, alarm: Alarm, clock: Clock) -> None:
        """Take an alarm down: lateness and who was told are facts; the holder stays."""
        unit, data = self._unit, alarm.data(clock, self._now)
        if alarm.action is Action.SUPERVISE:
            if SUPERVISION in unit.reasons:
                # An order of somebody's stands already, and its own limit runs.
                return
            data |= self._supervise(alarm)
        elif alarm.action is Action.OVERDUE and unit.overdue_at is None:
            self._fields.setdefault("overdue_at", alarm.mark_at)
        elif alarm.action is Action.RAISE:
            raised = self._fields.get("raised", unit.raised)
            if alarm.told not in raised:
                self._fields["raised"] = (*raised, alarm.told)
        self._steps.append(
            Step(
                unit=unit.id,
                home=unit.home,
                seq=unit.steps + len(self._steps) + 1,
                at=self._now,
                action=alarm.action,
                state=unit.state,
                actor=None,
                organisation=alarm.told,
                data=data,
            )
        )

    def _supervise(self, alarm: Alarm) -> dict[str, object]:
        """Have the unit supervised in the name of the centre; the limit counts from now."""
        unit, limit = self._unit, alarm.mark.limit
        if limit is None:
            raise ValueError(alarm.mark)
        name = self._rulebook.organisations[alarm.told].name
        demand = Demand(limit, name, alarm.told, self._now)
        unit, clocks_now = supervised(unit, tuple(self._clocks.values()), self._terms, demand)
        self._clocks = {clock.name: clock for clock in clocks_now}
        self._unit = replace(unit, version=unit.version + 1, **claim.OVER)
        return {"limit": str(limit), "told": unit.desk}


def _chain(desk: OrganisationCode, rulebook: Rulebook) -> list[OrganisationCode]:
    """Return the centres above a desk, the nearest first, the city's last."""
    bodies, areas = rulebook.organisations, rulebook.areas
    chain: list[OrganisationCode] = []
    body = bodies[desk]
    while (over := bodies.centre_above(body, areas)).code != body.code:
        chain.append(over.code)
        body = over
    return chain
