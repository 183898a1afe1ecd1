"""Retiming: units whose limits run follow a calendar that was published or changed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog

from app.domain.clock import Clock
from app.domain.filing import Filed
from app.domain.retiming import retimed, terms_now
from app.domain.rulebook import Part, Rulebook
from app.domain.unit import Unit
from app.flows.advance import write
from app.store import clocks, units
from app.store.database import Tx

log = structlog.get_logger()


async def follow(tx: Tx, ids: Sequence[UUID], rulebook: Rulebook, *, now: datetime) -> int:
    """Count the running limits of these units by the calendar in force; returns how many moved.

    Each that moves gets one step. The same may be done again after a failure.
    """
    owned = await units.take(tx, ids)
    running = await clocks.of_units(tx, [unit.id for unit in owned])
    found = [_retimed(unit, running.get(unit.id, ()), rulebook, now) for unit in owned]
    changes = [change for change in found if change is not None]
    if changes:
        await write(tx, changes)
    return len(changes)


def _retimed(
    unit: Unit, running: Sequence[Clock], rulebook: Rulebook, now: datetime
) -> Filed | None:
    """Return what the calendar makes of one unit; one that cannot be judged stops no other."""
    if unit.desk is None:
        return None
    try:
        terms = terms_now(unit, rulebook)
        return retimed(unit, running, terms, at=now, version=rulebook.parts[Part.CALENDAR])
    except (LookupError, ValueError):
        log.exception("unit_not_retimed", unit=unit.number)
        return None
