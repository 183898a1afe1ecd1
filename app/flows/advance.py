"""The one door to a new state: the unit, its step and its clocks are written together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from app.domain import claim, lifecycle
from app.domain.action import Action
from app.domain.approval import released
from app.domain.authority import Caller
from app.domain.clock import Clock
from app.domain.filing import Filed, desk_of
from app.domain.lifecycle import RAISES_VERSION
from app.domain.need import given
from app.domain.timing import Terms, enter
from app.domain.unit import Step, Unit
from app.store import casework as case_store
from app.store import clocks as clock_store
from app.store import requests as request_store
from app.store.database import Tx


@dataclass(frozen=True, slots=True)
class Deed:
    """What is done to a unit, by whom (None: the service itself), and what is said of it."""

    action: Action
    by: Caller | None
    at: datetime
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    resumes: bool = False
    """Clocks that stood go on from what they have spent, whatever the move says."""


async def advance(tx: Tx, unit: Unit, clocks: Sequence[Clock], deed: Deed, terms: Terms) -> Filed:
    """Do something to an owned unit; returns it as it now stands.

    `unit` may already carry what the deed changes besides the state, such as a new holder.
    Raises what `lifecycle.decide` raises.
    """
    (filed,) = await write(tx, [moved(unit, clocks, deed, terms)])
    return filed


def moved(unit: Unit, clocks: Sequence[Clock], deed: Deed, terms: Terms) -> Filed:
    """Return what a deed makes of a unit, its one new step and its clocks."""
    move = lifecycle.decide(unit.state, deed.action, given=given(deed.reason, deed.data))
    fields = lifecycle.state_after(unit, move)
    fields["desk"] = desk_of(fields["state"], unit.holder, unit.centre)
    rises = deed.action in RAISES_VERSION
    if rises:
        deed = _with_late(deed, clocks)
        fields["closed_at"] = (unit.closed_at or deed.at) if move.to.is_final else None
        fields |= {"version": unit.version + 1, **claim.OVER}
    # In one go: copying a unit costs more than deciding about it.
    unit = replace(unit, **fields, steps=unit.steps + 1, updated_at=deed.at)
    if rises:
        resumes = move.resumes or deed.resumes
        unit, clocks = enter(unit, clocks, terms, at=deed.at, resumes=resumes, renews=move.renews)
    return Filed(unit, (step_of(unit, deed),), tuple(clocks))


def _with_late(deed: Deed, clocks: Sequence[Clock]) -> Deed:
    """Return the deed with the running limits that had passed when it was done, for the log."""
    late = [clock.name for clock in clocks if clock.is_running and clock.overdue_at is not None]
    return replace(deed, data={**deed.data, "late": late}) if late else deed


def step_of(unit: Unit, deed: Deed) -> Step:
    """Return the line the deed leaves in the log of a unit already counted up."""
    return Step(
        unit=unit.id,
        home=unit.home,
        seq=unit.steps,
        at=deed.at,
        action=deed.action,
        state=unit.state,
        actor=deed.by.account if deed.by else None,
        organisation=deed.by.organisation if deed.by else unit.holder,
        reason=deed.reason,
        data=deed.data,
    )


async def write(tx: Tx, changes: Sequence[Filed]) -> Sequence[Filed]:
    """Write owned units with their new steps and their clocks: one statement, however many.

    Returns the changes as written: requests that a change leaves no sense end with it.
    """
    changes = await _released(tx, changes)
    await case_store.change(
        tx,
        [change.unit for change in changes],
        [step for change in changes for step in change.steps],
        owned_clocks(changes),
    )
    return changes


async def _released(tx: Tx, changes: Sequence[Filed]) -> Sequence[Filed]:
    if not any(change.unit.pending for change in changes):
        return changes
    found = [released(change) for change in changes]
    for change, dead in found:
        if dead:
            await request_store.void(tx, dead, at=change.unit.updated_at)
    return [change for change, _ in found]


def owned_clocks(changes: Sequence[Filed]) -> list[clock_store.Owned]:
    """Return the clocks of units with the key they are stored under."""
    return [
        (change.unit.id, change.unit.home, clock) for change in changes for clock in change.clocks
    ]
