"""The one clock of a deployment: real time, or a played day that ends at the real present."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Clock:
    """Tells the time; the roots build one and hand it down.

    With a `start` in the past it runs `factor` times as fast from there until it has caught
    up with the real present, and at the real pace from then on. Processes given the same
    three values agree.
    """

    factor: float = 1.0
    start: datetime | None = None
    begun: datetime | None = None

    @classmethod
    def playing(cls, start: datetime, factor: float) -> "Clock":
        """Return a clock that starts to play now."""
        return cls(factor, start, datetime.now(UTC))

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        real = datetime.now(UTC)
        if self.start is None or self.begun is None:
            return real
        return min(self.start + (real - self.begun) * self.factor, real)

    async def sleep(self, span: timedelta) -> None:
        """Sleep until `span` of this clock's time has passed."""
        deadline = time.monotonic() + self.real_seconds(span)
        await asyncio.sleep(max(deadline - time.monotonic(), 0))

    def real_seconds(self, span: timedelta) -> float:
        """Return how many real seconds `span` lasts from now on."""
        real = datetime.now(UTC)
        ahead = real - self.now()
        if ahead <= timedelta(0):
            return span.total_seconds()
        # The part before the clock catches up is short, the rest is as long as it is.
        catch_up = ahead / (self.factor - 1) if self.factor > 1 else ahead
        played = min(span, catch_up * self.factor)
        return (played / self.factor + (span - played)).total_seconds()
