"""The web server: uvicorn, with what connections need that stay open for hours."""

import asyncio
import socket
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

STALL: Final = 30.0
"""Seconds that a peer may take nothing of what waits for it."""


class Connection(HttpToolsProtocol):
    """A connection that is cut when its peer reads no more."""

    _cut: asyncio.TimerHandle | None = None

    @override
    def pause_writing(self) -> None:
        """Begin to wait: the buffer is full."""
        super().pause_writing()
        self._cut = self.loop.call_later(STALL, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        """Go on: the buffer is nearly empty again."""
        self._keep()
        super().resume_writing()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Be over."""
        self._keep()
        super().connection_lost(exc)

    def _keep(self) -> None:
        if self._cut is not None:
            self._cut.cancel()
            self._cut = None


class Web(uvicorn.Server):
    """A server that tells its streams that it stops: they would keep it from stopping."""

    def __init__(self, application: FastAPI, **options: Any) -> None:
        super().__init__(uvicorn.Config(application, http=Connection, **options))
        self._application = application

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then finish all other requests."""
        service = getattr(self._application.state, "service", None)
        if service is not None:
            service.tail.close()
        await super().shutdown(sockets)
