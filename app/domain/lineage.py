"""Lineage (归属): whose work is counted as whose: an ended body's as its heir's, where that is."""

from collections import deque
from collections.abc import Collection
from typing import Final

from app.domain.area import AreaCode, Areas
from app.domain.authority import SEES_AREA
from app.domain.organisation import Organisation, OrganisationCode, Organisations


class Lineage:
    """Every body there has been, by whom its work is counted for; built once for a city."""

    def __init__(self, areas: Areas, organisations: Organisations) -> None:
        self.organisations = organisations
        self.areas = areas
        self._heirs = {code: organisations[organisations.heir(code)] for code in organisations}
        self._of: dict[str, list[str]] = {}
        self._under: dict[AreaCode, list[str]] = {}
        for code, heir in self._heirs.items():
            self._of.setdefault(heir.code, []).append(code)
            for area in areas.path(heir.area):
                self._under.setdefault(area.code, []).append(code)

    def heir(self, code: str) -> Organisation | None:
        """Return who a body's work is counted for; None: no such body is known."""
        return self._heirs.get(OrganisationCode(code))

    def of(self, head: Organisation, *, subtree: bool) -> Collection[str]:
        """Return the bodies whose work is counted for one, with those of its area if it has any."""
        own = self._of.get(head.code, [])
        if not subtree or head.kind not in SEES_AREA:
            return own
        return dict.fromkeys((*own, *self._under.get(head.area, ())))


_KEPT: Final = 4
_KNOWN: Final[deque[Lineage]] = deque(maxlen=_KEPT)


def lineage(areas: Areas, organisations: Organisations) -> Lineage:
    """Return the lineage of a city: a large one takes half a second, so the last ones are kept."""
    for one in tuple(_KNOWN):
        if one.organisations is organisations and one.areas is areas:
            return one
    _KNOWN.append(Lineage(areas, organisations))
    return _KNOWN[-1]
