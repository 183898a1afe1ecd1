"""The one door to a new state: the unit, its step and its clocks are written together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from app.domain import lifecycle
from app.domain.action import Action
from app.domain.authority import Caller
from app.domain.clock import Clock
from app.domain.filing import Filed, seated
from app.domain.lifecycle import RAISES_VERSION
from app.domain.timing import Terms, enter
from app.domain.unit import Step, Unit
from app.store import clocks as clock_store
from app.store import steps as step_store
from app.store import units as unit_store
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
    filed = moved(unit, clocks, deed, terms)
    await write(tx, [filed])
    return filed


def moved(unit: Unit, clocks: Sequence[Clock], deed: Deed, terms: Terms) -> Filed:
    """Return what a deed makes of a unit, its one new step and its clocks."""
    move = lifecycle.decide(unit.state, deed.action, reason=deed.reason)
    unit = seated(replace(unit, state=move.to))
    if deed.action in RAISES_VERSION:
        resumes = move.resumes or deed.resumes
        unit, clocks = enter(unit, clocks, terms, at=deed.at, resumes=resumes, renews=move.renews)
        unit = replace(
            unit,
            version=unit.version + 1,
            closed_at=deed.at if move.to.is_final else None,
        )
    unit = replace(unit, steps=unit.steps + 1, updated_at=deed.at)
    return Filed(unit, (step_of(unit, deed),), tuple(clocks))


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


async def write(tx: Tx, changes: Sequence[Filed]) -> None:
    """Write owned units with their new steps and their clocks: three statements, however many."""
    await unit_store.save(tx, [change.unit for change in changes])
    await step_store.append(tx, [step for change in changes for step in change.steps])
    await clock_store.put(tx, owned_clocks(changes))


def owned_clocks(changes: Sequence[Filed]) -> list[clock_store.Owned]:
    """Return the clocks of units with the key they are stored under."""
    return [
        (change.unit.id, change.unit.home, clock) for change in changes for clock in change.clocks
    ]
