"""A real browser for tests of pages: it reaches nothing but the service."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
ABSENT = "no Chromium here: apt-get install chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
CHINESE, ENGLISH = "zh-CN", "en-US"


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """Serve an application that is running already; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_config=None, ws="none", lifespan="off")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
            await asyncio.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            server.force_exit = True
            await task


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Window:
    """One person's window: what it asked for, what its console said."""

    page: Page
    context: BrowserContext
    address: str
    asked: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)

    def hear(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"}:
            self.console.append(said.text)

    async def go(self, path: str) -> None:
        await self.page.goto(f"{self.address}{path}", wait_until="load")

    async def text(self, selector: str = "main") -> str:
        return await self.page.inner_text(selector)

    @property
    def outside(self) -> list[str]:
        """The addresses asked for that are not the service's."""
        own = urlsplit(self.address).netloc
        return [
            one
            for one in self.asked
            if not one.startswith(("data:", "blob:")) and urlsplit(one).netloc != own
        ]


Opener = Callable[..., Awaitable[Window]]
"""Opens a window for who has a key: `await open_window(key, english=True, width=1280)`."""
SignedIn = Callable[..., dict[str, str]]
"""Gives what the browser of who has a key sends: `signed_in(key, english=True)`."""


async def open_window(
    browser: Browser,
    address: str,
    key: str | None,
    *,
    english: bool = False,
    width: int = 1280,
    height: int = 800,
    **options: Any,
) -> Window:
    """Open a window, signed in if a key is given, as the sign-in page does it."""
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        locale=ENGLISH if english else CHINESE,
        timezone_id="Asia/Shanghai",
        **options,
    )
    context.set_default_timeout(10_000)
    page = await context.new_page()
    window = Window(page, context, address)
    page.on("request", lambda one: window.asked.append(one.url))
    page.on("console", window.hear)
    page.on("pageerror", lambda one: window.console.append(str(one)))
    if english:
        await window.go("/language?to=en&next=/sign-in")
    if key:
        await window.go("/sign-in")
        await page.fill("#key", key)
        await page.click("button.primary")
        await page.wait_for_load_state("load")
    window.asked.clear()
    return window
