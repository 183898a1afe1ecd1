"""Reports: from the fields as sent to the domain's event, whether sent now or stored."""

from collections.abc import AsyncGenerator
from datetime import datetime
from hashlib import sha256
from typing import Final

import orjson
from pydantic import TypeAdapter

from app.api.event_models import EventIn, ResolvedIn
from app.api.exhibits import exhibits
from app.domain.area import AreaCode
from app.domain.authority import Caller
from app.domain.errors import Invalid
from app.domain.event import Event, EventId, Point, Resolved, Where
from app.domain.responsibility import Category
from app.store import events
from app.store.database import Database
from app.store.events import Period, StoredEvent

PAGE: Final = 500
"""Stored events read at a time."""

_SENT: Final = TypeAdapter(EventIn)


def sent_by(caller: Caller, raw: bytes, *, at: datetime) -> Event:
    """Return the event a caller sends; its digest is over the fields as sent, in any order.

    Raises pydantic's ValidationError for fields that do not fit, Invalid for what is not JSON.
    """
    sent = _SENT.validate_json(raw)
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
        received_at=at,
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
        exhibits=exhibits(sent.attachments),
        resolved=_resolved(sent.resolved) if sent.resolved else None,
    )


def _resolved(sent: ResolvedIn) -> Resolved:
    return Resolved(sent.how, sent.at, tuple(sent.before), tuple(sent.after))


def stored(event: StoredEvent) -> Event:
    """Return a stored event as it was judged when it came."""
    reporter = Caller(event.account, "", event.organisation, frozenset())
    return sent_by(reporter, orjson.dumps(event.body), at=event.received_at)


async def past(database: Database, period: Period, last: int) -> AsyncGenerator[list[Event]]:
    """Yield the newest `last` events of a period; each page is a short read of its own."""
    before = None
    while last:
        limit = min(PAGE, last)
        async with database.reading() as tx:
            found = await events.page(tx, period, before=before, limit=limit)
        if found:
            yield [stored(event) for event in found]
            before = (found[-1].received_at, found[-1].id)
        last = last - limit if len(found) == limit else 0
