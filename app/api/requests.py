"""Requests and what they are made for: `:request`, `:suspend`, `:resume`, `:extend`."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from app.api import render
from app.api.models import Moment, Paging, Said, example
from app.api.once import Once, Posted
from app.api.request import Calling, Seen, Services, cursor_of, cursor_values
from app.api.request_models import RequestOut
from app.api.service import Service
from app.api.unit_models import UnitOut
from app.api.work import UnitKey, seen_unit, work
from app.domain.request import Request, RequestKind
from app.flows import extension, requests, suspension
from app.flows.casework import Order
from app.flows.requests import Verdict
from app.flows.rulebook import Library
from app.store import requests as request_store
from app.store.database import Tx

router = APIRouter(prefix="/v1")


class SuspendIn(Said):
    """Why nothing can be done yet, and until when the limits stand."""

    model_config = example(
        reason="管线迁改未完成, 暂不具备修复条件", until="2027-03-01T09:00:00+08:00"
    )

    until: Moment


class RequestIn(Said):
    """What is asked for and why; a suspension (挂账) also says until when."""

    model_config = example(kind="extension", reason="配件须从外地调运, 三天后到")

    kind: RequestKind
    until: Moment | None = None


class RequestPage(BaseModel):
    """A page of requests."""

    items: list[RequestOut]
    next: str | None = None


@router.post(
    "/units/{unit}:suspend",
    tags=["units"],
    summary="挂账: the limits stand until then",
    response_model=UnitOut,
)
async def suspend(unit: UnitKey, body: SuspendIn, once: Posted, seen: Seen) -> Response:
    """Suspend the unit; it goes on by itself when the moment has come."""
    flow = partial(suspension.suspend, until=body.until)
    return await work(unit, once, flow, seen=seen, reason=body.reason)


@router.post(
    "/units/{unit}:resume",
    tags=["units"],
    summary="恢复: go on before the moment",
    response_model=UnitOut,
)
async def resume(unit: UnitKey, body: Said, once: Posted, seen: Seen) -> Response:
    """Let a suspended unit go on; its limits go on from what they have spent."""
    return await work(unit, once, suspension.resume, seen=seen, reason=body.reason)


@router.post(
    "/units/{unit}:extend",
    tags=["units"],
    summary="延期: one more full limit",
    response_model=UnitOut,
)
async def extend(unit: UnitKey, body: Said, once: Posted, seen: Seen) -> Response:
    """Grant one more full limit, before the deadline, where no centre further up must agree."""
    return await work(unit, once, extension.extend, seen=seen, reason=body.reason)


@router.post(
    "/units/{unit}:request",
    tags=["requests"],
    status_code=201,
    summary="申请: ask the centres above",
    response_model=RequestOut,
)
async def ask(unit: UnitKey, body: RequestIn, service: Services, once: Posted) -> Response:
    """Ask for an extension, a suspension, a return or a cancellation.

    Where policy asks for nobody's consent it is granted and done at once.
    """
    async with once.transaction() as doing:
        found = await seen_unit(doing.tx, unit, once.caller, service)
        order = Order(found.id, 0, once.caller, service.now(), body.reason)
        _, made = await requests.ask(doing.tx, service.library, order, body.kind, body.until)
        return doing.answer(_rendered(made, service), status=201)


Decision = Callable[[Tx, Library, Verdict], Awaitable[Request]]


async def _decide(decision: Decision, key: UUID, once: Once, said: str) -> Response:
    verdict = Verdict(key, once.caller, once.service.now(), said)
    async with once.transaction() as doing:
        done = await decision(doing.tx, once.service.library, verdict)
        return doing.answer(_rendered(done, once.service))


@router.post(
    "/requests/{request}:grant",
    tags=["requests"],
    summary="批准: agree to a request",
    response_model=RequestOut,
)
async def grant(request: UUID, body: Said, once: Posted) -> Response:
    """Agree; when no further centre must, what was asked for is done at once.

    An extension asked for before the deadline may be granted after it.
    """
    return await _decide(requests.grant, request, once, body.reason)


@router.post(
    "/requests/{request}:refuse",
    tags=["requests"],
    summary="驳回: refuse a request, with the reason",
    response_model=RequestOut,
)
async def refuse(request: UUID, body: Said, once: Posted) -> Response:
    """Refuse; a refused request does not count."""
    return await _decide(requests.refuse, request, once, body.reason)


@router.post(
    "/requests/{request}:withdraw",
    tags=["requests"],
    summary="撤回: take back a request of one's own",
    response_model=RequestOut,
)
async def withdraw(request: UUID, body: Said, once: Posted) -> Response:
    """Withdraw a request that nobody has decided yet."""
    return await _decide(requests.withdraw, request, once, body.reason)


class RequestQuery(Paging):
    """Which requests."""

    own: bool = False
    """Those the caller's organisation has made, decided or not, the newest first."""


@router.get(
    "/requests", tags=["requests"], summary="Requests that wait for my centre, the oldest first"
)
async def list_requests(
    service: Services, caller: Calling, asked: Annotated[RequestQuery, Query()]
) -> RequestPage:
    """Return what the caller's centre must decide, or with `own` what it has asked for itself."""
    page = request_store.made_by if asked.own else request_store.on_desk
    end = cursor_values(asked.cursor, datetime, UUID) if asked.cursor else None
    async with service.database.reading() as tx:
        found = await page(tx, caller.organisation, end, limit=asked.limit)
    following = cursor_of(found[-1].at, found[-1].id) if len(found) == asked.limit else None
    return RequestPage(items=[_rendered(one, service) for one in found], next=following)


def _rendered(request: Request, service: Service) -> RequestOut:
    return render.request(request, service.library.current(service.now()).rulebook)
