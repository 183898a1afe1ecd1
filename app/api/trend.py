"""Trends: figures and rates day by day or month by month, for lines in a chart."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.api import figures, render, statistics
from app.api.request import Calling, Services
from app.api.service import Service
from app.api.statistics_models import TrendOut, TrendQuery
from app.domain import measure
from app.domain.authority import Caller
from app.domain.errors import Invalid
from app.domain.measure import FIGURES, RATES, STOCKS
from app.domain.period import Period, checked, month_of, shifted
from app.domain.rulebook import Rulebook
from app.flows import statistics as measures
from app.flows.statistics import Table
from app.store.tallies import By

router = APIRouter(prefix="/v1/statistics", tags=["statistics"])

MOST_DAYS: Final = 92
MOST_MONTHS: Final = 24
_DAYS: Final = 30
_MONTHS: Final = 12
"""How many are told unless something else is asked for, the present one included."""


@router.get("/trend", summary="Figures day by day or month by month", response_model=TrendOut)
async def get_trend(
    service: Services, caller: Calling, asked: Annotated[TrendQuery, Query()]
) -> Response:
    """Return figures of an organisation for each day, or each month, of some time."""
    return statistics.answer(await trend_shown(service, caller, asked))


async def trend_shown(service: Service, caller: Caller, asked: TrendQuery) -> dict[str, Any]:
    """Return a trend as it goes over the wire."""
    now = service.now()
    rulebook = service.library.current(now).rulebook
    names = [name.strip() for name in asked.figures.split(",")]
    for name in names:
        statistics.refuse_unknown(name, (*FIGURES, *STOCKS, *RATES), field="figures")
    by = By(asked.by)
    today = now.astimezone(ZoneInfo(rulebook.calendar.zone)).date()
    question = statistics.question_of(asked, caller, rulebook, _period(asked, by, today))
    async with service.database.reading() as tx:
        found = await measures.trend(tx, replace(question, by=by), rulebook)
    return _shown(found, names, rulebook)


def _period(asked: TrendQuery, by: By, today: date) -> Period:
    """Return the days asked for; by month whole ones."""
    if (asked.since is None) != (asked.until is None):
        raise Invalid(zh="from 与 to 须同用", en="from and to go together", field="from")
    tomorrow = today + timedelta(days=1)
    if asked.since is None or asked.until is None:
        since = tomorrow - timedelta(days=_DAYS)
        if by is By.MONTH:
            since = shifted(today.replace(day=1), 1 - _MONTHS)
        period = Period(since, tomorrow)
    else:
        period = checked(Period(asked.since, asked.until + timedelta(days=1)), "to")
    if by is By.MONTH:
        last = period.until - timedelta(days=1)
        period = Period(month_of(period.since).since, month_of(last).until)
    if period.days > MOST_DAYS and by is By.DAY:
        raise Invalid(
            zh=f"按日最长 {MOST_DAYS} 天", en=f"by day {MOST_DAYS} days at most", field="from"
        )
    if (period.months or 0) > MOST_MONTHS:
        raise Invalid(
            zh=f"按月最长 {MOST_MONTHS} 个月",
            en=f"by month {MOST_MONTHS} months at most",
            field="from",
        )
    return period


def _shown(found: Table, names: list[str], rulebook: Rulebook) -> dict[str, Any]:
    told = [figures.told(row.counts, row.stock) for row in found.rows]
    shares = [measure.rates(row.counts) for row in found.rows]
    question, as_of = found.question, found.as_of
    return {
        "organisation": render.named(question.body.code, rulebook).model_dump(),
        "period": figures.days(question.period),
        "by": question.by,
        "as_of": as_of.isoformat() if isinstance(as_of, datetime) else None,
        "at": [str(row.told) for row in found.rows],
        "figures": {name: [one[name] for one in told] for name in names if name not in RATES},
        "rates": {name: [one[name] for one in shares] for name in names if name in RATES},
    }
