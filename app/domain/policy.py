"""Policies (规则): what differs by city or district, with defaults from practice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, time
from enum import StrEnum
from typing import Any, Final

from app.domain.area import Area, AreaCode, Tier
from app.domain.clock_rule import ClockRule
from app.domain.limit import Limit, LimitUnit
from app.domain.marks import MARKS, Marks
from app.domain.organisation import OrganisationCode
from app.domain.request import RequestKind
from app.domain.responsibility import EntryCode, Urgency
from app.domain.unit import ClockName


def _by_urgency(normal: Limit, pressing: Limit) -> Mapping[Urgency, Limit]:
    return {Urgency.NORMAL: normal, Urgency.URGENT: pressing, Urgency.MAJOR: pressing}


_MINUTE: Final = LimitUnit.MINUTE
TRIAGE: Final = _by_urgency(Limit(30, _MINUTE), Limit(15, _MINUTE))
DISPATCH: Final = _by_urgency(Limit(15, _MINUTE), Limit(15, _MINUTE))
ACCEPT: Final = _by_urgency(Limit(2, LimitUnit.WORK_HOUR), Limit(30, _MINUTE))
VERIFY: Final = _by_urgency(Limit(4, LimitUnit.WORK_HOUR), Limit(2, LimitUnit.HOUR))
SUSPEND: Final = _by_urgency(Limit(365, LimitUnit.DAY), Limit(365, LimitUnit.DAY))
ALONE: Final[Mapping[Urgency, tuple[int, ...]]] = dict.fromkeys(Urgency, (0,))
ONE_CENTRE: Final[Mapping[Urgency, tuple[int, ...]]] = dict.fromkeys(Urgency, (1,))
TWO_CENTRES: Final[Mapping[Urgency, tuple[int, ...]]] = dict.fromkeys(Urgency, (2,))
URGE: Final = Limit(1, LimitUnit.HOUR)
SIGN: Final = Limit(1, LimitUnit.HOUR)
CONTACT: Final = Limit(24, LimitUnit.HOUR)
WORK: Final = Limit(3, LimitUnit.WORK_DAY)
HARD: Final = Limit(5, LimitUnit.WORK_DAY)
AUTOMATIC: Final[Mapping[Urgency, bool]] = dict.fromkeys(Urgency, False)


@dataclass(frozen=True, slots=True)
class Nearness:
    """How near in space and time two reports of one entry are taken for one matter."""

    metres: int = 50
    hours: int = 24


class WhistleKind(StrEnum):
    """What a whistle (吹哨) calls for."""

    WORK = "work"
    """工作推进哨"""
    HARD = "hard"
    """攻坚克难哨"""


@dataclass(frozen=True, slots=True)
class Whistle:
    """Which tiers' bodies may blow it, and within which limits those called must show up."""

    tiers: tuple[Tier, ...] = (Tier.STREET,)
    sign: Limit = SIGN
    contact: Limit = CONTACT
    work: Limit = WORK
    hard: Limit = HARD

    def arrive(self, kind: WhistleKind) -> Limit:
        """Return within what they must turn up."""
        return self.work if kind is WhistleKind.WORK else self.hard


@dataclass(frozen=True, slots=True)
class Rule:
    """A local rule, tried before the text is read; all given conditions must hold.

    `areas`: the place lies in one of them. `hours`, a span that may run over midnight, and
    `weekdays`, 1 for Monday, are of the moment it occurred, in the city's zone; `valid_from`
    and `valid_to` of the day it came in. `holder` gets the unit instead of whoever holds the
    entry's function.
    """

    name: str
    entry: EntryCode
    source: str = ""
    contains: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    areas: tuple[AreaCode, ...] = ()
    hours: tuple[time, time] | None = None
    weekdays: tuple[int, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    holder: OrganisationCode | None = None

    @property
    def is_narrowed(self) -> bool:
        """It asks for something of the report, and so does not catch everything."""
        return any(
            (self.source, self.contains, self.attributes, self.areas, self.hours, self.weekdays)
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """The policies that hold in one area and below."""

    triage: Mapping[Urgency, Limit] = field(default_factory=lambda: TRIAGE)
    dispatch: Mapping[Urgency, Limit] = field(default_factory=lambda: DISPATCH)
    accept: Mapping[Urgency, Limit] = field(default_factory=lambda: ACCEPT)
    verify: Mapping[Urgency, Limit] = field(default_factory=lambda: VERIFY)
    suspend: Mapping[Urgency, Limit] = field(default_factory=lambda: SUSPEND)
    """The longest suspension (挂账)."""
    loop: Mapping[Urgency, Limit] = field(default_factory=dict)
    """From filing to closing (全流程), where anybody wants one."""
    clocks: Sequence[ClockRule] = ()
    """Other limits by entry, urgency and body: the first that holds and names the stage."""
    marks: Mapping[str, Marks] = field(default_factory=lambda: MARKS)
    """By urgency; those of one stage go before them: `accept.normal`."""
    confidence: float = 0.8
    """The lowest score at which a text is dispatched without a person looking."""
    closes_on_verify: bool = True
    requires_evidence: bool = False
    """Whether resolving needs the photographs that the entry names."""
    stepwise: Mapping[Urgency, bool] = field(default_factory=lambda: AUTOMATIC)
    """Whether the area's centre passes units on by hand (逐级派遣)."""
    emergencies: tuple[Urgency, ...] = (Urgency.MAJOR,)
    """Urgencies that go straight to the street centre and warn those above at once."""
    similar: Nearness = Nearness()
    recurrence: int = 15
    """Days within which a closed matter that comes back is a recurring one (反复发生)."""
    self_handled_sample: float = 0.05
    """The share of self-handled units (自行处置) that the centre verifies all the same."""
    redo: int = 1
    """How often an unsatisfied reporter has the work redone (重办)."""
    suspensions: int = 1
    """How often one unit is suspended."""
    extensions: int = 2
    """How often one holder's limit is extended (延期)."""
    extension_levels: Mapping[Urgency, tuple[int, ...]] = field(default_factory=lambda: TWO_CENTRES)
    """How many centres, the unit's own first, must agree to each extension in turn.

    The first number is for the first, the last for all that follow; 0: nobody need be asked.
    """
    suspension_levels: Mapping[Urgency, tuple[int, ...]] = field(default_factory=lambda: ONE_CENTRE)
    return_levels: Mapping[Urgency, tuple[int, ...]] = field(default_factory=lambda: ALONE)
    cancel_levels: Mapping[Urgency, tuple[int, ...]] = field(default_factory=lambda: ONE_CENTRE)
    support_levels: Mapping[Urgency, tuple[int, ...]] = field(default_factory=lambda: ONE_CENTRE)
    appeal_levels: Mapping[Urgency, tuple[int, ...]] = field(default_factory=lambda: ONE_CENTRE)
    returns: int = 2
    """From this return on the centre above rules who has a unit (指定承办)."""
    urge: Limit = URGE
    """A unit is urged (催办) once in this time."""
    reopen_days: int = 30
    """For so long after its close a unit may be reopened (重开)."""
    reopens: int = 2
    """So often a unit may be reopened."""
    whistle: Whistle = Whistle()
    rules: Sequence[Rule] = ()

    def limit(
        self,
        name: ClockName,
        urgency: Urgency,
        entry: EntryCode | None,
        bound: OrganisationCode | None,
    ) -> Limit | None:
        """Return the limit a rule gives a stage; None if none does."""
        for rule in self.clocks:
            if name in rule.limits and rule.holds(entry, urgency, bound):
                return rule.limits[name]
        return None

    def levels(self, kind: RequestKind, urgency: Urgency, count: int) -> int:
        """Return how many centres must agree when so many of the kind were granted before."""
        by_urgency: Mapping[Urgency, tuple[int, ...]] = getattr(self, f"{kind}_levels")
        levels = by_urgency[urgency]
        return levels[min(count, len(levels) - 1)]

    def marks_for(self, name: ClockName, urgency: Urgency) -> Marks:
        """Return the marks of a limit: its own, or those of the urgency."""
        own = self.marks.get(f"{name}.{urgency}")
        return self.marks[urgency] if own is None else own


@dataclass(frozen=True, slots=True)
class LocalPolicy:
    """What one area's section says; what it leaves out is as in the section above it."""

    triage: Mapping[Urgency, Limit] | None = None
    dispatch: Mapping[Urgency, Limit] | None = None
    accept: Mapping[Urgency, Limit] | None = None
    verify: Mapping[Urgency, Limit] | None = None
    suspend: Mapping[Urgency, Limit] | None = None
    loop: Mapping[Urgency, Limit] | None = None
    clocks: tuple[ClockRule, ...] = ()
    marks: Mapping[str, Marks] | None = None
    confidence: float | None = None
    closes_on_verify: bool | None = None
    requires_evidence: bool | None = None
    stepwise: Mapping[Urgency, bool] | None = None
    emergencies: tuple[Urgency, ...] | None = None
    similar: Nearness | None = None
    recurrence: int | None = None
    self_handled_sample: float | None = None
    redo: int | None = None
    suspensions: int | None = None
    extensions: int | None = None
    extension_levels: Mapping[Urgency, tuple[int, ...]] | None = None
    suspension_levels: Mapping[Urgency, tuple[int, ...]] | None = None
    return_levels: Mapping[Urgency, tuple[int, ...]] | None = None
    cancel_levels: Mapping[Urgency, tuple[int, ...]] | None = None
    support_levels: Mapping[Urgency, tuple[int, ...]] | None = None
    appeal_levels: Mapping[Urgency, tuple[int, ...]] | None = None
    returns: int | None = None
    urge: Limit | None = None
    reopen_days: int | None = None
    reopens: int | None = None
    whistle: Whistle | None = None
    rules: tuple[Rule, ...] = ()

    def over(self, above: Policy) -> Policy:
        """Return the policy that holds here: what is said here, else as above.

        A table by urgency may name some of them only; own rules go before those above.
        """
        values: dict[str, Any] = {}
        for one in fields(self):
            own, inherited = getattr(self, one.name), getattr(above, one.name)
            if one.name in {"rules", "clocks"}:
                values[one.name] = (*own, *inherited)
            elif isinstance(own, Mapping):
                values[one.name] = {**inherited, **own}
            else:
                values[one.name] = inherited if own is None else own
        return Policy(**values)


class Policies:
    """A policy for the city and the areas that have a section of their own."""

    def __init__(self, by_area: Mapping[AreaCode, LocalPolicy] | None = None) -> None:
        self._by_area = dict(by_area or {})
        self._default = Policy()
        self._known: dict[tuple[AreaCode, ...], Policy] = {(): self._default}
        self.is_stepwise = any(any((one.stepwise or {}).values()) for one in self._by_area.values())
        """Somewhere something is passed on by hand; otherwise nobody need ask."""

    @property
    def sections(self) -> Mapping[AreaCode, LocalPolicy]:
        """What each area's own section says."""
        return self._by_area

    def at(self, path: Sequence[Area]) -> Policy:
        """Return the policy that holds at the end of a path from the city down."""
        if not self._by_area:
            return self._default
        codes = tuple(area.code for area in path if area.code in self._by_area)
        known = self._known.get(codes)
        if known is None:
            known = self._default
            for code in codes:
                known = self._by_area[code].over(known)
            self._known[codes] = known
        return known
