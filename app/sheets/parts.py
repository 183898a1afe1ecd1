"""A part of the rulebook read from an office's file, whichever part it is."""

from collections.abc import Mapping
from pathlib import Path

from app.domain.area import Area, AreaCode
from app.domain.calendar import Calendar
from app.domain.organisation import Organisation
from app.domain.policy import LocalPolicy
from app.domain.responsibility import Entry
from app.domain.roster import Shift
from app.domain.rulebook import Part, Rulebook
from app.sheets import areas, calendar, organisations, policies, responsibility, roster

Parsed = (
    tuple[Area, ...]
    | tuple[Organisation, ...]
    | tuple[Entry, ...]
    | Calendar
    | Mapping[AreaCode, LocalPolicy]
    | tuple[Shift, ...]
)
"""What the sheets give: a part's content."""


def parse(part: Part, path: Path, rulebook: Rulebook) -> Parsed:
    """Return a file's content, checked against the other parts of a rulebook.

    Raises BadSheet with every fault.
    """
    bodies = rulebook.organisations
    match part:
        case Part.AREAS:
            return areas.parse(path)
        case Part.CALENDAR:
            return calendar.parse(path, {*rulebook.areas, *bodies})
        case Part.ORGANISATIONS:
            return organisations.parse(path, rulebook.areas)
        case Part.LIST:
            functions = {str(function) for body in bodies.values() for function in body.functions}
            return responsibility.parse(path, functions=functions)
        case Part.POLICIES:
            return policies.parse(path, set(rulebook.areas), set(rulebook.list), set(bodies))
        case Part.ROSTER:
            return roster.parse(path, set(bodies), rulebook.calendar.zone)
