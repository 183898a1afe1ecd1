"""Statistics: figures and rates of organisations, and the officials' monthly table."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.api import figures, render
from app.api.request import Calling, Services
from app.api.service import Service
from app.api.statistics_models import (
    CountedQuery,
    MonthlyOut,
    MonthlyQuery,
    StatisticsOut,
    StatisticsQuery,
)
from app.api.tables import XLSX
from app.domain import sight
from app.domain.authority import Caller
from app.domain.errors import Invalid
from app.domain.measure import RATES
from app.domain.period import Period, checked, month_of, parse
from app.domain.rulebook import Rulebook
from app.flows import statistics
from app.flows.statistics import Question
from app.sheets import figures as figure_sheets
from app.store.tallies import By

router = APIRouter(prefix="/v1/statistics", tags=["statistics"])

_MOST_DAYS: Final = 400
_BOTH: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {XLSX: {}}, "description": "JSON, or a spreadsheet with Chinese headings"}
}


@router.get(
    "",
    summary="Figures and rates of an organisation",
    response_model=StatisticsOut,
    responses=_BOTH,
)
async def get_statistics(
    request: Request,
    service: Services,
    caller: Calling,
    asked: Annotated[StatisticsQuery, Query()],
) -> Response:
    """Return what was counted in a period, beside the period before and last year's."""
    shown = await table_shown(service, caller, asked)
    if XLSX in request.headers.get("accept", ""):
        return _sheet(figure_sheets.table(shown), "statistics")
    # Thousands of figures: told straight, a model for each would cost more than all the rest.
    return answer(shown)


async def table_shown(service: Service, caller: Caller, asked: StatisticsQuery) -> dict[str, Any]:
    """Return a table as it goes over the wire."""
    now = service.now()
    rulebook = service.library.current(now).rulebook
    refuse_unknown(asked.rank, RATES, field="rank")
    question = question_of(asked, caller, rulebook, _period(asked, rulebook, now))
    by = By(asked.by) if asked.by else None
    question = replace(question, by=by, rank=asked.rank, wants_place=asked.place)
    if question.by is By.DAY and question.period.days > _MOST_DAYS:
        raise Invalid(
            zh=f"按日统计最长 {_MOST_DAYS} 天",
            en=f"by day a period has {_MOST_DAYS} days at most",
            field="by",
        )
    async with service.database.reading() as tx:
        found = await statistics.table(tx, question, rulebook)
    return figures.table(found, rulebook)


@router.get(
    "/monthly",
    summary="The officials' monthly table: channel by level",
    response_model=MonthlyOut,
    responses=_BOTH,
)
async def get_monthly(
    request: Request, service: Services, caller: Calling, asked: Annotated[MonthlyQuery, Query()]
) -> Response:
    """Return a month by channel and level, with the month before and the stock of old cases."""
    shown = await month_shown(service, caller, asked)
    if XLSX in request.headers.get("accept", ""):
        return _sheet(figure_sheets.monthly(shown), "monthly")
    return answer(shown)


async def month_shown(service: Service, caller: Caller, asked: MonthlyQuery) -> dict[str, Any]:
    """Return the officials' table as it goes over the wire."""
    now = service.now()
    rulebook = service.library.current(now).rulebook
    code = asked.organisation or caller.organisation
    body = sight.within(code, caller, rulebook, field="organisation")
    month = parse(asked.period) if asked.period else _this_month(rulebook, now)
    if month.months != 1:
        raise Invalid(zh="月报须为一个自然月, 如 2026-11", en="one whole month", field="period")
    async with service.database.reading() as tx:
        found = await statistics.monthly(tx, body, month, rulebook)
    return {
        "organisation": render.named(body.code, rulebook).model_dump(),
        "period": figures.days(month),
        "before": figures.days(month.before()),
        **figures.monthly(found, body, month),
    }


def _period(asked: StatisticsQuery, rulebook: Rulebook, now: datetime) -> Period:
    if asked.since is None and asked.until is None:
        return parse(asked.period) if asked.period else _this_month(rulebook, now)
    if asked.period or asked.since is None or asked.until is None:
        raise Invalid(
            zh="统计期用 period, 或用 from 与 to 两者",
            en="name the period by period, or by both from and to",
            field="period",
        )
    return checked(Period(asked.since, asked.until + timedelta(days=1)), "to")


def _this_month(rulebook: Rulebook, now: datetime) -> Period:
    return month_of(now.astimezone(ZoneInfo(rulebook.calendar.zone)).date())


def question_of(
    asked: CountedQuery, caller: Caller, rulebook: Rulebook, period: Period
) -> Question:
    """Return what is asked about, within the caller's scope; raises NotFound."""
    code = asked.organisation or caller.organisation
    return Question(
        sight.within(code, caller, rulebook, field="organisation"),
        period,
        subtree=asked.subtree,
        channel=asked.channel,
        kind=asked.kind,
        category=asked.category,
    )


def refuse_unknown(name: str, known: Collection[str], *, field: str) -> None:
    """Raise Invalid for a figure or a rate that there is none of."""
    if name not in known:
        raise Invalid(
            zh=f"没有指标“{name}”", en=f"no figure {name}", field=field, allowed=tuple(known)
        )


def answer(told: dict[str, Any]) -> Response:
    """Return figures as JSON."""
    return Response(orjson.dumps(told), media_type="application/json")


def _sheet(body: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    return Response(body, headers=headers, media_type=XLSX)
