"""rulebook: versions listed, shown, published from drafts, rolled back and withdrawn."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Final, TypeVar
from zoneinfo import ZoneInfo

import typer
from rich.table import Column
from rich.text import Text

from app.cli import rejudging
from app.cli.root import ZONE, console, database, lines, run, server
from app.domain.rulebook import Part
from app.domain.words import PART
from app.flows import drafts, publication, versions
from app.flows.rulebook import NEEDED
from app.flows.versions import VERSION_STATE, Version, VersionState
from app.settings import Settings
from app.store import parts, rulebooks
from app.store.database import Tx
from app.store.rulebooks import Edition

BY: Final = "yiguan rulebook"
MOMENT: Final = "%Y-%m-%d %H:%M:%S"
T = TypeVar("T")

Limit = Annotated[int, typer.Option(help="最多几行 / how many rows", min=1, max=1000)]
Note = Annotated[str, typer.Option(help="说明 / what it is about")]
Number = Annotated[int, typer.Argument(help="版本号 / the version", min=1, max=999_999_999)]
At = Annotated[
    str | None,
    typer.Option(
        help="何时生效, 不带时区即本市时间; 缺省为 5 秒后"
        " / from when on, in the city's time; default: in 5 s"
    ),
]

group = typer.Typer(help="规则库版本 / versions of the rulebook", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    rejudging.add_to(group)
    app.add_typer(group, name="rulebook")


@group.command("list")
def list_(*, limit: Limit = 20) -> None:
    """列出版本, 新的在前 / list versions, the newest first.

    例 / example: `yiguan rulebook list --limit 5`
    """

    async def found(tx: Tx, now: datetime) -> list[Version]:
        return await versions.page(tx, before=None, limit=limit, now=now)

    _table(_reading(found))


@group.command("drafts")
def list_drafts(*, limit: Limit = 20) -> None:
    """列出草稿, 新的在前 / list drafts, the newest first.

    例 / example: `yiguan rulebook drafts`
    """

    async def found(tx: Tx, _: datetime) -> list[Version]:
        return await versions.page_of_drafts(tx, before=None, limit=limit)

    _table(_reading(found))


@group.command("show")
def show(
    name: Annotated[str, typer.Argument(help="current、版本号或 d 加草稿号 / which")] = "current",
) -> None:
    """显示一个版本或草稿及各部分的校验值 / show one, with each part's checksum.

    例 / example: `yiguan rulebook show current` · `yiguan rulebook show d3`
    """

    async def found(tx: Tx, now: datetime) -> Version:
        return await versions.find(tx, name, now=now)

    version = _reading(found)
    _table([version])
    table = lines("部分 part", "版本 version", Column("SHA-256", overflow="fold"))
    for part, number in version.parts.items():
        table.add_row(f"{PART[part][0]} {part}", str(number), version.checksums[part])
    table.add_row("全部 all", version.name, version.checksum)
    console.print(table)


@group.command("publish")
def publish(
    draft: Annotated[str, typer.Argument(help="草稿, 如 d3 / the draft")],
    *,
    at: At = None,
    note: Note = "",
) -> None:
    """发布草稿, 立即或定时生效 / publish a draft, now or from a moment on.

    例 / example: `yiguan rulebook publish d3 --at 2026-12-01T00:00 --note 年度修订`
    """

    async def done(tx: Tx, now: datetime) -> list[Version]:
        edition = await publication.publish_draft(
            tx,
            await drafts.find(tx, draft),
            now=now,
            by=BY,
            note=note,
            at=await moment(tx, at, now),
        )
        return await _left(tx, edition, now)

    _tell(_writing(done))


@group.command("roll-back")
def roll_back(
    version: Number,
    *,
    part: Annotated[
        list[Part] | None,
        typer.Option("--part", help="只恢复这些部分, 可多次 / only these parts, repeatable"),
    ] = None,
    note: Note = "",
) -> None:
    """恢复较早的版本: 以其内容发布新版, 值班表除外 / publish an earlier version's parts again.

    例 / example: `yiguan rulebook roll-back 16` · `yiguan rulebook roll-back 16 --part list`
    """

    async def done(tx: Tx, now: datetime) -> list[Version]:
        edition = await publication.roll_back(
            tx, version, now=now, by=BY, note=note, only=part or NEEDED
        )
        return await _left(tx, edition, now)

    _tell(_writing(done))


@group.command("withdraw")
def withdraw(version: Number) -> None:
    """撤回尚未生效的版本 / have a scheduled version never come into force.

    例 / example: `yiguan rulebook withdraw 18`
    """

    async def done(tx: Tx, now: datetime) -> list[Version]:
        return await _left(tx, await publication.withdraw(tx, version, now=now), now)

    _table(_writing(done))


async def _left(tx: Tx, edition: Edition, now: datetime) -> list[Version]:
    """Return what became of a version, and those still to come: they may have been made anew."""
    scheduled = await versions.scheduled(tx, now=now)
    return [
        await versions.of_edition(tx, edition, now=now),
        *(one for one in scheduled if one.name != str(edition.version)),
    ]


async def moment(tx: Tx, text: str | None, now: datetime) -> datetime | None:
    """Return the moment a text names; without an offset it is in the city's time."""
    if text is None:
        return None
    try:
        named = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"--at {text}: 应如 2026-12-01T00:00 / should be like 2026-12-01T00:00"
        ) from None
    return named if named.tzinfo else named.replace(tzinfo=await _zone(tx, now))


async def _zone(tx: Tx, now: datetime) -> ZoneInfo:
    """Return the zone of the calendar in force."""
    version = await rulebooks.in_force(tx, now=now)
    edition = await rulebooks.edition(tx, version) if version else None
    if edition is None:
        return ZONE
    content = await rulebooks.part_content(tx, Part.CALENDAR, edition.parts[Part.CALENDAR])
    return ZoneInfo(parts.decode(Part.CALENDAR, content).zone)


Work = Callable[[Tx, datetime], Awaitable[T]]


def _reading(work: Work[T]) -> T:
    with server(Settings.from_environment()) as (ready, _):
        return run(_done(ready, work, writes=False))


def _writing(work: Work[T]) -> T:
    with server(Settings.from_environment()) as (ready, _):
        return run(_done(ready, work, writes=True))


async def _done(settings: Settings, work: Work[T], *, writes: bool) -> T:
    async with database(settings) as opened:
        way = opened.transaction() if writes else opened.reading()
        async with way as tx:
            return await work(tx, datetime.now(UTC))


def _tell(found: list[Version]) -> None:
    _table(found)
    if found[0].state is not VersionState.SCHEDULED:
        console.print("内容未变, 没有新版本 / nothing new: the version stays")


def _table(found: list[Version]) -> None:
    table = lines(
        Column("版本", no_wrap=True),
        Column("状态 state", no_wrap=True),
        Column("生效 in force", no_wrap=True),
        Column("改自", no_wrap=True),
        Column("改了 changed", ratio=1),
        Column("说明 note", ratio=1),
    )
    for one in found:
        numbers = " ".join(f"{part}:{one.parts[part]}" for part in one.changed)
        at = one.in_force_at or one.made_at
        table.add_row(
            one.name,
            " ".join(VERSION_STATE[one.state]),
            at.astimezone(ZONE).strftime(MOMENT) if one.in_force_at else "",
            str(one.base or ""),
            numbers,
            Text(one.note),
        )
    console.print(table)
