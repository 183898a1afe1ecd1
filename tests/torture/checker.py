"""The offline checker: what must hold in the tables, whatever happened to the processes."""

from collections.abc import Mapping

import asyncpg

from app.domain.unit import State

FINAL = [state.value for state in State if state.is_final]

LAWS: Mapping[str, str] = {
    "event without its one root": """
        SELECT count(*) FROM event e WHERE 1 <> (
            SELECT count(*) FROM unit u WHERE u.id = e.id AND u.parent IS NULL)
    """,
    "event and root in different homes": """
        SELECT count(*) FROM event e JOIN unit u ON u.id = e.id WHERE u.home <> e.home
    """,
    "root without event": """
        SELECT count(*) FROM unit u WHERE u.parent IS NULL
        AND NOT EXISTS (SELECT 1 FROM event e WHERE e.id = u.id)
    """,
    "task without parent, or with an event": """
        SELECT count(*) FROM unit t WHERE t.parent IS NOT NULL AND (
            NOT EXISTS (SELECT 1 FROM unit p WHERE p.id = t.parent AND p.home = t.home)
            OR EXISTS (SELECT 1 FROM event e WHERE e.id = t.id))
    """,
    "plan without its two tasks": """
        SELECT count(*) FROM unit p WHERE p.entry = 'SX-22001-1' AND p.parent IS NULL
        AND 2 <> (SELECT count(*) FROM unit t WHERE t.parent = p.id)
    """,
    "step without unit": """
        SELECT count(*) FROM step s
        WHERE NOT EXISTS (SELECT 1 FROM unit u WHERE u.id = s.unit AND u.home = s.home)
    """,
    "unit whose steps are not 1 to n": """
        SELECT count(*) FROM unit u LEFT JOIN (
            SELECT unit, count(*) AS n, count(DISTINCT seq) AS seqs, min(seq) AS low, max(seq) AS up
            FROM step GROUP BY unit
        ) s ON s.unit = u.id
        WHERE s.unit IS NULL OR (s.n, s.seqs, s.low, s.up) <> (u.steps, u.steps, 1, u.steps)
    """,
    "unit in another state than its last step": """
        SELECT count(*) FROM unit u JOIN step s ON s.unit = u.id AND s.seq = u.steps
        WHERE s.state <> u.state
    """,
    "clock without unit": """
        SELECT count(*) FROM clock c
        WHERE NOT EXISTS (SELECT 1 FROM unit u WHERE u.id = c.unit AND u.home = c.home)
    """,
    "running clock of a final unit": """
        SELECT count(*) FROM clock c JOIN unit u ON u.id = c.unit
        WHERE u.state = ANY($1) AND (c.running_since IS NOT NULL OR c.next_at IS NOT NULL)
    """,
    "open unit whose stage's clock does not run": """
        SELECT count(*) FROM unit u WHERE u.stage IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM clock c
            WHERE c.unit = u.id AND c.name = u.stage AND c.running_since IS NOT NULL)
    """,
    "open unit without a stage": """
        SELECT count(*) FROM unit u WHERE u.state <> ALL($1) AND u.stage IS NULL
    """,
    "mark fired twice": """
        SELECT count(*) FROM (
            SELECT FROM step WHERE action IN ('warn', 'overdue', 'raise', 'supervise', 'notice')
            AND data ? 'mark'
            GROUP BY unit, data->>'clock', data->>'mark', data->>'mark_at', data->>'duty', action
            HAVING count(*) > 1
        ) twice
    """,
    "number given twice": """
        SELECT count(*) FROM (SELECT FROM unit GROUP BY number HAVING count(*) > 1) twice
    """,
    "step outside every quarter": "SELECT count(*) FROM step_default",
}


async def faults(url: str) -> dict[str, int]:
    """Return the laws that are broken and how often: nothing, in a sound database."""
    connection = await asyncpg.connect(url)
    try:
        found = {
            law: await connection.fetchval(sql, *([FINAL] if "$1" in sql else ()))
            for law, sql in LAWS.items()
        }
    finally:
        await connection.close()
    return {law: count for law, count in found.items() if count}


async def lost(url: str, acknowledged: Mapping[str, str]) -> list[str]:
    """Return what was acknowledged (event id: unit number) and is not there, whole."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            """
            SELECT a.id FROM unnest($1::uuid[], $2::text[]) AS a(id, number)
            WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.id = a.id)
               OR 1 <> (SELECT count(*) FROM unit u WHERE u.id = a.id AND u.number = a.number)
               OR NOT EXISTS (SELECT 1 FROM step s WHERE s.unit = a.id AND s.seq = 1)
               OR NOT EXISTS (SELECT 1 FROM clock c WHERE c.unit = a.id)
            """,
            list(acknowledged),
            list(acknowledged.values()),
        )
    finally:
        await connection.close()
    return [str(row["id"]) for row in rows]


async def census(url: str) -> dict[str, int]:
    """Count the rows of the tables that grow with events."""
    connection = await asyncpg.connect(url)
    try:
        return {
            table: await connection.fetchval(f"SELECT count(*) FROM {table}")
            for table in ("event", "unit", "step", "clock")
        }
    finally:
        await connection.close()
