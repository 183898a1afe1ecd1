"""load and list: a city's own reference data, published as new versions."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from app import data
from app.cli.root import console, database, local, run, server
from app.domain.area import Areas
from app.domain.classify import kind_of
from app.domain.errors import Unavailable
from app.domain.organisation import Organisations
from app.domain.responsibility import Entry, EntryCode, ResponsibilityList
from app.domain.rulebook import Part
from app.flows import rulebook
from app.flows.rulebook import Library
from app.settings import Settings
from app.sheets import areas as area_sheet
from app.sheets import calendar as calendar_sheet
from app.sheets import organisations as organisation_sheet
from app.sheets import policies as policy_sheet
from app.sheets import responsibility as list_sheet
from app.sheets import roster as roster_sheet
from app.store.database import Database
from app.store.parts import Content
from app.store.rulebooks import Edition

listing = typer.Typer(help="职责清单 / the responsibility list", no_args_is_help=True)

BY: Final = "yiguan load"


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("load")(load)
    app.add_typer(listing, name="list")


def load(
    part: Annotated[Part | None, typer.Argument(help="要发布的部分 / which part")] = None,
    file: Annotated[
        Path | None,
        typer.Argument(help="CSV、XLSX 或 TOML 文件 / the file", exists=True, dir_okay=False),
    ] = None,
    *,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--from", help="整座城市的文件夹 / a whole city's folder", exists=True, file_okay=False
        ),
    ] = None,
    shipped: Annotated[
        bool, typer.Option("--shipped", help="发布内置的重庆数据 / publish the shipped Chongqing")
    ] = False,
) -> None:
    """发布参照数据的新版本; 文件有误则整体拒绝 / publish a city's own reference data.

    首次使用须整座城市一起发布: 文件夹中有 areas、organisations、list (.csv 或 .xlsx), 可有
    calendar 与 policies.toml; 缺的用内置日历与缺省规则。
    The first time a city is published as a whole: a folder with areas, organisations and list.

    例 / example: `yiguan load --from 我市/` · `yiguan load list 职责清单.xlsx`
    """
    if not shipped and folder is None and (part is None or file is None):
        raise ValueError(
            "请给出部分与文件, 或 --from 文件夹, 或 --shipped"
            " / name a part and a file, or --from a folder, or --shipped"
        )
    begun = datetime.now(UTC)
    with server(Settings.from_environment()) as (ready, _), _spinner() as say:
        source = _Source(part, file, data.folder() if shipped else folder)
        edition = run(_load(ready, source, say))
    number, since = edition.version, local(edition.in_force_at)
    if edition.published_at < begun:
        text = f"内容未变, 仍为规则库第 {number} 版 / nothing new: rulebook {number} stays"
    else:
        text = f"规则库第 {number} 版已发布, {since} 起生效 / rulebook {number} published"
    console.print(text, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class _Source:
    """What to load: one part's file, or a whole city's folder."""

    part: Part | None
    file: Path | None
    folder: Path | None


@listing.command("stats")
def stats(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="清单文件; 缺省为内置清单 / default: the shipped list", exists=True, dir_okay=False
        ),
    ] = None,
) -> None:
    """按依据、类型、层级、牵头职能统计 / count entries by basis, kind, level and lead.

    例 / example: `yiguan list stats` · `yiguan list stats 职责清单.csv`
    """
    entries = list_sheet.parse(file or data.shipped(Part.LIST), functions=set(data.functions()))
    _counts("依据 basis", Counter(entry.basis for entry in entries))
    _counts("类型 kind", Counter(kind_of(entry)[0] for entry in entries))
    _counts("层级 level", Counter(entry.level for entry in entries))
    _counts("紧急程度 urgency", Counter(entry.urgency for entry in entries))
    _counts("牵头职能 lead", Counter(entry.lead for entry in entries), data.functions())
    _facts(entries)


def _counts(heading: str, counted: Counter[str], names: Mapping[str, str] | None = None) -> None:
    total = sum(counted.values())
    table = Table(heading, "名称 name" if names else "", "数量 count", "占比 share")
    for key, count in counted.most_common():
        table.add_row(str(key), (names or {}).get(key, ""), str(count), f"{count / total:.1%}")
    console.print(table)


def _facts(entries: tuple[Entry, ...]) -> None:
    conditions = Counter(entry.condition for entry in entries)
    planned = sum(len(entry.plan) >= 2 for entry in entries)
    console.print(
        f"条目 entries: {len(entries)}; 类别 categories: "
        f"{len({entry.category for entry in entries})}; "
        f"条件重复 same condition twice: {sum(count > 1 for count in conditions.values())}; "
        f"有预案的事件 events with a plan of two tasks or more: {planned}"
    )


async def load_shipped(opened: Database, *, now: datetime, by: str) -> Edition:
    """Publish the shipped Chongqing as one version, if it is not what is in force."""
    contents = await asyncio.to_thread(_city, data.folder())
    async with opened.transaction() as tx:
        return await rulebook.publish(tx, contents, now=now, by=by)


def _city(folder: Path) -> Mapping[Part, Content]:
    """Read a whole city's files; raises BadSheet with every fault of the first faulty one."""
    area = area_sheet.parse(_file(folder, Part.AREAS))
    tree = Areas(area)
    bodies = organisation_sheet.parse(_file(folder, Part.ORGANISATIONS), tree)
    functions = {function for body in bodies for function in body.functions}
    entries = list_sheet.parse(_file(folder, Part.LIST), functions=functions)
    codes = {entry.code for entry in entries}
    policies = folder / "policies.toml"
    return {
        Part.AREAS: area,
        Part.ORGANISATIONS: bodies,
        Part.LIST: entries,
        Part.CALENDAR: calendar_sheet.parse(_file(folder, Part.CALENDAR)),
        Part.POLICIES: policy_sheet.parse(policies, set(tree), codes) if policies.is_file() else {},
    }


def _file(folder: Path, part: Part) -> Path:
    """Return a part's file in a city's folder; the calendar is the country's if it has none."""
    for suffix in (".csv", ".xlsx"):
        if (folder / f"{part}{suffix}").is_file():
            return folder / f"{part}{suffix}"
    if part is Part.CALENDAR:
        return data.shipped(part)
    raise ValueError(f"{folder} 中没有 {part}.csv 或 {part}.xlsx / no such file there")


async def _load(settings: Settings, source: _Source, say: Callable[[str], None]) -> Edition:
    now = datetime.now(UTC)
    async with database(settings) as opened:
        say("读取 / reading")
        contents = await _contents(opened, source, now)
        say("发布 / publishing")
        async with opened.transaction() as tx:
            return await rulebook.publish(tx, contents, now=now, by=BY)


async def _contents(opened: Database, source: _Source, now: datetime) -> Mapping[Part, Content]:
    if source.part is None or source.file is None:
        return await asyncio.to_thread(_city, source.folder or data.folder())
    library = Library()
    async with opened.reading() as tx:
        await library.follow(tx, now=now)
    try:
        library.current(now)
    except Unavailable:
        raise ValueError(
            "尚无规则库: 首次请用 yiguan load --from 文件夹, 一次发布整座城市"
            " / no rulebook yet: publish the whole city first with yiguan load --from FOLDER"
        ) from None
    content = await asyncio.to_thread(_read, source.part, source.file, library, now)
    return {source.part: content}


def _read(part: Part, file: Path, library: Library, now: datetime) -> Content:
    """Read a file against what is in force; raises BadSheet with every fault."""
    if part is Part.AREAS:
        return area_sheet.parse(file)
    if part is Part.CALENDAR:
        return calendar_sheet.parse(file)
    present = library.current(now).rulebook
    match part:
        case Part.ORGANISATIONS:
            return organisation_sheet.parse(file, present.areas)
        case Part.LIST:
            return list_sheet.parse(file, functions=_functions(present.organisations))
        case Part.POLICIES:
            return policy_sheet.parse(file, set(present.areas), _codes(present.list))
        case Part.ROSTER:
            return roster_sheet.parse(file, set(present.organisations), present.calendar.zone)


def _functions(bodies: Organisations) -> set[str]:
    """Return the functions somebody in the city holds."""
    return {function for body in bodies.values() for function in body.functions}


def _codes(entries: ResponsibilityList) -> set[EntryCode]:
    return set(entries)


@contextmanager
def _spinner() -> Iterator[Callable[[str], None]]:
    """Show that long work goes on; yields what changes its words."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("准备数据库 / preparing the database")
        yield lambda text: progress.update(task, description=text)
