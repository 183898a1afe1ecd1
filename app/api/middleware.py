"""Around every request: an id for logs and problems, its measure, its log line."""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.events import post_event
from app.api.metrics import Metrics
from app.api.problems import bad_value, refusal
from app.api.queues import show_queue
from app.domain.errors import DomainError, TooLarge
from app.domain.evidence import LARGEST
from app.store.database import BAD_VALUE

BODY_LIMIT: Final = 64 * 1024
"""Bytes of a request's body; the longest text is 12,000 of them."""
SHEET_LIMIT: Final = 50 * 1024 * 1024
LIMITS: Final[Mapping[str, int]] = {"/v1/drafts": SHEET_LIMIT, "/v1/attachments": LARGEST}
"""Where whole sheets and attachments come in."""

Endpoint = Callable[[Request], Awaitable[Response]]

log = structlog.get_logger()


class Requests:
    """Pure ASGI, because a task group a request would cost more than the request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if 0 < len(given) <= 64 and given.isprintable() else uuid4().hex
        scope["request_id"] = request_id
        begun = time.perf_counter()
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self._limited(scope, headers, receive, answer)
        finally:
            self._note(scope, status, time.perf_counter() - begun, request_id)

    async def _limited(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        """Refuse a body over the limit: at once if it says so, else as soon as it is over."""
        length, limit = headers.get("content-length"), LIMITS.get(scope["path"], BODY_LIMIT)
        if length is None:
            await self._app(scope, _counted(receive, limit), send)
        elif length.isascii() and length.isdigit() and int(length[:12]) <= limit:
            await self._app(scope, receive, send)
        else:
            await refusal(Request(scope), _too_large(limit))(scope, receive, send)

    def _note(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route = getattr(scope.get("route"), "path", None) or _matched(scope)
        self._metrics.requests.labels(scope["method"], route, status).inc()
        self._metrics.latency.labels(route).observe(seconds)
        if status >= 400:
            log.info(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=status,
                ms=round(seconds * 1000, 1),
                request_id=request_id,
            )


def _counted(receive: Receive, limit: int) -> Receive:
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise _too_large(limit)
        return message

    return counted


def _too_large(limit: int) -> TooLarge:
    return TooLarge(zh=f"请求正文超过 {limit} 字节", en=f"the body exceeds {limit} bytes")


def _matched(scope: Scope) -> str:
    """Return a label for what no route of FastAPI's served; paths themselves would be endless."""
    hot = _hot(scope)
    return hot.path if hot else "other"


@dataclass(frozen=True, slots=True)
class Hot:
    """A hot path as the contract writes it, and what answers it."""

    path: str
    answer: Endpoint


_EVENTS: Final = Hot("/v1/events", post_event)
_QUEUE: Final = re.compile(r"/v1/organisations/([^/]+)/queue")


def _hot(scope: Scope) -> Hot | None:
    """Return what answers a hot path before FastAPI's own layers, which cost 0.1 ms each."""
    method, path = scope["method"], scope["path"]
    if method == "POST" and path == _EVENTS.path:
        return _EVENTS
    queue = _QUEUE.fullmatch(path) if method == "GET" else None
    if queue is None:
        return None
    return Hot("/v1/organisations/{code}/queue", partial(show_queue, code=queue[1]))


class Express:
    """Takes the hot paths aside; everything else goes on into the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        hot = _hot(scope) if scope["type"] == "http" else None
        if hot is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await hot.answer(request)
        except DomainError as error:
            response = refusal(request, error)
        except BAD_VALUE as error:
            response = await bad_value(request, error)
        except ClientDisconnect:
            # Gone in the middle of its own report: nobody is left to answer.
            return
        await response(scope, receive, send)
