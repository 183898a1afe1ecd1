"""Events: posting one is the hot path, a plain route; reading is not."""

from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

import orjson
from fastapi import APIRouter
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from app.api import problems, render
from app.api.models import EventDetail, EventIn
from app.api.request import Calling, Services, caller_of
from app.api.service import Service
from app.domain.area import AreaCode
from app.domain.authority import REPORTERS, Caller
from app.domain.errors import Forbidden, Invalid, NotFound
from app.domain.event import Event, EventId, Point, Where
from app.domain.responsibility import Category
from app.domain.rulebook import Rulebook
from app.domain.unit import Unit, UnitId
from app.flows.casework import in_sight
from app.flows.intake import Admitted
from app.store import events, units
from app.store.database import Tx
from app.store.events import StoredEvent

router = APIRouter(prefix="/v1/events", tags=["events"])

_READ: Final = TypeAdapter(EventIn)


async def post_event(request: Request) -> Response:
    """Take in a report; the answer leaves after the commit."""
    service = Service.of(request)
    caller = await caller_of(request)
    if not caller.roles & REPORTERS:
        raise Forbidden(zh="该密钥无权上报事件", en="this key may not post events", field="roles")
    raw = await request.body()
    try:
        sent = _READ.validate_json(raw)
    except ValidationError as error:
        return problems.invalid(request, error.errors(include_url=False))
    report = _event(sent, raw, caller, service.now())
    outcome = await service.gather.submit(report)
    rulebook = service.library.current(service.now()).rulebook
    if isinstance(outcome, Admitted):
        return _created(outcome, rulebook)
    async with service.database.reading() as tx:
        root = await _root(tx, outcome.id)
    return _json(render.event_detail(outcome, root, rulebook), 200, root.version)


def _event(sent: EventIn, raw: bytes, caller: Caller, now: datetime) -> Event:
    """Build the domain's event; its digest is over the fields as sent, whatever their order."""
    try:
        body = orjson.dumps(orjson.loads(raw), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONDecodeError as error:
        raise Invalid(zh="不是有效的 JSON", en=f"not JSON: {error}", field="body") from error
    place, category = sent.place, sent.category
    point = place.point
    return Event(
        id=EventId(sent.id),
        source=sent.source,
        occurred_at=sent.occurred_at,
        received_at=now,
        text=sent.text,
        where=Where(
            code=AreaCode(place.code) if place.code else None,
            point=Point(point.longitude, point.latitude, point.datum) if point else None,
            address=place.address,
        ),
        category=Category(category.scheme, category.class_, category.code) if category else None,
        organisation=caller.organisation,
        account=caller.account,
        digest=sha256(body).digest(),
        body=body,
        attributes=sent.attributes,
    )


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
    rulebook = service.library.current(service.now()).rulebook
    async with service.database.reading() as tx:
        stored = (await events.find(tx, [event_id])).get(event_id)
        root = await _root(tx, stored.id) if stored else None
    if stored is None or root is None or not _may_read(stored, root, caller, rulebook):
        raise NotFound(zh="没有这个事件", en="no such event", field="event_id")
    return render.event_detail(stored, root, rulebook)


def _may_read(stored: StoredEvent, root: Unit, caller: Caller, rulebook: Rulebook) -> bool:
    return stored.account == caller.account or in_sight(root, caller, rulebook)
