"""replay: the rows of a file posted to the running service, and what became of them."""

import asyncio
import csv
import io
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID, uuid5

import httpx
import orjson
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.cli.replayed import Fate, Outcome, show
from app.cli.root import asked, client, console, run
from app.cli.work import Key, Url
from app.settings import Settings
from app.sheets.encoding import decode
from app.sheets.faults import Faults

NEEDED: Final = ("occurred_at", "source", "text", "scheme", "class", "code", "place", "address")
OPTIONAL: Final = ("id", "expected")
_NAMESPACE: Final = UUID("6f1c9a52-0d7e-5b53-9a39-2f0f5d1c6b4e")
_ATTEMPTS: Final = 8
_PAUSE: Final = 0.5
_KEY_REFUSED: Final = {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}


@dataclass(frozen=True, slots=True)
class Report:
    """One row as it is posted; `number` is the one an office sees, the header being 1."""

    number: int
    body: Mapping[str, Any]
    expected: str = ""
    """The organisation that should be the first holder, "" when the file does not say."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("replay")(replay)


def replay(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV, 列见 docs/replay.md / columns there", exists=True, dir_okay=False
        ),
    ],
    *,
    url: Url = None,
    key: Key = None,
    concurrency: Annotated[
        int, typer.Option(min=1, max=256, help="同时上报几条 / how many at once")
    ] = 32,
    limit: Annotated[
        int | None, typer.Option(min=1, help="只回放前几行 / only the first rows")
    ] = None,
) -> None:
    """把文件逐行上报给运行中的服务; 重复回放不会重复写入 / post a file's rows to the service.

    例 / example: `yiguan replay events.csv --concurrency 64`
    """
    reports = read(file)[:limit]
    with client(Settings.from_environment(), url, key) as http:
        secret = http.headers["authorization"]
        outcomes = run(_replay(str(http.base_url), secret, reports, concurrency))
    show(outcomes)
    if any(outcome.fate is Fate.REFUSED for outcome in outcomes):
        raise typer.Exit(1)


def read(path: Path) -> list[Report]:
    """Return the file's rows as reports; raises BadSheet when its columns do not fit."""
    faults = Faults(path.name)
    table = csv.reader(io.StringIO(decode(path.read_bytes(), faults), newline=""))
    header = [name.strip() for name in next(table, ())]
    for name in NEEDED:
        if name not in header:
            faults.add(1, name, "缺少此列", "the column is missing")
    for name in header:
        if name not in (*NEEDED, *OPTIONAL):
            faults.add(1, name, "未知的列", "unknown column")
    faults.refuse()
    return [
        report_of(number, dict(zip(header, row, strict=False)))
        for number, row in enumerate(table, start=2)
        if any(row)
    ]


def report_of(number: int, row: Mapping[str, str]) -> Report:
    """Return a row as it is posted; what its cells are worth is for the service to judge.

    A row without an id gets one made of what it says and its number: the same row of the same
    file is the same event however often it is posted, and a row that was mended is a new one.
    """
    cells = {name: row.get(name, "").strip() for name in (*NEEDED, *OPTIONAL)}
    place = {"code": cells["place"], "address": cells["address"]}
    category = {name: cells[name] for name in ("scheme", "class", "code")}
    body: dict[str, Any] = {
        "source": cells["source"],
        "occurred_at": cells["occurred_at"],
        "text": cells["text"],
        "place": {name: value for name, value in place.items() if value},
    }
    if category["code"]:
        body["category"] = {name: value for name, value in category.items() if value}
    return Report(number, {"id": cells["id"] or _made_id(number, body), **body}, cells["expected"])


def _made_id(number: int, body: Mapping[str, Any]) -> str:
    said = orjson.dumps([number, body], option=orjson.OPT_SORT_KEYS).decode()
    return str(uuid5(_NAMESPACE, said))


async def _replay(
    url: str, authorization: str, reports: Sequence[Report], concurrency: int
) -> list[Outcome]:
    async with caller(url, authorization) as http:
        return await post_all(http, reports, concurrency)


@asynccontextmanager
async def caller(url: str, authorization: str) -> AsyncGenerator[httpx.AsyncClient]:
    """Open a client for many requests at once."""
    headers = {"Authorization": authorization}
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(
        base_url=url, headers=headers, timeout=60, trust_env=False, limits=limits
    ) as http:
        yield http


async def post_all(
    http: httpx.AsyncClient, reports: Sequence[Report], concurrency: int
) -> list[Outcome]:
    """Post the reports, at most `concurrency` at once; outcomes stand in the order of the rows.

    Raises ConnectionError when nobody listens and ValueError when the key is refused: then no
    row would fare better than the first. Nothing is lost by posting all of them again.
    """
    found: list[Outcome] = []
    waiting = iter(reports)
    words, count = TextColumn("回放 / replaying"), MofNCompleteColumn()
    with Progress(words, BarColumn(), count, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task("", total=len(reports))

        async def work() -> None:
            for report in waiting:
                found.append(await _post(http, report))
                progress.advance(task)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(concurrency, len(reports))):
                    group.create_task(work())
        except ExceptionGroup as refused:
            raise refused.exceptions[0] from None
    return sorted(found, key=lambda outcome: outcome.number)


async def _post(http: httpx.AsyncClient, report: Report) -> Outcome:
    """Post a row until it is known what became of it; a busy service is given time."""
    outcome = Outcome(report.number, Fate.REFUSED, expected=report.expected)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            answer = await http.post("/v1/events", json=report.body)
        except httpx.ConnectError as error:
            message = f"{http.base_url}: 服务未运行 / no service there ({error})"
            raise ConnectionError(message) from error
        except httpx.TransportError as error:
            # Perhaps it was written: the same id asks again without adding anything.
            outcome = replace(outcome, reason=f"没有回答 / no answer: {type(error).__name__}")
        else:
            outcome = _outcome(report, answer)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
        await asyncio.sleep(_PAUSE * attempt)
    return outcome


def _outcome(report: Report, answer: httpx.Response) -> Outcome:
    if answer.status_code in _KEY_REFUSED:
        asked(answer)
    if not answer.is_success:
        return Outcome(
            report.number, Fate.REFUSED, reason=_reason(answer), expected=report.expected
        )
    said = answer.json()
    unit, why = said["unit"], said.get("reasons", {})
    return Outcome(
        number=report.number,
        fate=Fate.WRITTEN if answer.status_code == httpx.codes.CREATED else Fate.KNOWN,
        expected=report.expected,
        holder=unit["holder"]["code"],
        tier=unit["holder"]["tier"],
        is_triaged=unit["state"] == "triage",
        candidates=tuple(why.get("classification", {}).get("candidates", ())),
    )


def _reason(answer: httpx.Response) -> str:
    """Return a refusal without what differs from row to row: its title and the fields at fault."""
    try:
        problem = answer.json()
    except ValueError:
        return f"HTTP {answer.status_code}"
    faults: Iterable[Mapping[str, str]] = problem.get("errors", ())
    said = "; ".join(f"{fault['field']}: {fault['message']}" for fault in faults)
    return f"{answer.status_code} {problem['title']}" + (f" ({said})" if said else "")
