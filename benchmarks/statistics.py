"""How fast the figures of a large city are told: rollups filled by statements, asked over HTTP.

python -m benchmarks.statistics --units 1000000 --months 14

Every unit leaves four keys in the finest rollup: reported for its street's centre and worked on
by a body of the street, the district or the city on one day, resolved and closed on another, on
random entries and channels. Nothing is read but rollups, and of these what is asked for reads the
coarse ones, which are as many as there are bodies, days and entries: --full gives every body of
the city a row in each month, as ten million units a year would leave them. What sums of areas are
for is asked without them first. Computing time is that of the service and its database.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final

import asyncpg
import httpx
from rich.console import Console
from rich.table import Table

from app.cli.city import shipped_city
from app.domain.lineage import lineage
from app.domain.measure import Count
from app.domain.organisation import OrganisationKind
from app.domain.period import Span, after
from app.flows import accounting
from app.flows.rulebook import Library, drawn
from app.store.accounting import COLUMNS, rolled
from app.store.database import Database
from app.store.statistics_tables import KEYS
from benchmarks.intake import cpu
from benchmarks.service import Running, running

ROUNDS: Final = 15
_FIRST: Final = {
    "centre": ("reported", "filed", "filed_on_time"),
    "holder": ("assigned", "opened", "accept_on_time"),
}
_SECOND: Final = {
    "centre": ("verify_on_time", "closed"),
    "holder": ("dispose_on_time", "resolved", "to_close", "to_close_done", "ended"),
}
_INDEXES: Final = (
    "CREATE INDEX tally_day_idx ON tally (span, day, organisation, entry)",
    "VACUUM ANALYZE tally",
)
_BASE: Final = """
(
    SELECT b.home, CASE k.who WHEN 'centre' THEN b.centre ELSE b.holder END AS organisation,
        e.code AS entry, u.day + k.later AS day,
        (ARRAY['grid', 'hotline', 'citizen', 'sensor', 'video', 'media'])[u.channel] AS channel,
        (ARRAY['item', 'item', 'item', 'task', 'event'])[u.kind] AS kind,
        {counts}
    FROM (
        SELECT '{since}'::date + floor(random() * ({days} - 1))::integer AS day,
            1 + floor(random() * 6)::integer AS channel, 1 + floor(random() * 5)::integer AS kind,
            floor(random() * {bodies})::integer AS body,
            floor(power(random(), 3) * {entries})::integer AS entry
        FROM generate_series(1, {units})
    ) u JOIN body b ON b.place = u.body JOIN entry e ON e.place = u.entry
    CROSS JOIN (VALUES ('centre', 0), ('holder', 0), ('centre', 1), ('holder', 1)) k (who, later)
    GROUP BY 1, 2, 3, 4, 5, 6
)
"""
_COUNT: Final = "count(*) FILTER (WHERE k.who = '{who}' AND k.later = {later})::integer AS {name}"
_EVERY_BODY: Final = """
INSERT INTO tally ({columns})
SELECT {values} FROM body b, tally t
WHERE t.span IN ('month', 'year') AND t.organisation = '*' AND t.entry = '*' AND t.channel = '*'
    AND t.kind = '*'
ON CONFLICT DO NOTHING
"""
MONTHLY: Final = "the officials' month"
ASKED: Final = {
    "a month of the city": {},
    "by organisation": {"by": "organisation"},
    "by category": {"by": "category"},
    "by channel": {"by": "channel"},
    "by day": {"by": "day"},
    MONTHLY: {},
    f"{MONTHLY}, a district": {"organisation": "500103-ZX"},
    "a district": {"organisation": "500103-ZX"},
    "a district's place": {"organisation": "500103-ZX", "place": "true"},
    "a street by organisation": {"by": "organisation", "organisation": "500103001-ZX"},
    "a district by organisation": {"by": "organisation", "organisation": "500103-ZX"},
    "a district by day": {"by": "day", "organisation": "500103-ZX"},
    "a district by category": {"by": "category", "organisation": "500103-ZX"},
    "by organisation, one category": {"by": "organisation", "category": "06010"},
    "trend of 92 days, the city": {
        "figures": "reported,closed,stock_after,disposal_on_time_rate",
        "from": "2026-08-01",
        "to": "2026-10-31",
    },
    "trend of 12 months, a district": {
        "figures": "reported,closed,stock_after,disposal_on_time_rate",
        "by": "month",
        "organisation": "500103-ZX",
    },
    "today of a street": {
        "organisation": "500103001-ZX",
        "from": "2026-10-20",
        "to": "2026-10-20",
    },
    "20 days of the city by organisation": {
        "by": "organisation",
        "from": "2026-10-04",
        "to": "2026-10-23",
    },
}
BY_AREA: Final = (
    MONTHLY,
    f"{MONTHLY}, a district",
    "by organisation",
    "a district",
    "a district's place",
    "a district by organisation",
    "20 days of the city by organisation",
)
"""What sums of areas are for."""
BEFOREHAND: Final = "without sums of areas: "


async def fill(
    service: Running, units: int, months: int, last: date, *, is_full: bool
) -> tuple[int, int]:
    """Fill the rollups month by month; returns how many rows and megabytes they have."""
    counts = ", ".join(_counted(count) for count in Count)
    bodies, entries = _of_the_city()
    connection = await asyncpg.connect(service.database_url)
    try:
        await connection.execute("SET jit = off; SET work_mem = '512MB'")
        await connection.execute("DROP INDEX tally_day_idx")
        await _named(connection, "body", ("home", "centre", "holder"), bodies)
        await _named(connection, "entry", ("code",), entries)
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
        if is_full:
            await connection.execute(_every_body(), timeout=1800)
        for statement in _INDEXES:
            await connection.execute(statement, timeout=1800)
        await connection.execute(
            "UPDATE accountant SET counted_until = now(), zone = 'Asia/Shanghai'"
        )
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


def _counted(count: Count) -> str:
    for later, told in enumerate((_FIRST, _SECOND)):
        for who, names in told.items():
            if count in names:
                return _COUNT.format(who=who, later=later, name=count)
    return f"0 AS {count}"


def _every_body() -> str:
    named = {"organisation": "b.holder", "home": "b.home"}
    columns = COLUMNS.split(", ")
    values = ", ".join(named.get(name, f"t.{name}") for name in columns)
    return _EVERY_BODY.format(columns=COLUMNS, values=values)


def _of_the_city() -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Return who works below which centre in the shipped city, and the list's codes."""
    city = drawn(shipped_city(date(2026, 11, 20))).rulebook
    kinds = tuple(kind for kind in OrganisationKind if kind is not OrganisationKind.CENTRE)
    bodies = [
        (path[min(len(path) - 1, 1)].code, city.organisations.nearest_centre(path).code, code)
        for code, body in city.organisations.items()
        if body.kind in kinds and (path := city.areas.path(body.area))
    ]
    return bodies, [(code,) for code in city.list]


async def _named(
    connection: asyncpg.Connection, name: str, columns: Sequence[str], rows: list[tuple[str, ...]]
) -> None:
    told = ", ".join(f"{column} text" for column in columns)
    await connection.execute(f"CREATE TEMP TABLE {name} ({told}, place integer)")
    await connection.copy_records_to_table(
        name, records=[(*row, place) for place, row in enumerate(rows)]
    )


async def sum_areas(service: Running) -> int:
    """Sum areas up as the worker does; returns how many transactions it took."""
    now, library, turns = datetime.now(UTC), Library(), 1
    async with Database.connect(service.database_url, size=1) as database:
        async with database.reading() as tx:
            await library.follow(tx, now=now)
        rulebook = library.current(now).rulebook
        city = lineage(rulebook.areas, rulebook.organisations)
        is_done = False
        while not is_done:
            async with database.transaction() as tx:
                is_done = await accounting.follow(tx, city)
            turns += 1
        async with database.reading() as tx:
            await tx.execute("VACUUM ANALYZE tally")
    return turns


def ask(service: Running, asked: dict[str, str], path: str = "") -> tuple[list[float], float]:
    """Ask again and again; returns the seconds each answer took, and those computed for one."""
    taken = []
    headers = {"Authorization": f"Bearer {service.key}"}
    with httpx.Client(base_url=service.url, headers=headers, timeout=60) as http:
        for number in range(ROUNDS + 1):
            begun = time.perf_counter()
            period = {} if "from" in asked else {"period": "2026-10"}
            path, period = ("/trend", {}) if "figures" in asked else (path, period)
            http.get(f"/v1/statistics{path}", params={**period, **asked}).raise_for_status()
            if number == 0:
                # What is kept of a city is made when it is first asked for.
                computed = sum(cpu(service))
            else:
                taken.append(time.perf_counter() - begun)
    return taken, (sum(cpu(service)) - computed) / ROUNDS


def _ask(service: Running, name: str, table: Table, when: str = "") -> None:
    seconds, computed = ask(service, ASKED[name], "/monthly" if name.startswith(MONTHLY) else "")
    taken = [one * 1000 for one in seconds]
    print(
        f"{when}{name}: {computed * 1000:.0f} computed;", [round(one) for one in taken], flush=True
    )
    told = (computed * 1000, min(taken), statistics.median(taken), max(taken))
    table.add_row(f"{when}{name}", *(f"{one:.0f}" for one in told))


def main() -> None:
    """Fill the rollups of a city and print how fast its figures come."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=1_000_000, help="units of a year")
    parser.add_argument("--months", type=int, default=14, help="months before November 2026")
    parser.add_argument("--full", action="store_true", help="every body has something each month")
    wanted = parser.parse_args()
    title = f"{wanted.units:,} units a year"
    table = Table("question", "computing ms", "best ms", "median ms", "worst ms", title=title)
    with running("--api-only") as service:
        begun = time.perf_counter()
        rows, size = asyncio.run(
            fill(service, wanted.units, wanted.months, date(2026, 10, 1), is_full=wanted.full)
        )
        print(f"{rows:,} rows, {size:,} MB, filled in {time.perf_counter() - begun:.0f} s")
        for name in BY_AREA:
            _ask(service, name, table, BEFOREHAND)
        begun = time.perf_counter()
        turns = asyncio.run(sum_areas(service))
        print(f"areas summed up in {time.perf_counter() - begun:.0f} s, {turns} transactions")
        for name in ASKED:
            _ask(service, name, table)
    Console().print(table)
    print(datetime.now(UTC).isoformat(timespec="seconds"))


if __name__ == "__main__":
    main()
