"""What an import says in the terminal: its findings, and the shares of what came in."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rich.markup import escape
from rich.table import Column

from app.cli.root import console, lines
from app.domain.classify import kind_of
from app.domain.words import KIND, TIER, URGENCY, Words
from app.sheets.findings import Finding, Severity
from app.sheets.importing import Imported

SHOWN: Final = 20
"""Sorts of errors and warnings the terminal shows; a file has every row."""
_NOTES: Final = 5
_ROWS: Final = 3
_WORDS: Final[Mapping[Severity, str]] = {
    Severity.ERROR: "[red]未导入 error[/]",
    Severity.WARNING: "[yellow]须复核 warning[/]",
    Severity.INFO: "供参考 info",
}


def show(imported: Imported) -> None:
    """Print the findings, the gravest first, and the shares."""
    _findings(imported.findings)
    entries = imported.entries
    if entries:
        table = lines("类型 kind", "层级 level", "紧急程度 urgency")
        table.add_row(
            _shares((kind_of(entry)[0] for entry in entries), KIND),
            _shares((entry.level for entry in entries), TIER),
            _shares((entry.urgency for entry in entries), URGENCY),
        )
        console.print(table)
    console.print(
        f"{imported.rows} 行, 导入 {len(entries)} 条 / {imported.rows} rows,"
        f" {len(entries)} imported",
        soft_wrap=True,
    )


def _findings(findings: tuple[Finding, ...]) -> None:
    if not findings:
        return
    texts = ("列 column", "情况 what", "建议 suggestion")
    # Folded, for a line of Chinese that is a sign too long would lose it to an ellipsis.
    columns = (Column(text, overflow="fold") for text in texts)
    table = lines(Column("行 row", justify="right"), *columns)
    alike: dict[tuple[str, ...], list[Finding]] = {}
    for one in findings:
        alike.setdefault((one.severity, one.column, one.what, one.suggestion), []).append(one)
    graver = [group for group in alike.values() if group[0].severity is not Severity.INFO]
    notes = [group for group in alike.values() if group[0].severity is Severity.INFO]
    shown = [*graver[:SHOWN], *notes[:_NOTES]]
    for group in shown:
        table.add_row(_rows(group), *_told(group[0]))
    console.print(table)
    counted = Counter(one.severity for one in findings)
    told = "; ".join(f"{_WORDS[severity]} {counted[severity]}" for severity in Severity)
    console.print(told, soft_wrap=True)
    if len(alike) > len(shown):
        console.print(
            f"{len(alike)} 种只列出 {len(shown)} 种, 逐行全部请用 --findings 写成文件"
            f" / {len(shown)} of {len(alike)} sorts: --findings FILE has every row",
            soft_wrap=True,
        )


def _told(one: Finding) -> tuple[str, str, str]:
    return escape(one.column), f"{_WORDS[one.severity]} {escape(one.what)}", escape(one.suggestion)


def _rows(group: Sequence[Finding]) -> str:
    """Return the first rows of findings that say the same, and how many there are."""
    rows = list(dict.fromkeys(one.row for one in group))
    first = ", ".join(map(str, rows[:_ROWS]))
    return f"{first} … ({len(rows)})" if len(rows) > _ROWS else first


def _shares(values: Iterable[str], words: Words) -> str:
    counted = Counter(values)
    total = sum(counted.values())
    return "\n".join(
        f"{' '.join(words[value])} {count} ({count / total:.1%})"
        for value, count in counted.most_common()
    )
