"""The organisations sheet: bodies one by one, or one row for every area of a tier."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from app.domain.area import AreaCode, Areas, Tier
from app.domain.organisation import Function, Organisation, OrganisationCode, OrganisationKind
from app.sheets import table
from app.sheets.cells import JOINER, Cells
from app.sheets.faults import Faults
from app.sheets.hierarchy import link
from app.sheets.pattern import EVERY, Draft, Template, draft
from app.sheets.rows import read

COLUMNS: Final = (
    "code",
    "name",
    "kind",
    "area",
    "parent",
    "functions",
    "phone",
    "valid_from",
    "valid_to",
)
OPTIONAL: Final = ("successor",)
NAME_LENGTH: Final = 80
PHONE_LENGTH: Final = 40


def parse(
    path: Path, areas: Areas, *, functions: Collection[str] | None = None
) -> tuple[Organisation, ...]:
    """Return the bodies, those of a pattern row one after another in the order of the areas.

    `functions` are the codes allowed; without them any code is. Raises BadSheet with every
    fault of the file.
    """
    faults = Faults(path.name)
    by_tier = _by_tier(areas)
    drafts: list[Draft] = []
    for row in read(path, COLUMNS, faults, optional=OPTIONAL):
        cells = Cells(row, faults)
        template = _template(cells, functions)
        drafts.extend(_drafts(cells, template, areas, by_tier))
    bodies = link(drafts, areas, faults)
    faults.refuse()
    return bodies


def _by_tier(areas: Areas) -> dict[str, list[AreaCode]]:
    found: dict[str, list[AreaCode]] = {f"{EVERY}{tier}": [] for tier in Tier}
    for code, area in areas.items():
        found[f"{EVERY}{area.tier}"].append(code)
    return found


def _template(cells: Cells, functions: Collection[str] | None) -> Template:
    held = cells.words("functions")
    unknown = [code for code in held if functions is not None and code not in functions]
    if unknown:
        cells.note("functions", f"未知的职能 {'、'.join(unknown)}", "unknown functions")
    valid_from, valid_to = cells.validity()
    return Template(
        code=cells.text("code", most=NAME_LENGTH),
        name=cells.text("name", most=NAME_LENGTH),
        kind=cells.choice("kind", OrganisationKind),
        parent=cells.text("parent", most=NAME_LENGTH, needed=False),
        functions=tuple(Function(code) for code in held),
        phone=cells.text("phone", most=PHONE_LENGTH, needed=False),
        valid_from=valid_from,
        valid_to=valid_to,
        successor=cells.text("successor", most=NAME_LENGTH, needed=False),
    )


def _drafts(
    cells: Cells, template: Template, areas: Areas, by_tier: dict[str, list[AreaCode]]
) -> Iterator[Draft]:
    place = cells.text("area")
    if place in by_tier:
        if "{area}" not in template.code:
            cells.note("code", "各区划一个单位时须含 {area}", "a pattern's code contains {area}")
        template.check(cells, filled=False)
        for code in by_tier[place]:
            yield draft(cells, template, areas[code], areas)
    elif place in areas:
        template.check(cells, filled=True)
        yield draft(cells, template, areas[AreaCode(place)], areas)
    elif place:
        allowed = "、".join(by_tier)
        cells.note("area", f"没有区划 {place}, 也不是 {allowed}", "no such area, nor *tier")


def write(path: Path, organisations: Iterable[Organisation]) -> None:
    """Write one row a body, with its parent and telephone as they stand."""
    table.write(path, (*COLUMNS, *OPTIONAL), map(_row, organisations))


def _row(body: Organisation) -> Sequence[str]:
    return (
        body.code,
        body.name,
        body.kind,
        body.area,
        body.parent or OrganisationCode(""),
        JOINER.join(body.functions),
        body.phone,
        body.valid_from.isoformat() if body.valid_from else "",
        body.valid_to.isoformat() if body.valid_to else "",
        body.successor or "",
    )
