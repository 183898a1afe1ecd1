"""The schema: migrated once whoever comes first, partitioned in time, every constraint named."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest
from alembic.util.exc import CommandError
from sqlalchemy import CheckConstraint, Table

from app.store import schema
from app.store.database import Database
from app.store.tables import METADATA
from tests.conftest import NOW, on_server, with_database

TABLES = sorted(METADATA.tables)


@pytest.fixture
async def empty_url(server_url: str) -> AsyncIterator[str]:
    name = f"yg_test_{uuid4().hex[:8]}"
    await on_server(server_url, f"CREATE DATABASE {name}")
    yield with_database(server_url, name)
    await on_server(server_url, f"DROP DATABASE {name} WITH (FORCE)")


async def epoch(database: Database) -> int:
    async with database.transaction() as tx:
        await schema.keep_epoch(tx)
        return int(await tx.value("SELECT epoch FROM feed_epoch"))


async def partitions(database: Database) -> set[str]:
    async with database.reading() as tx:
        rows = await tx.fetch(
            "SELECT inhrelid::regclass::text AS name FROM pg_inherits"
            " WHERE inhparent = 'step'::regclass"
        )
    return {row["name"] for row in rows}


async def test_tables_and_migrations_say_the_same(database_url: str):
    assert await schema.check(database_url) is None


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE unit ADD COLUMN colour text",
        "DROP INDEX unit_queue_idx",
        "ALTER TABLE step ALTER COLUMN id SET DEFAULT nextval('unit_number')",
    ],
)
async def test_a_difference_between_them_is_noticed(database_url: str, change: str):
    await on_server(database_url, change)
    with pytest.raises(CommandError):
        await schema.check(database_url)


async def test_two_who_migrate_at_once_both_find_it_done(empty_url: str):
    await asyncio.gather(schema.migrate(empty_url), schema.migrate(empty_url))
    async with Database.connect(empty_url, size=1) as database, database.reading() as tx:
        assert await schema.revision(tx) == schema.head()


async def test_a_database_nobody_migrated_has_no_revision(empty_url: str):
    async with Database.connect(empty_url, size=1) as database, database.reading() as tx:
        assert await schema.revision(tx) is None


async def test_the_present_quarter_and_the_two_after_it_have_partitions(database: Database):
    assert await partitions(database) == {
        "step_2026q4",
        "step_2027q1",
        "step_2027q2",
        "step_default",
    }


@pytest.mark.parametrize(
    ("now", "name"),
    [
        (datetime(2027, 12, 31, 23, 59, tzinfo=UTC), "step_2028q2"),
        (datetime(2028, 1, 1, tzinfo=UTC), "step_2028q3"),
    ],
)
async def test_partitions_are_made_as_time_goes_by(database: Database, now: datetime, name: str):
    async with database.transaction() as tx:
        await schema.make_partitions(tx, now=now)
    assert name in await partitions(database)


async def test_partitions_made_twice_at_once_are_made_once(database: Database):
    async def make() -> None:
        async with database.transaction() as tx:
            await schema.make_partitions(tx, now=datetime(2028, 5, 1, tzinfo=UTC))

    await asyncio.gather(make(), make(), make())
    assert {"step_2028q2", "step_2028q3", "step_2028q4"} <= await partitions(database)


async def test_a_line_outside_every_quarter_is_counted_as_a_stray(database: Database):
    async with database.transaction() as tx:
        await tx.execute("SET session_replication_role = replica")
        await tx.execute(
            "INSERT INTO step (home, at, epoch, unit, seq, action, state, reason, data, after)"
            " VALUES ('500101', $1, 1, gen_random_uuid(), 1, 'note', 'filed', '', '{}', '{}')",
            datetime(2040, 1, 1, tzinfo=UTC),
        )
        await tx.execute("SET session_replication_role = DEFAULT")
    async with database.reading() as tx:
        assert await schema.strays(tx) == 1


async def test_the_epoch_stays_on_the_same_cluster(database: Database):
    assert [await epoch(database) for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize("column", ["system_identifier", "timeline"])
async def test_another_cluster_or_timeline_raises_the_epoch_once(database: Database, column: str):
    async with database.transaction() as tx:
        await tx.execute(f"UPDATE feed_epoch SET {column} = {column} + 1")
    assert [await epoch(database), await epoch(database)] == [2, 2]


async def test_there_is_one_epoch(database: Database):
    with pytest.raises(asyncpg.UniqueViolationError):
        async with database.transaction() as tx:
            await tx.execute("INSERT INTO feed_epoch VALUES (true, 9, 9, 9)")


@pytest.mark.parametrize("table", TABLES)
def test_every_constraint_of_the_tables_is_named(table: str):
    assert [one for one in METADATA.tables[table].constraints if not one.name] == []


async def test_every_constraint_of_the_database_is_named_after_its_table(database: Database):
    async with database.reading() as tx:
        rows = await tx.fetch(
            "SELECT c.conname AS name, t.relname AS of FROM pg_constraint c"
            " JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace"
            " WHERE n.nspname = 'public' AND c.contype IN ('p', 'u', 'f', 'c')"
            " AND NOT t.relispartition AND t.relname <> 'alembic_version'"
        )
    strange = [row["name"] for row in rows if not row["name"].startswith(f"{row['of']}_")]
    assert (strange, len(rows) > len(TABLES)) == ([], True)


def keys(table: Table) -> set[str]:
    return {str(one.name) for one in table.constraints if not isinstance(one, CheckConstraint)}


@pytest.mark.parametrize("table", TABLES)
async def test_the_tables_name_the_databases_own_keys(shared_schema: Database, table: str):
    async with shared_schema.reading() as tx:
        rows = await tx.fetch(
            "SELECT conname FROM pg_constraint WHERE conrelid = $1::text::regclass"
            " AND contype IN ('p', 'u', 'f') AND conparentid = 0",
            table,
        )
    assert {row["conname"] for row in rows} == keys(METADATA.tables[table])


@pytest.fixture(scope="module")
async def shared_schema(server_url: str, template: str) -> AsyncIterator[Database]:
    name = f"yg_test_{uuid4().hex[:8]}"
    await on_server(server_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    async with Database.connect(with_database(server_url, name), size=1) as opened:
        yield opened
    await on_server(server_url, f"DROP DATABASE {name} WITH (FORCE)")


GROWS_WITH_UNITS = ("unit", "clock", "step")


@pytest.mark.parametrize("table", GROWS_WITH_UNITS)
def test_home_is_part_of_every_key_of_what_grows_with_units(table: str):
    constraints = [
        one for one in METADATA.tables[table].constraints if not isinstance(one, CheckConstraint)
    ]
    assert all("home" in one.columns.keys() for one in constraints)  # noqa: SIM118


@pytest.mark.parametrize(
    "nonsense",
    [
        "state = 'gone'",
        "kind = 'chore'",
        "urgency = 'calm'",
        "desk = NULL",
        "closed_at = now()",
        "state = 'closed'",
        "stage = NULL",
        "level = 'moon'",
        "satisfaction = 'so so'",
        "was = 'accepted'",
        "state = 'suspended'",
        "merged_into = gen_random_uuid()",
    ],
)
async def test_the_database_refuses_nonsense_by_itself(shared_unit: Database, nonsense: str):
    with pytest.raises(asyncpg.CheckViolationError):
        async with shared_unit.transaction() as tx:
            await tx.execute(f"UPDATE unit SET {nonsense}")


@pytest.fixture(scope="module")
async def shared_unit(shared_schema: Database) -> Database:
    """A database with one dispatched unit."""
    async with shared_schema.transaction() as tx:
        await tx.execute(
            """
            INSERT INTO unit (id, home, number, kind, clause, title, state, urgency, pressing,
                district, street, community, grid, holder, centre, desk, route, is_gap,
                is_unlisted, is_self_handled, rulebook, reporter, stage, stage_due_at,
                is_provisional, raised, created_at, updated_at, version, steps, reasons, pending,
                claim)
            VALUES (gen_random_uuid(), '500101', '1', 'item', 'single', '', 'dispatched', 'normal',
                0, '', '', '', '', 'h', 'c', 'h', '{}', false, false, false, 1, gen_random_uuid(),
                'accept', $1, false, '{}', $1, $1, 1, 0, '{}', '[]', 0)
            """,
            NOW,
        )
    return shared_schema
