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
    boards = _boards(drafts)
    if areas.city.code not in centres:
        faults.whole("市级没有治理中心 (centre)", "the city has no centre")
    for one in drafts:
        if one.body.parent is None:
            parent = _board(one.body, boards) or _by_rule(one, areas, centres, committees)
            one.body = replace(one.body, parent=parent) if parent else one.body
        else:
            _check_parent(one, known, areas)
        _check_successor(one, known)
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
        if not _is_living_centre(one) or found[one.body.area] == one.body.code:
            continue
        if one.cells.number not in clashing:
            clashing.add(one.cells.number)
            one.cells.note(
                "kind",
                f"区划 {one.body.area} 已有治理中心 {found[one.body.area]}",
                f"the area has the centre {found[one.body.area]} already",
            )
    return found


def _is_living_centre(one: Draft) -> bool:
    return one.body.kind is OrganisationKind.CENTRE and one.body.valid_to is None


def _first(drafts: Iterable[Draft], kind: OrganisationKind) -> dict[AreaCode, OrganisationCode]:
    """Return the first body of a kind in each area; one that ends only where no other is."""
    found: dict[AreaCode, OrganisationCode] = {}
    for one in sorted(drafts, key=lambda one: one.body.valid_to is not None):
        if one.body.kind is kind:
            found.setdefault(one.body.area, one.body.code)
    return found


def _boards(drafts: Iterable[Draft]) -> dict[AreaCode, list[Organisation]]:
    found: dict[AreaCode, list[Organisation]] = {}
    for one in drafts:
        if one.body.kind is OrganisationKind.BOARD:
            found.setdefault(one.body.area, []).append(one.body)
    return found


def _board(
    post: Organisation, boards: Mapping[AreaCode, Sequence[Organisation]]
) -> OrganisationCode | None:
    """Return the board of its area that a post shares a function with."""
    if post.kind is not OrganisationKind.POST:
        return None
    held = set(post.functions)
    there = boards.get(post.area, ())
    return next((one.code for one in there if not held.isdisjoint(one.functions)), None)


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


def _check_successor(one: Draft, known: Mapping[OrganisationCode, Draft]) -> None:
    successor = one.body.successor
    if successor is None or one.cells.is_faulty:
        return
    if one.body.valid_to is None:
        one.cells.note("successor", "只有已撤并(有 valid_to)的单位才有承继", "it has not ended")
    elif successor not in known:
        one.cells.note("successor", f"没有单位 {successor}", f"no body {successor}")
    elif _ends_in_itself(one, known):
        one.cells.note("successor", "承继关系成环", "the successors form a cycle")


def _ends_in_itself(one: Draft, known: Mapping[OrganisationCode, Draft]) -> bool:
    seen = {one.body.code}
    after = one.body.successor
    while after is not None and after in known and after not in seen:
        seen.add(after)
        after = known[after].body.successor
    return after == one.body.code


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
