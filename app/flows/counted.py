"""Counted units: those behind a figure, found by counting each of them as the accountant did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domain.action import Action
from app.domain.area import Tier
from app.domain.authority import Scope
from app.domain.measure import FIGURES, STOCK_AFTER, STOCK_BEFORE, STOCK_IN, STOCK_OUT, Count
from app.domain.period import FIRST, Period
from app.domain.rulebook import Rulebook
from app.domain.tally import Key, Tally
from app.domain.unit import Unit
from app.flows import accounting as accountant
from app.flows.statistics import Question, bodies_of, entries_of, tier_of
from app.store import accounting, counted
from app.store.counted import Look
from app.store.database import Tx

BATCH: Final = 200
MOST: Final = 2000
"""Units that are counted for one page: it may have few, or none, and still a next one."""

_BY: Final[Mapping[Count, Sequence[Action]]] = {
    Count.DECLINED: (Action.DECLINE,),
    Count.CANCELLED: (Action.CANCEL,),
    Count.MERGED: (Action.MERGE,),
    Count.RETURNED: (Action.RETURN,),
    Count.SUSPENDED: (Action.SUSPEND,),
    Count.EXTENDED: (Action.EXTEND,),
    Count.SELF_HANDLED: (Action.SELF_HANDLE,),
    Count.RESOLVED: (Action.RESOLVE,),
    Count.REWORKS: (Action.REWORK,),
    Count.CLOSED: (Action.CLOSE, Action.SELF_HANDLE),
    Count.CAME_BACK: (Action.CLOSE, Action.SELF_HANDLE),
    Count.REOPENED: (Action.REOPEN,),
    Count.REDONE: (Action.REDO,),
    Count.TO_CLOSE: (Action.RESOLVE, Action.SELF_HANDLE),
    Count.TO_CLOSE_DONE: (Action.RESOLVE, Action.SELF_HANDLE),
    Count.TO_CLOSE_ON_TIME: (Action.RESOLVE, Action.SELF_HANDLE),
    Count.TO_CLOSE_REWORKED: (Action.RESOLVE, Action.SELF_HANDLE),
    Count.SATISFIED: (Action.RATE,),
    Count.MOSTLY: (Action.RATE,),
    Count.UNSATISFIED: (Action.RATE,),
    Count.DISPOSE_ON_TIME: (Action.RESOLVE,),
}
"""What a unit's log must have for a count, where that leaves many out."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A figure, and whose and of what it is; at a `level`: of the bodies of that tier alone."""

    question: Question
    figure: str
    level: Tier | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Units behind a figure, and from where on to look for more; None: these were the last."""

    units: Sequence[Unit]
    following: tuple[datetime, UUID] | None


async def page(
    tx: Tx,
    sought: Sought,
    scope: Scope,
    rulebook: Rulebook,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Found:
    """Return the units in scope that a figure was counted of, in the order they last changed."""
    seen = await accounting.standing(tx)
    zone = seen.zone
    if zone is None:
        return Found([], None)
    bodies = _bodies(sought, rulebook)
    test, look = _Test(sought, bodies, rulebook), _look(sought, bodies, ZoneInfo(zone))
    found: list[Unit] = []
    for _ in range(MOST // BATCH):
        batch = await counted.candidates(tx, scope, look, after=after, limit=BATCH)
        told = await accountant.tallies(tx, [unit.id for unit in batch], zone, until=seen.position)
        for unit in batch:
            after = unit.updated_at, unit.id
            if test.holds(told.get(unit.id, {})):
                found.append(unit)
            if len(found) == limit:
                return Found(found, after)
        if len(batch) < BATCH:
            return Found(found, None)
    return Found(found, after)


def _bodies(sought: Sought, rulebook: Rulebook) -> frozenset[str] | None:
    question, level = sought.question, sought.level
    among = bodies_of(question.body, rulebook, subtree=question.subtree)
    if level is None:
        return None if among is None else frozenset(among)
    every = rulebook.organisations if among is None else among
    return frozenset(code for code in every if tier_of(code, rulebook) == level)


def _look(sought: Sought, bodies: frozenset[str] | None, zone: ZoneInfo) -> Look:
    period = _days(sought)
    since, until = (datetime.combine(day, time(), zone) for day in (period.since, period.until))
    known = sorted(bodies) if bodies is not None else None
    if sought.figure in FIGURES:
        counts = FIGURES[sought.figure].of
        named = [_BY[count] for count in counts if count in _BY]
        actions = [one for some in named for one in some] if len(named) == len(counts) else None
        return Look(since, until, known, actions)
    return Look(since, until, known, None, is_open=True)


def _days(sought: Sought) -> Period:
    """Return the days whose counts make the figure: of a stock, all before."""
    period = sought.question.period
    if sought.figure == STOCK_BEFORE:
        return Period(FIRST, period.since)
    return Period(FIRST, period.until) if sought.figure == STOCK_AFTER else period


class _Test:
    """Tells whether what a unit counts is part of a figure."""

    def __init__(self, sought: Sought, bodies: frozenset[str] | None, rulebook: Rulebook) -> None:
        self._question, self._bodies, self._period = sought.question, bodies, _days(sought)
        self._entries = entries_of(sought.question.category, rulebook)
        if sought.figure in FIGURES:
            self._signs = dict.fromkeys(FIGURES[sought.figure].of, 1)
        else:
            self._signs = {**dict.fromkeys(STOCK_IN, 1), **dict.fromkeys(STOCK_OUT, -1)}

    def holds(self, told: Tally | Mapping[tuple[Key, Count], int]) -> bool:
        total = sum(
            self._signs[count] * number
            for (key, count), number in told.items()
            if count in self._signs and self._is_meant(key)
        )
        return total > 0

    def _is_meant(self, key: Key) -> bool:
        asked = self._question
        return (
            self._is_then(key.day)
            and (self._bodies is None or key.organisation in self._bodies)
            and asked.channel in {None, key.channel}
            and asked.kind in {None, key.kind}
            and (self._entries is None or key.entry in self._entries)
        )

    def _is_then(self, day: date) -> bool:
        return self._period.since <= day < self._period.until
