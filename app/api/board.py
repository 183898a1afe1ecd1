"""The keeper of the board: begun when a screen is opened, kept up by the log, then left alone."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator, Collection, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from app.api.tail import Tail
from app.api.waiting import Follower, Registry, Watch
from app.domain.action import Action
from app.domain.board import CITY, Board, Inexact
from app.domain.errors import DomainError
from app.domain.feed import Known, Line, Position, Selection
from app.domain.topic import ACTION_OF
from app.store import board as store
from app.store.board import Done
from app.store.database import Database

LINGER: Final = 300.0
"""Seconds that the board is kept up when nobody looks any more."""
BEAT: Final = 5.0
PAUSE: Final = 1.0
"""Seconds to wait before it is begun anew."""
SLICE: Final = 500
"""How many counts are put on the board before others get their turn."""
KEPT: Final = 12
"""How many of an area's last lines are kept."""
QUIET: Final = frozenset(
    {
        Action.CLAIM,
        Action.RELEASE,
        Action.NOTIFY,
        Action.NOTICE,
        Action.RETIME,
        Action.REJUDGE,
        Action.MOVE,
    }
)
"""What is done on the side, and no news to a director."""

log = structlog.get_logger()


class Stale(Exception):
    """The board must be begun anew."""


class Keeper:
    """Keeps one board for the process as long as somebody looks."""

    def __init__(self, database: Database, tail: Tail) -> None:
        self._database, self._tail = database, tail
        self._watches: Registry[Watch] = Registry()
        self._wanted, self._begun = asyncio.Event(), asyncio.Event()
        self._looked_at = 0.0
        self._times = 0
        self._stamps: Counter[str] = Counter()
        self._done: dict[str, deque[Done]] = {}
        self.board: Board | None = None
        """None: nobody has looked for a while, or it is being counted."""

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Keep the board meanwhile."""
        keeping = asyncio.create_task(self._keep_for_ever())
        try:
            yield
        finally:
            self._end()
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping

    @asynccontextmanager
    async def watch(self, codes: Collection[str]) -> AsyncGenerator[Watch]:
        """Be told when something happens in one of these areas, or the board begins."""
        watch = Watch()
        with self._watches.holding(watch, codes):
            self._look()
            yield watch
            self._look()

    async def begun(self) -> None:
        """Return when there is a board; the first who looks has it begun."""
        self._look()
        await self._begun.wait()

    def stamp(self, codes: Collection[str]) -> tuple[int, int]:
        """Return how often the board was begun, and how often something happened in these areas."""
        return self._times, sum(self._stamps[code] for code in codes)

    def done(self, codes: Collection[str]) -> list[Done]:
        """Return the last lines of these areas since the board was begun."""
        return [one for code in codes for one in self._done.get(code, ())]

    def _look(self) -> None:
        self._looked_at = asyncio.get_running_loop().time()
        self._wanted.set()

    def _is_left_alone(self) -> bool:
        is_late = asyncio.get_running_loop().time() > self._looked_at + LINGER
        return is_late and not self._watches.all

    async def _keep_for_ever(self) -> None:
        while True:
            await self._wanted.wait()
            try:
                await self._keep()
            except (DomainError, Inexact, Stale) as error:
                log.warning("board_begun_anew", error=repr(error))
                await asyncio.sleep(PAUSE)
            except Exception:
                log.exception("board_failed")
                await asyncio.sleep(PAUSE)
            finally:
                self._forget()

    def _forget(self) -> None:
        self.board = None
        self._begun.clear()
        self._done.clear()

    async def _keep(self) -> None:
        """Count what is open and follow the log, until nobody looks or the service stops."""
        async with self._tail.follow(Selection()) as follower:
            counting = asyncio.create_task(self._counted())
            try:
                early = await self._gathered(follower, counting)
                board, position, known = await counting
            finally:
                counting.cancel()
            self._tell(board, early, position, known)
            self.board = board
            self._times += 1
            self._begun.set()
            self._wake(None)
            while not self._is_left_alone() and not follower.is_over:
                await follower.changed(BEAT)
                self._tell(board, _taken(follower), position, known)
            self._wanted.clear()
            if follower.is_over:
                self._end()

    async def _counted(self) -> tuple[Board, Position, Known]:
        async with self._database.transaction() as tx:
            position, known, counts = await store.counted(tx)
        board = Board()
        for number, (standing, units) in enumerate(counts):
            board.put(standing, units)
            if number % SLICE == 0:
                await asyncio.sleep(0)
        return board, position, known

    @staticmethod
    async def _gathered(follower: Follower, counting: asyncio.Task[object]) -> list[Line]:
        """Return what comes while the open units are counted."""
        counting.add_done_callback(lambda _: follower.wake())
        found: list[Line] = []
        while not counting.done() and not follower.is_over:
            await follower.changed(BEAT)
            found += _taken(follower)
        return found

    def _tell(self, board: Board, lines: list[Line], position: Position, known: Known) -> None:
        """Follow lines, but for those that were counted already."""
        touched: set[str] = set()
        for line in lines:
            if line.position.epoch != known.epoch:
                raise Stale(line.position)
            if line.position > position and not known.holds(line.position):
                board.tell(line)
            areas = set(_areas(line))
            touched |= areas
            self._note(line, areas)
        if touched:
            self._stamps.update(touched)
            self._wake(touched)

    def _note(self, line: Line, areas: Collection[str]) -> None:
        """Keep a line as the last of its areas."""
        if line.unit is None or (action := ACTION_OF[line.topic]) in QUIET:
            return
        unit = line.unit
        done = Done(
            line.at,
            unit.id,
            line.seq,
            unit.number,
            unit.title,
            action,
            line.organisation,
            line.actor_name,
        )
        for area in areas:
            self._done.setdefault(area, deque(maxlen=KEPT)).append(done)

    def _end(self) -> None:
        """Have everybody who looks go: the service stops."""
        for watch in self._watches.all:
            watch.end()

    def _wake(self, codes: Collection[str] | None) -> None:
        for watch in self._watches.all if codes is None else self._watches.found(codes):
            watch.wake()


def _taken(follower: Follower) -> list[Line]:
    """Return what the follower has; raises Stale where it has lost something."""
    if follower.is_behind:
        raise Stale("behind")
    return [told.line for told in follower.take()]


def _areas(line: Line) -> Iterator[str]:
    """Yield the areas in which a line is told, the city first."""
    if line.unit is not None:
        yield CITY
    for stance in (line.before, line.after):
        if stance is not None:
            yield from (code for code in (stance.district, stance.street) if code)
