"""The addresses of names, as this machine's resolver knows them."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from threading import Thread
from typing import Final

Names = Callable[[str, int], Awaitable[Sequence[str]]]
"""A name service: the addresses of a host, for a port; raises OSError."""

_AT_ONCE: Final = 256


class SystemNames:
    """Asks the machine's resolver; a name is asked for once at a time, and nothing is kept.

    A dead name server takes a minute to fail. Threads of its own, so that nothing else of the
    process waits for one then, and daemons, so that the process does not either when it leaves.
    """

    def __init__(self) -> None:
        self._asked: dict[tuple[str, int], asyncio.Future[list[str]]] = {}
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def __call__(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host; raises OSError."""
        asked = self._asked.get((host, port))
        if asked is None:
            asked = self._asked[host, port] = asyncio.ensure_future(self._ask(host, port))
            asked.add_done_callback(lambda done: self._forget((host, port), done))
        return await asyncio.shield(asked)

    def _forget(self, key: tuple[str, int], done: asyncio.Future[list[str]]) -> None:
        del self._asked[key]
        if not done.cancelled():
            # Whoever waited may have given up: a failure nobody hears of is none.
            done.exception()

    async def _ask(self, host: str, port: int) -> list[str]:
        async with self._room:
            loop = asyncio.get_running_loop()
            answer: asyncio.Future[list[str]] = loop.create_future()
            Thread(target=_look_up, args=(host, port, loop, answer), daemon=True).start()
            return await answer


def _look_up(
    host: str,
    port: int,
    loop: asyncio.AbstractEventLoop,
    answer: "asyncio.Future[list[str]]",
) -> None:
    result: list[str] | Exception
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        result = [str(info[4][0]) for info in found]
    except (OSError, UnicodeError) as error:
        result = error
    # The loop may have been closed meanwhile.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(_tell, answer, result)


def _tell(answer: "asyncio.Future[list[str]]", result: list[str] | Exception) -> None:
    if answer.done():
        return
    if isinstance(result, Exception):
        answer.set_exception(result)
    else:
        answer.set_result(result)
