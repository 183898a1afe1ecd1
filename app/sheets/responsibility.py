"""The list sheet (职责清单): one filing condition a row."""

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Final

from app.domain.area import Tier
from app.domain.organisation import Function
from app.domain.responsibility import (
    Category,
    Entry,
    EntryBasis,
    EntryCode,
    Evidence,
    Kind,
    Urgency,
)
from app.sheets import table
from app.sheets.cells import JOINER, Cells
from app.sheets.faults import Faults
from app.sheets.plan import limit_of, parse_plan, write_plan
from app.sheets.rows import read

COLUMNS: Final = (
    "entry",
    "scheme",
    "class",
    "code",
    "category",
    "title",
    "condition",
    "closing",
    "kind",
    "level",
    "lead",
    "support",
    "urgency",
    "limit",
    "evidence",
    "keywords",
    "exclusions",
    "examples",
    "plan",
    "basis",
    "source",
)
NAME_LENGTH: Final = 60
CONDITION_LENGTH: Final = 500
FEWEST_TASKS: Final = 2
# A task is ordered by someone; no list foresees it.
_KINDS: Final = (Kind.ITEM, Kind.EVENT)

Draft = tuple[Cells, Entry]


def parse(path: Path, *, functions: Collection[str]) -> tuple[Entry, ...]:
    """Return the entries in the sheet's order; `functions` are the codes that exist.

    Raises BadSheet with every fault of the file.
    """
    faults = Faults(path.name)
    drafts: list[Draft] = []
    for row in read(path, COLUMNS, faults):
        cells = Cells(row, faults)
        drafts.append((cells, _entry(cells, functions)))
    if not drafts:
        faults.whole("没有职责条目", "there is no entry")
    _check_unique(drafts)
    faults.refuse()
    return tuple(entry for _, entry in drafts)


def _entry(cells: Cells, functions: Collection[str]) -> Entry:
    entry = Entry(
        code=EntryCode(cells.code("entry")),
        category=Category(
            scheme=cells.text("scheme", most=NAME_LENGTH),
            class_=cells.text("class", most=NAME_LENGTH),
            code=cells.code("code"),
        ),
        category_name=cells.text("category", most=NAME_LENGTH),
        title=cells.text("title", most=NAME_LENGTH),
        condition=cells.text("condition", most=CONDITION_LENGTH),
        closing=cells.text("closing", most=CONDITION_LENGTH),
        kind=cells.choice("kind", Kind, _KINDS),
        level=cells.choice("level", Tier),
        lead=_function(cells, functions),
        support=_support(cells, functions),
        urgency=cells.choice("urgency", Urgency),
        limit=limit_of(cells, "limit", cells["limit"]),
        evidence=cells.choice("evidence", Evidence),
        keywords=cells.words("keywords"),
        exclusions=cells.words("exclusions"),
        examples=cells.words("examples"),
        plan=parse_plan(cells, functions),
        basis=cells.choice("basis", EntryBasis),
        source=cells.text("source", most=CONDITION_LENGTH, needed=False),
    )
    _check_kind(cells, entry)
    return entry


def _function(cells: Cells, functions: Collection[str]) -> Function:
    lead = cells.code("lead")
    if lead and lead not in functions:
        cells.note("lead", f"未知的职能 {lead}", f"unknown function {lead}")
    return Function(lead)


def _support(cells: Cells, functions: Collection[str]) -> tuple[Function, ...]:
    support = cells.words("support")
    for code in support:
        if code not in functions:
            cells.note("support", f"未知的职能 {code}", f"unknown function {code}")
        elif code == cells["lead"]:
            cells.note("support", f"{code} 已是主办", f"{code} is the lead already")
    return tuple(Function(code) for code in support)


def _check_kind(cells: Cells, entry: Entry) -> None:
    # As written: a task that cannot be read is noted already.
    tasks = cells["plan"].count(JOINER) + 1 if cells["plan"] else 0
    if entry.kind is Kind.EVENT and tasks < FEWEST_TASKS:
        cells.note(
            "plan",
            f"event 的预案至少 {FEWEST_TASKS} 项任务, 现有 {tasks} 项",
            f"an event has a plan of at least {FEWEST_TASKS} tasks, not {tasks}",
        )
    elif entry.kind is Kind.ITEM and tasks and cells["kind"] == Kind.ITEM:
        cells.note("plan", "item 没有预案", "an item has no plan")


def _check_unique(drafts: Iterable[Draft]) -> None:
    """Note codes given twice, conditions a category states twice and names that differ."""
    _note_twins(drafts, "entry", lambda entry: (entry.code,))
    _note_twins(drafts, "condition", lambda entry: (entry.category, _bare(entry.condition)))
    _note_twins(drafts, "title", lambda entry: (entry.category, entry.title))
    names: dict[Category, Draft] = {}
    for cells, entry in drafts:
        first = names.setdefault(entry.category, (cells, entry))
        if first[1].category_name != entry.category_name:
            cells.note(
                "category",
                f"同一代码在第{first[0].number}行名为“{first[1].category_name}”",
                f"row {first[0].number} names this code otherwise",
            )


def _note_twins(
    drafts: Iterable[Draft], column: str, sign: Callable[[Entry], tuple[object, ...]]
) -> None:
    first: dict[tuple[object, ...], int] = {}
    for cells, entry in drafts:
        row = first.setdefault(sign(entry), cells.number)
        if row != cells.number and cells[column]:
            cells.note(column, f"与第{row}行重复", f"the same as in row {row}")


def _bare(text: str) -> str:
    """Return the text without its punctuation: two conditions must differ in more than that."""
    return "".join(sign for sign in text if sign.isalnum())


def write(path: Path, entries: Iterable[Entry]) -> None:
    """Write the sheet."""
    table.write(path, COLUMNS, map(_row, entries))


def _row(entry: Entry) -> Sequence[str]:
    return (
        entry.code,
        entry.category.scheme,
        entry.category.class_,
        entry.category.code,
        entry.category_name,
        entry.title,
        entry.condition,
        entry.closing,
        entry.kind,
        entry.level,
        entry.lead,
        JOINER.join(entry.support),
        entry.urgency,
        str(entry.limit),
        entry.evidence,
        JOINER.join(entry.keywords),
        JOINER.join(entry.exclusions),
        JOINER.join(entry.examples),
        write_plan(entry.plan),
        entry.basis,
        entry.source,
    )
