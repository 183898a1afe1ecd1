"""The clock of the played day: slow while the city works, quick until the real present."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from typing_extensions import override

from app.now import Clock


@dataclass(frozen=True, kw_only=True)
class PlayedDay(Clock):
    """Stands at `opening` until it begins; then two paces lead to the real present.

    `daytime` and `night` are how long, really, it takes from the opening to the evening and
    from there to the present: one pace for both would squeeze the day that a weekend or a
    holiday follows into a few seconds.
    """

    opening: datetime
    evening: datetime
    daytime: timedelta
    night: timedelta
    _begun: list[datetime] = field(default_factory=list)

    def begin(self) -> None:
        """Let the day run from now on."""
        self._begun.append(datetime.now(UTC))

    @property
    def has_ended(self) -> bool:
        """The clock has caught up with the real present."""
        return bool(self._begun) and datetime.now(UTC) >= self._begun[0] + self.daytime + self.night

    @override
    def now(self) -> datetime:
        real = datetime.now(UTC)
        if not self._begun:
            return self.opening
        played = real - self._begun[0]
        if played <= self.daytime:
            shown = self.opening + (self.evening - self.opening) * (played / self.daytime)
        else:
            shown = self.evening + self._span_of_night * ((played - self.daytime) / self.night)
        return min(shown, real)

    @override
    def real_seconds(self, span: timedelta) -> float:
        real = datetime.now(UTC)
        until = self.now() + span
        # The played clock never runs ahead of the real one.
        return (max(self._shown_at(until), until) - real).total_seconds()

    def _shown_at(self, moment: datetime) -> datetime:
        """Return when, really, the clock would show a moment if nothing held it back."""
        begun = self._begun[0] if self._begun else datetime.now(UTC)
        if moment <= self.evening:
            day = self.evening - self.opening
            return begun + self.daytime * ((moment - self.opening) / day)
        return begun + self.daytime + self.night * ((moment - self.evening) / self._span_of_night)

    @property
    def _span_of_night(self) -> timedelta:
        begun = self._begun[0] if self._begun else datetime.now(UTC)
        return begun + self.daytime + self.night - self.evening
