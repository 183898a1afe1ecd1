"""The events of Pingshan as rows, and the one rule for writing the names of its units."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

NOBODY: Final = "-"
"""What the file writes where it does not know."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event as the open data give it; `written` is the unit's name as it stands there."""

    date: str
    street: str
    community: str
    type: str
    main_type: str
    sub_type: str
    source: str
    nature: str
    written: str

    @property
    def unit(self) -> str:
        """The responsible unit under its one spelling."""
        return one_spelling(self.written)


def read(path: Path) -> list[Row]:
    """Return the events in file order."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            Row(
                date=cells["create_time"],
                street=cells["street"],
                community=cells["community"],
                type=cells["type"],
                main_type=cells["main_type"],
                sub_type=cells["sub_type"],
                source=cells["source"],
                nature=cells["property"],
                written=cells["dispose_unit"],
            )
            for cells in csv.DictReader(file)
        ]


_STREET: Final = r"(坪山|龙田|坑梓|碧岭|马峦|石井)"
RULES: Final[Sequence[tuple[str, str, str]]] = (
    (r"\((.*)\)$", r"（\1）", "brackets of one width"),
    (rf"^{_STREET}街道(.+)（\1街道办事处）$", r"\1街道\2", "the street named once, not twice"),
    (rf"^(.+)（{_STREET}(?:街道办事处|街道|办)?）$", r"\2街道\1", "the street first, no brackets"),
    (rf"^{_STREET}(?:街道办事处|办事处)", r"\1街道", "the street, not the office of the street"),
    (rf"^(?:{_STREET}街道)?(.+社区)(?:工作站)?$", r"\2", "a community by its own name"),
    (r"(.)办公室$", r"\1办", "short for 办公室"),
    (r"城市管理办$", "城管办", "short for urban management"),
    (r"劳动管理办$", "劳动办", "short for labour"),
    (r"纪律检查工作委员会$", "纪工委", "short for discipline"),
    (r"消防安全(?:管理)?委员会办$", "消安委办", "short for fire safety"),
    (r"市规划国土委", "市规土委", "short for planning and land"),
    (r"中心处置$", "中心", "a centre that handled it itself is that centre"),
)
"""Pattern, replacement and what for, applied in this order to every name, the tests' included."""


def one_spelling(name: str) -> str:
    """Return what all spellings of a unit count as: 城管办（坑梓街道办事处） → 坑梓街道城管办."""
    name = name.strip()
    for pattern, replacement, _ in RULES:
        name = re.sub(pattern, replacement, name)
    return name


class Reach(StrEnum):
    """For which part of the district a unit acts, as its name and its events tell."""

    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"


@dataclass(frozen=True, slots=True, order=True)
class Duty:
    """What a unit does, apart from where: every street has its own 市政服务中心."""

    reach: Reach
    name: str


DISTRICT_WIDE: Final = frozenset({"坪山街道电信营业中心"})
"""Named after the street where they stand, at work in all of them: 11 of 13 training events."""

STATION: Final = Duty(Reach.COMMUNITY, "社区工作站")


def duty_of(row: Row) -> Duty | None:
    """Return the duty under which the event's unit has it from the event's place.

    None where the place does not lead to the unit: another street's, or none at all.
    """
    unit = row.unit
    if unit == NOBODY:
        return None
    if unit.endswith("社区"):
        return STATION if unit == row.community else None
    street = re.match(rf"{_STREET}街道(?=.)", unit)
    if street is None or unit in DISTRICT_WIDE:
        return Duty(Reach.DISTRICT, unit)
    return Duty(Reach.STREET, unit[street.end() :]) if street[0] == row.street else None
