"""Two workers, one of them killed in the middle: every mark fires once in effect, in order."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx

from app import worker
from app.flows import escalation
from app.main import create_app
from app.settings import Settings
from app.store import clocks, units
from app.store.database import Database
from tests import given
from tests.torture import checker
from tests.torture.load import report
from tests.torture.proxy import Cut, Stream, proxy
from tests.torture.town import CENTRE, START, Process, Tell, Town, come_true

BEGIN, COMMIT = b"BEGIN;\x00", b"COMMIT;\x00"
FIRED = b'"percent"'
"""What a transaction that fires marks writes into the log, and none beside it."""
PARKED = timedelta(days=36500)

Fired = dict[tuple[str, str], list[tuple[str, int, str]]]
"""By unit and clock: action, percent and who was told, in the order of the log."""


class Trap:
    """Stands between a worker and PostgreSQL and holds it at a commit of what is told by a mark.

    Unless said otherwise that is one that fires marks.
    """

    def __init__(self, town: Town, *, passes_on: bool, told_by: bytes = FIRED) -> None:
        self.is_set = False
        self.caught = asyncio.Event()
        self.looked = asyncio.Event()
        """The worker has come as far as to look for marks."""
        self._town = town
        self._passes_on = passes_on
        self._told_by = told_by
        self._firing: set[asyncio.Task[Any] | None] = set()

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[Process]:
        """Run a worker that reaches the database through the trap alone, and kill it."""
        async with proxy(self._connect, sent=self._judge, answered=self._hold) as port:
            url = f"postgresql://yiguan@127.0.0.1:{port}/yiguan"
            worker = self._town.start("work", YIGUAN_DATABASE_URL=url)
            try:
                yield worker
            finally:
                worker.kill()

    async def _connect(self) -> Stream:
        return await asyncio.open_unix_connection(self._town.socket)

    async def _judge(self, data: bytes) -> Cut:
        # A worker has several connections, and each of them is a task here.
        one = asyncio.current_task()
        if b"next_at" in data:
            self.looked.set()
        if BEGIN in data:
            self._firing.discard(one)
        if self._told_by in data:
            self._firing.add(one)
        if self.is_set and data.endswith(COMMIT) and one in self._firing:
            self.caught.set()
            if not self._passes_on:
                await asyncio.Event().wait()
        return Cut.NOT

    async def _hold(self, _answer: bytes) -> Cut:
        if self.caught.is_set():
            await asyncio.Event().wait()
        return Cut.NOT


async def test_a_killed_worker_leaves_no_mark_unfired_or_fired_twice(town: Town, counted: Tell):
    connection = await asyncpg.connect(town.url)
    weeks = await _report(town, 250, ago=timedelta(days=15))
    # Long enough ago for the first two marks of an urgent acceptance, not for the others.
    minutes = await _report(town, 120, ago=timedelta(minutes=32), number=1)
    expected = await _expected(town, datetime.now(UTC) + timedelta(days=3))
    await _shift(connection, [*weeks, *minutes], PARKED)
    before, after = Trap(town, passes_on=False), Trap(town, passes_on=True)
    with town.start("work") as free:
        async with before.worker() as first:
            await _at_work(connection, 4)
            await before.looked.wait()
            await _catch(before, free, connection, [*weeks, *minutes])
            async with after.worker() as second:
                left = await _settled(connection)
                first.kill()
                await _none_due(connection)
                await _at_work(connection, 4)
                await after.looked.wait()
                await _shift(connection, minutes, PARKED)
                await _set_back(connection, minutes, timedelta(days=3))
                await _catch(after, free, connection, minutes)
                second.kill()
                await _none_due(connection)
        code, seconds = await free.terminate()
    await connection.close()
    found = await _found(town)
    count = sum(map(len, found.values()))
    counted(f"{count} alarms of {len(found)} clocks, {left} units held by the killed worker")

    assert left > 0
    assert count > 1000
    assert found == expected
    assert await checker.faults(town.url) == {}
    assert (code, seconds < 10) == (0, True), free.said()


async def test_a_worker_leaves_with_its_turn_done_or_undone(town: Town, counted: Tell):
    connection = await asyncpg.connect(town.url)
    fresh = await _report(town, 400, ago=timedelta(days=15))
    await _shift(connection, fresh, PARKED)
    steps = "SELECT count(*) FROM step"
    before = await connection.fetchval(steps)

    async def some_are_done() -> bool:
        after: int = await connection.fetchval(steps)
        return after > before

    with town.start("work") as worker:
        await _at_work(connection, 2)
        await _shift(connection, fresh, -PARKED)
        await come_true(some_are_done)
        code, seconds = await worker.terminate()
    left = len(await _due(connection))
    await connection.close()
    counted(f"code {code} in {seconds:.1f} s, {left} units left for others")

    assert code == 0, worker.said()
    assert seconds < 10
    assert await checker.faults(town.url) == {}


async def test_jumping_clocks_and_a_killed_database_fire_every_mark_once(town: Town, counted: Tell):
    await _report(town, 300, ago=timedelta(days=15))
    now, before = datetime.now(UTC), await _found(town)
    end = now + timedelta(days=9)
    expected = before.copy()
    for key, alarms in (await _expected(town, end)).items():
        expected[key] = [*before.get(key, ()), *alarms]
    hands = [given.HandClock(now - timedelta(days=14)) for _ in range(2)]
    settings = Settings(town.home, town.url)
    working = [asyncio.create_task(worker.run(settings, clock=clock)) for clock in hands]
    killed, jumps = 0, 0
    for days in (-13, -14, -9, -11, 0, -15, -6, 2, -3):
        for number, clock in enumerate(hands):
            clock.set(now + timedelta(days=days + 3 * number))
            jumps += 1
        await asyncio.sleep(0.4)
        if days in {-9, 0}:
            # Whatever is under way is undone; whoever comes back finds it due as before.
            killed += await asyncio.to_thread(town.kill_database)
            await asyncio.to_thread(town.server.revive)
    for clock in hands:
        clock.set(end)
    await come_true(lambda: _all_fired(town, end), within=30)
    for one in working:
        one.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    found = await _found(town)
    marks = sum(map(len, found.values())) - sum(map(len, before.values()))
    counted(f"{marks} alarms, {jumps} jumps, {killed} processes killed")

    assert marks > 500
    assert found == expected
    assert await checker.faults(town.url) == {}


async def _all_fired(town: Town, end: datetime) -> bool:
    with suppress(OSError, asyncpg.PostgresError):
        return not await town.value("SELECT count(*) FROM clock WHERE next_at <= $1", end)
    return False


async def _report(
    town: Town, count: int, *, ago: timedelta, number: int | None = None
) -> list[str]:
    """Have reports come in some time ago; returns the units they became, tasks included."""
    clock = given.HandClock(datetime.now(UTC) - ago)
    app = create_app(Settings(town.home, town.url, pool_size=4), clock=clock)
    headers = {"Authorization": f"Bearer {town.keys[CENTRE]}"}
    started = datetime.now(UTC)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://yiguan", headers=headers
        ) as client,
    ):
        sent = [
            report(each if number is None else number, occurred_at=clock.now().isoformat())
            for each in range(count)
        ]
        answers = await asyncio.gather(*(client.post("/v1/events", json=one) for one in sent))
    assert {answer.status_code for answer in answers} == {201}, started
    return [one["id"] for one in sent]


async def _expected(town: Town, now: datetime) -> Fired:
    """Ask the pure decision what every unit's marks are to do."""
    rulebook = given.in_memory()
    found: Fired = {}
    async with Database.connect(town.url, size=1) as database, database.transaction() as tx:
        ids = [row["id"] for row in await tx.fetch("SELECT id FROM unit")]
        running = await clocks.of_units(tx, ids)
        for unit in await units.read(tx, ids):
            change = escalation.fired(unit, running.get(unit.id, ()), rulebook, now)
            for step in change.steps if change else ():
                key = str(unit.id), str(step.data["clock"])
                alarm = str(step.action), int(step.data["percent"]), str(step.organisation)
                found.setdefault(key, []).append(alarm)
    return found


async def _found(town: Town) -> Fired:
    connection = await asyncpg.connect(town.url)
    rows = await connection.fetch(
        """
        SELECT unit::text, data->>'clock' AS clock, action, (data->>'percent')::int AS percent,
               organisation
        FROM step WHERE action IN ('warn', 'overdue', 'raise') ORDER BY unit, seq
        """
    )
    await connection.close()
    found: Fired = {}
    for row in rows:
        alarm = row["action"], row["percent"], row["organisation"]
        found.setdefault((row["unit"], row["clock"]), []).append(alarm)
    return found


_FAMILY = "unit IN (SELECT id FROM unit WHERE id = ANY($1) OR parent = ANY($1))"


async def _shift(connection: asyncpg.Connection, ids: Sequence[Any], by: timedelta) -> None:
    await connection.execute(
        f"UPDATE clock SET next_at = next_at + $2::interval WHERE {_FAMILY}", ids, by
    )


async def _set_back(connection: asyncpg.Connection, ids: Sequence[Any], by: timedelta) -> None:
    """Let time have passed: for clocks of wall time alone, whose facts can simply be moved."""
    await connection.execute(
        "UPDATE clock SET started_at = started_at - $2::interval,"
        " running_since = running_since - $2,"
        f" due_at = due_at - $2, next_at = next_at - $2 WHERE {_FAMILY}",
        ids,
        by,
    )


async def _catch(
    trap: Trap, free: Process, connection: asyncpg.Connection, ids: Sequence[str]
) -> None:
    """Let marks be due and catch the trap's worker firing them before the free one may."""
    trap.is_set = True
    with free.frozen():
        await _shift(connection, ids, -PARKED)
        async with asyncio.timeout(20):
            await trap.caught.wait()


async def _at_work(connection: asyncpg.Connection, sessions: int) -> None:
    """Wait until the workers have their connections."""

    async def are_there() -> bool:
        found: int = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE application_name = 'yiguan' AND backend_type = 'client backend'"
        )
        return found >= sessions

    await come_true(are_there, within=START)


async def _due(connection: asyncpg.Connection) -> list[Any]:
    rows = await connection.fetch("SELECT DISTINCT unit FROM clock WHERE next_at <= now()")
    return [row["unit"] for row in rows]


async def _settled(connection: asyncpg.Connection) -> int:
    """Wait until the free worker has nothing left it can do; returns the units still due."""
    seen = [-1]
    async with asyncio.timeout(20):
        while len(seen) < 8 or len(set(seen[-6:])) > 1:
            seen.append(len(await _due(connection)))
            await asyncio.sleep(0.1)
    return seen[-1]


async def _none_due(connection: asyncpg.Connection) -> None:
    async def holds() -> bool:
        return not await _due(connection)

    await come_true(holds)
