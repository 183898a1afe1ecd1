"""How fast the figures of a large city are told: rollups filled by statements, asked over HTTP.

python -m benchmarks.statistics --units 10000000 --months 25

Every unit is reported and filed for one body's centre, worked on by another body and closed a
day later, on random days, entries and channels. Nothing is read but rollups: how many units
there are says how many rows those have.
"""

import argparse
import asyncio
import statistics
import time
from datetime import UTC, date, datetime
from typing import Final

import asyncpg
import httpx
from rich.console import Console
from rich.table import Table

from app.cli.city import shipped_city
from app.domain.measure import Count
from app.domain.organisation import OrganisationKind
from app.domain.period import Span, after
from app.flows.rulebook import drawn
from app.store.accounting import COLUMNS, rolled
from app.store.statistics_tables import KEYS
from benchmarks.service import Running, running

ROUNDS: Final = 15
_COUNTED: Final = (
    *("reported", "filed", "filed_on_time", "assigned", "opened", "accept_on_time"),
    *("dispose_on_time", "resolved", "verify_on_time", "to_close", "to_close_done", "closed"),
    "ended",
)
_INDEXES: Final = (
    "CREATE INDEX tally_organisation_idx ON tally (organisation, span, day, entry)",
    "CREATE INDEX tally_body_idx ON tally (organisation) WHERE span = 'year' AND channel = '*'",
    "VACUUM ANALYZE tally",
)
_BASE: Final = """
(
    SELECT left(b.code, 6) AS home, b.code AS organisation, e.code AS entry, u.day,
        (ARRAY['grid', 'hotline', 'citizen', 'sensor', 'video', 'media'])[u.channel] AS channel,
        (ARRAY['item', 'item', 'item', 'task', 'event'])[u.kind] AS kind,
        {counts}
    FROM (
        SELECT '{since}'::date + floor(random() * {days})::integer AS day,
            1 + floor(random() * 6)::integer AS channel, 1 + floor(random() * 5)::integer AS kind,
            floor(random() * {bodies})::integer AS body,
            floor(power(random(), 3) * {entries})::integer AS entry
        FROM generate_series(1, {units})
    ) u JOIN body b ON b.place = u.body JOIN entry e ON e.place = u.entry
    GROUP BY 1, 2, 3, 4, 5, 6
)
"""
ASKED: Final = {
    "a month of the city": {},
    "by organisation": {"by": "organisation"},
    "by category": {"by": "category"},
    "by channel": {"by": "channel"},
    "by day": {"by": "day"},
    "a district by organisation": {"by": "organisation", "organisation": "500103-ZX"},
    "a district by day": {"by": "day", "organisation": "500103-ZX"},
    "a district by category": {"by": "category", "organisation": "500103-ZX"},
    "by organisation, one category": {"by": "organisation", "category": "06010"},
    "20 days of the city by organisation": {
        "by": "organisation",
        "from": "2026-10-04",
        "to": "2026-10-23",
    },
}


async def fill(service: Running, units: int, months: int, last: date) -> tuple[int, int]:
    """Fill the rollups month by month; returns how many rows and megabytes they have."""
    counts = ", ".join(
        f"{'count(*)' if count in _COUNTED else '0'}::integer AS {count}" for count in Count
    )
    bodies, entries = _of_the_city()
    connection = await asyncpg.connect(service.database_url)
    try:
        await connection.execute("SET jit = off; SET work_mem = '512MB'")
        await connection.execute("DROP INDEX tally_organisation_idx, tally_body_idx")
        await _named(connection, "body", bodies)
        await _named(connection, "entry", entries)
        since = last
        for _ in range(months):
            base = _BASE.format(
                counts=counts,
                since=since,
                days=(after(since, Span.MONTH) - since).days,
                bodies=len(bodies),
                entries=len(entries),
                units=units // 12,
            )
            await connection.execute(f"INSERT INTO tally ({COLUMNS}) {_added(base)}", timeout=1800)
            since = date(since.year - (since.month == 1), (since.month - 2) % 12 + 1, 1)
        for statement in _INDEXES:
            await connection.execute(statement, timeout=1800)
        row = await connection.fetchrow(
            "SELECT count(*) AS rows, pg_total_relation_size('tally') / 1048576 AS size FROM tally"
        )
        return row["rows"], row["size"]
    finally:
        await connection.close()


def _added(base: str) -> str:
    """Return the rows of a month, its year's added to what the year has by then."""
    sums = ", ".join(f"{count} = tally.{count} + excluded.{count}" for count in Count)
    return f"{rolled(base)} ON CONFLICT ({', '.join(KEYS)}) DO UPDATE SET {sums}"


def _of_the_city() -> tuple[list[str], list[str]]:
    """Return the centres, departments and boards of the shipped city, and the list's codes."""
    city = drawn(shipped_city(date(2026, 11, 20))).rulebook
    kinds = (OrganisationKind.CENTRE, OrganisationKind.DEPARTMENT, OrganisationKind.BOARD)
    bodies = [code for code, body in city.organisations.items() if body.kind in kinds]
    return bodies, list(city.list)


async def _named(connection: asyncpg.Connection, name: str, codes: list[str]) -> None:
    await connection.execute(f"CREATE TEMP TABLE {name} (code text, place integer)")
    await connection.copy_records_to_table(
        name, records=[(code, place) for place, code in enumerate(codes)]
    )


def ask(service: Running, asked: dict[str, str]) -> list[float]:
    """Ask again and again; returns the seconds each answer took."""
    taken = []
    headers = {"Authorization": f"Bearer {service.key}"}
    with httpx.Client(base_url=service.url, headers=headers, timeout=60) as http:
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            period = {} if "from" in asked else {"period": "2026-10"}
            http.get("/v1/statistics", params={**period, **asked}).raise_for_status()
            taken.append(time.perf_counter() - begun)
    return taken


def main() -> None:
    """Fill the rollups of a city and print how fast its figures come."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=1_000_000, help="units of a year")
    parser.add_argument("--months", type=int, default=14, help="months before November 2026")
    wanted = parser.parse_args()
    table = Table("question", "median ms", "worst ms", title=f"{wanted.units:,} units a year")
    with running("--api-only") as service:
        begun = time.perf_counter()
        rows, size = asyncio.run(fill(service, wanted.units, wanted.months, date(2026, 10, 1)))
        print(f"{rows:,} rows, {size:,} MB, filled in {time.perf_counter() - begun:.0f} s")
        for name, asked in ASKED.items():
            taken = [seconds * 1000 for seconds in ask(service, asked)]
            print(name, [round(one) for one in taken], flush=True)
            table.add_row(name, f"{statistics.median(taken):.0f}", f"{max(taken):.0f}")
    Console().print(table)
    print(datetime.now(UTC).isoformat(timespec="seconds"))


if __name__ == "__main__":
    main()
