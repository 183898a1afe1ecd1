"""What routes take from a request: the caller, the version seen, a cursor."""

import base64
import re
import time
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
from fastapi import Depends, Header, Query, Request

from app.api.models import Paging
from app.api.service import Service
from app.domain.authority import Caller
from app.domain.errors import Forbidden, Invalid, VersionRequired

Page = Annotated[Paging, Query()]
# Asynchronous though they wait for nothing: FastAPI sends plain functions to a thread each.


async def _service(request: Request) -> Service:
    return Service.of(request)


Services = Annotated[Service, Depends(_service)]

_VERSION: Final = re.compile(r'(?:W/)?"?(\d{1,9})"?', re.ASCII)
ASK_CLAIM: Final = "The token of the caller's claim (领取): refused if it is not live any more"
ASK_VERSION: Final = "If-Match: the unit's version, as its ETag tells it"


async def caller_of(request: Request) -> Caller:
    """Return who is calling, for the successor if their organisation was replaced.

    Raises Unauthenticated, Forbidden.
    """
    service = Service.of(request)
    now = service.now()
    authorization = service.sessions.authorization(request, now)
    caller = await service.keyring.caller(authorization, now=now, tick=time.monotonic())
    bodies = service.library.current(now).rulebook.organisations
    if caller.organisation not in bodies:
        raise Forbidden(
            zh=f"密钥所属单位“{caller.organisation}”已不存在",
            en=f"the key's organisation {caller.organisation} no longer exists",
            field="Authorization",
        )
    heir = bodies.heir(caller.organisation)
    return caller if heir == caller.organisation else replace(caller, organisation=heir)


@dataclass(frozen=True, slots=True)
class Witness:
    """Which version of a unit the caller saw, and the token of the claim they act under, if any."""

    version: int
    token: int | None = None


async def version_seen(
    if_match: Annotated[str | None, Header(description=ASK_VERSION)] = None,
    claim_token: Annotated[int | None, Header(ge=1, description=ASK_CLAIM)] = None,
) -> Witness:
    """Return the version of the unit the caller saw; raises VersionRequired, Invalid."""
    return Witness(version_in(if_match, zh="单元版本", en="the unit's version"), claim_token)


def version_in(if_match: str | None, *, zh: str, en: str) -> int:
    """Return the version a header names; raises VersionRequired, Invalid."""
    if if_match is None:
        raise VersionRequired(
            zh=f"请用 If-Match 说明您看到的{zh}",
            en=f"say in If-Match which version you saw: {en}",
            field="If-Match",
        )
    version = _VERSION.fullmatch(if_match.strip())
    if version is None:
        raise Invalid(zh=f"If-Match 应为{zh}号", en=f"If-Match must be {en}", field="If-Match")
    return int(version[1])


Calling = Annotated[Caller, Depends(caller_of)]
Seen = Annotated[Witness, Depends(version_seen)]


def cursor_of(*values: object) -> str:
    """Return an opaque cursor for a place in a list."""
    return base64.urlsafe_b64encode(orjson.dumps(values, default=str)).decode().rstrip("=")


def cursor_values(cursor: str, *kinds: type) -> tuple[Any, ...]:
    """Return what a cursor was made of, each value of its kind; raises Invalid."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = orjson.loads(base64.urlsafe_b64decode(padded))
        return tuple(_READ[kind](value) for kind, value in zip(kinds, values, strict=True))
    except (ValueError, TypeError, AttributeError) as error:
        raise Invalid(
            zh="cursor 无效, 请从第一页重新开始",
            en="not a cursor of this list; start from the first page",
            field="cursor",
        ) from error


_READ: Final[dict[type, Any]] = {
    int: int,
    str: str,
    datetime: datetime.fromisoformat,
    UUID: UUID,
}
