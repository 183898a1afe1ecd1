"""Why a unit's deadlines are what they are: every clock with its arithmetic, from stored facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.domain.calendar import Calendar, Deadline
from app.domain.calendars import calendar_of
from app.domain.chronicle import Run, happenings, runs
from app.domain.clock import Clock, stage_at
from app.domain.reckoning import Line, counted, reckon
from app.domain.responsibility import Entry, Stage
from app.domain.rulebook import Part, Rulebook
from app.domain.unit import ClockName, Step, Unit
from app.flows.rulebook import Library
from app.store import clocks as clock_store
from app.store import parts, rulebooks
from app.store import steps as step_store
from app.store.database import Tx
from app.store.rulebooks import Reign

LONG: Final = 10_000
"""More lines than the log of any unit has."""


@dataclass(frozen=True, slots=True)
class Told:
    """A time a clock ran, day by day, by the version of the calendar that counted it.

    Of the one that still runs the lines go on to the deadline; `seconds` are those so far.
    """

    run: Run
    calendar: int
    seconds: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """A clock, all its runs and what changed it; `used` is what it has spent by now.

    `amiss` are spent seconds that the calendars known today would not count in these runs:
    what was stored when a run ended stays a fact.
    """

    clock: Clock
    calendar: Calendar
    version: int
    used: int
    runs: tuple[Told, ...]
    happenings: tuple[Step, ...]
    stages: tuple[tuple[Stage, Deadline], ...] = ()

    @property
    def amiss(self) -> int:
        """Return how many seconds more were stored than the ended runs count today."""
        ended = sum(one.seconds for one in self.runs if one.run.until is not None)
        return self.clock.spent - ended


async def of_unit(tx: Tx, library: Library, unit: Unit, *, now: datetime) -> tuple[Story, ...]:
    """Return the story of each of a unit's clocks."""
    rulebook = library.current(now).rulebook
    running = (await clock_store.of_units(tx, [unit.id])).get(unit.id, ())
    log = await step_store.of_unit(tx, unit.id, limit=LONG)
    reigns = await rulebooks.reigns(tx, Part.CALENDAR)
    past = {clock: runs(clock, log) for clock in running}
    ends = {run.until for known in past.values() for run in known if run.until is not None}
    present = rulebook.parts[Part.CALENDAR]
    wanted = {_reigning(reigns, end, present) for end in ends} - {present}
    calendars = {present: rulebook.calendar, **await _calendars(tx, wanted)}
    almanac = _Almanac(rulebook, reigns, calendars)
    entry = None
    if unit.entry is not None and unit.task is None:
        entry = (await library.at(tx, unit.rulebook)).rulebook.list[unit.entry]
    return tuple(
        replace(
            _story(clock, past[clock], happenings(clock, log), almanac, now),
            stages=_stages(clock, entry, almanac),
        )
        for clock in running
    )


def _stages(
    clock: Clock, entry: Entry | None, almanac: "_Almanac"
) -> tuple[tuple[Stage, Deadline], ...]:
    """Return what the list wants reached on the way to a disposal, each with its moment."""
    if clock.name is not ClockName.DISPOSE or entry is None:
        return ()
    calendar = almanac.of(clock.calendar, almanac.present)
    return tuple((stage, stage_at(clock, stage.limit, calendar)) for stage in entry.stages)


async def _calendars(tx: Tx, versions: set[int]) -> Mapping[int, Calendar]:
    """Return earlier calendars: what they counted stays what it was."""
    contents = await rulebooks.part_contents(tx, Part.CALENDAR, versions)
    return {number: parts.decode(Part.CALENDAR, content) for number, content in contents.items()}


def _reigning(reigns: Sequence[Reign], at: datetime, present: int) -> int:
    """Return the version of the calendar that was in force at a moment."""
    earlier = [reign.part for reign in reigns if reign.since <= at]
    return earlier[-1] if earlier else present


@dataclass(frozen=True, slots=True)
class _Almanac:
    """The calendars of all times, by their versions."""

    rulebook: Rulebook
    reigns: Sequence[Reign]
    calendars: Mapping[int, Calendar]

    @property
    def present(self) -> int:
        """The version in force."""
        return self.rulebook.parts[Part.CALENDAR]

    def version(self, run: Run) -> int:
        """Return the version that counts a run: that of its end."""
        present = self.present
        return present if run.until is None else _reigning(self.reigns, run.until, present)

    def of(self, code: str, version: int) -> Calendar:
        """Return the calendar of a body or an area, as it was in a version."""
        book = self.rulebook
        return calendar_of(code, self.calendars[version], book.areas, book.organisations)


def _story(
    clock: Clock, past: Sequence[Run], changes: tuple[Step, ...], almanac: _Almanac, now: datetime
) -> Story:
    calendar = almanac.of(clock.calendar, almanac.present)
    used = clock.spent
    if clock.running_since is not None:
        used += calendar.elapsed(clock.running_since, now, clock.basis)
    told = tuple(_told(clock, run, almanac, now) for run in past)
    return Story(clock, calendar, almanac.present, used, told, changes)


def _told(clock: Clock, run: Run, almanac: _Almanac, now: datetime) -> Told:
    version = almanac.version(run)
    is_known = run.holder in almanac.rulebook.organisations
    calendar = almanac.of(run.holder if is_known else clock.calendar, version)
    city = almanac.calendars[version]
    if run.until is not None:
        lines = reckon(calendar, run.since, run.until, clock.basis, city=city)
        return Told(run, version, counted(lines), lines)
    left = max(clock.limit - clock.spent, 0)
    lines = reckon(calendar, run.since, left, clock.basis, city=city)
    return Told(run, version, calendar.elapsed(run.since, now, clock.basis), lines)
