"""The reference data the product ships: Chongqing as the statistics of 2023 have it, and plans.

The plans of `reorganisations/`, carried out in the order of their names, make it today's city.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from app.domain.responsibility import Category
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


def plans() -> list[Path]:
    """Return the files of the shipped reorganisations, in the order they are carried out in."""
    return sorted((_HERE / "reorganisations").glob("*.toml"), key=lambda path: path.stem)


def functions() -> dict[str, str]:
    """Return the shipped functions (职能): code to Chinese name."""
    with (_HERE / "functions.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


def categories() -> dict[Category, str]:
    """Return the catalogue of the national standard (GB/T 47678.5-2026): category to name."""
    with (_HERE / "categories.csv").open(encoding="utf-8", newline="") as file:
        return {
            Category(row["scheme"], row["class"], row["code"]): row["name"]
            for row in csv.DictReader(file)
        }
