"""stats: figures and rates of organisations, and all of them counted anew."""

import asyncio
import json
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Column

from app.api.tables import XLSX
from app.cli.explaining import Key, Url
from app.cli.root import asked, client, console, database, lines, run, server
from app.domain.measure import FIGURES, RATES, STOCKS
from app.flows import accounting
from app.flows.accounting import Rebuilt
from app.flows.rulebook import Library
from app.settings import Settings
from app.store.database import Database

stats = typer.Typer(name="stats", invoke_without_command=True, rich_markup_mode="markdown")
_SHOWN: Final = ("filed", "to_dispose", "overdue", "closed", "stock_after")
_RATES: Final = ("disposal_on_time_rate", "closing_on_time_rate")
"""What fits on 80 columns; a workbook has everything."""


class By(StrEnum):
    """What rows are told apart by."""

    ORGANISATION = "organisation"
    DAY = "day"
    MONTH = "month"
    CHANNEL = "channel"
    KIND = "kind"
    CATEGORY = "category"


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    stats.command("rebuild")(rebuild)
    stats.callback()(show)
    app.add_typer(stats)


def show(
    context: typer.Context,
    *,
    organisation: Annotated[
        str | None, typer.Option(help="单位, 缺省为本单位 / default: the key's own")
    ] = None,
    period: Annotated[
        str | None, typer.Option(help="统计期 2026-11, 缺省为本月 / default: this month")
    ] = None,
    by: Annotated[By | None, typer.Option(help="按何分列 / told apart by what")] = None,
    subtree: Annotated[
        bool, typer.Option("--subtree/--alone", help="含其辖区各单位 / with those of its area")
    ] = True,
    monthly: Annotated[bool, typer.Option(help="月报: 渠道 × 层级 / the officials' table")] = False,
    xlsx: Annotated[
        Path | None, typer.Option(help="写成 Excel 工作簿 / write a workbook", dir_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")] = False,
    url: Url = None,
    key: Key = None,
) -> None:
    """统计指标与比率, 上期与上年同期并列 / figures and rates, beside the period before.

    例 / example: `yiguan stats --by organisation --period 2026-11` · `yiguan stats --organisation
    500103-ZX --by day` · `yiguan stats --monthly --xlsx 月报.xlsx`
    """
    if context.invoked_subcommand is not None:
        return
    wanted: dict[str, Any] = {"organisation": organisation, "period": period}
    if not monthly:
        wanted |= {"by": by, "subtree": subtree}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    path = "/v1/statistics/monthly" if monthly else "/v1/statistics"
    with client(Settings.from_environment(), url, key) as http:
        if xlsx is not None:
            answer = http.get(path, params=wanted, headers={"Accept": XLSX})
            if not answer.is_success:
                asked(answer)
            xlsx.write_bytes(answer.content)
            console.print(f"已写出 / written: {xlsx}", soft_wrap=True)
            return
        told = asked(http.get(path, params=wanted))
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _show(told)


def _show(told: dict[str, Any]) -> None:
    period, body = told["period"], told["organisation"]
    console.print(
        f"{body['name']} {body['code']} {period['from']}~{period['to']}"
        f" 统计截至 / as of {told['as_of'] or '尚未统计 / not counted yet'}",
        soft_wrap=True,
    )
    names = {
        **{key: one.zh for key, one in FIGURES.items()},
        **{k: v[0] for k, v in STOCKS.items()},
    }
    table = lines(
        Column("", overflow="fold"),
        *(Column(names[key], justify="right") for key in _SHOWN),
        *(Column(RATES[key].zh, justify="right") for key in _RATES),
    )
    rows = told["rows"] if "total" not in told else [*told["rows"], told["total"]]
    for row in rows:
        figures, rates = row["figures"], row["rates"]
        table.add_row(
            _name(row),
            *(str(figures[key]["value"]) for key in _SHOWN),
            *(_percent(rates[key]["value"]) for key in _RATES),
        )
    console.print(table)


def _name(row: dict[str, Any]) -> str:
    keys = (row.get(name) for name in ("key", "channel", "level"))
    return " ".join(key["name"] for key in keys if key) or "合计 total"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.2f}%"


def rebuild(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="只比对, 不改动 / compare only, change nothing")
    ] = False,
) -> None:
    """由流转记录重新统计 / count everything anew from the log.

    例 / example: `yiguan stats rebuild` · `yiguan stats rebuild --check`
    """
    settings = Settings.from_environment()
    with server(settings) as (ready, _):
        done = run(_rebuilt(ready, compares=check))
    same = "与现有统计一致 / as counted before" if not done.differences else ""
    other = f"有 {done.differences} 行不一致 / rows were other"
    console.print(f"{done.units} 个业务单元 / units, {same or other}", soft_wrap=True)
    if check and done.differences:
        raise typer.Exit(1)


async def _rebuilt(settings: Settings, *, compares: bool) -> Rebuilt:
    async with database(settings) as opened:
        now, library = datetime.now(UTC), Library()
        async with opened.reading() as tx:
            await library.follow(tx, now=now)
        zone = library.current(now).rulebook.calendar.zone
        await _count_up(opened, zone, now)
        return await accounting.rebuild(opened, zone, now, compares=compares)


async def _count_up(opened: Database, zone: str, now: datetime) -> None:
    """Count what is not counted yet, whether or not a worker runs."""
    while True:
        async with opened.transaction() as tx:
            if (await accounting.turn(tx, zone, now)).is_last:
                return
        await asyncio.sleep(0)
