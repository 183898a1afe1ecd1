"""list try: a draft, a version or a list sheet judged over past events, nothing written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import orjson
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.api import reports
from app.api.trials import trial_out
from app.cli.city import shipped_city
from app.cli.replay import read
from app.cli.root import ZONE, console, database, run, server, sheet_named
from app.cli.tried import show
from app.domain.authority import Caller
from app.domain.errors import Invalid, Unavailable
from app.domain.event import AccountId, Event
from app.domain.rulebook import Part
from app.domain.trial import Trial
from app.flows import drafts
from app.flows.rulebook import Library, Reference, drawn, redrawn, settle
from app.flows.trial import try_batch, try_out
from app.settings import Settings
from app.sheets import responsibility as list_sheet
from app.sheets.trial import Sides, trial_book
from app.store.database import Database
from app.store.events import Period

LAST: Final = 10_000
"""Stored events tried when neither a number nor a day is given."""

MOST: Final = 10_000_000
_NOBODY: Final = AccountId(UUID(int=0))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What to try, against what, over which events."""

    draft: str
    against: str
    file: Path | None
    last: int
    since: datetime | None
    examples: int

    @property
    def sheet(self) -> Path | None:
        """The list sheet that is tried, if it is not a draft or a version."""
        return sheet_named(self.draft)


@dataclass(frozen=True, slots=True)
class _Tried:
    """A finished trial with what is needed to tell it."""

    trial: Trial
    sides: Sides
    rows: Mapping[UUID, int]
    """The rows of a file's events."""


def add_to(listing: typer.Typer) -> None:
    """Add the command."""
    listing.command("try")(try_list)


def try_list(
    draft: Annotated[
        str,
        typer.Argument(
            help="草稿 d3、版本 17, 或清单文件 / a draft, a version, or a list sheet",
            metavar="d3|17|FILE",
        ),
    ],
    *,
    against: Annotated[
        str, typer.Option(help="对照: current、版本号或草稿 / what to compare with")
    ] = drafts.CURRENT,
    events: Annotated[
        Path | None,
        typer.Option(
            help="过去的事件, 列见 docs/replay.md; 缺省为库中事件 / default: the stored ones",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    last: Annotated[
        int | None, typer.Option(min=1, help="最近几件 / how many of the newest")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="从哪天起 / from which day on"),
    ] = None,
    examples: Annotated[int, typer.Option(min=0, help="保留几例变化 / examples kept")] = 200,
    xlsx: Annotated[
        Path | None, typer.Option(help="写出 Excel 文件 / write a workbook", dir_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")] = False,
) -> None:
    """用过去的事件试运行草稿, 不写入任何数据 / judge past events under a draft, writing nothing.

    例 / example: `yiguan list try d3 --last 100000` · `yiguan list try 职责清单.csv --events
    events.csv --xlsx 试运行.xlsx`
    """
    day = since.replace(tzinfo=ZONE) if since else None
    everything = events is not None or since is not None
    most = last or (MOST if everything else LAST)
    asked = _Asked(draft, against, events, most, day, examples)
    with server(Settings.from_environment()) as (ready, _):
        tried = run(_tried(ready, asked))
    if xlsx is not None:
        xlsx.write_bytes(trial_book(tried.trial, tried.sides))
    if as_json:
        answer = trial_out(tried.trial, tried.sides, (draft, against))
        typer.echo(answer.model_dump_json(indent=2))
        return
    show(tried.trial, tried.sides, tried.rows)
    if xlsx is not None:
        console.print(f"已写出 / written: {xlsx}", soft_wrap=True)


async def _tried(settings: Settings, asked: _Asked) -> _Tried:
    async with database(settings) as opened:
        before, after = await _references(opened, asked, datetime.now(UTC))
        settle()
        tried = _Tried(Trial(most=asked.examples), Sides(before.rulebook, after.rulebook), {})
        columns = (TextColumn("试运行 / trying"), BarColumn(), MofNCompleteColumn())
        # What goes to the terminal must not stand between the lines of --json.
        shown = Console(stderr=True)
        with Progress(*columns, TimeRemainingColumn(), console=shown) as progress:
            task = progress.add_task("", total=None)
            if asked.file is None:
                period = Period(asked.since)
                async for batch in reports.past(opened, period, asked.last):
                    try_batch(tried.trial, before, after, batch)
                    progress.advance(task, len(batch))
                judged = tried.trial.total + tried.trial.refused.total()
                progress.update(task, total=judged, completed=judged)
                return tried
            rows = _rows(asked, before, tried.trial)
            progress.update(task, total=len(rows))
            past = rows.values()
            try_out(tried.trial, before, after, past, lambda done: progress.advance(task, done))
            return replace(tried, rows={event.id: number for number, event in rows.items()})


async def _references(
    opened: Database, asked: _Asked, now: datetime
) -> tuple[Reference, Reference]:
    """Return what is compared with and what is tried.

    A file of events needs no published city: without one the shipped city stands for it.
    """
    library = Library()
    async with opened.reading() as tx:
        await library.follow(tx, now=now)
        try:
            before = await drafts.reference(tx, library, asked.against, now=now)
        except Unavailable:
            if asked.file is None or asked.sheet is None:
                raise
            before = drawn(shipped_city(now.astimezone(ZONE).date())).on(now)
        if asked.sheet is None:
            return before, await drafts.reference(tx, library, asked.draft, now=now)
    bodies = before.rulebook.organisations.values()
    functions = {function for body in bodies for function in body.functions}
    entries = list_sheet.parse(asked.sheet, functions=functions)
    return before, redrawn(before, {Part.LIST: entries}).on(now)


def _rows(asked: _Asked, before: Reference, trial: Trial) -> dict[int, Event]:
    """Return a file's events by row, received as they occurred; bad rows are counted refused."""
    rulebook = before.rulebook
    centre = rulebook.organisations.nearest_centre((rulebook.areas.city,))
    reporter = Caller(_NOBODY, "", centre.code, frozenset())
    found: dict[int, Event] = {}
    for row in read(asked.file) if asked.file else ():
        try:
            event = reports.sent_by(reporter, orjson.dumps(row.body), at=datetime.now(UTC))
        except ValidationError as error:
            trial.refuse(_fault(error), by_draft=False)
            continue
        if asked.since is None or event.occurred_at >= asked.since:
            found[row.number] = replace(event, received_at=event.occurred_at)
    return dict(list(found.items())[-asked.last :])


def _fault(error: ValidationError) -> Invalid:
    first = error.errors(include_url=False)[0]
    field = ".".join(map(str, first["loc"]))
    return Invalid(zh=f"行内容有误: {field}", en=f"{field}: {first['msg']}", field=field)
