"""explain: why a unit is what it is, or what a report that was not sent would become."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import httpx
import typer
from rich.text import Text

from app.cli.root import asked, client, console
from app.domain.event import Channel
from app.domain.explain.passage import SUBJECT, Subject
from app.domain.words import CLAUSE, KIND
from app.settings import Settings

Url = Annotated[str | None, typer.Option(help="服务地址 / the service", envvar="YIGUAN_URL")]
Key = Annotated[str | None, typer.Option(help="访问密钥 / the key", envvar="YIGUAN_KEY")]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain)


def explain(
    unit: Annotated[str | None, typer.Argument(help="编号或 id / number or id")] = None,
    *,
    text: Annotated[
        str | None, typer.Option(help="未上报的事件描述 / a report that was not sent")
    ] = None,
    place: Annotated[str | None, typer.Option(help="区划或网格编码 / area code")] = None,
    address: Annotated[str, typer.Option(help="地址 / address")] = "",
    code: Annotated[str | None, typer.Option(help="类别编码 / category code")] = None,
    source: Annotated[Channel, typer.Option(help="来源 / channel")] = Channel.GRID,
    version: Annotated[
        str, typer.Option(help="规则库: current、版本号或草稿 d3 / which rulebook")
    ] = "current",
    english: Annotated[bool, typer.Option("--en", help="英文 / in English")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="原样输出 / as JSON")] = False,
    url: Url = None,
    key: Key = None,
) -> None:
    """说明为何如此立案、派遣、计时 / tell why this kind, this holder, this deadline.

    用 --text 则说明一个尚未上报的事件会怎样办, 什么都不写入 / with --text: of a report not sent.

    例 / example: `yiguan explain 500103-20261120-00042`

    例 / example: `yiguan explain --text "路口井盖不见了" --address 渝中区大溪沟街道 --version d3`
    """
    if (unit is None) == (text is None):
        raise ValueError(
            "请给出业务单元编号, 或用 --text 给出描述 / give a unit's number, or a text with --text"
        )
    language = {"Accept-Language": "en" if english else "zh"}
    with client(Settings.from_environment(), url, key) as http:
        http.headers.update(language)
        if text is None:
            told = asked(http.get(f"/v1/units/{unit}/explanation"))
        else:
            report = _report(text, source, address=address, place=place, code=code)
            told = _foretold(http, version, report)
    if as_json:
        console.print(json.dumps(told, ensure_ascii=False, indent=2), markup=False, soft_wrap=True)
        return
    _show(told, 1 if english else 0)


def _report(
    text: str, source: Channel, *, address: str, place: str | None, code: str | None
) -> dict[str, Any]:
    return {
        "source": source,
        "occurred_at": datetime.now(UTC).isoformat(),
        "text": text,
        "place": {"address": address, **({"code": place} if place else {})},
        **({"category": {"code": code}} if code else {}),
    }


def _foretold(http: httpx.Client, version: str, report: dict[str, Any]) -> Any:
    return asked(http.post(f"/v1/rulebooks/{version}:explain", json=report))


def _show(told: dict[str, Any], language: int) -> None:
    """Print the topics: what each is about in bold, once for those that follow each other."""
    console.print(Text(told.get("number") or _would(told["unit"], language), style="bold"))
    before = None
    for passage in told["topics"]:
        if passage["topic"] != before:
            before = passage["topic"]
            console.print(Text(SUBJECT[Subject(before)][language], style="bold cyan"))
        console.print(Text(f"  {passage['sentence']}"), soft_wrap=True)


def _would(unit: dict[str, Any], language: int) -> str:
    """Say in a line what a report would become."""
    kind, clause = KIND[unit["kind"]][language], CLAUSE[unit["clause"]][language]
    head = ("未上报, 若上报", "not sent; if it were")[language]
    return f"{head}: {kind}({clause}) → {unit['holder']['name']}"
