"""The connection: requests that are sent again, until an answer has come."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx

from yiguan_client.problem import AGAIN, Unavailable, problem_of

TRIES: Final = 6
PATIENCE: Final = 15.0
"""Seconds that an answer may take, beyond what the service was asked to wait."""
_FIRST, _LONGEST = 0.2, 10.0
T = TypeVar("T")


def pause(tried: int) -> float:
    """Return how long to wait before the next try: ever longer, never all clients at once."""
    longest: float = min(_LONGEST, _FIRST * 2 ** min(tried, 10))
    return random.uniform(0.5, 1) * longest  # noqa: S311  (no secret)


async def outlasting(call: Callable[[], Awaitable[T]]) -> T:
    """Do something that goes on for ever: while the service is away, wait until it is back."""
    tried = 0
    while True:
        try:
            return await call()
        except (httpx.TransportError, Unavailable):
            await asyncio.sleep(pause(tried))
            tried += 1


class Connection:
    """A service and a key; use it as `async with Connection(…)`.

    `language` is what refusals are written in: `zh-CN` or `en`.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        language: str = "zh-CN",
        tries: int = TRIES,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.tries = tries
        self.http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {key}", "Accept-Language": language},
            timeout=PATIENCE,
            transport=transport,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.http.aclose()

    async def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        wait: float = 0,
    ) -> httpx.Response:
        """Return the answer, 304 included; raises Problem for a refusal.

        Everything sent through here may be sent twice: a lost answer and a busy service are
        tried again, `tries` times in all, and then the error is raised.
        """
        given = {name: value for name, value in (params or {}).items() if value is not None}
        if wait:
            given["wait"] = wait

        async def once() -> httpx.Response:
            return await self.http.request(
                method, path, params=given, headers=headers, json=json, timeout=PATIENCE + wait
            )

        for tried in range(self.tries - 1):
            again = pause(tried)
            # Whether a lost one was done nobody knows: that is why it may be sent twice.
            with suppress(httpx.TransportError):
                answer = await once()
                if answer.status_code not in AGAIN:
                    return _accepted(answer)
                again = max(again, _asked_for(answer))
            await asyncio.sleep(again)
        return _accepted(await once())


def _accepted(answer: httpx.Response) -> httpx.Response:
    if answer.is_success or answer.status_code == 304:
        return answer
    raise problem_of(answer.status_code, answer.content)


def _asked_for(answer: httpx.Response) -> float:
    """Return for how long the service asks to be left alone, if it says so in seconds."""
    text = answer.headers.get("retry-after", "")
    return min(60.0, float(text)) if text.isdecimal() else 0.0
