"""The schema: brought up to date, its partitions made in time, its epoch kept."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from app.store.database import Tx

_ROOT: Final = Path(__file__).parents[2]
_PARTITION: Final = re.compile(r"step_(default|\d{4}q[1-4])(_|$)")


def owns(name: str | None, kind: str, _parents: object) -> bool:
    """Tell Alembic which names are its business: partitions are made as time goes by."""
    return not (kind == "table" and name is not None and _PARTITION.match(name))


def differs(
    _context: object,
    _inspected: object,
    _column: object,
    found: str | None,
    _default: object,
    wanted: str | None,
) -> bool | None:
    """Compare a sequence's default by its text; Alembic would run it twice and compare."""
    return found != wanted if found and found.startswith("nextval(") else None


def config() -> Config:
    """Return Alembic's configuration, wherever the process was started."""
    found = Config(_ROOT / "alembic.ini")
    found.set_main_option("script_location", str(_ROOT / "migrations"))
    return found


def head() -> str:
    """Return the revision the code was written for."""
    return str(ScriptDirectory.from_config(config()).get_current_head())


async def migrate(url: str) -> None:
    """Bring a database up to date; it must exist."""
    await _run(url, lambda found: command.upgrade(found, "head"))


async def check(url: str) -> None:
    """Raise alembic's CommandError when tables and migrations differ."""
    await _run(url, command.check)


async def _run(url: str, work: Any) -> None:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))

    def on_connection(connection: Connection) -> None:
        found = config()
        found.attributes["connection"] = connection
        work(found)

    async with engine.connect() as connection:
        # Two processes that migrate at once: the second waits and finds nothing to do.
        await connection.exec_driver_sql("SELECT pg_advisory_lock(7365)")
        await connection.commit()
        await connection.run_sync(on_connection)
        await connection.commit()
    await engine.dispose()


async def revision(tx: Tx) -> str | None:
    """Return the revision the database is at; None before the first migration."""
    if await tx.value("SELECT to_regclass('alembic_version')") is None:
        return None
    found: str | None = await tx.value("SELECT version_num FROM alembic_version")
    return found


async def keep_epoch(tx: Tx) -> None:
    """Raise the feed's epoch when the database is another cluster or timeline than it was.

    After a restore or a failover old transaction ids lie above the new cluster's horizon;
    a higher epoch puts everything written from now on behind them.
    """
    await tx.execute(
        """
        INSERT INTO feed_epoch (epoch, system_identifier, timeline)
        SELECT 1, s.system_identifier, c.timeline_id
        FROM pg_control_system() s, pg_control_checkpoint() c
        ON CONFLICT (singleton) DO UPDATE SET
            epoch = feed_epoch.epoch + 1,
            system_identifier = excluded.system_identifier,
            timeline = excluded.timeline
        WHERE (feed_epoch.system_identifier, feed_epoch.timeline)
            <> (excluded.system_identifier, excluded.timeline)
        """
    )


async def make_partitions(tx: Tx, *, now: datetime) -> None:
    """Make the log's partitions for the quarter of `now` and the two after it."""
    quarters = [(_quarter(now, offset), _quarter(now, offset + 1)) for offset in range(3)]
    if all([await _exists(tx, start) for start, _ in quarters]):
        return
    # Before any lock on a table: two that make partitions at once wait here, not for each other.
    await tx.execute("SELECT pg_advisory_xact_lock(7366)")
    for start, end in quarters:
        # Lines of that quarter in the default partition would refuse the new one; the alarm on
        # their number tells the operator, and intake and clocks must go on meanwhile.
        stray = "SELECT EXISTS (SELECT FROM step_default WHERE at >= $1 AND at < $2)"
        if not await _exists(tx, start) and not await tx.value(stray, start, end):
            await _make_partition(tx, start, end)


async def _exists(tx: Tx, start: datetime) -> bool:
    # Not to_regclass: its cache may still say no to what another session made meanwhile.
    found = "SELECT EXISTS (SELECT FROM pg_class WHERE relname = $1 AND pg_table_is_visible(oid))"
    return bool(await tx.value(found, _partition(start)))


async def _make_partition(tx: Tx, start: datetime, end: datetime) -> None:
    # The name and the moments are our own: DDL takes no parameters.
    await tx.execute(
        f"CREATE TABLE {_partition(start)} PARTITION OF step"
        f" FOR VALUES FROM ('{start.isoformat()}') TO ('{end.isoformat()}')"
    )


def _partition(start: datetime) -> str:
    return f"step_{start.year}q{start.month // 3 + 1}"


def _quarter(now: datetime, offset: int) -> datetime:
    count = now.year * 4 + (now.month - 1) // 3 + offset
    return datetime(count // 4, count % 4 * 3 + 1, 1, tzinfo=UTC)


async def strays(tx: Tx) -> int:
    """Count the log lines that found no quarter's partition: an alarm if not 0."""
    return int(await tx.value("SELECT count(*) FROM step_default"))


async def horizon_age(tx: Tx) -> float:
    """Return for how many seconds the oldest open writing transaction has been running."""
    return float(
        await tx.value(
            """
            SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)
            FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
            """
        )
    )
