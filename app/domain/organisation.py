"""Organisations (单位): who holds which function (职能) in which area."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import NewType

from app.domain.area import Area, AreaCode, Areas, Tier, is_valid

OrganisationCode = NewType("OrganisationCode", str)
Function = NewType("Function", str)


class OrganisationKind(StrEnum):
    """What sort of body it is."""

    CENTRE = "centre"
    """治理中心"""
    DEPARTMENT = "department"
    """部门"""
    BOARD = "board"
    """板块"""
    POST = "post"
    """岗位"""
    COMMITTEE = "committee"
    """村(居)民委员会"""
    GRID_TEAM = "grid_team"
    """网格队伍"""


@dataclass(frozen=True, slots=True)
class Organisation:
    """One body; it acts in `area` and below, and stands under `parent`.

    `successor` is the body that answers for its work after it has ended.
    """

    code: OrganisationCode
    name: str
    kind: OrganisationKind
    area: AreaCode
    tier: Tier
    parent: OrganisationCode | None
    functions: tuple[Function, ...]
    phone: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    successor: OrganisationCode | None = None


class Organisations(Mapping[OrganisationCode, Organisation]):
    """All bodies of the city by code, and those that exist by area."""

    def __init__(self, organisations: Iterable[Organisation], day: date | None = None) -> None:
        self._by_code = {body.code: body for body in organisations}
        self._day = day
        by_area: dict[AreaCode, list[Organisation]] = {}
        self._centres: dict[AreaCode, Organisation] = {}
        for body in self._by_code.values():
            if day is None or is_valid(body.valid_from, body.valid_to, day):
                by_area.setdefault(body.area, []).append(body)
                if body.kind is OrganisationKind.CENTRE:
                    self._centres.setdefault(body.area, body)
        self._by_area = {area: tuple(bodies) for area, bodies in by_area.items()}

    @cached_property
    def is_dated(self) -> bool:
        """Some body begins or ends to exist."""
        return any(body.valid_from or body.valid_to for body in self._by_code.values())

    def on(self, day: date) -> "Organisations":
        """Return the bodies as they stand on a day; the others keep no duty but their names."""
        return Organisations(self._by_code.values(), day) if self.is_dated else self

    def __getitem__(self, code: OrganisationCode) -> Organisation:
        return self._by_code[code]

    def __iter__(self) -> Iterator[OrganisationCode]:
        return iter(self._by_code)

    def __len__(self) -> int:
        return len(self._by_code)

    def heir(self, code: OrganisationCode) -> OrganisationCode:
        """Return the body that answers for the work of this one: itself unless it was replaced."""
        seen: set[OrganisationCode] = set()
        while code not in seen and (after := self._after(code)) is not None:
            seen.add(code)
            code = after
        return code

    def _after(self, code: OrganisationCode) -> OrganisationCode | None:
        body = self._by_code[code]
        goes_on = self._day is not None and is_valid(body.valid_from, body.valid_to, self._day)
        return None if goes_on else body.successor

    def of_area(self, area: AreaCode) -> tuple[Organisation, ...]:
        """Return the bodies whose area is exactly this one."""
        return self._by_area.get(area, ())

    def holders(self, function: Function, area: AreaCode) -> tuple[Organisation, ...]:
        """Return the bodies that hold the function in exactly this area, in list order."""
        return tuple(body for body in self.of_area(area) if function in body.functions)

    def centre(self, area: AreaCode) -> Organisation | None:
        """Return the operations centre of exactly this area."""
        return self._centres.get(area)

    def nearest_centre(self, path: tuple[Area, ...]) -> Organisation:
        """Return the lowest centre on the path; the city always has one."""
        for area in reversed(path):
            centre = self.centre(area.code)
            if centre is not None:
                return centre
        raise LookupError(path[0].code)

    def centres(self, path: tuple[Area, ...]) -> tuple[Organisation, ...]:
        """Return every centre on the path, from the city down."""
        found = (self.centre(area.code) for area in path)
        return tuple(centre for centre in found if centre is not None)

    def centre_above(self, body: Organisation, areas: Areas) -> Organisation:
        """Return the centre that answers for this body: a centre's is the next one above.

        The city centre answers for itself.
        """
        path = areas.path(body.area)
        if body.kind is OrganisationKind.CENTRE and len(path) > 1:
            path = path[:-1]
        return self.nearest_centre(path)
