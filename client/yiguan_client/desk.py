"""A desk: what waits on it, and units taken in hand so that no colleague does the same."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Final, NamedTuple

import httpx

from yiguan_client.client import WAIT, Client
from yiguan_client.connection import outlasting
from yiguan_client.problem import Problem
from yiguan_client.shapes import Json

RENEWALS: Final = 3
"""How often a lease is renewed in its time: one that is lost matters nothing."""


class Page(NamedTuple):
    """The most pressing units of a queue; `tag` is its ETag, `next` the cursor of what follows."""

    units: list[Json]
    tag: str
    next: str | None


class Desk:
    """The queue (待办) of one organisation."""

    def __init__(self, client: Client, organisation: str) -> None:
        self._client = client
        self._path = f"/v1/organisations/{organisation}/queue"

    async def page(
        self, view: str | None = None, *, known: str | None = None, wait: int = 0, **narrowed: Any
    ) -> Page | None:
        """Return a page of a view (`to_accept` …); None while it still is the one `known` by tag.

        Waits up to `wait` seconds (30) for it to change. `narrowed`: `limit`, `cursor`, `mine`,
        `subtree`.
        """
        headers = {"If-None-Match": known} if known else {}
        asked = {"view": view, **narrowed}
        answer = await self._client.ask("GET", self._path, params=asked, headers=headers, wait=wait)
        if answer.status_code == 304:
            return None
        told = answer.json()
        return Page(told["items"], answer.headers["etag"], told["next"])

    async def watch(self, view: str | None = None, **narrowed: Any) -> AsyncIterator[list[Json]]:
        """Yield the first page, and again each time anything on it has changed."""
        tag: str | None = None
        while True:
            wait = WAIT if tag else 0
            page = await outlasting(partial(self.page, view, known=tag, wait=wait, **narrowed))
            if page is not None:
                tag = page.tag
                yield page.units

    @asynccontextmanager
    async def claimed(
        self, view: str | None = None, *, most: int = 10, lease: int = 900
    ) -> AsyncGenerator["Hand"]:
        """Take the most pressing units in hand (领取) for as long as the block runs.

        They are kept by renewing the lease, and what nothing was done to is put back at the end.
        Should this process die, they go back by themselves after `lease` seconds.
        """
        asked = {"max": most, "lease": lease, **({"view": view} if view else {})}
        hand = Hand(self._client, (await self._client.post(f"{self._path}:claim", asked))["items"])
        renewing = asyncio.create_task(self._renew(hand, lease))
        try:
            yield hand
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing
            # What cannot be put back now goes back by itself.
            with suppress(Problem, httpx.TransportError):
                await self._each("release", hand)

    async def _renew(self, hand: "Hand", lease: int) -> None:
        while True:
            await asyncio.sleep(lease / RENEWALS)
            with suppress(Problem, httpx.TransportError):
                await self._each("renew", hand, lease=lease)

    async def _each(self, what: str, hand: "Hand", **more: int) -> None:
        held = [{"unit": unit, "token": token} for unit, token in hand.tokens.items()]
        if held:
            told = await self._client.post(f"{self._path}:{what}", {"units": held, **more})
            for one in told["items"]:
                if one["status"] != 200:
                    hand.tokens.pop(one["unit"], None)


class Hand:
    """Units in one's hands."""

    def __init__(self, client: Client, units: list[Json]) -> None:
        self._client = client
        self.units = units
        self.tokens: dict[str, int] = {unit["id"]: unit["claim"]["token"] for unit in units}
        """Of those still in hand: neither done with nor taken over by a supervisor."""

    async def act(self, unit: Json, action: str, **said: Any) -> Json:
        """Do something to a unit and return it as it then is; what it leads on to ends the claim.

        Raises ClaimLost if it is no longer in hand, and whatever Client.act does.
        """
        token, version = self.tokens.get(unit["id"]), unit["version"]
        done = await self._client.act(unit["id"], action, version=version, token=token, **said)
        if done["version"] != version:
            self.tokens.pop(unit["id"], None)
        return done
