"""list check: what is wrong with a list or a rulebook, before a report goes astray."""

from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from app import data
from app.api.checks import check_out
from app.cli.checked import show
from app.cli.city import shipped_city
from app.cli.root import ZONE, console, database, run, server, sheet_named
from app.domain.errors import Unavailable
from app.domain.rulebook import Part
from app.flows import drafts
from app.flows.check import check_whole
from app.flows.rulebook import Library, Reference, drawn, redrawn
from app.settings import Settings
from app.sheets import responsibility as list_sheet
from app.sheets.checked import check_book


def add_to(listing: typer.Typer) -> None:
    """Add the command."""
    listing.command("check")(check_list)


def check_list(
    what: Annotated[
        str,
        typer.Argument(
            help="草稿 d3、版本 17, 或清单文件; 缺省为现行 / a draft, a version, or a list sheet",
            metavar="d3|17|FILE",
        ),
    ] = drafts.CURRENT,
    *,
    version: Annotated[
        str, typer.Option(help="清单文件在哪一版中检查 / the version a sheet is checked in")
    ] = drafts.CURRENT,
    xlsx: Annotated[
        Path | None, typer.Option(help="写出 Excel 文件 / write a workbook", dir_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")] = False,
) -> None:
    """检查清单与规则库: 空白、重复、多头管理、永不命中等 / find gaps, overlaps, rivals, shadows.

    清单文件按现行规则库检查; 尚无规则库时按内置城市检查。有须改正的问题时退出码为 1。
    A file is checked in the city in force, or the shipped one before any is loaded; the exit
    code is 1 when something must be put right. Each sort is told in docs/checks.md.

    例 / example: `yiguan list check` · `yiguan list check 职责清单.xlsx --xlsx 问题.xlsx` ·
    `yiguan list check d3`
    """
    file = sheet_named(what)
    version = version if file or what == drafts.CURRENT else what
    day = datetime.now(ZONE).date()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    # What goes to the terminal must not stand between the lines of --json.
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("读取 / reading")
        reference = _reference(Settings.from_environment(), file, version)
        progress.update(task, description="检查 / checking")
        begun = perf_counter()
        report = check_whole(reference, data.categories(), day)
        seconds = perf_counter() - begun
    if xlsx is not None:
        xlsx.write_bytes(check_book(report, reference.rulebook))
    if as_json:
        of = (file.name if file else version, day)
        answer = check_out(report, reference.rulebook, of)
        typer.echo(answer.model_dump_json(indent=2, by_alias=True))
    else:
        show(report, reference.rulebook, seconds)
        if xlsx is not None:
            console.print(f"已写出 / written: {xlsx}", soft_wrap=True)
    if report.has_errors:
        raise typer.Exit(1)


def _reference(settings: Settings, file: Path | None, version: str) -> Reference:
    """Return what is to be checked: a version, with the file's list in place of its own."""
    # Without a home nothing was ever loaded here, and none need be made to look.
    has_store = bool(settings.database_url) or settings.home.is_dir()
    known = _stored(settings, version) if has_store else None
    if known is None and version != drafts.CURRENT:
        raise ValueError("尚无规则库, 只能检查 current / no rulebook yet: only current is known")
    known = known or drawn(shipped_city(datetime.now(ZONE).date()))
    if file is None:
        return known
    bodies = known.rulebook.organisations.values()
    functions = {function for body in bodies for function in body.functions}
    entries = list_sheet.parse(file, functions=functions)
    return redrawn(known, {Part.LIST: entries})


def _stored(settings: Settings, version: str) -> Reference | None:
    """Return a version of the local database; nothing before a city is loaded."""
    with server(settings) as (ready, _):
        return run(_read(ready, version))


async def _read(settings: Settings, version: str) -> Reference | None:
    now, library = datetime.now(UTC), Library()
    async with database(settings) as opened, opened.reading() as tx:
        await library.follow(tx, now=now)
        try:
            return await drafts.reference(tx, library, version, now=now)
        except Unavailable:
            return None
