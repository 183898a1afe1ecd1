"""The statements of queues: which index each view is read by, in which order."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from app.domain.area import Tier
from app.domain.queue import OPEN, STATES, View

OWN: Final = 10
"""What one's own claim adds to how pressing a unit is among the claimed ones."""

# Every statement takes the same values; what one does not use gets its type here.
_GIVEN: Final = """
WITH given AS (
    SELECT $1::smallint[], $2::smallint, $3::timestamptz, $4::uuid, $5::text, $6::text[],
        $7::text[], $8::text[], $9::timestamptz, $10::uuid
)"""
_BODY: Final = '($5::text COLLATE "C")'
_AREAS: Final = '($6::text[] COLLATE "C")'
_DISTRICTS: Final = '($8::text[] COLLATE "C")'
_NOW: Final = "$9::timestamptz"
_ME: Final = "$10::uuid"

# A stretch of an index for each urgency, state and code: each is read no further than a page
# goes, and those of the next urgency only while the page is not full.
_STRETCHES: Final = """
SELECT k.id FROM (
    SELECT o.pressing,
        CASE WHEN o.pressing = $2::smallint THEN $3::timestamptz ELSE '-infinity' END AS due,
        CASE WHEN o.pressing = $2::smallint THEN $4::uuid
             ELSE '00000000-0000-0000-0000-000000000000' END AS id
    FROM unnest($1::smallint[]) AS o(pressing) OFFSET 0
) p
CROSS JOIN LATERAL (
    SELECT b.stage_due_at, b.id FROM {stretches}
    CROSS JOIN LATERAL (
        SELECT u.stage_due_at, u.id FROM unit u
        WHERE u.pressing = p.pressing AND (u.stage_due_at, u.id) > (p.due, p.id) AND {where}
        ORDER BY u.stage_due_at, u.id LIMIT {limit}
    ) b
    ORDER BY b.stage_due_at, b.id LIMIT {limit}
) k
LIMIT {limit}
"""
_SORTED: Final = """
SELECT u.id FROM (SELECT *, {rank} AS rank FROM ({among}) u) u
WHERE (-u.rank, u.stage_due_at, u.id) > (-$2::smallint, $3::timestamptz, $4::uuid)
ORDER BY u.rank DESC, u.stage_due_at, u.id LIMIT {limit}
"""

_CODES: Final = "unnest(${place}::text[]) c(code)"
_STRETCHED: Final[Mapping[Tier | None, tuple[str, str]]] = {
    None: (
        "unnest('{f,t}'::boolean[]) f(is_claimed)",
        f"u.desk = {_BODY} AND (u.claimed_until IS NOT NULL) = f.is_claimed",
    ),
    Tier.CITY: ("", "true"),
    **{
        tier: (_CODES.format(place=6), f'u.{tier} = c.code COLLATE "C"')
        for tier in (Tier.DISTRICT, Tier.STREET)
    },
    # A street has so little that what lies in one of its parts is picked out.
    **{
        tier: (
            _CODES.format(place=7),
            f'u.street = c.code COLLATE "C" AND u.{tier} = ANY({_AREAS})',
        )
        for tier in (Tier.COMMUNITY, Tier.GRID)
    },
}
"""By what besides the states stretches are read in a place, and what is read there."""

_ROW: Final = "u.id, u.pressing, u.stage_due_at, u.claimed_by"
_LATE: Final = f"u.stage_due_at <= {_NOW}"
_RAISED: Final = "u.desk IS NOT NULL AND u.raised <> '{}' AND u.raised @> ARRAY[$5::text]"
_SUPERVISED: Final = """u.desk IS NOT NULL AND u.reasons ? 'supervision'
AND u.reasons #>> '{supervision,centre}' = $5::text"""
_FEW: Final[Mapping[View | None, str]] = {
    View.REQUESTS: "u.desk IS NOT NULL AND u.pending <> '[]'",
    View.CLAIMED: f"u.claimed_until > {_NOW}",
}
"""Of what so few units are that those of a district stand together in an index."""
_WATCHED: Final = f"""
SELECT {_ROW} FROM unit u WHERE {_RAISED} UNION SELECT {_ROW} FROM unit u WHERE {_SUPERVISED}
"""
_REQUESTED: Final = f"""
SELECT {_ROW} FROM unit u WHERE u.desk IS NOT NULL AND u.id = ANY(ARRAY(
    SELECT unit FROM request WHERE desk = {_BODY} AND desk IS NOT NULL
))
"""


def keys(tier: Tier | None, view: View | None, *, is_mine: bool, limit: int) -> str:
    """Return what finds the units of a page, in order."""
    if not is_mine and (view is None or view is View.OVERDUE or view in STATES):
        return _stretched(tier, view, limit)
    if not is_mine and view in _FEW and tier is not None:
        where = f'u.district = c.code COLLATE "C" AND {_in(tier)} AND {_FEW[view]}'
        return _STRETCHES.format(stretches=_CODES.format(place=8), where=where, limit=limit)
    among = _mine(tier, view) if is_mine else _across(tier)[view]
    return _SORTED.format(rank=rank(tier, view, is_mine=is_mine), among=among, limit=limit)


def rank(tier: Tier | None, view: View | None, *, is_mine: bool) -> str:
    """Return what a view is sorted by first: of what is claimed on a desk one's own."""
    if view is not View.CLAIMED or is_mine or tier is not None:
        return "u.pressing"
    return f"u.pressing + CASE WHEN u.claimed_by = {_ME} THEN {OWN} ELSE 0 END"


@cache
def page(
    tier: Tier | None, view: View | None, limit: int, *, columns: str, tables: str, is_mine: bool
) -> str:
    """Return the statement for columns of a page's units, the most pressing first."""
    first = rank(tier, view, is_mine=is_mine)
    return f"""{_GIVEN}
    SELECT {first} AS rank, {columns}
    FROM ({keys(tier, view, is_mine=is_mine, limit=limit)}) k
    CROSS JOIN LATERAL (SELECT * FROM unit WHERE unit.id = k.id OFFSET 0) u {tables}
    ORDER BY {first} DESC, u.stage_due_at, u.id
    """


@cache
def counting(tier: Tier | None) -> str:
    """Return the statement for how much there is, by state and by the views across them."""
    figures = f"count(*), count(*) FILTER (WHERE {_LATE}), min(u.stage_due_at)"
    across = "".join(
        f" UNION ALL SELECT '{view}', {figures} FROM ({among}) u"
        for view, among in _across(tier).items()
    )
    return f"""{_GIVEN}
    SELECT u.state, {figures} FROM unit u WHERE u.desk IS NOT NULL AND {_in(tier)} GROUP BY u.state
    {across}
    """


def _stretched(tier: Tier | None, view: View | None, limit: int) -> str:
    states = ",".join(STATES.get(view, OPEN) if view else OPEN)
    codes, where = _STRETCHED[tier]
    stretches = f"unnest('{{{states}}}'::text[]) s(state)"
    where = f'u.desk IS NOT NULL AND u.state = s.state COLLATE "C" AND {where}'
    return _STRETCHES.format(
        stretches=f"{stretches} CROSS JOIN {codes}" if codes else stretches,
        where=f"{where} AND {_LATE}" if view is View.OVERDUE else where,
        limit=limit,
    )


def _across(tier: Tier | None) -> Mapping[View | None, str]:
    """Return which units are in the views across the others."""
    requested = f"SELECT {_ROW} FROM unit u WHERE {_FEW[View.REQUESTS]} AND {_around(tier)}"
    return {
        View.REQUESTS: _REQUESTED if tier is None else requested,
        View.WATCHED: _WATCHED,
        View.CLAIMED: _claimed(tier),
    }


def _claimed(tier: Tier | None, *, where: str = "true") -> str:
    return f"""
    SELECT {_ROW} FROM unit u WHERE {_FEW[View.CLAIMED]} AND {_around(tier)} AND {where}
    """


def _in(tier: Tier | None) -> str:
    if tier is None:
        return f"u.desk = {_BODY}"
    return "true" if tier is Tier.CITY else f"u.{tier} = ANY({_AREAS})"


def _around(tier: Tier | None) -> str:
    """Return the same, with the district where that leads to few units."""
    if tier is None or tier is Tier.CITY:
        return _in(tier)
    return f"u.district = ANY({_DISTRICTS}) AND {_in(tier)}"


def _mine(tier: Tier | None, view: View | None) -> str:
    """Return which units of a view the caller has in hand."""
    where = f"u.claimed_by = {_ME}"
    match view:
        case View.OVERDUE:
            where = f"{where} AND {_LATE}"
        case View.REQUESTS:
            where = f"{where} AND u.pending <> '[]'"
        case View.WATCHED:
            where = f"{where} AND (({_RAISED}) OR ({_SUPERVISED}))"
        case None | View.CLAIMED:
            pass
        case _:
            where = f"{where} AND u.state = ANY('{{{','.join(STATES[view])}}}')"
    return _claimed(tier, where=where)
