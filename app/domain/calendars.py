"""Whose calendar a limit is counted by: an area's or a body's own, or one of those around it."""

from app.domain.area import AreaCode, Areas
from app.domain.calendar import Calendar
from app.domain.organisation import OrganisationCode, Organisations


def path_of(code: str, areas: Areas, bodies: Organisations) -> tuple[str, ...]:
    """Return the codes that a body or an area has its calendar from, the widest first.

    An area that has ended works as its successor does; a code nobody knows has no path.
    """
    body = bodies.get(OrganisationCode(code))
    area = body.area if body is not None else AreaCode(code)
    if area not in areas:
        return ()
    path = tuple(str(one.code) for one in areas.path(areas.heir(area)))
    return path if body is None else (*path, code)


def calendar_of(code: str, base: Calendar, areas: Areas, bodies: Organisations) -> Calendar:
    """Return the calendar of a body or an area; the city's where it has none of its own."""
    return base.narrowed(path_of(code, areas, bodies)) if base.local else base
