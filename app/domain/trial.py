"""A trial (试运行): what past events would become under another rulebook, summed up."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from app.domain.admission import Admission
from app.domain.errors import DomainError
from app.domain.event import EventId
from app.domain.organisation import OrganisationCode
from app.domain.responsibility import Kind
from app.domain.unit import State, Unit

EXCERPT: Final = 60
"""Characters of an event's text that an example shows."""

Values = tuple[str | datetime, ...]
"""What an aspect is: nothing, one value, or one of each of an event's units."""


class Aspect(StrEnum):
    """What may differ between two judgements of one event."""

    ENTRY = "entry"
    """职责条目"""
    KIND = "kind"
    """单元类型"""
    HOLDER = "holder"
    """承办单位"""
    LEVEL = "level"
    """处置层级"""
    DUE = "due"
    """处置期限"""
    TRIAGE = "triage"
    """待研判"""


ASPECT: Final[Mapping[Aspect, tuple[str, str]]] = {
    Aspect.ENTRY: ("职责条目", "entry"),
    Aspect.KIND: ("单元类型", "kind"),
    Aspect.HOLDER: ("承办单位", "holder"),
    Aspect.LEVEL: ("处置层级", "level"),
    Aspect.DUE: ("处置期限", "due time"),
    Aspect.TRIAGE: ("是否待研判", "triage"),
}
"""What the aspects are called."""


@dataclass(frozen=True, slots=True)
class Change:
    """One aspect of an event that differs; holders and limits are the root's, then its tasks'."""

    aspect: Aspect
    before: Values
    after: Values


@dataclass(frozen=True, slots=True)
class Example:
    """A changed event, with why each side decided as it did."""

    event: EventId
    text: str
    changes: tuple[Change, ...]
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event was not judged; `by_draft` tells whose rulebook does not know it."""

    zh: str
    en: str
    by_draft: bool


@dataclass(frozen=True, slots=True)
class Load:
    """How many units something has, before and after."""

    before: int
    after: int

    @property
    def gain(self) -> int:
        """How many more it would have; negative for fewer."""
        return self.after - self.before


def changes(before: Admission, after: Admission) -> tuple[Change, ...]:
    """Return in which aspects two judgements of one event differ."""
    old, new = _aspects(before), _aspects(after)
    if old == new:
        return ()
    pairs = zip(Aspect, old, new, strict=True)
    return tuple(Change(aspect, was, now) for aspect, was, now in pairs if was != now)


def _aspects(admission: Admission) -> tuple[Values, ...]:
    """Return the values in the order of the aspects; what waits for a person has hardly any."""
    root = admission.root.unit
    units = (root, *(task.unit for task in admission.tasks))
    triage = (root.state.value,) if _waits(root) else ()
    return (
        (root.entry,) if root.entry else (),
        () if triage else (root.kind,),
        tuple(unit.holder for unit in units),
        (root.level,) if root.level else (),
        tuple(unit.due_at for unit in units if unit.due_at),
        triage,
    )


def _waits(unit: Unit) -> bool:
    return unit.state is State.TRIAGE


def _anybody(_: Unit) -> bool:
    return True


@dataclass
class Trial:
    """The sum of a trial, added to event by event; `total` counts those judged by both.

    Loads and kinds count every unit, tasks too; a unit in triage has no kind yet. Examples are
    the first `most` changed events of which `shows` lets the reader see the unit.
    """

    most: int = 20
    shows: Callable[[Unit], bool] = _anybody
    total: int = 0
    changed: int = 0
    by_aspect: Counter[Aspect] = field(default_factory=Counter)
    to_triage: int = 0
    out_of_triage: int = 0
    refused: Counter[Refusal] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)
    _holders: tuple[Counter[OrganisationCode], Counter[OrganisationCode]] = field(
        default_factory=lambda: (Counter(), Counter())
    )
    _kinds: tuple[Counter[Kind | None], Counter[Kind | None]] = field(
        default_factory=lambda: (Counter(), Counter())
    )
    _moves: Counter[tuple[OrganisationCode, OrganisationCode]] = field(default_factory=Counter)

    def add(self, before: Admission, after: Admission) -> None:
        """Count one event judged by both."""
        self.total += 1
        for side, admission in enumerate((before, after)):
            self._count(side, admission)
        found = changes(before, after)
        if not found:
            return
        self.changed += 1
        self.by_aspect.update(change.aspect for change in found)
        holders = before.root.unit.holder, after.root.unit.holder
        if holders[0] != holders[1]:
            self._moves[holders] += 1
        was, waits = _waits(before.root.unit), _waits(after.root.unit)
        self.to_triage += waits and not was
        self.out_of_triage += was and not waits
        if len(self.examples) < self.most and self.shows(before.root.unit):
            self.examples.append(_example(before, after, found))

    def refuse(self, error: DomainError, *, by_draft: bool) -> None:
        """Count an event that one of the rulebooks does not take in."""
        self.refused[Refusal(error.zh, error.en, by_draft)] += 1

    def _count(self, side: int, admission: Admission) -> None:
        holders, kinds = self._holders[side], self._kinds[side]
        for filed in (admission.root, *admission.tasks):
            unit = filed.unit
            holders[unit.holder] += 1
            kinds[None if _waits(unit) else unit.kind] += 1

    @property
    def loads(self) -> dict[OrganisationCode, Load]:
        """Every holder's load: who gains most first, who loses most last."""
        before, after = self._holders
        found = {code: Load(before[code], after[code]) for code in before.keys() | after.keys()}
        return dict(sorted(found.items(), key=lambda item: (-item[1].gain, item[0])))

    @property
    def moves(self) -> dict[tuple[OrganisationCode, OrganisationCode], int]:
        """How many events' root units go from one holder to another, most first."""
        found = sorted(self._moves.items(), key=lambda item: (-item[1], item[0]))
        return dict(found)

    @property
    def gainers(self) -> dict[OrganisationCode, Load]:
        """Who would have more, most first."""
        return {code: load for code, load in self.loads.items() if load.gain > 0}

    @property
    def losers(self) -> dict[OrganisationCode, Load]:
        """Who would have less, most first."""
        falling = reversed(self.loads.items())
        return {code: load for code, load in falling if load.gain < 0}

    @property
    def kinds(self) -> dict[Kind | None, Load]:
        """How many units are of each kind; None for those in triage."""
        before, after = self._kinds
        return {kind: Load(before[kind], after[kind]) for kind in (*Kind, None)}

    @property
    def is_unchanged(self) -> bool:
        """Nothing would be different."""
        return not self.changed and not self.refused


def _example(before: Admission, after: Admission, found: tuple[Change, ...]) -> Example:
    text = " ".join(before.event.text.split())
    return Example(
        event=before.event.id,
        text=text if len(text) <= EXCERPT else f"{text[: EXCERPT - 1]}…",
        changes=found,
        before=before.root.unit.reasons,
        after=after.root.unit.reasons,
    )
