"""Borders (交界): a text that names two areas of one tier as the two sides of its place."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Final

from app.domain.area import Area, AreaCode, Areas

MARK: Final = re.compile(r"交界|交汇|接壤|毗邻|结合部|分界|边界|之间")
"""Without one of these words a text speaks of no border."""
# 渝中区与九龙坡区的交界处: a word between the two sides, and the mark right behind them.
_JOIN: Final = re.compile(r"\s*(?:与|和|跟|及|同|到|至|、|/|-|－|—|~)\s*")
_MEET: Final = re.compile(r"\s*(?:与|和|跟|及|同)?\s*(?:接壤|毗邻|交界)\s*")
_BEHIND: Final = re.compile(
    r"[的之]?(?:两[地区县街镇村]道?)?(?:相)?(?:交界|交汇|接壤|毗邻|结合部|分界|边界|之间)"
)
_TRUSTED: Final = 0.4
"""How readily a name may stand in a text for nothing and still be a side of a border."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A name in the text, who bears it, and how readily the characters mean nothing."""

    start: int
    end: int
    bearers: Collection[AreaCode]
    missed: float


@dataclass(frozen=True, slots=True)
class Border:
    """The lowest area common to both sides, and the names that spoke for it."""

    area: AreaCode
    words: tuple[str, ...]


def border_in(
    text: str,
    heard: Sequence[Heard],
    areas: Areas,
    lines: Mapping[AreaCode, Sequence[AreaCode]],
) -> Border | None:
    """Return the border a text names; None if it names none, or more than one it may mean."""
    sides = list(_sides(text, [name for name in heard if name.missed <= _TRUSTED]))
    for left, right in pairwise(sides):
        if not _meet(text, left[-1].end, right[0].start, right[-1].end):
            continue
        common = _common(_meant(left, areas, lines), _meant(right, areas, lines))
        if common is not None:
            words = (text[side[0].start : side[-1].end] for side in (left, right))
            return Border(common, tuple(words))
    return None


def _sides(text: str, heard: Sequence[Heard]) -> Iterator[list[Heard]]:
    """Yield names that stand together, such as 渝中区大坪街道."""
    side: list[Heard] = []
    for name in heard:
        if side and text[side[-1].end : name.start].strip():
            yield side
            side = []
        side.append(name)
    if side:
        yield side


def _meet(text: str, end: int, start: int, after: int) -> bool:
    between = text[end:start]
    if _MEET.fullmatch(between):
        return True
    return bool(_JOIN.fullmatch(between) and _BEHIND.match(text, after))


def _meant(
    side: Sequence[Heard], areas: Areas, lines: Mapping[AreaCode, Sequence[AreaCode]]
) -> list[tuple[Area, ...]]:
    """Return the paths of the areas that a side may mean: those in all that is named before."""
    *before, last = side
    living = [code for code in map(areas.heir, last.bearers) if areas[code].valid_to is None]
    inside = [
        code
        for code in dict.fromkeys(living)
        if all(any(over in name.bearers for over in lines[code]) for name in before)
    ]
    return [areas.path(code) for code in inside or living]


def _common(left: Sequence[tuple[Area, ...]], right: Sequence[tuple[Area, ...]]) -> AreaCode | None:
    """Return the lowest area common to both sides: of several readings the two nearest."""
    found: dict[int, set[AreaCode]] = {}
    for one, other in product(left, right):
        if one[-1].tier is other[-1].tier and one[-1] != other[-1]:
            shared = [area for area, same in zip(one, other, strict=True) if area == same]
            found.setdefault(len(shared), set()).add(shared[-1].code)
    nearest = found[max(found)] if found else set()
    return nearest.pop() if len(nearest) == 1 else None
