"""Rows that stand for one body in every area of a tier, and what is filled into them."""

import re
from binascii import crc32
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.domain.area import Area, Areas, Tier
from app.domain.organisation import Function, Organisation, OrganisationCode, OrganisationKind
from app.sheets.cells import CODE_LENGTH, Cells

EVERY: Final = "*"
"""`*street` in the area column: one body for every street."""
_NOT_IN_CODE: Final = re.compile(r"[\s,{}|]")
_COMMITTEE: Final = re.compile(r"(村民|居民)?委员会$")
_NUMBERS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Template:
    """A row before an area is filled in."""

    code: str
    name: str
    kind: OrganisationKind
    parent: str
    functions: tuple[Function, ...]
    phone: str
    valid_from: date | None
    valid_to: date | None
    successor: str

    def check(self, cells: Cells, *, filled: bool) -> None:
        """Note signs that no code may contain; only patterns may leave {area} open."""
        for column, value in (
            ("code", self.code),
            ("parent", self.parent),
            ("successor", self.successor),
        ):
            code = value if filled else value.replace("{area}", "")
            if _NOT_IN_CODE.search(code) or len(code) > CODE_LENGTH:
                cells.note(
                    column,
                    f"编码“{value}”不能含空白或 , {{ }} |, 不超过 {CODE_LENGTH} 字",
                    "a code is short, without blanks and none of , { } |",
                )


@dataclass(slots=True)
class Draft:
    """A body whose parent is not settled yet."""

    cells: Cells
    area: Area
    body: Organisation


def draft(cells: Cells, template: Template, area: Area, areas: Areas) -> Draft:
    """Fill an area into a row; a body without dates of its own has those of its area."""
    code = template.code.replace("{area}", area.code)
    parent = template.parent.replace("{area}", area.code)
    successor = template.successor.replace("{area}", area.code)
    body = Organisation(
        code=OrganisationCode(code),
        name=template.name.replace("{name}", _spoken(area, areas)),
        kind=template.kind,
        area=area.code,
        tier=area.tier,
        parent=OrganisationCode(parent) if parent else None,
        functions=template.functions,
        phone=template.phone.replace("{n}", _number(code)),
        valid_from=template.valid_from or area.valid_from,
        valid_to=template.valid_to or area.valid_to,
        successor=OrganisationCode(successor) if successor else None,
    )
    return Draft(cells, area, body)


def _spoken(area: Area, areas: Areas) -> str:
    """Return the area's name; a grid's says which community, which nobody could tell otherwise."""
    if area.tier is not Tier.GRID or area.parent is None:
        return area.name
    return _COMMITTEE.sub("", areas[area.parent].name) + area.name


def _number(code: str) -> str:
    """Return six digits that stay the same for a code."""
    return f"{crc32(code.encode()) % _NUMBERS:06}"
