"""Loops: a turn of work again and again, whatever happens to it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import structlog

from app.domain.errors import DomainError

FAILED: Final = 0.25
"""Seconds to wait after a turn that failed."""

log = structlog.get_logger()


async def again(work: Callable[[], Awaitable[float]], news: asyncio.Event | None = None) -> None:
    """Do something again and again; it says how many seconds later, and news are no time later."""
    waits_for = ""
    while True:
        try:
            pause = await work()
            waits_for = ""
        except DomainError as error:
            # The same is said once: it may be a night until somebody publishes a rulebook.
            if error.en != waits_for:
                log.warning("worker_waits", error=error.en)
            pause, waits_for = FAILED, error.en
        except Exception:
            # Whatever it was: the city's clocks must not stand still until somebody looks.
            log.exception("worker_failed")
            pause = FAILED
        _leave_if_told()
        if news is None:
            await asyncio.sleep(pause)
            continue
        with suppress(TimeoutError):
            await asyncio.wait_for(news.wait(), pause)
        news.clear()


def _leave_if_told() -> None:
    """Raise CancelledError if it was asked for: a statement broken off may say another thing."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
