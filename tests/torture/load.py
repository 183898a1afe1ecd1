"""Reporters who send until they are answered, and the ledger of what they were told."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from tests import given
from tests.torture.town import come_true

PAUSE = 0.05
"""Seconds before sending again."""
GIVE_UP = 45

_TEXTS = (
    "楼下一堆垃圾好臭没人收",
    "下水道井盖不见了娃儿差点掉下去",
    "六楼着火了浓烟滚滚",
    "行道树的枯枝要掉下来了",
    "说不清楚是啥子事情",
)
_PLACES = (given.GRID, "500102001001001", "500101002001001", given.QUAY)


def report(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Make a report with an id of its own."""
    values = {
        "id": str(uuid4()),
        "source": "grid",
        "occurred_at": datetime.now(UTC).isoformat(),
        "text": f"{_TEXTS[number % len(_TEXTS)]} {number}",
        "place": {"code": _PLACES[number // len(_TEXTS) % len(_PLACES)]},
    }
    return {**values, **changes}


@dataclass
class Ledger:
    """What reporters sent and what they were told."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    """Event id: the number of its unit."""
    open: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Reports nobody has acknowledged, though they may have been written."""
    answers: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    """Answers no reporter may get."""
    slowest: float = 0.0

    def note(self, sent: dict[str, Any], answer: httpx.Response | None, attempt: int) -> bool:
        """Write down one answer, None for a lost one; returns whether it acknowledges."""
        status = answer.status_code if answer is not None else "lost"
        self.answers[f"{'first' if attempt == 1 else 'again'} {status}"] += 1
        if answer is None:
            return False
        self.slowest = max(self.slowest, answer.elapsed.total_seconds())
        if answer.is_success:
            return self._acknowledge(sent["id"], answer)
        if status != 503 or "retry-after" not in answer.headers:
            self.broken.append(f"{status} {answer.text[:200]}")
        return False

    def _acknowledge(self, event: str, answer: httpx.Response) -> bool:
        unit = answer.json()["unit"]
        if unit["id"] != event:
            self.broken.append(f"{event} was answered with the unit {unit['id']}")
        self.acknowledged[event] = unit["number"]
        self.open.pop(event, None)
        return True

    def count(self, word: str) -> int:
        """Count the answers of a kind, first ones and others: '201', 'lost' …"""
        return sum(count for answer, count in self.answers.items() if answer.endswith(word))


class Reporters:
    """People who report at once, each the next thing when the last one is acknowledged."""

    def __init__(self, url: str, key: str, *, insist: bool = True, pause: float = 0) -> None:
        self.url = url
        self.ledger = Ledger()
        self._key = key
        self._insist = insist
        self._pause = pause
        self._numbers = itertools.count()
        self._stopped = asyncio.Event()

    @asynccontextmanager
    async def reporting(self, people: int) -> AsyncIterator[Ledger]:
        """Report meanwhile; at the end everybody gets their last answer."""
        tasks = [asyncio.create_task(self._report_on()) for _ in range(people)]
        try:
            yield self.ledger
        finally:
            self._stopped.set()
            await asyncio.gather(*tasks)

    async def until(self, count: int, word: str = "201") -> None:
        """Wait for so many more answers of a kind; raises TimeoutError."""
        wanted = self.ledger.count(word) + count

        async def are_there() -> bool:
            return self.ledger.count(word) >= wanted

        await come_true(are_there, within=GIVE_UP)

    async def _report_on(self) -> None:
        headers = {"Authorization": f"Bearer {self._key}"}
        async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=30) as client:
            while not self._stopped.is_set():
                await self._send(client, report(next(self._numbers)))
                await asyncio.sleep(self._pause)

    async def _send(self, client: httpx.AsyncClient, sent: dict[str, Any]) -> None:
        self.ledger.open[sent["id"]] = sent
        deadline = time.monotonic() + GIVE_UP
        for attempt in itertools.count(1):
            answer = await post(client, self.url, sent)
            if self.ledger.note(sent, answer, attempt):
                return
            await asyncio.sleep(PAUSE)
            if not self._insist or time.monotonic() > deadline:
                return


async def post(client: httpx.AsyncClient, url: str, sent: dict[str, Any]) -> httpx.Response | None:
    """Post a report; returns None when the answer is lost."""
    try:
        return await client.post(f"{url}/v1/events", json=sent)
    except httpx.TransportError:
        return None
