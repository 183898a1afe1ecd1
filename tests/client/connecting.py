"""The way from the published client to the small city's service, which may break."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from yiguan_client import Client


@dataclass
class Line(httpx.AsyncBaseTransport):
    """The way to the service; `breaks` says at which requests what is lost."""

    inner: httpx.AsyncBaseTransport
    breaks: dict[int, str] = field(default_factory=dict)
    """By the number of the request: "lost" before the service has it, "unheard" after."""
    asked: list[httpx.Request] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        fate = self.breaks.get(len(self.asked))
        if fate == "lost":
            raise httpx.ConnectError("lost", request=request)
        answer = await self.inner.handle_async_request(request)
        if fate == "unheard":
            await answer.aread()
            raise httpx.ReadError("unheard", request=request)
        if fate == "busy":
            return httpx.Response(503, json={"type": "/problems/busy"}, request=request)
        return answer


Open = Callable[..., Awaitable[Client]]
"""Gives a client of an organisation's person in these roles."""
