"""send, units: a look at the running service from the terminal."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
import typer
from rich.table import Column, Table
from rich.text import Text

from app.cli.root import asked, client, console, lines, local
from app.domain.event import Channel
from app.domain.words import CLAUSE, CLOCK, KIND, STATE, Words
from app.settings import Settings

Url = Annotated[str | None, typer.Option(help="服务地址 / the service", envvar="YIGUAN_URL")]
Key = Annotated[str | None, typer.Option(help="访问密钥 / the key", envvar="YIGUAN_KEY")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("send")(send)
    app.command("units")(units)


def send(
    text: Annotated[str, typer.Argument(help="发生了什么 / what happened")],
    *,
    place: Annotated[str | None, typer.Option(help="区划或网格编码 / area code")] = None,
    address: Annotated[str, typer.Option(help="地址 / address")] = "",
    code: Annotated[str | None, typer.Option(help="类别编码 / category code")] = None,
    source: Annotated[Channel, typer.Option(help="来源 / channel")] = Channel.GRID,
    event_id: Annotated[UUID | None, typer.Option("--id", help="事件编号 / event id")] = None,
    url: Url = None,
    key: Key = None,
) -> None:
    """上报一个事件 / report one event.

    例 / example: `yiguan send "路口井盖不见了" --address 渝中区大溪沟街道人和街`
    """
    report: dict[str, Any] = {
        "id": str(event_id or uuid4()),
        "source": source,
        "occurred_at": datetime.now(UTC).isoformat(),
        "text": text,
        "place": {"address": address, **({"code": place} if place else {})},
    }
    if code:
        report["category"] = {"code": code}
    with client(Settings.from_environment(), url, key) as http:
        answer = asked(http.post("/v1/events", json=report))
    _show(answer["unit"])


def _show(unit: dict[str, Any]) -> None:
    table = Table(show_header=False, box=None)
    holder = unit["holder"]
    for name, value in (
        ("编号 number", unit["number"]),
        ("类型 kind", f"{_word(KIND, unit['kind'])} ({_word(CLAUSE, unit['clause'])})"),
        ("状态 state", _word(STATE, unit["state"])),
        ("条目 entry", _entry(unit)),
        ("承办 holder", f"{holder['name']} {holder['phone']}"),
        ("路径 route", " → ".join(hop["name"] for hop in unit["route"])),
        ("环节期限 stage due", f"{_word(CLOCK, unit['stage'])} {local(unit['stage_due_at'])}"),
        ("处置期限 due", local(unit["due_at"])),
    ):
        table.add_row(name, value)
    console.print(table)


def _word(words: Words, code: str | None) -> str:
    """Return what a code is called in Chinese; words are keyed by enum members equal to it."""
    return words[code][0] if code else ""


def _entry(unit: dict[str, Any]) -> str:
    entry = unit["entry"]
    return f"{entry['code']} {entry['title']}" if entry else "待研判 / in triage"


def units(
    *,
    state: Annotated[str | None, typer.Option(help="状态 / state")] = None,
    district: Annotated[str | None, typer.Option(help="区县编码 / district code")] = None,
    holder: Annotated[str | None, typer.Option(help="承办单位编码 / holder")] = None,
    overdue: Annotated[bool | None, typer.Option(help="是否超期 / overdue")] = None,
    limit: Annotated[int, typer.Option(help="最多几行 / how many rows", min=1)] = 50,
    url: Url = None,
    key: Key = None,
) -> None:
    """列出业务单元 / list units.

    例 / example: `yiguan units --state dispatched --limit 20`
    """
    asking: dict[str, Any] = {
        "state": state,
        "district": district,
        "holder": holder,
        "overdue": overdue,
    }
    given = {name: value for name, value in asking.items() if value is not None}
    short = [Column(name, no_wrap=True) for name in ("编号 number", "类型", "状态", "期限 due")]
    table = lines(*short, Column("标题 title", ratio=1), Column("承办 holder", ratio=1))
    with client(Settings.from_environment(), url, key) as http:
        for unit in _pages(http, given, limit):
            due = Text(local(unit["stage_due_at"] or unit["due_at"]))
            if unit["overdue_at"]:
                due.append(" 超期", style="red")
            kind, state = _word(KIND, unit["kind"]), _word(STATE, unit["state"])
            title, held_by = Text(unit["title"]), Text(unit["holder"]["name"])
            table.add_row(unit["number"], kind, state, due, title, held_by)
    console.print(table)


def _pages(http: httpx.Client, asking: dict[str, Any], most: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while len(found) < most:
        size = min(200, most - len(found))
        page = {**asking, "limit": size, **({"cursor": cursor} if cursor else {})}
        answer = asked(http.get("/v1/units", params=page))
        found += answer["items"]
        cursor = answer.get("next")
        if cursor is None:
            break
    return found
