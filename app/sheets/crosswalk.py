"""The crosswalk (对照表): which category of one classification is which of another."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from app.domain.responsibility import Category
from app.sheets import table
from app.sheets.cells import Cells
from app.sheets.faults import Faults
from app.sheets.rows import read

COLUMNS: Final = (
    "scheme",
    "class",
    "code",
    "name",
    "to_scheme",
    "to_class",
    "to_code",
    "to_name",
    "relation",
)
NAME_LENGTH: Final = 60


class Relation(StrEnum):
    """How the first category of a pair stands to the second."""

    SAME = "same"
    """同一事项"""
    NARROWER = "narrower"
    """只是其中一部分"""
    WIDER = "wider"
    """范围更大"""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two categories of different classifications and how they stand to each other."""

    category: Category
    name: str
    to: Category
    to_name: str
    relation: Relation


class Crosswalk:
    """The pairs of a crosswalk, read in either direction."""

    def __init__(self, pairs: Iterable[Pair] = ()) -> None:
        self.pairs = tuple(pairs)
        self._same: dict[Category, list[Category]] = {}
        for pair in self.pairs:
            if pair.relation is Relation.SAME:
                self._same.setdefault(pair.category, []).append(pair.to)
                self._same.setdefault(pair.to, []).append(pair.category)

    def same(self, category: Category) -> tuple[Category, ...]:
        """Return the same matter's categories in other classifications."""
        return tuple(self._same.get(category, ()))


def parse(path: Path) -> Crosswalk:
    """Return the crosswalk; raises BadSheet with every fault of the file.

    A category is the same as at most one of another classification: two would make one matter
    of what that classification tells apart.
    """
    faults = Faults(path.name)
    rows = [Cells(row, faults) for row in read(path, COLUMNS, faults)]
    pairs = [_pair(cells) for cells in rows]
    known: dict[tuple[object, ...], int] = {}
    for cells, pair in zip(rows, pairs, strict=True):
        for sign in _signs(pair):
            row = known.setdefault(sign, cells.number)
            if row != cells.number:
                cells.note("relation", f"与第{row}行矛盾或重复", f"row {row} says so already")
    faults.refuse()
    return Crosswalk(pairs)


def _signs(pair: Pair) -> Iterable[tuple[object, ...]]:
    """Return what may stand in the sheet only once."""
    yield pair.category, pair.to
    if pair.relation is Relation.SAME:
        yield pair.category, "->", pair.to.scheme
        yield pair.to, "<-", pair.category.scheme


def _pair(cells: Cells) -> Pair:
    category, to = _category(cells, ""), _category(cells, "to_")
    if category.scheme == to.scheme:
        cells.note("to_scheme", "应为另一套分类", "expected another classification")
    return Pair(
        category=category,
        name=cells.text("name", most=NAME_LENGTH),
        to=to,
        to_name=cells.text("to_name", most=NAME_LENGTH),
        relation=cells.choice("relation", Relation),
    )


def _category(cells: Cells, prefix: str) -> Category:
    return Category(
        scheme=cells.text(f"{prefix}scheme", most=NAME_LENGTH),
        class_=cells.text(f"{prefix}class", most=NAME_LENGTH),
        code=cells.code(f"{prefix}code"),
    )


def write(path: Path, crosswalk: Crosswalk) -> None:
    """Write the sheet."""
    table.write(
        path,
        COLUMNS,
        (
            (*_codes(pair.category), pair.name, *_codes(pair.to), pair.to_name, pair.relation)
            for pair in crosswalk.pairs
        ),
    )


def _codes(category: Category) -> tuple[str, str, str]:
    return category.scheme, category.class_, category.code
