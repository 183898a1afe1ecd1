"""demo: a city day, played against a service of its own."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Final

import asyncpg
import httpx
import typer
from sqlalchemy import make_url

from app import data
from app.cli.reference import load_shipped
from app.cli.root import console, database, prepare, run, server
from app.cli.serve import ending, serving, set_up_logs
from app.demo import reports, show
from app.demo.casework import Town
from app.demo.day import PlayedDay
from app.demo.people import Duty, People
from app.demo.player import Outcome, Play, evening_of
from app.demo.reports import ZONE, Report
from app.demo.service import Service
from app.demo.watch import Watch
from app.domain.authority import Role
from app.domain.calendar import Calendar
from app.domain.rulebook import Part
from app.flows import access
from app.flows.rulebook import Library
from app.settings import Settings
from app.sheets import calendar as calendar_sheet
from app.store.database import Database

HOST: Final = "127.0.0.1"
OPENING: Final = time(8, 30)
DAYTIME: Final = timedelta(seconds=60)
NIGHT: Final = timedelta(seconds=10)
PATIENCE: Final = 60.0
"""Seconds the service has to load its rulebook in."""
LOOK: Final = 0.1
REFUSALS: Final = 10
"""How many refusals are shown."""
BY: Final = "yiguan demo"


@dataclass(frozen=True, slots=True)
class Staging:
    """How a day is played."""

    port: int
    seed: int
    speed: float
    reports: Sequence[Report]
    calendar: Calendar
    load: Callable[[Database, datetime], Awaitable[object]]
    """Publishes the reference data, in force from the moment given."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A service on a clean database, and everybody who waits for the play to begin."""

    town: Town
    watch: Watch
    city: str
    address: str
    serving: asyncio.Task[None]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="演完即停, 末行为汇总 / stop at the end, with one line")
    ] = False,
    port: Annotated[int, typer.Option(help="端口 / port")] = 8000,
    seed: Annotated[int, typer.Option(help="随机种子 / the run's random seed")] = 373,
    speed: Annotated[
        float, typer.Option(min=0.1, max=5, help="倍速, 1 约 75 秒 / 1: about 75 s for the day")
    ] = 1.0,
) -> None:
    """演示城市的一天: 内置重庆数据, 模拟上报、派遣、处置、超期与结案 / play a city day.

    用自己的数据库, 每次重新开始; 演完后服务继续运行, Ctrl-C 停止。
    It uses a database of its own, made anew each time; afterwards the service stays up.

    例 / example: `yiguan demo` · `yiguan demo --once --port 8001 --speed 1.5`
    """
    _refuse_taken(port)
    settings = replace(Settings.from_environment(), log_level="error")
    set_up_logs(settings)
    staging = Staging(
        port=port,
        seed=seed,
        speed=speed,
        reports=reports.read(),
        calendar=calendar_sheet.parse(data.shipped(Part.CALENDAR)),
        load=_load_shipped,
    )
    with ending(), server(settings) as (ready, _):
        run(_demo(of_its_own(ready, f"yiguan_demo_{port}"), staging, once=once))


async def _demo(settings: Settings, staging: Staging, *, once: bool) -> None:
    console.print("准备数据库与规则库 / preparing the database and the rulebook …")
    async with staged(settings, staging) as stage:
        console.print(f"服务已启动 / serving on {stage.address}")
        outcome = await _unless_stopped(_perform(stage, staging.reports), stage.serving)
        if outcome is None:
            return
        _tell(outcome)
        if not once:
            console.print(outcome.line, soft_wrap=True)
            _invite(stage)
            await asyncio.wait({stage.serving})
    if once:
        console.print(outcome.line, soft_wrap=True)


async def _unless_stopped(
    work: Coroutine[Any, Any, Outcome], serving_: asyncio.Task[None]
) -> Outcome | None:
    """Return what the work came to; None if the service was stopped before its end."""
    playing = asyncio.create_task(work)
    try:
        await asyncio.wait({playing, serving_}, return_when=asyncio.FIRST_COMPLETED)
        return None if serving_.done() else playing.result()
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)


async def _perform(stage: Stage, day: Sequence[Report]) -> Outcome:
    """Play the day with the counters on the screen."""
    with show.Screen(console, stage.town.clock) as screen:
        return await Play(stage.town, stage.watch, stage.city, screen.show).run(day)


def _tell(outcome: Outcome) -> None:
    console.print(show.ending(outcome))
    if outcome.first_closed is not None:
        console.print(
            f"首个单元结案于开演后 {outcome.first_closed:.0f} 秒"
            f" / the first unit was closed {outcome.first_closed:.0f} s into the play"
        )
    for refusal in outcome.refusals[:REFUSALS]:
        console.print(f"拒绝 / refused: {refusal}", style="red", markup=False, soft_wrap=True)


def _invite(stage: Stage) -> None:
    """Say how to go on with the service that stays up."""
    console.print(
        f"\n接口文档 / API docs: {stage.address}/docs\n"
        f"市级负责人密钥 / a city supervisor's key: {stage.watch.key}\n"
        f"例 / example:\n"
        f"  curl -H 'Authorization: Bearer {stage.watch.key}' "
        f"'{stage.address}/v1/units?raised=true&limit=5'\n"
        "Ctrl-C 停止 / stops it",
        markup=False,
        soft_wrap=True,
    )


def of_its_own(settings: Settings, name: str) -> Settings:
    """Return the settings with another database of the same server."""
    url = make_url(settings.database_url or "").set(database=name)
    return replace(settings, database_url=url.render_as_string(hide_password=False))


@asynccontextmanager
async def staged(settings: Settings, staging: Staging) -> AsyncGenerator[Stage]:
    """Set up a clean database and a service on it; the clock stands until the play begins."""
    clock = _clock(staging)
    await _clean(settings)
    administrator, city = await _load(settings, staging, clock.now())
    address = f"http://{HOST}:{staging.port}"
    async with _served(settings, clock, staging.port) as task, _client(address) as client:
        await _ready(client)
        service = Service(client, clock)
        people = People(service, administrator)
        key = await people.key(f"{city}-ZX", "centre", Duty.WATCH)
        town = Town(service, people, clock, staging.seed)
        yield Stage(town, Watch(service, key), city, address, task)


def _clock(staging: Staging) -> PlayedDay:
    today = datetime.now(ZONE).date()
    opening = datetime.combine(last_working_day(staging.calendar, today), OPENING, ZONE)
    return PlayedDay(
        opening=opening,
        evening=evening_of(staging.reports, opening),
        daytime=DAYTIME / staging.speed,
        night=NIGHT / staging.speed,
    )


def last_working_day(calendar: Calendar, today: date) -> date:
    """Return the latest working day before today."""
    day = today - timedelta(days=1)
    while not calendar.hours_on(day):
        day -= timedelta(days=1)
    return day


async def _load_shipped(opened: Database, at: datetime) -> None:
    await load_shipped(opened, now=at, by=BY)


async def _clean(settings: Settings) -> None:
    """Drop the demo's own database, whatever was played in it, and make it anew."""
    url = make_url(settings.database_url or "")
    maintenance = url.set(database="postgres").render_as_string(hide_password=False)
    connection = await asyncpg.connect(maintenance)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')
    finally:
        await connection.close()
    await prepare(settings)


async def _load(settings: Settings, staging: Staging, at: datetime) -> tuple[str, str]:
    """Publish the city and return its administrator's key and its code."""
    library = Library()
    async with database(settings) as opened:
        await staging.load(opened, at)
        async with opened.transaction() as tx:
            await library.follow(tx, now=at)
            rulebook = library.current(at).rulebook
            city = rulebook.areas.city
            centre = rulebook.organisations.nearest_centre((city,))
            made = await access.create(
                tx,
                rulebook,
                name="系统管理员",
                organisation=centre.code,
                roles=[Role.ADMINISTRATOR],
                at=at,
            )
            return made.secret, city.code


@asynccontextmanager
async def _served(
    settings: Settings, clock: PlayedDay, port: int
) -> AsyncGenerator[asyncio.Task[None]]:
    """Serve meanwhile, in this process."""
    task = asyncio.create_task(serving(settings, clock, host=HOST, port=port, works=True))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _client(address: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=address, timeout=30, trust_env=False)


async def _ready(client: httpx.AsyncClient) -> None:
    """Wait until the service has its rulebook; raises TimeoutError."""
    for _ in range(int(PATIENCE / LOOK)):
        if await _is_ready(client):
            return
        await asyncio.sleep(LOOK)
    raise TimeoutError("服务未能就绪 / the service did not become ready")


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).is_success
    except httpx.TransportError:
        return False


def _refuse_taken(port: int) -> None:
    """Raise ValueError with the way out when somebody listens on the port."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError:
            message = (
                f"端口 {port} 已被占用, 请换一个: yiguan demo --port {port + 1}"
                f" / port {port} is taken, name another: yiguan demo --port {port + 1}"
            )
            raise ValueError(message) from None
