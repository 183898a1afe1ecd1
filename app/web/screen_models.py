"""What the one screen shows of an area: values that two screens of it have in common."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from app.domain.area import Area, AreaCode, Tier
from app.domain.board import CITY, Board, Counts, Load
from app.domain.organisation import Organisation, OrganisationCode
from app.domain.queue import OPEN
from app.domain.responsibility import Kind
from app.domain.rulebook import Rulebook
from app.domain.unit import Light, State
from app.store.board import Done, Place
from app.web.screen_map import Map, shades

TIERS: Final = (Tier.CITY, Tier.DISTRICT, Tier.STREET)
"""What there are screens of."""
WORST: Final = 8
_PARAMETER_OF: Final = {Tier.DISTRICT: "district", Tier.STREET: "street"}


@dataclass(frozen=True, slots=True)
class Ground:
    """An area with all that its screen is made from, as one rulebook has it."""

    area: Area
    codes: tuple[str, ...]
    """What its units may be found by, as the lists of units find them; empty: the whole city."""
    below: tuple[Area, ...]
    centre: Organisation | None
    rulebook: Rulebook
    map: Map | None

    @classmethod
    def of(cls, area: Area, rulebook: Rulebook, drawn: Map | None) -> "Ground":
        """Return the ground of an area."""
        below = below_of(area, rulebook)
        centre = rulebook.organisations.centre(area.code)
        return cls(area, codes_of(area, rulebook), below, centre, rulebook, drawn)

    @property
    def counted_by(self) -> tuple[str, ...]:
        """Return the codes that the board counts it by."""
        return self.codes or (CITY,)

    @property
    def place(self) -> Place:
        """Return where to look for its units."""
        return Place(self.area.tier, self.codes)

    @property
    def own(self) -> dict[str, str]:
        """Return what a list of units is narrowed to it by."""
        return listed_by(self.area)

    def body(self, code: str) -> str:
        """Return a body's name."""
        found = self.rulebook.organisations.get(OrganisationCode(code))
        return found.name if found else code


def codes_of(area: Area, rulebook: Rulebook) -> tuple[str, ...]:
    """Return the codes of an area's units; none for the city, in which every unit lies."""
    return () if area.tier is Tier.CITY else rulebook.areas.renumbered(area.code)


def below_of(area: Area, rulebook: Rulebook) -> tuple[Area, ...]:
    """Return the areas right below one that have screens of their own."""
    if area.tier is Tier.STREET:
        return ()
    return tuple(one for one in rulebook.areas.below(area.code) if one.tier in TIERS)


def listed_by(area: Area) -> dict[str, str]:
    """Return what a list of units is narrowed to an area by."""
    parameter = _PARAMETER_OF.get(area.tier)
    return {parameter: area.code} if parameter else {}


def units(*narrowed: Mapping[str, str], **more: str) -> str:
    """Return the address of a list of units."""
    asked: dict[str, str] = {}
    for one in (*narrowed, more):
        asked |= one
    return f"/units?{urlencode(asked)}" if asked else "/units"


@dataclass(frozen=True, slots=True)
class Bar:
    """One of several counts beside each other; `code` is a word of the dictionary."""

    code: State | Kind
    load: Load
    href: str
    late: str
    """Where those of it are that are overdue."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """How many units have a light."""

    light: Light
    units: int
    href: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What is open in an area: by light, by state and by kind."""

    load: Load
    href: str
    lamps: tuple[Lamp, ...]
    states: tuple[Bar, ...]
    kinds: tuple[Bar, ...]


def figures(ground: Ground, counts: Counts) -> Figures:
    """Return an area's figures."""
    load, own = counts.whole, {**ground.own, "open": "true"}
    lamps = {Light.RED: load.red, Light.YELLOW: load.yellow, Light.GREEN: load.green}
    return Figures(
        load,
        units(own),
        tuple(Lamp(light, n, units(own, light=light)) for light, n in lamps.items()),
        tuple(_bar(own, "state", state, counts.states) for state in OPEN),
        tuple(_bar(own, "kind", kind, counts.kinds) for kind in Kind),
    )


def _bar(own: Mapping[str, str], name: str, code: State | Kind, loads: Mapping[str, Load]) -> Bar:
    one = {name: code.value}
    load = loads.get(code, Load())
    return Bar(code, load, units(own, one), units(own, one, light=Light.RED))


@dataclass(frozen=True, slots=True)
class Below:
    """An area below the one that is looked at."""

    code: AreaCode
    name: str
    load: Load
    screen: str
    open: str
    late: str
    yellow: str
    shade: int


def places(ground: Ground, board: Board) -> tuple[Below, ...]:
    """Return the areas below, those with most overdue first."""
    rulebook = ground.rulebook
    loads = {area.code: board.load(codes_of(area, rulebook)) for area in ground.below}
    dark = shades({code: load.open for code, load in loads.items()})
    found = [_below(area, loads[area.code], dark[area.code]) for area in ground.below]
    return tuple(sorted(found, key=lambda one: (-one.load.red, -one.load.open, one.code)))


def _below(area: Area, load: Load, shade: int) -> Below:
    own = {**listed_by(area), "open": "true"}
    return Below(
        area.code,
        area.name,
        load,
        f"/screen/{area.code}",
        units(own),
        units(own, light=Light.RED),
        units(own, light=Light.YELLOW),
        shade,
    )


@dataclass(frozen=True, slots=True)
class Holder:
    """An organisation with what it has open in an area."""

    code: str
    name: str
    load: Load
    open: str
    late: str


def slow(ground: Ground, board: Board) -> tuple[Holder, ...]:
    """Return the organisations with most overdue."""
    late = board.latest(ground.counted_by, WORST)
    return tuple(_holder(ground, code, load) for code, load in late)


def _holder(ground: Ground, code: str, load: Load) -> Holder:
    own = {**ground.own, "holder": code, "open": "true"}
    return Holder(code, ground.body(code), load, units(own), units(own, light=Light.RED))


def newest(done: Iterable[Done], limit: int) -> tuple[Done, ...]:
    """Return the last of some lines, each once, the newest first."""
    each = {(one.unit, one.seq): one for one in done}
    return tuple(sorted(each.values(), key=lambda one: (one.at, one.seq), reverse=True)[:limit])


def path_of(area: Area, top: Area, rulebook: Rulebook) -> Sequence[Area]:
    """Return the areas from the uppermost that somebody may look at down to one."""
    path = rulebook.areas.path(area.code)
    return [one for one in path if one.tier.rank >= top.tier.rank]
