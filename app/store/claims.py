"""Claims: units taken out of a desk's queue into somebody's hands, many in one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

from app.domain.event import AccountId
from app.domain.organisation import OrganisationCode
from app.domain.queue import OPEN
from app.domain.responsibility import Urgency
from app.domain.unit import State, Step, Unit
from app.store import steps
from app.store.database import Tx
from app.store.units import NAMES, lock_key_of, unit_of

_RANKS: Final = sorted((urgency.rank for urgency in Urgency), reverse=True)
_WINDOWS: Final = (40, 130, 400, 3000)
"""How many heads of a queue are looked at: more only where others are at them."""
_SPARE: Final = 30
_TRIES: Final = 3
_ALL: Final = ", ".join(f'unit."{name}"' for name in NAMES)

# Leases that have ended first, then what is free; neither reads what is in somebody's hands.
# The locks are tried one after another, in order, no further than is wanted; they assign no
# transaction id (see `units.take`).
_CANDIDATES: Final = """
WITH heads AS MATERIALIZED (
    (SELECT u.id, 0 AS n, u.pressing, u.stage_due_at FROM unit u
     WHERE u.desk = $1 COLLATE "C" AND u.claimed_until <= $2 AND u.state = ANY($3::text[])
     ORDER BY u.pressing DESC, u.stage_due_at, u.id LIMIT {limit})
    UNION ALL
    (SELECT k.id, 1, p.pressing, k.stage_due_at FROM unnest($4::smallint[]) AS p(pressing)
     CROSS JOIN LATERAL (
        SELECT b.id, b.stage_due_at FROM unnest($3::text[]) s(state)
        CROSS JOIN unnest('{{f}}'::boolean[]) f(is_claimed)
        CROSS JOIN LATERAL (
            SELECT u.id, u.stage_due_at FROM unit u
            WHERE u.desk = $1 COLLATE "C" AND u.desk IS NOT NULL AND u.state = s.state COLLATE "C"
                AND (u.claimed_until IS NOT NULL) = f.is_claimed AND u.pressing = p.pressing
            ORDER BY u.stage_due_at, u.id LIMIT {limit}
        ) b
        ORDER BY b.stage_due_at, b.id LIMIT {limit}
     ) k
     LIMIT {limit})
)
SELECT id, (SELECT count(*) FROM heads) AS seen FROM (
    SELECT id FROM heads ORDER BY n, pressing DESC, stage_due_at, id OFFSET 0
) h
WHERE pg_try_advisory_xact_lock({key}) LIMIT $5
"""
# Found by their ids alone: of a desk's own index the planner thinks too well.
_CLAIM: Final = f"""
UPDATE unit SET claimed_by = $2, claimed_until = $3, claim = claim + 1, steps = steps + 1
WHERE id = ANY($1) AND desk || '' = $4 AND state || '' = ANY($5::text[])
    AND (claimed_until IS NULL OR claimed_until <= $6)
RETURNING {_ALL}
"""
_TAKE: Final = f"""
UPDATE unit SET claimed_by = $2, claimed_until = $3, claim = claim + 1, steps = steps + 1
WHERE id = $1 RETURNING {_ALL}
"""
_RENEW: Final = "UPDATE unit SET claimed_until = $2 WHERE id = ANY($1)"
_RELEASE: Final = f"""
UPDATE unit SET claimed_by = NULL, claimed_until = NULL, steps = steps + 1
WHERE id = ANY($1) RETURNING {_ALL}
"""
_LOG: Final = steps.insertion()


@dataclass(frozen=True, slots=True)
class Lease:
    """Whose hands units come into, off which desk, from when until when."""

    by: AccountId
    desk: OrganisationCode
    at: datetime
    until: datetime


async def claim(tx: Tx, lease: Lease, states: Sequence[State] = OPEN, *, most: int) -> list[Unit]:
    """Put the most pressing units of a desk into somebody's hands, ended leases first.

    They are owned from here on; in the order of the queue. What others own at the moment is
    passed over.
    """
    for _ in range(_TRIES):
        free = await _owned(tx, lease, states, most)
        rows = await tx.fetch(_CLAIM, free, lease.by, lease.until, lease.desk, states, lease.at)
        # Nothing written means no transaction id yet: more units may still be owned. All gone
        # between the look and the locks is the one case where that is of use.
        if rows or not free:
            return sorted((unit_of(row) for row in rows), key=_turn)
    return []


def _turn(unit: Unit) -> tuple[int, datetime | None, UUID]:
    return -unit.urgency.rank, unit.stage_due_at, unit.id


async def _owned(tx: Tx, lease: Lease, states: Sequence[State], most: int) -> list[UUID]:
    """Own the heads of a queue that nobody else owns; return them."""
    found: list[UUID] = []
    for limit in (window for window in _WINDOWS if window >= most + _SPARE):
        rows = await tx.fetch(
            _candidates(limit), lease.desk, lease.at, states, _RANKS, most - len(found)
        )
        found += [row["id"] for row in rows if row["id"] not in found]
        # Fewer heads than were looked for: there are no more.
        if len(found) >= most or not rows or rows[0]["seen"] < limit:
            break
    return found


@cache
def _candidates(limit: int) -> str:
    return _CANDIDATES.format(limit=limit, key=lock_key_of("h.id"))


async def take(tx: Tx, unit: UUID, lease: Lease) -> Unit:
    """Put an owned unit into somebody's hands, whosever it was in; return it."""
    row = await tx.first(_TAKE, unit, lease.by, lease.until)
    if row is None:
        raise LookupError(unit)
    return unit_of(row)


async def renew(tx: Tx, units: Sequence[UUID], until: datetime) -> None:
    """Leave owned units in the hands they are in until a later moment."""
    await tx.execute(_RENEW, units, until)


async def release(tx: Tx, units: Sequence[UUID]) -> list[Unit]:
    """Take owned units out of the hands they are in; return them as they then are."""
    return [unit_of(row) for row in await tx.fetch(_RELEASE, units)]


async def log(tx: Tx, changed: Iterable[Unit], lines: Sequence[Step]) -> None:
    """Write the lines of owned units that nothing else has changed of."""
    await tx.execute(_LOG, *steps.COLUMNS.arrays(steps.logged(changed, lines)))
