"""Claims (领取): people take units of their own desk in hand, keep them, and put them back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from app.domain import claim as domain
from app.domain.action import Action
from app.domain.authority import WORKERS, Caller
from app.domain.errors import ActionNotAllowed, DomainError, Forbidden
from app.domain.organisation import Organisation
from app.domain.queue import OPEN, STATES, View
from app.domain.rulebook import Rulebook
from app.domain.unit import Step, Unit, UnitId
from app.flows import overtaken
from app.flows.advance import Deed, step_of
from app.flows.casework import in_sight, unknown
from app.flows.overtaken import Look
from app.store import accounts
from app.store import claims as store
from app.store import units as unit_store
from app.store.claims import Lease
from app.store.database import Tx

Outcome = Unit | DomainError
"""A unit as it then stands, or why it stands as it did."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who takes units in hand, off which desk, when and for how many seconds."""

    by: Caller
    desk: Organisation
    rulebook: Rulebook
    at: datetime
    seconds: int

    @classmethod
    def of(
        cls, by: Caller, desk: Organisation, rulebook: Rulebook, at: datetime, seconds: int
    ) -> "Hand":
        """Return the hand of somebody who works at a desk; raises Forbidden for others."""
        if by.organisation == desk.code and by.roles & WORKERS:
            return cls(by, desk, rulebook, at, seconds)
        raise Forbidden(
            zh="只能领取本单位待办中的单元, 且须为经办人员",
            en="only who works at a desk claims what waits on it",
            field="code",
            allowed=sorted(WORKERS),
        )

    @property
    def lease(self) -> Lease:
        """From when until when, as the store takes it."""
        until = self.at + timedelta(seconds=self.seconds)
        return Lease(self.by.account, self.desk.code, self.at, until)


async def claim(tx: Tx, hand: Hand, view: View | None, *, most: int) -> list[Unit]:
    """Take the most pressing free units of one's own desk in hand; return them."""
    found = await store.claim(tx, hand.lease, STATES[view] if view else OPEN, most=most)
    if found:
        data = {"until": hand.lease.until}
        await store.log(tx, found, [_line(unit, Action.CLAIM, hand, data) for unit in found])
    return found


async def take(tx: Tx, hand: Hand, unit: UnitId) -> Unit:
    """Take one unit of one's own desk in hand: a supervisor, whosever it is in."""
    known = next(iter(await unit_store.take(tx, [unit])), None)
    if known is None or not in_sight(known, hand.by, hand.rulebook):
        raise unknown()
    refusal = _refusal(known, hand)
    if refusal is not None:
        raise (await _told(tx, {unit: refusal}, [known], hand))[unit]
    data: dict[str, Any] = {"until": hand.lease.until}
    if known.claimed_by not in {None, hand.by.account} and domain.is_live(known, hand.at):
        names = await accounts.names(tx, [known.claimed_by])
        data["claimer"] = names.get(known.claimed_by)
    taken = await store.take(tx, unit, hand.lease)
    await store.log(tx, [taken], [_line(taken, Action.CLAIM, hand, data)])
    return taken


def _refusal(unit: Unit, hand: Hand) -> DomainError | None:
    if unit.desk != hand.desk.code:
        return ActionNotAllowed(
            zh="该单元现不在本单位的待办之中",
            en="the unit is not on this desk now",
            field="unit",
        )
    return domain.taken() if domain.bars(unit, hand.by, hand.at) else None


async def renew(tx: Tx, hand: Hand, tokens: Mapping[UnitId, int]) -> dict[UnitId, Outcome]:
    """Keep units in hand for longer, counted from now."""
    held, outcomes = await _held(tx, hand, tokens)
    if held:
        await store.renew(tx, [unit.id for unit in held], hand.lease.until)
    until = hand.lease.until
    return outcomes | {unit.id: replace(unit, claimed_until=until) for unit in held}


async def release(tx: Tx, hand: Hand, tokens: Mapping[UnitId, int]) -> dict[UnitId, Outcome]:
    """Put units back into the queue before their lease ends."""
    held, outcomes = await _held(tx, hand, tokens)
    if not held:
        return outcomes
    back = await store.release(tx, [unit.id for unit in held])
    await store.log(tx, back, [_line(unit, Action.RELEASE, hand, {}) for unit in back])
    return outcomes | {unit.id: unit for unit in back}


async def _held(
    tx: Tx, hand: Hand, tokens: Mapping[UnitId, int]
) -> tuple[list[Unit], dict[UnitId, Outcome]]:
    """Own units; return those in hand under these tokens, and what refuses the others."""
    owned = {unit.id: unit for unit in await unit_store.take(tx, list(tokens))}
    held: list[Unit] = []
    refused: dict[UnitId, DomainError] = {}
    for unit, token in tokens.items():
        known = owned.get(unit)
        if known is None or not in_sight(known, hand.by, hand.rulebook):
            refused[unit] = unknown()
            continue
        try:
            domain.refuse_lost(known, hand.by, token, hand.at)
        except DomainError as refusal:
            refused[unit] = refusal
        else:
            held.append(known)
    told = await _told(tx, refused, list(owned.values()), hand)
    return held, dict(told)


async def _told(
    tx: Tx, refusals: Mapping[UnitId, DomainError], units: Sequence[Unit], hand: Hand
) -> dict[UnitId, DomainError]:
    """Return refusals that tell who has the units now, or what was done to them."""
    look = Look(dict.fromkeys(refusals, 0), hand.by, hand.at)
    return await overtaken.tell(tx, refusals, units, look, hand.rulebook)


def _line(unit: Unit, action: Action, hand: Hand, data: Mapping[str, Any]) -> Step:
    return step_of(unit, Deed(action, hand.by, hand.at, data=data))
