"""The service as its users see it: HTTP with a key, and nothing else."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from app.demo.day import PlayedDay

Json = dict[str, Any]

AT_ONCE: Final = 40
"""How many requests are under way together."""
BEHIND: Final = 10
"""With so many requests unanswered the played day stops: the machine is the limit, not a person."""
CAUGHT_UP: Final = 4
"""With so few it goes on."""
ATTEMPTS: Final = 6
_PAUSE: Final = 0.2
_STALE: Final = 412
_AWAY: Final = 503


class RefusalError(Exception):
    """The service said no, in its own words."""

    def __init__(self, status: int, path: str, problem: str) -> None:
        super().__init__(f"{status} {path}: {problem}")
        self.status = status


@dataclass
class Service:
    """Asks with somebody's key; what asks to be asked again is asked again."""

    client: httpx.AsyncClient
    clock: PlayedDay
    _unanswered: int = 0
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def get(self, path: str, key: str, **params: Any) -> Json:
        """Read; raises RefusalError."""
        return await self._ask("GET", path, key, params=params)

    async def post(
        self, path: str, key: str, body: Mapping[str, Any], *, seen: int | None = None
    ) -> Json:
        """Write, naming the version seen if there is one; raises RefusalError."""
        headers = {} if seen is None else {"If-Match": f'"{seen}"'}
        return await self._ask("POST", path, key, json=body, headers=headers)

    async def act(self, unit: Json, action: str, key: str, body: Mapping[str, Any]) -> Json:
        """Look at the unit as it is now and do something to it; raises RefusalError.

        If it has moved on meanwhile it is returned as it is, untouched.
        """
        path = f"/v1/units/{unit['id']}"
        for _ in range(ATTEMPTS):
            seen = await self.get(path, key)
            if seen["state"] != unit["state"]:
                return seen
            allowed = [one["action"] for one in seen["actions"]]
            if action not in allowed:
                raise RefusalError(403, path, f"{action} is not among {allowed}")
            try:
                return await self.post(f"{path}:{action}", key, body, seen=seen["version"])
            except RefusalError as refusal:
                if refusal.status != _STALE:
                    raise
        raise RefusalError(_STALE, path, "never the same version twice")

    async def pages(self, path: str, key: str, **params: Any) -> AsyncGenerator[Json]:
        """Read a list to its end."""
        while True:
            page = await self.get(path, key, limit=200, **params)
            for item in page["items"]:
                yield item
            if not page.get("next"):
                return
            params["cursor"] = page["next"]

    async def _ask(self, method: str, path: str, key: str, **asked: Any) -> Json:
        headers = {"Authorization": f"Bearer {key}", **asked.pop("headers", {})}
        attempt = 1
        while True:
            with self._counted():
                async with self._turns:
                    answer = await self.client.request(method, path, headers=headers, **asked)
            if answer.is_success:
                found: Json = answer.json()
                return found
            if answer.status_code != _AWAY or attempt == ATTEMPTS:
                raise RefusalError(answer.status_code, path, _words(answer))
            await asyncio.sleep(_PAUSE * attempt)
            attempt += 1

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._unanswered += 1
        if self._unanswered >= BEHIND:
            self.clock.stop()
        try:
            yield
        finally:
            self._unanswered -= 1
            if self._unanswered <= CAUGHT_UP:
                self.clock.go()


def _words(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError):
        return answer.text[:200]
