"""The tail: one reader of the log for the process; streams and waiting requests park on it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final

import structlog

from app.api.frames import Told
from app.api.metrics import Metrics
from app.api.waiting import Follower, Registry, Watch
from app.domain.errors import DomainError, Unavailable
from app.domain.feed import START, Cursor, Line, Position, Selection, codes_of
from app.store import feed
from app.store.database import Database, Tx

BUSY: Final = 0.02
IDLE: Final = 0.15
"""Seconds between looks at the log: while there is news, and after a while without any."""
LINGER: Final = 5.0
"""Seconds to go on looking when nobody waits any more: most come back at once."""
PAUSE: Final = 0.5
"""Seconds to leave a database alone that is away."""
READY: Final = 10.0
"""Seconds that somebody who comes waits for the tail to know where it stands."""
PAGE: Final = 1000
EVERYBODY: Final = "*"
"""What a follower is found by for lines that are of no unit."""

log = structlog.get_logger()


class Tail:
    """Reads the log for as long as somebody waits for what comes."""

    def __init__(self, database: Database, metrics: Metrics, now: Callable[[], datetime]) -> None:
        self._database = database
        self._metrics = metrics
        self._now = now
        self._watches: Registry[Watch] = Registry()
        self._followers: Registry[Follower] = Registry()
        self._wanted = asyncio.Event()
        self._ready = asyncio.Event()
        self._is_over = False
        self._left_at: float | None = -LINGER
        self._forget()

    def _forget(self) -> None:
        self._ready.clear()
        self.position: Position | None = None
        """Everything up to here has been given out; None: nobody waits, and nobody looks."""
        self._since: str | None = None
        """The snapshot of the last look; None: what came since is not known."""
        self._newest = START
        self._horizon = START

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Read meanwhile."""
        reader = asyncio.create_task(self._read_for_ever())
        try:
            yield
        finally:
            self.close()
            reader.cancel()
            with suppress(asyncio.CancelledError):
                await reader

    def close(self) -> None:
        """Have everybody who waits go: the service stops."""
        self._is_over = True
        for waiting in (*self._watches.all, *self._followers.all):
            waiting.end()

    @asynccontextmanager
    async def watch(self, codes: Collection[str] | None) -> AsyncGenerator[Watch]:
        """Be told of what is committed from now on, at once, whatever still runs before it.

        `codes` are organisations and areas: a unit's holder, centre, district, street, community
        and grid, before and after a change, who made it and whom its line names; None stands for
        everything; `domain.feed.codes_of` makes them of a scope. Whoever then looks at the store
        sees at least what they were woken for. Raises Unavailable.
        """
        watch = Watch()
        try:
            with self._watches.holding(watch, codes):
                await self._joined(watch)
                watch.begin()
                yield watch
        finally:
            self._count()

    @asynccontextmanager
    async def follow(self, of: Selection) -> AsyncGenerator[Follower]:
        """Get the lines that are settled from now on, in their order. Raises Unavailable."""
        follower = Follower(of)
        codes = codes_of(of.scope) if of.scope else None
        own = {str(of.scope.account)} if of.scope and of.scope.account else set()
        keys = None if codes is None else {EVERYBODY, *codes, *own}
        try:
            with self._followers.holding(follower, keys):
                await self._joined(follower)
                follower.joined = self.position or START
                yield follower
        finally:
            self._count()

    def behind(self, cursor: Cursor) -> Cursor:
        """Return the cursor of who has had everything the tail has given out."""
        position = max(self.position or START, cursor.position)
        return cursor.onward(position, self._horizon, at=self._now(), is_last=True)

    async def _joined(self, waiting: Watch) -> None:
        """Return when the tail reads, and knows where it stands."""
        self._wanted.set()
        self._count()
        if self._is_over:
            waiting.end()
        try:
            async with asyncio.timeout(READY):
                await self._ready.wait()
        except TimeoutError:
            raise Unavailable(
                zh="暂时读不到变更流, 请稍后重试", en="the feed cannot be read now; try again"
            ) from None

    def _count(self) -> None:
        self._metrics.tail_readers.set(len(self._watches.all) + len(self._followers.all))

    async def _read_for_ever(self) -> None:
        delay = BUSY
        while True:
            if self._is_left_alone():
                self._forget()
                self._wanted.clear()
                await self._wanted.wait()
            try:
                async with self._database.reading() as tx:
                    is_busy = await self._turn(tx)
            except DomainError as error:
                log.warning("tail_waits", error=error.en)
                await self._broken()
            except Exception:
                # Nobody would be told anything any more.
                log.exception("tail_failed")
                await self._broken()
            else:
                delay = BUSY if is_busy else min(delay * 1.5, IDLE)
                await self._pause(delay)

    def _is_left_alone(self) -> bool:
        if self._watches.all or self._followers.all:
            self._left_at = None
            return False
        now = asyncio.get_running_loop().time()
        self._left_at = now if self._left_at is None else self._left_at
        return now >= self._left_at + LINGER

    async def _broken(self) -> None:
        """Wait a little; what came meanwhile is found by reading on from the position."""
        self._since = None
        await asyncio.sleep(PAUSE)

    async def _pause(self, delay: float) -> None:
        """Wait for the next look: less long if this process itself commits something."""
        await asyncio.sleep(BUSY)
        if delay > BUSY:
            with suppress(TimeoutError):
                async with asyncio.timeout(delay - BUSY):
                    await self._database.committed.wait()
        self._database.committed.clear()

    async def _turn(self, tx: Tx) -> bool:
        """Look for news once; tells whether there was any, or some still waits for others."""
        if self._since is None:
            await self._begin(tx)
            return True
        self._metrics.tail_looks.inc()
        news = await feed.news(tx, self._since, most=PAGE)
        self._since = news.snapshot
        if news.newest is not None:
            self._newest = max(self._newest, news.newest)
            self._wake(news.codes)
        if self._newest >= self._horizon and news.horizon > self._horizon:
            await self._read(tx)
        return news.newest is not None or self._newest > self._horizon

    async def _begin(self, tx: Tx) -> None:
        """Find out where the tail stands: anew, or after the database was away."""
        self._since = await feed.snapshot(tx)
        if self.position is None:
            self.position = await feed.latest(tx)
        await self._read(tx)
        # What lies above the horizon now was not looked for.
        self._newest = self._horizon
        self._wake(None)
        self._ready.set()

    async def _read(self, tx: Tx) -> None:
        """Give out everything below the horizon."""
        is_last = False
        while not is_last:
            self._metrics.tail_looks.inc()
            batch = await feed.read(tx, self.position or START, limit=PAGE)
            self._give(batch.lines)
            self.position, is_last = batch.end, batch.is_last
            self._horizon = batch.horizon

    def _wake(self, codes: Collection[str] | None) -> None:
        for watch in self._watches.all if codes is None else self._watches.found(codes):
            watch.wake()

    def _give(self, lines: Sequence[Line]) -> None:
        for line in lines:
            told = Told(line)
            for follower in self._followers.found(_keys(line)):
                if follower.of.wants(line):
                    follower.give(told)
        if lines:
            self._metrics.tail_lag.set((self._now() - lines[-1].at).total_seconds())


def _keys(line: Line) -> set[str]:
    """Return by what those are found whom a line may concern."""
    reporter = [str(line.unit.reporter)] if line.unit else [EVERYBODY]
    return {*reporter, *(line.before or ()), *(line.after or ())}
