"""openapi, doctor, backup, restore: for whoever keeps it running."""

import asyncio
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import asyncpg
import typer
from rich.table import Table
from rich.text import Text
from sqlalchemy import make_url

from app.cli.root import away, console, create_database, database, run, server
from app.domain.diagram import document
from app.domain.errors import Unavailable
from app.flows.rulebook import Library
from app.main import create_app
from app.settings import Settings
from app.store import clocks, schema
from app.store.database import Database, Tx
from app.store.embedded import EmbeddedError, Server, bin_dir

CONTRACT: Final = Path("openapi/v1.json")
LIFECYCLE: Final = Path("docs/lifecycle.md")
_VERSION: Final = "SELECT current_setting('server_version_num')::int"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what was found, and the way out where it is not well."""

    name: str
    is_well: bool
    fact: str
    way_out: str


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("openapi")(openapi)
    app.command("lifecycle")(lifecycle)
    app.command("doctor")(doctor)
    app.command("backup")(backup)
    app.command("restore")(restore)


def contract() -> str:
    """Return the published contract as it is kept in the repository."""
    app = create_app(Settings(home=Path()))
    return json.dumps(app.openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def openapi(
    file: Annotated[Path, typer.Argument(help="写入的文件 / where to write it")] = CONTRACT,
) -> None:
    """写出 API 契约 / write the API's contract.

    例 / example: `yiguan openapi openapi/v1.json`
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(contract(), encoding="utf-8")
    console.print(f"{file}: OpenAPI 3.1")


def lifecycle(
    file: Annotated[Path, typer.Argument(help="写入的文件 / where to write it")] = LIFECYCLE,
) -> None:
    """写出流转图 / draw the lifecycle from its table.

    例 / example: `yiguan lifecycle docs/lifecycle.md`
    """
    file.write_text(document(), encoding="utf-8")
    console.print(str(file))


def doctor() -> None:
    """检查部署是否健康, 逐项说明出路 / check the deployment and say what to do.

    例 / example: `yiguan doctor`
    """
    with server(Settings.from_environment()) as (ready, _):
        found = run(_examine(ready))
    table = Table("项目 check", "结果 result", "说明 detail")
    for one in found:
        result = "[green]好 ok[/]" if one.is_well else "[red]注意 look[/]"
        text = one.fact if one.is_well else f"{one.fact}\n{one.way_out}"
        table.add_row(one.name, result, Text(text))
    console.print(table)
    if not all(one.is_well for one in found):
        raise typer.Exit(1)


async def _examine(settings: Settings) -> list[Finding]:
    """Look without changing anything: what the schema lacks is said, not mended."""
    try:
        async with (
            Database.connect(settings.database_url or "", size=1) as opened,
            opened.reading() as tx,
        ):
            found = await _server(tx, settings)
            if await schema.revision(tx) == schema.head():
                found += await _service(tx, datetime.now(UTC))
            return found
    except asyncpg.InvalidCatalogNameError as error:
        raise ValueError(f"{error}; yiguan migrate") from error
    except Unavailable as error:
        raise ValueError(away(settings, error.en)) from error


async def _server(tx: Tx, settings: Settings) -> list[Finding]:
    version, number = await tx.value("SHOW server_version"), await tx.value(_VERSION)
    commit, fsync = await tx.value("SHOW synchronous_commit"), await tx.value("SHOW fsync")
    revision, head = await schema.revision(tx), schema.head()
    free = shutil.disk_usage(settings.home if settings.home.is_dir() else Path()).free
    return [
        Finding("PostgreSQL", number >= 150000, version, "需要 15 以上 / 15 or newer is needed"),
        Finding(
            "写入落盘 durable",
            (commit, fsync) == ("on", "on"),
            f"synchronous_commit={commit}, fsync={fsync}",
            "两者都应为 on / both should be on",
        ),
        Finding(
            "表结构 schema",
            revision == head,
            revision or "空库 / empty",
            f"应为 / should be {head}: yiguan migrate",
        ),
        Finding(
            "磁盘 disk",
            free > 2 << 30,
            f"{free / (1 << 30):.1f} GiB 可用 / free",
            "少于 2 GiB, 请扩容 / less than 2 GiB: make room",
        ),
    ]


async def _service(tx: Tx, now: datetime) -> list[Finding]:
    strays, backlog = await schema.strays(tx), await clocks.backlog(tx, now=now)
    age = await schema.horizon_age(tx)
    return [
        await _rulebook(tx, now),
        Finding(
            "分区 partitions",
            strays == 0,
            f"{strays} 行在缺省分区 / rows outside",
            "见 docs/operating.md",
        ),
        Finding(
            "时限引擎 worker",
            backlog < 1000,
            f"{backlog} 个时限节点未处理 / marks not fired",
            "yiguan work 在运行吗 / is it running",
        ),
        Finding(
            "长事务 horizon",
            age < 60,
            f"{age:.0f} s",
            "见 pg_stat_activity 中最早的 xact_start / look for the oldest xact_start",
        ),
    ]


async def _rulebook(tx: Tx, now: datetime) -> Finding:
    name, library = "规则库 rulebook", Library()
    try:
        await library.follow(tx, now=now)
        found = library.current(now).rulebook
    except Exception as error:  # noqa: BLE001  (whatever is wrong with it is the finding)
        return Finding(name, is_well=False, fact=str(error), way_out="yiguan load --shipped")
    entries, areas = len(found.list), len(found.areas)
    fact = f"第 {found.version} 版: {entries} 条目 entries, {areas} 区划 areas"
    return Finding(name, is_well=True, fact=fact, way_out="")


def backup(
    file: Annotated[Path, typer.Argument(help="备份文件 / the file to write")],
) -> None:
    """备份整个数据库(在线) / back up the whole database while it runs.

    例 / example: `yiguan backup yiguan-20261121.dump`
    """
    with server(Settings.from_environment()) as (ready, held):
        tool = _tool("pg_dump", held, ready)
        _call([tool, "--format=custom", f"--file={file}"], ready)
    console.print(f"{file}: {file.stat().st_size / (1 << 20):.1f} MiB")


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
        run(_take_over(ready, lambda: _call(command, ready)))
    console.print("已恢复 / restored; yiguan doctor")


async def _take_over(settings: Settings, work: Callable[[], None]) -> None:
    """Fill an empty database and bring what came to the present schema.

    The feed's epoch rises by itself when the data came from another cluster.
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
    async with database(settings):
        pass


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
