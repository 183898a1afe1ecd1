"""`yiguan serve` with a clock that runs faster, from the moment given: PORT SECONDS."""

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from typing_extensions import override

from app.cli.serve import serving
from app.now import Clock
from app.settings import Settings

SPEED = 20


@dataclass(frozen=True)
class QuickClock(Clock):
    """Tells a time that is the same in every process; `since` is the real second it began at."""

    since: float

    @override
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.since + (time.time() - self.since) * SPEED, UTC)

    @override
    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds() / SPEED


if __name__ == "__main__":
    port, since = int(sys.argv[1]), float(sys.argv[2])
    settings = Settings.of(os.environ)
    asyncio.run(serving(settings, QuickClock(since), host="127.0.0.1", port=port, works=False))
