"""Backup, restore, doctor: what an operator does on a bad day."""

import asyncio
import io
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli import archive
from app.domain.authority import Role
from app.settings import DATABASE
from app.store import embedded
from app.store.database import Database
from app.store.folder import Folder
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


JPEGS = [b"\xff\xd8\xff\xe0" + letter * 50_000 for letter in (b"a", b"b")]


async def with_attachments(city: given.City) -> Path:
    """Two different photos, one of them twice; returns their folder."""
    person = await city.person(f"{given.EAST}-ZX", Role.CLERK)
    for content in (*JPEGS, JPEGS[0]):
        answer = await person.call("POST", "/v1/attachments", content=content)
        assert answer.status_code == 201, answer.text
    root: Path = city.app.state.service.folder.root
    return root


def kept(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


async def test_a_backup_holds_the_attachments(
    yiguan: Terminal, city: given.City, database_url: str, fresh: Path, tmp_path: Path
):
    root = await with_attachments(city)
    file = tmp_path / "yiguan.dump"
    there = {"YIGUAN_DATABASE_URL": database_url, "YIGUAN_ATTACHMENTS": root}
    made = await asyncio.to_thread(yiguan, "backup", str(file), **there)
    assert (made.code, "2 个附件文件" in made.text) == (0, True), made.text
    assert (tmp_path / "yiguan.dump.attachments.tar").stat().st_mode & 0o77 == 0

    here = {"YIGUAN_DATABASE_URL": "", "YIGUAN_HOME": fresh, "YIGUAN_ATTACHMENTS": ""}
    restored = await asyncio.to_thread(yiguan, "restore", str(file), **here)
    assert (restored.code, "没有文件" in restored.text) == (0, False), restored.text
    assert kept(fresh / "attachments") == kept(root)
    assert set(kept(root).values()) == set(JPEGS)


async def test_a_restore_without_its_attachments_says_so(
    yiguan: Terminal, city: given.City, database_url: str, fresh: Path, tmp_path: Path
):
    root = await with_attachments(city)
    file = tmp_path / "yiguan.dump"
    there = {"YIGUAN_DATABASE_URL": database_url, "YIGUAN_ATTACHMENTS": root}
    await asyncio.to_thread(yiguan, "backup", str(file), **there)
    (tmp_path / "yiguan.dump.attachments.tar").unlink()

    here = {"YIGUAN_DATABASE_URL": "", "YIGUAN_HOME": fresh, "YIGUAN_ATTACHMENTS": ""}
    restored = await asyncio.to_thread(yiguan, "restore", str(file), **here)
    assert (restored.code, "2 个附件没有文件" in restored.text) == (0, True), restored.text


def tar_of(file: Path, name: str, content: bytes) -> None:
    with tarfile.open(file, "w") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "0" * 64])
def test_an_archive_that_is_not_what_it_says_is_refused(tmp_path: Path, name: str):
    file, folder = tmp_path / "x.tar", Folder(tmp_path / "a" / "b")
    tar_of(file, name, b"evil")
    with pytest.raises(ValueError, match="is damaged"):
        archive.unpack(file, folder)
    assert kept(tmp_path) == {"x.tar": file.read_bytes()}


def test_what_is_no_archive_is_refused(tmp_path: Path):
    file = tmp_path / "x.tar"
    file.write_bytes(b"hello" * 1000)
    with pytest.raises(ValueError, match="no archive"):
        archive.unpack(file, Folder(tmp_path / "a"))


async def test_the_doctor_misses_the_files(yiguan: Terminal, city: given.City, database_url: str):
    root = await with_attachments(city)
    here = {"YIGUAN_DATABASE_URL": database_url, "YIGUAN_ATTACHMENTS": root}
    well = await asyncio.to_thread(yiguan, "doctor", **here)
    shutil.rmtree(root)
    ill = await asyncio.to_thread(yiguan, "doctor", **here)
    assert (well.code, ill.code, "YIGUAN_ATTACHMENTS" in ill.text) == (0, 1, True)


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
    assert said.text.count("好 ok") == 9


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
