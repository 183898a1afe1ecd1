"""Posting to servers that behave well, badly and cunningly."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from time import perf_counter

import pytest

from app.domain.answer import EXCERPT, Answer, Outcome
from app.wire import door
from app.wire.guard import Guard
from app.wire.names import Names
from app.wire.post import Letter, Post
from tests.wire.receiving import Receiver, answering, raw, receiver

LOOPBACK = ("127.0.0.0/8",)
HEAD = b"HTTP/1.1 200 OK\r\n"


def letter(port: int, host: str = "127.0.0.1", *, timeout: float = 5, **headers: str) -> Letter:
    return Letter(f"http://{host}:{port}/hook", headers, b'{"a":1}', timeout)


def names(*turns: Sequence[str]) -> Names:
    """A name service that answers each question differently; the last answer stays."""
    left = list(turns)

    async def ask(host: str, port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return ask


def post(*servers: Receiver, allowed: Sequence[str] = LOOPBACK, known: Names | None = None):
    guard = Guard.of(allowed, [server.port for server in servers])
    return Post.opened(guard, names=known)


@pytest.fixture
async def well() -> AsyncIterator[Receiver]:
    async with receiver(answering(200, b'{"ok":true}')) as made:
        yield made


async def sent(behave, **how) -> Answer:
    async with receiver(behave) as server, post(server) as out:
        return await out.send(letter(server.port, **how))


async def test_a_letter_arrives_as_it_was_signed_with_its_headers(well: Receiver):
    async with post(well) as out:
        answer = await out.send(letter(well.port, **{"webhook-id": "msg_1_2"}))
    assert (answer.outcome, answer.status, answer.error) == (Outcome.DELIVERED, 200, "")
    assert answer.excerpt == '{"ok":true}'
    assert 0 < answer.latency < 5000
    assert well.bodies == [b'{"a":1}']
    [head] = well.heads
    assert head.startswith("POST /hook HTTP/1.1\r\n")
    assert "webhook-id: msg_1_2" in head
    assert "Accept-Encoding: identity" in head
    assert "gzip" not in head


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (204, Outcome.DELIVERED),
        (299, Outcome.DELIVERED),
        (300, Outcome.REFUSED),
        (304, Outcome.REFUSED),
        (400, Outcome.REFUSED),
        (401, Outcome.REFUSED),
        (404, Outcome.REFUSED),
        (410, Outcome.GONE),
        (429, Outcome.THROTTLED),
        (500, Outcome.REFUSED),
        (502, Outcome.THROTTLED),
        (503, Outcome.THROTTLED),
        (504, Outcome.THROTTLED),
        (599, Outcome.REFUSED),
    ],
)
async def test_a_status_says_how_it_ended(status: int, outcome: Outcome):
    answer = await sent(answering(status))
    assert (answer.outcome, answer.status) == (outcome, status)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_refusal_and_is_not_followed(status: int, well: Receiver):
    target = f"http://127.0.0.1:{well.port}/elsewhere"
    async with receiver(answering(status, Location=target)) as server, post(server, well) as out:
        answer = await out.send(letter(server.port))
    assert (answer.outcome, answer.status) == (Outcome.REFUSED, status)
    assert well.connections == 0


async def test_proxies_of_the_environment_and_cookies_are_left_alone(
    well: Receiver, monkeypatch: pytest.MonkeyPatch
):
    async with receiver(answering(200, Set_Cookie="a=b; Path=/")) as server:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{well.port}")
        monkeypatch.setenv("all_proxy", f"http://127.0.0.1:{well.port}")
        async with post(server, well) as out:
            for _ in range(2):
                assert (await out.send(letter(server.port))).outcome is Outcome.DELIVERED
    assert well.connections == 0
    assert not any("cookie" in head.lower() for head in server.heads)


async def test_connections_are_used_again_and_only_as_many_opened_as_are_wanted_at_once(
    well: Receiver,
):
    async with post(well) as out:
        for _ in range(20):
            await out.send(letter(well.port))
        assert well.connections == 1
        await asyncio.gather(*(out.send(letter(well.port)) for _ in range(8)))
    assert well.connections <= 8
    assert len(well.bodies) == 28


async def test_an_endless_body_is_cut_and_its_connection_dropped():
    written = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
            await writer.drain()
            written += 0x2000
            await asyncio.sleep(0)

    async with receiver(endless) as server, post(server) as out:
        answer = await out.send(letter(server.port))
        assert answer.outcome is Outcome.DELIVERED
        assert answer.excerpt == "x" * EXCERPT
        await out.send(letter(server.port))
    assert server.connections == 2
    # What the kernel's buffers took besides is not ours.
    assert written < 16 * 1024 * 1024


async def test_a_long_answer_costs_its_connection_and_not_the_delivery():
    async with receiver(answering(200, b"y" * 1_000_000)) as server, post(server) as out:
        answers = [await out.send(letter(server.port)) for _ in range(2)]
    assert [answer.outcome for answer in answers] == [Outcome.DELIVERED] * 2
    assert server.connections == 2


async def test_a_compressed_body_is_not_unpacked():
    answer = await sent(answering(200, b"\x1f\x8b\x08\x00packed", Content_Encoding="gzip"))
    assert answer.outcome is Outcome.DELIVERED
    assert "packed" in answer.excerpt


SLOW = {
    "says nothing": raw(b"", pause=5),
    "stops in the headers": raw(b"HTTP/1.1 200 OK\r\nX-A:", pause=5),
    "drips its headers": raw(HEAD, *[b"X-A: b\r\n"] * 100, pause=0.05),
    "drips its body": raw(HEAD + b"Content-Length: 100\r\n\r\n", *[b"z"] * 99, pause=0.05),
}


@pytest.mark.parametrize("how", SLOW)
async def test_a_server_that_takes_too_long_has_timed_out(how: str):
    began = perf_counter()
    answer = await sent(SLOW[how], timeout=0.3)
    assert answer.outcome is Outcome.TIMED_OUT
    assert "没有在时限内答复" in answer.zh
    # What a body that never came belongs to is told, but is no delivery.
    assert answer.status == (200 if how == "drips its body" else None)
    assert perf_counter() - began < 1.5


BROKEN = {
    "hangs up": raw(),
    "speaks something else": raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    "breaks off in the body": raw(HEAD + b"Content-Length: 100\r\n\r\nhalf"),
    "has headers without end": raw(HEAD + b"X-A: " + b"a" * 100_000 + b"\r\n\r\n"),
    "has headers without number": raw(HEAD + b"X-A: b\r\n" * 10_000 + b"\r\n"),
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_server_that_answers_nonsense_is_unreachable(how: str):
    answer = await sent(BROKEN[how])
    assert answer.outcome is Outcome.UNREACHABLE
    assert answer.error


def unused() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


async def test_where_nobody_listens_is_unreachable():
    port = unused()
    async with Post.opened(Guard.of(LOOPBACK, [port])) as out:
        answer = await out.send(letter(port))
    assert (answer.outcome, answer.status) == (Outcome.UNREACHABLE, None)
    assert answer.zh.startswith("无法连接")


async def test_a_name_that_nobody_knows_is_unreachable_and_may_be_known_later(well: Receiver):
    async def nothing(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    for unknown in (nothing, names(())):
        async with post(well, known=unknown) as out:
            answer = await out.send(letter(well.port, "nobody.example"))
        assert answer.outcome is Outcome.UNREACHABLE
        assert answer.zh.startswith("域名无法解析")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1"]
)
async def test_a_literal_address_that_is_not_allowed_is_not_called(host: str, well: Receiver):
    async with post(well, allowed=()) as out:
        answer = await out.send(letter(well.port, host))
    assert (answer.outcome, answer.outcome.is_terminal) == (Outcome.FORBIDDEN, True)
    assert "YIGUAN_WEBHOOK_ALLOW" in answer.error
    assert well.connections == 0


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("::ffff:127.0.0.1",),
        ("64:ff9b::7f00:1",),
        ("127.0.0.2", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.2"),
    ],
)
async def test_a_name_is_not_called_if_any_of_its_addresses_is_forbidden(
    addresses: Sequence[str], well: Receiver
):
    async with post(well, allowed=("127.0.0.2",), known=names(addresses)) as out:
        answer = await out.send(letter(well.port, "rebound.example"))
    assert answer.outcome is Outcome.FORBIDDEN
    assert well.connections == 0


async def test_a_name_that_changes_its_mind_is_asked_once_and_checked_each_time(well: Receiver):
    """Rebinding: allowed when it was looked at, forbidden when it is called."""
    turning = names(["127.0.0.2"], ["127.0.0.1"])
    async with receiver(answering(200), host="127.0.0.2") as allowed:
        guard = Guard.of(("127.0.0.2",), [well.port, allowed.port])
        async with Post.opened(guard, names=turning) as out:
            first = await out.send(letter(allowed.port, "rebound.example"))
            second = await out.send(letter(allowed.port, "rebound.example"))
            third = await out.send(letter(well.port, "rebound.example"))
    # The second goes where the first was connected to; only the third asks for the name anew.
    assert [first.outcome, second.outcome] == [Outcome.DELIVERED] * 2
    assert allowed.connections == 1
    assert f"Host: rebound.example:{allowed.port}" in allowed.heads[0]
    assert third.outcome is Outcome.FORBIDDEN
    assert well.connections == 0


async def test_a_name_on_the_public_internet_is_not_called_without_tls(well: Receiver):
    async with post(well, known=names(["8.8.8.8"])) as out:
        answer = await out.send(letter(well.port, "public.example"))
    assert answer.outcome is Outcome.FORBIDDEN
    assert "https" in answer.zh


@pytest.mark.parametrize(
    "url",
    ["http://2130706433:{}/", "http://a..b:{}/", "http://xn--zzzzzz:{}/", "http://127.0.0.1:1/"],
)
async def test_a_url_that_is_none_can_not_be_sent_ever(url: str, well: Receiver):
    async with post(well) as out:
        answer = await out.send(Letter(url.format(well.port), {}, b"", 5))
    assert (answer.outcome, answer.may_be_repeated) == (Outcome.UNSENDABLE, False)
    assert well.connections == 0


async def test_a_header_with_a_line_break_can_not_be_sent(well: Receiver):
    async with post(well) as out:
        answer = await out.send(letter(well.port, **{"X-A": "b\r\nX-Injected: yes"}))
    assert answer.outcome is Outcome.UNSENDABLE
    assert well.heads == []


async def test_a_dead_server_keeps_no_other_waiting(well: Receiver):
    async with receiver(raw(b"", pause=5)) as dead, post(dead, well) as out:
        waiting = [asyncio.create_task(out.send(letter(dead.port))) for _ in range(150)]
        await asyncio.sleep(0.05)
        answer = await asyncio.wait_for(out.send(letter(well.port)), 2)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    assert answer.outcome is Outcome.DELIVERED


async def test_an_idle_connection_is_given_up_before_usual_servers_do():
    # uvicorn and node close theirs after 5 s.
    assert door.KEEP_ALIVE < 5
