"""Backup, restore, doctor: what an operator does on a bad day."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.authority import Role
from app.settings import DATABASE
from app.store import embedded
from app.store.database import Database
from tests import given
from tests.conftest import on_server, open_folder, with_database
from tests.operating.conftest import Terminal

COUNTS = """
    SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM unit), (SELECT count(*) FROM step),
           (SELECT count(*) FROM clock), (SELECT count(*) FROM credential),
           (SELECT epoch FROM feed_epoch)
"""


@pytest.fixture
def fresh() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder / "home"


async def counts(url: str) -> tuple[int, ...]:
    async with Database.connect(url, size=1) as opened, opened.reading() as tx:
        row = await tx.first(COUNTS)
        assert row is not None
        return tuple(row)


async def test_a_backup_made_while_it_runs_is_restored_elsewhere(
    yiguan: Terminal, city: given.City, database_url: str, fresh: Path, tmp_path: Path
):
    reporter = await city.person(f"{given.EAST}-ZX", Role.REPORTER)
    for _ in range(3):
        assert (await reporter.post(city.report())).status_code == 201
    file = tmp_path / "yiguan.dump"

    made = await asyncio.to_thread(yiguan, "backup", str(file), YIGUAN_DATABASE_URL=database_url)
    assert made.code == 0, made.text
    restored = await asyncio.to_thread(
        yiguan, "restore", str(file), YIGUAN_DATABASE_URL="", YIGUAN_HOME=fresh
    )
    assert restored.code == 0, restored.text

    *before, epoch = await counts(database_url)
    with embedded.hold(fresh) as server:
        *after, raised = await counts(server.url(DATABASE))
        again = await asyncio.to_thread(yiguan, "restore", str(file))
    assert before[:2] == [3, 3]
    assert after == before
    # Old transaction ids mean nothing in another cluster: readers of the feed must see that.
    assert raised == epoch + 1
    assert again.code == 1
    assert "not empty" in again.lines[0]


def test_what_is_no_backup_leaves_the_database_empty(
    yiguan: Terminal, server_url: str, tmp_path: Path
):
    name = "yg_restored_nothing"
    file = tmp_path / "not-a.dump"
    file.write_text("hello")
    try:
        for _ in range(2):
            said = yiguan("restore", str(file), YIGUAN_DATABASE_URL=with_database(server_url, name))
            assert said.code == 1
            assert "archive" in said.lines[0]
    finally:
        asyncio.run(on_server(server_url, f"DROP DATABASE IF EXISTS {name}"))


def test_the_doctor_finds_a_healthy_deployment_well(yiguan: Terminal, database_url: str):
    said = yiguan("doctor", YIGUAN_DATABASE_URL=database_url)
    assert said.code == 0, said.text
    assert said.text.count("好 ok") == 8


def test_the_doctor_says_what_to_do_and_does_not_do_it(yiguan: Terminal, server_url: str):
    name = "yg_test_doctor"
    url = with_database(server_url, name)
    missing = yiguan("doctor", YIGUAN_DATABASE_URL=url)
    try:
        asyncio.run(on_server(server_url, f"CREATE DATABASE {name}"))
        for _ in range(2):
            empty = yiguan("doctor", YIGUAN_DATABASE_URL=url)
            assert empty.code == 1
            assert "yiguan migrate" in empty.text
    finally:
        asyncio.run(on_server(server_url, f"DROP DATABASE IF EXISTS {name}"))
    assert missing.code == 1
    assert "yiguan migrate" in missing.lines[0]


async def test_the_doctor_sees_lines_outside_every_partition(
    yiguan: Terminal, city: given.City, database_url: str
):
    reporter = await city.person(f"{given.EAST}-ZX", Role.REPORTER)
    await reporter.post(city.report())
    await on_server(
        database_url,
        "DO $$ DECLARE t text; BEGIN FOR t IN SELECT inhrelid::regclass::text FROM pg_inherits"
        " WHERE inhparent = 'step'::regclass AND inhrelid <> 'step_default'::regclass"
        " LOOP EXECUTE 'ALTER TABLE step DETACH PARTITION ' || t;"
        " EXECUTE 'INSERT INTO step_default SELECT * FROM ' || t; END LOOP; END $$",
    )
    said = await asyncio.to_thread(yiguan, "doctor", YIGUAN_DATABASE_URL=database_url)
    assert said.code == 1
    assert "注意 look" in said.text
