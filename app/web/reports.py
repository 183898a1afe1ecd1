"""Reports (报表): figures and rates beside what they were, over time, by rank, and the month."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final, Literal
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from app.api import statistics, trend
from app.api.models import Clean, Code, Day, Strict
from app.api.statistics_models import MonthlyQuery, StatisticsQuery, TrendQuery
from app.domain.area import Tier
from app.domain.event import Channel
from app.domain.measure import FIGURES, RATES, STOCKS
from app.domain.organisation import OrganisationCode
from app.domain.period import Period
from app.domain.responsibility import Kind
from app.sheets import figures as figure_sheets
from app.web import report_columns
from app.web.pages import workbook
from app.web.report_columns import THEMES, Columns, Theme
from app.web.report_span import SPANS, Span, Stretch
from app.web.report_table import Cell, Shown, cells, groups, number, path_to, ranking
from app.web.routing import pages
from app.web.visitor import Visiting, Visitor

BY: Final = {
    "organisation": ("单位", "Organisation"),
    "channel": ("渠道", "Channel"),
    "kind": ("类型", "Kind"),
    "category": ("类别", "Category"),
    "day": ("日", "Day"),
    "month": ("月", "Month"),
}
_MONTH_LENGTH, _YEAR_LENGTH = len("2026-11"), len("2026-")

router = pages()


class ReportQuery(Strict):
    """Whose report, of when and of what, and what it shows side by side."""

    organisation: Code | None = None
    span: Span = Span.MONTH
    at: Day | None = None
    by: Literal["organisation", "channel", "kind", "category", "day", "month"] = "organisation"
    theme: Theme = Theme.OVERVIEW
    subtree: bool = True
    channel: Channel | None = None
    kind: Kind | None = None
    category: Clean | None = None
    rank: str = "disposal_on_time_rate"

    def of(self, period: Period, **more: object) -> dict[str, object]:
        """Return what the API is asked of a period."""
        counted = self.model_dump(
            include={"organisation", "subtree", "channel", "kind", "category"}
        )
        return {**counted, "from": period.since, "to": last_day(period), **more}


def last_day(period: Period) -> date:
    """Return the last day of a period."""
    return date.fromordinal(period.until.toordinal() - 1)


@router.get("/reports")
async def report(request: Request, me: Visiting) -> Response:
    """Show a report."""
    kept = _kept(request)
    if kept != dict(request.query_params):
        return RedirectResponse(_address("/reports", kept), 303)
    asked = ReportQuery.model_validate(kept)
    today = me.reader.local(me.now).date()
    stretch = Stretch.around(asked.at or today, asked.span)
    shown = await _table(asked, stretch, me)
    columns = THEMES[asked.theme]
    found = groups(shown, columns.all, asked.rank, me)
    body = me.rulebook.organisations[OrganisationCode(shown["organisation"]["code"])]
    return me.page(
        "report.html",
        asked=asked,
        shown=shown,
        body=body,
        path=list(path_to(body, me)),
        stretch=stretch,
        earlier=stretch.earlier(),
        later=stretch.later(today),
        columns=columns,
        done=cells(shown["total"], columns.done, me.reader),
        solved=cells(shown["total"], columns.solved, me.reader),
        groups=found,
        ranked=ranking(found),
        trend=await _over_time(asked, stretch, columns, me),
        as_of=_moment(shown),
        words=_Words(me),
        choices={"by": BY, "span": SPANS, "theme": THEMES, "channel": Channel, "kind": Kind},
        rates=RATES,
        categories=_categories(me),
        at=lambda **changes: _address("/reports", kept, changes),
        sheet=lambda **changes: _address("/reports.xlsx", kept, changes),
        month=_address(
            "/reports/monthly",
            {"organisation": body.code, "period": f"{stretch.period.since:%Y-%m}"},
        ),
    )


@router.get("/reports.xlsx")
async def report_sheet(request: Request, me: Visiting) -> Response:
    """Send a report as a workbook, or how it was over time."""
    kept = _kept(request)
    table = kept.pop("table", "")
    asked = ReportQuery.model_validate(kept)
    stretch = Stretch.around(asked.at or me.reader.local(me.now).date(), asked.span)
    shown = await (_days if table == "trend" else _table)(asked, stretch, me)
    return _sheet(figure_sheets.table(shown), f"report-{stretch.period.since}")


@router.get("/reports/monthly")
async def monthly(request: Request, me: Visiting) -> Response:
    """Show the officials' month: channel by level, beside the month before."""
    kept = _kept(request)
    shown = await statistics.month_shown(me.service, me.caller, MonthlyQuery.model_validate(kept))
    body = me.rulebook.organisations[OrganisationCode(shown["organisation"]["code"])]
    today = me.reader.local(me.now).date()
    stretch = Stretch.around(date.fromisoformat(shown["period"]["from"]), Span.MONTH)
    keys = (*figure_sheets.COMPARED, *figure_sheets.SHARES, *figure_sheets.ALONE)
    return me.page(
        "report_monthly.html",
        shown=shown,
        body=body,
        path=list(path_to(body, me)),
        stretch=stretch,
        earlier=stretch.earlier(),
        later=stretch.later(today),
        keys=keys,
        sections=_sections(shown, keys, me),
        as_of=_moment(shown),
        words=_Words(me),
        channel=Channel,
        tier=Tier,
        at=lambda **changes: _address("/reports/monthly", kept, changes),
        sheet=_address("/reports/monthly.xlsx", kept),
    )


@router.get("/reports/monthly.xlsx")
async def monthly_sheet(request: Request, me: Visiting) -> Response:
    """Send the officials' month as a workbook."""
    asked = MonthlyQuery.model_validate(_kept(request))
    shown = await statistics.month_shown(me.service, me.caller, asked)
    return _sheet(figure_sheets.monthly(shown), f"month-{shown['period']['from'][:7]}")


async def _table(asked: ReportQuery, stretch: Stretch, me: Visitor) -> dict[str, Any]:
    query = StatisticsQuery.model_validate(asked.of(stretch.period, by=asked.by, rank=asked.rank))
    return await statistics.table_shown(me.service, me.caller, query)


async def _days(asked: ReportQuery, stretch: Stretch, me: Visitor) -> dict[str, Any]:
    """Return every figure of the days or months that a trend is of."""
    query = StatisticsQuery.model_validate(_trend(asked, stretch, me))
    return await statistics.table_shown(me.service, me.caller, query)


def _trend(asked: ReportQuery, stretch: Stretch, me: Visitor) -> dict[str, object]:
    over = stretch.trend(me.reader.local(me.now).date())
    return asked.of(over, by="month" if stretch.is_by_month else "day")


async def _over_time(
    asked: ReportQuery, stretch: Stretch, columns: Columns, me: Visitor
) -> list[tuple[str, list[Cell]]]:
    """Return the days or months of a trend with the numbers that are drawn."""
    keys = (*columns.lines, *columns.shares)
    query = {**_trend(asked, stretch, me), "figures": ",".join(keys)}
    found = await trend.trend_shown(me.service, me.caller, TrendQuery.model_validate(query))
    told = {**found["figures"], **found["rates"]}
    named = slice(0, _MONTH_LENGTH) if stretch.is_by_month else slice(_YEAR_LENGTH, None)
    return [
        (at[named], [number(key, told[key][place]) for key in keys])
        for place, at in enumerate(found["at"])
    ]


def _moment(shown: Shown) -> datetime | None:
    return datetime.fromisoformat(shown["as_of"]) if shown["as_of"] else None


def _sections(
    shown: Shown, keys: Sequence[str], me: Visitor
) -> list[list[tuple[Shown, list[Cell]]]]:
    """Return the rows of a month, those of one channel together."""
    found = groupby(shown["rows"], key=lambda row: row["channel"])
    return [[(row, cells(row, keys, me.reader)) for row in some] for _, some in found]


class _Words:
    """What figures and rates are called, and how they are made."""

    def __init__(self, me: Visitor) -> None:
        self._reader = me.reader

    def called(self, key: str) -> str:
        return report_columns.called(key, self._reader)

    def formula(self, key: str) -> str:
        return report_columns.formula(key, self._reader)

    @property
    def figures(self) -> Sequence[str]:
        return (*FIGURES, *STOCKS)


def _categories(me: Visitor) -> Mapping[str, str]:
    """Return the categories of the list, by their codes."""
    entries = me.rulebook.list.values()
    return dict(sorted({one.category.code: one.category_name for one in entries}.items()))


def _kept(request: Request) -> dict[str, str]:
    return {name: value.strip() for name, value in request.query_params.items() if value.strip()}


def _address(
    path: str, kept: Mapping[str, str], changes: Mapping[str, object | None] | None = None
) -> str:
    """Return an address with what is asked, and what is asked otherwise; None: no more."""
    merged = {**kept, **(changes or {})}
    query = urlencode({name: value for name, value in merged.items() if value is not None})
    return f"{path}?{query}" if query else path


def _sheet(body: bytes, name: str) -> Response:
    return workbook(body, name)
