"""The column mapping (列对应): how a city's own sheet is read as our list."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app import data
from app.domain.errors import NotFound
from app.sheets.document import Node, parse
from app.sheets.faults import Faults
from app.sheets.mapping_rules import Rule, constant, rule_of
from app.sheets.mapping_units import Units, units_of
from app.sheets.responsibility import COLUMNS, OPTIONAL

SUFFIX: Final = ".mapping.yaml"
KEYS: Final = ("header", "fill", "terms", "columns", "units")
FALLBACKS: Final[Mapping[str, Rule]] = {
    "urgency": constant("normal"),
    "evidence": constant("after"),
    "basis": constant("published"),
}
NEEDED: Final = (
    *("entry", "scheme", "class", "code", "category"),
    *("condition", "closing", "level", "limit"),
)
_HEADER_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """A mapping: `terms` are values of its own that templates may use, as if they were columns."""

    header: int
    fill: tuple[str, ...]
    terms: Mapping[str, Rule]
    columns: Mapping[str, Rule]
    units: Units | None

    @property
    def wanted(self) -> tuple[str, ...]:
        """The sheet's columns it speaks of."""
        named = [*self.fill]
        for rule in (*self.terms.values(), *self.columns.values()):
            named += rule.source.columns
        if self.units:
            named += self.units.lead.columns
            named += self.units.supervisor.columns if self.units.supervisor else ()
        return tuple(name for name in dict.fromkeys(named) if name not in self.terms)


def beside(sheet: Path) -> Path:
    """Return the mapping kept beside a sheet, else the one shipped under its name.

    Raises NotFound when there is neither.
    """
    own = sheet.with_suffix(SUFFIX)
    shipped = data.folder() / "mappings" / f"{sheet.stem}.yaml"
    for path in (own, shipped):
        if path.is_file():
            return path
    raise NotFound(
        zh=f"没有列对应: 请在表旁写 {own.name}, 或用 --mapping 指定, 见 docs/lists.md",
        en=f"no column mapping: write {own.name} beside the sheet or name one with --mapping",
        field="mapping",
    )


def load(path: Path, *, functions: Collection[str]) -> ColumnMap:
    """Return the mapping; raises BadSheet with every fault and its line."""
    faults = Faults(path.name)
    root = parse(path, faults)
    parts = root.table(KEYS)
    if not parts:
        faults.refuse()
    terms = parts["terms"].table() if "terms" in parts else {}
    listed = parts["columns"].table((*COLUMNS, *OPTIONAL)) if "columns" in parts else {}
    columns = {**FALLBACKS, **{name: rule_of(node) for name, node in listed.items()}}
    _note_missing(parts.get("columns", root), columns, has_units="units" in parts)
    mapping = ColumnMap(
        header=parts["header"].number(least=1, most=_HEADER_MOST) if "header" in parts else 1,
        fill=parts["fill"].words() if "fill" in parts else (),
        terms={name: rule_of(node) for name, node in terms.items()},
        columns=columns,
        units=units_of(parts["units"], functions) if "units" in parts else None,
    )
    faults.refuse()
    return mapping


def _note_missing(node: Node, columns: Collection[str], *, has_units: bool) -> None:
    needed = NEEDED if has_units else (*NEEDED, "lead")
    missing = [name for name in needed if name not in columns]
    if missing:
        node.note(f"columns 中缺少 {'、'.join(missing)}", f"columns lack {', '.join(missing)}")
