"""Whoever waits for the tail: woken by the codes that something touches, or given lines."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Collection, Generator, Iterable
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final, Generic, TypeVar

from starlette.types import Receive

from app.api.frames import Told
from app.domain.feed import START, Selection

LONGEST: Final = 30
"""Seconds that a request may wait."""
BUFFER: Final = 1000
"""How many lines a reader may be behind."""


class Watch:
    """Somebody who waits for changes that touch certain codes."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()
        self.is_over = False
        """The service stops: nothing more will come."""

    def wake(self) -> None:
        """Say that something changed."""
        self._woken.set()

    def begin(self) -> None:
        """Count from now on: nobody has looked at the store before."""
        if not self.is_over:
            self._woken.clear()

    def wake_with(self, task: asyncio.Task[None]) -> None:
        """Wake when a task is done, too."""
        task.add_done_callback(lambda _: self.wake())

    def end(self) -> None:
        """Say that nothing more will come."""
        self.is_over = True
        self._woken.set()

    async def changed(self, seconds: float) -> bool:
        """Wait for a change since the watch began, or since this last said yes; tells if one came.

        One that comes between two calls is kept: look at the store, then wait, and nothing is
        missed. It may come for nothing: look again, and wait for the rest of the time.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        came = self._woken.is_set() and not self.is_over
        if came:
            self._woken.clear()
        return came


class Follower(Watch):
    """Somebody who gets lines in their order, from where the tail stood when they joined."""

    def __init__(self, of: Selection) -> None:
        super().__init__()
        self.of = of
        self.joined = START
        """Everything behind this comes."""
        self.is_behind = False
        """More has come than is kept for one reader, and what was kept is gone."""
        self._lines: deque[Told] = deque()

    def give(self, told: Told) -> None:
        """Put a line by for the reader."""
        if not self.is_behind:
            self._lines.append(told)
        if len(self._lines) > BUFFER:
            self.is_behind = True
            self._lines.clear()
        self.wake()

    def take(self) -> list[Told]:
        """Return the lines put by since the last time."""
        found = list(self._lines)
        self._lines.clear()
        return found


One = TypeVar("One", bound=Watch)


class Registry(Generic[One]):
    """Those who wait, by what they wait for."""

    def __init__(self) -> None:
        self.all: set[One] = set()
        self._of_everything: set[One] = set()
        self._by_key: defaultdict[str, set[One]] = defaultdict(set)

    @contextmanager
    def holding(self, waiting: One, keys: Collection[str] | None) -> Generator[None]:
        """Keep somebody meanwhile who waits for any of these keys; None: for everything."""
        self.all.add(waiting)
        places = [self._of_everything] if keys is None else [self._by_key[key] for key in keys]
        for place in places:
            place.add(waiting)
        try:
            yield
        finally:
            self.all.discard(waiting)
            for place in places:
                place.discard(waiting)
            for key in keys or ():
                if not self._by_key[key]:
                    del self._by_key[key]

    def found(self, keys: Iterable[str]) -> set[One]:
        """Return who waits for any of these keys."""
        by_key = self._by_key
        return self._of_everything.union(*(by_key[key] for key in keys if key in by_key))


@asynccontextmanager
async def leaving(receive: Receive) -> AsyncGenerator[asyncio.Task[None]]:
    """Give a task that is done as soon as whoever asked is gone."""
    gone = asyncio.create_task(_gone(receive))
    try:
        yield gone
    finally:
        gone.cancel()
        with suppress(asyncio.CancelledError):
            await gone


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
