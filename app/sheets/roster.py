"""The roster sheet (值班表): who is on duty in which body, from when to when."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from app.domain.organisation import OrganisationCode
from app.domain.roster import Shift
from app.sheets import table
from app.sheets.cells import Cells
from app.sheets.faults import Faults
from app.sheets.rows import read

COLUMNS: Final = ("organisation", "person", "phone", "from", "to")
NAME_LENGTH: Final = 60
PHONE_LENGTH: Final = 40


def parse(path: Path, organisations: Collection[str], zone: str) -> tuple[Shift, ...]:
    """Return the shifts in the sheet's order; times without an offset are the city's own.

    Raises BadSheet with every fault of the file.
    """
    faults = Faults(path.name)
    shifts = [
        _shift(Cells(row, faults), organisations, ZoneInfo(zone))
        for row in read(path, COLUMNS, faults)
    ]
    faults.refuse()
    return tuple(shift for shift in shifts if shift is not None)


def _shift(cells: Cells, organisations: Collection[str], zone: ZoneInfo) -> Shift | None:
    code = cells.code("organisation")
    if code and code not in organisations:
        cells.note("organisation", f"没有单位 {code}", f"no organisation {code}")
    person = cells.text("person", most=NAME_LENGTH)
    phone = cells.text("phone", most=PHONE_LENGTH, needed=False)
    starts_at, ends_at = _moment(cells, "from", zone), _moment(cells, "to", zone)
    if starts_at is None or ends_at is None:
        return None
    if ends_at <= starts_at:
        cells.note("to", "应晚于 from", "must be later than from")
    return Shift(OrganisationCode(code), person, phone, starts_at, ends_at)


def _moment(cells: Cells, column: str, zone: ZoneInfo) -> datetime | None:
    text = cells.text(column).replace("/", "-")
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        cells.note(column, f"“{text}”应为时间, 如 2026-01-31 08:00", "expected a time")
        return None
    return moment.replace(tzinfo=zone) if moment and moment.tzinfo is None else moment


def write(path: Path, shifts: Iterable[Shift], zone: str) -> None:
    """Write the sheet in the city's own time."""
    table.write(path, COLUMNS, [_row(shift, ZoneInfo(zone)) for shift in shifts])


def _row(shift: Shift, zone: ZoneInfo) -> Sequence[str]:
    times = (shift.starts_at, shift.ends_at)
    from_, to = (at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") for at in times)
    return (shift.organisation, shift.person, shift.phone, from_, to)
