"""What falls due in the next hours, organisation by organisation."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.api import render
from app.api.models import Code, Named, Paging
from app.api.request import Calling, Services, cursor_of, cursor_values
from app.domain import sight
from app.domain.authority import answers_for
from app.domain.organisation import Organisation, OrganisationCode, OrganisationKind
from app.domain.rulebook import Rulebook
from app.domain.unit import ClockName
from app.store import forecast
from app.store.forecast import LATE, Count

router = APIRouter(prefix="/v1/forecast", tags=["clocks"])

MOST_HOURS: Final = 168


class ForecastQuery(Paging):
    """Over which hours, and of whom."""

    hours: int = Field(default=24, ge=1, le=MOST_HOURS)
    organisation: Code | None = Field(default=None, description="default: the caller's own")
    subtree: bool = Field(default=True, description="with the bodies of its area")


class HourOut(BaseModel):
    """What falls due in the hour that begins at a moment, by stage."""

    since: datetime
    units: int
    stages: dict[ClockName, int]


class DueOut(BaseModel):
    """What an organisation has due: late already, in all the hours, and hour by hour.

    Hours in which nothing is due are left out.
    """

    organisation: Named
    late: int
    due: int
    stages: dict[ClockName, int]
    hours: list[HourOut]


class ForecastPage(BaseModel):
    """Organisations that have anything due, in the order of their codes."""

    since: datetime
    until: datetime
    items: list[DueOut]
    next: str | None = None


@router.get("", summary="What falls due in the next hours, by organisation and hour")
async def get_forecast(
    service: Services, caller: Calling, asked: Annotated[ForecastQuery, Query()]
) -> ForecastPage:
    """Count open units by the deadline of their stage, within the caller's subtree."""
    now = service.now()
    rulebook = service.library.current(now).rulebook
    body = sight.within(asked.organisation or caller.organisation, caller, rulebook)
    # Eighty thousand bodies are looked through: the loop goes on answering meanwhile.
    desks = await asyncio.to_thread(_desks, body, rulebook) if asked.subtree else [body.code]
    (after,) = cursor_values(asked.cursor, str) if asked.cursor else ("",)
    until = now + timedelta(hours=asked.hours)
    async with service.database.reading() as tx:
        counts = await forecast.due(
            tx, desks, since=now, until=until, after=after, limit=asked.limit
        )
    items = [
        _due(OrganisationCode(code), list(found), rulebook, now)
        for code, found in groupby(counts, key=lambda count: count.desk)
    ]
    following = cursor_of(items[-1].organisation.code) if len(items) == asked.limit else None
    return ForecastPage(since=now, until=until, items=items, next=following)


def _desks(body: Organisation, rulebook: Rulebook) -> list[OrganisationCode] | None:
    """Return the bodies of an organisation's subtree, by code; None for the whole city's."""
    areas, bodies = rulebook.areas, rulebook.organisations.values()
    if body.kind is OrganisationKind.CENTRE and body.area == areas.city.code:
        return None
    return sorted(one.code for one in bodies if answers_for(body, one, areas.path(one.area)))


def _due(
    code: OrganisationCode, counts: Iterable[Count], rulebook: Rulebook, now: datetime
) -> DueOut:
    ahead: Counter[ClockName] = Counter()
    by_hour: dict[int, Counter[ClockName]] = {}
    late = 0
    for count in counts:
        if count.hour == LATE:
            late += count.units
            continue
        ahead[count.stage] += count.units
        by_hour.setdefault(count.hour, Counter())[count.stage] += count.units
    hours = [
        HourOut(since=now + timedelta(hours=hour), units=found.total(), stages=dict(found))
        for hour, found in by_hour.items()
    ]
    named = render.named(code, rulebook)
    return DueOut(organisation=named, late=late, due=ahead.total(), stages=dict(ahead), hours=hours)
