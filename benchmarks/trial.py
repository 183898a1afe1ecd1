"""How fast past events are tried: half of them texts, half codes, against a list changed in 5 %.

python -m benchmarks.trial --events 100000
"""

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from rich.console import Console
from rich.table import Table

from app import data
from app.cli.city import city_in
from app.domain.area import AreaCode, Tier
from app.domain.event import AccountId, Channel, Event, EventId, Where
from app.domain.organisation import OrganisationCode
from app.domain.responsibility import Entry
from app.domain.rulebook import Part
from app.domain.trial import ASPECT, Trial
from app.flows.rulebook import Reference, drawn, redrawn, settle
from app.flows.trial import try_out

SEED: Final = 20261121
MONTH: Final = timedelta(days=30)
LAST_DAY: Final = datetime(2026, 11, 20, tzinfo=UTC)
CHANGED: Final = 20
"""One entry in so many differs in the draft."""


def past_events(reference: Reference, count: int) -> Iterator[Event]:
    """Yield events of the last month: the list's own sentences at real grids, every other coded."""
    chance = random.Random(SEED)
    rulebook = reference.rulebook
    said = [(entry, text) for entry in rulebook.list.values() for text in entry.examples]
    grids = [area.code for area in rulebook.areas.values() if area.tier is Tier.GRID]
    for number in range(count):
        entry, text = chance.choice(said)
        at = LAST_DAY - MONTH * chance.random()
        yield Event(
            id=EventId(UUID(int=number + (7 << 76) + (2 << 62))),
            source=Channel.GRID,
            occurred_at=at,
            received_at=at,
            # A street number makes each text its own.
            text=f"{text} {chance.randrange(1, 999)}号",
            where=Where(code=AreaCode(chance.choice(grids))),
            category=entry.category if number % 2 else None,
            organisation=OrganisationCode("500000-ZX"),
            account=AccountId(UUID(int=1)),
            digest=b"",
            body=b"{}",
        )


def changed(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return the list with one entry in twenty taken one tier further up."""
    return tuple(
        entry if number % CHANGED or entry.level is Tier.CITY else _raised(entry)
        for number, entry in enumerate(entries)
    )


def _raised(entry: Entry) -> Entry:
    return replace(entry, level=tuple(Tier)[entry.level.rank - 1], title=f"{entry.title}(改)")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trial", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    count = parser.parse_args().events
    before = drawn(city_in(data.folder()))
    start = time.perf_counter()
    after = redrawn(before, {Part.LIST: changed(tuple(before.rulebook.list.values()))})
    built = time.perf_counter() - start
    past = list(past_events(before, count))
    settle()
    start, busy = time.perf_counter(), time.process_time()
    trial = try_out(Trial(), before, after, past, lambda _: None)
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    table = Table("trial", "figure", title=f"{count:,} past events, half text, half code")
    table.add_row("draft's list learnt", f"{built:.2f} s")
    table.add_row("tried in", f"{seconds:.1f} s ({busy:.1f} s of one processor)")
    table.add_row("events/s", f"{count / seconds:,.0f}")
    table.add_row("changed", f"{trial.changed:,}")
    for aspect, (_, en) in ASPECT.items():
        table.add_row(f"  {en}", f"{trial.by_aspect[aspect]:,}")
    Console().print(table)


if __name__ == "__main__":
    main()
