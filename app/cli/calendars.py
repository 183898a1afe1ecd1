"""calendar: shown as a readable year, imported, published and exported."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column
from rich.text import Text

from app.cli import reference, versions
from app.cli.root import ZONE, console, lines
from app.cli.shelf import shelf
from app.cli.versions import At, Note
from app.domain import almanac
from app.domain.almanac import Stretch
from app.domain.calendar import Calendar, Hours
from app.domain.rulebook import Part
from app.sheets import calendar as calendar_sheet

_WEEKDAYS = "一二三四五六日"

group = typer.Typer(help="工作日历 / the working calendar", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(group, name="calendar")


@group.command("show")
def show(
    *,
    year: Annotated[
        int | None, typer.Option(help="哪一年, 缺省为今年 / default: this year", min=2000, max=2100)
    ] = None,
    of: Annotated[
        str | None, typer.Option("--for", help="区划或单位自己的日历 / whose calendar")
    ] = None,
) -> None:
    """显示一年的工作日历 / show a year of the working calendar.

    尚无规则库时为内置日历。Before any rulebook is loaded it is the shipped calendar.

    例 / example: `yiguan calendar show --year 2026` · `yiguan calendar show --for 500103`
    """
    known = shelf(has_entries=False, has_places=of is not None)
    calendar = known.calendar if of is None else known.calendar_of(of)
    year = year or datetime.now(ZONE).year
    _head(calendar, year, known.versions.get(Part.CALENDAR))
    _months(calendar, year)


def _head(calendar: Calendar, year: int, version: int | None) -> None:
    whose = calendar.key or "全市 the city"
    of = f"第 {version} 版 version {version}" if version else "内置 shipped"
    console.print(f"{year} · {whose} · {of} · {calendar.zone}", soft_wrap=True)
    for weekdays, hours in almanac.weeks(calendar):
        names = "".join(_WEEKDAYS[weekday] for weekday in weekdays)
        console.print(f"周{names}: {_hours(hours)}", soft_wrap=True)
    for season in calendar.seasons:
        ends = "~".join(f"{month:02}-{day:02}" for month, day in (season.first, season.last))
        for weekday, hours in sorted(season.week.items()):
            console.print(f"{ends} 周{_WEEKDAYS[weekday]}: {_hours(hours)}", soft_wrap=True)
    covers = f"{calendar.covers_from} ~ {calendar.covers_until}"
    console.print(f"已公布 / published: {covers}", soft_wrap=True)
    if not calendar.covers_from.year <= year <= calendar.covers_until.year:
        said = f"{year} 年的放假安排尚未公布, 按每周规律计, 期限为暂定 / {year} is not published"
        console.print(said, style="yellow", soft_wrap=True)


def _hours(hours: Iterable[Hours]) -> str:
    return " ".join(f"{span.start:%H:%M}-{span.end:%H:%M}" for span in hours) or "休"


def _months(calendar: Calendar, year: int) -> None:
    table = lines(
        Column("月", justify="right"),
        Column("工作日 days", justify="right"),
        Column("小时 h", justify="right"),
        Column("放假 off", overflow="fold"),
        Column("调休上班 worked", overflow="fold"),
    )
    found = almanac.months(calendar, year)
    for month in found:
        off, worked = (_told(stretches) for stretches in (month.off, month.worked))
        table.add_row(
            str(month.first.month), str(month.days), f"{month.seconds / 3600:g}", off, worked
        )
    total = sum(month.seconds for month in found) / 3600
    table.add_row("计", str(sum(month.days for month in found)), f"{total:g}", "", "")
    console.print(table)


def _told(stretches: Iterable[Stretch]) -> str:
    return "\n".join(_stretch(one) for one in stretches)


def _stretch(one: Stretch) -> str:
    days = f"{one.first:%m-%d}" + (f"~{one.last:%m-%d}" if one.days > 1 else "")
    return f"{days} {one.name}".rstrip()


@group.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="CSV 或 XLSX / the sheet", exists=True, dir_okay=False)
    ],
    *,
    draft: Annotated[
        bool, typer.Option("--draft", help="只存为草稿, 不发布 / keep it as a draft")
    ] = False,
    at: At = None,
    note: Note = "",
) -> None:
    """发布一份日历, 或存为草稿; 先列出可疑之处与变化 / publish a calendar, its changes first.

    与 `yiguan load calendar 文件` 相同。文件的格式见 docs/sheets.md。
    The same as `yiguan load calendar FILE`; docs/sheets.md tells the sheet's form.

    例 / example: `yiguan calendar import 2027.csv --at 2027-01-01T00:00 --note 放假安排`

    例 / example: `yiguan calendar import 2027.csv --draft`
    """
    calendar = calendar_sheet.parse(file)
    present = shelf(has_entries=False, has_places=False).calendar
    for said in almanac.remarks(calendar, present):
        console.print(Text(f"{said.zh} / {said.en}"), soft_wrap=True)
    reference.load(
        Part.CALENDAR,
        file,
        folder=None,
        shipped=False,
        as_of=None,
        at=at,
        note=note,
        draft=draft,
    )


@group.command("publish")
def publish(
    draft: Annotated[str, typer.Argument(help="草稿, 如 d3 / the draft")],
    *,
    at: At = None,
    note: Note = "",
) -> None:
    """发布存为草稿的日历, 立即或定时生效 / publish a calendar kept as a draft.

    例 / example: `yiguan calendar publish d3 --at 2027-01-01T00:00`
    """
    versions.publish(draft, at=at, note=note)


@group.command("export")
def export(
    file: Annotated[
        Path, typer.Argument(help="写到 .xlsx 或 .csv / where to write it", dir_okay=False)
    ],
) -> None:
    """把现行日历写成表格, 改后可再导入 / write the calendar as a sheet that loads again.

    例 / example: `yiguan calendar export 日历.csv`
    """
    calendar_sheet.write(file, shelf(has_entries=False, has_places=False).calendar)
    console.print(f"已写出 / written: {file}", soft_wrap=True)
