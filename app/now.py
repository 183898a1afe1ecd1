"""The one clock of a deployment; the roots build it and hand it down."""

import asyncio
from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the real time; the demo has one of its own that plays a day (app/demo/day.py)."""

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, span: timedelta) -> None:
        """Sleep until `span` of this clock's time has passed."""
        await asyncio.sleep(self.real_seconds(span))

    def real_seconds(self, span: timedelta) -> float:
        """Return how many real seconds `span` lasts from now on."""
        return span.total_seconds()
