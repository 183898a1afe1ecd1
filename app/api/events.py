"""Events: posting one is the hot path, a plain route; reading is not."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from app.api import problems, render, reports
from app.api.evidence import AttachIn
from app.api.exhibits import exhibits
from app.api.once import Posted
from app.api.request import Calling, Services, caller_of
from app.api.service import Service
from app.api.unit_models import EventDetail, UnitOut
from app.domain import handled
from app.domain.authority import REPORTERS, SELF_HANDLERS, Caller
from app.domain.errors import Forbidden, NotFound
from app.domain.event import EventId
from app.domain.rulebook import Rulebook
from app.domain.unit import Unit, UnitId
from app.flows import casework, evidence
from app.flows.casework import Order, in_sight
from app.flows.intake import Admitted
from app.store import events, units
from app.store.database import Tx
from app.store.events import StoredEvent

router = APIRouter(prefix="/v1/events", tags=["events"])


async def post_event(request: Request) -> Response:
    """Take in a report; the answer leaves after the commit."""
    service = Service.of(request)
    caller = await caller_of(request)
    if not caller.roles & REPORTERS:
        raise Forbidden(zh="该密钥无权上报事件", en="this key may not post events", field="roles")
    raw = await request.body()
    try:
        report = reports.sent_by(caller, raw, at=service.now())
    except ValidationError as error:
        return problems.invalid(request, error.errors(include_url=False))
    if report.resolved and not caller.roles & SELF_HANDLERS:
        raise Forbidden(
            zh="该密钥只能上报, 不能自行处置",
            en="this key reports only: it may not tell of a resolution",
            field="resolved",
            allowed=sorted(SELF_HANDLERS),
        )
    if handled.exhibits(report):
        async with service.database.reading() as tx:
            await evidence.check(tx, report)
    outcome = await service.gather.submit(report)
    now = service.now()
    rulebook = service.library.current(now).rulebook
    if isinstance(outcome, Admitted):
        return _created(outcome, rulebook)
    async with service.database.reading() as tx:
        root = await _root(tx, outcome.id)
    return _json(render.event_detail(outcome, root, rulebook, now), 200, root.version)


def _created(admitted: Admitted, rulebook: Rulebook) -> Response:
    version = admitted.admission.root.unit.version
    return _json(render.accepted(admitted, rulebook), 201, version)


def _json(shown: object, status: int, version: int) -> Response:
    body = shown.__pydantic_serializer__.to_json(shown, by_alias=True)  # type: ignore[attr-defined]
    return Response(body, status, {"ETag": f'"{version}"'}, "application/json")


async def _root(tx: Tx, event_id: EventId) -> Unit:
    found = await units.read(tx, [UnitId(event_id)])
    return found[0]


@router.get("/{event_id}", summary="One event, with its root unit as it is now")
async def get_event(event_id: UUID, service: Services, caller: Calling) -> EventDetail:
    """Return an event within the caller's scope."""
    now = service.now()
    rulebook = service.library.current(now).rulebook
    async with service.database.reading() as tx:
        stored = (await events.find(tx, [event_id])).get(event_id)
        root = await _root(tx, stored.id) if stored else None
    if stored is None or root is None or not _may_read(stored, root, caller, rulebook):
        raise _no_event()
    return render.event_detail(stored, root, rulebook, now)


@router.post(
    "/{event_id}:attach",
    summary="附件: add what was uploaded to one's own report",
    response_model=UnitOut,
)
async def attach(event_id: UUID, body: AttachIn, service: Services, once: Posted) -> Response:
    """Attach uploads to a report of the caller's organisation, at any time after it."""
    now = service.now()
    async with once.transaction() as doing:
        stored = (await events.find(doing.tx, [event_id])).get(event_id)
        if stored is None:
            raise _no_event()
        named = exhibits(body.attachments)
        order = Order(UnitId(stored.id), 0, once.caller, now, body.reason, exhibits=named)
        try:
            done = await casework.attach(doing.tx, service.library, order, report=stored)
        except NotFound:
            raise _no_event() from None
        shown = render.unit(done, service.library.current(now).rulebook, now)
        return doing.answer(shown, headers={"ETag": f'"{done.version}"'})


def _no_event() -> NotFound:
    return NotFound(zh="没有这个事件", en="no such event", field="event_id")


def _may_read(stored: StoredEvent, root: Unit, caller: Caller, rulebook: Rulebook) -> bool:
    return stored.account == caller.account or in_sight(root, caller, rulebook)
