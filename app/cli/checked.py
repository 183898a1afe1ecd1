"""What a check says on the terminal: the findings by severity, the sums, the time it took."""

from itertools import groupby
from typing import Final

from rich.table import Column, Table
from rich.text import Text

from app.cli.root import console, lines
from app.domain.check.finding import SEVERITY, SHOWN, SORT, Finding, Severity
from app.domain.check.report import Report
from app.domain.rulebook import Rulebook
from app.domain.words import KIND

MOST: Final = 50
"""Findings of one severity that a terminal shows."""
_STYLE: Final = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def show(report: Report, rulebook: Rulebook, seconds: float) -> None:
    """Print a report; `seconds` is how long the check took."""
    for severity, group in groupby(report.findings, key=lambda one: one.severity):
        findings = list(group)
        zh, en = SEVERITY[severity]
        console.print(f"{zh} {en}: {len(findings)}", style=_STYLE[severity])
        console.print(_table(findings[:MOST], rulebook))
        if len(findings) > MOST:
            rest = len(findings) - MOST
            console.print(f"另有 {rest} 条, 见 --xlsx / {rest} more: see --xlsx")
    _sums(report, rulebook, seconds)


def _table(findings: list[Finding], rulebook: Rulebook) -> Table:
    table = lines(
        Column("类别 sort", width=13, overflow="fold"),
        Column("行 rows", width=9, overflow="fold"),
        Column("区划 areas", width=12, overflow="fold"),
        # Chinese knows no blanks: without folding a long sentence would be cut.
        Column("说明与改法 what, and the way out", overflow="fold"),
    )
    for finding in findings:
        zh, en = SORT[finding.sort]
        said = Text(f"{finding.zh}\n{finding.en}\n")
        said.append(f"→ {finding.fix.zh}\n→ {finding.fix.en}\n", style="green")
        said.append(finding.link, style="dim")
        numbers = [str(number) for _, number in finding.rows]
        names = [
            rulebook.areas[one].name if one in rulebook.areas else one for one in finding.areas
        ]
        table.add_row(f"{zh}\n{en}", _few(numbers), _few(names), said)
    return table


def _few(names: list[str]) -> str:
    """Return the first names, one a line, and how many there are."""
    rest = [f"… ({len(names)})"] if len(names) > SHOWN else []
    return "\n".join([*names[:SHOWN], *rest])


def _sums(report: Report, rulebook: Rulebook, seconds: float) -> None:
    counts = ", ".join(
        f"{SEVERITY[severity][0]} {count} {SEVERITY[severity][1]}"
        for severity, count in report.counts.items()
    )
    shares = ", ".join(
        f"{KIND[kind][0]} {KIND[kind][1]} {count} ({report.shares[kind]:.1%})"
        for kind, count in report.kinds.items()
    )
    console.print(f"类型占比 shares per kind: {shares}", soft_wrap=True)
    console.print(
        f"{report.entries} 个条目 × {len(rulebook.areas):,} 个区划, 用时 {seconds:.1f} 秒"
        f" / {report.entries} entries × {len(rulebook.areas):,} areas in {seconds:.1f} s",
        soft_wrap=True,
    )
    console.print(f"结果 / result: {counts}", soft_wrap=True)
