"""A decided unit with what asking about it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.domain.area import Area
from app.domain.clock import Clock
from app.domain.explain.holder import reasons_of
from app.domain.explain.outcome import Outcome, outcome
from app.domain.explain.passage import Background, Passage, Said, Subject
from app.domain.organisation import OrganisationCode
from app.domain.responsibility import Entry, EntryCode
from app.domain.route import RouteReason
from app.domain.rulebook import Rulebook
from app.domain.unit import Unit


@dataclass(frozen=True)
class Case:
    """A unit with its clocks and the rulebook that judged it."""

    unit: Unit
    clocks: Sequence[Clock]
    background: Background

    @cached_property
    def path(self) -> tuple[Area, ...]:
        """Where it was judged to lie."""
        return self.background.path(self.unit)

    @cached_property
    def book(self) -> Rulebook:
        """The rulebook with the bodies around the place."""
        return self.background.around(self.path, self.unit)

    @cached_property
    def entry(self) -> Entry | None:
        """The entry it was filed under."""
        return self.background.entry(self.unit)

    @property
    def root_entry(self) -> Entry | None:
        """The entry of a unit that is no task of a plan: what a report alone decides."""
        return self.entry if self.unit.task is None else None

    @property
    def classification(self) -> Mapping[str, Any]:
        """What was considered when its entry was decided."""
        found: Mapping[str, Any] = self.unit.reasons.get("classification", {})
        return found

    @cached_property
    def candidates(self) -> Sequence[tuple[Entry, float]]:
        """The entries the text came near to, best first."""
        entries = self.background.rulebook.list
        seen = self.classification.get("candidates", ())
        known = ((entries.get(EntryCode(one["entry"])), one["score"]) for one in seen)
        return [(entry, score) for entry, score in known if entry is not None]

    @property
    def routed_by(self) -> RouteReason | None:
        """Why it was to go where it was going, stopped on its way or not; none before filing."""
        reason = reasons_of(self.unit)
        by = reason.get("meant_by") or reason.get("by")
        return RouteReason(by) if by else None

    @property
    def holder(self) -> OrganisationCode:
        """Who has it, or was to have it if it was stopped on its way."""
        return OrganisationCode(reasons_of(self.unit).get("meant", self.unit.holder))

    def would(self, entry: Entry, path: Sequence[Area] | None = None) -> Outcome:
        """Return what an entry would have led to, at another place if one is given."""
        place = self.path if path is None else path
        return outcome(entry, place, self.unit, self.background.around(place, self.unit))

    def changes(self, other: Outcome) -> bool:
        """Tell whether it would have led to another holder or another kind."""
        return other.leads != (self.unit.kind, self.unit.holder)


def told(change: str, zh: str, en: str, facts: Mapping[str, Any]) -> Passage:
    """Return the passage that tells one change."""
    return Passage(Subject.OTHERWISE, Said(f"{zh}。", f"{en}."), {"change": change, **facts})
