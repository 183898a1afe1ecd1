"""webhook: endpoints of the caller's organisation, made, tried and looked after."""

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Annotated, Any

import httpx
import typer
from rich.table import Column
from rich.text import Text

from app.cli import listen, webhook_log
from app.cli.root import asked, client, console, lines, local
from app.cli.webhook_log import all_of, path_of, show_attempt
from app.cli.work import Key, Url
from app.domain.topic import Topic
from app.domain.webhook import CONDITION, Envelope, Payload, Signing
from app.settings import Settings

group = typer.Typer(
    help="推送订阅(webhook) / endpoints that are sent what happens", no_args_is_help=True
)

Webhook = Annotated[
    str, typer.Argument(help="订阅 id, 开头几位即可 / its id, the first few letters do")
]
Json = Annotated[bool, typer.Option("--json", help="原样输出 / as JSON")]


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    webhook_log.add_to(group)
    listen.add_to(group)
    app.add_typer(group, name="webhook")


@contextmanager
def _service(url: str | None, key: str | None) -> Generator[httpx.Client]:
    with client(Settings.from_environment(), url, key) as http:
        yield http


@group.command("create")
def create(
    address: Annotated[str, typer.Argument(metavar="URL", help="接收地址 / where to send")],
    *,
    types: Annotated[
        list[str] | None,
        typer.Option("--type", help="事件类型, 可多次, 如 unit.* / event type, repeatable"),
    ] = None,
    scope: Annotated[str | None, typer.Option(help="单位编码 / whose units")] = None,
    description: Annotated[str, typer.Option(help="说明 / what it is for")] = "",
    payload: Annotated[Payload, typer.Option(help="精简或完整 / how much is told")] = Payload.THIN,
    envelope: Annotated[Envelope, typer.Option(help="信封 / envelope")] = Envelope.STANDARD,
    signing: Annotated[Signing, typer.Option(help="签名 / signature")] = Signing.HMAC,
    batch: Annotated[int, typer.Option(help="每次请求最多几条 / messages a request")] = 1,
    rate: Annotated[int | None, typer.Option(help="每秒最多几次请求 / requests a second")] = None,
    header: Annotated[
        list[str] | None, typer.Option(help="请求头“名: 值”, 可多次 / “Name: value”, repeatable")
    ] = None,
    more: Annotated[
        str, typer.Option(help="其余字段, JSON / all other fields, as JSON", metavar="JSON")
    ] = "{}",
    url: Url = None,
    key: Key = None,
) -> None:
    """新建推送订阅, 密钥只显示这一次 / make an endpoint; its secret is shown this once.

    例 / example: `yiguan webhook create https://dashboard.example.gov.cn/yiguan --type "unit.*"`
    """
    wish = {
        "url": address,
        "description": description,
        "types": types or [],
        "payload": payload,
        "envelope": envelope,
        "signing": signing,
        "batch": batch,
        "rate": rate,
        "headers": _headers(header or ()),
        **({"scope": scope} if scope else {}),
        **_more(more),
    }
    with _service(url, key) as http:
        made = asked(http.post("/v1/webhooks", json=wish))
    _show_key(made)


def _more(text: str) -> dict[str, Any]:
    with suppress(ValueError):
        if isinstance(found := json.loads(text), dict):
            return found
    raise ValueError(
        f'--more {text}: 应为 JSON 对象 / should be a JSON object, like {{"timeout": 5}}'
    )


def _headers(given: Sequence[str]) -> dict[str, str]:
    pairs = [one.partition(":") for one in given]
    if wrong := [name for name, colon, _ in pairs if not colon]:
        raise ValueError(f"--header {wrong[0]}: 应如 / should be like “X-Token: abc”")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _show_key(made: Mapping[str, Any]) -> None:
    console.print(f"订阅 / endpoint: {made['id']}", soft_wrap=True, markup=False)
    if made.get("secret"):
        told = "密钥, 只显示这一次 / secret, shown this once"
        console.print(f"{told}: {made['secret']}", soft_wrap=True, markup=False)
    else:
        told = f"公钥 / public key: {made['public_key']}"
        console.print(told, soft_wrap=True, markup=False)


@group.command("list")
def show_all(*, as_json: Json = False, url: Url = None, key: Key = None) -> None:
    """列出本单位及下级的推送订阅 / list the endpoints of one's own subtree.

    例 / example: `yiguan webhook list`
    """
    with _service(url, key) as http:
        found = all_of(http)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    short = [Column(name, no_wrap=True) for name in ("id", "状态", "待推", "死信", "最近送达")]
    table = lines(*short, Column("地址 url", ratio=1), Column("单位 body", ratio=1))
    for one in found:
        state = Text(CONDITION[one["state"]][0], style="" if one["state"] == "enabled" else "red")
        counts = (str(one["waiting"]), str(one["dead"]), local(one["succeeded_at"]))
        table.add_row(
            one["id"][:8], state, *counts, Text(one["url"]), Text(one["organisation"]["name"])
        )
    console.print(table)


@group.command("show")
def show(webhook: Webhook, *, as_json: Json = False, url: Url = None, key: Key = None) -> None:
    """一个推送订阅的设置与状况 / how an endpoint is set and how it stands.

    例 / example: `yiguan webhook show 3f9c0a1b`
    """
    with _service(url, key) as http:
        found = asked(http.get(path_of(http, webhook)))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _show(found)


def _show(one: Mapping[str, Any]) -> None:
    told = {
        "id": one["id"],
        "地址 url": one["url"],
        "说明": one["description"],
        "单位 / 范围": f"{one['organisation']['name']} / {one['scope']['name']}",
        "类型 types": " ".join(one["types"]) or "全部 / all",
        "消息": f"{one['payload']} {one['envelope']} x{one['batch']} {one['signing']}",
        "公钥 public key": one["public_key"] or "",
        "旧密钥有效至": local(one["old_until"]),
        "状态 state": _state(one),
        "待推 waiting": f"{one['waiting']} {local(one['oldest_waiting_at'])}",
        "死信 dead": str(one["dead"]),
        "最近送达": local(one["succeeded_at"]),
        "连续失败": f"{one['failures']} {local(one['failing_since'])}",
    }
    for name, value in told.items():
        if value.strip():
            console.print(f"{name}: {value}", markup=False, soft_wrap=True)


def _state(one: Mapping[str, Any]) -> str:
    said, off = CONDITION[one["state"]][0], one["disabled"]
    if off:
        parts = (local(off["at"]), off["reason"], off["said"])
        said += f" ({', '.join(filter(None, parts))})"
    elif one["state"] == "open":
        said += f" ({local(one['open_until'])})"
    return said


@group.command("test")
def try_out(
    webhook: Webhook,
    *,
    topic: Annotated[
        Topic, typer.Option("--type", help="事件类型 / event type", show_choices=False)
    ] = Topic.UNIT_DISPATCHED,
    url: Url = None,
    key: Key = None,
) -> None:
    """立即发送一条测试消息 / send a test message now.

    例 / example: `yiguan webhook test 3f9c0a1b --type clock.overdue`
    """
    with _service(url, key) as http:
        tried = _told(http, webhook, "test", type=topic)
    show_attempt(tried)
    if tried["outcome"] != "delivered":
        raise typer.Exit(1)


def _told(http: httpx.Client, webhook: str, verb: str, **body: Any) -> Any:
    return asked(http.post(f"{path_of(http, webhook)}:{verb}", json=body))


@group.command("rotate")
def rotate(
    webhook: Webhook,
    *,
    hours: Annotated[
        float, typer.Option(help="新旧密钥并用几小时, 至多 168 / hours both sign", min=0, max=168)
    ] = 24,
    secret: Annotated[str | None, typer.Option(help="自带密钥 / one of your own")] = None,
    url: Url = None,
    key: Key = None,
) -> None:
    """更换签名密钥, 新密钥只显示这一次 / make another secret; it is shown this once.

    例 / example: `yiguan webhook rotate 3f9c0a1b --hours 48`
    """
    own = {"secret": secret} if secret else {}
    with _service(url, key) as http:
        _show_key(_told(http, webhook, "rotate", overlap=round(hours * 3600), **own))


@group.command("disable")
def disable(
    webhook: Webhook,
    *,
    reason: Annotated[str, typer.Option(help="原因 / why")] = "",
    url: Url = None,
    key: Key = None,
) -> None:
    """停用 / send nothing more until it is enabled.

    例 / example: `yiguan webhook disable 3f9c0a1b --reason 大屏检修`
    """
    with _service(url, key) as http:
        console.print(_state(_told(http, webhook, "disable", reason=reason)), markup=False)


@group.command("enable")
def enable(webhook: Webhook, *, url: Url = None, key: Key = None) -> None:
    """启用 / send again.

    停用期间的消息用 `yiguan webhook recover --what missed` 补发
    / what happened meanwhile is sent by `recover --what missed`.

    例 / example: `yiguan webhook enable 3f9c0a1b`
    """
    with _service(url, key) as http:
        console.print(_state(_told(http, webhook, "enable")), markup=False)


@group.command("delete")
def delete(
    webhook: Annotated[str, typer.Argument(help="订阅的完整 id / the whole id")],
    *,
    url: Url = None,
    key: Key = None,
) -> None:
    """删除推送订阅及其日志 / delete an endpoint with its log.

    例 / example: `yiguan webhook delete 3f9c0a1b-5c1e-4a8e-9a52-0b6a7d1c2b4e`
    """
    with _service(url, key) as http:
        answer = http.delete(f"/v1/webhooks/{webhook}")
        if not answer.is_success:
            asked(answer)
    console.print("已删除 / deleted")
