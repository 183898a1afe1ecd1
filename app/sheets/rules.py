"""The local rules (本地规则) of a policies section: what each asks for, and what it gives."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Final

from app.domain.area import AreaCode
from app.domain.organisation import OrganisationCode
from app.domain.policy import Rule
from app.domain.responsibility import EntryCode
from app.sheets.section import Section

WEEKDAYS: Final = range(1, 8)
_HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Known:
    """The codes rules may speak of; None: whatever they name is taken."""

    areas: Collection[str]
    entries: Collection[str]
    organisations: Collection[str] | None = None


def rules(section: Section, key: str, known: Known) -> tuple[Rule, ...]:
    """Return the rules in their order; names are unique."""
    found = tuple(_rule(one, known) for one in section.sections(key))
    names = [rule.name for rule in found]
    for name in sorted({name for name in names if names.count(name) > 1}):
        section.note(key, f"规则名“{name}”重复", f"the rule name “{name}” occurs twice")
    return found


def _rule(section: Section, known: Known) -> Rule:
    """Return a table as a rule; it must name an entry and ask for something."""
    valid_from, valid_to = _day(section, "valid_from"), _day(section, "valid_to")
    rule = Rule(
        name=section.text("name"),
        entry=EntryCode(section.text("entry")),
        source=section.text("source", ""),
        contains=section.words("contains"),
        attributes=section.section("attributes").texts(),
        areas=tuple(AreaCode(code) for code in section.words("areas")),
        hours=_hours(section, "hours"),
        weekdays=_weekdays(section, "weekdays"),
        valid_from=valid_from,
        valid_to=valid_to,
        holder=OrganisationCode(section.text("holder", "")) or None,
    )
    section.refuse_unknown()
    for field, zh, en in _faults(rule, known):
        section.note(field, zh, en)
    return rule


def _faults(rule: Rule, known: Known) -> Iterator[tuple[str, str, str]]:
    if rule.entry and rule.entry not in known.entries:
        yield "entry", f"清单中没有条目 {rule.entry}", f"no entry {rule.entry} in the list"
    for code in rule.areas:
        if code and code not in known.areas:
            yield "areas", f"没有区划 {code}", f"no area {code}"
    bodies = known.organisations
    if rule.holder and bodies is not None and rule.holder not in bodies:
        yield "holder", f"没有单位 {rule.holder}", f"no organisation {rule.holder}"
    if rule.valid_from and rule.valid_to and rule.valid_to <= rule.valid_from:
        yield "valid_to", "应晚于 valid_from", "must be later than valid_from"
    if not rule.is_narrowed:
        yield (
            "contains",
            "规则须至少有 source、contains、attributes、areas、hours、weekdays 之一",
            "a rule without a condition would catch everything",
        )


def _hours(section: Section, key: str) -> tuple[time, time] | None:
    text = section.text(key, "")
    match = _HOURS.fullmatch(text.replace(" ", ""))
    if match is None:
        if text:
            section.note(key, f"“{text}”应如 22:00-06:00", "expected hours such as 22:00-06:00")
        return None
    start, end = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    if start == end:
        section.note(key, "起止不能相同", "the span is empty")
    return start, end


def _weekdays(section: Section, key: str) -> tuple[int, ...]:
    days = section.items(key)
    if not all(isinstance(day, int) and day in WEEKDAYS for day in days):
        section.note(key, "应为 1-7 的列表, 1 为星期一", "expected a list of 1 to 7, Monday is 1")
    return tuple(day for day in WEEKDAYS if day in days)


def _day(section: Section, key: str) -> date | None:
    """Return a day, written as a TOML date or as a text."""
    value = section.value(key)
    try:
        return None if value is None else date.fromisoformat(str(value))
    except ValueError:
        section.note(key, "应为日期, 如 2026-01-31", "expected a date such as 2026-01-31")
        return None
