"""Redelivery: what has failed, or was missed, is sent to an endpoint again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.domain.errors import ActionNotAllowed, Invalid, NotFound
from app.domain.feed import START, Line, Position, concerns, message_id
from app.domain.rulebook import Rulebook
from app.domain.webhook import Endpoint, Listener, listener
from app.store import deliveries, feed, redelivery
from app.store.database import Tx
from app.store.redelivery import Revived

MOST: Final = 10_000
"""Lines of the log, or dead letters, that one call goes through."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Lines that an endpoint is to be sent, and from where to look on; None: that was all."""

    lines: Sequence[Line]
    onward: Position | None


def refuse_idle(endpoint: Endpoint, rulebook: Rulebook) -> Listener:
    """Return what an endpoint hears of; raises ActionNotAllowed where it is sent nothing."""
    hears = listener(endpoint, rulebook)
    if hears is None or endpoint.disabled_at is not None:
        raise ActionNotAllowed(
            zh="推送订阅已停用, 请先启用(:enable)再补发",
            en="the endpoint is disabled: enable it first (:enable)",
            allowed=("enable",),
        )
    return hears


def refuse_forgotten(endpoint: Endpoint, since: datetime, *, kept: timedelta, at: datetime) -> None:
    """Raise Invalid for a moment since when nobody can tell any more what has arrived."""
    known = at - kept
    if since < known and endpoint.created_at < known:
        raise Invalid(
            zh=f"推送日志保留 {kept.days} 天, {known:%Y-%m-%d %H:%M}Z 以前是否送达已无记录:"
            " 请改用更晚的 since, 或用 what=all 连已送达的一并重发",
            en=f"the log of attempts goes back {kept.days} days, to {known:%Y-%m-%d %H:%M}Z: what"
            " arrived before is not known; ask since then, or `all`, with what has arrived",
            field="since",
            allowed=(known.isoformat(),),
        )


async def resend(
    tx: Tx,
    rulebook: Rulebook,
    endpoint: Endpoint,
    messages: Sequence[tuple[int, int]],
    *,
    at: datetime,
) -> int:
    """Have messages sent to an endpoint now, whether they have arrived or not; returns how many.

    They are named by epoch and line. What waits, waits on. What it did not ask for is sent as
    well; what lies outside its scope is not there: raises NotFound, and nothing is sent.
    """
    scope = refuse_idle(endpoint, rulebook).scope
    lines = await feed.some(tx, messages)
    known = {(line.position.epoch, line.position.line) for line in lines if concerns(scope, line)}
    for place, one in enumerate(messages):
        if one not in known:
            raise NotFound(
                zh=f"没有消息“{message_id(*one)}”",
                en=f"no message {message_id(*one)}",
                field=f"messages.{place}",
            )
    # What the relay has not come to yet is sent for the first time soon enough.
    reached = await deliveries.position(tx) or START
    ready = [line for line in lines if line.position <= reached]
    return await _put(tx, endpoint, ready, at)


async def _put(tx: Tx, endpoint: Endpoint, lines: Sequence[Line], at: datetime) -> int:
    matched = [(endpoint.id, line.trace) for line in lines]
    count = await deliveries.put_again(tx, matched, due_at=at)
    await redelivery.join(tx, endpoint.id, at)
    return count


async def seek(
    tx: Tx, rulebook: Rulebook, endpoint: Endpoint, since: datetime, *, after: Position | None
) -> Sought:
    """Return lines since a moment that an endpoint asks for now, whatever it asked for then.

    Looks at no more than `MOST` lines, in the order of the log, from `after` on.
    """
    wanted = refuse_idle(endpoint, rulebook).of
    reached = await deliveries.position(tx) or START
    position = after or await redelivery.position_at(tx, since)
    found: list[Line] = []
    for _ in range(MOST // feed.SCAN):
        batch = await feed.read(tx, position, limit=feed.SCAN, of=wanted)
        found += [line for line in batch.lines if line.at >= since and line.position <= reached]
        position = batch.end
        if batch.is_last or position >= reached:
            return Sought(found, None)
    return Sought(found, position)


async def recover(
    tx: Tx,
    rulebook: Rulebook,
    endpoint: Endpoint,
    lines: Sequence[Line],
    *,
    has_arrived: bool,
    at: datetime,
) -> int:
    """Have lines sent but those that wait, and those that have arrived unless `has_arrived`."""
    refuse_idle(endpoint, rulebook)
    missed = lines if has_arrived else await redelivery.not_arrived(tx, endpoint.id, lines)
    return await _put(tx, endpoint, missed, at)


async def revive(
    tx: Tx,
    rulebook: Rulebook,
    endpoint: Endpoint,
    since: datetime,
    *,
    after: tuple[datetime, int] | None,
    at: datetime,
) -> Revived:
    """Have dead letters that died since a moment sent again, `MOST` of them at a time."""
    refuse_idle(endpoint, rulebook)
    revived = await redelivery.revive(tx, endpoint.id, since, after=after, limit=MOST, now=at)
    await redelivery.join(tx, endpoint.id, at)
    return revived
