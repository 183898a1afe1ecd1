"""The clock of the played day: slow while the city works, quick until the real present."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from typing_extensions import override

from app.now import Clock

SHORTEST: Final = 0.02
"""Real seconds that a sleeper lets pass before looking at the clock again."""


@dataclass
class Hands:
    """What moves: when the day began, and how long its clock has been stopped since."""

    begun: datetime | None = None
    stopped: datetime | None = None
    lost: timedelta = timedelta(0)

    def gone(self, real: datetime) -> timedelta:
        """Return for how long the clock has been going."""
        if self.begun is None:
            return timedelta(0)
        return (self.stopped or real) - self.begun - self.lost


@dataclass(frozen=True, kw_only=True)
class PlayedDay(Clock):
    """Stands at `opening` until it begins; then two paces lead to the real present.

    `daytime` and `night` are how long, really, it takes from the opening to the evening and
    from there to the present: one pace for both would squeeze the day that a weekend or a
    holiday follows into a few seconds. It can be stopped, so that a slow machine plays a
    long day and not a late one.
    """

    opening: datetime
    evening: datetime
    daytime: timedelta
    night: timedelta
    _hands: Hands = field(default_factory=Hands)

    def begin(self) -> None:
        """Let the day run from now on."""
        self._hands.begun = datetime.now(UTC)

    def stop(self) -> None:
        """Stand still, if it has begun."""
        if self._hands.begun is not None and self._hands.stopped is None:
            self._hands.stopped = datetime.now(UTC)

    def go(self) -> None:
        """Go on, if it was stopped."""
        if self._hands.stopped is not None:
            self._hands.lost += datetime.now(UTC) - self._hands.stopped
            self._hands.stopped = None

    @property
    def has_ended(self) -> bool:
        """The clock has caught up with the real present."""
        return self._hands.gone(datetime.now(UTC)) >= self.daytime + self.night

    @override
    def now(self) -> datetime:
        real = datetime.now(UTC)
        gone = self._hands.gone(real)
        if gone <= self.daytime:
            shown = self.opening + (self.evening - self.opening) * (gone / self.daytime)
        else:
            span = self._span_of_night(real, gone)
            shown = self.evening + span * ((gone - self.daytime) / self.night)
        return min(shown, real)

    @override
    async def sleep(self, span: timedelta) -> None:
        until = self.now() + span
        while (left := until - self.now()) > timedelta(0):  # noqa: ASYNC110 - clocks set no event
            await asyncio.sleep(max(self.real_seconds(left), SHORTEST))

    @override
    def real_seconds(self, span: timedelta) -> float:
        real = datetime.now(UTC)
        until = self.now() + span
        gone = self._hands.gone(real)
        shown_at = real - gone + self._gone_at(until, self._span_of_night(real, gone))
        # The played clock never runs ahead of the real one.
        return (max(shown_at, until) - real).total_seconds()

    def _gone_at(self, moment: datetime, night: timedelta) -> timedelta:
        """Return how long the clock has to go to show a moment, if nothing holds it back."""
        if moment <= self.evening:
            day = self.evening - self.opening
            return self.daytime * ((moment - self.opening) / day)
        return self.daytime + self.night * ((moment - self.evening) / night)

    def _span_of_night(self, real: datetime, gone: timedelta) -> timedelta:
        """Return from the evening to the real present as it will be when the clock gets there."""
        return real - gone + self.daytime + self.night - self.evening
