"""Fit (衔接): what a part of the rulebook names must be in the part it names it from."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from app.domain.area import Area, AreaCode
from app.domain.organisation import Organisation
from app.domain.policy import LocalPolicy, Rule
from app.domain.responsibility import Entry
from app.domain.roster import Shift
from app.domain.rulebook import Part

_Policies = Mapping[AreaCode, LocalPolicy]


@dataclass(frozen=True, slots=True)
class Misfit:
    """Codes that a part names and another does not have."""

    part: Part
    lacking: Part
    codes: Sequence[str]


def misfits(contents: Mapping[Part, Any], changed: Collection[Part]) -> list[Misfit]:
    """Return what does not fit between changed parts and the parts they are linked with."""
    found = []
    for part, lacking in links(changed):
        if part in contents and lacking in contents:
            missing = _LINKS[part, lacking](contents[part], contents[lacking])
            if missing:
                found.append(Misfit(part, lacking, sorted(missing)))
    return found


def links(changed: Collection[Part]) -> list[tuple[Part, Part]]:
    """Return the links between parts that these changes touch."""
    return [link for link in _LINKS if not set(link).isdisjoint(changed)]


def _areas_of_bodies(bodies: Iterable[Organisation], areas: Iterable[Area]) -> AbstractSet[str]:
    return {body.area for body in bodies} - {area.code for area in areas}


def _areas_of_policies(policies: _Policies, areas: Iterable[Area]) -> AbstractSet[str]:
    named = {area for rule in _rules(policies) for area in rule.areas}
    return {*policies, *named} - {area.code for area in areas}


def _entries_of_policies(policies: _Policies, entries: Iterable[Entry]) -> AbstractSet[str]:
    return {rule.entry for rule in _rules(policies)} - {entry.code for entry in entries}


def _bodies_of_policies(policies: _Policies, bodies: Iterable[Organisation]) -> AbstractSet[str]:
    named = {rule.holder for rule in _rules(policies) if rule.holder}
    return named - {body.code for body in bodies}


def _rules(policies: _Policies) -> list[Rule]:
    return [rule for policy in policies.values() for rule in policy.rules]


def _functions_of_list(
    entries: Iterable[Entry], bodies: Iterable[Organisation]
) -> AbstractSet[str]:
    named = {function for entry in entries for function in _functions(entry)}
    return named - {function for body in bodies for function in body.functions}


def _functions(entry: Entry) -> list[str]:
    supervisor = [entry.supervisor] if entry.supervisor else []
    ordered = [order.function for order in entry.plan]
    return [entry.lead, *entry.support, *entry.joint, *supervisor, *ordered]


def _bodies_of_roster(shifts: Iterable[Shift], bodies: Iterable[Organisation]) -> AbstractSet[str]:
    return {shift.organisation for shift in shifts} - {body.code for body in bodies}


_LINKS: Final[Mapping[tuple[Part, Part], Callable[[Any, Any], AbstractSet[str]]]] = {
    (Part.ORGANISATIONS, Part.AREAS): _areas_of_bodies,
    (Part.POLICIES, Part.AREAS): _areas_of_policies,
    (Part.POLICIES, Part.LIST): _entries_of_policies,
    (Part.POLICIES, Part.ORGANISATIONS): _bodies_of_policies,
    (Part.LIST, Part.ORGANISATIONS): _functions_of_list,
    (Part.ROSTER, Part.ORGANISATIONS): _bodies_of_roster,
}
