"""Decisions are pure: stored events judged again give exactly the units that were stored."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from app.api import reports
from app.domain.admission import Admission
from app.domain.authority import Caller
from app.domain.event import Event
from app.domain.filing import STATE_AFTER
from app.domain.organisation import OrganisationCode
from app.domain.policy import LocalPolicy, Nearness
from app.domain.rulebook import Part
from app.domain.unit import State, Unit, UnitId
from app.flows import intake
from app.flows.rulebook import Library, Reference, redrawn
from app.store import units
from app.store.database import Database
from app.store.events import Period
from tests import given
from tests.conftest import NOW
from tests.pieces import account

COUNT = 10_000
BATCH = 500
SEED = 20261121
# Written on the way, or not decided by intake.
OTHERWISE = {"number": ""}
ALONE = {given.CITY: LocalPolicy(similar=Nearness(metres=0, hours=0))}


def said(chance: random.Random) -> dict[str, Any]:
    """A report: a text of the list or of nobody's, somewhere, by code, address or not at all."""
    entry = chance.choice(given.entries())
    street = chance.choice(["码头街道", "东江区坡上街道", "石板坡社区"])
    code = chance.choice(given.areas()).code
    place = chance.choice([{"code": code}, {"address": street}, {}])
    report: dict[str, Any] = {
        "source": chance.choice(["grid", "hotline", "citizen", "upper"]),
        "text": " ".join(chance.sample((*entry.examples, "请尽快处理", "在码头街道", "啥子哦"), 2)),
        "place": place,
        "attributes": chance.choice([{}, {"channel": "app"}]),
    }
    if chance.random() < 0.4:
        category = entry.category
        report["category"] = {
            "scheme": category.scheme,
            "class": category.class_,
            "code": category.code,
        }
    return report


def sent(count: int) -> Iterator[Event]:
    """Reports of a month, by several reporters, each received at a moment of its own."""
    chance = random.Random(SEED)
    bodies = [body.code for body in given.organisations()]
    moments = sorted(chance.randrange(30 * 86_400) for _ in range(count))
    for number, ago in enumerate(reversed(moments)):
        at = NOW - timedelta(seconds=ago)
        body = {
            "id": str(UUID(int=(0x0192_0000_0000_7000_8000 << 48) + number)),
            "occurred_at": (at - timedelta(minutes=5)).isoformat(),
            **said(chance),
        }
        organisation = OrganisationCode(chance.choice(bodies))
        caller = Caller(account(organisation), "", organisation, frozenset())
        yield reports.sent_by(caller, orjson.dumps(body), at=at)


async def followed(database: Database, now: datetime) -> Reference:
    library = Library()
    async with database.reading() as tx:
        await library.follow(tx, now=now)
    # What stands around a report is no part of it: here nothing is taken for the same matter.
    return redrawn(library.current(now), {Part.POLICIES: ALONE})


def judged(events: Sequence[Event], reference: Reference) -> list[Admission]:
    return intake.judge_past(events, reference, intake.recall(events, reference))


async def stored(database: Database, reference: Reference) -> None:
    events = list(sent(COUNT))
    for start in range(0, COUNT, BATCH):
        batch = sorted(events[start : start + BATCH], key=lambda event: event.id)
        async with database.transaction() as tx:
            await intake.write(tx, judged(batch, reference), reference, NOW)


def comparable(unit: Unit) -> Unit:
    """The unit as the database gives it back: reasons are JSON there, numbers are its own."""
    reasons = orjson.loads(orjson.dumps(unit.reasons))
    return replace(unit, reasons=reasons, **OTHERWISE)


async def test_ten_thousand_stored_events_replayed_give_exactly_the_units_stored(
    database: Database,
):
    reference = await followed(database, NOW)
    await stored(database, reference)
    roots, differing = 0, []
    states: Counter[State] = Counter()
    async for events in reports.past(database, Period(), COUNT + 1):
        again = [
            filed.unit
            for admission in judged(events, reference)
            for filed in (admission.root, *admission.tasks)
        ]
        async with database.reading() as tx:
            found = await units.read(tx, [UnitId(unit.id) for unit in again])
        kept = {unit.id: comparable(unit) for unit in found}
        differing += [unit for unit in again if kept.get(unit.id) != comparable(unit)]
        roots += len(events)
        states.update(unit.state for unit in again)
    assert roots == COUNT
    assert differing == []
    # Otherwise the events were too much alike for their likeness to mean anything.
    assert min(states[state] for state in (State.TRIAGE, *STATE_AFTER.values())) > COUNT / 100
