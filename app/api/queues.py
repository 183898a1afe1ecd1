"""Queues: pages that cost little while nothing changes, and that wait until something does."""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from app.api import problems, render, tables
from app.api.claim_models import claim_of
from app.api.models import Paging, Strict
from app.api.request import Calling, Services, caller_of, cursor_of, cursor_values
from app.api.service import Service
from app.api.unit_models import UnitOut, UnitPage
from app.api.waiting import LONGEST, leaving
from app.domain import sight
from app.domain.authority import Caller
from app.domain.queue import View
from app.domain.reach import reach_of
from app.domain.rulebook import Rulebook
from app.domain.unit import light_at
from app.domain.words import VIEW
from app.store import queues
from app.store.queues import Glance, Row, Wanted
from app.store.units import QueueKey

LOOK_AGAIN: Final = 10.0
"""Seconds after which whoever waits looks again: a deadline may have brought in what it passed."""

router = APIRouter(prefix="/v1/organisations", tags=["organisations"])


_SUBTREE: Final = "All that is open in the body's area, not its own desk alone"


class CountsQuery(Strict):
    """What to count."""

    subtree: bool = Field(default=False, description=_SUBTREE)


class QueueQuery(Paging):
    """Which page of which view, and how long to wait for it to change."""

    view: View | None = Field(default=None, description="视图; none: all that waits")
    subtree: bool = Field(default=False, description=_SUBTREE)
    mine: bool = Field(default=False, description="Only what the caller has in hand (领取)")
    wait: int = Field(
        default=0,
        ge=0,
        le=LONGEST,
        description="Seconds to wait until it is another than `If-None-Match` names; without that,"
        " until there is something",
    )


class ViewCount(BaseModel):
    """How much there is in a view."""

    view: View
    name: str
    units: int
    overdue: int
    """How many of them have passed their stage's deadline."""
    stage_due_at: datetime | None
    """When the first of them is due."""


class QueueCounts(BaseModel):
    """How much there is in every view of a queue."""

    items: list[ViewCount]


_ASKED: Final = TypeAdapter(QueueQuery)
_MATCH: Final = "The ETag of the page as it was seen: 304 if it still is so"


@router.get(
    "/{code}/queue",
    summary="What waits on its desk, or in its area: the most pressing first",
    response_model=UnitPage,
    responses={304: {"description": "The page is as `If-None-Match` names it"}},
)
async def get_queue(
    code: str,
    request: Request,
    asked: Annotated[QueueQuery, Query()],
    if_none_match: Annotated[str | None, Header(description=_MATCH)] = None,
) -> Response:
    """Return the units whose turn it is: urgency first, then the stage's deadline."""
    return await _Queue(request, await caller_of(request), code, asked).answer(if_none_match)


async def show_queue(request: Request, code: str) -> Response:
    """Answer the same without FastAPI's layers, which cost as much as finding nothing new."""
    caller = await caller_of(request)
    try:
        asked = _ASKED.validate_python(dict(request.query_params))
    except ValidationError as error:
        return problems.invalid(request, error.errors(include_url=False))
    return await _Queue(request, caller, code, asked).answer(request.headers.get("if-none-match"))


@router.get("/{code}/queue/counts", summary="How much there is in every view of its queue")
async def get_counts(
    code: str,
    service: Services,
    caller: Calling,
    asked: Annotated[CountsQuery, Query()],
) -> QueueCounts:
    """Count every view in one call, how much of it is late, and when the first is due."""
    now = service.now()
    rulebook = service.library.current(now).rulebook
    reach = reach_of(sight.within(code, caller, rulebook), rulebook, is_subtree=asked.subtree)
    async with service.database.reading() as tx:
        found = await queues.counts(tx, reach, me=caller.account, now=now)
    return QueueCounts(
        items=[
            ViewCount(
                view=view,
                name=" / ".join(VIEW[view]),
                units=count.units,
                overdue=count.overdue,
                stage_due_at=count.due_at,
            )
            for view, count in found.items()
        ]
    )


async def get_page(code: str, request: Request, caller: Caller, asked: QueueQuery) -> UnitPage:
    """Return a page of a queue as it is now."""
    return await _Queue(request, caller, code, asked).shown()


class _Queue:
    """One request for a page of a queue."""

    def __init__(self, request: Request, caller: Caller, code: str, asked: QueueQuery) -> None:
        self._service, self._request = Service.of(request), request
        self._caller, self._code, self._asked = caller, code, asked
        cursor = asked.cursor
        values = cursor_values(cursor, int, datetime, UUID) if cursor else None
        self._after = QueueKey(*values) if values else None
        self._turns_in = LOOK_AGAIN

    async def answer(self, match: str | None) -> Response:
        """Return the page, or 304 while it is the one that `match` names."""
        known = frozenset(tag.strip() for tag in match.split(",")) if match else frozenset[str]()
        if not self._asked.wait:
            return await self._seen(known)
        until = time.monotonic() + self._asked.wait
        codes = self._wanted().reach.touched_by
        receive = self._request.receive
        async with self._service.tail.watch(codes) as watch, leaving(receive) as gone:
            watch.wake_with(gone)
            while (page := await self._news(known)) is None:
                left = until - time.monotonic()
                if left <= 0 or watch.is_over or gone.done():
                    break
                await watch.changed(min(left, self._turns_in, LOOK_AGAIN))
        return page or await self._seen(known)

    async def shown(self) -> UnitPage:
        """Return the page as it is now."""
        wanted = self._wanted()
        async with self._service.database.reading() as tx:
            rows = await queues.page(tx, wanted)
        return UnitPage(items=self._units(rows, wanted), next=_following(rows, wanted))

    async def _seen(self, known: Collection[str]) -> Response:
        """Return the page as it is now."""
        wanted = self._wanted()
        async with self._service.database.reading() as tx:
            if known:
                tag = self._tag(await queues.glances(tx, wanted), wanted)
                if tag in known:
                    return Response(status_code=304, headers=_headers(tag))
            rows = await queues.page(tx, wanted)
        return self._page(rows, wanted)

    async def _news(self, known: Collection[str]) -> Response | None:
        """Return the page if it is another than is known, or is not empty; else note when to look.

        What is on it turns by itself, too: lights, and leases.
        """
        wanted = self._wanted()
        async with self._service.database.reading() as tx:
            glances = await queues.glances(tx, wanted)
            if self._tag(glances, wanted) in known or not (known or glances):
                spans = (moment - wanted.now for moment in _turns(glances, wanted.now))
                seconds = map(self._service.clock.real_seconds, spans)
                self._turns_in = min(seconds, default=LOOK_AGAIN)
                return None
            rows = await queues.page(tx, wanted)
        return self._page(rows, wanted)

    def _rulebook(self, now: datetime) -> Rulebook:
        return self._service.library.current(now).rulebook

    def _wanted(self) -> Wanted:
        asked, now = self._asked, self._service.now()
        rulebook = self._rulebook(now)
        body = sight.within(self._code, self._caller, rulebook)
        return Wanted(
            reach_of(body, rulebook, is_subtree=asked.subtree),
            self._caller.account,
            now,
            view=asked.view,
            is_mine=asked.mine,
            after=self._after,
            limit=asked.limit,
        )

    def _tag(self, rows: Iterable[Glance], wanted: Wanted) -> str:
        """Return the ETag: another one as soon as anything on the page is."""
        seen = [
            (
                row.id.int,
                row.version,
                row.steps,
                light_at(wanted.now, row.yellow_at, row.red_at),
                self._claim(row, wanted),
            )
            for row in rows
        ]
        is_sheet = tables.wants_sheet(self._request)
        told = (self._rulebook(wanted.now).version, is_sheet, self._caller.account.int, seen)
        return f'"{blake2b(repr(told).encode(), digest_size=12).hexdigest()}"'

    def _claim(self, row: Glance, wanted: Wanted) -> tuple[int, datetime] | None:
        until = row.claimed_until
        return (row.claim, until) if until is not None and until > wanted.now else None

    def _units(self, rows: Sequence[Row], wanted: Wanted) -> list[UnitOut]:
        now = wanted.now
        rulebook = self._rulebook(now)
        return [
            render.unit(row.unit, rulebook, now, claim_of(row.unit, self._caller, now, row.claimer))
            for row in rows
        ]

    def _page(self, rows: Sequence[Row], wanted: Wanted) -> Response:
        shown, following = self._units(rows, wanted), _following(rows, wanted)
        page = tables.unit_page(self._request, shown, self._rulebook(wanted.now), following)
        headers = _headers(self._tag((row.glance for row in rows), wanted))
        if isinstance(page, UnitPage):
            return Response(page.model_dump_json(by_alias=True), 200, headers, "application/json")
        page.headers.update(headers)
        return page


def _following(rows: Sequence[Row], wanted: Wanted) -> str | None:
    """Return the cursor of the next page, if there may be one."""
    if len(rows) < wanted.limit:
        return None
    last = rows[-1].glance
    return cursor_of(last.rank, last.stage_due_at, last.id)


def _headers(tag: str) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}


def _turns(rows: Iterable[Glance], now: datetime) -> Iterator[datetime]:
    """Yield when something on the page will be another by itself."""
    for row in rows:
        for moment in (row.yellow_at, row.red_at, row.claimed_until):
            if moment is not None and moment > now:
                yield moment
