"""A whole city's reference data: read from a folder of files, or the shipped city of a day."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from app import data
from app.domain.area import Area, Areas
from app.domain.organisation import Organisation
from app.domain.reorganisation.outcome import reorganise
from app.domain.rulebook import Part
from app.sheets import areas as area_sheet
from app.sheets import calendar as calendar_sheet
from app.sheets import organisations as organisation_sheet
from app.sheets import policies as policy_sheet
from app.sheets import reorganisation as plan_sheet
from app.sheets import responsibility as list_sheet
from app.store.parts import Content


def city_in(folder: Path, *, day: date | None = None) -> Mapping[Part, Content]:
    """Read a whole city's files; raises BadSheet with every fault of the first faulty one.

    With a day, the shipped plans that have taken effect by then are carried out on it.
    """
    area = area_sheet.parse(_file(folder, Part.AREAS))
    bodies = organisation_sheet.parse(_file(folder, Part.ORGANISATIONS), Areas(area))
    if day is not None:
        area, bodies = reorganised(area, bodies, day)
    tree = Areas(area)
    functions = {function for body in bodies for function in body.functions}
    entries = list_sheet.parse(_file(folder, Part.LIST), functions=functions)
    codes = {entry.code for entry in entries}
    policies = folder / "policies.toml"
    return {
        Part.AREAS: area,
        Part.ORGANISATIONS: bodies,
        Part.LIST: entries,
        Part.CALENDAR: calendar_sheet.parse(_file(folder, Part.CALENDAR)),
        Part.POLICIES: policy_sheet.parse(
            policies, set(tree), codes, {body.code for body in bodies}
        )
        if policies.is_file()
        else {},
    }


def shipped_city(day: date) -> Mapping[Part, Content]:
    """Return the shipped Chongqing as it is on a day."""
    return city_in(data.folder(), day=day)


def reorganised(
    areas: tuple[Area, ...], bodies: tuple[Organisation, ...], day: date
) -> tuple[tuple[Area, ...], tuple[Organisation, ...]]:
    """Return areas and bodies after the shipped plans that have taken effect by a day."""
    for path in data.plans():
        plan = plan_sheet.parse(path)
        if plan.day <= day:
            done = reorganise(areas, bodies, plan)
            areas, bodies = done.areas, done.organisations
    return areas, bodies


def _file(folder: Path, part: Part) -> Path:
    """Return a part's file in a city's folder; the calendar is the country's if it has none."""
    for suffix in (".csv", ".xlsx"):
        if (folder / f"{part}{suffix}").is_file():
            return folder / f"{part}{suffix}"
    if part is Part.CALENDAR:
        return data.shipped(part)
    raise ValueError(f"{folder} 中没有 {part}.csv 或 {part}.xlsx / no such file there")
