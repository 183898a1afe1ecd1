"""The play: reports come in as the day goes, and their units are worked until the present."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from app.demo import reports
from app.demo.casework import Town
from app.demo.people import Duty
from app.demo.reports import ZONE, Report
from app.demo.service import Json, RefusalError
from app.demo.watch import Figures, Watch

LOOK: Final = 0.5
"""Real seconds between two looks of the watch."""
PAUSE: Final = 1.0
"""Real seconds between two of the reports that are left to the onlooker."""
_SLACK: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class Outcome:
    """What a play came to; `events` and `figures` as the service told them afterwards."""

    events: int
    lost: int
    figures: Figures
    tally: Counter[str]
    refusals: Sequence[str]
    first_closed: float | None
    """Real seconds from the opening to the first closed unit."""

    @property
    def line(self) -> str:
        """The one line that a script reads."""
        told = self.figures
        return (
            f"demo: events={self.events} units={told.units} closed={told.closed} "
            f"overdue={told.overdue} raised={told.raised} lost={self.lost}"
        )


@dataclass
class Play:
    """One played day; `city` is the code of the city's area."""

    town: Town
    watch: Watch
    city: str
    show: Callable[[Figures, int], None]
    posted: list[str] = field(default_factory=list)
    first_closed: float | None = None

    async def run(self, day: Sequence[Report]) -> Outcome:
        """Play the reports until the clock has caught up with the present."""
        town = self.town
        draw = random.Random(town.seed)  # noqa: S311 - a play, not a secret
        date = town.clock.opening.astimezone(ZONE).date()
        town.clock.begin()
        people = [
            asyncio.create_task(self._report(report, report.on(date), draw.getrandbits(64)))
            for report in day
        ]
        try:
            await self._look_on()
        finally:
            for person in people:
                person.cancel()
            ended = await asyncio.gather(*people, return_exceptions=True)
        _raise_first(ended)
        return await self._outcome()

    async def _look_on(self) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while not self.town.clock.has_ended:
            figures = await self.watch.look()
            if figures.closed and self.first_closed is None:
                self.first_closed = loop.time() - begun
            self.show(figures, len(self.posted))
            await asyncio.sleep(LOOK)

    async def _report(self, report: Report, at: datetime, bits: int) -> None:
        """Make a report at its time, and see to whatever the service makes of it."""
        clock = self.town.clock
        await clock.sleep(at - clock.now())
        unit = await self._post(report, at, bits)
        if unit is None:
            return
        was_sure = unit["state"] != "triage"
        self.town.tally["straight" if was_sure else "triaged"] += 1
        await self.town.work(unit)

    async def leave(self, morning: Sequence[Report]) -> None:
        """Make reports that nobody works: they are for whoever looks on."""
        draw = random.Random(self.town.seed)  # noqa: S311 - a play, not a secret
        for report in morning:
            await self._post(report, self.town.clock.now(), draw.getrandbits(64))
            await asyncio.sleep(PAUSE)

    async def _post(self, report: Report, at: datetime, bits: int) -> Json | None:
        """Make a report and return its unit; None if it is refused."""
        identifier = reports.uuid7(at, random.Random(bits))  # noqa: S311 - a play, not a secret
        try:
            key = await self._reporter(report)
            sent = reports.body(report, at, identifier)
            answer = await self.town.service.post("/v1/events", key, sent)
        except RefusalError as refusal:
            self.town.refusals.append(str(refusal))
            return None
        self.posted.append(answer["event"])
        unit: Json = answer["unit"]
        return unit

    async def _reporter(self, report: Report) -> str:
        """Return the key of who reports: a grid team, or a centre's machine."""
        people = self.town.people
        if report.is_of_grid_team:
            return await people.key(f"{report.place}-WG", "grid_team", Duty.REPORT)
        return await people.key(f"{report.place[:6] or self.city}-ZX", "centre", Duty.REPORT)

    async def _outcome(self) -> Outcome:
        figures = await self.watch.look_afresh()
        found = await self.watch.found(self.posted)
        return Outcome(
            events=found,
            lost=len(self.posted) - found,
            figures=figures,
            tally=self.town.tally,
            refusals=self.town.refusals,
            first_closed=self.first_closed,
        )


def evening_of(day: Sequence[Report], opening: datetime) -> datetime:
    """Return when the played day ends: the last report has been looked at, and it is 18:30."""
    date = opening.astimezone(ZONE).date()
    closing = opening.astimezone(ZONE).replace(hour=18, minute=30)
    return max(closing, day[-1].on(date) + _SLACK)


def _raise_first(ended: Sequence[object]) -> None:
    """Raise what a person of the play failed with; being sent home is no failure."""
    for one in ended:
        if isinstance(one, Exception):
            raise one
