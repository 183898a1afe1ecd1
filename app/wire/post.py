"""Posting to somebody else's server."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import Final

import aiohttp

from app.domain.answer import Answer, Outcome, outcome
from app.domain.errors import Invalid
from app.wire import reading
from app.wire.door import Barred, session
from app.wire.guard import Guard
from app.wire.names import Names, SystemNames

_DETAIL: Final = 300
_KNOWN_URLS: Final = 4096
_FAILURES: Final[tuple[tuple[type[Exception], Outcome, tuple[str, str]], ...]] = (
    (TimeoutError, Outcome.TIMED_OUT, ("没有在时限内答复", "no whole answer in time")),
    (aiohttp.ClientConnectorDNSError, Outcome.UNREACHABLE, ("域名无法解析", "the name is unknown")),
    (aiohttp.ClientSSLError, Outcome.UNREACHABLE, ("TLS 或证书有误", "TLS or its certificate")),
    (aiohttp.ClientConnectorError, Outcome.UNREACHABLE, ("无法连接", "no connection")),
    (ValueError, Outcome.UNSENDABLE, ("请求无法发出", "the request cannot be sent")),
    (Exception, Outcome.UNREACHABLE, ("连接中断", "the connection broke")),
)
"""The first that fits says what a failure was; a bad certificate is a ValueError, too."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to be posted; it has `timeout` seconds from the connection to the last byte."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout: float


class Post:
    """Posts letters over connections that are kept and used again."""

    def __init__(
        self, guard: Guard, plain: aiohttp.ClientSession, secure: aiohttp.ClientSession
    ) -> None:
        self._sessions = {"http": plain, "https": secure}
        self._read = lru_cache(_KNOWN_URLS)(guard.read)
        self._limit = lru_cache(_KNOWN_URLS)(lambda seconds: aiohttp.ClientTimeout(total=seconds))

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, guard: Guard, *, ca: Path | None = None, names: Names | None = None
    ) -> "AsyncGenerator[Post]":
        """Open the post; `ca` is a file of authorities that are trusted besides the system's."""
        trust = await asyncio.to_thread(_trust, ca)
        asked = names or SystemNames()
        async with session(guard, asked, None) as plain, session(guard, asked, trust) as secure:
            yield cls(guard, plain, secure)

    async def send(self, letter: Letter) -> Answer:
        """Post a letter; whatever may come of it is an answer."""
        began = perf_counter()
        status = None
        try:
            url, _ = self._read(letter.url)
            async with self._sessions[url.scheme].post(
                url,
                data=letter.body,
                headers=letter.headers,
                allow_redirects=False,
                timeout=self._limit(letter.timeout),
            ) as response:
                status = response.status
                content = await reading.body(response)
        except Barred as error:
            told = (error.refused.zh, error.refused.en)
            return _failed(began, status, Outcome.FORBIDDEN, told)
        except Invalid as error:
            return _failed(began, status, Outcome.UNSENDABLE, (error.zh, error.en))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _broken(began, status, error)
        headers = response.headers
        return Answer(
            outcome=outcome(status),
            latency=_since(began),
            status=status,
            excerpt=reading.excerpt(content, response.charset) if content else "",
            retry_after=reading.retry_after(headers.get("Retry-After"), datetime.now(UTC)),
            control=reading.control(headers.get("webhook-delivery")),
        )


def _trust(ca: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if ca is not None:
        context.load_verify_locations(cafile=ca)
    return context


def _since(began: float) -> float:
    return round((perf_counter() - began) * 1000, 3)


def _failed(began: float, status: int | None, ended: Outcome, told: tuple[str, str]) -> Answer:
    zh, en = told
    return Answer(outcome=ended, latency=_since(began), status=status, zh=zh, en=en)


def _broken(began: float, status: int | None, error: Exception) -> Answer:
    ended, (zh, en) = next(
        (ended, told) for kind, ended, told in _FAILURES if isinstance(error, kind)
    )
    detail = str(error)[:_DETAIL].replace("\0", "")
    more = f": {detail}" if detail else ""
    return _failed(began, status, ended, (zh + more, en + more))
