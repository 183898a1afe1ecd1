"""The lookup to beat: units counted by street, community and type, with back-off."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.pingshan_rows import Row

Name = Callable[[Row], str]

KEYS: Final[Sequence[Callable[[Row], tuple[str, ...]]]] = (
    lambda row: (row.street, row.community, row.type, row.main_type, row.sub_type),
    lambda row: (row.street, row.type, row.main_type, row.sub_type),
    lambda row: (row.type, row.main_type, row.sub_type),
    lambda row: (row.type, row.main_type),
    lambda row: (row.type,),
    lambda _: (),
)
"""From the finest to the coarsest; the three levels of a type belong together."""


class Counts:
    """How often each unit had what."""

    def __init__(self, rows: Sequence[Row], name: Name) -> None:
        self._tables: list[dict[tuple[str, ...], Counter[str]]] = [{} for _ in KEYS]
        for row in rows:
            for key, table in zip(KEYS, self._tables, strict=True):
                table.setdefault(key(row), Counter())[name(row)] += 1

    def likeliest(self, row: Row, count: int) -> list[str]:
        """Return the most frequent units of the finest key seen, filled up from coarser ones."""
        found: dict[str, None] = {}
        for key, table in zip(KEYS, self._tables, strict=True):
            for unit, _ in table.get(key(row), Counter()).most_common():
                found.setdefault(unit)
            if len(found) >= count:
                break
        return list(found)[:count]


def shares(train: Sequence[Row], test: Sequence[Row], name: Name) -> tuple[float, float]:
    """Return how often a test row's unit is the first one named, and one of the first three."""
    counts = Counts(train, name)
    ranked = [(name(row), counts.likeliest(row, 3)) for row in test]
    first = sum(units[:1] == [unit] for unit, units in ranked)
    three = sum(unit in units for unit, units in ranked)
    return first / len(test), three / len(test)
