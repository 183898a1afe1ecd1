"""Similar reports (疑似重复) and recurrence (反复发生): which unit another one is like, and how."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from app.domain.action import Action
from app.domain.admission import Admission
from app.domain.filing import Filed, seated
from app.domain.policy import Policy
from app.domain.responsibility import EntryCode
from app.domain.spot import Spot
from app.domain.unit import Clause, State, Step, Unit, UnitId, own_step

SHOWN: Final = 5
"""How many similar units are suggested."""


class Likeness(StrEnum):
    """What two units of one entry have in common."""

    DEVICE = "device"
    """同一设备"""
    POINT = "point"
    """点位相近"""
    ADDRESS = "address"
    """同一网格、同一地址"""
    GRID = "grid"
    """同一网格"""


SURE: Final = frozenset({Likeness.DEVICE, Likeness.POINT, Likeness.ADDRESS})
"""A grid alone is too wide: it has many heaps of rubbish."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What of a root unit others are compared by; `cell` is what it is looked for by."""

    id: UnitId
    home: str
    entry: EntryCode | None
    cell: str | None
    spot: Spot | None
    device: str | None
    created_at: datetime
    closed_at: datetime | None = None

    @classmethod
    def of(cls, unit: Unit) -> "Trace":
        """Return the trace of a unit."""
        return cls(
            unit.id,
            unit.home,
            unit.entry,
            unit.cell,
            unit.spot,
            unit.device,
            unit.created_at,
            unit.closed_at,
        )


@dataclass(frozen=True, slots=True)
class Match:
    """A unit that another is like, how, and how far apart they are if both have a point."""

    unit: Trace
    by: Likeness
    metres: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the units around make of a new one: merged, suggested or recurring."""

    into: Match | None = None
    suggested: Sequence[Match] = ()
    recurs: Match | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What units to look for around a new one."""

    entry: EntryCode
    cells: Sequence[str]
    device: str | None


def question(admission: Admission, policy: Policy) -> Question | None:
    """Return what to look for around a new unit; None where nothing could be concluded."""
    unit, rule = admission.root.unit, policy.similar
    entry = unit.entry or _likeliest(unit)
    if entry is None or unit.is_self_handled or not (unit.cell or unit.device):
        return None
    cells: Iterable[str] = unit.spot.cells_within(rule.metres) if unit.spot else (unit.cell or "",)
    return Question(entry, tuple(filter(None, cells)), unit.device)


def _likeliest(unit: Unit) -> EntryCode | None:
    candidates = unit.reasons.get("classification", {}).get("candidates", ())
    return EntryCode(candidates[0]["entry"]) if candidates else None


def verdict(unit: Unit, others: Collection[Trace], policy: Policy) -> Verdict:
    """Compare a new unit with those around it; the oldest open one is what it is merged into.

    What a person has yet to classify, or another body has ordered, is only pointed out.
    """
    if not others:
        return Verdict()
    found = [match for other in others if (match := _match(unit, other, policy.similar.metres))]
    open_ones = sorted(
        (match for match in found if _is_fresh(match, unit, policy)),
        key=lambda match: (match.unit.created_at, match.unit.id),
    )
    may_merge = unit.entry is not None and unit.clause is not Clause.ISSUED
    sure = [match for match in open_ones if match.by in SURE]
    if may_merge and sure:
        return Verdict(into=sure[0])
    back = [match for match in found if _is_back(match, unit, policy)]
    recurs = max(back, key=lambda match: match.unit.closed_at or unit.created_at, default=None)
    return Verdict(None, open_ones[:SHOWN], recurs if unit.entry else None)


def _match(unit: Unit, other: Trace, metres: int) -> Match | None:
    if unit.id == other.id or unit.home != other.home:
        return None
    if unit.device and unit.device == other.device:
        return Match(other, Likeness.DEVICE)
    if unit.spot and other.spot:
        apart = unit.spot.metres_to(other.spot)
        return Match(other, Likeness.POINT, round(apart)) if apart <= metres else None
    if unit.cell is None or unit.cell != other.cell:
        return None
    has_address = unit.cell != unit.place.grid
    return Match(other, Likeness.ADDRESS if has_address else Likeness.GRID)


def _is_fresh(match: Match, unit: Unit, policy: Policy) -> bool:
    """Tell whether the other is open and recent; a device that goes on reporting is one matter."""
    other = match.unit
    if other.closed_at is not None:
        return False
    age = unit.created_at - other.created_at
    return match.by is Likeness.DEVICE or age <= timedelta(hours=policy.similar.hours)


def _is_back(match: Match, unit: Unit, policy: Policy) -> bool:
    closed_at = match.unit.closed_at
    if closed_at is None or match.by not in SURE:
        return False
    return unit.created_at - closed_at <= timedelta(days=policy.recurrence)


def judged(admission: Admission, found: Verdict) -> Admission:
    """Return the admission as the units around make it: merged, or with what they tell."""
    if found.into is not None:
        return _merged(admission, found.into)
    root = admission.root
    told: dict[str, Any] = {}
    if found.suggested:
        told["similar"] = [_told(match) for match in found.suggested]
    if found.recurs is not None:
        told["recurs"] = _told(found.recurs)
    if not told:
        return admission
    recurs = found.recurs.unit.id if found.recurs else None
    unit = replace(root.unit, recurs=recurs, reasons={**root.unit.reasons, **told})
    return replace(admission, root=replace(root, unit=unit))


def _merged(admission: Admission, into: Match) -> Admission:
    """Return the report's own unit, filed and at once merged: no clocks, no tasks, no desk."""
    unit, at = admission.root.unit, admission.root.unit.created_at
    unit = seated(
        replace(
            unit,
            state=State.MERGED,
            merged_into=into.unit.id,
            closed_at=at,
            stage=None,
            stage_due_at=None,
            due_at=None,
            is_provisional=False,
            raised=(),
            steps=2,
            reasons={**unit.reasons, "merged": {**_told(into), "was": None}},
        )
    )
    filed = admission.root.steps[0]
    step = Step(
        unit=unit.id,
        home=unit.home,
        seq=2,
        at=at,
        action=Action.MERGE,
        state=State.MERGED,
        actor=None,
        organisation=unit.holder,
        data=_told(into),
    )
    return Admission(admission.event, Filed(unit, (filed, step), ()))


def _told(match: Match) -> dict[str, Any]:
    told: dict[str, Any] = {"unit": match.unit.id, "by": match.by}
    return told if match.metres is None else {**told, "metres": match.metres}


def ended(unit: Unit, target: Unit, at: datetime) -> Filed:
    """Return a merged unit told that what it was merged into has ended."""
    unit = replace(unit, steps=unit.steps + 1, updated_at=at)
    data = {"unit": target.id, "number": target.number}
    step = own_step(unit, Action.NOTIFY, at, data)
    return Filed(unit, (step,), ())


def ids(found: Iterable[Verdict]) -> list[UUID]:
    """Return the units that others are to be merged into."""
    return sorted({one.into.unit.id for one in found if one.into is not None})
