"""A receiver of webhooks as lean as can be, in a process of its own; it may hang on purpose.

It answers `GET /` with what it has received so far: requests, messages, and seconds from what a
message says of when it happened to its arrival.
"""

import asyncio
import sys
import time
from datetime import datetime
from typing import cast

import orjson
import uvloop
from typing_extensions import override

_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
_LATENESS = 200_000
"""How many are kept."""


class Count:
    """What has been received."""

    def __init__(self) -> None:
        self.requests = self.messages = 0
        self.first = self.last = 0.0
        self.late: list[float] = []

    def note(self, body: bytes, at: float) -> None:
        """Count a request; of one message also how late it came."""
        self.requests += 1
        self.messages += max(body.count(b'"timestamp":'), 1)
        self.last = at
        self.first = self.first or at
        if body.startswith(b"{") and len(self.late) < _LATENESS:
            stamp = body.partition(b'"timestamp":"')[2][:40].partition(b'"')[0].decode()
            self.late.append(at - datetime.fromisoformat(stamp).timestamp())

    def told(self) -> bytes:
        """Return the answer that tells all of it, and begin anew."""
        body = orjson.dumps(vars(self))
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
        self.requests = self.messages = 0
        self.first = self.last = 0.0
        self.late = []
        return head.encode() + body


class Receiver(asyncio.Protocol):
    """One connection."""

    def __init__(self, count: Count, *, hangs: bool) -> None:
        self._count = count
        self._hangs = hangs
        self._buffer = bytearray()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's own transports are none of asyncio's classes.
        self._transport = cast("asyncio.WriteTransport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end]).lower()
            if head.startswith(b"get"):
                del self._buffer[: end + 4]
                self._write(self._count.told())
                continue
            size = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            if len(self._buffer) < end + 4 + size:
                return
            self._count.note(bytes(self._buffer[end + 4 : end + 4 + size]), time.time())
            del self._buffer[: end + 4 + size]
            if not self._hangs:
                self._write(_ANSWER)

    def _write(self, data: bytes) -> None:
        self._transport.write(data)


async def main(port: int, *, hangs: bool) -> None:
    """Receive until killed."""
    count = Count()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Receiver(count, hangs=hangs), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), hangs="--hangs" in sys.argv))
