"""The units behind a figure of a report."""

import asyncio
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response

from app.api import counted, tables
from app.api.statistics_models import UnitsQuery
from app.domain.organisation import OrganisationCode
from app.web import report_columns
from app.web.pages import workbook
from app.web.routing import pages
from app.web.unit_list import SHEET_ROWS
from app.web.visitor import Visiting, Visitor

_OF: Final = ("channel", "kind", "level")

router = pages("/reports")


@router.get("/units")
async def report_units(request: Request, me: Visiting) -> Response:
    """Show the units that a figure was counted of."""
    kept = dict(request.query_params)
    asked = UnitsQuery.model_validate(kept)
    page = await counted.page_of_units(me.service, me.caller, asked)
    start = {name: value for name, value in kept.items() if name != "cursor"}
    return me.page(
        "report_units.html",
        asked=asked,
        page=page,
        figure=report_columns.called(asked.figure, me.reader),
        facts=_facts(asked, me),
        first=_list(start) if asked.cursor else None,
        following=_list({**start, "cursor": page.next}) if page.next else None,
        sheet=f"/reports/units.xlsx?{urlencode(kept)}",
        sheet_rows=SHEET_ROWS,
    )


@router.get("/units.xlsx")
async def report_units_sheet(request: Request, me: Visiting) -> Response:
    """Send the same units as a workbook."""
    asked = UnitsQuery.model_validate(dict(request.query_params))
    asked = asked.model_copy(update={"limit": SHEET_ROWS})
    page = await counted.page_of_units(me.service, me.caller, asked)
    return workbook(
        await asyncio.to_thread(tables.unit_sheet, page.items, me.rulebook), asked.figure
    )


def _list(asked: Mapping[str, str]) -> str:
    return f"/reports/units?{urlencode(asked)}"


def _facts(asked: UnitsQuery, me: Visitor) -> list[str]:
    """Say whose units these are, of when and of what."""
    code = OrganisationCode(asked.organisation or me.caller.organisation)
    body = me.rulebook.organisations.get(code)
    whose = body.name if body else code
    if asked.subtree:
        whose += me.reader.say("及下级", " and those below")
    days = dict.fromkeys((asked.since.isoformat(), asked.until.isoformat()))
    facts = [whose, me.reader.say(" 至 ", " to ").join(days)]
    facts += [me.reader.word(value) for name in _OF if (value := getattr(asked, name))]
    return [*facts, asked.category] if asked.category else facts
