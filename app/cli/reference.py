"""load and list: a city's own reference data, published as new versions."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from app import data
from app.cli import checking, importing, trying
from app.cli.city import city_in, shipped_city
from app.cli.root import ZONE, console, database, lines, run, server
from app.cli.versions import MOMENT, At, Note, moment
from app.domain.classify import kind_of
from app.domain.errors import Unavailable
from app.domain.explain.words import ENTRY_BASIS
from app.domain.responsibility import Entry
from app.domain.rulebook import Part
from app.domain.words import KIND, TIER, URGENCY, Words
from app.flows import drafts, publication
from app.flows.rulebook import Library
from app.settings import Settings
from app.sheets import parts
from app.sheets import responsibility as list_sheet
from app.store.database import Database
from app.store.drafts import Draft
from app.store.parts import Content
from app.store.rulebooks import Edition

listing = typer.Typer(help="职责清单 / the responsibility list", no_args_is_help=True)

BY: Final = "yiguan load"


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("load")(load)
    app.add_typer(listing, name="list")
    importing.add_to(listing)
    checking.add_to(listing)
    trying.add_to(listing)


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
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="内置数据取这一天的区划, 缺省为今天 / the shipped city as it was on a day",
        ),
    ] = None,
    at: At = None,
    note: Note = "",
    draft: Annotated[
        bool, typer.Option("--draft", help="只存为草稿, 不发布 / keep it as a draft")
    ] = False,
) -> None:
    """发布参照数据的新版本; 文件有误则整体拒绝 / publish a city's own reference data.

    首次使用须整座城市一起发布: 文件夹中有 areas、organisations、list (.csv 或 .xlsx), 可有
    calendar 与 policies.toml; 缺的用内置日历与缺省规则。
    The first time a city is published as a whole: a folder with areas, organisations and list.

    例 / example: `yiguan load --from 我市/` · `yiguan load list 职责清单.xlsx`

    例 / example: `yiguan load --shipped --as-of 2025-11-01`

    例 / example: `yiguan load list 职责清单.xlsx --draft`

    例 / example: `yiguan load calendar 日历.csv --at 2027-01-01T00:00 --note 放假安排`
    """
    if as_of is not None and not shipped:
        raise ValueError("--as-of 只用于 --shipped / --as-of goes with --shipped")
    if not shipped and folder is None and (part is None or file is None):
        raise ValueError(
            "请给出部分与文件, 或 --from 文件夹, 或 --shipped"
            " / name a part and a file, or --from a folder, or --shipped"
        )
    begun = datetime.now(UTC)
    today = (as_of or begun.astimezone(ZONE)).date()
    with server(Settings.from_environment()) as (ready, _), _spinner() as say:
        source = _Source(part, file, folder, today if shipped else None, note)
        done = run(_done(ready, source, say, at=at, draft=draft))
    console.print(_told(done, begun), soft_wrap=True)


def _told(done: Edition | Draft, begun: datetime) -> str:
    """Say what became of a file."""
    if isinstance(done, Draft):
        return (
            f"已存为草稿 {done.name}, 发布: yiguan rulebook publish {done.name}"
            f" / kept as draft {done.name}"
        )
    number, since = done.version, done.in_force_at.astimezone(ZONE).strftime(MOMENT)
    if done.published_at < begun:
        return f"内容未变, 仍为规则库第 {number} 版 / nothing new: rulebook {number} stays"
    return f"规则库第 {number} 版已发布, {since} 起生效 / rulebook {number} published"


@dataclass(frozen=True, slots=True)
class _Source:
    """What to load: one part's file, a whole city's folder, or the shipped city of a day."""

    part: Part | None
    file: Path | None
    folder: Path | None
    day: date | None
    note: str


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
    _counts("依据 basis", Counter(entry.basis for entry in entries), _names(ENTRY_BASIS))
    _counts("类型 kind", Counter(kind_of(entry)[0] for entry in entries), _names(KIND))
    _counts("层级 level", Counter(entry.level for entry in entries), _names(TIER))
    _counts("紧急程度 urgency", Counter(entry.urgency for entry in entries), _names(URGENCY))
    _counts("牵头职能 lead", Counter(entry.lead for entry in entries), data.functions())
    _facts(entries)


def _names(words: Words) -> Mapping[str, str]:
    return {code: zh for code, (zh, _) in words.items()}


def _counts(heading: str, counted: Counter[str], names: Mapping[str, str]) -> None:
    total = sum(counted.values())
    numbers = (Column(text, justify="right") for text in ("数量 count", "占比 share"))
    table = lines(heading, "名称 name", *numbers)
    for key, count in counted.most_common():
        table.add_row(str(key), names.get(key, ""), f"{count:,}", f"{count / total:.1%}")
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
    contents = await asyncio.to_thread(shipped_city, now.astimezone(ZONE).date())
    async with opened.transaction() as tx:
        return await publication.publish(tx, contents, now=now, by=by)


async def _done(
    settings: Settings, source: _Source, say: Callable[[str], None], *, at: str | None, draft: bool
) -> Edition | Draft:
    async with database(settings) as opened:
        say("读取 / reading")
        contents = await _contents(opened, source, datetime.now(UTC))
        say("发布 / publishing")
        async with opened.transaction() as tx:
            # Only now: what is in force 5 s from here must not have been read a minute ago.
            now = datetime.now(UTC)
            if draft:
                return await drafts.save(tx, contents, note=source.note, now=now, by=BY)
            since = await moment(tx, at, now)
            return await publication.publish(
                tx, contents, now=now, by=BY, note=source.note, at=since
            )


async def _contents(opened: Database, source: _Source, now: datetime) -> Mapping[Part, Content]:
    if source.day is not None:
        return await asyncio.to_thread(shipped_city, source.day)
    if source.part is None or source.file is None:
        return await asyncio.to_thread(city_in, source.folder or data.folder())
    library = Library()
    async with opened.reading() as tx:
        await library.follow(tx, now=now)
    try:
        present = library.current(now).rulebook
    except Unavailable:
        raise ValueError(
            "尚无规则库: 首次请用 yiguan load --from 文件夹, 一次发布整座城市"
            " / no rulebook yet: publish the whole city first with yiguan load --from FOLDER"
        ) from None
    content = await asyncio.to_thread(parts.parse, source.part, source.file, present)
    return {source.part: content}


@contextmanager
def _spinner() -> Iterator[Callable[[str], None]]:
    """Show that long work goes on; yields what changes its words."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("准备数据库 / preparing the database")
        yield lambda text: progress.update(task, description=text)
