"""openapi, lifecycle, doctor: for whoever keeps it running."""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import asyncpg
import typer
from rich.table import Table
from rich.text import Text

from app.cli.root import away, console, run, server
from app.domain.diagram import document
from app.domain.errors import Unavailable
from app.flows.rulebook import Library
from app.main import create_app
from app.settings import Settings
from app.store import attachments, clocks, schema
from app.store.database import Database, Tx
from app.store.folder import Folder

CONTRACT: Final = Path("openapi/v1.json")
LIFECYCLE: Final = Path("docs/lifecycle.md")
_LOOKED_FOR: Final = 1000
"""How many of the last attachments the doctor looks for."""
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
                found += await _service(tx, settings, datetime.now(UTC))
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


async def _service(tx: Tx, settings: Settings, now: datetime) -> list[Finding]:
    strays, backlog = await schema.strays(tx), await clocks.backlog(tx, now=now)
    age = await schema.horizon_age(tx)
    return [
        await _rulebook(tx, now),
        await _attachments(tx, Folder(settings.folder)),
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


async def _attachments(tx: Tx, folder: Folder) -> Finding:
    latest = await attachments.digests(tx, limit=_LOOKED_FOR)
    lacking = sum(not folder.path(digest).is_file() for digest in latest)
    return Finding(
        "附件 attachments",
        lacking == 0,
        f"最近 {len(latest)} 个中缺 {lacking} 个文件 / of the last, files lacking",
        f"{folder.root}: YIGUAN_ATTACHMENTS 对吗 / is it the right folder",
    )


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
