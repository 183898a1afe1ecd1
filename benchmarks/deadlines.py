"""Deadlines a second on one core, by the shipped calendar: counted forwards and backwards.

python -m benchmarks.deadlines --count 200000
"""

import argparse
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from rich.console import Console
from rich.table import Table

from app import data
from app.domain.calendar import Calendar
from app.domain.limit import Basis
from app.domain.rulebook import Part
from app.sheets import calendar as sheet

AIM: Final = 200_000
SEED: Final = 20261121
ROUNDS: Final = 5

Question = tuple[datetime, int]


def questions(count: int) -> list[Question]:
    """Return starts all over three years with limits of a minute to sixty working days."""
    draw, first = random.Random(SEED), datetime(2024, 1, 1, tzinfo=UTC)
    return [
        (first + timedelta(seconds=draw.randrange(3 * 365 * 86400)), draw.randrange(60, 60 * 28800))
        for _ in range(count)
    ]


def rate(asked: Sequence[Question], work: Callable[[datetime, int], object]) -> float:
    """Return how often the work is done in a second of a core: the median of some rounds."""
    found = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for start, seconds in asked:
            work(start, seconds)
        found.append(len(asked) / (time.process_time() - begun))
    return sorted(found)[ROUNDS // 2]


def forwards(calendar: Calendar) -> Callable[[datetime, int], object]:
    """Return when a limit is used up."""
    return lambda start, seconds: calendar.add(start, seconds, Basis.WORK)


def backwards(calendar: Calendar) -> Callable[[datetime, int], object]:
    """Return how much was worked in so many seconds of the clock on the wall."""
    return lambda start, seconds: calendar.elapsed(
        start, start + timedelta(seconds=3 * seconds), Basis.WORK
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=200_000)
    asked = questions(parser.parse_args().count)
    begun = time.perf_counter()
    calendar = sheet.parse(data.shipped(Part.CALENDAR))
    calendar.add(*asked[0], Basis.WORK)
    built = time.perf_counter() - begun
    table = Table("what", "a second", "aim")
    table.add_row(
        "deadlines of working limits", f"{rate(asked, forwards(calendar)):,.0f}", f"{AIM:,}"
    )
    table.add_row(
        "working time between two moments", f"{rate(asked, backwards(calendar)):,.0f}", ""
    )
    Console().print(table)
    print(f"calendar read and laid out in {built:.2f} s")


if __name__ == "__main__":
    main()
