"""Whether the rows of an areas sheet make one tree."""

from collections.abc import Mapping, Sequence

from app.domain.area import Area, AreaCode, Tier
from app.sheets.cells import Cells
from app.sheets.faults import Faults

Draft = tuple[Cells, Area]


def check_tree(drafts: Sequence[Draft], faults: Faults) -> None:
    """Note codes given twice, parents that do not fit and anything but one city at the top."""
    known = _unique(drafts)
    cities = [draft for draft in drafts if draft[1].tier is Tier.CITY and not draft[0].is_faulty]
    for cells, area in drafts:
        if not area.generated and not cells.is_faulty:
            _check_parent(cells, area, known)
            _check_past(cells, area, known)
    for cells, _ in cities[1:]:
        cells.note("tier", "只能有一个 city", "there is one city only")
    if not any(area.tier is Tier.CITY for _, area in drafts):
        faults.whole("没有 city 行", "there is no city row")


def _unique(drafts: Sequence[Draft]) -> dict[AreaCode, Draft]:
    known: dict[AreaCode, Draft] = {}
    for cells, area in drafts:
        earlier = known.setdefault(area.code, (cells, area))
        if earlier[1] is not area and area.code:
            row = earlier[0].number
            cells.note("code", f"编码 {area.code} 与第{row}行重复", f"duplicate of row {row}")
    return known


def _check_parent(cells: Cells, area: Area, known: Mapping[AreaCode, Draft]) -> None:
    if area.tier is Tier.CITY:
        if area.parent:
            cells.note("parent", "city 没有上级", "the city has no parent")
    elif area.parent is None:
        cells.note("parent", "不能为空", "must not be blank")
    elif area.parent not in known:
        cells.note("parent", f"没有编码为 {area.parent} 的区划", "no area of that code")
    elif _is_in_circle(area, known):
        cells.note("parent", "上级关系成环", "the parents form a cycle")
    else:
        _check_step(cells, area, known[area.parent])


def _check_step(cells: Cells, area: Area, parent: Draft) -> None:
    if parent[0].is_faulty or parent[1].tier.rank == area.tier.rank - 1:
        return
    wanted = tuple(Tier)[area.tier.rank - 1]
    cells.note(
        "tier",
        f"{area.tier} 的上级应为 {wanted}, {area.parent} 是 {parent[1].tier}",
        f"the parent of a {area.tier} is a {wanted}, not a {parent[1].tier}",
    )


def _is_in_circle(area: Area, known: Mapping[AreaCode, Draft]) -> bool:
    at = area
    for _ in Tier:
        above = known.get(at.parent) if at.parent else None
        if above is None:
            return False
        at = above[1]
        if at is area:
            return True
    return False


def _check_past(cells: Cells, area: Area, known: Mapping[AreaCode, Draft]) -> None:
    """Note a successor or a former parent that cannot be."""
    for code in area.former:
        if code not in known:
            cells.note("former", f"没有编码为 {code} 的区划", f"no area {code}")
    if area.successor is None:
        return
    if area.valid_to is None:
        cells.note("successor", "只有已撤销(有 valid_to)的区划才有承继", "it has not ended")
    elif area.successor not in known:
        cells.note("successor", f"没有编码为 {area.successor} 的区划", "no area of that code")
    elif known[area.successor][1].tier is not area.tier:
        cells.note("successor", f"{area.successor} 层级不同", "it is of another tier")
    elif _ends_in_itself(area, known):
        cells.note("successor", "承继关系成环", "the successors form a cycle")


def _ends_in_itself(area: Area, known: Mapping[AreaCode, Draft]) -> bool:
    seen = {area.code}
    after = area.successor
    while after is not None and after in known and after not in seen:
        seen.add(after)
        after = known[after][1].successor
    return after == area.code
