"""Accounting: logs read up to a position, what they add, and how far the accountant has come."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from app.domain.action import Action
from app.domain.feed import START, Position, Stance
from app.domain.measure import Count
from app.domain.tally import Facts, Told
from app.domain.unit import State
from app.store.database import Tx
from app.store.statistics_tables import FRESH, KEYS, TALLY, TALLY_AREA

ALL: Final = "*"
"""What stands in a rollup for every organisation, entry, channel or kind together."""
UPPER: Final = "upper"
"""The channel of what no report began: it was issued from above."""
AREA: Final = "^"
"""Before an area's code, what stands in a rollup for all bodies of the area together."""
FOREVER: Final = date.max


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the accountant has come, and by the days of which zone it counts.

    `city` says of which city's areas it keeps sums, those before `made_until` being right.
    """

    position: Position
    counted_until: datetime | None
    zone: str | None
    city: str | None = None
    made_until: date | None = None

    @property
    def areas(self) -> str | None:
        """Of which city the sums of whole areas are right for every day; None: of none."""
        return self.city if self.made_until == FOREVER else None


_STANDING: Final = """
SELECT epoch, xid::text::bigint AS xid, line, counted_until, zone, city, made_until
FROM accountant
"""


async def own(tx: Tx, *, waits: bool = False) -> Standing | None:
    """Own the accountant's position for the rest of the transaction.

    None: somebody else does, or wants nothing to be counted for now. Who `waits` gets it.
    """
    free = "" if waits else "WHERE paused_until IS NULL OR paused_until < now()"
    row = await tx.first(f"{_STANDING} {free} FOR UPDATE{'' if waits else ' SKIP LOCKED'}")
    return _standing(row) if row else None


async def standing(tx: Tx) -> Standing:
    """Return how far the accountant has come."""
    row = await tx.first(_STANDING)
    return _standing(row) if row else Standing(START, None, None)


def _standing(row: asyncpg.Record) -> Standing:
    position = Position(row["epoch"], row["xid"], row["line"])
    told = ("counted_until", "zone", "city", "made_until")
    return Standing(position, *(row[name] for name in told))


async def pause(tx: Tx, seconds: int) -> None:
    """Have nothing counted for so many seconds, or none any longer; the position is owned."""
    await tx.execute(
        "UPDATE accountant SET paused_until = now() + make_interval(secs => $1)", seconds
    )


async def move(tx: Tx, position: Position, *, counted_until: datetime, zone: str) -> None:
    """Take down how far has been counted; the position is owned."""
    await tx.execute(
        "UPDATE accountant SET epoch = $1, xid = $2::text::xid8, line = $3,"
        " counted_until = $4, zone = $5",
        position.epoch,
        str(position.xid),
        position.line,
        counted_until,
        zone,
    )


_AT_MOST: Final = "(s.epoch, s.xid, s.id) <= ($2, $3::text::xid8, $4)"

_LOGS: Final = f"""
SELECT s.unit, s.at, s.action, s.state, s.organisation, s.actor IS NOT NULL AS is_by_person,
    s.seq = 1 OR s.before IS NOT NULL AS begins, s.after, s.data,
    (s.epoch, s.xid, s.id) > ($5, $6::text::xid8, $7) AS is_new
FROM step s WHERE s.unit = ANY($1) AND {_AT_MOST}
ORDER BY s.unit, s.seq
"""

Log = tuple[list[Told], int]
"""A unit's lines, and how many of them had been counted before: the first ones."""


async def logs(
    tx: Tx, units: Collection[UUID], *, until: Position, since: Position
) -> dict[UUID, Log]:
    """Return the logs of units up to a position, each with how much of it lies before another."""
    rows = await tx.fetch(_LOGS, list(units), *_sent(until), *_sent(since))
    found: dict[UUID, Log] = {}
    for row in rows:
        told, known = found.get(row["unit"], ([], 0))
        told.append(
            Told(
                row["at"],
                Action(row["action"]),
                State(row["state"]),
                row["organisation"] or "",
                row["is_by_person"],
                row["begins"],
                Stance(*row["after"]) if row["after"] else None,
                row["data"],
            )
        )
        found[row["unit"]] = (told, known + (not row["is_new"]))
    return found


def _sent(position: Position) -> tuple[int, str, int]:
    return position.epoch, str(position.xid), position.line


_FACTS: Final = f"""
WITH RECURSIVE up AS (
    SELECT id AS unit, id, parent FROM unit WHERE id = ANY($1)
    UNION ALL
    SELECT up.unit, over.id, over.parent FROM up
    CROSS JOIN LATERAL (SELECT id, parent FROM unit u WHERE u.id = up.parent OFFSET 0) over
)
SELECT u.id, u.home, u.recurs, e.source AS channel, e.id = u.id AS is_report,
    back.at AS returned, back.is_new
FROM up JOIN unit u ON u.id = up.unit
LEFT JOIN event e ON e.id = up.id
LEFT JOIN LATERAL (
    SELECT array_agg(b.created_at ORDER BY b.created_at, b.id) AS at,
        array_agg((s.epoch, s.xid, s.id) > ($5, $6::text::xid8, $7)
                  ORDER BY b.created_at, b.id) AS is_new
    FROM unit b CROSS JOIN LATERAL (
        SELECT epoch, xid, id FROM step WHERE step.unit = b.id AND step.seq = 1 OFFSET 0
    ) s
    WHERE b.recurs = u.id AND {_AT_MOST}
) back ON true
WHERE up.parent IS NULL
"""


class Known(NamedTuple):
    """What is known of a unit up to a position, and what was up to an earlier one."""

    now: Facts
    before: Facts


async def facts(
    tx: Tx, units: Collection[UUID], *, until: Position, since: Position
) -> dict[UUID, Known]:
    """Return what never changes about units, and which came back up to each position."""
    rows = await tx.fetch(_FACTS, list(units), *_sent(until), *_sent(since))
    found = {}
    for row in rows:
        back = list(zip(row["returned"] or (), row["is_new"] or (), strict=True))
        now, before = (
            Facts(
                row["home"],
                row["channel"] or UPPER,
                bool(row["is_report"]),
                row["recurs"] is not None,
                tuple(at for at, is_new in back if not (is_new and leaves_new_out)),
            )
            for leaves_new_out in (False, True)
        )
        found[row["id"]] = Known(now, before)
    return found


Row = tuple[str, str, str, date, str, str]
"""Home, organisation, entry, day, channel and kind."""

_COUNTS: Final = tuple(count.value for count in Count)
_SENT: Final = ("home", "organisation", "entry", "day", "channel", "kind")
_TYPES: Final = {"day": "date"}
_DELTA: Final = ", ".join(
    f"${place}::{_TYPES.get(name, 'text')}[]" for place, name in enumerate(_SENT, 1)
) + "".join(f", ${place}::integer[]" for place in range(7, 7 + len(_COUNTS)))
# A city's whole sum, an area's, and a body's with nothing told apart, are rows of their own: what
# is asked for of many days or many bodies reads few rows.
_GRAINS: Final = """
(VALUES (true, true, true), (true, false, true), (true, false, false),
        (false, true, true), (false, true, false), (false, false, true), (false, false, false))
AS grain (body, entry, rest)
"""
_SPANS: Final = "(VALUES ('day'), ('month'), ('year')) AS span (name)"
SUMS: Final = ", ".join(f"sum(x.{name})::integer AS {name}" for name in _COUNTS)
_REST: Final = f"""
    CASE WHEN grain.rest THEN x.channel ELSE '{ALL}' END AS channel,
    CASE WHEN grain.rest THEN x.kind ELSE '{ALL}' END AS kind,
    date_trunc(span.name, x.day::timestamp)::date AS day
"""
_ROLLED: Final = f"""
SELECT span.name AS span, CASE WHEN grain.entry THEN x.entry ELSE '{ALL}' END AS entry, {_REST},
    CASE WHEN grain.body THEN x.organisation ELSE '{ALL}' END AS organisation,
    CASE WHEN grain.body THEN x.home ELSE '{ALL}' END AS home, {SUMS}
FROM {{source}} x, {_GRAINS}, {_SPANS}
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
_OF_AREAS: Final = f"""
SELECT span.name AS span, '{ALL}' AS entry, {_REST},
    '{AREA}' || a.area AS organisation, '{ALL}' AS home, {SUMS}
FROM {{source}} x JOIN {TALLY_AREA.name} a ON a.organisation = x.organisation,
    (VALUES (true), (false)) AS grain (rest), {_SPANS}
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
COLUMNS: Final = ", ".join((*KEYS, *_COUNTS))
"""Of a rollup, in the order `rolled` gives them."""


def rolled(source: str) -> str:
    """Return what sums rows of a source by home, body, day, channel, kind and entry up."""
    return _ROLLED.format(source=source)


def _adding(table: str) -> str:
    sent = f"(SELECT * FROM unnest({_DELTA}) AS d ({', '.join((*_SENT, *_COUNTS))}))"
    # Those of areas are made anew of the bodies' at the end.
    areas = f"UNION ALL {_OF_AREAS.format(source='sent')}" if table == TALLY.name else ""
    return f"""
    INSERT INTO {table} ({COLUMNS}) WITH sent AS {sent} {rolled("sent")} {areas}
    ON CONFLICT ({", ".join(KEYS)}) DO UPDATE SET
    {", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in _COUNTS)}
    """


_ADD: Final = {table: _adding(table) for table in (TALLY.name, FRESH.name)}


async def add(tx: Tx, rows: Mapping[Row, Mapping[Count, int]], *, is_fresh: bool = False) -> None:
    """Add counts to the rollups, or to those that are being made anew."""
    if not rows:
        return
    keys = map(list, zip(*rows, strict=True))
    counts = ([found.get(count, 0) for found in rows.values()] for count in Count)
    await tx.execute(_ADD[FRESH.name if is_fresh else TALLY.name], *keys, *counts)


async def clear_fresh(tx: Tx) -> None:
    """Throw away what was being made anew."""
    await tx.execute(f"TRUNCATE {FRESH.name}")


async def swap(tx: Tx) -> None:
    """Put the rollups that were made anew in the place of the others; the position is owned."""
    fresh, old = FRESH.name, TALLY.name
    for former, name in ((old, "tally_old"), (fresh, old), ("tally_old", fresh)):
        await tx.execute(f"ALTER TABLE {former} RENAME TO {name}")
        for part in ("pkey", "span_check"):
            await tx.execute(
                f"ALTER TABLE {name} RENAME CONSTRAINT {former}_{part} TO {name}_{part}"
            )
        await tx.execute(f"ALTER INDEX {former}_day_idx RENAME TO {name}_day_idx")
    await clear_fresh(tx)


_SOMETHING: Final = " OR ".join(f"{name} <> 0" for name in _COUNTS)


_BOTH: Final = (FRESH.name, TALLY.name)
# The whole city has a row of each day on which anything was counted.
_DAYS: Final = " UNION ".join(
    f"SELECT span, day FROM {name} WHERE organisation = '{ALL}' AND entry = '{ALL}'"
    f" AND channel = '{ALL}' AND kind = '{ALL}' AND span = ANY(ARRAY['day', 'month', 'year'])"
    for name in _BOTH
)
_FRESH_ROWS, _ROWS = (
    f"SELECT {COLUMNS} FROM {name} WHERE span = $1 AND day = $2 AND ({_SOMETHING})"
    for name in _BOTH
)
_DIFFERENCES: Final = f"""
SELECT count(*) FROM (
    ({_FRESH_ROWS} EXCEPT {_ROWS}) UNION ALL ({_ROWS} EXCEPT {_FRESH_ROWS})
) amiss
"""


async def days(tx: Tx) -> list[tuple[str, date]]:
    """Return every day, month and year of which anything was counted."""
    rows = await tx.fetch(f"{_DAYS} ORDER BY 1, 2")
    return [(row["span"], row["day"]) for row in rows]


async def differences(tx: Tx, span: str, day: date) -> int:
    """Return how many rows of a day, month or year are other than those that were made anew."""
    found: int = await tx.value(_DIFFERENCES, span, day)
    return found


async def unit_batch(tx: Tx, after: UUID, limit: int) -> list[UUID]:
    """Return the next units behind an id."""
    rows = await tx.fetch("SELECT id FROM unit WHERE id > $1 ORDER BY id LIMIT $2", after, limit)
    return [row["id"] for row in rows]
