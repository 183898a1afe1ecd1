"""The rulebook: all reference data of one version, immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.area import Area, Areas, Place
from app.domain.calendar import Calendar
from app.domain.calendars import calendar_of, path_of
from app.domain.organisation import Organisations
from app.domain.policy import Policies, Policy
from app.domain.responsibility import ResponsibilityList
from app.domain.roster import Roster


class Part(StrEnum):
    """What a rulebook is made of; each is published on its own."""

    AREAS = "areas"
    """区划"""
    ORGANISATIONS = "organisations"
    """单位"""
    LIST = "list"
    """职责清单"""
    CALENDAR = "calendar"
    """工作日历"""
    POLICIES = "policies"
    """规则"""
    ROSTER = "roster"
    """值班表"""


@dataclass(frozen=True)
class Rulebook:
    """What decisions are judged by; a unit stores the version it was judged by."""

    version: int
    areas: Areas
    organisations: Organisations
    list: ResponsibilityList
    calendar: Calendar
    policies: Policies
    parts: Mapping[Part, int]
    """The version of each part; a city without duty rosters has none of that part."""
    roster: Roster = field(default_factory=Roster)

    def around(self, place: Place) -> tuple[Area, ...]:
        """Return the areas around a place, the city first."""
        return self.areas.path(place.finest(self.areas))

    def policy_at(self, place: Place) -> Policy:
        """Return the policy that holds at a place."""
        return self.policies.at(self.around(place))

    def path_of(self, code: str) -> tuple[str, ...]:
        """Return the codes that a body or an area has its calendar from, the widest first."""
        return path_of(code, self.areas, self.organisations)

    def calendar_of(self, code: str) -> Calendar:
        """Return the calendar of a body or an area; the city's where it has none of its own."""
        return calendar_of(code, self.calendar, self.areas, self.organisations)
