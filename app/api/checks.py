"""Checks: what is wrong with a version or a draft, found before a report goes astray."""

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app import data
from app.api.models import Named
from app.api.request import Calling, Page, Services, cursor_of, cursor_values
from app.api.rulebooks import reader
from app.api.service import Service
from app.api.tables import XLSX
from app.domain.authority import Caller
from app.domain.check.finding import Finding, Severity, Sort
from app.domain.check.report import Report
from app.domain.responsibility import Category, Kind
from app.domain.rulebook import Rulebook
from app.flows import drafts
from app.flows.check import check_whole
from app.sheets.checked import check_book

router = APIRouter(prefix="/v1/rulebooks", tags=["rulebooks"])

# Each check keeps a processor busy for seconds: a second one waits for the first.
_ONE: Final = asyncio.Semaphore(1)


class FixOut(BaseModel):
    """The cell or command that removes a finding."""

    zh: str
    en: str


class RowOut(BaseModel):
    """An entry and its row in the list's sheet; the header is row 1."""

    entry: str
    row: int


class CategoryOut(BaseModel):
    """A category of the catalogue."""

    model_config = ConfigDict(populate_by_name=True)

    scheme: str
    class_: str = Field(serialization_alias="class")
    code: str


class FindingOut(BaseModel):
    """One thing that is wrong; the sentences give the first names, the lists have them all."""

    sort: Sort
    severity: Severity
    zh: str
    en: str
    fix: FixOut
    link: str
    rows: list[RowOut]
    areas: list[Named]
    organisations: list[Named]
    categories: list[CategoryOut]


class KindShareOut(BaseModel):
    """How many of the entries are of a kind."""

    kind: Kind
    count: int
    share: float


class CheckOut(BaseModel):
    """A check: its sums, and a page of its findings, the worst first."""

    rulebook: str
    day: date
    entries: int
    kinds: list[KindShareOut]
    counts: dict[Severity, int]
    items: list[FindingOut]
    next: str | None = None


@router.post(
    "/{version}:check",
    summary="What is wrong with a rulebook: gaps, overlaps, rivals, shadows, dead references …",
    response_model=CheckOut,
    responses={200: {"content": {XLSX: {}}, "description": "The findings; XLSX for the office"}},
)
async def check_rulebook(
    version: str, request: Request, service: Services, caller: Calling, asked: Page
) -> CheckOut | Response:
    """Check a version as it would be if it were in force today: current, 17 or a draft d3.

    XLSX has every finding; JSON a page of them.
    """
    (after,) = cursor_values(asked.cursor, int) if asked.cursor else (0,)
    found = await checked(version, service, caller)
    if XLSX not in request.headers.get("accept", ""):
        page = slice(after, after + asked.limit)
        return check_out(found.report, found.rulebook, (version, found.day), page)
    book = await asyncio.to_thread(check_book, found.report, found.rulebook)
    headers = {"Content-Disposition": f'attachment; filename="check-{version}.xlsx"'}
    return Response(book, headers=headers, media_type=XLSX)


@dataclass(frozen=True, slots=True)
class Checked:
    """A finished check, the rulebook it was of, and the day it was checked for."""

    report: Report
    rulebook: Rulebook
    day: date


async def checked(version: str, service: Service, caller: Caller) -> Checked:
    """Check a version or a draft for whoever may look at it."""
    reader(service, caller)
    now = service.now()
    async with _ONE:
        async with service.database.reading() as tx:
            reference = await drafts.reference(tx, service.library, version, now=now)
        rulebook = reference.rulebook
        day = now.astimezone(ZoneInfo(rulebook.calendar.zone)).date()
        # Seconds of pure computation: the loop goes on answering meanwhile.
        report = await asyncio.to_thread(check_whole, reference, data.categories(), day)
    return Checked(report, rulebook, day)


def check_out(
    report: Report, rulebook: Rulebook, of: tuple[str, date], page: slice | None = None
) -> CheckOut:
    """Render a check of what is named, on that day; without a page all of it."""
    shown = report.findings[page] if page else report.findings
    is_more = page is not None and page.stop < len(report.findings)
    return CheckOut(
        rulebook=of[0],
        day=of[1],
        entries=report.entries,
        kinds=[
            KindShareOut(kind=kind, count=count, share=round(report.shares[kind], 4))
            for kind, count in report.kinds.items()
        ],
        counts=dict(report.counts),
        items=[_finding(one, rulebook) for one in shown],
        next=cursor_of(page.stop) if page and is_more else None,
    )


def _finding(finding: Finding, rulebook: Rulebook) -> FindingOut:
    areas, bodies = rulebook.areas, rulebook.organisations
    return FindingOut(
        sort=finding.sort,
        severity=finding.severity,
        zh=finding.zh,
        en=finding.en,
        fix=FixOut(zh=finding.fix.zh, en=finding.fix.en),
        link=finding.link,
        rows=[RowOut(entry=code, row=row) for code, row in finding.rows],
        areas=[
            Named(code=code, name=areas[code].name if code in areas else "")
            for code in finding.areas
        ],
        organisations=[
            Named(code=code, name=bodies[code].name if code in bodies else "")
            for code in finding.organisations
        ],
        categories=[_category(one) for one in finding.categories],
    )


def _category(category: Category) -> CategoryOut:
    return CategoryOut(scheme=category.scheme, class_=category.class_, code=category.code)
