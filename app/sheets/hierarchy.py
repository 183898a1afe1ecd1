"""Who stands under whom: parents as given, or by rule where the sheet leaves them blank."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from app.domain.area import AreaCode, Areas
from app.domain.organisation import Organisation, OrganisationCode, OrganisationKind
from app.sheets.cells import Cells
from app.sheets.faults import Faults
from app.sheets.pattern import Draft

ByArea = Mapping[AreaCode, OrganisationCode]


def link(drafts: Sequence[Draft], areas: Areas, faults: Faults) -> tuple[Organisation, ...]:
    """Return the bodies with their parents; notes codes given twice, and parents that cannot be."""
    known = _unique(drafts)
    centres = _centres(drafts)
    committees = _first(drafts, OrganisationKind.COMMITTEE)
    if areas.city.code not in centres:
        faults.whole("市级没有治理中心 (centre)", "the city has no centre")
    for one in drafts:
        if one.body.parent is None:
            parent = _by_rule(one, areas, centres, committees)
            one.body = replace(one.body, parent=parent) if parent else one.body
        else:
            _check_parent(one, known, areas)
    return tuple(one.body for one in drafts)


def _unique(drafts: Sequence[Draft]) -> dict[OrganisationCode, Draft]:
    known: dict[OrganisationCode, Draft] = {}
    clashing: set[int] = set()
    for one in drafts:
        earlier = known.setdefault(one.body.code, one)
        # A pattern clashes in every area alike: once a row is enough.
        if earlier is not one and one.cells.number not in clashing and one.body.code:
            clashing.add(one.cells.number)
            row = earlier.cells.number
            one.cells.note(
                "code", f"编码 {one.body.code} 与第{row}行重复", f"duplicate of row {row}"
            )
    return known


def _centres(drafts: Sequence[Draft]) -> ByArea:
    found = _first(drafts, OrganisationKind.CENTRE)
    clashing: set[int] = set()
    for one in drafts:
        if one.body.kind is not OrganisationKind.CENTRE or found[one.body.area] == one.body.code:
            continue
        if one.cells.number not in clashing:
            clashing.add(one.cells.number)
            one.cells.note(
                "kind",
                f"区划 {one.body.area} 已有治理中心 {found[one.body.area]}",
                f"the area has the centre {found[one.body.area]} already",
            )
    return found


def _first(drafts: Iterable[Draft], kind: OrganisationKind) -> dict[AreaCode, OrganisationCode]:
    found: dict[AreaCode, OrganisationCode] = {}
    for one in drafts:
        if one.body.kind is kind:
            found.setdefault(one.body.area, one.body.code)
    return found


def _by_rule(
    one: Draft, areas: Areas, centres: ByArea, committees: ByArea
) -> OrganisationCode | None:
    """Return the parent of a body that names none; None for the city's centre."""
    path = [area.code for area in areas.path(one.area.code)]
    if one.body.kind is OrganisationKind.CENTRE:
        path = path[:-1]
    if one.body.kind is OrganisationKind.GRID_TEAM:
        for code in reversed(path):
            if code in committees:
                return committees[code]
    return next((centres[code] for code in reversed(path) if code in centres), None)


def _check_parent(one: Draft, known: Mapping[OrganisationCode, Draft], areas: Areas) -> None:
    parent = known.get(OrganisationCode(one.body.parent or ""))
    if parent is None:
        _note_once(one.cells, f"没有单位 {one.body.parent}", f"no body {one.body.parent}")
    elif parent.area not in areas.path(one.area.code):
        _note_once(
            one.cells,
            f"上级 {one.body.parent} 不在 {one.body.area} 或其上级区划",
            f"{one.body.parent} acts neither in {one.body.area} nor above",
        )
    elif _is_in_circle(one, known):
        _note_once(one.cells, "上级关系成环", "the parents form a cycle")


def _note_once(cells: Cells, zh: str, en: str) -> None:
    if not cells.is_faulty:
        cells.note("parent", zh, en)


def _is_in_circle(one: Draft, known: Mapping[OrganisationCode, Draft]) -> bool:
    seen = {one.body.code}
    parent = one.body.parent
    while parent is not None and parent in known:
        if parent in seen:
            return parent == one.body.code
        seen.add(parent)
        parent = known[parent].body.parent
    return False
