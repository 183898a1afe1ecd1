"""The areas sheet: the tree of the city; grids may be numbered by rule."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from app.domain.area import Area, AreaCode, Tier
from app.sheets import table
from app.sheets.area_tree import check_tree
from app.sheets.cells import JOINER, Cells
from app.sheets.faults import Faults
from app.sheets.outline import is_outline
from app.sheets.rows import read

COLUMNS: Final = ("code", "name", "tier", "parent", "grids", "valid_from", "valid_to", "outline")
OPTIONAL: Final = ("successor", "provisional", "former", "old_names")
YES: Final = "yes"
MOST_GRIDS: Final = 999
NAME_LENGTH: Final = 60
OUTLINE_LENGTH: Final = 1_000_000


def parse(path: Path) -> tuple[Area, ...]:
    """Return the areas in the sheet's order, generated grids after their community.

    Raises BadSheet with every fault of the file.
    """
    faults = Faults(path.name)
    drafts: list[tuple[Cells, Area]] = []
    for row in read(path, COLUMNS, faults, optional=OPTIONAL):
        cells = Cells(row, faults)
        area = _area(cells)
        drafts.append((cells, area))
        drafts.extend((cells, grid) for grid in numbered_grids(area, _grids(cells, area)))
    check_tree(drafts, faults)
    faults.refuse()
    return tuple(area for _, area in drafts)


def _area(cells: Cells) -> Area:
    valid_from, valid_to = cells.validity()
    outline = cells.text("outline", most=OUTLINE_LENGTH, needed=False)
    if outline and not is_outline(outline):
        cells.note(
            "outline",
            "应为 WKT 的 POLYGON 或 MULTIPOLYGON, 经纬度, 首尾点相同",
            "expected a WKT POLYGON or MULTIPOLYGON in degrees with closed rings",
        )
    return Area(
        code=AreaCode(cells.code("code")),
        name=cells.text("name", most=NAME_LENGTH),
        tier=cells.choice("tier", Tier),
        parent=AreaCode(cells.code("parent", needed=False)) or None,
        valid_from=valid_from,
        valid_to=valid_to,
        outline=outline,
        successor=AreaCode(cells.code("successor", needed=False)) or None,
        provisional=_is_marked(cells, "provisional"),
        former=tuple(AreaCode(code) for code in cells.words("former")),
        old_names=cells.words("old_names"),
    )


def _is_marked(cells: Cells, column: str) -> bool:
    if cells[column] not in ("", YES):
        cells.note(column, f"应为 {YES} 或空", f"expected {YES} or nothing")
    return cells[column] == YES


def _grids(cells: Cells, area: Area) -> int:
    """Return how many grids the row asks for."""
    text = cells["grids"]
    if not text:
        return 0
    if area.tier is not Tier.COMMUNITY and not cells.is_faulty:
        cells.note("grids", "只有 community 行可以生成网格", "only a community row has grids")
        return 0
    if not (text.isascii() and text.isdigit() and int(text) <= MOST_GRIDS):
        cells.note(
            "grids", f"应为 0-{MOST_GRIDS} 的整数", f"expected a whole number up to {MOST_GRIDS}"
        )
        return 0
    return int(text)


def numbered_grids(community: Area, count: int) -> tuple[Area, ...]:
    """Return the grids made by rule: the community's code and 001, …, named 第1网格, …, in turn."""
    return tuple(
        Area(
            code=AreaCode(f"{community.code}{number:03}"),
            name=f"第{number}网格",
            tier=Tier.GRID,
            parent=community.code,
            generated=True,
            valid_from=community.valid_from,
            valid_to=community.valid_to,
        )
        for number in range(1, count + 1)
    )


def write(path: Path, areas: Iterable[Area]) -> None:
    """Write the sheet; grids that the rule would number again become their community's count."""
    table.write(path, (*COLUMNS, *OPTIONAL), _rows(tuple(areas)))


def _rows(areas: Sequence[Area]) -> Iterator[Sequence[str]]:
    counts = _counts(areas)
    for area in areas:
        if not (area.generated and counts.get(area.parent)):
            yield _row(area, counts.get(area.code, 0))


def _counts(areas: Iterable[Area]) -> dict[AreaCode | None, int]:
    """Return how many grids of each community the rule would make just as they are."""
    generated: dict[AreaCode | None, list[Area]] = {}
    communities: dict[AreaCode | None, Area] = {}
    for area in areas:
        communities[area.code] = area
        if area.generated:
            generated.setdefault(area.parent, []).append(area)
    return {
        code: len(grids)
        for code, grids in generated.items()
        if code in communities and numbered_grids(communities[code], len(grids)) == tuple(grids)
    }


def _row(area: Area, grids: int) -> Sequence[str]:
    return (
        area.code,
        area.name,
        area.tier,
        area.parent or "",
        str(grids) if grids else "",
        area.valid_from.isoformat() if area.valid_from else "",
        area.valid_to.isoformat() if area.valid_to else "",
        area.outline,
        area.successor or "",
        YES if area.provisional else "",
        JOINER.join(area.former),
        JOINER.join(area.old_names),
    )
