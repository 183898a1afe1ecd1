"""The one screen: how soon it is there in a city of a million open units, and what 200 cost.

python -m benchmarks.pages --units 1000000
"""

import argparse
import asyncio
import random
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice, product
from typing import Any, Final

import uvloop
from playwright.async_api import Browser, async_playwright
from rich.console import Console
from rich.table import Table

from app.domain.area import Tier
from app.domain.rulebook import Rulebook
from benchmarks.actions import reports, send
from benchmarks.intake import SEED, cpu
from benchmarks.queues import prepared
from benchmarks.service import Running, running

CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
AREAS: Final = 40
SETTLE: Final = 3.0
_PAINT: Final = """
() => new Promise((found) => {
    const told = () => {
        const paint = performance.getEntriesByName("first-contentful-paint")[0];
        const page = performance.getEntriesByType("navigation")[0];
        if (paint) found([paint.startTime, page.responseStart, page.domContentLoadedEventEnd]);
        else setTimeout(told, 20);
    };
    told();
})
"""


@dataclass
class Load:
    """How a page came to be in a browser, in milliseconds."""

    paint: float
    first_byte: float
    ready: float
    figures: float
    asked: list[str] = field(default_factory=list)


async def opened(browser: Browser, service: Running, path: str) -> Load:
    """Open a page in a window that has seen nothing yet; return when its figures are there."""
    context = await browser.new_context(extra_http_headers={"Authorization": _bearer(service)})
    page, asked = await context.new_page(), list[str]()
    page.on("request", lambda one: asked.append(one.url))
    begun = time.perf_counter()
    await page.goto(f"{service.url}{path}", wait_until="load")
    await page.wait_for_selector(".lamps .whole b", timeout=60_000)
    counted = (time.perf_counter() - begun) * 1000
    paint, first_byte, ready = await page.evaluate(_PAINT)
    await context.close()
    return Load(paint, first_byte, ready, counted, asked)


async def painted(service: Running, paths: Sequence[str], looks: int) -> Table:
    """Look at screens, the very first one before the board is begun."""
    table = Table(title="the one screen in Chromium")
    for name in ("screen", "first paint ms", "first byte ms", "figures ms", "requests"):
        table.add_column(name, justify="right" if name != "screen" else "left")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        # A browser just started paints its first page late, whatever it is.
        warm = await browser.new_page()
        await warm.goto(f"{service.url}/sign-in")
        first = await opened(browser, service, paths[0])
        table.add_row(f"{paths[0]} (the first of all)", *_figures([first]))
        for path in paths:
            loads = [await opened(browser, service, path) for _ in range(looks)]
            table.add_row(path, *_figures(loads))
        await browser.close()
    return table


def _figures(loads: Sequence[Load]) -> tuple[str, ...]:
    """Return the median of each figure, the slowest paint, and the most requests."""
    middle = len(loads) // 2
    paints = sorted(load.paint for load in loads)
    rest = (sorted(values)[middle] for values in _columns(loads))
    most = max(len(load.asked) for load in loads)
    return f"{paints[middle]:.0f} (≤ {paints[-1]:.0f})", *(f"{one:.0f}" for one in rest), str(most)


def _columns(loads: Sequence[Load]) -> tuple[list[float], list[float]]:
    return [load.first_byte for load in loads], [load.figures for load in loads]


def _bearer(service: Running) -> str:
    return f"Bearer {service.key}"


@dataclass
class Heard:
    """What open screens were sent."""

    events: int = 0
    bytes: int = 0


async def watch(service: Running, code: str, lang: str, heard: Heard, ready: asyncio.Event) -> None:
    """Keep a screen open."""
    source, sink = await asyncio.open_connection("127.0.0.1", service.port, limit=1 << 22)
    sink.write(
        f"GET /live/screen/{code} HTTP/1.1\r\nHost: x\r\nCookie: lang={lang}\r\n"
        f"Authorization: {_bearer(service)}\r\n\r\n".encode()
    )
    try:
        if b" 200 " not in await source.readline():
            raise RuntimeError(code)
        while line := await source.readline():
            heard.bytes += len(line)
            if line.startswith(b"data: "):
                ready.set()
            heard.events += line == b"\n"
    finally:
        sink.close()


def everywhere(rulebook: Rulebook, count: int) -> list[Any]:
    """Return reports from all over the city."""
    chance = random.Random(f"{SEED} {time.time_ns()}")
    places = [
        area.code
        for area in rulebook.areas.values()
        if area.tier is Tier.COMMUNITY and not area.has_ended
    ]
    return reports(count, [chance.choice(places) for _ in range(count)])


async def screens(
    service: Running,
    rulebook: Rulebook,
    codes: Sequence[str],
    count: int,
    asked: argparse.Namespace,
) -> tuple[float, float, Heard]:
    """Have reports come in while so many screens are open; returns the cores that takes."""
    heard = Heard()
    ready = [asyncio.Event() for _ in range(count)]
    kinds = islice(cycle(product(codes, ("zh", "en"))), count)
    readers = [
        asyncio.create_task(watch(service, code, lang, heard, one))
        for (code, lang), one in zip(kinds, ready, strict=True)
    ]
    for one in ready:
        await one.wait()
    await asyncio.sleep(SETTLE)
    heard.events = heard.bytes = 0
    before, begun = cpu(service), time.perf_counter()
    for second in range(asked.seconds):
        await send(service.port, service.key, everywhere(rulebook, asked.rate), 2)
        await asyncio.sleep(max(0, begun + second + 1 - time.perf_counter()))
    spent, after = time.perf_counter() - begun, cpu(service)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    return (after[0] - before[0]) / spent, (after[1] - before[1]) / spent, heard


async def crowd(service: Running, rulebook: Rulebook, asked: argparse.Namespace) -> Table:
    """Compare the same load with no screen open and with many."""
    bodies = [area for area in rulebook.areas.values() if not area.has_ended]
    codes = [area.code for area in bodies if area.tier in {Tier.CITY, Tier.DISTRICT}]
    codes += [area.code for area in bodies if area.tier is Tier.STREET]
    codes = codes[:AREAS]
    table = Table(title=f"{asked.rate} reports a second; screens of {AREAS} areas, 2 languages")
    for name in ("screens", "service, of a core", "PostgreSQL", "events/s each", "kB/s each"):
        table.add_column(name, justify="right")
    for count in (0, asked.screens):
        own, postgres, heard = await screens(service, rulebook, codes, count, asked)
        each = max(count, 1) * asked.seconds
        table.add_row(
            str(count),
            f"{own:.1%}",
            f"{postgres:.1%}",
            f"{heard.events / each:.2f}",
            f"{heard.bytes / each / 1000:.1f}",
        )
    return table


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=1_000_000)
    parser.add_argument("--looks", type=int, default=7)
    parser.add_argument("--screens", type=int, default=200)
    parser.add_argument("--rate", type=int, default=20, help="reports a second")
    parser.add_argument("--seconds", type=int, default=30)
    asked = parser.parse_args()
    console = Console(width=110)
    with running() as service:
        rulebook, _ = uvloop.run(prepared(service, asked.units))
        if CHROMIUM is None:
            console.print("no Chromium here: first paints are not measured")
        else:
            paths = ("/screen/500000", "/screen/500103", "/screen/500103001")
            console.print(uvloop.run(painted(service, paths, asked.looks)))
        console.print(uvloop.run(crowd(service, rulebook, asked)))


if __name__ == "__main__":
    main()
