"""A forgotten writing transaction: seen in the measures, ended by the session's own timeout."""

import asyncio
import re

import httpx
import pytest

from app.domain.errors import Unavailable
from app.main import create_app
from app.settings import Settings
from app.store.database import Database
from tests.torture.load import report
from tests.torture.town import CENTRE, Tell, Town

_READABLE = "SELECT count(*) FROM step WHERE xid < pg_snapshot_xmin(pg_current_snapshot())"


async def test_a_forgotten_transaction_is_seen_and_ended(town: Town, counted: Tell):
    app = create_app(Settings(town.home, town.url, pool_size=4))
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {town.keys[CENTRE]}"}
    async with (
        Database.connect(town.url, size=1) as database,
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://yiguan", headers=headers) as client,
    ):
        async with database.reading() as tx:
            timeout = await tx.value("SHOW idle_in_transaction_session_timeout")
        ages: list[float] = []
        with pytest.raises(Unavailable):  # noqa: PT012 - raised where the block ends
            async with database.transaction() as tx:
                await tx.execute("SET LOCAL idle_in_transaction_session_timeout = '3s'")
                await tx.value("SELECT pg_current_xact_id()")
                answer = await client.post("/v1/events", json=report())
                for _ in range(5):
                    await asyncio.sleep(0.4)
                    ages.append(await _age(client))
                hidden = await town.value(_READABLE)
                await asyncio.sleep(2)
                await tx.value("SELECT 1")
        after, readable = await _age(client), await town.value(_READABLE)
        # The pool of one is not poisoned by the connection that was ended.
        async with database.transaction() as tx:
            assert await tx.value("SELECT 1") == 1
    counted(f"{timeout}, ages {ages}, then {after}; readable {hidden}, then {readable}")

    assert timeout == "10s"
    assert answer.status_code == 201
    assert ages == sorted(ages)
    assert ages[-1] > 1.5
    assert after < 1
    assert (hidden, readable) == (0, 2)


async def _age(client: httpx.AsyncClient) -> float:
    text = (await client.get("/metrics")).text
    found = re.search(r"^yiguan_horizon_age_seconds (\S+)$", text, re.MULTILINE)
    assert found is not None
    return float(found[1])
