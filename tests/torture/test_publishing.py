"""Versions published under load: no unit is judged by one that was not in force."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx

from app.sheets import responsibility
from tests import given
from tests.torture import checker
from tests.torture.load import Reporters
from tests.torture.town import CENTRE, Service, Tell, Town

SECONDS = 6
"""For how long versions are published; the last one comes into force while reports go on."""

_STRANGE = """
SELECT count(*) FROM event e JOIN unit u ON u.id = e.id OR u.parent = e.id
WHERE u.rulebook IS DISTINCT FROM (
    SELECT version FROM rulebook WHERE withdrawn_at IS NULL AND in_force_at <= e.received_at
    ORDER BY in_force_at DESC, version DESC LIMIT 1)
"""
_SEEN = "SELECT rulebook, count(*) AS units FROM unit GROUP BY rulebook ORDER BY rulebook"


async def test_no_unit_is_judged_by_a_version_that_was_not_in_force(
    town: Town, counted: Tell, tmp_path: Path
):
    services = await asyncio.gather(town.serve(), town.serve())
    headers = {"Authorization": f"Bearer {town.keys[CENTRE]}"}
    crowds = [Reporters(service.url, town.keys[CENTRE]) for service in services]
    async with (
        crowds[0].reporting(6) as first,
        crowds[1].reporting(6) as second,
        httpx.AsyncClient(headers=headers, trust_env=False, timeout=30) as client,
    ):
        published = await _publish(client, services, tmp_path)
        await asyncio.sleep(5.2)
    connection = await asyncpg.connect(town.url)
    strange = await connection.fetchval(_STRANGE)
    seen = {row["rulebook"]: row["units"] for row in await connection.fetch(_SEEN)}
    withdrawn = await connection.fetchval(
        "SELECT count(*) FROM rulebook WHERE withdrawn_at < now()"
    )
    await connection.close()
    counted(f"{published} publications, {withdrawn} withdrawn, units by version {seen}")

    assert strange == 0
    assert len(seen) > 5
    assert published > 5
    assert withdrawn > 0
    assert first.broken + second.broken == []
    assert await checker.lost(town.url, {**first.acknowledged, **second.acknowledged}) == []
    assert await checker.faults(town.url) == {}


async def _publish(client: httpx.AsyncClient, services: Sequence[Service], folder: Path) -> int:
    """Publish about every second, here and there: at once, scheduled, withdrawn, rolled back."""
    deadline, count = time.monotonic() + SECONDS, 0
    while time.monotonic() < deadline:
        url = services[count % 2].url
        draft = await _draft(client, url, folder, count)
        soon = {"at": _in_seconds(8)} if count % 3 == 1 else {}
        version = await _post(client, f"{url}/v1/drafts/{draft}:publish", soon)
        if count % 6 == 4:
            await _post(client, f"{url}/v1/rulebooks/{version}:withdraw", {})
        if count % 6 == 5:
            await _post(client, f"{url}/v1/rulebooks/1:roll-back", {})
        count += 1
        await asyncio.sleep(0.4)
    return count


async def _draft(client: httpx.AsyncClient, url: str, folder: Path, number: int) -> str:
    first, *others = given.entries()
    sheet = folder / "list.csv"
    level = (given.Tier.GRID, given.Tier.COMMUNITY, given.Tier.STREET)[number % 3]
    responsibility.write(sheet, (replace(first, title=f"垃圾 {number}", level=level), *others))
    answer = await client.post(f"{url}/v1/drafts?part=list", content=sheet.read_bytes())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["name"])


async def _post(client: httpx.AsyncClient, url: str, body: dict[str, str]) -> str:
    answer = await client.post(url, json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["name"])


def _in_seconds(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
