"""Local rules (本地规则): whether one asks for just this report, and whether it can be applied."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.domain.area import Area, is_valid
from app.domain.destination import lowest
from app.domain.event import Event
from app.domain.organisation import OrganisationKind
from app.domain.policy import Rule
from app.domain.responsibility import Kind
from app.domain.rulebook import Rulebook


class Obstacle(StrEnum):
    """Why a rule that would have applied cannot."""

    ENTRY_GONE = "entry_gone"
    """清单中没有此条目"""
    ENTRY_ASLEEP = "entry_asleep"
    """条目不在有效期内"""
    AREA_GONE = "area_gone"
    """没有此区划"""
    HOLDER_GONE = "holder_gone"
    """没有此单位"""
    HOLDER_ENDED = "holder_ended"
    """单位不在有效期内"""
    HOLDER_BELOW = "holder_below"
    """单位低于条目的处置层级"""
    HOLDER_NO_CENTRE = "holder_no_centre"
    """事件须由中心统筹"""
    FAILED = "failed"
    """条件无法判断"""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A rule that would have applied and could not."""

    rule: str
    why: Obstacle


def applies(rule: Rule, event: Event, path: Sequence[Area], rulebook: Rulebook) -> bool:
    """Tell whether all that a rule asks for holds.

    An area nobody knows is no condition here: it is an obstacle.
    """
    asked = [code for code in rule.areas if code in rulebook.areas]
    return (
        (not rule.source or rule.source == event.source)
        and all(word in event.text for word in rule.contains)
        and all(event.attributes.get(key) == value for key, value in rule.attributes.items())
        and (not asked or any(area.code in asked for area in path))
        and _in_time(rule, event, rulebook)
    )


def _in_time(rule: Rule, event: Event, rulebook: Rulebook) -> bool:
    if not (rule.hours or rule.weekdays or rule.valid_from or rule.valid_to):
        return True
    zone = ZoneInfo(rulebook.calendar.zone)
    occurred = event.occurred_at.astimezone(zone)
    return (
        is_valid(rule.valid_from, rule.valid_to, event.received_at.astimezone(zone).date())
        and (not rule.weekdays or occurred.isoweekday() in rule.weekdays)
        and _in_hours(rule, occurred)
    )


def _in_hours(rule: Rule, occurred: datetime) -> bool:
    if rule.hours is None:
        return True
    start, end = rule.hours
    at = occurred.time()
    return start <= at < end if start < end else at >= start or at < end


def obstacle(rule: Rule, rulebook: Rulebook) -> Obstacle | None:
    """Return why the rule cannot be applied, whatever the report."""
    if rule.entry not in rulebook.list:
        return Obstacle.ENTRY_GONE
    if rule.entry in rulebook.list.asleep:
        return Obstacle.ENTRY_ASLEEP
    if any(code not in rulebook.areas for code in rule.areas):
        return Obstacle.AREA_GONE
    return None


def holder_obstacle(rule: Rule, kind: Kind, rulebook: Rulebook) -> Obstacle | None:
    """Return why the holder a rule names cannot have a unit of that kind."""
    if rule.holder is None:
        return None
    body = rulebook.organisations.get(rule.holder)
    if body is None:
        return Obstacle.HOLDER_GONE
    if body not in rulebook.organisations.of_area(body.area):
        return Obstacle.HOLDER_ENDED
    entry = rulebook.list[rule.entry]
    if body.tier.rank > lowest(entry, entry.lead).rank:
        return Obstacle.HOLDER_BELOW
    if kind is Kind.EVENT and body.kind is not OrganisationKind.CENTRE:
        return Obstacle.HOLDER_NO_CENTRE
    return None
