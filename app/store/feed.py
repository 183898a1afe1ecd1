"""The feed: the log and the publications, read in the order they were committed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from app.domain.action import Action
from app.domain.event import AccountId
from app.domain.feed import START, Known, Line, Position, Selection, Stance, Trace, codes_of
from app.domain.topic import ACTION_OF, TOPIC_OF, Topic
from app.domain.unit import State, Unit
from app.store import units
from app.store.database import Tx

PUBLISH: Final = "publish"
"""What a publication stands as among the actions of units."""

_OWN: Final = (
    *("epoch", "xid", "line", "at", "action", "unit", "home", "seq", "state", "actor"),
    *("organisation", "reason", "data", "before", "after"),
)
"""What a line itself is made of."""
_UNIT: Final = ", ".join(f'u."{name}"' for name in units.NAMES)
_LINE: Final = f"""
{", ".join(f"l.{name}" for name in _OWN)}, a.name AS actor_name, {_UNIT}
FROM lines l
LEFT JOIN account a ON a.id = l.actor
LEFT JOIN LATERAL (
    SELECT * FROM unit WHERE unit.id = l.unit AND unit.home = l.home OFFSET 0
) u ON true
"""
STEPS: Final = """
SELECT epoch, xid, id AS line, at, action, unit, home, seq, state, actor,
    organisation, reason, data, before, after FROM step
"""
"""The lines of units, as `of_rows` takes them."""
PUBLICATIONS: Final = f"""
SELECT epoch, xid, line, published_at AS at, '{PUBLISH}' AS action, NULL::uuid AS unit,
    NULL AS home, 0 AS seq, NULL AS state, NULL::uuid AS actor, NULL AS organisation,
    note AS reason, jsonb_build_object(
        'version', version, 'changed', changed, 'in_force_at', in_force_at, 'by', published_by
    ) AS data, NULL::text[] AS before, '{{}}'::text[] AS after FROM rulebook
"""
"""The lines that publications are, in the same columns."""

_HORIZON: Final = """
SELECT epoch, pg_snapshot_xmin(pg_current_snapshot()) AS xmin FROM feed_epoch
"""
# Both bounds stand on the index: what lies above the horizon is not even looked at.
_COMMITTED: Final = """
(epoch, xid, line) >= ($1, $2::text::xid8, $3) AND (epoch, xid) < (h.epoch, h.xmin)
"""
_CONCERNS: Final = """
(l.epoch, l.xid, l.line) > ($1, $2::text::xid8, $3)
AND (l.epoch IS DISTINCT FROM $10 OR NOT pg_visible_in_snapshot(l.xid, $4::text::pg_snapshot))
AND ($7::text[] IS NULL OR l.action = ANY($7))
AND ($8::text[] IS NULL OR l.unit IS NULL OR l.after && $8 OR l.before && $8 OR $9 = (
    SELECT u.reporter FROM unit u WHERE u.id = l.unit AND u.home = l.home
))
"""
_READ: Final = f"""
WITH h AS ({_HORIZON}),
looked AS (
    SELECT found.* FROM h CROSS JOIN LATERAL (
        (SELECT * FROM ({STEPS}) s WHERE {_COMMITTED} ORDER BY epoch, xid, line LIMIT $6)
        UNION ALL
        (SELECT * FROM ({PUBLICATIONS}) p WHERE {_COMMITTED} ORDER BY epoch, xid, line LIMIT $6)
        ORDER BY epoch, xid, line LIMIT $6
    ) found
),
lines AS (SELECT l.* FROM looked l WHERE {_CONCERNS} ORDER BY epoch, xid, line LIMIT $5)
SELECT h.epoch AS epoch_now, h.xmin::text::bigint AS horizon,
    (SELECT count(*) FROM looked) AS looked_at,
    EXISTS (
        SELECT FROM looked k WHERE (k.epoch, k.xid, k.line) = ($1, $2::text::xid8, $3)
    ) AS is_held,
    e.epoch AS end_epoch, e.xid AS end_xid, e.line AS end_line, e.at AS end_at, l.*
FROM h
LEFT JOIN (SELECT * FROM looked ORDER BY epoch DESC, xid DESC, line DESC LIMIT 1) e ON true
LEFT JOIN (SELECT {_LINE}) l ON true
ORDER BY l.epoch, l.xid, l.line
"""
SCAN: Final = 2000
"""How many lines are looked at for those that somebody wants."""
EVERYTHING: Final = Selection()


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines in the order they were committed, and where the reader then stands.

    `end` is the last line looked at, wanted or not. `is_last`: nothing more was committed.
    """

    lines: tuple[Line, ...]
    end: Position
    is_last: bool
    at: datetime | None = None
    """When that last line happened; None: none was looked at."""
    is_held: bool = True
    """The log holds the line that was read from; a restored one may not."""
    horizon: Position = START
    """Behind everything that no open transaction can come before any more."""


async def read(
    tx: Tx,
    after: Position,
    *,
    limit: int,
    besides: Known | None = None,
    of: Selection = EVERYTHING,
) -> Batch:
    """Return the lines behind a position, as far as no open transaction may still come before.

    Of lines that not everybody wants no more than `SCAN` are looked at: an answer with few or
    none of them may not be the last.
    """
    actions, codes, reporter = _chosen(of)
    is_choosy = any(one is not None for one in (besides, actions, codes))
    # The line read from is looked at as well: whether it is there is the question.
    looks = (SCAN if is_choosy else limit) + 1
    epoch, known = (besides.epoch, besides.snapshot) if besides else (None, None)
    place = after.epoch, str(after.xid), after.line
    chosen = actions, codes, reporter, epoch
    rows = await tx.fetch(_READ, *place, known, limit, looks, *chosen)
    found = _lines(row for row in rows if row["epoch"] is not None)
    first = rows[0]
    ends = first["end_epoch"], first["end_xid"], first["end_line"]
    end = after if ends[0] is None else Position(ends[0], int(ends[1]), ends[2])
    at, is_last = first["end_at"], first["looked_at"] < looks
    if len(found) == limit and found[-1].position != end:
        end, at, is_last = found[-1].position, found[-1].at, False
    return Batch(
        tuple(line for line in found if of.wants(line)),
        end,
        is_last,
        at,
        is_held=first["is_held"] or not after.line,
        horizon=Position(first["epoch_now"], first["horizon"], 0),
    )


def _chosen(of: Selection) -> tuple[list[str] | None, list[str] | None, AccountId | None]:
    """Return the actions, the codes and the reporter to look for; None: whichever."""
    actions = [_ACTION_OF[topic] for topic in of.topics] if of.topics is not None else None
    codes = codes_of(of.scope) if of.scope else None
    reporter = of.scope.account if of.scope else None
    return actions, sorted(codes) if codes is not None else None, reporter


_ACTION_OF: Final = {**ACTION_OF, Topic.RULEBOOK_PUBLISHED: PUBLISH}

_TRACE: Final = "epoch, xid, line, at, action, unit, home, before, after"
_BEHIND: Final = """
(epoch, xid, line) > ($1, $2::text::xid8, $3) AND (epoch, xid) < (h.epoch, h.xmin)
ORDER BY epoch, xid, line LIMIT $4
"""
_TRACES: Final = f"""
WITH h AS ({_HORIZON})
SELECT found.* FROM h CROSS JOIN LATERAL (
    (SELECT {_TRACE} FROM ({STEPS}) s WHERE {_BEHIND})
    UNION ALL
    (SELECT {_TRACE} FROM ({PUBLICATIONS}) p WHERE {_BEHIND})
    ORDER BY epoch, xid, line LIMIT $4
) found
"""


async def traces(tx: Tx, after: Position, *, limit: int) -> list[Trace]:
    """Return what tells where the lines behind a position go, as far as `read` would read."""
    rows = await tx.fetch(_TRACES, after.epoch, str(after.xid), after.line, limit)
    return [_trace_of(row) for row in rows]


_LAST: Final = """
(SELECT epoch, xid, {line} AS line, {at} AS at FROM {table} WHERE (epoch, xid) < (h.epoch, h.xmin)
 ORDER BY epoch DESC, xid DESC, {line} DESC LIMIT 1)
"""
LATEST: Final = f"""
SELECT last.* FROM h CROSS JOIN LATERAL (
    {_LAST.format(table="step", line="id", at="at")}
    UNION ALL {_LAST.format(table="rulebook", line="line", at="published_at")}
    ORDER BY epoch DESC, xid DESC, line DESC LIMIT 1
) last
"""
"""The last line below the horizon `h` (epoch, xmin)."""


async def latest(tx: Tx) -> Position:
    """Return the position of the last line that can be read now."""
    row = await tx.first(f"WITH h AS ({_HORIZON}) {LATEST}")
    return Position(row["epoch"], int(row["xid"]), row["line"]) if row else START


_SOME: Final = f"""
WITH lines AS (
    SELECT found.* FROM (
        SELECT * FROM ({STEPS}) s WHERE line = ANY($2)
        UNION ALL
        SELECT * FROM ({PUBLICATIONS}) p WHERE line = ANY($2)
    ) found JOIN unnest($1::integer[], $2::bigint[]) x (epoch, line) USING (epoch, line)
)
SELECT {_LINE}
ORDER BY l.epoch, l.xid, l.line
"""


async def some(tx: Tx, named: Sequence[tuple[int, int]]) -> list[Line]:
    """Return the lines of these epochs and numbers that there are, in the order of the log."""
    epochs, lines = [epoch for epoch, _ in named], [line for _, line in named]
    return list(_lines(await tx.fetch(_SOME, epochs, lines)))


_AT: Final = f"""
WITH lines AS (
    SELECT found.* FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::timestamptz[])
        AS x(epoch, xid, line, at)
    CROSS JOIN LATERAL (
        SELECT * FROM ({STEPS}) s
        WHERE (s.epoch, s.xid, s.line, s.at) = (x.epoch, x.xid::xid8, x.line, x.at)
        UNION ALL
        SELECT * FROM ({PUBLICATIONS}) p
        WHERE (p.epoch, p.xid, p.line) = (x.epoch, x.xid::xid8, x.line)
    ) found
)
SELECT {_LINE}
"""


async def at(tx: Tx, places: Sequence[tuple[Position, datetime]]) -> list[Line]:
    """Return the lines that stand at these positions and moments, in no order."""
    rows = await tx.fetch(
        _AT,
        [position.epoch for position, _ in places],
        [str(position.xid) for position, _ in places],
        [position.line for position, _ in places],
        [moment for _, moment in places],
    )
    return list(_lines(rows))


async def horizon(tx: Tx) -> Position:
    """Return the position behind everything that no open transaction can come before any more."""
    row = await tx.first(f"SELECT epoch, xmin::text::bigint AS xid FROM ({_HORIZON}) h")
    return Position(row["epoch"], row["xid"], 0) if row else START


# Newly visible is what was still open in the snapshot before, and what has begun since.
_NEW: Final = """
(SELECT {columns} FROM {table} t
 WHERE epoch = h.epoch AND xid = ANY(ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot)))
 ORDER BY epoch, xid, {line} LIMIT $2)
UNION ALL
(SELECT {columns} FROM {table} t
 WHERE (epoch, xid) >= (h.epoch, pg_snapshot_xmax($1::text::pg_snapshot))
 ORDER BY epoch, xid, {line} LIMIT $2)
"""
_NAMED: Final = ", ".join(
    f"data ->> '{name}'" for name in ("holder", "from", "to", "organisation", "centre")
)
_OF_STEP: Final = (
    f"xid, coalesce(before, '{{}}') || after || ARRAY[organisation, {_NAMED}] AS codes"
)
_NEWS: Final = f"""
WITH h AS (SELECT epoch, pg_current_snapshot() AS now FROM feed_epoch),
new AS (
    SELECT found.* FROM h CROSS JOIN LATERAL (
        {_NEW.format(columns=_OF_STEP, table="step", line="id")} UNION ALL
        {_NEW.format(columns="xid, '{}'::text[] AS codes", table="rulebook", line="line")}
    ) found
)
SELECT h.epoch, h.now::text AS snapshot, pg_snapshot_xmin(h.now)::text::bigint AS horizon,
    (SELECT count(*) FROM new) AS lines,
    (SELECT max(xid)::text::bigint FROM new) AS newest,
    ARRAY(SELECT DISTINCT code FROM new, unnest(new.codes) code WHERE code <> '') AS codes
FROM h
"""


@dataclass(frozen=True, slots=True)
class News:
    """What has been committed since a snapshot, below the horizon or above it."""

    snapshot: str
    """The snapshot that the next look begins from."""
    horizon: Position
    newest: Position | None
    """Where the newest of it stands; None: there is nothing new."""
    codes: frozenset[str] | None
    """The organisations and areas it touches; None: too many to tell."""


async def news(tx: Tx, since: str, *, most: int) -> News:
    """Tell what has been committed since a snapshot: each line of it once, in no order."""
    row = await tx.first(_NEWS, since, most)
    if row is None:
        return News(since, START, None, frozenset())
    epoch, newest = row["epoch"], row["newest"]
    return News(
        row["snapshot"],
        Position(epoch, row["horizon"], 0),
        Position(epoch, newest, 0) if newest is not None else None,
        frozenset(row["codes"]) if row["lines"] < most else None,
    )


async def snapshot(tx: Tx) -> str:
    """Return the present snapshot, which `news` begins from."""
    found: str = await tx.value("SELECT pg_current_snapshot()::text")
    return found


def _lines(rows: Iterable[asyncpg.Record]) -> tuple[Line, ...]:
    """Build the lines of one answer, in which a unit is the same in all of its lines."""
    known: dict[UUID, Unit] = {}
    return tuple(_line_of(row, known) for row in rows)


def _trace_of(row: asyncpg.Record) -> Trace:
    epoch, xid, line, at, action, unit, home, before, after = row
    position = Position(epoch, int(xid), line)
    return Trace(position, at, _topic(action), unit, home, _stance(before), _stance(after))


def _topic(action: str) -> Topic:
    return Topic.RULEBOOK_PUBLISHED if action == PUBLISH else TOPIC_OF[Action(action)]


def _line_of(row: asyncpg.Record, known: dict[UUID, Unit]) -> Line:
    id_, state = row["unit"], row["state"]
    if id_ and id_ not in known:
        values = list(row.values())[-len(units.NAMES) :]
        unit = dict(zip(units.NAMES, values, strict=True))
        if unit["id"] is not None:
            known[id_] = units.unit_of(unit)
    return Line(
        position=Position(row["epoch"], int(row["xid"]), row["line"]),
        at=row["at"],
        topic=_topic(row["action"]),
        unit=known.get(id_),
        seq=row["seq"],
        before=_stance(row["before"]),
        after=_stance(row["after"]),
        state=State(state) if state else None,
        actor=row["actor"],
        actor_name=row["actor_name"],
        organisation=row["organisation"],
        reason=row["reason"],
        data=row["data"],
    )


def _stance(stored: Sequence[str] | None) -> Stance | None:
    return Stance(*stored) if stored else None
