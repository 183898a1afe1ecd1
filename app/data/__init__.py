"""The reference data the product ships: Chongqing before its reorganisation of 2025-11-06."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from app.domain.rulebook import Part

_HERE: Final = Path(__file__).parent
_FILES: Final[Mapping[Part, str]] = {
    Part.AREAS: "areas.csv",
    Part.ORGANISATIONS: "organisations.csv",
    Part.LIST: "list.csv",
    Part.CALENDAR: "calendar.csv",
    Part.POLICIES: "policies.toml",
}


def folder() -> Path:
    """Return the folder of the shipped files."""
    return _HERE


def shipped(part: Part) -> Path:
    """Return the shipped file of a part."""
    return _HERE / _FILES[part]


def functions() -> dict[str, str]:
    """Return the shipped functions (职能): code to Chinese name."""
    with (_HERE / "functions.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}
