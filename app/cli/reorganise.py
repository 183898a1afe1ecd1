"""reorganise: areas and bodies change by a plan, and open units follow."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app import data
from app.cli.root import console, database, day, lines, local, run, server
from app.domain.area import AreaCode, Areas
from app.domain.reorganisation.outcome import Reorganised
from app.domain.reorganisation.plan import Plan
from app.domain.rulebook import Rulebook
from app.flows import reorganisation
from app.flows.reorganisation import BATCH, Prospect, Turn
from app.now import Clock
from app.settings import Settings
from app.sheets import reorganisation as plan_sheet
from app.store import units
from app.store.database import Database
from app.store.rulebooks import Edition

BY: Final = "yiguan reorganise"
Say = Callable[[int, int], None]
"""Told how many units have been looked at, of how many."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reorganise")(reorganise)


def reorganise(
    plan: Annotated[
        str, typer.Argument(help="方案文件 (TOML), 或内置方案的名称 / the plan, or a shipped one")
    ],
    *,
    applies: Annotated[
        bool, typer.Option("--apply", help="实际执行; 不加则只预演 / do it; without: a dry run")
    ] = False,
) -> None:
    """区划与单位调整: 更名、合并、拆分、划转、换码; 在办单元随之移交 / reorganise the city.

    预演什么都不改。执行时发布新的规则库版本, 待其生效后把在办单元与账号移交给承继单位, 时限照走;
    方案日期未到则只排定, 到期后再执行一次。中断后重新执行, 只做未做完的部分。
    The dry run changes nothing. Applied, a new version is published, and once it is in force open
    units and accounts go to whoever follows. After a failure, run it again.

    例 / example: `yiguan reorganise 2025-11-06` · `yiguan reorganise 方案.toml --apply`
    """
    found = plan_sheet.parse(_file(plan))
    with server(Settings.from_environment()) as (ready, _):
        run(_apply(ready, found) if applies else _preview(ready, found))


def _file(name: str) -> Path:
    """Return the plan's file: a path, or the name of a shipped plan."""
    if Path(name).is_file():
        return Path(name)
    shipped = {path.stem: path for path in data.plans()}
    if name not in shipped:
        raise ValueError(
            f"没有文件“{name}”, 内置方案有 {'、'.join(shipped)}"
            f" / no file {name}; shipped plans: {', '.join(shipped)}"
        )
    return shipped[name]


async def _preview(settings: Settings, plan: Plan) -> None:
    now = datetime.now(UTC)
    async with database(settings) as opened:
        async with opened.reading() as tx:
            found = await reorganisation.prospect(tx, plan, now=now)
            following = await reorganisation.accounts_to_follow(tx, found.city)
        _tell(plan, found.done, found.city)
        with _progress("查看在办单元 / looking at open units") as say:
            tally = await _through(opened, found.city, plan, say, applies=False)
    tally.tell(found.city.areas)
    console.print(f"随单位移交的账号 / accounts that follow: {following}")
    console.print("以上为预演, 未作任何改动; 加 --apply 执行 / a dry run: add --apply to do it")


async def _apply(settings: Settings, plan: Plan) -> None:
    async with database(settings) as opened:
        now = datetime.now(UTC)
        async with opened.transaction() as tx:
            found, edition = await reorganisation.carry_out(tx, plan, now=now, by=BY)
        _tell(plan, found.done, found.city)
        _tell_edition(found, edition)
        if found.at is not None:
            console.print(
                "方案日期未到: 到期后由 yiguan work 移交在办单元"
                " / scheduled: the worker will move open units from that day on"
            )
            return
        await _until(edition.in_force_at)
        await _move(opened, plan)


async def _until(moment: datetime) -> None:
    await asyncio.sleep(max((moment - datetime.now(UTC)).total_seconds(), 0))


async def _move(opened: Database, plan: Plan) -> None:
    """Let open units and accounts follow the version in force."""
    async with opened.reading() as tx:
        city = await reorganisation.city_in_force(tx, now=datetime.now(UTC))
    with _progress("移交在办单元 / moving open units") as say:
        tally = await _through(opened, city, plan, say, applies=True)
    async with opened.transaction() as tx:
        followed = await reorganisation.accounts_follow(tx, city)
    tally.tell(city.areas)
    console.print(f"已移交账号 / accounts that followed: {followed}")


@dataclass
class Tally:
    """How many open units go from which district to which, and how many change hands."""

    looked: int = 0
    failed: int = 0
    units: Counter[tuple[str, str]] = field(default_factory=Counter)
    handed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, looked: int, turn: Turn) -> None:
        """Count a batch."""
        self.looked += looked
        self.failed += turn.failed
        for filed in turn.moved:
            before, after = filed.steps[-1].data["from"], filed.steps[-1].data["to"]
            way = before["district"], after["district"]
            self.units[way] += 1
            self.handed[way] += before["holder"] != after["holder"]

    def tell(self, areas: Areas) -> None:
        """Print it."""
        table = lines("原区县 from", "现区县 to", "在办单元 units", "换承办单位 new holder")
        for way, count in sorted(self.units.items()):
            names = (_name(code, areas) for code in way)
            table.add_row(*names, f"{count:,}", f"{self.handed[way]:,}")
        if self.units:
            console.print(table)
        moved = self.units.total()
        console.print(f"在办 open: {self.looked:,}; 移交 moved: {moved:,}", soft_wrap=True)
        if self.failed:
            console.print(
                f"[red]无法判断 / could not be judged: {self.failed:,}[/]; 见日志 / see the log"
            )


def _name(code: str, areas: Areas) -> str:
    area = areas.get(AreaCode(code))
    return f"{area.name} {code}" if area else code


async def _through(
    opened: Database, city: Rulebook, plan: Plan, say: Say, *, applies: bool
) -> Tally:
    """Go through all open units; each batch is a transaction of its own."""
    tally = Tally()
    async with opened.reading() as tx:
        total = sum((await units.open_homes(tx)).values())
    say(0, total)
    async for looked, turn in turns(opened, city, plan, clock=Clock(), applies=applies):
        tally.add(looked, turn)
        say(tally.looked, max(total, tally.looked))
    return tally


async def turns(
    opened: Database, city: Rulebook, plan: Plan, *, clock: Clock, applies: bool
) -> AsyncIterator[tuple[int, Turn]]:
    """Yield batch by batch how many units were looked at and what came of it."""
    flow = reorganisation.follow if applies else reorganisation.survey
    async with opened.reading() as tx:
        homes = await units.open_homes(tx)
    for home in homes:
        async with opened.reading() as tx:
            ids = await units.open_in(tx, home)
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            async with opened.transaction() as tx:
                done = await flow(tx, batch, city, now=clock.now(), plan=plan.name)
            yield len(batch), done


def _tell(plan: Plan, done: Reorganised, city: Rulebook) -> None:
    """Say what becomes of areas and bodies."""
    console.print(f"方案 / plan: {plan.name}, {plan.day}", soft_wrap=True)
    if done.is_nothing:
        console.print("区划与单位已是调整后的样子 / areas and bodies are as planned already")
        return
    areas = city.areas
    table = lines("区划 area", "调整 change", "")
    for area in done.begun:
        mark = " (暂用代码 provisional)" if area.provisional else ""
        table.add_row(f"{area.name} {area.code}", "新设 new", mark.strip())
    for area in done.ended:
        heir = _name(area.successor or "", areas)
        table.add_row(f"{area.name} {area.code}", "撤销 ends", f"→ {heir}")
    for (before, after), count in sorted(Counter(done.moved.values()).items()):
        way = f"{_name(before, areas)} → {_name(after, areas)}"
        table.add_row(f"{count} 个区划 areas", "划转 move", way)
    for code, name in done.renamed.items():
        table.add_row(code, "更名 rename", name)
    console.print(table)
    console.print(
        f"单位 bodies: 新设 new {len(done.begun_bodies)}, 撤并 replaced {len(done.replaced)}"
    )


def _tell_edition(found: Prospect, edition: Edition) -> None:
    number, since = edition.version, edition.in_force_at
    if not found.contents:
        text = f"规则库第 {number} 版已含此方案 / rulebook {number} has it already"
    else:
        moment = f"{day(since)[:4]}-{local(since)}"
        text = f"规则库第 {number} 版已发布, {moment} 起生效 / rulebook {number} published"
    console.print(text, soft_wrap=True)


@contextmanager
def _progress(words: str) -> Iterator[Say]:
    """Show how far it is; yields what is told the numbers."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task(words, total=None)
        yield lambda looked, total: progress.update(task, completed=looked, total=total)
