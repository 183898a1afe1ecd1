"""What a place known more or less finely would have led to."""

from collections.abc import Iterator
from typing import Final

from app.domain.area import Area, Tier, is_valid
from app.domain.counterfactual.case import Case, told
from app.domain.destination import lowest
from app.domain.explain.passage import Passage
from app.domain.route import RouteReason
from app.domain.words import TIER

_BY_PLACE: Final = frozenset(
    {
        RouteReason.HELD,
        RouteReason.ABOVE,
        RouteReason.DUTY,
        RouteReason.OWNED,
        RouteReason.EMERGENCY,
    }
)
"""Reasons for which the place decided the holder."""


def finer(case: Case) -> Iterator[Passage]:
    """Ask of a place known too coarsely: who gets it at a place of the entry's level."""
    entry = case.root_entry
    if entry is None or case.routed_by is not RouteReason.COARSE:
        return
    wanted = lowest(entry, entry.lead)
    finer = _down(case.path, wanted, case)
    if len(finer) <= wanted.rank:
        return
    would, tier = case.would(entry, finer), TIER[wanted]
    name = "".join(area.name for area in finer[len(case.path) :])
    yield told(
        "place",
        f"若位置细到{tier[0]}(如{name}), 将{would.said.zh}",
        f"With a place known to the {tier[1]} (such as {name}): {would.said.en}",
        {**would.facts, "area": finer[-1].code},
    )


def _down(path: tuple[Area, ...], tier: Tier, case: Case) -> tuple[Area, ...]:
    """Return the path led on to the first area of that tier, as far as there is one."""
    areas, day = case.background.rulebook.areas, case.background.day(case.unit)
    while len(path) <= tier.rank:
        below = (area for area in areas.values() if area.parent == path[-1].code)
        child = next((one for one in below if is_valid(one.valid_from, one.valid_to, day)), None)
        if child is None:
            break
        path = (*path, child)
    return path


def coarser(case: Case) -> Iterator[Passage]:
    """Ask of a place known well enough: what one tier above the holder would have led to."""
    entry = case.root_entry
    if entry is None or case.routed_by not in _BY_PLACE:
        return
    body = case.background.rulebook.organisations.get(case.holder)
    coarse = case.path[: body.tier.rank] if body else ()
    if not coarse:
        return
    would = case.would(entry, coarse)
    if case.changes(would):
        yield told(
            "place",
            f"若位置只知到{coarse[-1].name}, 将{would.said.zh}",
            f"With a place known only to {coarse[-1].name}: {would.said.en}",
            {**would.facts, "area": coarse[-1].code},
        )
