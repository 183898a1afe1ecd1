"""What concerns the caller: their reports and their organisation's work."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import render, tables
from app.api.claim_models import claim_of
from app.api.request import Calling, Page, Services, cursor_of, cursor_values
from app.api.unit_models import EventPage, UnitPage
from app.api.work import claimers
from app.domain.unit import Unit
from app.store import events, lists, units

router = APIRouter(prefix="/v1/me", tags=["me"])


@router.get("/events", summary="My reports and where they stand, the newest first")
async def my_events(service: Services, caller: Calling, asked: Page) -> EventPage:
    """Return the events this account has posted, each with its root unit as it is now."""
    now = service.now()
    rulebook = service.library.current(now).rulebook
    before = cursor_values(asked.cursor, datetime, UUID) if asked.cursor else None
    async with service.database.reading() as tx:
        found = await events.page_of_account(tx, caller.account, before=before, limit=asked.limit)
        roots: dict[UUID, Unit] = {
            unit.id: unit for unit in await units.read(tx, [one.id for one in found])
        }
    following = (
        cursor_of(found[-1].received_at, found[-1].id) if len(found) == asked.limit else None
    )
    items = [render.event_detail(one, roots[one.id], rulebook, now) for one in found]
    return EventPage(items=items, next=following)


@router.get("/tasks", summary="My organisation's open units by due time", response_model=UnitPage)
async def my_tasks(
    request: Request, service: Services, caller: Calling, asked: Page
) -> UnitPage | Response:
    """Return the units that wait for work by the caller's organisation, the earliest due first."""
    now = service.now()
    rulebook = service.library.current(now).rulebook
    after = cursor_values(asked.cursor, datetime, UUID) if asked.cursor else None
    async with service.database.reading() as tx:
        found = await lists.held_by(tx, caller.organisation, after=after, limit=asked.limit)
        names = await claimers(tx, found, now)
    following = (
        cursor_of(found[-1].stage_due_at, found[-1].id) if len(found) == asked.limit else None
    )
    shown = [
        render.unit(one, rulebook, now, claim_of(one, caller, now, names.get(one.id)))
        for one in found
    ]
    return tables.unit_page(request, shown, rulebook, following)
