"""Organisations and their queues."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import render, tables
from app.api.models import OrganisationOut
from app.api.request import Calling, Page, Services, cursor_of, cursor_values
from app.api.unit_models import UnitPage
from app.domain import sight
from app.store import lists
from app.store.units import QueueKey

router = APIRouter(prefix="/v1/organisations", tags=["organisations"])


@router.get("/{code}", summary="One organisation")
async def get_organisation(code: str, service: Services, caller: Calling) -> OrganisationOut:
    """Return an organisation within the caller's subtree."""
    now = service.now()
    rulebook = service.library.current(now).rulebook
    return render.organisation(sight.within(code, caller, rulebook).code, rulebook, now)


@router.get(
    "/{code}/queue",
    summary="What waits on its desk, the most pressing first",
    response_model=UnitPage,
)
async def get_queue(
    code: str, request: Request, service: Services, caller: Calling, asked: Page
) -> UnitPage | Response:
    """Return the units whose turn it is here: urgency first, then the stage's deadline."""
    now = service.now()
    rulebook = service.library.current(now).rulebook
    desk = sight.within(code, caller, rulebook)
    after = QueueKey(*cursor_values(asked.cursor, int, datetime, UUID)) if asked.cursor else None
    async with service.database.reading() as tx:
        found = await lists.queue(tx, desk.code, after=after, limit=asked.limit)
    following = None
    if len(found) == asked.limit:
        last = found[-1]
        following = cursor_of(last.urgency.rank, last.stage_due_at, last.id)
    return tables.unit_page(request, found, rulebook, now, following)
