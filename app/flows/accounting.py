"""Accounting: the log added to the rollups as it is written, and all of it counted anew."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domain.counting import tally
from app.domain.feed import START, Line, Position
from app.domain.lineage import Lineage
from app.domain.measure import Count
from app.domain.tally import Tally
from app.store import accounting, feed, tally_areas
from app.store.accounting import Row
from app.store.database import Database, Tx

BATCH: Final = 2000
"""Lines of one transaction."""
UNITS: Final = 1000
"""Units of one transaction when all is counted anew."""
PAUSE: Final = 120
"""Seconds the accountant stands still at most, should whoever compares be killed."""
SETTLED: Final = timedelta(seconds=5)
"""How old what is told of the present may be while nothing happens."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How many lines were counted, and whether nothing more was there."""

    lines: int
    is_last: bool


async def turn(tx: Tx, zone: str, now: datetime, *, limit: int = BATCH) -> Turn:
    """Count the lines behind the accountant's position and move it, all or nothing.

    Days are those of the zone that was counted by first. Of several accountants one counts.
    """
    seen = await accounting.standing(tx)
    batch = await feed.read(tx, seen.position, limit=limit)
    is_settled = seen.counted_until is not None and now - seen.counted_until < SETTLED
    if not batch.lines and is_settled:
        return Turn(0, is_last=True)
    owned = await accounting.own(tx)
    if owned is None or owned.position != seen.position:
        return Turn(0, is_last=True)
    zone = owned.zone or zone
    touched = _touched(batch.lines)
    if touched:
        rows = await added(tx, touched, zone, since=owned.position, until=batch.end)
        await accounting.add(tx, rows)
    until = now if batch.is_last else batch.lines[-1].at
    await accounting.move(tx, batch.end, counted_until=until, zone=zone)
    return Turn(len(batch.lines), batch.is_last)


async def follow(tx: Tx, city: Lineage) -> bool:
    """Have the sums of whole areas be of the city as it is, some days at a time.

    Returns whether nothing is left to be done, by this accountant.
    """
    if (await accounting.standing(tx)).areas == city.mark:
        return True
    owned = await accounting.own(tx)
    if owned is None:
        return True
    if owned.city != city.mark:
        await tally_areas.tell(tx, city.mark, city.members())
        return False
    return not await tally_areas.make_next(tx, owned.made_until)


def _touched(lines: Collection[Line]) -> set[UUID]:
    """Return the units that lines are about, and those whose matter a new one says came back."""
    units = [line.unit for line in lines if line.unit is not None]
    first = [line.unit for line in lines if line.unit is not None and line.seq == 1]
    return {unit.id for unit in units} | {unit.recurs for unit in first if unit.recurs}


async def tallies(
    tx: Tx, units: Collection[UUID], zone: str, *, until: Position
) -> dict[UUID, Tally]:
    """Return what each unit's log up to a position counts."""
    logs = await accounting.logs(tx, units, until=until, since=START)
    facts = await accounting.facts(tx, list(logs), until=until, since=START)
    days = ZoneInfo(zone)
    return {unit: tally(facts[unit].now, log, days) for unit, (log, _) in logs.items()}


async def added(
    tx: Tx, units: Collection[UUID], zone: str, *, since: Position, until: Position
) -> dict[Row, dict[Count, int]]:
    """Return what the logs of units add between two positions, some of it taken off again."""
    logs = await accounting.logs(tx, units, until=until, since=since)
    facts = await accounting.facts(tx, list(logs), until=until, since=since)
    found: Counter[tuple[Row, Count]] = Counter()
    days = ZoneInfo(zone)
    for unit, (log, known) in logs.items():
        home = facts[unit].now.home
        after = tally(facts[unit].now, log, days)
        if known:
            after.subtract(tally(facts[unit].before, log[:known], days))
        for (key, count), number in after.items():
            row = (home, key.organisation, key.entry, key.day, key.channel, key.kind)
            found[row, count] += number
    rows: dict[Row, dict[Count, int]] = {}
    for (row, count), number in found.items():
        if number:
            rows.setdefault(row, {})[count] = number
    return rows


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many units were counted anew, and how many rows of the rollups had been other."""

    units: int
    differences: int


async def rebuild(
    database: Database, zone: str, now: datetime, *, compares: bool, batch: int = UNITS
) -> Rebuilt:
    """Count everything anew beside what stands, in many short transactions, and put it there.

    The accountant goes on meanwhile, and stands still while what it counted since is added and
    the two are compared, day by day. If it only `compares`, what stands is kept.
    """
    async with database.transaction() as tx:
        await accounting.clear_fresh(tx)
        seen = await accounting.standing(tx)
    position, zone = seen.position, seen.zone or zone if compares else zone
    count, last = 0, UUID(int=0)
    while True:
        async with database.transaction() as tx:
            ids = await accounting.unit_batch(tx, last, batch)
            rows = await added(tx, ids, zone, since=START, until=position)
            await accounting.add(tx, rows, is_fresh=True)
        if not ids:
            break
        count, last = count + len(ids), ids[-1]
    position = await _caught_up(database, zone, position)
    await _pause(database)
    await _caught_up(database, zone, position)
    await _make_areas(database)
    differences = await _differences(database)
    async with database.transaction() as tx:
        await _end(tx, zone, now, compares=compares)
    return Rebuilt(count, differences)


async def _pause(database: Database) -> None:
    async with database.transaction() as tx:
        await accounting.own(tx, waits=True)
        await accounting.pause(tx, PAUSE)


async def _caught_up(database: Database, zone: str, position: Position) -> Position:
    """Add what the accountant has counted since a position; returns where it then stands."""
    while True:
        async with database.transaction() as tx:
            goal = (await accounting.standing(tx)).position
            if position >= goal:
                return position
            batch = await feed.read(tx, position, limit=BATCH)
            until = min(batch.end, goal)
            if touched := _touched(batch.lines):
                rows = await added(tx, touched, zone, since=position, until=until)
                await accounting.add(tx, rows, is_fresh=True)
            position = until


async def _make_areas(database: Database) -> None:
    """Sum whole areas up: as far as that is still to be done, and in what is made anew."""
    is_left = True
    while is_left:
        async with database.transaction() as tx:
            owned = await accounting.own(tx, waits=True)
            is_left = bool(owned and owned.city and not owned.areas)
            if owned and is_left:
                await tally_areas.make_next(tx, owned.made_until)
            await accounting.pause(tx, PAUSE)
    async with database.reading() as tx:
        days = await accounting.days(tx)
    for day in sorted({day for _, day in days}):
        async with database.transaction() as tx:
            await tally_areas.make_fresh(tx, day)
        await _pause(database)


async def _differences(database: Database) -> int:
    """Count the rows that are other, each day in a statement of its own."""
    async with database.reading() as tx:
        days = await accounting.days(tx)
    found = 0
    for span, day in days:
        async with database.reading() as tx:
            found += await accounting.differences(tx, span, day)
        await _pause(database)
    return found


async def _end(tx: Tx, zone: str, now: datetime, *, compares: bool) -> None:
    owned = await accounting.own(tx, waits=True)
    if owned is None:
        raise LookupError("accountant")
    if compares:
        await accounting.clear_fresh(tx)
    else:
        await accounting.swap(tx)
        told = owned.counted_until or now
        await accounting.move(tx, owned.position, counted_until=told, zone=zone)
    await accounting.pause(tx, 0)
