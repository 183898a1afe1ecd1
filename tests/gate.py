"""A gate that transactions are held up at just before they commit."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field

import pytest

from app.store.database import Database, Tx
from tests.torture.town import come_true

FREE: ContextVar[bool] = ContextVar("free", default=False)
"""Whose transactions are not held up."""


@dataclass
class Gate:
    """Stands open at first."""

    opened: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0

    @classmethod
    def put_up(cls, monkeypatch: pytest.MonkeyPatch) -> "Gate":
        gate, real = cls(), Database.transaction
        gate.opened.set()

        @asynccontextmanager
        async def held(self: Database) -> AsyncGenerator[Tx]:
            async with real(self) as tx:
                yield tx
                await gate.passed()

        monkeypatch.setattr(Database, "transaction", held)
        return gate

    async def passed(self) -> None:
        if self.opened.is_set() or FREE.get():
            return
        self.waiting += 1
        await self.opened.wait()
        self.waiting -= 1

    async def settled(self, tasks: Collection["asyncio.Task[None]"]) -> None:
        """Wait until every task is done or stands before the gate, or behind one that does."""

        async def they_are() -> bool:
            return sum(not task.done() for task in tasks) <= self.waiting

        with suppress(TimeoutError):
            await come_true(they_are, within=0.5)
