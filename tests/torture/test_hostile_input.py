"""Hostile input over raw sockets: refused in words, nothing written, and the service stays up."""

import asyncio
import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.torture import checker
from tests.torture.load import post, report
from tests.torture.town import CENTRE, Service, Tell, Town

Answer = tuple[int, dict[str, str], bytes]
MEGABYTE = 1 << 20


class Line:
    """A raw connection to the service."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, service: Service) -> "Line":
        return cls(*await asyncio.open_connection("127.0.0.1", service.port, limit=1 << 20))

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self, within: float = 20) -> Answer:
        """Return the next answer's status, headers and body; raises EOFError at the end."""
        async with asyncio.timeout(within):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        return int(head[0].split()[1]), headers, body

    async def cut(self) -> None:
        self._writer.transport.abort()
        with suppress(OSError):
            await self._writer.wait_closed()


def request(
    town: Town, body: bytes, *, length: int | None = None, headers: Mapping[str, str] | None = None
) -> bytes:
    lines = {
        "Host": "yiguan",
        "Authorization": f"Bearer {town.keys[CENTRE]}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body) if length is None else length),
        **(headers or {}),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return b"POST /v1/events HTTP/1.1\r\n" + head.encode("latin-1") + b"\r\n" + body


def encoded(**changes: Any) -> bytes:
    return json.dumps(report(**changes)).encode()


def nested(depth: int) -> bytes:
    deep = b"[" * depth + b"]" * depth
    return encoded(attributes={"x": "DEEP"}).replace(b'"DEEP"', deep)


def _in_text(raw: bytes) -> bytes:
    return encoded(text="HERE").replace(b"HERE", raw)


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{",
    "not an object": b'"event"',
    "null": b"null",
    "1,000 deep": nested(1000),
    "30,000 deep": nested(30_000),
    "deep outside the fields": b"[" * 1000 + b"]" * 1000,
    "deep keys": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "NUL escaped": _in_text(b"a\\u0000b"),
    "NUL raw": _in_text(b"a\x00b"),
    "NUL in a key": encoded(attributes={"a\x00": "b"}),
    "lone high surrogate": _in_text(b"\\ud800"),
    "lone low surrogate": _in_text(b"\\udc00"),
    "surrogates the wrong way round": _in_text(b"\\udc00\\ud800"),
    "surrogate as UTF-8": _in_text(b"\xed\xa0\x80"),
    "surrogate in a key": encoded(attributes={"K": "b"}).replace(b'"K"', b'"\\ud800"'),
    "invalid UTF-8": _in_text(b"\xff\xfe\xfd"),
    "overlong UTF-8": _in_text(b"\xc0\xaf"),
    "cut UTF-8": _in_text("坑".encode()[:2]),
    "UTF-16": encoded().decode().encode("utf-16"),
    "GBK": _in_text("井盖".encode("gbk")),
    "BOM": b"\xef\xbb\xbf" + encoded(),
    "NaN": encoded(place={"point": {"longitude": float("nan"), "latitude": 29.5}}),
    "infinite": encoded(place={"point": {"longitude": float("inf"), "latitude": 29.5}}),
    "1e400": encoded(place={"point": {"longitude": 77, "latitude": 29.5}}).replace(b"77", b"1e400"),
    "a number of 10,000 digits": encoded(source=77).replace(b"77", b"7" * 10_000),
    "a text of 5,000": encoded(text="坑" * 5000),
    "an id that is a number": encoded(id=7),
    "year 0": encoded(occurred_at="0000-01-01T00:00:00Z"),
    "year 9999 west of UTC": encoded(occurred_at="9999-12-31T23:59:59-12:00"),
    "a moment without offset": encoded(occurred_at="2026-11-20T09:30:00"),
    "5,000 unknown fields": json.dumps({str(each): 0 for each in range(5000)}).encode(),
    "10 MB": encoded(text="x" * (10 * MEGABYTE)),
    "10 MB of blanks": encoded() + b" " * (10 * MEGABYTE),
    "trailing JSON": encoded() + b"{}",
    "a code with a brace": encoded(place={"code": "{500101}"}),
    "an unknown code": encoded(place={"code": "999999"}),
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_hostile_body_is_refused_in_words(town: Town, service: Service, name: str):
    before = await checker.census(town.url)
    line = await Line.to(service)
    await line.send(request(town, BODIES[name]))
    status, headers, body = await line.answer()
    await line.cut()

    assert 400 <= status < 500, body[:300]
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(body)["status"] == status
    assert len(body) < MEGABYTE
    assert await checker.census(town.url) == before


HEADS: dict[str, bytes] = {
    "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n",
    "no version": b"GET /v1/me\r\n\r\n",
    "two lengths": b"POST /v1/events HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunks": (
        b"POST /v1/events HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}"
    ),
    "negative length": b"POST /v1/events HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "endless length": b"POST /v1/events HTTP/1.1\r\nContent-Length: 9999999999999999999999\r\n\r\n",
    "bad chunk": b"POST /v1/events HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "NUL in a header": b"GET /v1/me HTTP/1.1\r\nAuthorization: Bearer yg_\x00_a\r\n\r\n",
    "bytes in the path": b"GET /v1/units/\xff\xfe HTTP/1.1\r\n\r\n",
    "a huge header": b"GET /v1/me HTTP/1.1\r\nAuthorization: Bearer "
    + b"a" * MEGABYTE
    + b"\r\n\r\n",
    "10,000 headers": (
        b"GET /v1/me HTTP/1.1\r\n" + b"".join(b"X-%d: a\r\n" % n for n in range(10_000)) + b"\r\n"
    ),
    "a huge path": b"GET /v1/units/" + b"a" * 60_000 + b" HTTP/1.1\r\n\r\n",
    "NUL in the path": b"GET /v1/units/%00 HTTP/1.1\r\nAuthorization: KEY\r\n\r\n",
    "a surrogate in the path": b"GET /v1/units/%ED%A0%80 HTTP/1.1\r\nAuthorization: KEY\r\n\r\n",
    "a bad cursor": b"GET /v1/units?cursor=%00%ff HTTP/1.1\r\nAuthorization: KEY\r\n\r\n",
    "a NUL in a filter": b"GET /v1/units?holder=%00 HTTP/1.1\r\nAuthorization: KEY\r\n\r\n",
    "a version that is no number": (
        b"POST /v1/units/UNIT:accept HTTP/1.1\r\nAuthorization: KEY\r\nIf-Match: \xb2\r\n"
        b"Content-Length: 2\r\n\r\n{}"
    ),
    "a version of 5,000 digits": (
        b"POST /v1/units/UNIT:accept HTTP/1.1\r\nAuthorization: KEY\r\nIf-Match: "
        + b"9" * 5000
        + b"\r\nContent-Length: 2\r\n\r\n{}"
    ),
}


@pytest.mark.parametrize("name", HEADS)
async def test_a_hostile_head_is_refused(town: Town, service: Service, name: str):
    before = await checker.census(town.url)
    key = f"Bearer {town.keys[CENTRE]}".encode()
    unit = str(uuid4()).encode()
    line = await Line.to(service)
    await line.send(HEADS[name].replace(b"KEY", key).replace(b"UNIT", unit))
    status, _, body = await line.answer()
    await line.cut()

    assert 400 <= status < 500, body[:300]
    assert await checker.census(town.url) == before


async def test_halves_of_requests_hold_nobody_up(town: Town, service: Service, counted: Tell):
    before = (await checker.census(town.url))["event"]
    whole = request(town, encoded())
    lines = []
    for place in range(1, len(whole), len(whole) // 100):
        line = await Line.to(service)
        await line.send(whole[:place])
        lines.append(line)
    async with httpx.AsyncClient(
        headers={"Authorization": f"Bearer {town.keys[CENTRE]}"}, trust_env=False
    ) as client:
        begun = time.monotonic()
        answer = await post(client, service.url, report())
        seconds = time.monotonic() - begun
        for line in lines:
            await line.cut()
        await asyncio.sleep(0.2)
        again = await post(client, service.url, report())
    counted(f"{len(lines)} halves, answered in {seconds:.3f} s meanwhile")

    assert answer is not None
    assert again is not None
    assert (answer.status_code, again.status_code) == (201, 201)
    assert seconds < 5
    assert (await checker.census(town.url))["event"] == before + 2


async def test_a_length_too_small_is_refused_and_ends_the_connection(town: Town, service: Service):
    before = await checker.census(town.url)
    line = await Line.to(service)
    await line.send(request(town, encoded(), length=50))
    status, _, _ = await line.answer()
    with pytest.raises(EOFError):
        await line.answer()
    await line.cut()

    assert status == 400
    assert await checker.census(town.url) == before


async def test_a_length_too_large_waits_until_the_sender_leaves(town: Town, service: Service):
    before = await checker.census(town.url)
    line = await Line.to(service)
    body = encoded()
    await line.send(request(town, body, length=len(body) + 10))
    with pytest.raises(TimeoutError):
        await line.answer(within=0.5)
    await line.cut()
    await asyncio.sleep(0.2)

    assert await checker.census(town.url) == before
    assert service.process.is_running


async def test_pipelined_requests_are_answered_in_order(town: Town, service: Service):
    sent = [report(number) for number in range(50)]
    bodies = [json.dumps(each).encode() for each in sent]
    line = await Line.to(service)
    await line.send(b"".join(request(town, body) for body in bodies))
    answers = [await line.answer() for _ in sent]
    await line.cut()

    assert {status for status, _, _ in answers} == {201}
    assert [json.loads(body)["unit"]["id"] for _, _, body in answers] == [
        each["id"] for each in sent
    ]


async def test_the_service_is_sound_after_all_this(town: Town, service: Service, counted: Tell):
    log = service.process.said()
    unforeseen = re.findall(r'"error": "([^"]*)", "event": "unexpected"', log)
    counted(f"{service.process.memory} MiB, {len(BODIES)} bodies, {len(HEADS)} heads")

    assert service.process.is_running
    assert service.process.memory < 600
    # Of a sender who left in the middle the log may tell; of nothing else.
    assert set(unforeseen) <= {"ClientDisconnect()"}
    assert await checker.faults(town.url) == {}
