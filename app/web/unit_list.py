"""Lists of units: what stands behind every figure, narrowed as the API narrows it."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from app.api import tables, units
from app.api.unit_models import UnitQuery
from app.api.work import seen_unit
from app.domain.area import Area, AreaCode, Tier
from app.domain.errors import NotFound
from app.domain.organisation import Organisation, OrganisationCode
from app.domain.responsibility import Kind
from app.domain.unit import Grade, Light, State
from app.web.pages import workbook
from app.web.routing import pages
from app.web.visitor import Visiting, Visitor

SHEET_ROWS: Final = 2000
"""Units of one workbook: more would keep everybody else waiting."""
_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "state": ("状态", "State"),
    "kind": ("类型", "Kind"),
    "district": ("区县", "District"),
    "street": ("镇街", "Street"),
    "holder": ("承办单位", "Holder"),
    "light": ("亮灯", "Light"),
    "overdue": ("曾超期", "Was ever late"),
    "open": ("在办", "Open"),
    "unlisted": ("无清单依据", "Without an entry"),
    "raised": ("提级督促到本单位", "Raised to us"),
    "raised_to": ("提级督促到", "Raised to"),
    "self_handled": ("自行处置", "Self-handled"),
    "recurring": ("反复发生", "Recurring"),
    "satisfaction": ("回访评价", "Reporter's grade"),
    "updated_since": ("变动不早于", "Changed since"),
    "merged_into": ("并入案件", "Merged into"),
    "limit": ("每页", "A page holds"),
}
_CHOICES: Final[Mapping[str, type[StrEnum]]] = {
    "state": State,
    "kind": Kind,
    "light": Light,
    "satisfaction": Grade,
}
_FACTS: Final = ("open", "overdue", "self_handled", "recurring", "unlisted")
_FORM: Final = frozenset(
    {*_CHOICES, *_FACTS, "district", "street", "holder", "raised", "updated_since"}
)

router = pages()


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing a list is narrowed to, and where it is without that."""

    name: str
    value: str
    without: str


@router.get("/units")
async def unit_list(request: Request, me: Visiting) -> Response:
    """Show a list of units, or lead to the one whose number is asked for."""
    kept = _kept(request, me)
    if "number" in kept:
        return await _numbered(kept["number"], me)
    if kept != dict(request.query_params):
        return RedirectResponse(_list(kept), 303)
    asked = UnitQuery.model_validate(kept)
    page = await units.page_of_units(me.service, me.caller, asked)
    narrowed = {name: value for name, value in kept.items() if name != "cursor"}
    return me.page(
        "unit_list.html",
        asked=asked,
        page=page,
        chips=list(_chips(asked, narrowed, me)),
        names={name: me.reader.say(*both) for name, both in _NAMES.items()},
        choices=_CHOICES,
        facts=_FACTS,
        places=_places(asked, me),
        holders=_holders(asked, me),
        hidden={name: value for name, value in narrowed.items() if name not in _FORM},
        first=_list(narrowed) if asked.cursor else None,
        following=_list({**narrowed, "cursor": page.next}) if page.next else None,
        sheet=f"/units.xlsx?{urlencode(kept)}",
        sheet_rows=SHEET_ROWS,
    )


@router.get("/units.xlsx")
async def unit_sheet(request: Request, me: Visiting) -> Response:
    """Send the same list as a workbook."""
    asked = UnitQuery.model_validate(_kept(request, me)).model_copy(update={"limit": SHEET_ROWS})
    page = await units.page_of_units(me.service, me.caller, asked)
    book = await asyncio.to_thread(tables.unit_sheet, page.items, me.rulebook)
    return workbook(book, "units")


def _kept(request: Request, me: Visitor) -> dict[str, str]:
    """Return what is asked: forms send empty fields too, and times as the city's clocks show."""
    kept = {name: value.strip() for name, value in request.query_params.items() if value.strip()}
    if "updated_since" in kept:
        kept["updated_since"] = _with_offset(kept["updated_since"], me.reader.zone)
    return kept


def _with_offset(moment: str, zone: str) -> str:
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    return moment if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone)).isoformat()


async def _numbered(number: str, me: Visitor) -> Response:
    try:
        async with me.service.database.reading() as tx:
            found = await seen_unit(tx, number, me.caller, me.service)
    except NotFound:
        return me.page("unit_missing.html", status=404, number=number)
    return RedirectResponse(f"/units/{quote(found.number, safe='')}", 303)


def _list(asked: Mapping[str, str]) -> str:
    return f"/units?{urlencode(asked)}" if asked else "/units"


def _chips(asked: UnitQuery, narrowed: Mapping[str, str], me: Visitor) -> Iterator[Chip]:
    values = asked.model_dump(exclude_defaults=True)
    for name in (*_NAMES, *(name for name in values if name not in _NAMES)):
        if name in values and name in narrowed:
            rest = {key: value for key, value in narrowed.items() if key != name}
            called = me.reader.say(*_NAMES.get(name, (name, name)))
            yield Chip(called, _said(values[name], name, me), _list(rest))


def _said(value: object, name: str, me: Visitor) -> str:
    """Say a value as its reader knows it."""
    match value:
        case bool():
            return me.reader.say("是", "yes") if value else me.reader.say("否", "no")
        case StrEnum():
            return me.reader.word(value)
        case datetime():
            return f"{me.reader.local(value):%Y-%m-%d %H:%M}"
        case date():
            return value.isoformat()
        case _:
            return _called(str(value), name, me)


def _called(code: str, name: str, me: Visitor) -> str:
    found: Area | Organisation | None = None
    if name in {"district", "street"}:
        found = me.rulebook.areas.get(AreaCode(code))
    elif name in {"holder", "raised_to"}:
        found = me.rulebook.organisations.get(OrganisationCode(code))
    return found.name if found else code


def _places(asked: UnitQuery, me: Visitor) -> Mapping[str, tuple[Area, ...]]:
    """Return the districts and, within one, the streets that a visitor can choose from."""
    areas, scope = me.rulebook.areas, me.scope
    own = areas.path(AreaCode(scope.area))
    rank = scope.tier.rank if scope.tier else 0
    found: dict[str, tuple[Area, ...]] = {}
    if rank < Tier.DISTRICT.rank:
        found["district"] = areas.below(own[0].code)
    district = asked.district or (own[1].code if rank == Tier.DISTRICT.rank else None)
    if district and rank < Tier.STREET.rank:
        found["street"] = areas.below(AreaCode(district))
    return {name: some for name, some in found.items() if some}


def _holders(asked: UnitQuery, me: Visitor) -> list[Organisation]:
    """Return the bodies of the area that is looked at and of those right below."""
    areas, bodies = me.rulebook.areas, me.rulebook.organisations
    here = AreaCode(asked.street or asked.district or me.scope.area)
    codes = [here, *(area.code for area in areas.below(here))]
    return [body for code in codes for body in bodies.of_area(code)]
