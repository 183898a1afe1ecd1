"""The notice list (通报): who was late where policy has it made known, as JSON or CSV."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.api import render
from app.api.models import Code, Moment, Named, Paging
from app.api.request import Calling, Services, cursor_of, cursor_values
from app.domain import sight
from app.domain.organisation import OrganisationCode
from app.domain.rulebook import Rulebook
from app.domain.unit import ClockName
from app.domain.words import CLOCK
from app.sheets.export import csv
from app.store import notices
from app.store.notices import Notice, NoticeFilter

router = APIRouter(prefix="/v1/notices", tags=["clocks"])

CSV: Final = "text/csv"
HEADINGS: Final = ("通报时间", "单位编码", "单位", "编号", "标题", "环节", "节点", "节点时刻")


class NoticeQuery(Paging):
    """Which notices."""

    from_: Moment | None = Field(default=None, alias="from", description="the first moment")
    to: Moment | None = Field(default=None, description="the first moment not included")
    organisation: Code | None = Field(default=None, description="only those of this body")


class NoticeOut(BaseModel):
    """A late body that was put on the list, and by which mark of which limit."""

    at: datetime
    organisation: Named
    unit: UUID
    number: str
    title: str
    clock: ClockName
    mark: str
    mark_at: datetime
    late_by: int
    """Seconds between the mark and its notice: more than a few where the service was down."""


class NoticePage(BaseModel):
    """Notices, the oldest first."""

    items: list[NoticeOut]
    next: str | None = None


@router.get("", summary="通报名单: who was put on the notice list", response_model=NoticePage)
async def list_notices(
    request: Request, service: Services, caller: Calling, asked: Annotated[NoticeQuery, Query()]
) -> NoticePage | Response:
    """Return the notices about units within the caller's scope, as JSON or CSV."""
    rulebook = service.library.current(service.now()).rulebook
    scope = sight.of_caller(caller, rulebook)
    after = cursor_values(asked.cursor, datetime, int) if asked.cursor else None
    named = OrganisationCode(asked.organisation) if asked.organisation else None
    wanted = NoticeFilter(asked.from_, asked.to, named)
    async with service.database.reading() as tx:
        found = await notices.page(tx, scope, wanted, after=after, limit=asked.limit)
    full = len(found) == asked.limit
    following = cursor_of(found[-1].at, found[-1].id) if full else None
    items = [_shown(one, rulebook) for one in found]
    if CSV not in request.headers.get("accept", ""):
        return NoticePage(items=items, next=following)
    return _table(request, items, rulebook, following)


def _shown(notice: Notice, rulebook: Rulebook) -> NoticeOut:
    return NoticeOut(
        at=notice.at,
        organisation=render.named(notice.organisation, rulebook),
        unit=notice.unit,
        number=notice.number,
        title=notice.title,
        clock=notice.data["clock"],
        mark=notice.data["mark"],
        mark_at=notice.data["mark_at"],
        late_by=notice.data["late_by"],
    )


def _table(
    request: Request, items: list[NoticeOut], rulebook: Rulebook, following: str | None
) -> Response:
    zone = ZoneInfo(rulebook.calendar.zone)
    rows = (
        (
            one.at,
            one.organisation.code,
            one.organisation.name,
            one.number,
            one.title,
            CLOCK[one.clock][0],
            one.mark,
            one.mark_at,
        )
        for one in items
    )
    headers = {"Content-Disposition": 'attachment; filename="notices.csv"'}
    if following:
        headers["Link"] = f'<{request.url.include_query_params(cursor=following)}>; rel="next"'
    return Response(csv(HEADINGS, rows, zone=zone), headers=headers, media_type=CSV)
