"""webhook log, resend, recover: what was sent to an endpoint, and sending it again."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import httpx
import typer
from rich.table import Column
from rich.text import Text

from app.cli.root import ZONE, asked, client, console, lines, local
from app.cli.work import Key, Url
from app.domain.answer import OUTCOME, Outcome
from app.domain.topic import WORDS, Topic
from app.domain.webhook import Recovery
from app.settings import Settings

SPAN: Final = re.compile(r"(\d{1,4})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_PATH: Final = "/v1/webhooks"


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
    for command in (log, resend, recover):
        group.command()(command)


def all_of(http: httpx.Client) -> list[dict[str, Any]]:
    """Return every endpoint the caller sees."""
    found: list[dict[str, Any]] = []
    asking: dict[str, Any] = {"limit": 200}
    while True:
        page = asked(http.get(_PATH, params=asking))
        found += page["items"]
        if page["next"] is None:
            return found
        asking["cursor"] = page["next"]


def path_of(http: httpx.Client, text: str) -> str:
    """Return where an endpoint is; raises ValueError unless one begins so, and one alone."""
    try:
        return f"{_PATH}/{UUID(text)}"
    except ValueError:
        found = all_of(http)
    meant = [one["id"] for one in found if one["id"].startswith(text.lower())]
    if len(meant) != 1:
        raise ValueError(
            f"以“{text}”开头的推送订阅有 {len(meant)} 个 / {len(meant)} endpoints begin so: "
            "`yiguan webhook list`"
        )
    return f"{_PATH}/{meant[0]}"


def log(
    webhook: Annotated[str, typer.Argument(help="订阅 id 或其开头 / its id or how it begins")],
    *,
    outcome: Annotated[Outcome | None, typer.Option(help="结果 / what came of it")] = None,
    message: Annotated[str | None, typer.Option(help="消息编号 / a message's id")] = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="待推送的 / what waits")] = False,
    dead: Annotated[bool, typer.Option("--dead", help="死信 / what was given up")] = False,
    limit: Annotated[int, typer.Option(help="最多几行 / how many rows", min=1, max=200)] = 20,
    url: Url = None,
    key: Key = None,
) -> None:
    """推送日志, 最新的在前; 或待推送的、死信 / the delivery log, or what waits or is dead.

    例 / example: `yiguan webhook log 3f9c0a1b --outcome refused` · `yiguan webhook log 3f9c --dead`
    """
    with client(Settings.from_environment(), url, key) as http:
        path = path_of(http, webhook)
        if waiting or dead:
            asking: dict[str, Any] = {"state": "dead" if dead else "waiting", "limit": limit}
            _show_messages(asked(http.get(f"{path}/messages", params=asking))["items"])
            return
        given = {"outcome": outcome, "message": message, "limit": limit}
        asking = {name: value for name, value in given.items() if value is not None}
        for one in asked(http.get(f"{path}/attempts", params=asking))["items"]:
            show_attempt(one)


def show_attempt(one: Mapping[str, Any]) -> None:
    """Print one request in a line, with what was said where it failed."""
    is_well = one["outcome"] == Outcome.DELIVERED
    line = Text(f"{local(one['at'])} ")
    line.append(OUTCOME[one["outcome"]][0], style="green" if is_well else "red")
    line.append(f" {one['status'] or ''} {one['milliseconds']} ms 第{one['attempt']}次 ")
    line.append(one["request_id"])
    if len(one["messages"]) > 1:
        line.append(f" ({len(one['messages'])} 条)")
    if not is_well and (said := one["error"] or one["response"][:200]):
        line.append(f"\n  {said}")
    console.print(line, soft_wrap=True)


def _show_messages(found: Sequence[Mapping[str, Any]]) -> None:
    short = [
        Column(name, no_wrap=True) for name in ("消息 id", "类型", "单元", "失败", "下次/作废")
    ]
    table = lines(*short)
    for one in found:
        what = WORDS[Topic(one["type"])][0] if one["type"] else ""
        when = local(one["dead_at"] or one["due_at"])
        table.add_row(one["id"], what, one["number"] or "", str(one["attempts"]), when)
    console.print(table)


def resend(
    webhook: Annotated[str, typer.Argument(help="订阅 id 或其开头 / its id or how it begins")],
    messages: Annotated[list[str], typer.Argument(help="消息编号 / ids of messages")],
    *,
    url: Url = None,
    key: Key = None,
) -> None:
    """补发指定消息, 已送达的也可 / send messages again, those that have arrived as well.

    例 / example: `yiguan webhook resend 3f9c0a1b msg_1_4711 msg_1_4712`
    """
    with client(Settings.from_environment(), url, key) as http:
        path = f"{path_of(http, webhook)}:resend"
        done = asked(http.post(path, json={"messages": messages}))
    console.print(_due(done["due"]), markup=False)


def _due(count: int) -> str:
    return f"{count} 条待推送 / {count} messages are due"


def recover(
    webhook: Annotated[str, typer.Argument(help="订阅 id 或其开头 / its id or how it begins")],
    *,
    since: Annotated[
        str,
        typer.Option(help="自何时起: 2h、3d 或 2026-11-20T09:00 / since when"),
    ],
    what: Annotated[
        Recovery, typer.Option(help="死信、遗漏或全部 / what failed, was missed, or all")
    ] = Recovery.FAILED,
    url: Url = None,
    key: Key = None,
) -> None:
    """补发死信或遗漏的消息 / send again what failed, or what was missed, since a moment.

    例 / example: `yiguan webhook recover 3f9c0a1b --since 2h` ·
    `yiguan webhook recover 3f9c0a1b --since 2026-11-20T09:00 --what missed`
    """
    asking: dict[str, Any] = {"since": _moment(since).isoformat(), "what": what}
    count = 0
    with client(Settings.from_environment(), url, key) as http:
        path = f"{path_of(http, webhook)}:recover"
        while True:
            done = asked(http.post(path, json=asking))
            count += done["due"]
            if done["next"] is None:
                break
            asking["cursor"] = done["next"]
    console.print(_due(count), markup=False)


def _moment(text: str) -> datetime:
    span = SPAN.fullmatch(text)
    if span:
        return datetime.now(UTC) - timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"--since {text}: 应如 2h、3d 或 2026-11-20T09:00 / should be like 2h or 3d"
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=ZONE)
