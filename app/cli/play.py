"""demo: a city day, played against a service of its own."""

import asyncio
import os
import socket
import sys
import webbrowser
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
from app.demo.cast import CAST, Character
from app.demo.day import PlayedDay
from app.demo.door import PATH as DOOR
from app.demo.door import Door
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
SEED: Final = 373
PATIENCE: Final = 60.0
"""Seconds the service has to load its rulebook in."""
LOOK: Final = 0.1
CURTAIN: Final = 15.0
"""Seconds that the play waits for the browser it has opened."""
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
    cast: Sequence[Character] = CAST


@dataclass(frozen=True, slots=True)
class Stage:
    """A service on a clean database, and everybody who waits for the play to begin."""

    town: Town
    watch: Watch
    city: str
    address: str
    serving: asyncio.Task[None]
    door: Door

    @property
    def link(self) -> str:
        """Return where a browser comes in, as the director and without a key."""
        return f"{self.address}{self.door.path}"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="演完即停, 末行为汇总 / stop at the end, with one line")
    ] = False,
    port: Annotated[int, typer.Option(help="端口 / port")] = 8000,
    seed: Annotated[int, typer.Option(help="随机种子 / the run's random seed")] = SEED,
    speed: Annotated[
        float, typer.Option(min=0.1, max=5, help="倍速, 1 约 75 秒 / 1: about 75 s for the day")
    ] = 1.0,
    browser: Annotated[
        bool,
        typer.Option(
            "--browser/--no-browser", help="在浏览器中打开一屏 / open the one screen in a browser"
        ),
    ] = True,
) -> None:
    """演示城市的一天: 内置重庆数据, 模拟上报、派遣、处置、超期与结案 / play a city day.

    在一屏上看着它演。用自己的数据库, 每次重新开始; 演完后服务继续运行, Ctrl-C 停止。
    Watch it on the one screen. It uses a database of its own, made anew each time; afterwards
    the service stays up.

    例 / example: `yiguan demo` · `yiguan demo --once --port 8001 --speed 1.5`
    """
    _refuse_taken(port)
    settings = replace(Settings.from_environment(), log_level="error")
    set_up_logs(settings)
    staging = shipped_day(port, seed=seed, speed=speed)
    with ending(), server(settings) as (ready, _):
        own, opens = of_its_own(ready, f"yiguan_demo_{port}"), browser and _has_display()
        run(_demo(own, staging, once=once, opens=opens))


def shipped_day(port: int, *, seed: int = SEED, speed: float = 1.0) -> Staging:
    """Return how the shipped reports are played in the shipped city."""
    return Staging(
        port=port,
        seed=seed,
        speed=speed,
        reports=reports.read(),
        calendar=calendar_sheet.parse(data.shipped(Part.CALENDAR)),
        load=_load_shipped,
    )


def _has_display() -> bool:
    """Tell whether somebody sits before a screen that a browser can open on."""
    on_display = sys.platform != "linux" or {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()
    return console.is_terminal and bool(on_display)


async def _demo(settings: Settings, staging: Staging, *, once: bool, opens: bool) -> None:
    console.print("准备数据库与规则库 / preparing the database and the rulebook …")
    async with staged(settings, staging) as stage:
        console.print(f"服务已启动 / serving on {stage.address}")
        if not once:
            _show_in(stage)
        if opens and not once:
            await _open(stage)
        outcome = await _unless_stopped(_perform(stage, staging.reports), stage.serving)
        if outcome is None:
            return
        _tell(outcome)
        if not once:
            console.print(outcome.line, soft_wrap=True)
            _invite(stage)
            await _linger(stage)
    if once:
        console.print(outcome.line, soft_wrap=True)


def _show_in(stage: Stage) -> None:
    """Say where to watch."""
    console.print(
        f"在浏览器中看这一天 / watch the day in a browser: {stage.link}",
        markup=False,
        soft_wrap=True,
    )


async def _open(stage: Stage) -> None:
    """Open the browser, and give it time to show the stage before the play begins."""
    if not await asyncio.to_thread(webbrowser.open, stage.link):
        return
    entering = asyncio.create_task(stage.door.entered.wait())
    await asyncio.wait(
        {entering, stage.serving}, timeout=CURTAIN, return_when=asyncio.FIRST_COMPLETED
    )
    entering.cancel()


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


async def _linger(stage: Stage) -> None:
    """Leave the onlooker something to do, for as long as the service stays up."""
    play = Play(stage.town, stage.watch, stage.city, lambda *_: None)
    morning = asyncio.create_task(play.leave(reports.read(reports.MORNING)))
    try:
        await asyncio.wait({stage.serving})
    finally:
        morning.cancel()
        await asyncio.gather(morning, return_exceptions=True)


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
        f"\n今早的新上报正在进来, 留给您办 / this morning's reports come in, for you to work\n"
        f"一屏, 免登录 / the one screen, no key needed: {stage.link}\n"
        f"换人看 / look as another: {stage.address}{DOOR}\n"
        f"接口文档 / API docs: {stage.address}/docs\n"
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
    async with _client(address) as client:
        service = Service(client, clock)
        people = People(service, administrator)
        door = Door(people, staging.cast)
        async with _served(settings, clock, staging.port, door) as task:
            await _ready(client)
            key = await people.key(f"{city}-ZX", "centre", Duty.WATCH)
            town = Town(service, people, clock, staging.seed)
            yield Stage(town, Watch(service, key), city, address, task, door)


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
        async with opened.reading() as tx:
            await library.follow(tx, now=at)
        rulebook = library.current(at).rulebook
        city = rulebook.areas.city
        centre = rulebook.organisations.nearest_centre((city,))
        async with opened.transaction() as tx:
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
    settings: Settings, clock: PlayedDay, port: int, door: Door
) -> AsyncGenerator[asyncio.Task[None]]:
    """Serve meanwhile, in this process."""
    served = serving(settings, clock, host=HOST, port=port, works=True, install=door.install)
    task = asyncio.create_task(served)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _client(address: str) -> httpx.AsyncClient:
    # Idle connections are given up before the server, after its five seconds, closes them.
    limits = httpx.Limits(keepalive_expiry=2)
    return httpx.AsyncClient(base_url=address, timeout=30, trust_env=False, limits=limits)


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
