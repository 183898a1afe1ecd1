"""forecast: what falls due in the next hours, organisation by organisation."""

import json
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Column

from app.cli.explaining import Key, Url
from app.cli.root import ZONE, asked, client, console, lines
from app.domain.words import CLOCK
from app.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("forecast")(forecast)


def forecast(
    *,
    hours: Annotated[int, typer.Option(help="今后几小时 / how many hours", min=1, max=168)] = 24,
    organisation: Annotated[
        str | None, typer.Option("--for", help="单位, 缺省为本单位 / default: the key's own")
    ] = None,
    subtree: Annotated[
        bool, typer.Option("--subtree/--alone", help="含其辖区各单位 / with those of its area")
    ] = True,
    limit: Annotated[int, typer.Option(help="最多几个单位 / how many bodies", min=1)] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")] = False,
    url: Url = None,
    key: Key = None,
) -> None:
    """今后几小时内到期的单元, 按单位与环节 / what falls due in the next hours, by organisation.

    例 / example: `yiguan forecast --hours 8` · `yiguan forecast --for 500103-CGJ --alone`
    """
    wanted: dict[str, Any] = {"hours": hours, "subtree": subtree}
    if organisation:
        wanted["organisation"] = organisation
    with client(Settings.from_environment(), url, key) as http:
        items = _pages(http, wanted, limit)
    if as_json:
        typer.echo(json.dumps(items, ensure_ascii=False, indent=2))
    else:
        _show(items, hours)


def _pages(http: Any, wanted: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while len(items) < limit:
        size = min(limit - len(items), 200)
        page = asked(http.get("/v1/forecast", params={**wanted, "limit": size, **cursor}))
        items += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    return items


def _show(items: list[dict[str, Any]], hours: int) -> None:
    if not items:
        console.print(f"今后 {hours} 小时没有到期的单元 / nothing falls due in {hours} h")
        return
    table = lines(
        Column("单位 organisation", overflow="fold"),
        Column("已超 late", justify="right"),
        Column(f"{hours} 小时 due", justify="right"),
        Column("环节 stages", overflow="fold"),
        Column("最多 most in an hour", overflow="fold"),
    )
    for one in items:
        stages = " ".join(f"{CLOCK[stage][0]} {units}" for stage, units in one["stages"].items())
        body = one["organisation"]
        table.add_row(
            f"{body['name']} {body['code']}", str(one["late"]), str(one["due"]), stages, _peak(one)
        )
    console.print(table)


def _peak(one: dict[str, Any]) -> str:
    """Return the fullest hour."""
    if not one["hours"]:
        return ""
    fullest = max(one["hours"], key=lambda hour: hour["units"])
    since = datetime.fromisoformat(fullest["since"]).astimezone(ZONE)
    return f"{since:%m-%d %H:%M} {fullest['units']}"
