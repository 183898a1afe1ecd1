"""webhook in the terminal, against the service itself."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from app.cli import webhook_log, webhooks
from app.domain import signature
from app.domain.answer import Answer, Outcome
from app.domain.authority import Role
from app.store import deliveries, feed
from tests.given import GRID, City
from tests.hooks import URL, FakePost, integrator, made, without_network
from tests.operating.conftest import Said, Terminal

Words = Callable[..., Awaitable[Said]]


class Bridge(httpx.BaseTransport):
    """From the command's thread to the service in the test's loop."""

    def __init__(self, city: City, loop: asyncio.AbstractEventLoop) -> None:
        self._city = city
        self._loop = loop

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        sent = self._city.client.request(
            request.method, str(request.url), headers=request.headers, content=request.read()
        )
        answer = asyncio.run_coroutine_threadsafe(sent, self._loop).result(30)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@pytest.fixture
async def words(city: City, yiguan: Terminal, monkeypatch: pytest.MonkeyPatch) -> Words:
    """Run `yiguan webhook …` as the eastern district's integrator."""
    person, loop = await integrator(city), asyncio.get_running_loop()

    def client(*_: object) -> httpx.Client:
        headers = {"Authorization": f"Bearer {person.key}"}
        transport = Bridge(city, loop)
        return httpx.Client(transport=transport, base_url="http://yiguan", headers=headers)

    for module in (webhooks, webhook_log):
        monkeypatch.setattr(module, "client", client)

    async def run(*given: str) -> Said:
        return await asyncio.to_thread(yiguan, "webhook", *given)

    return run


@pytest.fixture
async def webhook(city: City) -> dict[str, Any]:
    return await made(await integrator(city), description="大屏", types=["unit.*"])


@pytest.fixture
def post(city: City) -> FakePost:
    return without_network(city)


async def relayed(city: City, webhook: dict[str, Any], *, dead: bool = False) -> str:
    """Report something, and let a line of it wait for the endpoint; returns its message's id."""
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    await worker.post(city.report())
    service = city.app.state.service
    async with service.database.transaction() as tx:
        line = (await feed.read(tx, (await feed.horizon(tx))._replace(xid=0), limit=99)).lines[-1]
        await deliveries.put(tx, [(webhook["id"], line.trace)], due_at=city.clock.now())
        await deliveries.move(tx, await feed.horizon(tx))
        if dead:
            await tx.execute(
                "UPDATE delivery SET dead_at = $1, is_deferred = true", city.clock.now()
            )
    return line.id


async def test_an_endpoint_is_made_and_its_secret_shown(city: City, words: Words):
    said = await words(
        *("create", URL, "--type", "unit.*", "--type", "clock.overdue", "--payload", "full"),
        *("--header", "X-Token: a:b", "--batch", "20", "--more", '{"schedule": [5, 60]}'),
    )
    first, second = said.lines
    signature.key_of(second.rpartition(" ")[2])
    (one,) = (await (await integrator(city)).get("/v1/webhooks"))["items"]
    assert one["id"] == first.rpartition(" ")[2]
    assert one["types"] == ["unit.*", "clock.overdue"]
    assert (one["payload"], one["batch"], one["schedule"]) == ("full", 20, [5, 60])
    assert one["headers"] == ["X-Token"]


async def test_what_the_service_refuses_is_said_in_its_words(words: Words):
    said = await words("create", "https://10.0.0.1/hook")
    assert said.code == 1
    assert "内网" in said.text
    assert (await words("create", URL, "--header", "X-Token")).code == 1
    for wrong in ("{bad", "[1]"):
        refused = await words("create", URL, "--more", wrong)
        assert (refused.code, "JSON 对象" in refused.text) == (1, True)


async def test_a_list_says_how_each_stands(words: Words, webhook: dict[str, Any]):
    (row,) = [line for line in (await words("list")).lines if webhook["id"][:8] in line]
    assert "启用" in row
    found = json.loads((await words("list", "--json")).text)
    assert [one["id"] for one in found] == [webhook["id"]]


async def test_one_is_named_by_how_it_begins(words: Words, webhook: dict[str, Any]):
    said = await words("show", webhook["id"][:6])
    assert f"地址 url: {URL}" in said.lines
    assert "状态 state: 启用" in said.lines
    unknown = await words("show", "zz")
    assert (unknown.code, "0 个" in unknown.text) == (1, True)


async def test_a_test_message_is_told_of_and_its_failure_is_the_commands(
    words: Words, webhook: dict[str, Any], post: FakePost
):
    well = await words("test", webhook["id"], "--type", "clock.overdue")
    assert (well.code, "送达 204" in well.text) == (0, True)
    post.answer = lambda _: Answer(Outcome.REFUSED, 4, 500, "boom")
    bad = await words("test", webhook["id"])
    assert (bad.code, "对方拒收 500" in bad.text, "boom" in bad.text) == (1, True, True)
    log = await words("log", webhook["id"], "--outcome", "refused")
    assert log.text.count("msg_test_") == 1


async def test_a_secret_is_rotated(words: Words, webhook: dict[str, Any]):
    said = await words("rotate", webhook["id"], "--hours", "48")
    assert said.lines[1].rpartition(" ")[2] != webhook["secret"]
    assert "旧密钥有效至: 11-22 09:30:00" in (await words("show", webhook["id"])).text


async def test_it_is_switched_off_and_on_and_deleted(words: Words, webhook: dict[str, Any]):
    off = await words("disable", webhook["id"], "--reason", "检修")
    assert "停用" in off.text
    assert "检修" in off.text
    assert (await words("enable", webhook["id"])).text.strip() == "启用"
    assert (await words("delete", webhook["id"])).code == 0
    gone = await words("delete", webhook["id"])
    assert (gone.code, "404" in gone.text) == (1, True)


async def test_dead_letters_are_listed_and_recovered(
    city: City, words: Words, webhook: dict[str, Any]
):
    message = await relayed(city, webhook, dead=True)
    dead = await words("log", webhook["id"], "--dead")
    assert message in dead.text
    assert message not in (await words("log", webhook["id"], "--waiting")).text
    said = await words("recover", webhook["id"], "--since", "2026-11-20T00:00")
    assert said.text.strip() == "1 条待推送 / 1 messages are due"
    assert message in (await words("log", webhook["id"], "--waiting")).text


async def test_one_message_is_sent_again(city: City, words: Words, webhook: dict[str, Any]):
    message = await relayed(city, webhook, dead=True)
    assert "1 条" in (await words("resend", webhook["id"], message)).text
    refused = await words("resend", webhook["id"], "msg_1_9999999")
    assert (refused.code, "msg_1_9999999" in refused.text) == (1, True)


async def test_what_was_missed_is_recovered_and_a_moment_must_be_one(
    city: City, words: Words, webhook: dict[str, Any]
):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    await worker.post(city.report())
    service = city.app.state.service
    async with service.database.transaction() as tx:
        await deliveries.move(tx, await feed.horizon(tx))
    since = ("--since", "2026-11-20T00:00", "--what", "missed")
    assert "2 条" in (await words("recover", webhook["id"], *since)).text
    bad = await words("recover", webhook["id"], "--since", "gestern")
    assert (bad.code, "2h" in bad.text) == (1, True)
    assert (await words("recover", webhook["id"], "--since", "2h")).code == 0


COMMANDS = "create list show test rotate disable enable delete log resend recover"


@pytest.mark.parametrize("command", COMMANDS.split())
def test_every_command_has_an_example(yiguan: Terminal, command: str):
    assert f"yiguan webhook {command}" in yiguan("webhook", command, "--help").text
