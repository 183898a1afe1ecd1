"""The rules of limits (时限规则) of a policies section, read and written."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from app.domain.clock_rule import ClockRule
from app.domain.organisation import OrganisationCode
from app.domain.unit import ClockName
from app.sheets.rules import Known
from app.sheets.section import Section

NAMES: Final = (
    ClockName.TRIAGE,
    ClockName.DISPATCH,
    ClockName.ACCEPT,
    ClockName.DISPOSE,
    ClockName.VERIFY,
    ClockName.LOOP,
)
"""The limits a rule may give."""


def clock_rules(section: Section, key: str, known: Known) -> tuple[ClockRule, ...]:
    """Return the rules in their order."""
    return tuple(_rule(one, known) for one in section.sections(key))


def _rule(section: Section, known: Known) -> ClockRule:
    found = {name: section.limit(name) for name in NAMES}
    rule = ClockRule(
        limits={name: limit for name, limit in found.items() if limit is not None},
        entry=section.text("entry", ""),
        urgencies=section.urgencies("urgencies") or (),
        organisations=tuple(OrganisationCode(code) for code in section.words("organisations")),
    )
    section.refuse_unknown()
    if not rule.limits:
        names = "、".join(NAMES)
        section.note("dispose", f"须至少给出 {names} 之一", "a rule gives a limit at least")
    if rule.entry and not any(fnmatchcase(code, rule.entry) for code in known.entries):
        section.note("entry", f"清单中没有条目符合 {rule.entry}", "no entry has such a code")
    for code in rule.organisations:
        if known.organisations is not None and code not in known.organisations:
            section.note("organisations", f"没有单位 {code}", f"no organisation {code}")
    return rule


def written(rule: ClockRule) -> Iterator[tuple[str, object]]:
    """Yield each key with its value: a text, or a list of texts."""
    if rule.entry:
        yield "entry", rule.entry
    if rule.urgencies:
        yield "urgencies", [str(one) for one in rule.urgencies]
    if rule.organisations:
        yield "organisations", [str(one) for one in rule.organisations]
    for name, limit in rule.limits.items():
        yield str(name), str(limit)
