"""What falls due soon: units counted by desk, hour and stage, by the index of the queues."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.domain.organisation import OrganisationCode
from app.domain.queue import OPEN
from app.domain.responsibility import Urgency
from app.domain.unit import ClockName
from app.store.database import Tx

LATE: Final = -1
"""The hour of what was due before the first one began."""

# Every state and pressing is named, so that each desk is a few short stretches of the index.
_DUE: Final = f"""
u.desk = {{desk}} AND u.desk IS NOT NULL AND u.state = ANY('{{{{{",".join(OPEN)}}}}}')
AND (u.claimed_until IS NOT NULL) = ANY('{{{{f,t}}}}') AND u.pressing = ANY($3::smallint[])
AND u.stage_due_at < $2
"""
_NAMED: Final = """(SELECT code COLLATE "C" AS desk FROM unnest($6::text[]) AS named (code))"""
_ALL: Final = """(
    WITH RECURSIVE hop AS (
        (SELECT desk FROM unit WHERE desk > $5 AND desk IS NOT NULL ORDER BY desk LIMIT 1)
        UNION ALL
        SELECT (SELECT u.desk FROM unit u WHERE u.desk > hop.desk AND u.desk IS NOT NULL
                ORDER BY u.desk LIMIT 1)
        FROM hop WHERE hop.desk IS NOT NULL
    )
    SELECT desk FROM hop WHERE desk IS NOT NULL
)"""
"""Every desk that has anything on it, by hopping from desk to desk in the index."""


def _count(desks: str) -> str:
    return f"""
    SELECT d.desk, x.hour, x.stage, x.units
    FROM (
        SELECT c.desk FROM {desks} AS c (desk)
        CROSS JOIN LATERAL (
            -- With a limit it is asked desk by desk, and no further than the page needs.
            SELECT 1 FROM unit u WHERE {_DUE.format(desk="c.desk")} LIMIT 1
        ) AS found
        WHERE c.desk > $5
        LIMIT $4
    ) AS d
    CROSS JOIN LATERAL (
        SELECT greatest(floor(extract(epoch FROM u.stage_due_at - $1) / 3600), {LATE})::integer
                   AS hour,
               u.stage, count(*) AS units
        FROM unit u WHERE {_DUE.format(desk="d.desk")}
        GROUP BY 1, 2
    ) AS x
    ORDER BY d.desk, x.hour, x.stage
    """


@dataclass(frozen=True, slots=True)
class Count:
    """How many units of one stage fall due on one desk in one hour, counted from 0."""

    desk: OrganisationCode
    hour: int
    stage: ClockName
    units: int


async def due(
    tx: Tx,
    desks: Sequence[OrganisationCode] | None,
    *,
    since: datetime,
    until: datetime,
    after: str,
    limit: int,
) -> list[Count]:
    """Return what falls due on the first so many desks behind `after` that have anything due.

    `desks` are those that count, in the order of their codes; None: all there are. What was due
    before `since` and still waits counts as late.
    """
    pressing = [urgency.rank for urgency in Urgency]
    values = (since, until, pressing, limit, after)
    if desks is None:
        rows = await tx.fetch(_count(_ALL), *values)
    else:
        rows = await tx.fetch(_count(_NAMED), *values, list(desks))
    return [
        Count(OrganisationCode(row["desk"]), row["hour"], ClockName(row["stage"]), row["units"])
        for row in rows
    ]
