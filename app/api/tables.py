"""Lists as the caller wants them: JSON, or a spreadsheet for the office."""

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import Request
from starlette.responses import Response

from app.api.unit_models import UnitOut, UnitPage
from app.domain.rulebook import Rulebook
from app.domain.words import CLOCK, KIND, STATE, URGENCY
from app.sheets.export import xlsx

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

HEADINGS: Final = (
    "编号",
    "类型",
    "标题",
    "状态",
    "紧急程度",
    "承办单位",
    "所属中心",
    "区县",
    "镇街",
    "环节",
    "环节期限",
    "处置期限",
    "超期时间",
    "立案时间",
    "结案时间",
)


def wants_sheet(request: Request) -> bool:
    """Tell whether a list is wanted as a spreadsheet."""
    return XLSX in request.headers.get("accept", "")


def unit_page(
    request: Request, shown: Sequence[UnitOut], rulebook: Rulebook, following: str | None
) -> UnitPage | Response:
    """Return a page of units as JSON, or as XLSX to a caller that accepts only that."""
    if not wants_sheet(request):
        return UnitPage(items=list(shown), next=following)
    body = unit_sheet(shown, rulebook)
    headers = {"Content-Disposition": 'attachment; filename="units.xlsx"'}
    if following:
        headers["Link"] = f'<{request.url.include_query_params(cursor=following)}>; rel="next"'
    return Response(body, headers=headers, media_type=XLSX)


def unit_sheet(shown: Sequence[UnitOut], rulebook: Rulebook) -> bytes:
    """Return units as a workbook."""
    zone = ZoneInfo(rulebook.calendar.zone)
    return xlsx(HEADINGS, [_row(unit, zone) for unit in shown], title="业务单元")


def _row(unit: UnitOut, zone: ZoneInfo) -> tuple[object, ...]:
    moments = (unit.stage_due_at, unit.due_at, unit.overdue_at, unit.created_at, unit.closed_at)
    stage_due, due, overdue, created, closed = (
        at.astimezone(zone).replace(tzinfo=None) if at else None for at in moments
    )
    return (
        unit.number,
        KIND[unit.kind][0],
        unit.title,
        STATE[unit.state][0],
        URGENCY[unit.urgency][0],
        unit.holder.name,
        unit.centre.name,
        unit.place.district.name if unit.place.district else "",
        unit.place.street.name if unit.place.street else "",
        CLOCK[unit.stage][0] if unit.stage else "",
        stage_due,
        due,
        overdue,
        created,
        closed,
    )
