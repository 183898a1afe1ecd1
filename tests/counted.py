"""What the accountant has counted, and the accountant at work by hand."""

from collections import Counter
from datetime import date, datetime

from app.domain.measure import Count
from app.flows import accounting
from app.store.database import Database, Tx
from tests.given import City
from tests.naive import Found

ZONE_NAME = "Asia/Shanghai"
_ROWS = """
SELECT * FROM tally WHERE span = $1 AND organisation <> '*' AND entry <> '*'
"""
_UNEQUAL = f"""
WITH sums AS (
    SELECT span, entry = '*' AS entry, organisation = '*' AS body, channel = '*' AS rest,
        {", ".join(f"sum({one}) AS {one}" for one in Count)}
    FROM tally WHERE organisation NOT LIKE '^%' GROUP BY 1, 2, 3, 4
) SELECT count(DISTINCT ({", ".join(Count)})) AS different, count(*) AS sums FROM sums
"""


async def rollups(tx: Tx, span: str = "day") -> Found:
    """What is counted under each key, zeros left out."""
    found: Found = Counter()
    for row in await tx.fetch(_ROWS, span):
        key = tuple(row[name] for name in ("organisation", "day", "channel", "kind", "entry"))
        for count in Count:
            if row[count]:
                found[(*key, count.value)] += row[count]
    return found


def by_month(found: Found, *, years: bool = False) -> Found:
    """The same with the days of a month, or of a year, together."""
    summed: Found = Counter()
    for (who, day, channel, kind, entry, count), number in found.items():
        first = date(day.year, 1 if years else day.month, 1)
        summed[who, first, channel, kind, entry, count] += number
    return Counter({key: number for key, number in summed.items() if number})


async def is_coherent(tx: Tx) -> bool:
    """Whether every grain of the rollups comes to the same sum."""
    row = await tx.first(_UNEQUAL)
    return row is not None and row["different"] <= 1


async def count(database: Database, now: datetime, *, limit: int = 200) -> int:
    """Have the accountant count whatever is there; returns how many lines that was."""
    lines = 0
    while True:
        async with database.transaction() as tx:
            turn = await accounting.turn(tx, ZONE_NAME, now, limit=limit)
        lines += turn.lines
        if turn.is_last:
            return lines


async def figures_of(city: City) -> Counter[tuple[str, str]]:
    """What is counted for each organisation, over all days and kinds."""
    database = city.app.state.service.database
    await count(database, city.clock.now())
    async with database.reading() as tx:
        found = await rollups(tx)
    summed: Counter[tuple[str, str]] = Counter()
    for (who, *_, what), number in found.items():
        summed[who, what] += number
    return summed
