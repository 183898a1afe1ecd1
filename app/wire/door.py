"""The one way out: names and sockets for aiohttp, every address checked where it is called."""

import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from ssl import SSLContext
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override

from app.wire.guard import Guard, Refused
from app.wire.names import Names

MOST_READ: Final = 16 * 1024
"""Bytes of an answer's body; whoever sends more loses the connection."""
KEEP_ALIVE: Final = 4.0
"""Seconds an idle connection is kept. Usual servers close theirs after 5 or more, and a POST that
meets one just being closed fails, since aiohttp does not repeat it."""
_HEADERS: Final = {"User-Agent": "Yiguan/1", "Accept": "*/*", "Accept-Encoding": "identity"}


class Barred(Exception):
    """A connection the guard does not allow."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.en)
        self.refused = refused


class Door(AbstractResolver):
    """Resolves names and opens sockets for a connector; no address passes unchecked.

    A connection goes to an address that was checked: the name is asked once, when it is made.
    """

    def __init__(self, guard: Guard, names: Names, *, secure: bool) -> None:
        self._guard = guard
        self._names = names
        self._secure = secure

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = await self._names(host, port)
        if not addresses:
            raise OSError(0, "the name has no address")
        for address in addresses:
            self._check(address)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    @override
    async def close(self) -> None:
        """Nothing is held."""

    def open(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """Open a socket for an address, which is a literal one where no name was resolved."""
        family, kind, protocol, _, where = info
        self._check(str(where[0]))
        return socket.socket(family, kind, protocol)

    def _check(self, address: str) -> None:
        if refused := self._guard.why_not(ip_address(address), secure=self._secure):
            raise Barred(refused)


@asynccontextmanager
async def session(
    guard: Guard, names: Names, trust: SSLContext | None
) -> AsyncGenerator[aiohttp.ClientSession]:
    """Open a session that speaks TLS with `trust`, or none at all.

    It keeps connections, and neither cookies, redirects, proxies nor compressed bodies.
    """
    door = Door(guard, names, secure=trust is not None)
    # How many may be open is the sender's decision: a limit here would let a dead server's
    # connections keep the others waiting.
    connector = aiohttp.TCPConnector(
        resolver=door,
        socket_factory=door.open,
        use_dns_cache=False,
        ssl=trust or True,
        limit=0,
        keepalive_timeout=KEEP_ALIVE,
    )
    async with aiohttp.ClientSession(
        connector=connector,
        headers=_HEADERS,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        read_bufsize=MOST_READ,
    ) as opened:
        yield opened
