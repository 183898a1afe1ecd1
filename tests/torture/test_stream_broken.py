"""Streams on a bad day: the service is killed or stopped, the database is killed."""

import asyncio
from contextlib import suppress

import asyncpg
import httpx
import pytest

from tests.listening import streaming
from tests.torture.load import post, report
from tests.torture.town import CENTRE, Tell, Town, come_true

KILLS = 2


class Listener:
    """A dashboard that comes back with the last id it has heard, as browsers do."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key
        self.last_id = ""
        self.heard: list[str] = []
        self.comings = 0

    async def listen(self) -> None:
        while True:
            with suppress(httpx.TransportError, EOFError):
                await self._once()
            await asyncio.sleep(0.05)

    async def _once(self) -> None:
        async with streaming(self.url, self.key, last_id=self.last_id) as stream:
            self.comings += 1
            try:
                while True:
                    event = await stream.next(within=60)
                    self.heard.append(event.data["id"])
            finally:
                self.last_id = stream.last_id or self.last_id

    async def has_begun(self) -> bool:
        return self.comings > 0


async def stored(town: Town) -> list[str]:
    connection = await asyncpg.connect(town.url)
    rows = await connection.fetch("SELECT epoch, id FROM step ORDER BY epoch, xid, id")
    await connection.close()
    return [f"msg_{row['epoch']}_{row['id']}" for row in rows]


async def reported(town: Town, url: str, count: int) -> None:
    key = {"Authorization": f"Bearer {town.keys[CENTRE]}"}
    async with httpx.AsyncClient(headers=key, trust_env=False, timeout=30) as client:
        for number in range(count):
            answer = await post(client, url, report(number))
            assert answer is not None
            assert answer.status_code == 201, answer.text


async def test_a_killed_service_leaves_no_gap_in_a_stream(town: Town, counted: Tell):
    heard, other = await asyncio.gather(town.serve(None, "--api-only"), town.serve())
    listener = Listener(heard.url, town.keys[CENTRE])
    listening = asyncio.create_task(listener.listen())
    await come_true(listener.has_begun)
    before = len(await stored(town))
    for _ in range(KILLS):
        writing = asyncio.create_task(reported(town, other.url, 20))
        await asyncio.sleep(0.3)
        heard.kill()
        await writing
        heard = await town.serve(heard.port, "--api-only")
    lines = await stored(town)

    async def all_heard() -> bool:
        return len(listener.heard) >= len(lines) - before

    await come_true(all_heard, within=30)
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
    heard.kill()
    other.kill()
    counted(f"{len(listener.heard)} messages, {listener.comings} connections")
    assert listener.heard == lines[before:]
    assert listener.comings > KILLS


async def test_a_service_stops_at_once_though_streams_are_open(town: Town):
    service = await town.serve()
    async with (
        streaming(service.url, town.keys[CENTRE]) as one,
        streaming(service.url, town.keys[CENTRE]) as two,
    ):
        code, seconds = await service.process.terminate()
        for stream in (one, two):
            with pytest.raises(EOFError):
                await stream.next()
    assert code == 0, service.process.said()
    assert seconds < 4
    assert "Cancel" not in service.process.said()


async def test_a_stream_goes_on_after_the_database_was_killed(town: Town):
    service = await town.serve()
    before = len(await stored(town))
    async with streaming(service.url, town.keys[CENTRE]) as stream:
        await reported(town, service.url, 1)
        await stream.next()
        await asyncio.to_thread(town.kill_database)
        await asyncio.to_thread(town.hold)
        await service.ready()
        await reported(town, service.url, 3)
        lines = (await stored(town))[before:]
        while len(stream.seen) < len(lines):
            await stream.next()
    service.kill()
    assert [event.data["id"] for event in stream.seen] == lines
