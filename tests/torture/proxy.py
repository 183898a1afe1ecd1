"""A way through which connections are cut at the worst moment."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from enum import Enum

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Target = Callable[[], Awaitable[Stream]]


class Cut(Enum):
    """What becomes of a piece of data and its connection."""

    NOT = "passed on"
    BEFORE = "cut without passing it on"
    AFTER = "passed on, then cut"


Judge = Callable[[bytes], Awaitable[Cut]]


async def passing(_data: bytes) -> Cut:
    """Pass everything on."""
    return Cut.NOT


@asynccontextmanager
async def proxy(
    target: Target, *, sent: Judge = passing, answered: Judge = passing
) -> AsyncIterator[int]:
    """Listen on a port of its own and forward to the target; yields the port."""
    going: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            going.add(task)
            task.add_done_callback(going.discard)
        with suppress(asyncio.CancelledError):
            await _forward((reader, writer), target, sent, answered)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(going):
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)
        await server.wait_closed()


async def _forward(near: Stream, target: Target, sent: Judge, answered: Judge) -> None:
    try:
        far = await target()
    except OSError:
        near[1].transport.abort()
        return
    pumps = [
        asyncio.create_task(_pump(near[0], far[1], sent)),
        asyncio.create_task(_pump(far[0], near[1], answered)),
    ]
    try:
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    finally:
        # What was passed on still arrives; what would come back does not.
        far[1].close()
        near[1].transport.abort()
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        with suppress(OSError):
            await far[1].wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, judge: Judge) -> None:
    with suppress(OSError):
        while data := await reader.read(1 << 16):
            cut = await judge(data)
            if cut is Cut.BEFORE:
                return
            writer.write(data)
            await writer.drain()
            if cut is Cut.AFTER:
                return
