"""SIGTERM under load: everything taken is finished, everything acknowledged is there."""

import asyncio
from contextlib import suppress

import httpx

from tests.torture import checker
from tests.torture.load import Reporters, post, report
from tests.torture.town import CENTRE, Tell, Town

IN_TIME = 10


async def test_a_service_leaves_with_its_work_done(town: Town, counted: Tell):
    service = await town.serve()
    half = await _half_a_request(service.port, town.keys[CENTRE])
    reporters = Reporters(service.url, town.keys[CENTRE], insist=False)
    async with reporters.reporting(24) as ledger:
        await reporters.until(300)
        # It is the last to hold the embedded server now, and has to stop it.
        town.let_go()
        code, seconds = await service.process.terminate()
        stopped = not (town.server.data_dir / "postmaster.pid").exists()
        await asyncio.to_thread(town.hold)
    half.close()
    with suppress(OSError):
        await half.wait_closed()
    counted(f"code {code} in {seconds:.1f} s, {ledger.answers}")

    assert code == 0, service.process.said()
    assert seconds < IN_TIME
    assert stopped
    assert not ledger.broken
    assert await checker.lost(town.url, ledger.acknowledged) == []
    assert await checker.faults(town.url) == {}
    # What was taken was answered too: nothing is there that nobody was told of.
    assert (await checker.census(town.url))["event"] == len(ledger.acknowledged)


async def test_a_service_leaves_though_the_database_is_gone(town: Town, counted: Tell):
    service = await town.serve()
    async with httpx.AsyncClient(
        headers={"Authorization": f"Bearer {town.keys[CENTRE]}"}, trust_env=False, timeout=30
    ) as client:
        await asyncio.to_thread(town.kill_database)
        posts = [
            asyncio.create_task(post(client, service.url, report(number))) for number in range(20)
        ]
        await asyncio.sleep(0.1)
        code, seconds = await service.process.terminate()
        answers = [
            answer.status_code if answer else "lost" for answer in await asyncio.gather(*posts)
        ]
    await asyncio.to_thread(town.hold)
    counted(f"code {code} in {seconds:.1f} s, {answers}")

    assert code == 0, service.process.said()
    assert seconds < IN_TIME
    assert set(answers) <= {503, "lost"}


async def _half_a_request(port: int, key: str) -> asyncio.StreamWriter:
    """Leave somebody on the line who never finishes."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /v1/events HTTP/1.1\r\nHost: yiguan\r\nContent-Length: 500\r\n"
        b"Authorization: Bearer " + key.encode() + b"\r\n\r\n{"
    )
    await writer.drain()
    return writer
