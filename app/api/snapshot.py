"""/v1/snapshot: what is open now, and the cursor from which the feed goes on."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from starlette.types import Receive, Send
from starlette.types import Scope as Connection
from typing_extensions import override

from app.api import cursors, render
from app.api.feed import NDJSON
from app.api.messages import GroupOut
from app.api.models import Named, Strict
from app.api.reading import ScopeCode, scope_of
from app.api.request import Calling, Services
from app.api.service import Service
from app.domain.authority import Scope
from app.domain.feed import Cursor
from app.domain.organisation import OrganisationCode
from app.domain.rulebook import Rulebook
from app.store import snapshot
from app.store.database import Tx

router = APIRouter(prefix="/v1/snapshot", tags=["feed"])


class Asked(Strict):
    """Of what, and whether with every unit."""

    scope: ScopeCode = None
    units: bool = Field(
        default=False, description="As NDJSON, the snapshot in the first line, then a unit a line"
    )


class CountOut(GroupOut):
    """How many units are in a group."""

    units: int


class SnapshotOut(BaseModel):
    """What is open: a message's `change` takes one off a group of these and puts one on another."""

    at: datetime
    cursor: str
    """Where the feed and the stream go on from: exactly what is not counted here yet."""
    units: int
    groups: list[CountOut]
    organisations: list[Named]
    """The names of those that groups have."""


LISTED: Final = """
With units=true: NDJSON. First the snapshot in one line, then each unit with its id, version and
group, at last {"end": true}: without it something is missing.
"""


@router.get(
    "",
    summary="全量快照: the open units by organisation, state, kind and light, with a cursor",
    response_model=SnapshotOut,
    responses={200: {"description": LISTED, "content": {NDJSON: {"schema": {"type": "string"}}}}},
)
async def take(service: Services, caller: Calling, asked: Annotated[Asked, Query()]) -> Response:
    """Count what is open, all of it at one moment."""
    rulebook = service.library.current(service.now()).rulebook
    scope = scope_of(asked.scope, caller, rulebook)
    if asked.units:
        lines = _lines(service, scope, rulebook)
        return Listed(await anext(lines), lines)
    async with service.database.transaction() as tx:
        taken = await _taken(tx, service, scope, rulebook)
    return Response(orjson.dumps(taken, option=orjson.OPT_UTC_Z), media_type="application/json")


async def _taken(tx: Tx, service: Service, scope: Scope, rulebook: Rulebook) -> dict[str, Any]:
    position, known = await snapshot.hold(tx)
    groups, now = await snapshot.groups(tx, scope), service.now()
    bodies = dict.fromkeys(group.organisation for group in groups)
    return {
        "at": now,
        "cursor": cursors.written(Cursor(position, now, known)),
        "units": sum(group.units for group in groups),
        "groups": groups,
        "organisations": [
            render.named(OrganisationCode(code), rulebook).model_dump() for code in bodies
        ],
    }


async def _lines(service: Service, scope: Scope, rulebook: Rulebook) -> AsyncGenerator[bytes]:
    """Yield the snapshot and its units, of one moment."""
    async with service.database.transaction() as tx:
        yield _line(await _taken(tx, service, scope, rulebook))
        async for rows in snapshot.listed(tx, scope):
            yield b"".join(_line(_unit(tuple(row))) for row in rows)
    yield _line({"end": True})


def _unit(row: Sequence[Any]) -> dict[str, Any]:
    names = ("version", "organisation", "state", "kind", "light")
    return {"id": str(row[0]), **dict(zip(names, row[1:], strict=True))}


def _line(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)


class Listed(Response):
    """Lines sent as they are read: no more of them is held than one page."""

    media_type = NDJSON

    def __init__(self, first: bytes, others: AsyncGenerator[bytes]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._first = first
        self._others = others

    @override
    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Send them."""
        status = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        async with aclosing(self._others) as others:
            await send(status)
            await send({"type": "http.response.body", "body": self._first, "more_body": True})
            async for chunk in others:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
