"""Policies (规则): what differs by city or district, with defaults from practice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.domain.area import Area, AreaCode
from app.domain.limit import Limit, LimitUnit
from app.domain.responsibility import EntryCode, Urgency


def _by_urgency(normal: Limit, pressing: Limit) -> Mapping[Urgency, Limit]:
    return {Urgency.NORMAL: normal, Urgency.URGENT: pressing, Urgency.MAJOR: pressing}


_MINUTE: Final = LimitUnit.MINUTE
TRIAGE: Final = _by_urgency(Limit(30, _MINUTE), Limit(15, _MINUTE))
DISPATCH: Final = _by_urgency(Limit(15, _MINUTE), Limit(15, _MINUTE))
ACCEPT: Final = _by_urgency(Limit(2, LimitUnit.WORK_HOUR), Limit(30, _MINUTE))
VERIFY: Final = _by_urgency(Limit(4, LimitUnit.WORK_HOUR), Limit(2, LimitUnit.HOUR))


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
    """A local rule, tried before the text is read; all given conditions must hold."""

    name: str
    entry: EntryCode
    source: str = ""
    contains: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


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
    rules: Sequence[Rule] = ()

    def marks_for(self, urgency: Urgency) -> Marks:
        """Return the marks of an urgency."""
        return self.marks if urgency is Urgency.NORMAL else self.pressing_marks


class Policies:
    """A policy for the city and the areas that have their own."""

    def __init__(self, by_area: Mapping[AreaCode, Policy] | None = None) -> None:
        self._by_area = dict(by_area or {})
        self._default = Policy()

    def at(self, path: tuple[Area, ...]) -> Policy:
        """Return the policy of the lowest area on the path that has one."""
        if not self._by_area:
            return self._default
        for area in reversed(path):
            policy = self._by_area.get(area.code)
            if policy is not None:
                return policy
        return self._default
