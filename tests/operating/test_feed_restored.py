"""A dump restored into a fresh cluster: readers of the feed go on, or learn that they cannot."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.domain.authority import Role
from app.main import create_app
from app.settings import DATABASE, Settings
from app.store import embedded
from tests.conftest import open_folder
from tests.given import CITY, GRID, City, Person
from tests.operating.conftest import Terminal


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder / "home"


async def read(person: Person, cursor: str) -> tuple[list[str], str]:
    page = await person.get("/v1/feed", cursor=cursor)
    return [item["id"] for item in page["items"]], page["cursor"]


async def refused(person: Person, cursor: str) -> Any:
    answer = await person.call("GET", "/v1/feed", params={"cursor": cursor})
    return answer.status_code, answer.json()["type"]


async def test_a_reader_goes_on_with_its_cursor_or_is_told_to_begin_anew(
    yiguan: Terminal, city: City, database_url: str, elsewhere: Path, tmp_path: Path
):
    reader = await city.person(f"{CITY}-ZX", Role.SUPERVISOR)
    reporter = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    begun = (await reader.get("/v1/feed"))["cursor"]
    await reporter.post(city.report())
    halfway = (await reader.get("/v1/feed", cursor=begun, limit=1))["cursor"]
    unread, _ = await read(reader, halfway)
    file = tmp_path / "yiguan.dump"
    made = await asyncio.to_thread(yiguan, "backup", str(file), YIGUAN_DATABASE_URL=database_url)
    assert made.code == 0, made.text
    await reporter.post(city.report())
    _, ahead = await read(reader, begun)
    snapshot = (await reader.get("/v1/snapshot"))["cursor"]

    restored = await asyncio.to_thread(
        yiguan, "restore", str(file), YIGUAN_DATABASE_URL="", YIGUAN_HOME=elsewhere
    )
    assert restored.code == 0, restored.text
    with embedded.hold(elsewhere) as server:
        settings = Settings(home=elsewhere, database_url=server.url(DATABASE), pool_size=4)
        app = create_app(settings, clock=city.clock)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://yiguan") as client,
        ):
            there = City(client, app, city.clock, city.keys, city.count)
            again = await there.person(f"{CITY}-ZX", Role.SUPERVISOR)
            fellow = await there.person(f"{GRID}-WG", Role.GRID_WORKER)
            unit = (await fellow.post(there.report())).json()["unit"]
            found, end = await read(again, halfway)
            assert found[: len(unread)] == unread
            # Transaction ids begin anew there; the epoch puts what is new behind all that was.
            assert [one.split("_")[1] for one in found[len(unread) :]] == ["2", "2"]
            await fellow.act(unit["id"], "accept")
            assert len((await read(again, end))[0]) == 1

            # It has read what this log has never held.
            assert await refused(again, ahead) == (410, "/problems/cursor-expired")
            assert await refused(again, snapshot) == (410, "/problems/cursor-expired")
            fresh = (await again.get("/v1/snapshot"))["cursor"]
            assert (await read(again, fresh))[0] == []
