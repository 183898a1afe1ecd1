"""A mirror of the counts: a snapshot, and from there on what happens."""

from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Self

from yiguan_client.client import WAIT, Client
from yiguan_client.connection import outlasting
from yiguan_client.problem import Resync
from yiguan_client.shapes import Group, Message


class Mirror:
    """Open units by organisation × state × kind × light, exact as of `cursor`.

    `catch_up` brings `counts` to the present; `follow` keeps them there. Should the cursor have
    grown too old, both begin anew with a snapshot by themselves, and `resyncs` counts that.
    """

    def __init__(self, client: Client, scope: str | None = None) -> None:
        self._client = client
        self._scope = scope
        self.counts: Counter[Group] = Counter()
        self.cursor: str | None = None
        self.resyncs = 0

    @classmethod
    async def of(cls, client: Client, scope: str | None = None) -> Self:
        """Return a mirror of what the caller sees, or of a body's units."""
        mirror = cls(client, scope)
        await mirror.begin()
        return mirror

    async def begin(self) -> None:
        """Take a snapshot: every count anew."""
        taken = await self._client.snapshot(self._scope)
        self.counts = Counter({_group(one): one["units"] for one in taken["groups"]})
        self.cursor = taken["cursor"]

    def count(self, **of: str | None) -> int:
        """Return how many open units there are: `count(state="dispatched", light="red")`."""
        return sum(
            units
            for group, units in self.counts.items()
            if all(getattr(group, name) == value for name, value in of.items())
        )

    async def catch_up(self, wait: int = 0) -> list[Message]:
        """Take in what has happened since, waiting up to `wait` seconds for it; returns it.

        One caller at a time.
        """
        found, is_more = await self._page(wait)
        while is_more:
            items, is_more = await self._page(0)
            found += items
        return found

    async def follow(self) -> AsyncIterator[Message]:
        """Yield what happens, for ever, each message once the counts have it."""
        while True:
            items, _ = await outlasting(partial(self._page, WAIT))
            for message in items:
                yield message

    async def _page(self, wait: int) -> tuple[list[Message], bool]:
        try:
            page = await self._client.page(self.cursor, scope=self._scope, wait=wait)
        except Resync:
            await self.begin()
            self.resyncs += 1
            return [], False
        for message in page["items"]:
            self._take(message)
        self.cursor = page["cursor"]
        return page["items"], page["more"]

    def _take(self, message: Message) -> None:
        change = message["data"].get("change")
        if change is None:
            return
        for group, by in ((change["from"], -1), (change["to"], 1)):
            if group is not None:
                self._add(_group(group), by)

    def _add(self, group: Group, by: int) -> None:
        self.counts[group] += by
        if not self.counts[group]:
            del self.counts[group]


def _group(told: dict[str, Any]) -> Group:
    return Group(told["organisation"], told["state"], told["kind"], told["light"])
