"""Tables by organisation made of what was counted, the slow way: area by area up the tree.

It shares no line with app/domain/lineage.py; docs/statistics.md says what rows there are.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date

from app.domain.organisation import Organisation, OrganisationCode
from app.domain.rulebook import Rulebook
from tests.naive import Found

Rows = dict[str, Counter[str]]
"""What each row counts, by the body it is told under."""
STANDS_FOR_ALL = ("centre", "committee", "grid_team")


def rows(
    found: Found, head: Organisation, rulebook: Rulebook, *, meant: Callable[[date, str], bool]
) -> Rows:
    """A centre's table by organisation, of the days and channels that are meant."""
    told: Rows = {}
    for (who, day, channel, _, _, count), number in found.items():
        row = told_under(OrganisationCode(who), head, rulebook)
        if row is not None and meant(day, channel):
            told.setdefault(row, Counter())[count] += number
    return {row: +counts for row, counts in told.items() if +counts}


def monthly(found: Found, head: Organisation, rulebook: Rulebook, month: date) -> Rows:
    """The officials' table of a month, by channel and level."""
    told: Rows = {}
    for (who, day, channel, _, _, count), number in found.items():
        code = OrganisationCode(who)
        is_meant = (day.year, day.month) == (month.year, month.month)
        if is_meant and told_under(code, head, rulebook) is not None:
            bodies = rulebook.organisations
            level = bodies[bodies.heir(code)].tier
            told.setdefault(f"{channel} {level}", Counter())[count] += number
    return {cell: +counts for cell, counts in told.items() if +counts}


def told_under(who: OrganisationCode, head: Organisation, rulebook: Rulebook) -> str | None:
    """The row a body is in: its own, or that of the area below the centre; None: in no row."""
    bodies, areas = rulebook.organisations, rulebook.areas
    body = bodies[bodies.heir(who)]
    area, below = areas[body.area], None
    while area.code != head.area:
        if area.parent is None:
            return None
        area, below = areas[area.parent], area
    if below is None:
        return body.code
    for kind in STANDS_FOR_ALL:
        for one in bodies.values():
            if one.area == below.code and one.kind == kind and one.valid_to is None:
                return one.code
    return body.code
