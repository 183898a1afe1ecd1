"""The client: report, work, and look, each call safe to lose the answer of."""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from yiguan_client import streaming
from yiguan_client.connection import Connection, outlasting
from yiguan_client.identity import new_id
from yiguan_client.shapes import Json, Told

WAIT: Final = 25
"""Seconds that the service is asked to wait for something to tell."""


class Client(Connection):
    """What one key may do; `async with Client(url, key) as city: …`."""

    async def report(
        self,
        text: str,
        *,
        source: str,
        place: Mapping[str, Any] | None = None,
        occurred_at: datetime | None = None,
        event_id: UUID | None = None,
        **more: Any,
    ) -> Json:
        """Report an event (上报); returns it with its unit: who has it, by when.

        `place` is `{"code"}`, `{"address"}` or `{"point"}`; `more` are further fields of EventIn.
        The id is made here, once: sent again, the report stays one. A device that keeps reports
        while it is offline gives `event_id` and `occurred_at` itself.
        """
        sent = {
            "id": str(event_id or new_id()),
            "source": source,
            "occurred_at": (occurred_at or datetime.now(UTC)).isoformat(),
            "text": text,
            "place": dict(place or {}),
            **more,
        }
        return _object(await self.ask("POST", "/v1/events", json=sent))

    async def unit(self, unit: str | UUID) -> Json:
        """Return a unit by id or number, with what may be done to it now (`actions`)."""
        return _object(await self.ask("GET", f"/v1/units/{unit}"))

    async def act(
        self,
        unit: str | UUID,
        action: str,
        *,
        version: int | None = None,
        token: int | None = None,
        key: str | None = None,
        **said: Any,
    ) -> Json:
        """Do something to a unit (签收、办结 …) and return it as it then is.

        `version` is the one seen; `token` that of one's claim. `said` is the body: `reason`,
        `entry`, `holder` … It is done once, however often the request had to be sent; a caller
        that may itself begin anew gives the `key` that makes it the same.
        Raises Stale, Claimed, ClaimLost, or Problem with what is allowed instead.
        """
        headers = {"Idempotency-Key": key or str(new_id())}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        if token is not None:
            headers["Claim-Token"] = str(token)
        path = f"/v1/units/{unit}:{action}"
        return _object(await self.ask("POST", path, headers=headers, json=said))

    async def post(self, path: str, body: Json) -> Json:
        """Do whatever else the contract offers, once, however often it has to be sent."""
        headers = {"Idempotency-Key": str(new_id())}
        return _object(await self.ask("POST", path, headers=headers, json=body))

    async def snapshot(self, scope: str | None = None) -> Json:
        """Return the open units counted by group, and the cursor that this is exact for."""
        return _object(await self.ask("GET", "/v1/snapshot", params={"scope": scope}))

    async def page(
        self,
        cursor: str | None,
        *,
        scope: str | None = None,
        types: Iterable[str] = (),
        full: bool = False,
        wait: int = 0,
    ) -> Json:
        """Return what comes next in the feed: `items`, the next `cursor`, whether there is `more`.

        Waits up to `wait` seconds (30) while there is nothing. Raises Resync.
        """
        asked = {"cursor": cursor, "limit": 1000, **_choice(scope, types, full=full)}
        return _object(await self.ask("GET", "/v1/feed", params=asked, wait=wait))

    async def feed(
        self,
        cursor: str | None = None,
        *,
        scope: str | None = None,
        types: Iterable[str] = (),
        full: bool = False,
    ) -> AsyncIterator[Told]:
        """Yield what happens from a cursor (or from now) on, for ever; each with its cursor.

        Keep the last cursor, and go on from it after a restart: nothing is missed or told twice.
        Raises Resync where that is too long ago: take a snapshot then (see Mirror).
        """
        ask = partial(self.page, scope=scope, types=list(types), full=full, wait=WAIT)
        while True:
            page = await outlasting(partial(ask, cursor))
            for item in page["items"]:
                yield Told(item, item["cursor"])
            cursor = page["cursor"]

    def stream(
        self,
        cursor: str | None = None,
        *,
        scope: str | None = None,
        types: Iterable[str] = (),
        full: bool = False,
    ) -> AsyncIterator[Told]:
        """Yield the same as `feed`, sooner: over one connection, made anew when it breaks."""
        return streaming.stream(self, cursor, _choice(scope, types, full=full))


def _choice(scope: str | None, types: Iterable[str], *, full: bool) -> dict[str, str]:
    named = {"scope": scope or "", "types": ",".join(types), "payload": "full" if full else ""}
    return {name: value for name, value in named.items() if value}


def _object(answer: Any) -> Json:
    found: Json = answer.json()
    return found
