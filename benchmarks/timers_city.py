"""A city in which a million limits run, written by PostgreSQL itself in lots that can fall due."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg

from app.domain.area import Tier
from app.domain.clock import Clock, start
from app.domain.limit import Basis, Limit, LimitUnit
from app.domain.marks import MARKS
from app.domain.responsibility import Urgency
from app.domain.rulebook import Rulebook
from app.domain.unit import ClockName

SEED: Final = 20261121
PLACES: Final = 2000
FACTS: Final = 1000
PARKED: Final = timedelta(days=36500)
"""How far ahead the clocks of a lot look until it is released."""
LIMIT: Final = Limit(3, LimitUnit.WORK_DAY)
SPREAD: Final = 3 * 3600
"""Working seconds before now over which the marks of a lot fall."""
LATE: Final = 5
"""One clock in so many has come to its end, the others to their first mark."""

_ID: Final = "('01920000-0000-7000-8' || lpad(to_hex(({n})::integer), 15, '0'))::uuid"
_TEMPORARY: Final = """
CREATE TABLE bench_place (n integer PRIMARY KEY, home text, district text, street text,
    community text, holder text, centre text, route text[]);
CREATE TABLE bench_fact (n integer PRIMARY KEY, started_at timestamptz, due_at timestamptz,
    mark smallint, next_at timestamptz, yellow_at timestamptz, red_at timestamptz);
"""
_UNITS: Final = f"""
INSERT INTO unit (id, home, number, kind, clause, title, state, urgency, pressing, entry, level,
    district, street, community, grid, holder, centre, desk, route, is_gap, is_unlisted,
    is_self_handled, rulebook, reporter, cell, stage, stage_due_at, due_at, is_provisional,
    overdue_at, raised, created_at, updated_at, version, steps, reasons, pending, yellow_at, red_at,
    light, claim)
SELECT {_ID.format(n="g.n")}, p.home, p.home || '-20200101-' || to_char(g.n, 'FM9900000'),
    'item', 'single', '路面坑洞', 'dispatched', 'normal', 0, 'SX-06013-1', 'street',
    p.district, p.street, p.community, '', p.holder, p.centre, p.holder, p.route, false, false,
    false, 1, '00000000-0000-7000-8000-000000000001', p.community,
    'accept', s.at + interval '10 d', f.due_at, false, NULL, '{{}}', s.at, s.at, 1, 1,
    $3::jsonb, '[]', f.yellow_at, f.red_at, 'green', 0
FROM generate_series($1::integer, $4::integer - 1) AS g(n)
JOIN bench_place p ON p.n = g.n::bigint * 7919 % {PLACES}
JOIN bench_fact f ON f.n = g.n % {FACTS}
CROSS JOIN LATERAL (
    SELECT $2::timestamptz + g.n * interval '1 s' - interval '2 d' AS at OFFSET 0
) s
"""
_CLOCKS: Final = f"""
INSERT INTO clock (unit, home, name, basis, "limit", started_at, spent, running_since, due_at,
    is_provisional, mark, next_at, version, granted, grants, yellow_at, red_at)
SELECT {_ID.format(n="g.n")}, p.home, 'dispose', 'work', $3, f.started_at, 0, f.started_at,
    f.due_at, false, f.mark, f.next_at + $4::interval, 1, 0, 0, f.yellow_at, f.red_at
FROM generate_series($1::integer, $2::integer - 1) AS g(n)
JOIN bench_place p ON p.n = g.n::bigint * 7919 % {PLACES}
JOIN bench_fact f ON f.n = g.n % {FACTS}
UNION ALL
SELECT {_ID.format(n="g.n")}, p.home, 'accept', 'wall', 864000, s.at, 0, s.at,
    s.at + interval '10 d', false, 0, s.at + interval '8 d', 1, 0, 0,
    s.at + interval '8 d', s.at + interval '10 d'
FROM generate_series($1::integer, $2::integer - 1) AS g(n)
JOIN bench_place p ON p.n = g.n::bigint * 7919 % {PLACES}
CROSS JOIN LATERAL (SELECT now() + g.n * interval '1 s' - interval '2 d' AS at OFFSET 0) s
"""
_RELEASE: Final = f"""
UPDATE clock SET next_at = next_at - $3::interval
WHERE name = 'dispose'
  AND unit >= {_ID.format(n="$1::integer")} AND unit < {_ID.format(n="$2::integer")}
"""
_TIMED: Final = f"""
UPDATE clock SET started_at = t.at - interval '8 d', running_since = t.at - interval '8 d',
    due_at = t.at + interval '2 d', next_at = t.at, yellow_at = t.at,
    red_at = t.at + interval '2 d'
FROM (SELECT {_ID.format(n="$1::integer + n")} AS unit,
             $3::timestamptz + n * interval '1 s' / $4::float8 AS at
      FROM generate_series(0, $2::integer - 1) n) t
WHERE clock.unit = t.unit AND clock.name = 'accept'
"""
_BY_POSTGRES: Final = """
WITH due AS MATERIALIZED (
    SELECT unit, home, name, mark, next_at FROM clock WHERE next_at <= now()
), changed AS (
    UPDATE unit u SET steps = u.steps + 1 + due.mark, updated_at = now(),
        overdue_at = CASE WHEN due.mark = 1 THEN due.next_at END,
        raised = CASE WHEN due.mark = 1 THEN ARRAY[u.centre] ELSE u.raised END
    FROM due WHERE u.id = due.unit AND u.home = due.home
    RETURNING u.id, u.home, u.steps, u.state, u.holder, due.name, due.mark, due.next_at
), logged AS (
    INSERT INTO step (home, at, unit, seq, action, state, organisation, reason, data, epoch,
        before, after)
    SELECT c.home, now(), c.id, c.steps - n, (ARRAY['raise', 'overdue', 'warn'])[3 - c.mark - n],
        c.state, c.holder, '',
        jsonb_build_object('clock', c.name, 'mark', '80%', 'mark_at', c.next_at, 'percent', 80,
                           'late_by', 1000), 1,
        a.stance, a.stance
    FROM changed c CROSS JOIN LATERAL generate_series(0, c.mark) n
    CROSS JOIN LATERAL (
        SELECT ARRAY[c.holder, c.state, 'item', 'red', c.holder, c.home, c.home || '001', '', '']
    ) a (stance)
)
UPDATE clock SET mark = clock.mark + 1, version = version + 1,
    next_at = now() + interval '1 d' + (clock.due_at - clock.started_at) * random(),
    overdue_at = CASE WHEN due.mark = 1 THEN due.next_at END
FROM due WHERE clock.unit = due.unit AND clock.home = due.home AND clock.name = due.name
"""


async def fill(connection: asyncpg.Connection, rulebook: Rulebook, units: int) -> None:
    """Write units with two running limits each; the clocks of lots are parked far ahead."""
    now = datetime.now(UTC)
    await connection.execute(_TEMPORARY)
    await connection.copy_records_to_table("bench_place", records=places(rulebook))
    facts = [
        (n, one.started_at, one.due_at, one.mark, one.next_at, one.yellow_at, one.red_at)
        for n, one in enumerate(_facts(rulebook, now))
    ]
    await connection.copy_records_to_table("bench_fact", records=facts)
    limit, reasons = rulebook.calendar.seconds(LIMIT), {"kind": "single", "route": ["list"] * 20}
    # The rows are right: their foreign keys need not be looked at one by one.
    await connection.execute("SET session_replication_role = replica")
    step = 100_000
    for low in range(0, units, step):
        high = min(low + step, units)
        await connection.execute(_UNITS, low, now, reasons, high)
        await connection.execute(_CLOCKS, low, high, limit, PARKED)
    await connection.execute("SET session_replication_role = origin")


def places(rulebook: Rulebook) -> list[tuple[Any, ...]]:
    """Return communities drawn at random, each with who holds what lies there."""
    draw = random.Random(SEED)
    areas, bodies = rulebook.areas, rulebook.organisations
    found: list[tuple[Any, ...]] = []
    known = [one.code for one in areas.values() if one.tier is Tier.COMMUNITY and not one.has_ended]
    for n, code in enumerate(draw.sample(known, PLACES)):
        path = areas.path(code)
        street = path[2]
        holder = draw.choice(bodies.of_area(street.code))
        centre = bodies.centre_above(holder, areas)
        route = [one.code for one in bodies.centres(path)]
        where = (path[1].code, path[1].code, street.code, code)
        found.append((n, *where, holder.code, centre.code, route))
    return found


def _facts(rulebook: Rulebook, now: datetime) -> Sequence[Clock]:
    """Return limits whose next mark fell within the last working hours."""
    draw, calendar, marks = random.Random(SEED), rulebook.calendar, MARKS[Urgency.NORMAL]
    seconds, found = calendar.seconds(LIMIT), []
    for n in range(FACTS):
        is_late = n % LATE == 0
        share = seconds if is_late else seconds * 80 // 100
        spent = share + draw.randrange(60, SPREAD)
        began = calendar.before(now, spent, Basis.WORK)
        clock = start(ClockName.DISPOSE, LIMIT, at=began, calendar=calendar, marks=marks)
        found.append(replace(clock, mark=1, next_at=clock.due_at) if is_late else clock)
    return found


async def release(connection: asyncpg.Connection, low: int, high: int) -> None:
    """Let the marks of a lot be due, all at once."""
    await connection.execute(_RELEASE, low, high, PARKED)


async def time(
    connection: asyncpg.Connection, low: int, count: int, *, first: datetime, rate: float
) -> None:
    """Let so many marks a second fall due from a moment on."""
    await connection.execute(_TIMED, low, count, first, rate)


async def fire_by_postgres(connection: asyncpg.Connection) -> int:
    """Have PostgreSQL write what is due by one statement; returns how many marks."""
    done: str = await connection.execute(_BY_POSTGRES)
    return int(done.split()[1])
