"""2025-11-06 carried out on 50,000 open units of the districts it touches: seconds, and units/s."""

import asyncio
import os
import random
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from app import data
from app.cli.city import shipped_city
from app.cli.reorganise import turns
from app.cli.root import database, server
from app.domain.area import Areas, Place, Tier
from app.domain.clock import Clock
from app.domain.event import AccountId
from app.domain.filing import seated
from app.domain.limit import Basis
from app.domain.organisation import Organisation, OrganisationCode, Organisations
from app.domain.responsibility import Kind, Urgency
from app.domain.rulebook import Part
from app.domain.unit import Clause, ClockName, State, Step, Unit, UnitId
from app.flows import publication, reorganisation
from app.now import Clock as Now
from app.settings import Settings
from app.sheets import reorganisation as plan_sheet
from app.store import casework
from app.store.database import Database, Tx

MANY: Final = 50_000
BATCH: Final = 5_000
BEFORE: Final = date(2025, 11, 5)
PLAN: Final = plan_sheet.parse(data.plans()[0])
ZONE: Final = ZoneInfo("Asia/Shanghai")
TOUCHED: Final = ("500105", "500112", "500109", "500103")
"""江北 and 渝北 end, 北碚 wins and loses towns, 渝中 has nothing to do with it."""
SEATS: Final[Mapping[State, str]] = {
    State.DISPATCHED: "",
    State.ACCEPTED: "",
    State.IN_PROGRESS: "",
    State.RESOLVED: "",
    State.TRIAGE: "-ZX",
    State.FILED: "-ZX",
}
"""The states, and who may hold a unit in them: a centre, or anybody at the place."""

Filed = tuple[Unit, tuple[Clock, ...]]


def city_before() -> tuple[Areas, Organisations, Mapping[Part, Any]]:
    """Return the shipped city as it was: its areas, its bodies and all of it."""
    contents = shipped_city(BEFORE)
    parts: Mapping[Part, Any] = contents
    return Areas(parts[Part.AREAS]), Organisations(parts[Part.ORGANISATIONS]), parts


async def fill(
    opened: Database, areas: Areas, bodies: Organisations, many: int, *, now: datetime
) -> None:
    """Write open units with their clocks and a first step."""
    batch: list[Filed] = []
    for number, filed in enumerate(open_units(areas, bodies, many, now), start=1):
        batch.append(filed)
        if len(batch) == BATCH or number == many:
            async with opened.transaction() as tx:
                await _put(tx, batch, now)
            batch = []


async def _put(tx: Tx, filed: Sequence[Filed], now: datetime) -> None:
    first = [
        Step(unit.id, unit.home, 1, now, "file", unit.state, None, unit.holder) for unit, _ in filed
    ]
    running = [(unit.id, unit.home, one) for unit, held in filed for one in held]
    await casework.begin(tx, [unit for unit, _ in filed], first, running, zone=ZONE)


def open_units(areas: Areas, bodies: Organisations, many: int, now: datetime) -> Iterator[Filed]:
    """Yield units all over the four districts, in every state, on everybody's desks."""
    draw = random.Random(20251106)
    places = [
        area.code
        for area in areas.values()
        if area.tier is not Tier.CITY and areas.path(area.code)[1].code in TOUCHED
    ]
    routes: dict[OrganisationCode, Mapping[str, Any]] = {}
    states = list(SEATS)
    for number in range(many):
        path = areas.path(draw.choice(places))
        state = draw.choice(states)
        there = [body for area in path for body in bodies.of_area(area.code)]
        holder = draw.choice([one for one in there if one.code.endswith(SEATS[state])])
        if holder.code not in routes:
            routes[holder.code] = _route(holder, areas, bodies)
        due = now + timedelta(minutes=number)
        unit = Unit(
            id=UnitId(UUID(int=(0x0192_0000_0000_7000_8000 << 48) + number)),
            home=path[1].code,
            kind=Kind.ITEM,
            clause=Clause.SINGLE,
            title="路面坑洞",
            state=state,
            urgency=Urgency.NORMAL,
            place=Place.of(path),
            desk=None,
            rulebook=1,
            reporter=AccountId(UUID(int=1)),
            created_at=now,
            updated_at=now,
            stage=ClockName.DISPOSE,
            stage_due_at=due,
            due_at=due,
            steps=1,
            **routes[holder.code],
        )
        yield seated(unit), (_stopped(number, now, due), _running(number, now, due))


def _route(body: Organisation, areas: Areas, bodies: Organisations) -> Mapping[str, Any]:
    centres = tuple(one.code for one in bodies.centres(areas.path(body.area)))
    return {
        "holder": body.code,
        "centre": bodies.centre_above(body, areas).code,
        "route": centres if body.code in centres else (*centres, body.code),
    }


def _stopped(number: int, now: datetime, due: datetime) -> Clock:
    return Clock(
        name=ClockName.ACCEPT,
        basis=Basis.WORK,
        limit=3600,
        started_at=now,
        spent=number % 3600,
        running_since=None,
        due_at=due,
        next_at=None,
    )


def _running(number: int, now: datetime, due: datetime) -> Clock:
    return Clock(
        name=ClockName.DISPOSE,
        basis=Basis.WORK,
        limit=3600,
        started_at=now,
        spent=number % 3600,
        running_since=now,
        due_at=due,
        next_at=due,
    )


async def measure(opened: Database) -> None:
    """Fill the city of the day before, carry the plan out and print how long it took."""
    areas, bodies, contents = city_before()
    now = datetime.now(UTC)
    async with opened.transaction() as tx:
        await publication.publish(tx, contents, now=now, by="benchmark")
    await fill(opened, areas, bodies, MANY, now=now)
    begun = time.perf_counter()
    async with opened.transaction() as tx:
        _, edition = await reorganisation.carry_out(tx, PLAN, now=datetime.now(UTC), by="benchmark")
    print(f"方案发布 published in {time.perf_counter() - begun:.1f} s")
    await asyncio.sleep((edition.in_force_at - datetime.now(UTC)).total_seconds())
    async with opened.reading() as tx:
        city = await reorganisation.city_in_force(tx, now=datetime.now(UTC))
    begun, moved = time.perf_counter(), 0
    async for _, turn in turns(opened, city, PLAN, clock=Now(), applies=True):
        moved += len(turn.moved)
    seconds = time.perf_counter() - begun
    print(
        f"在办 open units: {MANY:,}; 移交 moved: {moved:,} in {seconds:.1f} s"
        f" ({moved / seconds:,.0f}/s)"
    )


async def _run(settings: Settings) -> None:
    async with database(settings) as opened:
        await measure(opened)


def main() -> None:
    """Run it on a database of its own."""
    with tempfile.TemporaryDirectory(prefix="yiguan-bench-", dir="/tmp") as name:
        home = Path(name)
        home.chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
        with server(Settings.of({**os.environ, "YIGUAN_HOME": name})) as (ready, _):
            asyncio.run(_run(ready))


if __name__ == "__main__":
    main()
