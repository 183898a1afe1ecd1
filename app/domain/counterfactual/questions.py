"""The changes worth telling, in the order of what they tell."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from app.domain.clock import Clock
from app.domain.counterfactual.case import Case
from app.domain.counterfactual.place import coarser, finer
from app.domain.counterfactual.reading import less_sure, other_reading, surer, without_rule
from app.domain.counterfactual.standing import (
    by_list,
    held,
    other_kind,
    other_limit,
    stand_in,
    stopped,
)
from app.domain.explain.passage import Background, Passage
from app.domain.unit import Unit

MOST: Final = 5
"""How many differences are told, the most telling first."""

_QUESTIONS: Final[Sequence[Callable[[Case], Iterator[Passage]]]] = (
    surer,
    stopped,
    finer,
    held,
    by_list,
    without_rule,
    less_sure,
    other_reading,
    other_kind,
    coarser,
    other_limit,
    stand_in,
)


def otherwise(unit: Unit, clocks: Sequence[Clock], background: Background) -> tuple[Passage, ...]:
    """Return the changes that would have led elsewhere, the most telling first.

    Each is computed by the very functions that decide, not guessed.
    """
    case = Case(unit, clocks, background)
    return tuple(islice((told for ask in _QUESTIONS for told in ask(case)), MOST))
