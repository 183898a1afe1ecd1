"""Single parts of the rulebook, read without building what routing needs of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from app import data
from app.cli.city import reorganised
from app.cli.root import ZONE, database, run, server
from app.domain.area import Areas
from app.domain.calendar import Calendar
from app.domain.organisation import Organisations
from app.domain.responsibility import Entry, EntryCode
from app.domain.rulebook import Part
from app.domain.whatif import calendar_for
from app.settings import Settings
from app.sheets import areas as area_sheet
from app.sheets import calendar as calendar_sheet
from app.sheets import organisations as organisation_sheet
from app.sheets import responsibility as list_sheet
from app.store import parts, rulebooks

_PLACES = (Part.AREAS, Part.ORGANISATIONS)


@dataclass(frozen=True)
class Shelf:
    """Parts of the rulebook in force, or of the shipped city before any is loaded.

    `versions` are those of the parts; a shipped part or a file's has none.
    """

    contents: Mapping[Part, Any]
    versions: Mapping[Part, int]

    @property
    def calendar(self) -> Calendar:
        """The city's calendar."""
        found: Calendar = self.contents[Part.CALENDAR]
        return found

    @property
    def entries(self) -> Mapping[EntryCode, Entry]:
        """The entries of the list, if it was asked for."""
        return {entry.code: entry for entry in self.contents.get(Part.LIST, ())}

    def calendar_of(self, code: str) -> Calendar:
        """Return the calendar of an area or an organisation; raises Invalid."""
        areas = Areas(self.contents[Part.AREAS])
        bodies = Organisations(self.contents[Part.ORGANISATIONS], _today())
        return calendar_for(code, self.calendar, areas, bodies, field="--for")


def _today() -> date:
    return datetime.now(UTC).astimezone(ZONE).date()


def shelf(*, has_entries: bool, has_places: bool, calendar: Path | None = None) -> Shelf:
    """Return the calendar, and the list, areas and bodies if they are wanted.

    `calendar` is a sheet that is tried in place of the one in force.
    """
    wanted = [Part.CALENDAR] if calendar is None else []
    wanted += [Part.LIST] if has_entries else []
    wanted += _PLACES if has_places else ()
    found = _found(wanted) if wanted else Shelf({}, {})
    if calendar is None:
        return found
    return Shelf({**found.contents, Part.CALENDAR: calendar_sheet.parse(calendar)}, found.versions)


def _found(wanted: list[Part]) -> Shelf:
    settings = Settings.from_environment()
    # Without a home nothing was ever loaded here, and none need be made to look.
    if settings.database_url or settings.home.is_dir():
        with server(settings) as (ready, _):
            stored = run(_stored(ready, wanted))
        if stored is not None:
            return stored
    return Shelf(_shipped(wanted), {})


async def _stored(settings: Settings, wanted: list[Part]) -> Shelf | None:
    async with database(settings) as opened, opened.reading() as tx:
        version = await rulebooks.in_force(tx, now=datetime.now(UTC))
        edition = await rulebooks.edition(tx, version) if version else None
        if edition is None:
            return None
        contents = {
            part: parts.decode(part, await rulebooks.part_content(tx, part, edition.parts[part]))
            for part in wanted
        }
        return Shelf(contents, {part: edition.parts[part] for part in wanted})


def _shipped(wanted: list[Part]) -> Mapping[Part, Any]:
    found: dict[Part, Any] = {Part.CALENDAR: calendar_sheet.parse(data.shipped(Part.CALENDAR))}
    if Part.AREAS in wanted:
        areas = area_sheet.parse(data.shipped(Part.AREAS))
        bodies = organisation_sheet.parse(data.shipped(Part.ORGANISATIONS), Areas(areas))
        found[Part.AREAS], found[Part.ORGANISATIONS] = reorganised(areas, bodies, _today())
    if Part.LIST in wanted:
        functions = data.functions()
        found[Part.LIST] = list_sheet.parse(data.shipped(Part.LIST), functions=functions)
    return found
