"""Counted units: the list behind a figure."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.api import render, statistics, tables
from app.api.claim_models import claim_of
from app.api.request import Calling, Services, cursor_of, cursor_values
from app.api.service import Service
from app.api.statistics_models import UnitsQuery
from app.api.unit_models import UnitPage
from app.api.work import claimers
from app.domain import sight
from app.domain.authority import Caller
from app.domain.measure import FIGURES, STOCKS
from app.domain.period import Period, checked
from app.flows import counted
from app.flows.counted import Sought

router = APIRouter(prefix="/v1/statistics", tags=["statistics"])


@router.get("/units", summary="The units behind a figure", response_model=UnitPage)
async def get_units(
    request: Request, service: Services, caller: Calling, asked: Annotated[UnitsQuery, Query()]
) -> UnitPage | Response:
    """Return the units that a figure was counted of, those the caller may see, JSON or XLSX."""
    rulebook = service.library.current(service.now()).rulebook
    page = await page_of_units(service, caller, asked)
    return tables.unit_page(request, page.items, rulebook, page.next)


async def page_of_units(service: Service, caller: Caller, asked: UnitsQuery) -> UnitPage:
    """Return a page of the units that a figure was counted of, those the caller may see."""
    now = service.now()
    rulebook = service.library.current(now).rulebook
    statistics.refuse_unknown(asked.figure, (*FIGURES, *STOCKS), field="figure")
    period = checked(Period(asked.since, asked.until + timedelta(days=1)), "to")
    question = statistics.question_of(asked, caller, rulebook, period)
    sought = Sought(question, asked.figure, asked.level)
    after = cursor_values(asked.cursor, datetime, UUID) if asked.cursor else None
    scope = sight.of_caller(caller, rulebook)
    async with service.database.reading() as tx:
        found = await counted.page(tx, sought, scope, rulebook, after=after, limit=asked.limit)
        names = await claimers(tx, found.units, now)
    shown = [
        render.unit(one, rulebook, now, claim_of(one, caller, now, names.get(one.id)))
        for one in found.units
    ]
    following = cursor_of(*found.following) if found.following else None
    return UnitPage(items=shown, next=following)
