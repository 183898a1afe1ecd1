"""Policies (规则): what differs by city or district, with defaults from practice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, time
from typing import Any, Final

from app.domain.area import Area, AreaCode
from app.domain.limit import Limit, LimitUnit
from app.domain.organisation import OrganisationCode
from app.domain.responsibility import EntryCode, Urgency


def _by_urgency(normal: Limit, pressing: Limit) -> Mapping[Urgency, Limit]:
    return {Urgency.NORMAL: normal, Urgency.URGENT: pressing, Urgency.MAJOR: pressing}


_MINUTE: Final = LimitUnit.MINUTE
TRIAGE: Final = _by_urgency(Limit(30, _MINUTE), Limit(15, _MINUTE))
DISPATCH: Final = _by_urgency(Limit(15, _MINUTE), Limit(15, _MINUTE))
ACCEPT: Final = _by_urgency(Limit(2, LimitUnit.WORK_HOUR), Limit(30, _MINUTE))
VERIFY: Final = _by_urgency(Limit(4, LimitUnit.WORK_HOUR), Limit(2, LimitUnit.HOUR))
AUTOMATIC: Final[Mapping[Urgency, bool]] = dict.fromkeys(Urgency, False)


@dataclass(frozen=True, slots=True)
class Marks:
    """Percentages of a limit: `warn` reminds, `raises` go one centre further up each time.

    The first of `raises` is the limit itself; the last one reaches the city.
    """

    warn: int = 80
    raises: tuple[int, ...] = (100, 150, 200)

    @property
    def percents(self) -> tuple[int, ...]:
        """All marks in the order they are passed."""
        return (self.warn, *self.raises)


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
    marks: Marks = Marks()
    pressing_marks: Marks = Marks(raises=(100, 125, 150))
    confidence: float = 0.8
    """The lowest score at which a text is dispatched without a person looking."""
    closes_on_verify: bool = True
    requires_evidence: bool = False
    """Whether resolving needs the photographs that the entry names."""
    stepwise: Mapping[Urgency, bool] = field(default_factory=lambda: AUTOMATIC)
    """Whether the area's centre passes units on by hand (逐级派遣)."""
    emergencies: tuple[Urgency, ...] = (Urgency.MAJOR,)
    """Urgencies that go straight to the street centre and warn those above at once."""
    rules: Sequence[Rule] = ()

    def marks_for(self, urgency: Urgency) -> Marks:
        """Return the marks of an urgency."""
        return self.marks if urgency is Urgency.NORMAL else self.pressing_marks


@dataclass(frozen=True, slots=True)
class LocalPolicy:
    """What one area's section says; what it leaves out is as in the section above it."""

    triage: Mapping[Urgency, Limit] | None = None
    dispatch: Mapping[Urgency, Limit] | None = None
    accept: Mapping[Urgency, Limit] | None = None
    verify: Mapping[Urgency, Limit] | None = None
    marks: Marks | None = None
    pressing_marks: Marks | None = None
    confidence: float | None = None
    closes_on_verify: bool | None = None
    requires_evidence: bool | None = None
    stepwise: Mapping[Urgency, bool] | None = None
    emergencies: tuple[Urgency, ...] | None = None
    rules: tuple[Rule, ...] = ()

    def over(self, above: Policy) -> Policy:
        """Return the policy that holds here: what is said here, else as above.

        A table by urgency may name some of them only; own rules go before those above.
        """
        values: dict[str, Any] = {}
        for one in fields(self):
            own, inherited = getattr(self, one.name), getattr(above, one.name)
            if one.name == "rules":
                values["rules"] = (*self.rules, *above.rules)
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
