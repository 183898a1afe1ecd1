"""What a database is really asked: for tests that count statements."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from app.store.database import Database


@asynccontextmanager
async def logged(database: Database) -> AsyncGenerator[list[str]]:
    """Collect the statements run for requests, not those of the task that follows the rulebook."""
    queries: list[str] = []

    def note(record: Any) -> None:
        task = asyncio.current_task()
        follows = task is not None and getattr(task.get_coro(), "__name__", "") == "_follow"
        if not follows:
            queries.append(record.query.strip())

    pool = database._pool
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(pool.acquire()) for _ in range(pool.get_max_size())
        ]
        connections = [connection._con for connection in opened]
    for connection in connections:
        connection.add_query_logger(note)
    yield queries
    for connection in connections:
        connection.remove_query_logger(note)
