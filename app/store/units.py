"""Units: written in batches, locked one way, read by everything that shows work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final
from uuid import UUID

import asyncpg

from app.domain.area import Place, Tier
from app.domain.event import AccountId
from app.domain.request import Pending, RequestId, RequestKind
from app.domain.responsibility import Kind, Urgency
from app.domain.spot import Spot
from app.domain.unit import Clause, ClockName, Grade, State, Unit, UnitId
from app.store.columns import Column, Columns, json
from app.store.database import Tx

_LIST = "string_to_array({}, ' ')"

_MUTABLE: Final[tuple[Column[Unit], ...]] = (
    Column("kind", "text", lambda unit: unit.kind),
    Column("clause", "text", lambda unit: unit.clause),
    Column("title", "text", lambda unit: unit.title),
    Column("state", "text", lambda unit: unit.state),
    Column("urgency", "text", lambda unit: unit.urgency),
    Column("pressing", "smallint", lambda unit: unit.urgency.rank),
    Column("entry", "text", lambda unit: unit.entry),
    Column("level", "text", lambda unit: unit.level),
    Column("district", "text", lambda unit: unit.place.district),
    Column("street", "text", lambda unit: unit.place.street),
    Column("community", "text", lambda unit: unit.place.community),
    Column("grid", "text", lambda unit: unit.place.grid),
    Column("holder", "text", lambda unit: unit.holder),
    Column("centre", "text", lambda unit: unit.centre),
    Column("desk", "text", lambda unit: unit.desk),
    Column("route", "text", lambda unit: " ".join(unit.route), _LIST),
    Column("is_gap", "boolean", lambda unit: unit.is_gap),
    Column("is_unlisted", "boolean", lambda unit: unit.is_unlisted),
    Column("rulebook", "integer", lambda unit: unit.rulebook),
    Column("stage", "text", lambda unit: unit.stage),
    Column("stage_due_at", "timestamptz", lambda unit: unit.stage_due_at),
    Column("due_at", "timestamptz", lambda unit: unit.due_at),
    Column("is_provisional", "boolean", lambda unit: unit.is_provisional),
    Column("overdue_at", "timestamptz", lambda unit: unit.overdue_at),
    Column("raised", "text", lambda unit: " ".join(unit.raised), _LIST),
    Column("resolved_by", "uuid", lambda unit: unit.resolved_by),
    Column("closed_at", "timestamptz", lambda unit: unit.closed_at),
    Column("updated_at", "timestamptz", lambda unit: unit.updated_at),
    Column("version", "integer", lambda unit: unit.version),
    Column("steps", "integer", lambda unit: unit.steps),
    Column("reasons", "text", lambda unit: json(unit.reasons), "{}::jsonb"),
    Column("merged_into", "uuid", lambda unit: unit.merged_into),
    Column("is_self_handled", "boolean", lambda unit: unit.is_self_handled),
    Column("satisfaction", "text", lambda unit: unit.satisfaction),
    Column("was", "text", lambda unit: unit.was),
    Column("pending", "text", lambda unit: json(unit.pending), "{}::jsonb"),
    Column("yellow_at", "timestamptz", lambda unit: unit.yellow_at),
    Column("red_at", "timestamptz", lambda unit: unit.red_at),
    Column("exempted_at", "timestamptz", lambda unit: unit.exempted_at),
    # As the log tells it: it turns with the line of its mark.
    Column("light", "text", lambda unit: unit.light(unit.updated_at)),
    Column("claimed_by", "uuid", lambda unit: unit.claimed_by),
    Column("claimed_until", "timestamptz", lambda unit: unit.claimed_until),
    Column("claim", "integer", lambda unit: unit.claim),
)
_KEY: Final[tuple[Column[Unit], ...]] = (
    Column("id", "uuid", lambda unit: unit.id),
    Column("home", "text", lambda unit: unit.home),
)
_BORN: Final[tuple[Column[Unit], ...]] = (
    Column("parent", "uuid", lambda unit: unit.parent),
    Column("task", "smallint", lambda unit: unit.task),
    Column("reporter", "uuid", lambda unit: unit.reporter),
    Column("created_at", "timestamptz", lambda unit: unit.created_at),
    Column("longitude", "float8", lambda unit: unit.spot and unit.spot.longitude),
    Column("latitude", "float8", lambda unit: unit.spot and unit.spot.latitude),
    Column("cell", "text", lambda unit: unit.cell),
    Column("device", "text", lambda unit: unit.device),
    Column("recurs", "uuid", lambda unit: unit.recurs),
    # Sent as the number's day in the tenant's zone; see `new`.
    Column(
        "number",
        "text",
        lambda unit: unit.number,
        "x.home || '-' || {} || '-' || to_char(nextval('unit_number'), 'FM9900000')",
    ),
)
_LIT: Final = frozenset(
    {
        *("stage_due_at", "due_at", "is_provisional", "yellow_at", "red_at"),
        *("overdue_at", "raised", "updated_at", "steps", "light"),
    }
)
"""What passed marks change of a unit."""
NEW: Final = Columns[Unit]((*_KEY, *_BORN, *_MUTABLE))
CHANGES: Final = Columns[Unit]((*_KEY, *_MUTABLE))
FIRED: Final = CHANGES.only("id", "home", "version", *_LIT)
NAMES: Final = (
    "id",
    "number",
    *(column.name for column in (*_KEY[1:], *_BORN[:-1], *_MUTABLE)),
)
"""What a unit is made of, in the order reading takes it."""

READ: Final = f"""SELECT {", ".join(f'"{name}"' for name in NAMES)} FROM unit"""


def insertion(first: int = 1) -> str:
    """Return the statement that writes new units and tells the number each one got."""
    return f"""
    INSERT INTO unit ({NEW.names}) SELECT {NEW.values} FROM {NEW.source(first)}
    RETURNING id, number
    """


def change(first: int = 1) -> str:
    """Return the statement that writes units as they now stand."""
    return f"""
    UPDATE unit SET {Columns[Unit](_MUTABLE).settings} FROM {CHANGES.source(first)}
    WHERE unit.id = x.id AND unit.home = x.home
    """


def firing(first: int = 1) -> str:
    """Return the statement that writes units whose marks have passed, if nobody else has.

    It tells which it wrote.
    """
    return f"""
    UPDATE unit SET {CHANGES.only(*_LIT).settings} FROM {FIRED.source(first)}
    WHERE unit.id = x.id AND unit.home = x.home AND unit.version = x.version
    AND unit.steps <= x.steps
    RETURNING unit.id
    """


_UPDATE: Final = change()


@dataclass(frozen=True, slots=True)
class QueueKey:
    """Where a page of a queue ended."""

    pressing: int
    stage_due_at: datetime
    id: UUID


def new(units: Sequence[Unit], *, zone: tzinfo) -> list[list[Any]]:
    """Return what `insertion` takes.

    A number tells district and day (in `zone`) and counts through a sequence, so gaps are
    allowed and nobody waits for anybody.
    """
    arrays = NEW.arrays(units)
    arrays[len(_KEY) + len(_BORN) - 1] = [
        unit.created_at.astimezone(zone).strftime("%Y%m%d") for unit in units
    ]
    return arrays


async def take(tx: Tx, ids: Sequence[UUID]) -> list[Unit]:
    """Own these units for the rest of the transaction and return them in id order.

    The advisory locks come first because they assign no transaction id: the log's order per
    unit holds only if the id is assigned after the units are owned.
    """
    await tx.execute(
        "SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) WITH ORDINALITY AS l(key, n)"
        " ORDER BY n",
        [lock_key(unit) for unit in sorted(ids)],
    )
    return await read(tx, ids)


async def take_free(tx: Tx, ids: Sequence[UUID]) -> list[Unit]:
    """Own those of the units that nobody else owns now, and return them in id order."""
    keys = {lock_key(unit): unit for unit in sorted(ids)}
    rows = await tx.fetch(
        "SELECT key FROM unnest($1::bigint[]) AS l(key) WHERE pg_try_advisory_xact_lock(key)",
        list(keys),
    )
    return await read(tx, [keys[row["key"]] for row in rows])


def lock_key(unit: UUID) -> int:
    """Return the unit's key among PostgreSQL's advisory locks: its random half."""
    return int.from_bytes(unit.bytes[8:], "big", signed=True)


def lock_key_of(column: str) -> str:
    """Return what makes the same key of a column with a unit's id."""
    return f"('x' || right(replace({column}::text, '-', ''), 16))::bit(64)::bigint"


async def read(tx: Tx, ids: Sequence[UUID]) -> list[Unit]:
    """Return these units, as far as they exist, in id order."""
    rows = await tx.fetch(f"{READ} WHERE id = ANY($1) ORDER BY id", list(ids))
    return [unit_of(row) for row in rows]


async def by_number(tx: Tx, number: str) -> UnitId | None:
    """Return the id of the unit of a number such as 500103-20261121-00042."""
    found: UnitId | None = await tx.value("SELECT id FROM unit WHERE number = $1", number)
    return found


async def tasks_of(tx: Tx, parents: Sequence[UUID]) -> list[Unit]:
    """Return the tasks of these units, in the order of their plans."""
    rows = await tx.fetch(f"{READ} WHERE parent = ANY($1) ORDER BY task, id", list(parents))
    return [unit_of(row) for row in rows]


async def linked(tx: Tx, unit: UUID) -> list[Unit]:
    """Return a unit's tasks, what was merged into it, and what came back after it was closed."""
    rows = await tx.fetch(
        f"{READ} WHERE parent = $1 OR merged_into = $1 OR recurs = $1 ORDER BY task, id", unit
    )
    return [unit_of(row) for row in rows]


async def has_merged(tx: Tx, unit: UUID) -> bool:
    """Tell whether anything was merged into a unit."""
    found = await tx.value("SELECT EXISTS (SELECT 1 FROM unit WHERE merged_into = $1)", unit)
    return bool(found)


async def codes_in_use(tx: Tx) -> tuple[set[str], set[str]]:
    """Return the organisations and the areas that open units stand with."""
    row = await tx.first(
        """
        SELECT array_agg(DISTINCT holder) || array_agg(DISTINCT centre) AS bodies,
               array_agg(DISTINCT coalesce(nullif(grid, ''), nullif(community, ''),
                                           nullif(street, ''), district)) AS areas
        FROM unit WHERE desk IS NOT NULL
        """
    )
    bodies, areas = (row["bodies"], row["areas"]) if row else (None, None)
    return set(bodies or ()), set(areas or ()) - {""}


async def open_homes(tx: Tx) -> dict[str, int]:
    """Return the homes that have open units, with how many."""
    rows = await tx.fetch(
        """
        SELECT home, count(*) AS units FROM unit
        WHERE desk IS NOT NULL GROUP BY home ORDER BY home
        """
    )
    return {row["home"]: row["units"] for row in rows}


async def open_in(tx: Tx, home: str) -> list[UUID]:
    """Return a home's open units, in id order."""
    rows = await tx.fetch(
        "SELECT id FROM unit WHERE home = $1 AND desk IS NOT NULL ORDER BY id", home
    )
    return [row["id"] for row in rows]


async def open_tasks(tx: Tx, parent: UnitId, home: str) -> int:
    """Count a unit's tasks that are still open."""
    return int(
        await tx.value(
            "SELECT count(*) FROM unit WHERE parent = $1 AND home = $2 AND desk IS NOT NULL",
            parent,
            home,
        )
    )


async def save(tx: Tx, units: Sequence[Unit]) -> None:
    """Write units as they now stand; they are owned."""
    await tx.execute(_UPDATE, *CHANGES.arrays(units))


def unit_of(row: Mapping[str, Any] | asyncpg.Record) -> Unit:
    """Build the unit a row stands for."""
    values: dict[str, Any] = dict(row)
    del values["pressing"], values["light"]
    place = Place(*(values.pop(name) for name in ("district", "street", "community", "grid")))
    level, stage, grade = values["level"], values["stage"], values["satisfaction"]
    was, longitude, latitude = values["was"], values.pop("longitude"), values.pop("latitude")
    values |= {
        "place": place,
        "kind": Kind(values["kind"]),
        "clause": Clause(values["clause"]),
        "state": State(values["state"]),
        "urgency": Urgency(values["urgency"]),
        "level": Tier(level) if level else None,
        "stage": ClockName(stage) if stage else None,
        "spot": Spot(longitude, latitude) if longitude is not None else None,
        "satisfaction": Grade(grade) if grade else None,
        "was": State(was) if was else None,
        "pending": tuple(_pending(one) for one in values["pending"]),
        "route": tuple(values["route"]),
        "raised": tuple(values["raised"]),
    }
    return Unit(**values)


def _pending(kept: dict[str, Any]) -> Pending:
    kind, route = RequestKind(kept["kind"]), tuple(kept["route"])
    account, by, desk = AccountId(UUID(kept["account"])), kept["organisation"], kept["desk"]
    return Pending(RequestId(UUID(kept["id"])), kind, route, account, by, desk)
