"""What is made of what a server says besides its status."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.domain.answer import EXCERPT, Answer, Control
from app.wire.guard import Guard
from app.wire.post import Letter, Post
from tests.wire.receiving import Behaviour, answering, raw, receiver


def post(port: int):
    return Post.opened(Guard.of(("127.0.0.0/8",), [port]))


async def sent(behave: Behaviour) -> Answer:
    async with receiver(behave) as server, post(server.port) as out:
        return await out.send(Letter(f"http://127.0.0.1:{server.port}/", {}, b"", 5))


IN_AN_HOUR = "the date an hour from now"


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("120", 120, 120),
        (" 0 ", 0, 0),
        (IN_AN_HOUR, 3500, 3601),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ("9" * 40, 1e8, 1e9),
    ],
)
async def test_what_a_throttling_server_asks_for_is_told_in_seconds(
    header: str, least: float, most: float
):
    if header == IN_AN_HOUR:
        header = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    answer = await sent(answering(429, Retry_After=header))
    assert answer.retry_after is not None
    assert least <= answer.retry_after <= most


@pytest.mark.parametrize("header", ["soon", "-5", "", "1.5", "٣"])
async def test_a_wait_that_cannot_be_read_is_none(header: str):
    behave = raw(f"HTTP/1.1 503 No\r\nRetry-After: {header}\r\nContent-Length: 0\r\n\r\n".encode())
    assert (await sent(behave)).retry_after is None


@pytest.mark.parametrize(
    ("header", "control"),
    [
        ("disable", Control.DISABLE),
        ("Abort-Message", Control.ABORT),
        ("explode", None),
    ],
)
async def test_a_receiver_may_ask_to_be_left_alone(header: str, control: Control | None):
    answer = await sent(answering(400, webhook_delivery=header))
    assert answer.control is control
    assert answer.may_be_repeated is (control is None)


@pytest.mark.parametrize(
    ("body", "kind", "excerpt"),
    [
        (b"a\x00b", "text/plain", "ab"),
        (b"\xed\xa0\x80!", "text/plain", "\ufffd\ufffd\ufffd!"),
        (b"\xff\xfe", "application/octet-stream", "\ufffd\ufffd"),
        ("收到".encode("gbk"), "text/plain; charset=GBK", "收到"),
        ("收到".encode(), "text/plain", "收到"),
        (b"+2AA-", "text/plain; charset=utf-7", "+2AA-"),
        (b"\\ud800", "text/plain; charset=unicode_escape", "\\ud800"),
        ("城".encode() * 3000, "text/plain", "城" * EXCERPT),
    ],
)
async def test_an_excerpt_is_text_that_the_database_takes(body: bytes, kind: str, excerpt: str):
    answer = await sent(answering(500, body, Content_Type=kind))
    assert answer.excerpt == excerpt
    answer.excerpt.encode()
