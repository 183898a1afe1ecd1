"""clock: when a limit would be used up, of a question, a sheet of them, or a unit's own clocks."""

import csv
import json
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app.api.clock_models import CalendarOut
from app.api.deadlines import shown
from app.cli import reckoned
from app.cli.explaining import Key, Url
from app.cli.root import asked, client, console
from app.cli.shelf import Shelf, shelf
from app.domain import whatif
from app.domain.calendar import Calendar
from app.domain.errors import Invalid
from app.domain.rulebook import Part
from app.domain.whatif import Answer
from app.flows.deadlines import Question, answer
from app.settings import Settings
from app.sheets import deadlines as deadline_sheet
from app.sheets import table

_EXISTING: Any = {"exists": True, "dir_okay": False}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("clock")(clock)


@dataclass(frozen=True, slots=True)
class _Way:
    """By whose calendar, and how the answer is told."""

    of: str | None
    calendar: Path | None
    english: bool
    as_json: bool


def clock(
    unit: Annotated[
        str | None, typer.Argument(help="业务单元编号: 它的各项时限 / a unit: its own clocks")
    ] = None,
    *,
    limit: Annotated[
        str | None, typer.Option(help="时限: 480m、2h、1d 或 3工作日 / the limit")
    ] = None,
    entry: Annotated[
        str | None, typer.Option(help="取此条目的时限 / the limit of an entry")
    ] = None,
    basis: Annotated[
        str | None, typer.Option(help="work 或 工作; wall 或 自然 / which time counts")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from", help="何时起算, 不带时区即日历的时区; 缺省为现在 / from when; default: now"
        ),
    ] = None,
    of: Annotated[
        str | None, typer.Option("--for", help="按此区划或单位的日历 / whose calendar counts")
    ] = None,
    calendar: Annotated[
        Path | None, typer.Option(help="试用一份日历文件 / try a calendar sheet", **_EXISTING)
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help="逐行计算: 列 start,limit_minutes,basis / a sheet of questions", **_EXISTING
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="写到文件, 缺省为标准输出 / where --file writes", dir_okay=False),
    ] = None,
    english: Annotated[bool, typer.Option("--en", help="英文 / in English")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")] = False,
    url: Url = None,
    key: Key = None,
) -> None:
    """时限何时用完, 逐日列出算式 / when a limit is used up, its arithmetic day by day.

    无需服务在运行; 尚无规则库时用内置日历与清单。给出单元编号时向服务查询它的各项时限。
    Needs no running service; before any rulebook is loaded the shipped calendar counts. With a
    unit's number the service is asked for that unit's clocks.

    例 / example: `yiguan clock --limit 480m --basis work --from 2026-09-30T17:30`

    例 / example: `yiguan clock --entry SX-06010-1 --for 500103` · `yiguan clock --limit 3工作日`

    例 / example: `yiguan clock --file 问题.csv --output 期限.csv` ·
    `yiguan clock 500103-20261120-00042`
    """
    way = _Way(of, calendar, english, as_json)
    _refuse_several({"UNIT": unit, "--limit": limit, "--entry": entry, "--file": file})
    if unit is not None:
        _of_unit(unit, way, url, key)
    elif file is not None:
        _of_sheet(file, output, way)
    else:
        _of_question(_Asked(limit, entry, basis, start), way)


def _refuse_several(given: dict[str, object]) -> None:
    if sum(value is not None for value in given.values()) != 1:
        names = "、".join(given)
        raise ValueError(f"{names} 恰给其一 / give exactly one of {', '.join(given)}")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as the words of the command put it."""

    limit: str | None
    entry: str | None
    basis: str | None
    start: str | None


def _of_question(words: _Asked, way: _Way) -> None:
    basis = whatif.basis_of(words.basis, "--basis") if words.basis else None
    limit = str(words.limit) if words.limit is not None else None
    known = shelf(
        has_entries=words.entry is not None,
        has_places=way.of is not None,
        calendar=way.calendar,
    )
    question = Question(_moment(words.start, known.calendar), limit, None, basis, words.entry)
    found = answer(question, _calendar(known, way), known.calendar, known.entries)
    if way.as_json:
        typer.echo(_as_json(found, known, way))
    else:
        reckoned.show(found, 1 if way.english else 0)


def _moment(text: str | None, calendar: Calendar) -> datetime:
    if text is None:
        return datetime.now().astimezone().replace(microsecond=0)
    try:
        return whatif.placed(datetime.fromisoformat(text), calendar)
    except ValueError:
        raise ValueError(
            f"--from {text}: 应如 2026-09-30T17:30 / should be like 2026-09-30T17:30"
        ) from None


def _calendar(known: Shelf, way: _Way) -> Calendar:
    return known.calendar if way.of is None else known.calendar_of(way.of)


def _as_json(found: Answer, known: Shelf, way: _Way) -> str:
    own = found.calendar
    version = known.versions.get(Part.CALENDAR)
    name = own.key or ("city" if way.english else "本市")
    counted_by = CalendarOut(key=own.key, name=name, version=version, covers_until=own.covers_until)
    told = shown(found, counted_by, found.lines(), chinese=not way.english)
    return told.model_dump_json(indent=2)


def _of_sheet(file: Path, output: Path | None, way: _Way) -> None:
    known = shelf(has_entries=False, has_places=way.of is not None, calendar=way.calendar)
    answered = deadline_sheet.parse(file, _calendar(known, way))
    rows = list(deadline_sheet.rows(answered))
    if output is not None:
        table.write(output, deadline_sheet.ANSWERED, rows)
        console.print(f"已写出 {len(rows)} 行 / {len(rows)} rows: {output}", soft_wrap=True)
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(deadline_sheet.ANSWERED)
    writer.writerows(rows)


def _of_unit(unit: str, way: _Way, url: str | None, key: str | None) -> None:
    if way.of is not None or way.calendar is not None:
        raise Invalid(
            zh="单元按它自己的日历计, 不用 --for 与 --calendar",
            en="a unit counts by its own calendar: leave out --for and --calendar",
        )
    with client(Settings.from_environment(), url, key) as http:
        http.headers["Accept-Language"] = "en" if way.english else "zh"
        told = asked(http.get(f"/v1/units/{unit}/clocks"))
    if way.as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        reckoned.show_unit(told, 1 if way.english else 0)
