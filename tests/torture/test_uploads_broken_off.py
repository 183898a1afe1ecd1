"""Uploads broken off and killed: whatever has a row has its file, whole."""

import asyncio
import itertools
from contextlib import suppress
from hashlib import sha256

import asyncpg
import httpx

from tests.torture.load import PAUSE
from tests.torture.town import TEAM, Service, Tell, Town, come_true

KILLS = 2
PEOPLE = 6
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"


class Uploaders:
    """People who upload without end, some of it twice, and what they were told of it."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.acknowledged: dict[str, str] = {}
        self.stopped = False
        self._key = key
        self._numbers = itertools.count()

    async def work(self) -> None:
        headers = {"Authorization": f"Bearer {self._key}"}
        async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=30) as client:
            while not self.stopped:
                number = next(self._numbers)
                content = JPEG + str(number // 2).encode() * 40_000
                with suppress(httpx.TransportError):
                    answer = await client.post(f"{self.url}/v1/attachments", content=content)
                    if answer.status_code == 201:
                        told = answer.json()
                        assert told["sha256"] == sha256(content).hexdigest()
                        self.acknowledged[told["id"]] = told["sha256"]
                        continue
                await asyncio.sleep(PAUSE)

    async def until(self, count: int) -> None:
        wanted = len(self.acknowledged) + count

        async def are_there() -> bool:
            return len(self.acknowledged) >= wanted

        await come_true(are_there, within=45)


async def rows(town: Town) -> dict[str, str]:
    connection = await asyncpg.connect(town.url)
    try:
        found = await connection.fetch("SELECT id, sha256 FROM attachment")
    finally:
        await connection.close()
    return {str(row["id"]): row["sha256"].hex() for row in found}


def contents(town: Town) -> dict[str, str]:
    """The name of every kept file, and the digest of what it holds."""
    root = town.home / "attachments"
    return {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in root.glob("??/??/*")
        if path.is_file()
    }


async def test_a_killed_service_leaves_no_row_without_its_file(town: Town, counted: Tell):
    service = await town.serve()
    uploaders = Uploaders(service.url, town.keys[TEAM])
    people = [asyncio.create_task(uploaders.work()) for _ in range(PEOPLE)]
    for _ in range(KILLS):
        await uploaders.until(40)
        service.kill()
        service = await town.serve(service.port)
    await uploaders.until(30)
    uploaders.stopped = True
    await asyncio.gather(*people)
    service.kill()

    stored, kept = await rows(town), contents(town)
    counted(f"{len(uploaders.acknowledged)} acknowledged, {len(stored)} rows, {len(kept)} files")
    assert uploaders.acknowledged.items() <= stored.items()
    assert set(stored.values()) <= set(kept)
    assert all(name == digest for name, digest in kept.items())
    assert len(set(stored.values())) < len(stored)


async def broken_off(service: Service, key: str, *head: str) -> None:
    """Send the beginning of an upload and hang up."""
    _, writer = await asyncio.open_connection("127.0.0.1", service.port)
    lines = ("POST /v1/attachments HTTP/1.1", "Host: yiguan", f"Authorization: Bearer {key}", *head)
    writer.write("\r\n".join((*lines, "", "")).encode() + JPEG * 1000)
    await writer.drain()
    await asyncio.sleep(0.3)
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()


async def test_an_upload_broken_off_leaves_neither_file_nor_row(town: Town):
    service = await town.serve()
    before, key = (await rows(town), contents(town)), town.keys[TEAM]
    incoming = town.home / "attachments/incoming"
    for left in incoming.glob("*"):
        # Of the services killed above; a running one sweeps them after a day.
        left.unlink()
    await broken_off(service, key, "Content-Length: 5000000")
    await broken_off(service, key, f"Transfer-Encoding: chunked\r\n\r\n{len(JPEG) * 2000:x}")

    async def is_clean() -> bool:
        return not any(incoming.glob("*"))

    await come_true(is_clean)
    assert (await rows(town), contents(town)) == before
    assert "Traceback" not in service.process.said()
