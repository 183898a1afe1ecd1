"""The policies document (TOML): a section for the city and each area with its own."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from app.domain.area import AreaCode
from app.domain.organisation import OrganisationCode
from app.domain.policy import LocalPolicy
from app.domain.responsibility import EntryCode
from app.sheets import toml
from app.sheets.clock_rules import clock_rules
from app.sheets.faults import Faults
from app.sheets.marks import marks
from app.sheets.rules import Known, rules
from app.sheets.section import Section, document
from app.sheets.toml import POLICY

MOST_DAYS: Final = 366
MOST_REDONE: Final = 10
MOST_TIMES: Final = 10
MOST_LEVELS: Final = 3
MOST_RETURNS: Final = 10


def parse(
    path: Path,
    areas: Collection[AreaCode],
    entries: Collection[EntryCode],
    organisations: Collection[OrganisationCode] | None = None,
) -> dict[AreaCode, LocalPolicy]:
    """Return what each area's section says; a key left out is left to the section above.

    Without `organisations` rules may name any. Raises BadSheet with every fault, each under its
    key, as TOML has no rows.
    """
    known = Known(areas, entries, organisations)
    faults = Faults(path.name)
    root = document(path, faults)
    by_area = root.section(POLICY)
    found: dict[AreaCode, LocalPolicy] = {}
    for code in by_area.keys():  # noqa: SIM118 - a Section is no mapping
        if code not in areas:
            by_area.note(code, f"没有区划 {code}", f"no area {code}")
        section = by_area.section(code)
        found[AreaCode(code)] = _policy(section, known)
        section.refuse_unknown()
    root.refuse_unknown()
    faults.refuse()
    return found


def _policy(section: Section, known: Known) -> LocalPolicy:
    return LocalPolicy(
        triage=section.limits("triage"),
        dispatch=section.limits("dispatch"),
        accept=section.limits("accept"),
        verify=section.limits("verify"),
        suspend=section.limits("suspend"),
        loop=section.limits("loop"),
        clocks=clock_rules(section, "clocks", known),
        marks=marks(section, "marks"),
        confidence=section.share("confidence"),
        closes_on_verify=section.flag("closes_on_verify"),
        requires_evidence=section.flag("requires_evidence"),
        stepwise=section.flags("stepwise"),
        emergencies=section.urgencies("emergencies"),
        similar=section.nearness("similar"),
        recurrence=section.count("recurrence", MOST_DAYS),
        self_handled_sample=section.share("self_handled_sample"),
        redo=section.count("redo", MOST_REDONE),
        whistle=section.whistle("whistle"),
        returns=section.count("returns", MOST_RETURNS),
        urge=section.limit("urge"),
        reopen_days=section.count("reopen_days", MOST_DAYS),
        reopens=section.count("reopens", MOST_REDONE),
        suspensions=section.count("suspensions", MOST_TIMES),
        extensions=section.count("extensions", MOST_TIMES),
        extension_levels=section.levels("extension_levels", MOST_LEVELS),
        suspension_levels=section.levels("suspension_levels", MOST_LEVELS),
        return_levels=section.levels("return_levels", MOST_LEVELS),
        cancel_levels=section.levels("cancel_levels", MOST_LEVELS),
        support_levels=section.levels("support_levels", MOST_LEVELS),
        appeal_levels=section.levels("appeal_levels", MOST_LEVELS),
        rules=rules(section, "rules", known),
    )


def write(path: Path, policies: Mapping[AreaCode, LocalPolicy]) -> None:
    """Write the document with the keys each section has."""
    path.write_text(toml.document(policies), encoding="utf-8")
