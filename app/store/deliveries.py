"""Deliveries: which lines of the log an endpoint is still to be sent, or was not to be had for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from app.domain.feed import Position, Trace
from app.domain.outbox import Fate, Parcel
from app.domain.webhook import WebhookId
from app.store.columns import Column, Columns
from app.store.database import Tx

ROWS: Final = 5000
"""Dead letters thrown away in one transaction."""

Matched = tuple[WebhookId, Trace]
"""A line that an endpoint is to be sent."""
Concluded = tuple[WebhookId, Fate]
"""What has become of an endpoint's parcel."""

_MATCHED: Final = Columns[Matched](
    (
        Column("webhook", "uuid", lambda row: row[0]),
        Column("epoch", "integer", lambda row: row[1].position.epoch),
        Column("xid", "text", lambda row: str(row[1].position.xid), "{}::xid8"),
        Column("line", "bigint", lambda row: row[1].position.line),
        Column("unit", "uuid", lambda row: row[1].unit),
        Column("home", "text", lambda row: row[1].home),
        Column("at", "timestamptz", lambda row: row[1].at),
    )
)
_CONCLUDED: Final = Columns[Concluded](
    (
        Column("webhook", "uuid", lambda row: row[0]),
        Column("epoch", "integer", lambda row: row[1].parcel.position.epoch),
        Column("xid", "text", lambda row: str(row[1].parcel.position.xid), "{}::xid8"),
        Column("line", "bigint", lambda row: row[1].parcel.position.line),
        Column("unit", "uuid", lambda row: row[1].parcel.unit),
        Column("attempts", "smallint", lambda row: row[1].attempts),
        Column("due_at", "timestamptz", lambda row: row[1].due_at),
    )
)
_KEYS: Final = _CONCLUDED.only("webhook", "epoch", "xid", "line")
_SAME: Final = "d.webhook = x.webhook AND (d.epoch, d.xid, d.line) = (x.epoch, x.xid::xid8, x.line)"


async def put(tx: Tx, matched: Sequence[Matched], *, due_at: datetime) -> None:
    """Have lines sent to endpoints in their turn: they lie behind all that was ever put."""
    await tx.execute(
        f"""
        INSERT INTO delivery ({_MATCHED.names}, due_at, attempts, is_deferred)
        SELECT {_MATCHED.values}, ${_MATCHED.width + 1}, 0, false FROM {_MATCHED.source()}
        ON CONFLICT DO NOTHING
        """,
        *_MATCHED.arrays(matched),
        due_at,
    )


async def put_again(tx: Tx, matched: Sequence[Matched], *, due_at: datetime) -> int:
    """Have lines sent that were missed, had or given up before; returns how many.

    What still waits, waits on. They are put as deferred ones: a sender has gone past them.
    """
    return await tx.count(
        f"""
        INSERT INTO delivery ({_MATCHED.names}, due_at, attempts, is_deferred)
        SELECT {_MATCHED.values}, ${_MATCHED.width + 1}, 0, true FROM {_MATCHED.source()}
        ON CONFLICT (webhook, epoch, xid, line) DO UPDATE
        SET due_at = excluded.due_at, attempts = 0, dead_at = NULL
        WHERE delivery.dead_at IS NOT NULL
        """,
        *_MATCHED.arrays(matched),
        due_at,
    )


@dataclass(frozen=True, slots=True)
class Look:
    """From where on to look for what is to be sent to an endpoint, and how much of it."""

    after: Position
    room: int


@dataclass(frozen=True, slots=True)
class Fresh:
    """What is new for an endpoint, and up to where that has been read.

    `barred` have others of their unit waiting before them, and until when.
    """

    parcels: tuple[Parcel, ...]
    barred: tuple[Fate, ...]
    end: Position


_PARCEL: Final = "d.epoch, d.xid::text::bigint AS xid, d.line, d.unit, d.at, d.attempts"
# Where less was found than there is room for, nothing else lies before the relay's position:
# from there on the next look begins, past all that waits for later or is dead.
_FRESH: Final = f"""
SELECT w.webhook, d.*,
    r.epoch AS relay_epoch, r.xid::text::bigint AS relay_xid, r.line AS relay_line
FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::bigint[], $5::integer[])
    AS w(webhook, epoch, xid, line, room)
CROSS JOIN relay r
LEFT JOIN LATERAL (
    SELECT {_PARCEL}, (
        SELECT max(o.due_at) FROM delivery o
        WHERE o.webhook = w.webhook AND o.unit = d.unit AND o.is_deferred AND o.dead_at IS NULL
    ) AS held_until
    FROM delivery d
    WHERE d.webhook = w.webhook AND (d.epoch, d.xid, d.line) > (w.epoch, w.xid::xid8, w.line)
        AND NOT d.is_deferred
    ORDER BY d.epoch, d.xid, d.line LIMIT w.room
) d ON true
ORDER BY w.webhook, d.epoch, d.xid, d.line
"""


async def fresh(tx: Tx, looks: Mapping[WebhookId, Look]) -> dict[WebhookId, Fresh]:
    """Return what comes next for endpoints, of that which has not been tried yet."""
    rows = await tx.fetch(
        _FRESH,
        list(looks),
        [look.after.epoch for look in looks.values()],
        [str(look.after.xid) for look in looks.values()],
        [look.after.line for look in looks.values()],
        [look.room for look in looks.values()],
    )
    found: dict[WebhookId, list[asyncpg.Record]] = {}
    for row in rows:
        found.setdefault(row["webhook"], []).append(row)
    return {id_: _fresh(looks[id_], of_one) for id_, of_one in found.items()}


def _fresh(look: Look, rows: Sequence[asyncpg.Record]) -> Fresh:
    found = [(_parcel(row), row["held_until"]) for row in rows if row["line"] is not None]
    first = rows[0]
    relayed = Position(first["relay_epoch"], first["relay_xid"], first["relay_line"])
    is_all = len(found) < look.room
    return Fresh(
        tuple(one for one, due_at in found if due_at is None),
        tuple(Fate(one, one.attempts, due_at) for one, due_at in found if due_at),
        max(look.after, relayed) if is_all else found[-1][0].position,
    )


async def due(
    tx: Tx, rooms: Mapping[WebhookId, int], *, now: datetime
) -> list[tuple[WebhookId, Parcel]]:
    """Return what is due again for endpoints, so many for each; of each unit the first come first.

    What is being sent is among it until it is concluded.
    """
    rows = await tx.fetch(
        f"""
        SELECT w.webhook, d.* FROM unnest($1::uuid[], $2::integer[]) AS w(webhook, room)
        CROSS JOIN LATERAL (
            SELECT {_PARCEL}, d.due_at FROM delivery d
            WHERE d.webhook = w.webhook AND d.is_deferred AND d.dead_at IS NULL AND d.due_at <= $3
            ORDER BY d.due_at, d.epoch, d.xid, d.line LIMIT w.room
        ) d ORDER BY w.webhook, d.due_at, d.epoch, d.xid, d.line
        """,
        list(rooms),
        list(rooms.values()),
        now,
    )
    return [(row["webhook"], _parcel(row)) for row in rows]


def _parcel(row: asyncpg.Record) -> Parcel:
    position = Position(row["epoch"], row["xid"], row["line"])
    return Parcel(position, row["at"], row["unit"], row["attempts"])


async def conclude(tx: Tx, concluded: Sequence[Concluded], *, at: datetime) -> None:
    """Write what has become of parcels: gone, dead, or put back with all else of their unit."""
    gone = [one for one in concluded if one[1].is_done]
    dead = [one for one in concluded if one[1].is_dead]
    back = [one for one in concluded if one[1].due_at]
    if gone:
        await tx.execute(
            f"DELETE FROM delivery d USING {_KEYS.source()} WHERE {_SAME}", *_KEYS.arrays(gone)
        )
    if dead:
        await tx.execute(
            f"""
            UPDATE delivery d
            SET attempts = x.attempts, is_deferred = true, dead_at = ${_CONCLUDED.width + 1}
            FROM {_CONCLUDED.source()} WHERE {_SAME}
            """,
            *_CONCLUDED.arrays(dead),
            at,
        )
    if back:
        await _put_back(tx, back)


async def _put_back(tx: Tx, back: Sequence[Concluded]) -> None:
    await tx.execute(
        f"""
        UPDATE delivery d SET attempts = x.attempts, is_deferred = true, due_at = x.due_at
        FROM {_CONCLUDED.source()} WHERE {_SAME} AND d.dead_at IS NULL
        """,
        *_CONCLUDED.arrays(back),
    )
    # What waits of a unit is due together, or it could be sent out of its order.
    await tx.execute(
        f"""
        UPDATE delivery d SET due_at = x.due_at
        FROM (
            SELECT x.webhook, x.unit, max(x.due_at) AS due_at
            FROM {_CONCLUDED.source()} WHERE x.unit IS NOT NULL GROUP BY x.webhook, x.unit
        ) x
        WHERE d.webhook = x.webhook AND d.unit = x.unit AND d.is_deferred AND d.dead_at IS NULL
            AND d.due_at <> x.due_at
        """,
        *_CONCLUDED.arrays(back),
    )


async def bury(tx: Tx, *, before: datetime) -> int:
    """Throw away some dead letters of before a moment; returns how many."""
    return await tx.count(
        """
        DELETE FROM delivery d USING (
            SELECT webhook, epoch, xid, line FROM delivery
            WHERE dead_at IS NOT NULL AND dead_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
        ) x WHERE d.webhook = x.webhook AND (d.epoch, d.xid, d.line) = (x.epoch, x.xid, x.line)
        """,
        before,
        ROWS,
    )


async def position(tx: Tx, *, locked: bool = False) -> Position | None:
    """Return up to where the log has been relayed; `locked` for this transaction, None if taken."""
    lock = " FOR UPDATE SKIP LOCKED" if locked else ""
    row = await tx.first(f"SELECT epoch, xid::text::bigint AS xid, line FROM relay{lock}")
    return Position(*row) if row else None


async def move(tx: Tx, to: Position) -> None:
    """Note that the log has been relayed up to a position."""
    await tx.execute(
        "UPDATE relay SET epoch = $1, xid = $2::text::xid8, line = $3",
        to.epoch,
        str(to.xid),
        to.line,
    )
