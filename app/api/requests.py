"""Requests and what they are made for: `:request`, `:support`, `:appeal`, `:suspend` and so on."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.api import render
from app.api.models import Moment, Said, example
from app.api.once import Once, Posted
from app.api.request import Calling, Seen, Services, cursor_of, cursor_values
from app.api.request_models import (
    AppealIn,
    GrantIn,
    RequestIn,
    RequestOut,
    RequestPage,
    RequestQuery,
    SupportIn,
    Whose,
)
from app.api.service import Service
from app.api.unit_models import UnitOut
from app.api.work import UnitKey, unit_id, work
from app.domain import sight
from app.domain.authority import Caller
from app.domain.errors import Invalid
from app.domain.organisation import Function, OrganisationCode
from app.domain.request import Request, RequestKind, RequestState, Wish
from app.domain.rulebook import Rulebook
from app.domain.unit import Unit, UnitId
from app.flows import extension, requests, suspension
from app.flows.casework import Order, in_sight
from app.flows.family import limit_of
from app.flows.requests import Outcome, Verdict
from app.flows.rulebook import Library
from app.store import requests as request_store
from app.store import units as unit_store
from app.store.database import Tx
from app.store.requests import PressingKey, RequestFilter

router = APIRouter(prefix="/v1")


class SuspendIn(Said):
    """Why nothing can be done yet, and until when the limits stand."""

    model_config = example(
        reason="管线迁改未完成, 暂不具备修复条件", until="2027-03-01T09:00:00+08:00"
    )

    until: Moment


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
async def ask(unit: UnitKey, body: RequestIn, once: Posted) -> Response:
    """Ask for an extension, a suspension, a return or a cancellation.

    Where policy asks for nobody's consent it is granted and done at once.
    """
    return await _ask(unit, once, Wish(body.kind, until=body.until), body.reason)


@router.post(
    "/units/{unit}:support",
    tags=["requests"],
    status_code=201,
    summary="协办申请: ask for another organisation's help",
    response_model=RequestOut,
)
async def ask_support(unit: UnitKey, body: SupportIn, once: Posted) -> Response:
    """Ask; the nearest centre over both decides, and the work goes on.

    Granted, it is a task of the helper's, which is done before the unit is resolved.
    """
    wish = Wish(
        RequestKind.SUPPORT,
        helper=OrganisationCode(body.holder) if body.holder else None,
        function=Function(body.function) if body.function else None,
        limit=limit_of(body.limit, "limit"),
    )
    return await _ask(unit, once, wish, body.reason)


@router.post(
    "/units/{unit}:appeal",
    tags=["requests"],
    status_code=201,
    summary="申诉: ask that a lateness be left out of the statistics",
    response_model=RequestOut,
)
async def appeal(unit: UnitKey, body: AppealIn, once: Posted) -> Response:
    """Appeal as whoever was late, also after the close; the centre above decides.

    That it was late stays on the record.
    """
    return await _ask(unit, once, Wish(RequestKind.APPEAL, clock=body.clock), body.reason)


async def _ask(unit: UnitKey, once: Once, wish: Wish, reason: str) -> Response:
    service = once.service
    async with once.transaction() as doing:
        order = Order(await unit_id(doing.tx, unit), 0, once.caller, service.now(), reason)
        outcome = await requests.ask(doing.tx, service.library, order, wish)
        return doing.answer(_rendered(outcome, service), status=201)


Decision = Callable[[Tx, Library, Verdict], Awaitable[Outcome]]


async def _decide(decision: Decision, verdict: Verdict, once: Once) -> Response:
    async with once.transaction() as doing:
        outcome = await decision(doing.tx, once.service.library, verdict)
        return doing.answer(_rendered(outcome, once.service))


@router.post(
    "/requests/{request}:grant",
    tags=["requests"],
    summary="批准: agree to a request",
    response_model=RequestOut,
)
async def grant(request: UUID, body: GrantIn, once: Posted) -> Response:
    """Agree; when no further centre must, what was asked for is done at once.

    An extension asked for before the deadline may be granted after it.
    """
    limit = limit_of(body.limit, "limit")
    now = once.service.now()
    verdict = Verdict(request, once.caller, now, body.reason, body.title, limit)
    return await _decide(requests.grant, verdict, once)


@router.post(
    "/requests/{request}:refuse",
    tags=["requests"],
    summary="驳回: refuse a request, with the reason",
    response_model=RequestOut,
)
async def refuse(request: UUID, body: Said, once: Posted) -> Response:
    """Refuse; a refused request does not count."""
    verdict = Verdict(request, once.caller, once.service.now(), body.reason)
    return await _decide(requests.refuse, verdict, once)


@router.post(
    "/requests/{request}:withdraw",
    tags=["requests"],
    summary="撤回: take back a request of one's own",
    response_model=RequestOut,
)
async def withdraw(request: UUID, body: Said, once: Posted) -> Response:
    """Withdraw a request that nobody has decided yet."""
    verdict = Verdict(request, once.caller, once.service.now(), body.reason)
    return await _decide(requests.withdraw, verdict, once)


@router.get(
    "/requests", tags=["requests"], summary="Requests to decide, one's own, or of a whole area"
)
async def list_requests(
    service: Services, caller: Calling, asked: Annotated[RequestQuery, Query()]
) -> RequestPage:
    """Return what the caller's centre must decide, the most urgent and then the oldest first.

    Or what it has asked for itself, or all that concerns its area; decided ones the newest first.
    """
    rulebook = service.library.current(service.now()).rulebook
    wanted = _filter(asked, caller, rulebook)
    async with service.database.reading() as tx:
        found = await _page(tx, wanted, asked)
        units = await unit_store.read(tx, [one.unit for one in found]) if found else []
    about = {unit.id: unit for unit in units}
    rows = [(one, about[UnitId(one.unit)]) for one in found]
    items = [
        render.request(one, unit, rulebook, in_sight=in_sight(unit, caller, rulebook))
        for one, unit in rows
    ]
    full = len(rows) == asked.limit
    return RequestPage(items=items, next=_cursor(*rows[-1], wanted) if full else None)


def _filter(asked: RequestQuery, caller: Caller, rulebook: Rulebook) -> RequestFilter:
    scope = sight.of_caller(caller, rulebook)
    # Who only reports has no part in what their organisation decides or asks for.
    wanted = RequestFilter(
        scope=None if scope.organisation else scope, kind=asked.kind, state=asked.state
    )
    match asked.whose:
        case Whose.DESK:
            _refuse_decided(asked.state)
            return replace(wanted, desk=caller.organisation, state=RequestState.PENDING)
        case Whose.OWN:
            return replace(wanted, organisation=caller.organisation)
        case Whose.SUBTREE:
            return replace(wanted, scope=scope)


def _refuse_decided(state: RequestState | None) -> None:
    if state not in {None, RequestState.PENDING}:
        raise Invalid(
            zh="待本单位审批的只有待批申请; 查已处理的请用 whose=subtree 或 own",
            en="a desk holds pending requests only: ask for whose=subtree or own",
            field="state",
            allowed=(RequestState.PENDING,),
        )


async def _page(tx: Tx, wanted: RequestFilter, asked: RequestQuery) -> list[Request]:
    if wanted.state is RequestState.PENDING:
        after = cursor_values(asked.cursor, int, datetime, UUID) if asked.cursor else None
        key = PressingKey(*after) if after else None
        return await request_store.waiting(tx, wanted, key, limit=asked.limit)
    before = cursor_values(asked.cursor, datetime, UUID) if asked.cursor else None
    return await request_store.latest(tx, wanted, before, limit=asked.limit)


def _cursor(last: Request, unit: Unit, wanted: RequestFilter) -> str:
    if wanted.state is RequestState.PENDING:
        return cursor_of(unit.urgency.rank, last.at, last.id)
    return cursor_of(last.at, last.id)


def _rendered(outcome: Outcome, service: Service) -> RequestOut:
    unit, request = outcome
    return render.request(request, unit, service.library.current(service.now()).rulebook)
