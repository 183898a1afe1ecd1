"""The log of every unit: append-only, and read in the order it was committed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from app.domain.action import Action
from app.domain.feed import Stance, stance_of
from app.domain.organisation import OrganisationCode
from app.domain.unit import State, Step, Unit, UnitId
from app.store.columns import Column, Columns, json
from app.store.database import Tx


@dataclass(frozen=True, slots=True)
class Logged:
    """A line to be written, with how its unit stands after the change it belongs to."""

    step: Step
    after: Stance
    is_first: bool
    """The first line of the change, which tells how the unit stood before."""


def logged(written: Iterable[Unit], lines: Iterable[Step]) -> list[Logged]:
    """Return the lines of units as they are written."""
    stances = {unit.id: stance_of(unit) for unit in written}
    told: set[UnitId] = set()
    found = []
    for line in lines:
        found.append(Logged(line, stances[line.unit], line.unit not in told))
        told.add(line.unit)
    return found


# A row still is as it was before the statement that changes it and writes this.
_BEFORE: Final = f"""CASE WHEN {{}} THEN (
    SELECT ARRAY[{", ".join(f"coalesce({name}, '')" for name in Stance._fields)}]
    FROM unit WHERE unit.id = x.unit AND unit.home = x.home
) END"""

COLUMNS: Final = Columns[Logged](
    (
        Column("home", "text", lambda row: row.step.home),
        Column("at", "timestamptz", lambda row: row.step.at),
        Column("unit", "uuid", lambda row: row.step.unit),
        Column("seq", "integer", lambda row: row.step.seq),
        Column("action", "text", lambda row: row.step.action),
        Column("state", "text", lambda row: row.step.state),
        Column("actor", "uuid", lambda row: row.step.actor),
        Column("organisation", "text", lambda row: row.step.organisation),
        Column("reason", "text", lambda row: row.step.reason),
        Column("data", "text", lambda row: json(row.step.data), "{}::jsonb"),
        Column("after", "text", lambda row: " ".join(row.after), "string_to_array({}, ' ')"),
        Column("before", "boolean", lambda row: row.is_first, _BEFORE),
    )
)


def insertion(first: int = 1) -> str:
    """Return the statement that writes lines to the log, its parameters counted from `first`."""
    return f"""
    INSERT INTO step ({COLUMNS.names}, epoch)
    SELECT {COLUMNS.values}, (SELECT epoch FROM feed_epoch) FROM {COLUMNS.source(first)}
    """


async def of_unit(tx: Tx, unit: UnitId, *, after: int = 0, limit: int) -> list[Step]:
    """Return a unit's log from behind line `after`, the oldest line first."""
    rows = await tx.fetch(
        """
        SELECT unit, home, seq, at, action, state, actor, organisation, reason, data FROM step
        WHERE unit = $1 AND seq > $2 ORDER BY seq LIMIT $3
        """,
        unit,
        after,
        limit,
    )
    return [_step(row) for row in rows]


@dataclass(frozen=True, slots=True)
class LastStep:
    """The newest line of a unit's log of some actions, with the name of who it is by."""

    action: Action
    at: datetime
    organisation: OrganisationCode | None
    actor: str | None


async def last(
    tx: Tx, units: Sequence[UnitId], actions: Collection[Action]
) -> dict[UnitId, LastStep]:
    """Return what was done last to each unit; of what was done at once what a person did."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT ON (s.unit) s.unit, s.action, s.at, s.organisation, a.name
        FROM step s LEFT JOIN account a ON a.id = s.actor
        WHERE s.unit = ANY($1) AND s.action = ANY($2)
        ORDER BY s.unit, s.at DESC, s.actor IS NULL, s.seq DESC
        """,
        list(units),
        list(actions),
    )
    return {
        row["unit"]: LastStep(Action(row["action"]), row["at"], row["organisation"], row["name"])
        for row in rows
    }


_OF_REQUESTS: Final = (Action.SUPPORT, Action.GRANT, Action.REFUSE, Action.WITHDRAW)


async def had(tx: Tx, units: Sequence[UnitId], organisation: OrganisationCode) -> frozenset[UnitId]:
    """Return those of the units that an organisation has had, or has done something to.

    Whom somebody asked for help, and who decided about a request, has not.
    """
    rows = await tx.fetch(
        """
        SELECT DISTINCT unit FROM step
        WHERE unit = ANY($1) AND $2 IN (organisation, data ->> 'holder', data ->> 'from')
            AND action <> ALL($3)
        """,
        list(units),
        organisation,
        _OF_REQUESTS,
    )
    return frozenset(row["unit"] for row in rows)


def _step(row: asyncpg.Record) -> Step:
    values = dict(row)
    return Step(**{**values, "state": State(values["state"]), "action": Action(values["action"])})
