"""A city's own sheet read as a list: what is understood, and what is not, row by row."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.domain.area import Tier
from app.domain.responsibility import Category, Entry
from app.sheets import mapping_hints
from app.sheets.cells import JOINER, Cells
from app.sheets.crosswalk import Crosswalk
from app.sheets.faults import Fault, Faults
from app.sheets.findings import Finding, Severity, ordered
from app.sheets.mapping import ColumnMap
from app.sheets.mapping_hints import Hint
from app.sheets.mapping_titles import Titles
from app.sheets.mapping_units import Units
from app.sheets.responsibility import COLUMNS, OPTIONAL, bare, check_unique, entry_of
from app.sheets.rows import SheetRow, read_some

_ALL: Final = (*COLUMNS, *OPTIONAL)


@dataclass(frozen=True, slots=True)
class Imported:
    """The entries understood and the findings, the gravest first."""

    entries: tuple[Entry, ...]
    numbers: tuple[int, ...]
    """The row each entry stands in."""
    findings: tuple[Finding, ...]
    rows: int


def read(
    path: Path,
    mapping: ColumnMap,
    *,
    crosswalk: Crosswalk,
    functions: Collection[str],
    names: Mapping[str, str] | None = None,
) -> Imported:
    """Return what a sheet says; a row with an error is left out, the others stand.

    `names` are what functions are called in the findings.
    Raises BadSheet only where nothing can be read by row: no such columns, no such encoding.
    """
    faults = Faults(path.name)
    rows = read_some(path, mapping.wanted, faults, header=mapping.header, fill=mapping.fill)
    reading = _Reading(mapping, crosswalk, functions, faults, names or {})
    for row in rows:
        reading.add(row)
    return reading.done(len(rows))


class _Reading:
    """The rows read so far."""

    def __init__(
        self,
        mapping: ColumnMap,
        crosswalk: Crosswalk,
        functions: Collection[str],
        faults: Faults,
        names: Mapping[str, str],
    ) -> None:
        self._mapping = mapping
        self._names = names
        self._crosswalk = crosswalk
        self._functions = functions
        self._faults = faults
        self._titles = Titles()
        self._findings: list[Finding] = []
        self._unread: set[tuple[int, str]] = set()
        """Rows and columns already noted: what follows from them is not said again."""
        self._values: dict[int, Mapping[str, str]] = {}
        self._drafts: list[tuple[Cells, Entry]] = []

    def add(self, row: SheetRow) -> None:
        """Read one row."""
        values = self._columns(row)
        values |= self._handling(row, joint=values["joint"].split(JOINER))
        if not values["title"]:
            matter = (values["scheme"], values["class"], values["code"])
            values["title"] = self._titles.make(matter, values["category"], values["condition"])
        category = Category(values["scheme"], values["class"], values["code"])
        values["also"] = _joined(values["also"], self._crosswalk.same(category))
        self._values[row.number] = values
        cells = Cells(SheetRow(row.number, values), self._faults)
        self._drafts.append((cells, entry_of(cells, self._functions)))

    def done(self, rows: int) -> Imported:
        """Return the entries whose rows have no error, and all findings."""
        wrong = self._wrong()
        sound = [draft for draft in self._drafts if draft[0].number not in wrong]
        check_unique(sound)
        wrong = self._wrong()
        sound = [draft for draft in sound if draft[0].number not in wrong]
        faults = (one for one in self._faults.found if (one.row, one.column) not in self._unread)
        return Imported(
            entries=tuple(entry for _, entry in sound),
            numbers=tuple(cells.number for cells, _ in sound),
            findings=ordered((*map(self._of_fault, faults), *self._findings)),
            rows=rows,
        )

    def _wrong(self) -> set[int]:
        return {row for row, _ in self._unread} | {fault.row for fault in self._faults.found}

    def _of_fault(self, fault: Fault) -> Finding:
        text = self._values.get(fault.row, {}).get(fault.column)
        what, hint = (fault.zh, fault.en), ("", "")
        if text is not None:
            what, hint = mapping_hints.of_fault(fault, text, self._functions)
        return _finding(Severity.ERROR, fault.row, self._named(fault.column), what, hint)

    def _named(self, column: str) -> str:
        """Return our column with the sheet's own behind it."""
        rule = self._mapping.columns.get(column)
        named = rule.source.columns if rule else ()
        if self._mapping.units and column in {"lead", "support"}:
            named = self._mapping.units.lead.columns
        return f"{column} ({'、'.join(named)})" if named else column

    def _columns(self, row: SheetRow) -> dict[str, str]:
        """Return our columns by the mapping's rules, noting the texts no table knows."""
        cells = dict(row.cells)
        for name, rule in self._mapping.terms.items():
            cells[name] = rule.apply(cells) or ""
        values = dict.fromkeys(_ALL, "")
        for column, rule in self._mapping.columns.items():
            value = rule.apply(cells)
            if value is None:
                said = rule.said(cells)
                self._note(
                    Severity.ERROR,
                    row.number,
                    column,
                    (f"“{said}”不在对应表中", f"no table knows “{said}”"),
                    mapping_hints.of_unknown(column, said, rule),
                )
            values[column] = rule.said(cells) if value is None else value
        return values

    def _handling(self, row: SheetRow, joint: Collection[str]) -> dict[str, str]:
        """Return the columns that the handling units decide; who is `joint` is no support."""
        units = self._mapping.units
        if units is None:
            return {}
        text = units.lead.fill(row.cells)
        handling = units.read(text)
        lead, *others = handling.functions or ("",)
        support = [one for one in others if one not in joint]
        severity = Severity.WARNING if lead else Severity.ERROR
        for name in handling.unknown:
            what = (f"处置单位“{name}”未知", f"unknown handling unit “{name}”")
            self._note(severity, row.number, "lead", what, mapping_hints.of_name(name, units))
        if lead and (support or handling.left_out):
            what = _split(lead, support, handling.left_out, self._names)
            self._note(Severity.INFO, row.number, "lead", what)
        found = {"lead": lead, "support": JOINER.join(support)}
        found |= {"level": Tier.STREET} if handling.is_streets else {}
        return found | self._supervisor(units, row)

    def _supervisor(self, units: Units, row: SheetRow) -> dict[str, str]:
        if units.supervisor is None:
            return {}
        handling = units.read(units.supervisor.fill(row.cells))
        for name in handling.unknown:
            what = (f"督办单位“{name}”未知", f"unknown supervising unit “{name}”")
            hint = mapping_hints.of_name(name, units)
            self._note(Severity.WARNING, row.number, "supervisor", what, hint)
        return {"supervisor": next(iter(handling.functions), "")}

    def _note(
        self, severity: Severity, row: int, column: str, what: Hint, hint: Hint = ("", "")
    ) -> None:
        if severity is Severity.ERROR:
            self._unread.add((row, column))
        self._findings.append(_finding(severity, row, self._named(column), what, hint))


def _finding(severity: Severity, row: int, column: str, what: Hint, hint: Hint) -> Finding:
    return Finding(severity, row, column, *what, *hint)


def _split(
    lead: str, support: Iterable[str], left_out: Iterable[str], names: Mapping[str, str]
) -> Hint:
    zh, en = [f"主办 {names.get(lead, lead)}"], [f"{lead} leads"]
    if support:
        zh.append(f"协办 {'、'.join(names.get(one, one) for one in support)}")
        en.append(f"{', '.join(support)} support")
    if left_out:
        zh.append(f"“{'、'.join(left_out)}”不列入")
        en.append("owners and governments left out")
    return "; ".join(zh), "; ".join(en)


def _joined(text: str, same: Iterable[Category]) -> str:
    """Return the cell `also` with the crosswalk's categories added."""
    known = [part for part in text.split(JOINER) if part]
    added = (f"{one.scheme};{one.class_};{one.code}" for one in same)
    return JOINER.join(dict.fromkeys((*known, *added)))


def beside(present: Iterable[Entry], imported: Imported) -> Imported:
    """Return what of an import can stand side by side with a list, noting what clashes with it."""
    known = {sign: entry.code for entry in present for sign in _signs(entry)}
    clashes = [
        _finding(
            Severity.ERROR,
            number,
            column,
            (f"与现行清单的 {known[sign]} 相同", f"the same as {known[sign]} of the list in force"),
            ("改映射的 entry 模板或 scheme, 或不用 --beside", "other codes, or without --beside"),
        )
        for entry, number in zip(imported.entries, imported.numbers, strict=True)
        for sign, column in _signs(entry).items()
        if sign in known
    ]
    wrong = {finding.row for finding in clashes}
    kept = [
        (entry, number)
        for entry, number in zip(imported.entries, imported.numbers, strict=True)
        if number not in wrong
    ]
    return Imported(
        entries=tuple(entry for entry, _ in kept),
        numbers=tuple(number for _, number in kept),
        findings=ordered((*clashes, *imported.findings)),
        rows=imported.rows,
    )


def _signs(entry: Entry) -> dict[tuple[object, ...], str]:
    """Return what no two entries of a list may share, each with its column."""
    return {
        ("entry", entry.code): "entry",
        (entry.category, "title", entry.title): "title",
        (entry.category, "condition", bare(entry.condition)): "condition",
    }
