"""Sums of whole areas: which bodies are in them, and their rows made anew of those of the bodies.

The position is owned by whoever writes here: the accountant adds to the same rows.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from app.domain.period import FIRST, Span
from app.store.accounting import ALL, AREA, COLUMNS, FOREVER, SUMS
from app.store.database import Tx
from app.store.statistics_tables import FRESH, TALLY

_DAY: Final = timedelta(days=1)
_EVERY_SPAN: Final = "IN ('" + "', '".join(Span) + "')"

_TELL: Final = """
WITH told AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::text[]) AS t (organisation, area)
), gone AS (
    DELETE FROM tally_area a WHERE NOT EXISTS (
        SELECT FROM told t WHERE t.organisation = a.organisation AND t.area = a.area
    ) RETURNING area
), come AS (
    INSERT INTO tally_area SELECT * FROM told ON CONFLICT DO NOTHING RETURNING area
)
UPDATE accountant SET city = $3, made_until = NULL, areas = ARRAY(
    SELECT area FROM gone UNION SELECT area FROM come
    UNION SELECT unnest(areas)
)
"""


async def tell(tx: Tx, city: str, members: Sequence[tuple[str, str]]) -> None:
    """Take down which bodies a city's areas have; of areas that have others nothing is right."""
    bodies, areas = [body for body, _ in members], [area for _, area in members]
    await tx.execute(_TELL, bodies, areas, city)


_NEXT: Final = f"""
SELECT min(day) AS day FROM tally WHERE organisation = '{ALL}' AND entry = '{ALL}'
    AND channel = '{ALL}' AND kind = '{ALL}' AND span {_EVERY_SPAN} AND day >= $1
"""
_MADE: Final = """
UPDATE accountant SET made_until = $1,
    areas = CASE WHEN $2 THEN '{}' ELSE areas END
"""
_CHANGED: Final = "SELECT unnest(areas) FROM accountant"


async def make_next(tx: Tx, made_until: date | None) -> bool:
    """Make the rows of the next day, month and year of areas that changed; False: none is left."""
    day: date | None = await tx.value(_NEXT, made_until or FIRST)
    if day is not None:
        await tx.execute(_CLEAR, day)
        await tx.execute(_MAKE.format(table=TALLY.name, which=f"AND a.area IN ({_CHANGED})"), day)
    await tx.execute(_MADE, day + _DAY if day else FOREVER, day is None)
    return day is not None


async def make_fresh(tx: Tx, day: date) -> None:
    """Make the rows of all areas that begin on a day among those that are made anew."""
    await tx.execute(_MAKE.format(table=FRESH.name, which=""), day)


_CLEAR: Final = f"""
DELETE FROM tally WHERE span {_EVERY_SPAN} AND day = $1
    AND organisation IN (SELECT '{AREA}' || area FROM ({_CHANGED}) AS c (area))
"""
_MAKE: Final = f"""
INSERT INTO {{table}} ({COLUMNS})
SELECT x.span, '{ALL}' AS entry, x.channel, x.kind, x.day, '{AREA}' || a.area AS organisation,
    '{ALL}' AS home, {SUMS}
FROM {{table}} x JOIN tally_area a ON a.organisation = x.organisation
WHERE x.span {_EVERY_SPAN} AND x.day = $1 AND x.entry = '{ALL}' {{which}}
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
