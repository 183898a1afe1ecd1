"""What the full Chongqing rulebook costs: routing, rebuilding, memory.

python -m benchmarks.routing --rounds 20000
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

from rich.console import Console
from rich.table import Table

from app import data
from app.cli.city import city_in
from app.domain.admission import Found, Located, admit
from app.domain.area import Area, AreaCode, Tier
from app.domain.event import Event
from app.domain.filing import assign
from app.domain.responsibility import Entry, EntryCode
from app.domain.rulebook import Part
from app.flows.rulebook import Reference, drawn, redrawn, settle
from app.store import parts
from app.store.parts import Content
from benchmarks.trial import past_events

SEED: Final = 20261121
ENTRIES: Final = 5_000
NOON: Final = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
MEGABYTE: Final = 1_000_000


def grown(entries: Sequence[Entry], count: int) -> tuple[Entry, ...]:
    """Return so many entries: the list again and again, under other codes and titles."""
    found = list(entries)
    while len(found) < count:
        turn = len(found) // len(entries)
        found += (_renamed(entry, turn) for entry in entries)
    return tuple(found[:count])


def _renamed(entry: Entry, turn: int) -> Entry:
    return replace(
        entry,
        code=EntryCode(f"{entry.code}-{turn}"),
        category=replace(entry.category, code=f"{entry.category.code}-{turn}"),
        title=f"{entry.title}({turn})",
        also=(),
    )


def micros(work: Callable[[int], object], rounds: int) -> float:
    """Return the median time of one call, in microseconds."""
    taken = []
    for turn in range(rounds):
        start = time.perf_counter_ns()
        work(turn)
        taken.append(time.perf_counter_ns() - start)
    return median(taken) / 1000


def routing(reference: Reference, rounds: int) -> tuple[float, float]:
    """Return the median µs of finding kind and holder, and of the whole admission."""
    rulebook, chance = reference.rulebook, random.Random(SEED)
    grids = [area.code for area in rulebook.areas.values() if area.tier is Tier.GRID]
    entries = list(rulebook.list.values())
    judged = [chance.choice(entries) for _ in range(rounds)]
    places: list[tuple[Area, ...]] = [
        rulebook.areas.path(chance.choice(grids)) for _ in range(rounds)
    ]
    events = [
        _coded(event, entry)
        for event, entry in zip(past_events(reference, rounds), judged, strict=True)
    ]

    def whole(turn: int) -> object:
        found = Found(AreaCode(places[turn][-1].code), Located.CODE)
        return admit(events[turn], found, rulebook, NOON)

    def route(turn: int) -> object:
        return assign(judged[turn], places[turn], rulebook)

    return micros(route, rounds), micros(whole, rounds)


def _coded(event: Event, entry: Entry) -> Event:
    return replace(event, category=entry.category)


def rebuilding(contents: Mapping[Part, Content], reference: Reference) -> tuple[float, float]:
    """Return the seconds from one changed entry to a new reference, and of building everything."""
    first, *rest = reference.rulebook.list.values()
    changed = parts.encode(Part.LIST, (replace(first, title=f"{first.title}(改)"), *rest))
    encoded = {part: parts.encode(part, content) for part, content in contents.items()}
    start = time.perf_counter()
    redrawn(reference, {Part.LIST: parts.decode(Part.LIST, changed)})
    rebuilt = time.perf_counter() - start
    start = time.perf_counter()
    drawn({part: parts.decode(part, content) for part, content in encoded.items()})
    return rebuilt, time.perf_counter() - start


def memory(contents: Mapping[Part, Content]) -> str:
    """Return what a fresh process says of itself that holds the city with 5,000 entries."""
    entries = contents[Part.LIST]
    if not isinstance(entries, tuple):
        raise TypeError(Part.LIST)
    large = {**contents, Part.LIST: grown(entries, ENTRIES)}
    with tempfile.TemporaryDirectory(prefix="yiguan-bench-") as name:
        for part, content in large.items():
            (Path(name) / part).write_bytes(parts.encode(part, content))
        command = [sys.executable, "-m", "benchmarks.routing", "--hold", name]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def hold(folder: Path) -> None:
    """Build the city in a folder, as a process does that follows a publication, and weigh it."""
    empty = _resident()
    start = time.perf_counter()
    files = {Part(file.name): file for file in folder.iterdir()}
    reference = drawn({part: parts.decode(part, files[part].read_bytes()) for part in files})
    settle()
    built = time.perf_counter() - start
    rulebook = reference.rulebook
    grids = sum(area.tier is Tier.GRID for area in rulebook.areas.values())
    print(
        f"{_resident() / MEGABYTE:.0f} MB ({empty / MEGABYTE:.0f} MB before it;"
        f" {grids:,} grids, {len(rulebook.list):,} entries, built in {built:.1f} s)"
    )


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.routing", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20_000)
    parser.add_argument("--hold", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.hold:
        hold(asked.hold)
        return
    contents = city_in(data.folder())
    reference = drawn(contents)
    settle()
    route, whole = routing(reference, asked.rounds)
    rebuilt, cold = rebuilding(contents, reference)
    rulebook = reference.rulebook
    table = Table(
        "what",
        "figure",
        "aim",
        title=f"{len(rulebook.areas):,} areas,"
        f" {len(rulebook.organisations):,} organisations, {len(rulebook.list):,} entries",
    )
    table.add_row("kind and route of an entry at a grid, median", f"{route:.1f} µs", "50 µs")
    table.add_row("the whole admission of a coded event, median", f"{whole:.1f} µs", "")
    table.add_row("rebuilt after one changed entry", f"{rebuilt:.2f} s", "2 s")
    table.add_row("everything built from stored parts", f"{cold:.2f} s", "")
    table.add_row(f"resident memory with {ENTRIES:,} entries", memory(contents), "400 MB")
    Console().print(table)


if __name__ == "__main__":
    main()
