"""The delivery log of an endpoint, and what is sent again: a message, all that failed or missed."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.api.models import Paging
from app.api.once import Once, Posted
from app.api.request import Calling, Services, cursor_of, cursor_values
from app.api.webhook_models import (
    AttemptOut,
    AttemptPage,
    AttemptQuery,
    DeliveryDetail,
    DeliveryOut,
    DeliveryPage,
    RecoverIn,
    RecoveryOut,
    ResendIn,
)
from app.domain.answer import Outcome
from app.domain.errors import Invalid, NotFound
from app.domain.feed import START, Position, named_line
from app.domain.rulebook import Rulebook
from app.domain.webhook import Recovery
from app.flows import redelivery, webhooks
from app.flows.webhooks import MANAGERS
from app.store import webhook_log
from app.store.webhook_log import Due, Sent, SentFilter

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

SHOWN: Final = 50
"""Attempts that are told of one message."""


class DeliveryQuery(Paging):
    """Which messages: those on their way, or the dead letters (死信)."""

    state: Literal["waiting", "dead"] = "waiting"


@router.get("/{webhook}/attempts", summary="推送日志: every request, the newest first")
async def list_attempts(
    webhook: UUID, service: Services, caller: Calling, asked: Annotated[AttemptQuery, Query()]
) -> AttemptPage:
    """Return what was sent to an endpoint, and what came of it."""
    before = cursor_values(asked.cursor, datetime, int) if asked.cursor else None
    wanted = SentFilter(asked.outcome, asked.message, asked.since)
    async with service.database.reading() as tx:
        stored = await webhooks.shown(tx, _rulebook(service), webhook, by=caller)
        found = await webhook_log.page(
            tx, stored.endpoint.id, wanted, before=before, limit=asked.limit
        )
    following = cursor_of(found[-1].at, found[-1].id) if len(found) == asked.limit else None
    return AttemptPage(items=[_attempt(one) for one in found], next=following)


@router.get("/{webhook}/messages", summary="待推送与死信: what waits, and what was given up")
async def list_deliveries(
    webhook: UUID, service: Services, caller: Calling, asked: Annotated[DeliveryQuery, Query()]
) -> DeliveryPage:
    """Return the messages that are still to be delivered to an endpoint, or never will be."""
    async with service.database.reading() as tx:
        id_ = (await webhooks.shown(tx, _rulebook(service), webhook, by=caller)).endpoint.id
        if asked.state == "waiting":
            place = _position(asked.cursor) if asked.cursor else START
            found = await webhook_log.waiting(tx, id_, after=place, limit=asked.limit)
        else:
            after = cursor_values(asked.cursor, datetime, int) if asked.cursor else None
            found = await webhook_log.dead(tx, id_, after=after, limit=asked.limit)
    following = _following(found[-1]) if len(found) == asked.limit else None
    return DeliveryPage(items=[_delivery(one) for one in found], next=following)


def _position(cursor: str) -> Position:
    return Position(*cursor_values(cursor, int, int, int))


def _following(last: Due) -> str:
    if last.dead_at is None:
        return cursor_of(*last.position)
    return cursor_of(last.dead_at, last.position.line)


@router.get("/{webhook}/messages/{message}", summary="Where one message stands")
async def get_delivery(
    webhook: UUID, message: str, service: Services, caller: Calling
) -> DeliveryDetail:
    """Return whether a message waits, is dead or has arrived, with its latest attempts."""
    named = named_line(message)
    unknown = NotFound(
        zh=f"此订阅没有消息“{message}”的记录",
        en=f"nothing is known of a message {message} to this endpoint",
        field="message",
    )
    if named is None:
        raise unknown
    async with service.database.reading() as tx:
        stored = await webhooks.shown(tx, _rulebook(service), webhook, by=caller)
        id_ = stored.endpoint.id
        found = await webhook_log.one(tx, id_, *named)
        log = await webhook_log.page(tx, id_, SentFilter(message=message), limit=SHOWN)
    if found is None or not (found.is_kept or log):
        raise unknown
    arrived = next((one.at for one in log if one.outcome is Outcome.DELIVERED), None)
    return DeliveryDetail(
        **_delivery(found.due).model_dump(),
        state=_state(found.due, is_kept=found.is_kept, has_arrived=arrived is not None),
        delivered_at=arrived,
        log=[_attempt(one) for one in log],
    )


def _state(due: Due, *, is_kept: bool, has_arrived: bool) -> str:
    if is_kept:
        return "waiting" if due.dead_at is None else "dead"
    return "delivered" if has_arrived else "unknown"


@router.post(
    "/{webhook}:resend",
    summary="补发 Send messages again, whether they have arrived or not",
    response_model=RecoveryOut,
)
async def resend(webhook: UUID, body: ResendIn, service: Services, once: Posted) -> Response:
    """Have messages sent again as soon as may be; their ids stay the same."""
    named = [_named(message, place) for place, message in enumerate(body.messages)]
    rulebook, now = _rulebook(service), service.now()
    async with once.transaction() as doing:
        stored = await webhooks.owned(doing.tx, rulebook, webhook, by=once.caller)
        due = await redelivery.resend(doing.tx, rulebook, stored.endpoint, named, at=now)
        return doing.answer(RecoveryOut(due=due))


def _named(message: str, place: int) -> tuple[int, int]:
    found = named_line(message)
    if found is None:
        raise Invalid(
            zh=f"“{message}”不是消息编号",
            en=f"{message} is no message's id",
            field=f"messages.{place}",
            allowed=("msg_1_123",),
        )
    return found


@router.post(
    "/{webhook}:recover",
    summary="恢复 Send again what failed, or what was missed, since a moment",
    response_model=RecoveryOut,
)
async def recover(webhook: UUID, body: RecoverIn, service: Services, once: Posted) -> Response:
    """Have messages sent again, of at most 10,000 at a time: `next` tells where to go on."""
    rulebook = _rulebook(service)
    if body.what is Recovery.FAILED:
        return await _revive(webhook, body, rulebook, once)
    return await _recover(webhook, body, rulebook, once)


async def _revive(webhook: UUID, body: RecoverIn, rulebook: Rulebook, once: Once) -> Response:
    after = cursor_values(body.cursor, datetime, int) if body.cursor else None
    async with once.transaction() as doing:
        stored = await webhooks.owned(doing.tx, rulebook, webhook, by=once.caller)
        revived = await redelivery.revive(
            doing.tx, rulebook, stored.endpoint, body.since, after=after, at=once.service.now()
        )
        is_all = revived.last is None or revived.count < redelivery.MOST
        following = None if is_all or revived.last is None else cursor_of(*revived.last)
        return doing.answer(RecoveryOut(due=revived.count, next=following))


async def _recover(webhook: UUID, body: RecoverIn, rulebook: Rulebook, once: Once) -> Response:
    after = _position(body.cursor) if body.cursor else None
    await once.recall()
    async with once.service.database.reading() as tx:
        stored = await webhooks.shown(tx, rulebook, webhook, by=once.caller, roles=MANAGERS)
        if body.what is Recovery.MISSED and after is None:
            kept, now = once.service.means.kept, once.service.now()
            redelivery.refuse_forgotten(stored.endpoint, body.since, kept=kept, at=now)
        sought = await redelivery.seek(tx, rulebook, stored.endpoint, body.since, after=after)
    async with once.transaction() as doing:
        stored = await webhooks.owned(doing.tx, rulebook, webhook, by=once.caller)
        due = await redelivery.recover(
            doing.tx,
            rulebook,
            stored.endpoint,
            sought.lines,
            has_arrived=body.what is Recovery.ALL,
            at=once.service.now(),
        )
        following = cursor_of(*sought.onward) if sought.onward else None
        return doing.answer(RecoveryOut(due=due, next=following))


def _rulebook(service: Services) -> Rulebook:
    found: Rulebook = service.library.current(service.now()).rulebook
    return found


def _attempt(one: Sent) -> AttemptOut:
    return AttemptOut(
        id=one.id,
        at=one.at,
        request_id=one.message,
        messages=one.messages,
        attempt=one.attempt,
        outcome=one.outcome,
        status=one.status,
        milliseconds=one.milliseconds,
        request=one.request,
        response=one.response,
        error=one.error,
        is_manual=one.is_manual,
    )


def _delivery(due: Due) -> DeliveryOut:
    return DeliveryOut(
        id=due.id,
        type=due.topic,
        at=due.at,
        unit=due.unit,
        number=due.number,
        attempts=due.attempts,
        due_at=due.due_at if due.dead_at is None else None,
        dead_at=due.dead_at,
    )
