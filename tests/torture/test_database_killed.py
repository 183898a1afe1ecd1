"""kill -9 of PostgreSQL under load, and an operator's cancel: the service waits and goes on."""

import asyncio
from datetime import timedelta

import asyncpg
import httpx

from tests.torture import checker
from tests.torture.load import Reporters
from tests.torture.town import CENTRE, Service, Tell, Town, come_true

KILLS = 2


async def test_a_killed_database_loses_and_doubles_nothing(
    town: Town, service: Service, counted: Tell
):
    reporters = Reporters(service.url, town.keys[CENTRE])
    killed = 0
    async with reporters.reporting(12) as ledger, httpx.AsyncClient(trust_env=False) as client:
        for _ in range(KILLS):
            await reporters.until(300)
            killed += await asyncio.to_thread(town.kill_database)
            await reporters.until(1, "503")
            alive = await client.get(f"{service.url}/healthz")
            assert alive.status_code == 200
        # Nobody starts the database again but the service itself.
        await reporters.until(300)
    counted(f"{killed} processes killed, {ledger.answers}, slowest {ledger.slowest:.1f} s")

    assert service.process.is_running
    assert not ledger.broken
    assert not ledger.open
    assert ledger.count("lost") == 0
    assert ledger.slowest < 10
    assert await checker.lost(town.url, ledger.acknowledged) == []
    assert await checker.faults(town.url) == {}
    assert (await checker.census(town.url))["event"] == len(ledger.acknowledged)


async def test_neither_cancels_nor_errors_stop_intake_and_clocks(
    town: Town, service: Service, counted: Tell
):
    reporters = Reporters(service.url, town.keys[CENTRE])
    connection = await asyncpg.connect(town.url)
    cancelled = 0
    async with reporters.reporting(8) as ledger:
        for _ in range(150):
            cancelled += await connection.fetchval(
                "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity"
                " WHERE application_name = 'yiguan' AND state <> 'idle'"
            )
            await asyncio.sleep(0.01)
    # An error that is neither the server's absence nor contention, until somebody mends it.
    await connection.execute("ALTER TABLE clock RENAME TO clock_away")
    await asyncio.sleep(1)
    await connection.execute("ALTER TABLE clock_away RENAME TO clock")
    await connection.execute(
        "UPDATE clock SET next_at = now() - $1::interval WHERE running_since IS NOT NULL",
        timedelta(seconds=1),
    )
    fired = await _fired(connection)
    await connection.close()
    counted(f"{cancelled} statements cancelled, {ledger.answers}, {fired} marks fired")

    assert cancelled > 50
    assert not ledger.broken
    assert not ledger.open
    assert await checker.lost(town.url, ledger.acknowledged) == []
    assert await checker.faults(town.url) == {}


async def _fired(connection: asyncpg.Connection) -> int:
    """Wait until no mark is due any more; returns how many were."""
    due = "SELECT count(*) FROM clock WHERE next_at <= now()"
    count = await connection.fetchval(due)

    async def none_is_due() -> bool:
        return not await connection.fetchval(due)

    await come_true(none_is_due)
    return int(count)
