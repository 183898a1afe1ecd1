"""`yiguan webhook listen`: in the terminal stands what comes, and whether it is genuine."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.api.event_examples import example
from app.cli.listen import heard
from app.domain import signature
from app.domain.authority import Role
from app.domain.topic import Topic
from app.wire import signing
from benchmarks.service import free_port
from tests.delivering import Running, delivering

ROOT = Path(__file__).parents[2]
CENTRE, TEAM = "500101-ZX", "500101001001001-WG"
SECRET = signature.new_secret()


def sent(told: Any, secret: str = SECRET) -> tuple[dict[str, str], bytes]:
    """Return a request's headers and body, as the service sends them now."""
    body, at = json.dumps(told, ensure_ascii=False).encode(), datetime.now(UTC)
    headers = {
        signature.ID: "msg_1_7",
        signature.TIMESTAMP: str(int(at.timestamp())),
        signature.SIGNATURE: signing.header([secret], "msg_1_7", at, body),
    }
    return headers, body


def lines(told: Any, secret: str = SECRET) -> list[str]:
    return [one.line.plain for one in heard([SECRET], *sent(told, secret))]


def test_a_genuine_message_is_told_in_a_line():
    (accepted,) = lines(example(Topic.UNIT_ACCEPTED))
    assert accepted == (
        "11-20 09:31:00 ✓ 签收 500103-20261120-00042"
        " 待签收@500103001-MS → 已签收@500103001-MS 七星岗街道民生服务板块(陈工)"
    )
    assert lines(example(Topic.UNIT_CLOSED))[0].split(" ")[5:8] == ["待结案@500103001-MS", "→", "○"]
    assert lines(example(Topic.UNIT_NOTED))[0].split(" ")[3:6] == [
        "备注",
        "500103-20261120-00042",
        "待研判",
    ]
    assert lines(example(Topic.RULEBOOK_PUBLISHED)) == ["11-20 09:31:00 ✓ 规则库已发布 第 18 版"]


def test_what_somebody_else_signed_is_told_as_such():
    (line,) = lines(example(Topic.UNIT_ACCEPTED), signature.new_secret())
    assert " ✗ 签收 " in line
    assert "签名不符" in line


def test_what_a_stranger_sends_does_not_steer_the_terminal():
    told = deepcopy(example(Topic.UNIT_ACCEPTED))
    told["data"]["unit"]["number"] = "\x1b[2J\x07\u2028x"
    (line,) = lines(told, signature.new_secret())
    assert "�[2J��x" in line


@pytest.mark.parametrize("topic", Topic)
def test_every_type_can_be_told(topic: Topic):
    assert len(lines(example(topic))) == 1


def test_a_batch_a_cloud_event_and_a_type_of_tomorrow_are_told():
    accepted = example(Topic.UNIT_ACCEPTED)
    assert len(lines([{"id": "msg_1_1", **accepted}, {"id": "msg_1_2", **accepted}])) == 2
    event = {"specversion": "1.0", "time": accepted["timestamp"], **accepted}
    del event["timestamp"]
    assert lines(event) == lines(accepted)
    assert " ✓ unit.beamed " in lines({**accepted, "type": "unit.beamed"})[0]


def test_as_json_it_is_the_message_with_the_verdict():
    (one,) = heard([SECRET], *sent(example(Topic.UNIT_CLOSED)))
    told = {"verified": True, "id": "msg_1_7", **example(Topic.UNIT_CLOSED)}
    assert json.loads(one.row) == told


@dataclass
class Process:
    """The command as it runs."""

    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)

    async def until(self, words: str) -> str:
        """Read on until a line has these words, and return it."""
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            while line := (await self.process.stdout.readline()).decode():
                self.said.append(line)
                if words in line:
                    return line
        raise AssertionError("".join(self.said))

    async def ended(self) -> int:
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            self.said.append((await self.process.stdout.read()).decode())
            return await self.process.wait()


@asynccontextmanager
async def started(*words: object, **environment: str) -> AsyncGenerator[Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", "webhook", "listen", *map(str, words)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=ROOT,
        env={**os.environ, "YIGUAN_HOME": "/nonexistent", "PYTHONUNBUFFERED": "1", **environment},
    )
    try:
        yield Process(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def endpoints(running: Running) -> list[dict[str, Any]]:
    person = await running.city.person(CENTRE, Role.INTEGRATOR)
    found: list[dict[str, Any]] = (await person.get("/v1/webhooks"))["items"]
    return found


async def reaching(running: Running) -> dict[str, str]:
    key = await running.city.key(CENTRE, Role.INTEGRATOR)
    return {"YIGUAN_URL": running.address, "YIGUAN_KEY": key}


async def test_it_registers_itself_prints_what_comes_and_leaves_nothing_behind(
    database_url: str, tmp_path: Path
):
    port = free_port()
    async with (
        delivering(database_url, tmp_path, port=port) as running,
        started("--port", port, **await reaching(running)) as command,
    ):
        await command.until("正在监听")
        assert [one["url"] for one in await endpoints(running)] == [f"http://127.0.0.1:{port}/"]
        worker = await running.city.person(TEAM, Role.GRID_WORKER, name="巡查员小周")
        unit = (await worker.post(running.city.report())).json()["unit"]
        filed = await command.until(" 立案 ")
        assert f"✓ 立案 {unit['number']} ○ → 待签收@{TEAM}" in filed
        await worker.act(unit["id"], "accept")
        accepted = await command.until(" 签收 ")
        assert f"待签收@{TEAM} → 已签收@{TEAM}" in accepted
        assert "(巡查员小周)" in accepted
        command.process.send_signal(signal.SIGINT)
        assert await command.ended() == 0
        assert "已删除" in command.said[-1]
        assert await endpoints(running) == []


async def test_an_address_that_the_operator_has_not_allowed_is_refused_with_the_way_out(
    database_url: str, tmp_path: Path
):
    port = free_port()
    async with (
        delivering(database_url, tmp_path, port=port, allow=()) as running,
        started("--port", port, **await reaching(running)) as command,
    ):
        assert await command.ended() == 1
        assert "YIGUAN_WEBHOOK_ALLOW=127.0.0.0/8" in command.said[-1]
        assert await endpoints(running) == []


async def test_with_a_secret_alone_it_verifies_and_takes_only_what_is_genuine():
    port = free_port()
    async with (
        started("--secret", SECRET, "--port", port, "--count", 1, "--json") as command,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
    ):
        await command.until("正在监听")
        assert (await http.post("/", content=b"{")).status_code == 400
        for secret, status in ((signature.new_secret(), 401), (SECRET, 204)):
            headers, body = sent(example(Topic.UNIT_ACCEPTED), secret)
            answer = await http.post("/any/path", headers=headers, content=body)
            assert answer.status_code == status
        assert await command.ended() == 0
    told = [json.loads(line) for line in "".join(command.said).splitlines() if line[0] == "{"]
    assert [one["verified"] for one in told] == [False, True]
