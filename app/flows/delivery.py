"""Delivery: lines of the log become deliveries, and what came of those is written."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.domain.feed import Line, Position, Trace
from app.domain.outbox import Fate, Parcel
from app.domain.retry import Disabled
from app.domain.rulebook import Rulebook
from app.domain.standing import Standing
from app.domain.webhook import Listener, WebhookId, listener
from app.store import attempts, deliveries, feed, leases, webhooks
from app.store.attempts import Attempt
from app.store.database import Tx
from app.store.deliveries import Fresh, Look, Matched


async def listeners(tx: Tx, rulebook: Rulebook) -> list[Listener]:
    """Return who listens: endpoints that are switched on and have a body."""
    enabled = await webhooks.enabled(tx)
    found = (listener(stored.endpoint, rulebook) for stored in enabled)
    return [one for one in found if one]


def matched(traces: Sequence[Trace], known: Sequence[Listener]) -> list[Matched]:
    """Return which lines are sent to whom."""
    return [(one.endpoint.id, trace) for trace in traces for one in known if one.wants(trace)]


async def relay(
    tx: Tx, found: Sequence[Matched], known: Position, to: Position, *, at: datetime
) -> bool:
    """Put deliveries for the lines behind a known position and move on, both or neither.

    Returns False where another worker is at it or has been.
    """
    if await deliveries.position(tx, locked=True) != known:
        return False
    if found:
        await deliveries.put(tx, found, due_at=at)
    await deliveries.move(tx, to)
    return True


@dataclass(slots=True)
class Report:
    """What has come of an endpoint's requests."""

    fates: list[Fate] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    standing: Standing | None = None
    disabled: tuple[Disabled, str] | None = None


async def conclude(
    tx: Tx, lease: UUID, reports: Mapping[WebhookId, Report], *, at: datetime
) -> frozenset[WebhookId]:
    """Write what has come of requests; returns the endpoints that still are the lease's.

    Of the others nothing is written: who has them now sends again what had not been written.
    """
    own = await leases.own(tx, lease, reports)
    told = [(id_, report) for id_, report in reports.items() if id_ in own]
    await deliveries.conclude(tx, [(id_, fate) for id_, one in told for fate in one.fates], at=at)
    if tried := [attempt for _, report in told for attempt in report.attempts]:
        await attempts.put(tx, tried)
    if stands := [(id_, report.standing) for id_, report in told if report.standing]:
        await leases.note(tx, stands)
    await leases.disable(tx, {id_: one.disabled for id_, one in told if one.disabled}, at=at)
    return own


@dataclass(frozen=True, slots=True)
class Found:
    """What comes next for endpoints: what is new, what is due again, and their lines."""

    fresh: Mapping[WebhookId, Fresh]
    again: Mapping[WebhookId, Sequence[Parcel]]
    lines: Mapping[Position, Line]


async def find(
    tx: Tx,
    looks: Mapping[WebhookId, Look],
    rooms: Mapping[WebhookId, int],
    held: Mapping[WebhookId, Container[Position]],
    *,
    now: datetime,
) -> Found:
    """Return what comes next for endpoints, with every line once."""
    fresh = await deliveries.fresh(tx, looks) if looks else {}
    again: dict[WebhookId, list[Parcel]] = {}
    for id_, parcel in await deliveries.due(tx, rooms, now=now) if rooms else ():
        if parcel.position not in held[id_]:
            again.setdefault(id_, []).append(parcel)
    wanted = {
        parcel.position: parcel.at
        for parcels in (*(one.parcels for one in fresh.values()), *again.values())
        for parcel in parcels
    }
    lines = await feed.at(tx, list(wanted.items())) if wanted else []
    return Found(fresh, again, {line.position: line for line in lines})
