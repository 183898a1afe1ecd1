"""openapi, doctor, backup, restore: for whoever keeps it running."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table
from sqlalchemy import make_url

from app.cli.root import console, create_database, database, run, server
from app.domain.diagram import document
from app.flows.rulebook import Library
from app.main import create_app
from app.settings import Settings
from app.store import clocks, schema
from app.store.database import Database
from app.store.embedded import Server

CONTRACT: Final = Path("openapi/v1.json")
LIFECYCLE: Final = Path("docs/lifecycle.md")


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
    for name, (good, text) in found.items():
        table.add_row(name, "[green]好 ok[/]" if good else "[red]注意 look[/]", text)
    console.print(table)
    if not all(good for good, _ in found.values()):
        raise typer.Exit(1)


async def _examine(settings: Settings) -> Mapping[str, tuple[bool, str]]:
    now, library = datetime.now(UTC), Library()
    async with database(settings) as opened, opened.transaction() as tx:
        version = await tx.value("SHOW server_version")
        durable = await tx.value("SHOW synchronous_commit"), await tx.value("SHOW fsync")
        revision, strays = await schema.revision(tx), await schema.strays(tx)
        backlog, age = await clocks.backlog(tx, now=now), await schema.horizon_age(tx)
        await library.follow(tx, now=now)
    free = shutil.disk_usage(settings.home if settings.home.is_dir() else Path()).free
    return {
        "PostgreSQL": (int(version.split(".")[0]) >= 15, str(version)),
        "写入落盘 durable": (
            durable == ("on", "on"),
            "synchronous_commit={}, fsync={}".format(*durable),
        ),
        "表结构 schema": (revision == schema.head(), f"{revision}; yiguan migrate"),
        "规则库 rulebook": _rulebook(library, now),
        "分区 partitions": (strays == 0, f"{strays} 行在缺省分区 / rows outside"),
        "时限引擎 worker": (backlog < 1000, f"{backlog} 个时限节点未处理 / marks not fired"),
        "长事务 horizon": (age < 60, f"{age:.0f} s"),
        "磁盘 disk": (free > 2 << 30, f"{free / (1 << 30):.1f} GiB 可用 / free"),
    }


def _rulebook(library: Library, now: datetime) -> tuple[bool, str]:
    try:
        found = library.current(now).rulebook
    except Exception as error:  # noqa: BLE001  (whatever is wrong with it is the finding)
        return False, f"{error}; yiguan load --shipped"
    return True, f"第 {found.version} 版: {len(found.list)} 条目, {len(found.areas)} 区划"


def backup(
    file: Annotated[Path, typer.Argument(help="备份文件 / the file to write")],
) -> None:
    """备份整个数据库(在线) / back up the whole database while it runs.

    例 / example: `yiguan backup yiguan-20261121.dump`
    """
    with server(Settings.from_environment()) as (ready, held):
        tool = _tool("pg_dump", held)
        _call([tool, "--format=custom", f"--file={file}", _libpq(ready)])
    console.print(f"{file}: {file.stat().st_size / (1 << 20):.1f} MiB")


def restore(
    file: Annotated[Path, typer.Argument(help="备份文件 / the file to read", exists=True)],
) -> None:
    """恢复到空库; 已有数据时拒绝 / restore into an empty database; refuses another.

    例 / example: `YIGUAN_HOME=/srv/yiguan yiguan restore yiguan-20261121.dump`
    """
    with server(Settings.from_environment()) as (ready, held):
        tool = _tool("pg_restore", held)
        command = [tool, "--no-owner", "--exit-on-error", f"--dbname={_libpq(ready)}", str(file)]
        run(_take_over(ready, lambda: _call(command)))
    console.print("已恢复 / restored; yiguan doctor")


async def _take_over(settings: Settings, work: Callable[[], None]) -> None:
    """Fill an empty database, made if need be, and bring what came to the present schema.

    The feed's epoch rises by itself when the data came from another cluster.
    """
    await create_database(settings)
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


def _tool(name: str, held: Server | None) -> str:
    found = shutil.which(name, path=str(held.bin_dir)) if held else shutil.which(name)
    if found is None:
        raise ValueError(f"需要 PostgreSQL 的 {name} / PostgreSQL's {name} is needed")
    return found


def _libpq(settings: Settings) -> str:
    return (
        make_url(settings.database_url or "")
        .set(drivername="postgresql")
        .render_as_string(hide_password=False)
    )


def _call(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise ValueError(done.stderr.strip().splitlines()[-1] if done.stderr else command[0])
