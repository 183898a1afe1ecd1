"""The whole story of a unit, in the order its decisions were taken."""

from collections.abc import Sequence

from app.domain.clock import Clock
from app.domain.explain.clocks import clock, version
from app.domain.explain.holder import holder
from app.domain.explain.matter import entry, near, place, skipped
from app.domain.explain.passage import Background, Passage
from app.domain.explain.standing import basis, kind, level
from app.domain.explain.steering import dispute, supervision
from app.domain.unit import Unit

_TELLERS = (place, entry, near, skipped, kind, level, holder, dispute, basis)


def explain(unit: Unit, clocks: Sequence[Clock], background: Background) -> tuple[Passage, ...]:
    """Return the unit's decisions; `background` is the rulebook the unit was judged by."""
    told = [passage for tell in _TELLERS for passage in tell(unit, background)]
    timed = (clock(running, unit, background) for running in clocks)
    watched = supervision(unit, clocks, background)
    return (*told, *timed, *watched, *version(background))
