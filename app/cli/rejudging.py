"""rulebook rejudge: open units judged again by the version in force, previewed first."""

from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

import typer
from rich.table import Column
from rich.text import Text

from app.api import reports
from app.cli.root import console, database, lines, local, run, server
from app.domain.lifecycle import UNTOUCHED
from app.domain.rulebook import Rulebook
from app.domain.unit import State, Unit
from app.domain.words import KIND, STATE
from app.flows import rejudge
from app.flows.rejudge import SKIP, Change, Skip, Turn, Wish
from app.flows.rulebook import Library, Reference
from app.settings import Settings
from app.store import rejudge as open_units
from app.store.database import Database


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    group.command("rejudge")(rejudge_units)


def rejudge_units(
    *,
    apply: Annotated[
        bool, typer.Option("--apply", help="真正执行; 缺省只预览 / do it; default: a preview")
    ] = False,
    state: Annotated[
        list[State] | None,
        typer.Option("--state", help="只看这些状态, 可多次 / only these states, repeatable"),
    ] = None,
    reason: Annotated[str, typer.Option(help="理由, 记入流转记录 / why, for the log")] = "",
    show: Annotated[int, typer.Option(help="显示几条变化 / how many changes to show", min=0)] = 20,
) -> None:
    """用现行版重新研判无人动过的在办单元 / judge open units nobody has touched again.

    已签收、处置中的单元与任务一律不动; 时限已用的时间照算。
    Units somebody works on keep their version; clocks keep what they have spent.

    例 / example: `yiguan rulebook rejudge` · `yiguan rulebook rejudge --apply --reason 新清单`
    """
    with server(Settings.from_environment()) as (ready, _):
        wish = Wish(None, datetime.now(UTC), apply, reason, tuple(state or UNTOUCHED))
        run(_run(ready, wish, show))


async def _run(settings: Settings, wish: Wish, show: int) -> None:
    async with database(settings) as opened:
        library = Library()
        async with opened.reading() as tx:
            await library.follow(tx, now=wish.at)
            reference = library.current(wish.at)
            left = await open_units.left(tx, reference.rulebook.version, UNTOUCHED)
        changes: list[Change] = []
        skipped: Counter[Skip] = Counter()
        looked = changed = 0
        async for turn in _turns(opened, reference, wish):
            looked, changed = looked + turn.looked, changed + len(turn.changes)
            skipped.update({why: len(found) for why, found in turn.skipped.items()})
            changes += islice(turn.changes, show - len(changes))
    _show(changes, reference.rulebook)
    word = "已改 changed" if wish.applies else "会改 would change"
    unchanged = looked - changed - skipped.total()
    console.print(
        f"第 {reference.rulebook.version} 版 rulebook {reference.rulebook.version}:"
        f" 看过 looked at {looked}; {word} {changed}; 不变 unchanged {unchanged}",
        soft_wrap=True,
    )
    for why, count in skipped.items():
        console.print(f"跳过 skipped {count}: {' '.join(SKIP[why])}", soft_wrap=True)
    console.print(
        f"不在其列 left alone: 任务 tasks {left[0]}; 已在办理 begun {left[1]}", soft_wrap=True
    )
    if changed and not wish.applies:
        console.print("执行 / to do it: yiguan rulebook rejudge --apply")


async def _turns(opened: Database, reference: Reference, wish: Wish) -> AsyncGenerator[Turn]:
    """Yield batch after batch, each in a transaction of its own."""
    while True:
        way = opened.transaction() if wish.applies else opened.reading()
        async with way as tx:
            turn = await rejudge.turn(tx, reference, reports.stored, wish)
        yield turn
        if turn.next is None:
            return
        wish = replace(wish, at=datetime.now(UTC), after=turn.next)


def _show(changes: list[Change], rulebook: Rulebook) -> None:
    if not changes:
        return
    table = lines(Column("编号 number", no_wrap=True), "改前 before", "改后 after")
    for change in changes:
        before, after = change.before, change.filed.unit
        table.add_row(before.number, _facts(before, rulebook), _facts(after, rulebook))
    console.print(table)


def _facts(unit: Unit, rulebook: Rulebook) -> Text:
    body = rulebook.organisations.get(unit.holder)
    words = (
        unit.entry or "",
        KIND[unit.kind][0],
        STATE[unit.state][0],
        body.name if body else unit.holder,
        local(unit.due_at),
    )
    return Text(" ".join(word for word in words if word))
