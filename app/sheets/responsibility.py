"""The list sheet (职责清单): one filing condition a row."""

from collections.abc import Callable, Collection, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

from app.domain.area import Tier
from app.domain.organisation import Function
from app.domain.responsibility import (
    Category,
    Duty,
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
from app.sheets.plan import parse_plan, staged_limit, write_limit, write_plan
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
OPTIONAL: Final = (
    "path",
    "also",
    "duty",
    "joint",
    "supervisor",
    "synonyms",
    "law",
    "valid_from",
    "valid_to",
    "self_handled",
)
"""Columns a sheet may leave out."""
NAME_LENGTH: Final = 60
CONDITION_LENGTH: Final = 500
_ALSO: Final = ("scheme", "class", "code")
# A task is ordered by someone; no list foresees it.
_KINDS: Final = (Kind.ITEM, Kind.EVENT)


class YesNo(StrEnum):
    """A yes or a no; a blank cell is neither."""

    YES = "yes"
    NO = "no"


Draft = tuple[Cells, Entry]


def parse(path: Path, *, functions: Collection[str]) -> tuple[Entry, ...]:
    """Return the entries in the sheet's order; `functions` are the codes that exist.

    Raises BadSheet with every fault of the file.
    """
    faults = Faults(path.name)
    drafts: list[Draft] = []
    for row in read(path, COLUMNS, faults, optional=OPTIONAL):
        cells = Cells(row, faults)
        drafts.append((cells, entry_of(cells, functions)))
    if not drafts:
        faults.whole("没有职责条目", "there is no entry")
    check_unique(drafts)
    faults.refuse()
    return tuple(entry for _, entry in drafts)


def entry_of(cells: Cells, functions: Collection[str]) -> Entry:
    """Return the entry of a row, noting what is wrong with it."""
    limit, stages = staged_limit(cells)
    valid_from, valid_to = cells.validity()
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
        kind=cells.choice_or_none("kind", _KINDS),
        level=cells.choice("level", Tier),
        lead=_function(cells, "lead", functions),
        support=_functions(cells, "support", functions),
        urgency=cells.choice("urgency", Urgency),
        limit=limit,
        evidence=cells.choice("evidence", Evidence),
        keywords=cells.words("keywords"),
        exclusions=cells.words("exclusions"),
        examples=cells.words("examples"),
        plan=parse_plan(cells, functions),
        basis=cells.choice("basis", EntryBasis),
        source=cells.text("source", most=CONDITION_LENGTH, needed=False),
        path=cells.words("path", most=NAME_LENGTH),
        also=_also(cells),
        duty=cells.choice_or_none("duty", tuple(Duty)),
        joint=_functions(cells, "joint", functions),
        supervisor=_function(cells, "supervisor", functions, needed=False) or None,
        stages=stages,
        synonyms=cells.words("synonyms"),
        law=cells.text("law", most=CONDITION_LENGTH, needed=False),
        valid_from=valid_from,
        valid_to=valid_to,
        self_handled=_allowed(cells),
    )
    if entry.kind is Kind.ITEM and cells["plan"]:
        cells.note("plan", "item 没有预案", "an item has no plan")
    if entry.kind is Kind.ITEM and entry.joint:
        zh = "item 只有一个单位处置, 共同处置的单位请改为协办, 或不填 kind"
        cells.note("joint", zh, "an item has one holder: make them support, or leave kind blank")
    return entry


def _allowed(cells: Cells) -> bool | None:
    said = cells.choice_or_none("self_handled", tuple(YesNo))
    return None if said is None else said is YesNo.YES


def _function(
    cells: Cells, column: str, functions: Collection[str], *, needed: bool = True
) -> Function:
    code = cells.code(column, needed=needed)
    if code and code not in functions:
        cells.note(column, f"未知的职能 {code}", f"unknown function {code}")
    return Function(code)


def _functions(cells: Cells, column: str, functions: Collection[str]) -> tuple[Function, ...]:
    codes = cells.words(column)
    for code in codes:
        if code not in functions:
            cells.note(column, f"未知的职能 {code}", f"unknown function {code}")
        elif code == cells["lead"]:
            cells.note(column, f"{code} 已是主办", f"{code} is the lead already")
    return tuple(Function(code) for code in codes)


def _also(cells: Cells) -> tuple[Category, ...]:
    """Return the same matter's codes in other classifications: `scheme;class;code`."""
    found = []
    for text in cells.words("also"):
        parts = tuple(part.strip() for part in text.split(";"))
        if len(parts) == len(_ALSO) and all(parts):
            found.append(Category(*parts))
        else:
            cells.note("also", f"“{text}”应为 {';'.join(_ALSO)}", "expected scheme;class;code")
    return tuple(found)


def check_unique(drafts: Iterable[Draft]) -> None:
    """Note codes given twice, conditions a category states twice and names that differ."""
    _note_twins(drafts, "entry", lambda entry: (entry.code,))
    _note_twins(drafts, "condition", lambda entry: (entry.category, bare(entry.condition)))
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


def bare(text: str) -> str:
    """Return the text without its punctuation: two conditions must differ in more than that."""
    return "".join(sign for sign in text if sign.isalnum())


def write(path: Path, entries: Iterable[Entry]) -> None:
    """Write the sheet."""
    table.write(path, (*COLUMNS, *OPTIONAL), map(_row, entries))


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
        entry.kind or "",
        entry.level,
        entry.lead,
        JOINER.join(entry.support),
        entry.urgency,
        write_limit(entry.limit, entry.stages),
        entry.evidence,
        JOINER.join(entry.keywords),
        JOINER.join(entry.exclusions),
        JOINER.join(entry.examples),
        write_plan(entry.plan),
        entry.basis,
        entry.source,
        JOINER.join(entry.path),
        JOINER.join(f"{one.scheme};{one.class_};{one.code}" for one in entry.also),
        entry.duty or "",
        JOINER.join(entry.joint),
        entry.supervisor or "",
        JOINER.join(entry.synonyms),
        entry.law,
        entry.valid_from.isoformat() if entry.valid_from else "",
        entry.valid_to.isoformat() if entry.valid_to else "",
        "" if entry.self_handled is None else (YesNo.YES if entry.self_handled else YesNo.NO),
    )
