"""The relay: lines of the log become deliveries to the endpoints that want them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.api.metrics import Metrics
from app.domain.feed import START, Position, Trace
from app.domain.rulebook import Rulebook
from app.domain.webhook import Listener, WebhookId
from app.flows import delivery
from app.store import deliveries, feed, leases
from app.store.database import Database, Tx
from app.store.deliveries import Matched

LINES: Final = 1000
"""Lines of one transaction."""


@dataclass(frozen=True, slots=True)
class Relayed:
    """What one turn put on its way; `is_last`: for now there is nothing more to be read."""

    matched: tuple[Matched, ...] = ()
    is_last: bool = True

    @property
    def endpoints(self) -> frozenset[WebhookId]:
        """Whom there is something new for."""
        return frozenset(id_ for id_, _ in self.matched)


class Relay:
    """Reads the log behind where it, or another worker's, last was.

    The endpoints are looked at after the lines are read: what was committed after an endpoint
    was there finds it. While nobody listens nothing is read; who comes then, or is switched on
    again, hears of what was committed since the last look that found nobody.
    """

    def __init__(self, metrics: Metrics | None = None) -> None:
        self._metrics = metrics
        self._known: Position | None = None
        self._listeners: list[Listener] | None = None
        self._changes: object = None
        self._rulebook: Rulebook | None = None
        self._idle_at = START

    @property
    def is_idle(self) -> bool:
        """Nobody listens."""
        return not self._listeners

    async def turn(self, database: Database, rulebook: Rulebook, now: datetime) -> Relayed:
        """Relay one batch of lines."""
        async with database.reading() as tx:
            if self._known is None:
                self._known = await deliveries.position(tx)
            known = self._known or START
            if self._listeners:
                first = self._first(known)
                traces = await feed.traces(tx, first, limit=LINES)
                to, is_last = traces[-1].position if traces else first, len(traces) < LINES
            else:
                to, traces, is_last = await feed.horizon(tx), [], True
            before, listeners = self._listeners, await self._listening(tx, rulebook)
        if not before:
            since, self._idle_at = self._idle_at, to
            if before is None or not listeners:
                return Relayed(is_last=not listeners)
            to, is_last = since, False
        self._measure(traces, now, is_last=is_last)
        if to <= known:
            return Relayed(is_last=is_last)
        found = tuple(delivery.matched(traces, listeners))
        # Whatever comes of it: who is not told that it is done asks again where the relay is.
        self._known = None
        async with database.transaction() as tx:
            if not await delivery.relay(tx, found, known, to, at=now):
                return Relayed()
        self._known = to
        return Relayed(found, is_last)

    def _first(self, known: Position) -> Position:
        return max(known, min((one.endpoint.since for one in self._listeners or ()), default=known))

    async def _listening(self, tx: Tx, rulebook: Rulebook) -> list[Listener]:
        changes = await leases.changes(tx)
        is_same = changes == self._changes and rulebook is self._rulebook
        if self._listeners is None or not is_same:
            self._listeners = await delivery.listeners(tx, rulebook)
            self._changes, self._rulebook = changes, rulebook
        return self._listeners

    def _measure(self, traces: Sequence[Trace], now: datetime, *, is_last: bool) -> None:
        if self._metrics:
            late = 0.0 if is_last or not traces else (now - traces[-1].at).total_seconds()
            self._metrics.relay_lag.set(max(late, 0))
