"""Webhooks (推送订阅): endpoints are made, looked at, changed, tried, and switched off and on."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import Response

from app.api.envelopes import enveloped, letter
from app.api.event_examples import example
from app.api.once import Posted
from app.api.request import Calling, Page, Services, cursor_of, cursor_values, version_in
from app.api.webhook_models import (
    AttemptOut,
    DisableIn,
    ProbeIn,
    RotateIn,
    WebhookChange,
    WebhookIn,
    WebhookKeyed,
    WebhookOut,
    WebhookPage,
)
from app.api.webhook_render import Shower
from app.domain.answer import EXCERPT
from app.domain.organisation import OrganisationCode
from app.domain.webhook import Wish
from app.flows import webhooks
from app.flows.webhooks import MANAGERS
from app.store import attempts
from app.store import webhooks as stored_webhooks
from app.store.attempts import Attempt
from app.store.webhooks import Stored

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

TRIED: Any = {"description": "Whatever came of it: `outcome` tells"}


async def _seen(
    if_match: Annotated[str | None, Header(description="The endpoint's version, its ETag")] = None,
) -> int:
    return version_in(if_match, zh="推送订阅版本", en="the endpoint's version")


Seen = Annotated[int, Depends(_seen)]


async def _shower(request: Request, service: Services) -> Shower:
    return Shower(request, service)


Shown = Annotated[Shower, Depends(_shower)]


@router.post(
    "",
    status_code=201,
    summary="新建推送订阅; 密钥只显示这一次 Make an endpoint; its secret is shown this once",
    response_model=WebhookKeyed,
)
async def create_webhook(body: WebhookIn, show: Shown, once: Posted) -> Response:
    """Make an endpoint of the caller's organisation."""
    scope = OrganisationCode(body.scope or once.caller.organisation)
    wanted = Wish(**(_wished(body.model_dump(exclude={"signing", "secret"})) | {"scope": scope}))
    async with once.transaction() as doing:
        made = await webhooks.create(
            doing.tx,
            show.rulebook,
            wanted,
            show.service.means,
            signing=body.signing,
            secret=body.secret,
            by=once.caller,
            at=show.now,
        )
        # Whoever lost the answer has a new secret made: only the sender can read this one.
        headers = {**_etag(made.stored), "Location": f"{router.prefix}/{made.stored.endpoint.id}"}
        return doing.answer(
            await show.keyed(doing.tx, made), status=201, headers=headers, told_once={"secret"}
        )


def _wished(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }


def _etag(stored: Stored) -> dict[str, str]:
    return {"ETag": f'"{stored.endpoint.version}"'}


@router.get("", summary="推送订阅列表: the endpoints of the caller's subtree, the oldest first")
async def list_webhooks(caller: Calling, show: Shown, asked: Page) -> WebhookPage:
    """Return the endpoints with how they stand."""
    after = cursor_values(asked.cursor, datetime, UUID) if asked.cursor else None
    async with show.service.database.reading() as tx:
        owners = await webhooks.owners_seen(tx, show.rulebook, by=caller)
        found = await stored_webhooks.page(tx, owners, after=after, limit=asked.limit)
        items = await show.many(tx, found)
    last = found[-1].endpoint if len(found) == asked.limit else None
    return WebhookPage(items=items, next=cursor_of(last.created_at, last.id) if last else None)


@router.get("/{webhook}", summary="One endpoint", response_model=WebhookOut)
async def get_webhook(webhook: UUID, caller: Calling, show: Shown) -> Response:
    """Return an endpoint with how it stands; its ETag is the version to change it by."""
    async with show.service.database.reading() as tx:
        stored = await webhooks.shown(tx, show.rulebook, webhook, by=caller)
        return _answer(await show.one(tx, stored))


def _answer(shown: WebhookOut) -> Response:
    headers = {"ETag": f'"{shown.version}"'}
    return Response(shown.model_dump_json(), headers=headers, media_type="application/json")


@router.patch("/{webhook}", summary="Change an endpoint", response_model=WebhookOut)
async def change_webhook(
    webhook: UUID, body: WebhookChange, seen: Seen, caller: Calling, show: Shown
) -> Response:
    """Set what is named otherwise; a circuit breaker is closed, so that it shows at once."""
    changes = _wished(body.model_dump(exclude_unset=True))
    means = show.service.means
    async with show.service.database.transaction() as tx:
        stored = await webhooks.change(
            tx, show.rulebook, webhook, changes, means, seen=seen, by=caller, at=show.now
        )
        return _answer(await show.one(tx, stored))


@router.delete("/{webhook}", status_code=204, summary="Delete an endpoint and its log")
async def delete_webhook(webhook: UUID, caller: Calling, show: Shown) -> Response:
    """Delete an endpoint; what waited for it is gone."""
    async with show.service.database.transaction() as tx:
        await webhooks.delete(tx, show.rulebook, webhook, by=caller)
    return Response(status_code=204)


@router.post(
    "/{webhook}:rotate",
    summary="更换密钥 Another secret, shown this once; both sign for a while",
    response_model=WebhookKeyed,
)
async def rotate_webhook(webhook: UUID, body: RotateIn, show: Shown, once: Posted) -> Response:
    """Give an endpoint another secret."""
    async with once.transaction() as doing:
        made = await webhooks.rotate(
            doing.tx,
            show.rulebook,
            webhook,
            show.service.means,
            overlap=timedelta(seconds=body.overlap),
            secret=body.secret,
            by=once.caller,
            at=show.now,
        )
        return doing.answer(
            await show.keyed(doing.tx, made), headers=_etag(made.stored), told_once={"secret"}
        )


@router.post("/{webhook}:disable", summary="停用 Send nothing more", response_model=WebhookOut)
async def disable_webhook(webhook: UUID, body: DisableIn, show: Shown, once: Posted) -> Response:
    """Switch an endpoint off: what waits is kept, what happens meanwhile can be recovered."""
    async with once.transaction() as doing:
        stored = await webhooks.disable(
            doing.tx, show.rulebook, webhook, reason=body.reason, by=once.caller, at=show.now
        )
        return doing.answer(await show.one(doing.tx, stored), headers=_etag(stored))


@router.post("/{webhook}:enable", summary="启用 Send again", response_model=WebhookOut)
async def enable_webhook(webhook: UUID, show: Shown, once: Posted) -> Response:
    """Switch an endpoint on again, its circuit breaker closed."""
    async with once.transaction() as doing:
        stored = await webhooks.enable(
            doing.tx, show.rulebook, webhook, by=once.caller, at=show.now
        )
        return doing.answer(await show.one(doing.tx, stored), headers=_etag(stored))


@router.post(
    "/{webhook}:test",
    summary="发送测试消息 Send a test message now, and tell what came of it",
    response_model=AttemptOut,
    responses={200: TRIED},
)
async def try_webhook(webhook: UUID, body: ProbeIn, show: Shown, once: Posted) -> Response:
    """Send an example of a type, thin; its id begins with `msg_test_`. Disabled ones, too."""
    await once.recall()
    async with show.service.database.reading() as tx:
        stored = await webhooks.shown(tx, show.rulebook, webhook, by=once.caller, roles=MANAGERS)
    target = stored.opened(show.service.means.seal, now=show.now)
    message = {"id": f"msg_test_{uuid4().hex}", **example(body.type)}
    sent = enveloped([message], stored.endpoint)
    # Receivers compare its moment with their own clocks, which nobody plays with.
    ready = letter(target, sent, datetime.now(UTC), now=show.now)
    answer = await show.service.post.send(ready)
    request = sent.body.decode()[:EXCERPT]
    attempt = Attempt(stored.endpoint.id, show.now, (), sent.id, 1, request, answer, is_manual=True)
    async with once.transaction() as doing:
        await webhooks.owned(doing.tx, show.rulebook, webhook, by=once.caller)
        await attempts.put(doing.tx, [attempt])
        shown = AttemptOut(
            at=attempt.at,
            request_id=sent.id,
            messages=[sent.id],
            attempt=attempt.attempt,
            outcome=answer.outcome,
            status=answer.status,
            milliseconds=round(answer.latency),
            request=attempt.request,
            response=answer.excerpt,
            error=answer.error,
            is_manual=True,
        )
        return doing.answer(shown)
