"""A database of the release before: requests for support that its units carried are rows now."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from alembic import command

from app.domain.organisation import OrganisationCode
from app.domain.request import Pending
from app.store import requests, schema, units
from app.store.database import Database, Tx
from app.store.requests import RequestFilter
from tests.conftest import NOW, on_server, with_database

DESK = OrganisationCode("500101-ZX")


@pytest.fixture
async def old_url(server_url: str) -> AsyncIterator[str]:
    """A database as the release before left it."""
    name = f"yg_test_{uuid4().hex[:8]}"
    await on_server(server_url, f"CREATE DATABASE {name}")
    url = with_database(server_url, name)
    await schema._run(url, lambda found: command.upgrade(found, "0005"))
    yield url
    await on_server(server_url, f"DROP DATABASE {name} WITH (FORCE)")


UNIT = """
INSERT INTO unit (id, home, number, kind, clause, title, state, urgency, pressing, district,
    street, community, grid, holder, centre, desk, route, is_gap, is_unlisted, is_self_handled,
    rulebook, reporter, stage, stage_due_at, is_provisional, raised, created_at, updated_at,
    version, steps, reasons, pending)
VALUES ($1, '500101', $1::uuid::text, 'item', 'single', '', 'dispatched', 'normal', 0,
    '', '', '', '', 'h', 'c', 'h', '{c,h}', false, false, false, 1, $1,
    'accept', $2, false, '{}', $2, $2, 1, 0, $3, '[]')
"""
STEP = """
INSERT INTO step (home, at, epoch, unit, seq, action, state, actor, reason, data)
VALUES ('500101', $1, 1, $2, $3, $4, 'dispatched', $5, '', $6)
"""
ASKER = UUID(int=7)


async def carrying(tx: Tx, *asked_by: str) -> UUID:
    """A unit that carries a request of each body, and the line that each asking left."""
    unit = uuid4()
    waiting = [
        {
            "number": number,
            "holder": f"helper-{number}",
            "by": by,
            "desk": DESK,
            "at": NOW.isoformat(),
            "reason": "需封路",
        }
        for number, by in enumerate(asked_by, start=1)
    ]
    reasons = {"kind": "single", "support": waiting, "support_asked": len(waiting)}
    await tx.execute(UNIT, unit, NOW, reasons)
    for one in waiting:
        number = one["number"]
        await tx.execute(STEP, NOW, unit, number, "support", ASKER, {"number": number})
    return unit


async def test_what_waits_is_moved_and_what_died_with_its_holder_is_dropped(old_url: str):
    async with Database.connect(old_url, size=1) as database, database.transaction() as tx:
        unit = await carrying(tx, "gone", "h", "h")
    await schema.migrate(old_url)
    async with Database.connect(old_url, size=1) as database, database.reading() as tx:
        found = await requests.waiting(tx, RequestFilter(desk=DESK), None, limit=9)
        (after,) = await units.read(tx, [unit])
    told = {(one.wish.helper, one.account, one.organisation, one.reason, one.at) for one in found}
    assert told == {(f"helper-{number}", ASKER, "h", "需封路", NOW) for number in (2, 3)}
    assert set(after.pending) == {
        Pending(one.id, one.kind, after.route, one.account, one.organisation, DESK) for one in found
    }
    assert after.reasons == {"kind": "single"}


async def test_the_log_keeps_to_the_words_of_the_lifecycle(old_url: str):
    async with Database.connect(old_url, size=1) as database, database.transaction() as tx:
        unit, task = await carrying(tx), await carrying(tx)
        await tx.execute(STEP, NOW, unit, 5, "grant_support", ASKER, {})
        await tx.execute(STEP, NOW, unit, 6, "refuse_support", ASKER, {})
        await tx.execute(STEP, NOW, task, 1, "grant_support", ASKER, {})
    await schema.migrate(old_url)
    async with Database.connect(old_url, size=1) as database, database.reading() as tx:
        rows = await tx.fetch("SELECT unit, seq, action FROM step ORDER BY seq")
    assert [tuple(row) for row in rows] == [
        (task, 1, "support"),
        (unit, 5, "grant"),
        (unit, 6, "refuse"),
    ]
