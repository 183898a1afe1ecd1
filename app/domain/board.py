"""The board (一屏的数): what is open, counted by area, and kept up by the lines of the log."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Final, NamedTuple

from app.domain.feed import Line, Stance
from app.domain.unit import Light, State

CITY: Final = ""
"""What the whole city is found by: no unit stands outside it."""


class Inexact(Exception):
    """Something was taken off a count that does not hold it: the counts are not to be trusted."""


class Load(NamedTuple):
    """How many units are open, and with which light; one on which no limit runs has none."""

    open: int = 0
    green: int = 0
    yellow: int = 0
    red: int = 0

    def plus(self, other: "Load") -> "Load":
        """Return both together."""
        return Load(*(one + more for one, more in zip(self, other, strict=True)))


class Standing(NamedTuple):
    """What the board counts an open unit by."""

    holder: str
    state: str
    kind: str
    light: str
    district: str
    street: str

    @classmethod
    def of(cls, stance: Stance | None) -> "Standing | None":
        """Return how a unit counts that stands so; None: it is not open, or not there."""
        if stance is None or stance.state not in _OPEN:
            return None
        return cls(
            stance.holder,
            stance.state,
            stance.kind,
            stance.light,
            stance.district,
            stance.street,
        )

    @property
    def areas(self) -> Iterator[str]:
        """Yield the areas it counts in, the city first."""
        yield CITY
        if self.district:
            yield self.district
        if self.street:
            yield self.street


_OPEN: Final = frozenset(state for state in State if not state.is_final)
_SLOTS: Final[Mapping[str, int]] = {light: Load._fields.index(light) for light in Light}
_Loads = dict[str, list[int]]
_STATE, _KIND, _HOLDER = range(3)


@dataclass(slots=True)
class _Area:
    """The counts of one area: all of it, and by state, by kind and by holder."""

    whole: list[int] = field(default_factory=lambda: [0] * len(Load._fields))
    by: tuple[_Loads, _Loads, _Loads] = field(default_factory=lambda: ({}, {}, {}))

    def add(self, keys: tuple[str, str, str], light: str, units: int) -> None:
        _add(self.whole, light, units)
        for loads, key in zip(self.by, keys, strict=True):
            load = loads.get(key)
            if load is None:
                load = loads[key] = [0] * len(Load._fields)
            _add(load, light, units)
            if not load[0]:
                del loads[key]


def _add(load: list[int], light: str, units: int) -> None:
    load[0] += units
    slot = _SLOTS.get(light)
    if slot is not None:
        load[slot] += units
    if min(load) < 0:
        raise Inexact


@dataclass(frozen=True, slots=True)
class Counts:
    """What is open in an area: all of it, by state and by kind."""

    whole: Load
    states: Mapping[str, Load]
    kinds: Mapping[str, Load]


class Board:
    """The counts of a city's open units; equal boards count the same."""

    def __init__(self) -> None:
        self._areas: dict[str, _Area] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Board) and self._areas == other._areas

    __hash__ = None  # type: ignore[assignment]

    def put(self, standing: Standing, units: int) -> None:
        """Count so many more units that stand so, or fewer; raises Inexact below zero."""
        keys = standing.state, standing.kind, standing.holder
        for code in standing.areas:
            area = self._areas.get(code)
            if area is None:
                area = self._areas[code] = _Area()
            area.add(keys, standing.light, units)
            if not area.whole[0]:
                del self._areas[code]

    def tell(self, line: Line) -> None:
        """Follow a line of the log; raises Inexact where its unit was not counted as it stood."""
        # Only the first line of a change tells it; a new unit's comes from nowhere.
        if line.before is None and line.seq != 1:
            return
        left, reached = Standing.of(line.before), Standing.of(line.after)
        if left == reached:
            return
        if left is not None:
            self.put(left, -1)
        if reached is not None:
            self.put(reached, 1)

    def load(self, codes: Collection[str]) -> Load:
        """Return how much is open in an area, by the codes that stand for it."""
        found = Load()
        for code in codes:
            area = self._areas.get(code)
            if area is not None:
                found = found.plus(Load(*area.whole))
        return found

    def counts(self, codes: Collection[str]) -> Counts:
        """Return what is open in an area, by the codes that stand for it."""
        return Counts(self.load(codes), self._by(_STATE, codes), self._by(_KIND, codes))

    def latest(self, codes: Collection[str], most: int) -> list[tuple[str, Load]]:
        """Return the holders with most overdue in an area; of equals, those with less besides."""
        red, areas = _SLOTS[Light.RED], [self._areas[code] for code in codes if code in self._areas]
        # Of a city there are thousands.
        holders = areas[0].by[_HOLDER] if len(areas) == 1 else self._by(_HOLDER, codes)
        late = ((-load[red], load[0], code) for code, load in holders.items() if load[red])
        return [(code, Load(*holders[code])) for _, _, code in nsmallest(most, late)]

    def _by(self, which: int, codes: Collection[str]) -> dict[str, Load]:
        return _together([self._areas[code].by[which] for code in codes if code in self._areas])


def _together(found: list[_Loads]) -> dict[str, Load]:
    total: dict[str, Load] = {}
    for loads in found:
        for key, load in loads.items():
            total[key] = total[key].plus(Load(*load)) if key in total else Load(*load)
    return total
