"""webhook listen: a receiver in the terminal, which verifies what comes and prints it."""

import json
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import httpx
import typer
import uvicorn
from rich.text import Text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.cli.root import ZONE, asked, client, console, errors, run
from app.cli.serve import ending
from app.cli.work import Key, Url
from app.domain import topic
from app.domain.errors import Invalid
from app.domain.signature import ID
from app.domain.topic import Topic
from app.domain.words import STATE
from app.settings import Settings
from app.wire import signing

ALLOW: Final = (
    "本机与内网地址须由运维放行: 服务与 worker 都设置 YIGUAN_WEBHOOK_ALLOW=127.0.0.0/8"
    "(端口见 YIGUAN_WEBHOOK_PORTS), 再重启"
    " / a local address is the operator's to allow: serve and work both need"
    " YIGUAN_WEBHOOK_ALLOW=127.0.0.0/8 (for ports, YIGUAN_WEBHOOK_PORTS)"
)
_LARGEST: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class Heard:
    """One message, and what speaks against its being genuine; empty: nothing does."""

    message: Mapping[str, Any]
    fault: str

    @property
    def line(self) -> Text:
        """Tell it in a line: when, what, which unit, from where to where."""
        data = self.message.get("data", {})
        at = datetime.fromisoformat(str(self.message.get("timestamp") or self.message.get("time")))
        line = Text(at.astimezone(ZONE).strftime("%m-%d %H:%M:%S "))
        line.append("✗ " if self.fault else "✓ ", style="red" if self.fault else "green")
        told = " ".join(filter(None, (_name(str(self.message["type"])), *_told(data))))
        # Anybody may post here: what moves the cursor is no text.
        line.append("".join(char if char.isprintable() else "�" for char in told))
        if self.fault:
            line.append(f" ({self.fault})", style="red")
        return line

    @property
    def row(self) -> str:
        """Tell it in a line of JSON."""
        return json.dumps({"verified": not self.fault, **self.message}, ensure_ascii=False)


def _name(code: str) -> str:
    return topic.WORDS[Topic(code)][0] if code in set(Topic) else code


def _told(data: Mapping[str, Any]) -> Iterator[str]:
    unit, change, by = data.get("unit"), data.get("change"), data.get("organisation")
    if unit is None:
        yield f"第 {data.get('version', '?')} 版"
        return
    yield unit["number"]
    if change is None:
        yield STATE[data["state"]][0]
    else:
        yield f"{_group(change['from'])} → {_group(change['to'])}"
    if by:
        yield by["name"] + (f"({data['actor']})" if data.get("actor") else "")


def _group(group: Mapping[str, str] | None) -> str:
    return f"{STATE[group['state']][0]}@{group['organisation']}" if group else "○"


def heard(keys: Sequence[str], headers: Mapping[str, str], body: bytes) -> list[Heard]:
    """Return the messages of a request; raises ValueError for what is none of ours."""
    try:
        signing.verify(keys, headers, body, datetime.now(UTC))
        fault = ""
    except Invalid as error:
        fault = str(error)
    told = json.loads(body)
    messages = told if isinstance(told, list) else [{"id": headers.get(ID, ""), **told}]
    return [Heard(message, fault) for message in messages]


class Receiver:
    """Takes what is posted, and says so only if it is genuine."""

    def __init__(
        self, keys: Sequence[str], show: Callable[[Heard], None], most: int | None
    ) -> None:
        self._keys = keys
        self._show = show
        self._left = most
        self._server: uvicorn.Server | None = None

    async def take(self, request: Request) -> Response:
        """Answer one request: 204 for genuine messages, 401 else."""
        if int(request.headers.get("content-length") or 0) > _LARGEST:
            return Response(status_code=413)
        try:
            found = heard(self._keys, request.headers, await request.body())
            for one in found:
                self._show(one)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            errors.print(f"✗ 无法读取 / not a message: {error!r}", style="red", markup=False)
            return Response(status_code=400)
        self._count(sum(not one.fault for one in found))
        return Response(status_code=401 if any(one.fault for one in found) else 204)

    def _count(self, came: int) -> None:
        if self._left is not None:
            self._left -= came
            if self._left <= 0 and self._server is not None:
                self._server.should_exit = True

    async def serve(self, listening: socket.socket) -> None:
        """Take what is posted until told to end, or until the last message wanted has come."""
        app = Starlette(routes=[Route("/{path:path}", self.take, methods=["POST"])])
        config = uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=2)
        self._server = uvicorn.Server(config)
        await self._server.serve(sockets=[listening])


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    group.command("listen")(listen)


def listen(
    *,
    secret: Annotated[
        list[str] | None,
        typer.Option(
            help="签名密钥或公钥(whsec_、whpk_), 给出则不登记, 只验签"
            " / verify by it, and register nothing; repeatable"
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="监听地址 / address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="端口 / port; 0: any")] = 8080,
    address: Annotated[
        str | None, typer.Option(help="服务所见的本机地址 / how the service reaches us")
    ] = None,
    types: Annotated[
        list[str] | None, typer.Option("--type", help="事件类型, 可多次 / event type, repeatable")
    ] = None,
    scope: Annotated[str | None, typer.Option(help="单位编码 / whose units")] = None,
    full: Annotated[bool, typer.Option("--full", help="完整消息 / full messages")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="每行一条 JSON / lines of JSON")] = False,
    count: Annotated[
        int | None,
        typer.Option(min=1, help="收到几条(验签通过的)后结束 / end after so many genuine messages"),
    ] = None,
    url: Url = None,
    key: Key = None,
) -> None:
    """接收推送并验签, 逐条打印 / take webhooks, verify them, print each in a line.

    登记一个临时订阅, 结束时(包括 Ctrl-C)删除 / registers an endpoint for as long as it runs.

    例 / example: `yiguan webhook listen --type "unit.*"` · `yiguan webhook listen --secret whsec_…`
    """
    with ending(), socket.create_server((host, port)) as listening:
        own = address or f"http://{host}:{listening.getsockname()[1]}/"
        wish = {
            "url": own,
            "description": "yiguan webhook listen",
            "types": types or [],
            "payload": "full" if full else "thin",
            **({"scope": scope} if scope else {}),
        }
        if secret:
            _receive(listening, secret, as_json=as_json, count=count)
            return
        with client(Settings.from_environment(), url, key) as http, _registered(http, wish) as made:
            _receive(listening, [made], as_json=as_json, count=count)


@contextmanager
def _registered(http: httpx.Client, wish: Mapping[str, Any]) -> Iterator[str]:
    """Have an endpoint for as long as the block runs, and give its secret."""
    answer = http.post("/v1/webhooks", json=wish)
    if answer.status_code == 422 and '"url"' in answer.text:
        told = answer.json()
        raise ValueError(f"{told['detail']}\n{ALLOW}")
    made = asked(answer)
    errors.print(f"已登记 / registered: {made['id']} {made['url']}", soft_wrap=True, markup=False)
    try:
        yield made["secret"]
    finally:
        gone = http.delete(f"/v1/webhooks/{made['id']}")
        told = (
            "已删除 / removed" if gone.is_success else f"未能删除 / not removed: {gone.text[:200]}"
        )
        errors.print(f"{told}: {made['id']}", soft_wrap=True, markup=False)


def _receive(
    listening: socket.socket, keys: Sequence[str], *, as_json: bool, count: int | None
) -> None:
    def show(one: Heard) -> None:
        if as_json:
            print(one.row, flush=True)  # noqa: T201  (what a program reads, console would wrap)
        else:
            console.print(one.line, soft_wrap=True)

    host, port = listening.getsockname()[:2]
    errors.print(f"正在监听 / listening: http://{host}:{port}/ (Ctrl-C 结束 / ends)")
    run(Receiver(keys, show, count).serve(listening))
