"""A city with a million open units on its desks, written by PostgreSQL itself."""

from typing import Final

import asyncpg

from app.domain.rulebook import Rulebook
from benchmarks.timers_city import PLACES, places

LOT: Final = 50
"""One unit in so many lies in one place: there is a large desk among many small ones."""
_ID: Final = "('01920000-0000-7000-8' || lpad(to_hex(({n})::integer), 15, '0'))::uuid"
_PLACES: Final = """
CREATE TABLE bench_place (n integer PRIMARY KEY, home text, district text, street text,
    community text, holder text, centre text, route text[])
"""
# Of a hundred units so many are in each state, so many are claimed, late, raised …
_UNITS: Final = f"""
INSERT INTO unit (id, home, number, kind, clause, title, state, urgency, pressing, entry, level,
    district, street, community, grid, holder, centre, desk, route, is_gap, is_unlisted,
    is_self_handled, rulebook, reporter, cell, stage, stage_due_at, due_at, is_provisional,
    overdue_at, raised, created_at, updated_at, version, steps, reasons, pending, yellow_at, red_at,
    light, claimed_by, claimed_until, claim, was)
SELECT {_ID.format(n="g.n")}, p.home, p.home || '-20200101-' || to_char(g.n, 'FM9900000'),
    'item', 'single', '路面坑洞, 请尽快', f.state, f.urgency, f.pressing, 'SX-06013-1', 'street',
    p.district, p.street, p.community, '', p.holder, p.centre,
    CASE WHEN f.state IN ('resolved', 'verified', 'suspended') THEN p.centre ELSE p.holder END,
    p.route, false, false, false, 1, '00000000-0000-7000-8000-000000000001', p.community,
    f.stage, f.due_at, f.due_at + interval '3 d', false,
    CASE WHEN f.due_at < now() THEN f.due_at END,
    CASE WHEN f.dice % 100 = 7 THEN ARRAY[p.centre, p.route[2], p.route[1]]
         WHEN f.dice % 20 = 7 THEN ARRAY[p.centre, p.route[2]] ELSE '{{}}' END,
    now() - interval '3 d', now() - interval '1 h', 3, 4,
    jsonb_build_object('kind', 'single', 'route', repeat('list ', 60))
        || CASE WHEN f.dice % 200 = 3
           THEN jsonb_build_object('supervision', jsonb_build_object('centre', p.route[2]))
           ELSE '{{}}' END,
    CASE WHEN f.dice % 100 = 11 THEN jsonb_build_array(jsonb_build_object(
        'id', {_ID.format(n="g.n")}, 'kind', 'extension', 'route', '[]'::jsonb,
        'account', {_ID.format(n="g.n")}, 'organisation', p.holder, 'desk', p.centre))
         ELSE '[]' END,
    f.due_at - interval '4 h', f.due_at,
    CASE WHEN f.due_at < now() THEN 'red' WHEN f.due_at < now() + interval '4 h' THEN 'yellow'
         ELSE 'green' END,
    CASE WHEN f.dice % 50 = 13 THEN $3::uuid END,
    CASE WHEN f.dice % 50 = 13 THEN now() + interval '1 h' END, 0,
    CASE WHEN f.state = 'suspended' THEN 'accepted' END
FROM generate_series($1::integer, $2::integer - 1) AS g(n)
CROSS JOIN LATERAL (
    SELECT hashint4(g.n) & 1073741823 AS dice, hashint4(g.n + 1000000000) & 1073741823 AS other
    OFFSET 0
) d
JOIN bench_place p ON p.n = CASE WHEN g.n % {LOT} = 0 THEN 0 ELSE d.other % {PLACES} END
CROSS JOIN LATERAL (
    SELECT d.dice, s.state, s.stage, u.urgency, u.pressing,
        now() + (d.other / 7 % 1036800 - 103680) * interval '1 s' AS due_at
    FROM (SELECT CASE WHEN d.dice / 100 % 100 < 5 THEN 0 WHEN d.dice / 100 % 100 < 10 THEN 1
                      WHEN d.dice / 100 % 100 < 30 THEN 2 WHEN d.dice / 100 % 100 < 45 THEN 3
                      WHEN d.dice / 100 % 100 < 75 THEN 4 WHEN d.dice / 100 % 100 < 80 THEN 5
                      WHEN d.dice / 100 % 100 < 92 THEN 6 WHEN d.dice / 100 % 100 < 95 THEN 7
                      ELSE 8 END AS n) k
    JOIN (VALUES (0, 'triage', 'triage'), (1, 'filed', 'dispatch'), (2, 'dispatched', 'accept'),
        (3, 'accepted', 'dispose'), (4, 'in_progress', 'dispose'), (5, 'coordinating', 'dispose'),
        (6, 'resolved', 'verify'), (7, 'verified', 'verify'), (8, 'suspended', 'suspend')
    ) s(n, state, stage) ON s.n = k.n
    JOIN (VALUES (0, 'normal'), (1, 'urgent'), (2, 'major')) u(pressing, urgency)
        ON u.pressing = CASE WHEN d.dice / 10000 % 100 < 2 THEN 2
                             WHEN d.dice / 10000 % 100 < 10 THEN 1 ELSE 0 END
    OFFSET 0
) f
"""
_REQUESTS: Final = """
INSERT INTO request (id, unit, home, kind, account, organisation, at, reason, agreed, state, desk,
    decision)
SELECT id, id, home, 'extension', reporter, holder, now(), '等待配件', '{}', 'pending', centre, ''
FROM unit WHERE pending <> '[]'
"""


async def fill(connection: asyncpg.Connection, rulebook: Rulebook, units: int, clerk: str) -> None:
    """Write open units in all states; one in fifty is in the hands of this account."""
    await connection.execute(_PLACES)
    await connection.copy_records_to_table("bench_place", records=places(rulebook))
    # The rows are right: their foreign keys need not be looked at one by one.
    await connection.execute("SET session_replication_role = replica")
    step = 100_000
    for low in range(0, units, step):
        await connection.execute(_UNITS, low, min(low + step, units), clerk)
    await connection.execute(_REQUESTS)
    await connection.execute("SET session_replication_role = origin")
    await connection.execute("VACUUM (ANALYZE) unit")
    await connection.execute("VACUUM (ANALYZE) request")
