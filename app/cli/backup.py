"""backup, restore: the database by PostgreSQL's own tools, the attachments beside it."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import make_url

from app.cli import archive
from app.cli.root import console, create_database, database, run, server
from app.settings import Settings
from app.store import attachments, schema
from app.store.database import Database
from app.store.embedded import EmbeddedError, Server, bin_dir
from app.store.folder import Folder

_VERSION: Final = "SELECT current_setting('server_version_num')::int"


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    file: Annotated[Path, typer.Argument(help="备份文件 / the file to write")],
) -> None:
    """备份整个数据库与附件(在线) / back up database and attachments while it runs.

    例 / example: `yiguan backup yiguan-20261121.dump`
    """
    with server(Settings.from_environment()) as (ready, held):
        tool = _tool("pg_dump", held, ready)
        _call([tool, "--format=custom", f"--file={file}"], ready)
        # After the database: a file too many is no loss, a row without its file would be one.
        count = archive.pack(Folder(ready.folder), archive.beside(file))
    console.print(f"{file}: {_size(file)}")
    if count:
        beside = archive.beside(file)
        console.print(f"{beside}: {_size(beside)}, {count} 个附件文件 / attachments")


def restore(
    file: Annotated[Path, typer.Argument(help="备份文件 / the file to read", exists=True)],
) -> None:
    """恢复到空库; 已有数据时拒绝 / restore into an empty database; refuses another.

    例 / example: `YIGUAN_HOME=/srv/yiguan yiguan restore yiguan-20261121.dump`
    """
    with server(Settings.from_environment()) as (ready, held):
        run(create_database(ready))
        tool = _tool("pg_restore", held, ready)
        command = [tool, "--no-owner", "--single-transaction", str(file)]
        beside, folder = archive.beside(file), Folder(ready.folder)

        def work() -> None:
            if beside.is_file():
                archive.unpack(beside, folder)
            _call(command, ready)

        lacking = run(_take_over(ready, work))
    console.print("已恢复 / restored; yiguan doctor")
    if lacking:
        console.print(
            f"[red]{lacking} 个附件没有文件, 请将备份的附件归档放在 {beside} 后重新恢复"
            " / attachments lack their file: put the backup's archive there and restore again[/]"
        )


async def _take_over(settings: Settings, work: Callable[[], None]) -> int:
    """Fill an empty database and bring what came to the present schema.

    The feed's epoch rises by itself when the data came from another cluster. Returns how many
    contents of attachments are not in the folder.
    """
    url = settings.database_url or ""
    async with Database.connect(url, size=1) as opened, opened.reading() as tx:
        used = await schema.revision(tx) is not None
    if used:
        raise ValueError(
            "数据库不是空的, 请换一个 YIGUAN_HOME 或数据库"
            " / the database is not empty: choose another YIGUAN_HOME or database"
        )
    await asyncio.to_thread(work)
    folder = Folder(settings.folder)
    async with database(settings) as opened, opened.reading() as tx:
        known = await attachments.digests(tx)
    return sum(not folder.path(digest).is_file() for digest in known)


def _size(file: Path) -> str:
    return f"{file.stat().st_size / (1 << 20):.1f} MiB"


def _tool(name: str, held: Server | None, settings: Settings) -> str:
    """Return the tool that fits the server: an older one refuses, a newer one may not restore."""
    ours = None
    with suppress(EmbeddedError):
        ours = shutil.which(name, path=str(bin_dir()))
    if held and ours:
        return ours
    server = run(_major_of_server(settings))
    found = [path for path in (shutil.which(name), ours) if path and _major(path) >= server]
    if not found:
        raise ValueError(
            f"需要 PostgreSQL {server} 的 {name} / {name} of PostgreSQL {server} is needed"
        )
    return min(found, key=_major)


async def _major_of_server(settings: Settings) -> int:
    url = settings.database_url or ""
    async with Database.connect(url, size=1) as opened, opened.reading() as tx:
        return int(await tx.value(_VERSION)) // 10000


def _major(tool: str) -> int:
    said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    found = re.search(r"\) (\d+)", said.stdout)
    return int(found[1]) if found else 0


def _call(command: list[str], settings: Settings) -> None:
    """Run one of PostgreSQL's tools on the database; raises ValueError with its complaint."""
    url = make_url(settings.database_url or "").set(drivername="postgresql")
    # A command line is there for everybody on the machine to read: no password in it.
    address = url._replace(password=None).render_as_string(hide_password=False)
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(  # noqa: S603
        [*command, f"--dbname={address}"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        umask=0o077,  # a backup holds what people reported
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise ValueError(said[0] if said else f"{command[0]}: {done.returncode}")
