"""The docs' example consumer, run as it is: what happens in the city changes its counts."""

import asyncio
import importlib.util
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from app.domain import signature
from app.domain.authority import Role
from benchmarks.service import free_port
from tests.delivering import Running, delivering
from yiguan_client import Client, Mirror

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/dashboard.py"
PAGE = ROOT / "docs/dashboards.md"
CENTRE, TEAM = "500101-ZX", "500101001001001-WG"
MOST = 30


def test_the_page_shows_the_example_as_it_is():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert EXAMPLE.read_text(encoding="utf-8") in blocks


def test_the_example_is_short():
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    assert sum(bool(line.strip()) for line in lines) <= MOST


@dataclass
class Dashboard:
    """The example as it runs, with whoever looks at it."""

    running: Running
    address: str
    http: httpx.AsyncClient

    async def counts(self) -> dict[tuple[str, str], int]:
        shown = (await self.http.get("/counts")).json()
        return {(one["organisation"], one["state"]): one["units"] for one in shown}

    async def until(self, wanted: dict[tuple[str, str], int]) -> None:
        end = time.monotonic() + 15
        while (found := await self.counts()) != wanted:
            assert time.monotonic() < end, found
            await asyncio.sleep(0.05)


@asynccontextmanager
async def served(app: Any, port: int) -> AsyncGenerator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, ws="none"))
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task


def example() -> Any:
    """Run the file as `uvicorn dashboard:app` would."""
    spec = importlib.util.spec_from_file_location("dashboard", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
async def dashboard(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Dashboard]:
    port, secret = free_port(), signature.new_secret()
    async with delivering(database_url, tmp_path, port=port) as running:
        key = await running.city.key(CENTRE, Role.INTEGRATOR)
        monkeypatch.setenv("YIGUAN_URL", running.address)
        monkeypatch.setenv("YIGUAN_KEY", key)
        monkeypatch.setenv("DASHBOARD_SECRETS", secret)
        async with (
            served(example().app, port) as address,
            httpx.AsyncClient(base_url=address, trust_env=False) as http,
            Client(running.address, key) as client,
        ):
            wish = {"url": f"{address}/yiguan", "secret": secret, "batch": 50}
            await client.post("/v1/webhooks", wish)
            yield Dashboard(running, address, http)


async def test_what_happens_in_the_city_changes_the_examples_counts(dashboard: Dashboard):
    city = dashboard.running.city
    worker = await city.person(TEAM, Role.GRID_WORKER)
    assert await dashboard.counts() == {}
    unit = (await worker.post(city.report())).json()["unit"]
    await dashboard.until({(TEAM, "dispatched"): 1})
    await worker.act(unit["id"], "accept")
    await dashboard.until({(TEAM, "accepted"): 1})
    await worker.act(unit["id"], "start")
    await worker.act(unit["id"], "resolve", reason="已清运")
    await dashboard.until({(TEAM, "resolved"): 1})
    async with Client(dashboard.running.address, await city.key(CENTRE, Role.INTEGRATOR)) as other:
        counted = (await Mirror.of(other)).counts
    assert sum(counted.values()) == 1
    clerk = await city.person("500101001-ZX", Role.CLERK)
    await clerk.act(unit["id"], "verify")
    await dashboard.until({})


async def test_a_message_that_nobody_signed_changes_nothing(dashboard: Dashboard):
    answer = await dashboard.http.post("/yiguan", json={"type": "unit.filed", "data": {}})
    assert answer.status_code == 401
    assert await dashboard.counts() == {}
