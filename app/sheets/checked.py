"""A check's report for the office: the sum, the findings, and every place they name."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from app.domain.check.finding import SEVERITY, SORT, Finding
from app.domain.check.report import Report
from app.domain.rulebook import Rulebook
from app.domain.words import KIND
from app.sheets.export import Sheet, workbook

MOST_ROWS: Final = 1_048_575
"""Rows of an Excel sheet below its header."""


def check_book(report: Report, rulebook: Rulebook) -> bytes:
    """Return the workbook: summary, findings one a row, and their places without a cut."""
    return workbook(
        (
            Sheet("汇总", ("项目", "数量", "占比"), _summary(report)),
            Sheet(
                "问题",
                ("序号", "程度", "类别", "行", "区划", "单位", "说明", "改法", "文档"),
                (_row(number, one) for number, one in enumerate(report.findings, start=1)),
            ),
            Sheet(
                "位置",
                ("序号", "类别", "对象", "编码", "名称", "行号"),
                islice(_places(report, rulebook), MOST_ROWS),
            ),
        )
    )


def _summary(report: Report) -> Iterator[tuple[object, ...]]:
    for severity, count in report.counts.items():
        yield SEVERITY[severity][0], count, None
    yield "条目", report.entries, None
    for kind, count in report.kinds.items():
        yield f"类型: {KIND[kind][0]}", count, f"{report.shares[kind]:.1%}"


def _row(number: int, finding: Finding) -> tuple[object, ...]:
    return (
        number,
        SEVERITY[finding.severity][0],
        SORT[finding.sort][0],
        len(finding.rows),
        len(finding.areas),
        len(finding.organisations),
        finding.zh,
        finding.fix.zh,
        finding.link,
    )


def _places(report: Report, rulebook: Rulebook) -> Iterator[tuple[object, ...]]:
    for number, finding in enumerate(report.findings, start=1):
        sort = SORT[finding.sort][0]
        for code, row in finding.rows:
            yield number, sort, "条目", code, rulebook.list[code].title, row
        for area in finding.areas:
            known = rulebook.areas.get(area)
            yield number, sort, "区划", area, known.name if known else "", None
        for body in finding.organisations:
            unit = rulebook.organisations.get(body)
            yield number, sort, "单位", body, unit.name if unit else "", None
        for one in finding.categories:
            yield number, sort, "类别", f"{one.scheme};{one.class_};{one.code}", "", None
