"""The check as a whole: every sort once, the worst first."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Final

from app.domain.check.finding import Finding, Severity, Sort
from app.domain.check.holders import gaps, misplaced, pushed_down
from app.domain.check.limits import unmeetable
from app.domain.check.matters import Catalogue, overlaps, uncovered, uniform
from app.domain.check.references import dead
from app.domain.check.rivals import rivals
from app.domain.check.scene import Scene
from app.domain.classify import kind_of
from app.domain.organisation import Function
from app.domain.responsibility import Kind
from app.domain.rulebook import Rulebook

_RANK: Final = {severity: rank for rank, severity in enumerate(Severity)}
_PLACE: Final = {sort: place for place, sort in enumerate(Sort)}


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found, the worst first, and how the list's entries divide into kinds."""

    findings: tuple[Finding, ...]
    entries: int
    kinds: Mapping[Kind, int]

    @property
    def counts(self) -> Mapping[Severity, int]:
        """How many findings there are of each severity."""
        found = Counter(finding.severity for finding in self.findings)
        return {severity: found[severity] for severity in Severity}

    @property
    def shares(self) -> Mapping[Kind, float]:
        """Each kind's share of the entries, 0 to 1."""
        return {kind: count / max(self.entries, 1) for kind, count in self.kinds.items()}

    @property
    def has_errors(self) -> bool:
        """Something must be put right."""
        return bool(self.counts[Severity.ERROR])


def check(
    rulebook: Rulebook,
    catalogue: Catalogue,
    today: date,
    more: Iterable[Finding] = (),
    *,
    functions: Mapping[Function, str] | None = None,
) -> Report:
    """Return what is wrong with a rulebook on a day; `more` are findings of other checks.

    `functions` are the names of functions, for those who read the findings.
    A pure function; the whole of Chongqing takes about a second.
    """
    scene = Scene(rulebook, today, functions)
    findings = chain(
        gaps(scene),
        uncovered(scene, catalogue),
        overlaps(scene),
        rivals(scene),
        more,
        dead(scene),
        unmeetable(scene),
        misplaced(scene),
        pushed_down(scene),
        uniform(scene),
    )
    kinds = Counter(kind_of(entry)[0] for entry in scene.entries)
    return Report(
        findings=tuple(sorted(findings, key=_order)),
        entries=len(scene.entries),
        kinds={kind: kinds[kind] for kind in Kind},
    )


def _order(finding: Finding) -> tuple[int, int, int]:
    first = finding.rows[0][1] if finding.rows else 0
    return _RANK[finding.severity], _PLACE[finding.sort], first
