"""Checks: what is wrong with a version or a draft, by how bad it is."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Final

from fastapi import Query
from starlette.responses import Response

from app.api import checks as checks_api
from app.api import rulebooks as rulebooks_api
from app.domain.check.finding import SORT, Severity, Sort
from app.domain.words import Words
from app.sheets.checked import check_book
from app.web.list_books import SHOWN, Blank, Named, Number, shared
from app.web.pages import workbook
from app.web.routing import pages
from app.web.visitor import Visiting

MEANS: Final[Words] = {
    Sort.GAP: (
        "有的区划没有单位承担条目所要的职能, 派遣时只能由中心兜底。",
        "In some area nobody holds the function an entry asks for: the centre is left with it.",
    ),
    Sort.UNCOVERED: (
        "分类目录中的类别没有条目, 带该类别的上报只能转人工研判。",
        "A category of the catalogue has no entry: reports of it wait for a person.",
    ),
    Sort.OVERLAP: (
        "两个条目的立案条件相同, 派给谁取决于排列顺序。",
        "Two entries have the same condition: their order decides who gets it.",
    ),
    Sort.RIVALS: (
        "同一区划有两个单位承担同一职能, 都有依据推诿或争抢。",
        "Two bodies of one area hold the same function: each may decline, or claim it.",
    ),
    Sort.SHADOW: (
        "条目永远不会被命中, 它的时限与单位从不生效。",
        "No report can ever reach the entry.",
    ),
    Sort.DEAD: (
        "引用的职能、条目、区划或单位不存在。",
        "A function, entry, area or organisation it names does not exist.",
    ),
    Sort.UNMEETABLE: (
        "时限无论如何都满足不了, 或与其中一段相矛盾。",
        "A limit that cannot be kept, or that a part of it contradicts.",
    ),
    Sort.MISPLACED: (
        "条目的层级上, 全市无人承担该职能。",
        "Nowhere in the city is the function held at the entry's level.",
    ),
    Sort.PUSHED_DOWN: (
        "把已收回或只须配合的事项压给镇街。",
        "What was taken back from the streets, or they only assist with, is put upon them.",
    ),
    Sort.UNIFORM: (
        "全部条目是同一类型, 没有区分事件与事项。",
        "Every entry is of the same kind: the list does not tell kinds apart.",
    ),
}
"""What a finding of each sort means (docs/checks.md)."""
LEVELS: Final[Mapping[Severity, tuple[str, str]]] = {
    Severity.ERROR: ("须改正", "must be put right"),
    Severity.WARNING: ("应核对", "to be looked at"),
    Severity.INFO: ("供参考", "a note"),
}

router = pages("/lists")


class CheckQuery(Named):
    """What is checked, and which of the findings are shown."""

    severity: Annotated[Severity | None, Blank] = None
    sort: Annotated[Sort | None, Blank] = None
    page: Number = 1
    whole: bool = False
    """The page is not to be shown before its findings are there."""


@router.get("/check")
async def check(me: Visiting, asked: Annotated[CheckQuery, Query()]) -> Response:
    """Show what is wrong: first that it is being looked for, which takes seconds."""
    common = {"asked": asked, **shared(me, "check", asked.version)}
    if not (asked.whole or me.is_partial):
        await rulebooks_api.get_rulebook(asked.version, me.service, me.caller)
        return me.page("list_check.html", is_waiting=True, **common)
    found = await checks_api.checked(asked.version, me.service, me.caller)
    chosen = tuple(
        one
        for one in found.report.findings
        if asked.severity in {None, one.severity} and asked.sort in {None, one.sort}
    )
    begin = (asked.page - 1) * SHOWN
    return me.page(
        "list_findings.html" if me.is_partial else "list_check.html",
        is_waiting=False,
        check=checks_api.check_out(
            replace(found.report, findings=chosen),
            found.rulebook,
            (asked.version, found.day),
            slice(begin, begin + SHOWN),
        ),
        total=len(chosen),
        severities=found.report.counts,
        sorts=Counter(one.sort for one in found.report.findings),
        areas=len(found.rulebook.areas),
        means=MEANS,
        levels=LEVELS,
        names=SORT,
        **common,
    )


@router.get("/check/counts")
async def check_counts(me: Visiting, asked: Annotated[Named, Query()]) -> Response:
    """Tell how much is wrong with a draft, for its own page."""
    found = await checks_api.checked(asked.version, me.service, me.caller)
    return me.page(
        "list_counts.html", counts=found.report.counts, levels=LEVELS, version=asked.version
    )


@router.get("/check.xlsx")
async def check_sheet(me: Visiting, asked: Annotated[Named, Query()]) -> Response:
    """Give every finding as a workbook."""
    found = await checks_api.checked(asked.version, me.service, me.caller)
    book = await asyncio.to_thread(check_book, found.report, found.rulebook)
    return workbook(book, f"check-{asked.version}")
