"""/v1/feed: everything that happens, in its order, from a cursor on."""

import time
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, Field

from app.api import cursors
from app.api.messages import MessageOut, message
from app.api.reading import Choice, Reader, behind, scope_of, start
from app.api.request import Calling, Services
from app.api.waiting import LONGEST
from app.domain.authority import Scope
from app.domain.feed import Known, Line
from app.domain.rulebook import Rulebook
from app.domain.webhook import Payload

NDJSON: Final = "application/x-ndjson"
PAGE: Final = 100
LARGEST: Final = 1000

router = APIRouter(prefix="/v1/feed", tags=["feed"])


class Asked(Choice):
    """From where on to read, how much, and how long to wait for it."""

    cursor: Annotated[
        str | None,
        Query(max_length=cursors.LONGEST, description="Of the answer before; none: from now on"),
    ] = None
    limit: int = Field(default=PAGE, ge=1, le=LARGEST, description="How many items at most")
    wait: int = Field(
        default=0, ge=0, le=LONGEST, description="Seconds to wait while there is nothing"
    )


class ItemOut(MessageOut):
    """A message with the cursor behind it."""

    cursor: str


class FeedOut(BaseModel):
    """What happened, and the cursor to ask with next; `more`: ask at once."""

    items: list[ItemOut]
    cursor: str
    more: bool


@router.get(
    "",
    summary="变更流: what happened since a cursor, in its order, nothing skipped or repeated",
    response_model=FeedOut,
    responses={200: {"content": {NDJSON: {"schema": {"type": "string"}}}}},
)
async def feed(
    service: Services,
    caller: Calling,
    asked: Annotated[Asked, Query()],
    accept: Annotated[str, Header()] = "",
) -> Response:
    """Return what comes next; as NDJSON an item a line, and cursor and more in the headers."""
    rulebook = service.library.current(service.now()).rulebook
    scope = scope_of(asked.scope, caller, rulebook)
    cursor = await start(service, asked.cursor)
    reader = Reader(service, scope, asked.topics, cursor)
    lines = await _next(reader, asked) if asked.cursor else ()
    full = asked.payload is Payload.FULL
    items = [_item(line, rulebook, scope, cursor.besides, full=full) for line in lines]
    behind_all, more = cursors.written(reader.cursor), bool(asked.cursor) and not reader.is_last
    if NDJSON in accept:
        body = b"".join(orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE) for item in items)
        headers = {"Feed-Cursor": behind_all, "Feed-More": str(more).lower()}
        return Response(body, media_type=NDJSON, headers=headers)
    answer = {"items": items, "cursor": behind_all, "more": more}
    return Response(orjson.dumps(answer), media_type="application/json")


def _item(
    line: Line, rulebook: Rulebook, scope: Scope, besides: Known | None, *, full: bool
) -> dict[str, Any]:
    told = message(line, rulebook, scope, full=full)
    told["cursor"] = cursors.written(behind(line, besides))
    return told


async def _next(reader: Reader, asked: Asked) -> tuple[Line, ...]:
    """Return what comes next, waiting for it if there is nothing."""
    until = time.monotonic() + asked.wait
    lines = await reader.read(asked.limit)
    if lines or not reader.is_last or not asked.wait:
        return lines
    async with reader.service.tail.follow(reader.of) as follower:
        has_come = follower.joined > reader.cursor.position
        while has_come or await follower.changed(max(until - time.monotonic(), 0)):
            lines = await reader.read(asked.limit)
            if lines or not reader.is_last:
                break
            has_come = False
    return lines
