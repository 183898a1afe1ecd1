"""The API's documentation in a real browser that reaches nothing but the service."""

import asyncio
import json
import re
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from app.main import create_app
from app.settings import Settings

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--virtual-time-budget=15000",
    "--enable-logging=stderr",
    "--v=0",
)


@pytest.fixture
async def address(database_url: str) -> AsyncIterator[str]:
    """Where the service listens, for a browser can speak to nothing else."""
    settings = Settings(
        home=Path("/nonexistent"),
        secret_key=(bytes(32),),
        database_url=database_url,
        pool_size=2,
    )
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(settings), log_config=None, ws="none")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await task


@dataclass(frozen=True)
class Page:
    """A page as it stands when its scripts have run."""

    dom: str
    console: list[str]
    requests: list[str]
    """The addresses the page itself asked for; the browser's own business is not among them."""


async def rendered(url: str) -> Page:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        log = Path(folder) / "net.json"
        browser = await asyncio.create_subprocess_exec(
            str(CHROMIUM),
            *FLAGS,
            f"--user-data-dir={folder}/profile",
            f"--log-net-log={log}",
            "--dump-dom",
            url,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        dom, said = await browser.communicate()
        origin = url.rpartition("/")[0]
        lines = [line for line in said.decode().splitlines() if ":CONSOLE" in line]
        return Page(dom.decode(), lines, asked_by(origin, json.loads(log.read_text())))


def asked_by(origin: str, log: dict[str, Any]) -> list[str]:
    asked = (event.get("params", {}) for event in log["events"])
    return [one["url"] for one in asked if one.get("initiator") == origin]


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")
async def test_a_browser_without_internet_shows_every_operation(address: str):
    page = await rendered(f"{address}/docs")
    async with httpx.AsyncClient(base_url=address, trust_env=False) as http:
        contract = (await http.get("/openapi.json")).json()
    operations = {
        f"operations-{operation['tags'][0]}-{operation['operationId']}"
        for place in ("paths", "webhooks")
        for path in contract[place].values()
        for operation in path.values()
    }
    assert set(re.findall(r'id="(operations-(?!tag-)[^"]+)"', page.dom)) == operations
    assert 'data-path="/v1/events"' in page.dom
    assert f"{address}/openapi.json" in page.requests
    assert [url for url in page.requests if not url.startswith(address)] == []
    # Whatever the policy forbids, and every script that fails, the console tells.
    assert page.console == []


async def test_the_page_refers_to_nothing_outside(address: str):
    async with httpx.AsyncClient(base_url=address, trust_env=False) as http:
        page = await http.get("/docs")
        links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assets = {link: await http.get(link) for link in links if link.startswith("/")}
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert [link for link in links if not link.startswith(("/static/", "data:"))] == []
    assert {link: answer.status_code for link, answer in assets.items()} == dict.fromkeys(
        assets, 200
    )
    style = assets["/static/swagger-ui.css"].text
    fetched = re.findall(r"url\(\s*[\"']?([^\"')]+)|@import\s+[\"']([^\"']+)", style)
    assert [url for pair in fetched for url in pair if url and not url.startswith("data:")] == []
    assert "http" not in assets["/static/docs.js"].text


async def test_nothing_but_the_assets_is_served(address: str):
    async with httpx.AsyncClient(base_url=address, trust_env=False) as http:
        for name in ("..%2fdocs.py", "%2e%2e%2fdocs.py", "nothing.js", ".", "%00"):
            assert (await http.get(f"/static/{name}")).status_code == 404
