"""What a trial says on the terminal: counts, who gains and loses, examples."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final
from uuid import UUID

from rich.table import Column, Table

from app.cli.root import console, lines
from app.domain.organisation import OrganisationCode
from app.domain.trial import ASPECT, Example, Load, Trial
from app.sheets.trial import Sides, kinds, summary, why

_BODIES: Final = 5
_EXAMPLES: Final = 10
_REFUSALS: Final = 5


def show(trial: Trial, sides: Sides, rows: Mapping[UUID, int]) -> None:
    """Print a trial; `rows` are the rows of a file's events."""
    if not trial.total and not trial.refused:
        console.print(
            "没有可试的事件: 库中尚无事件, 或不在所给时段; 可用 --events 给一份文件"
            " / no past events to try: store some first, or give a file with --events",
            soft_wrap=True,
        )
        return
    console.print(_counts(trial))
    if trial.is_unchanged:
        console.print("没有任何变化 / nothing would change")
    console.print(_kinds(trial))
    _show_loads(trial, sides)
    _show_refused(trial)
    _show_examples(trial, sides, rows)


def _right(name: str) -> Column:
    return Column(name, justify="right", no_wrap=True)


def _counts(trial: Trial) -> Table:
    table = lines("试运行 trial", _right("事件 events"), _right("占比 share"))
    for zh, en, count in summary(trial):
        share = f"{count / trial.total:.1%}" if trial.total else ""
        table.add_row(f"{zh} {en}", f"{count:,}", share)
    return table


def _kinds(trial: Trial) -> Table:
    found = list(kinds(trial))
    old, new = sum(row[2] for row in found), sum(row[3] for row in found)
    table = lines("类型 kind", _right("前 before"), "", _right("后 after"), "")
    for zh, en, before, after in found:
        shares = f"{before / max(old, 1):.1%}", f"{after / max(new, 1):.1%}"
        table.add_row(f"{zh} {en}", f"{before:,}", shares[0], f"{after:,}", shares[1])
    return table


def _show_loads(trial: Trial, sides: Sides) -> None:
    gainers, losers = trial.gainers, trial.losers
    if not gainers and not losers:
        return
    heading = f"负荷变化 load ({len(gainers)} 增 gain, {len(losers)} 减 lose)"
    table = lines(heading, _right("前 before"), _right("后 after"), _right("增减 change"))
    for code, load in (*_first(gainers), *_first(losers)):
        name = sides.organisation(code)
        table.add_row(f"{name} {code}", f"{load.before:,}", f"{load.after:,}", f"{load.gain:+,}")
    console.print(table)


def _first(loads: Mapping[OrganisationCode, Load]) -> Iterator[tuple[OrganisationCode, Load]]:
    return islice(loads.items(), _BODIES)


def _show_refused(trial: Trial) -> None:
    if not trial.refused:
        return
    table = lines("不予受理 why refused", "由谁 by", _right("事件 events"))
    for one, count in trial.refused.most_common(_REFUSALS):
        by = "草稿 draft" if one.by_draft else "对照版 other side"
        table.add_row(f"{one.zh} / {one.en}", by, f"{count:,}")
    console.print(table)


def _show_examples(trial: Trial, sides: Sides, rows: Mapping[UUID, int]) -> None:
    for example in trial.examples[:_EXAMPLES]:
        row = rows.get(example.event)
        where = f"第 {row} 行 row {row}" if row else str(example.event)
        console.print(f"{where}  {example.text}", markup=False, soft_wrap=True)
        for line in _told(example, sides):
            console.print(f"    {line}", markup=False, soft_wrap=True)


def _told(example: Example, sides: Sides) -> Iterator[str]:
    for change in example.changes:
        was, becomes = sides.texts(change)
        zh, en = ASPECT[change.aspect]
        yield f"{zh} {en}: {was} → {becomes}"
    old, new = why(example.before), why(example.after)
    yield f"依据 because: {old}" if old == new else f"依据 because: {old} → {new}"
