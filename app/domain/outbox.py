"""The outbox of an endpoint: what may be sent to it next, and what has to wait for what.

It holds a window of what waits in the database. Moments are seconds of a clock that only goes on.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.domain.answer import Answer, Control, Outcome
from app.domain.feed import Line, Position
from app.domain.retry import next_try

LINGER: Final = 1.0
"""Seconds a batch waits for more."""
CATCH_UP: Final = 0.05
"""Seconds of its rate that a late sender may make good."""
ALONE: Final = 3
"""From which attempt on a message rides alone: what is wrong with it is no others' fault."""

Lane = UUID | Position
"""What keeps its order: a unit's messages. What is about no unit is a lane of its own."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message on its way to an endpoint; `attempts` have failed so far."""

    position: Position
    at: datetime
    unit: UUID | None = None
    attempts: int = 0
    line: Line | None = None
    """What it tells; None where the log no longer has it."""

    @property
    def lane(self) -> Lane:
        """What it keeps its order in."""
        return self.unit or self.position


@dataclass(frozen=True, slots=True)
class Fate:
    """What has become of a parcel: it is done with, dead, or put back until `due_at`."""

    parcel: Parcel
    attempts: int
    """How many attempts have failed now."""
    due_at: datetime | None = None
    is_dead: bool = False

    @property
    def is_done(self) -> bool:
        """It has arrived."""
        return self.due_at is None and not self.is_dead


@dataclass(frozen=True, slots=True)
class Terms:
    """How much an endpoint takes: of `batch` and `rate` an endpoint says more."""

    batch: int = 1
    in_flight: int = 16
    rate: int | None = None

    @property
    def capacity(self) -> int:
        """How many messages its window holds: enough to keep it busy between two looks."""
        return min(max(2 * self.batch * self.in_flight, 256), 4000)


class Outbox:
    """The window of one endpoint.

    Of a unit one request is on its way at a time, and its messages go in their order: the next
    after the one before has arrived or was given up. Units do not wait for each other.
    """

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._lanes: dict[Lane, deque[Parcel]] = {}
        """What waits, by lane; one whose request is on its way stays here, even if empty."""
        self._ready: dict[Lane, float] = {}
        """Lanes of which nothing is on its way, since when: the longest waiting first."""
        self._away: dict[Lane, datetime] = {}
        """Lanes being put back, and until when, while that is not written yet."""
        self._held: set[Position] = set()
        """What it has, and what is concluded while that is not written yet."""
        self._sendable = 0
        self._requests = 0
        self._allowed = 1
        self._free_at = 0.0

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, position: object) -> bool:
        return position in self._held

    @property
    def room(self) -> int:
        """How many more it takes."""
        return max(self.terms.capacity - len(self._held), 0)

    def add(self, parcels: Iterable[Parcel], now: float) -> list[Fate]:
        """Take in what comes next, in order; returns what has to be put back with its unit."""
        barred: list[Fate] = []
        for parcel in parcels:
            if parcel.position in self._held:
                continue
            self._held.add(parcel.position)
            if parcel.lane in self._away:
                barred.append(self._barred(parcel))
            else:
                self._queue(parcel, now)
        return barred

    def _queue(self, parcel: Parcel, now: float) -> None:
        lane = self._lanes.get(parcel.lane)
        if lane is None:
            lane = self._lanes[parcel.lane] = deque()
            self._ready[parcel.lane] = now
        lane.append(parcel)
        if parcel.lane in self._ready:
            self._sendable += 1

    def take(self, now: float) -> tuple[Parcel, ...]:
        """Return what is sent in one request now; nothing if nothing may be."""
        if self.wait(now) != 0:
            return ()
        found = self._gathered() if self.terms.batch > 1 else self._gather(self._next(), 1)
        self._requests += 1
        if self.terms.rate:
            self._free_at = max(self._free_at, now - CATCH_UP) + 1 / self.terms.rate
        return tuple(found)

    def wait(self, now: float) -> float | None:
        """Return in how many seconds something may be sent; None: something must happen first."""
        if not self._ready or self._requests >= min(self._allowed, self.terms.in_flight):
            return None
        moment = self._free_at
        if self.terms.batch > 1 and self._sendable < self.terms.batch:
            moment = max(moment, self._ready[self._next()] + LINGER)
        return max(moment - now, 0)

    def _next(self) -> Lane:
        return next(iter(self._ready))

    def _gather(self, lane: Lane, room: int) -> list[Parcel]:
        """Take what rides together from the front of a lane, of which then all else waits."""
        waiting = self._lanes[lane]
        self._sendable -= len(waiting)
        del self._ready[lane]
        found = [waiting.popleft()]
        while waiting and len(found) < room and self._ride_together(found[0], waiting[0]):
            found.append(waiting.popleft())
        return found

    def _gathered(self) -> list[Parcel]:
        room = self.terms.batch
        found = self._gather(self._next(), room)
        for lane in list(self._ready):
            if len(found) >= room:
                break
            if self._ride_together(found[0], self._lanes[lane][0]):
                found += self._gather(lane, room - len(found))
        return found

    @staticmethod
    def _ride_together(first: Parcel, other: Parcel) -> bool:
        is_usual = first.attempts < ALONE and other.attempts < ALONE
        return is_usual and first.position.epoch == other.position.epoch

    def finish(self, concluded: Sequence[Fate], now: float, *, is_well: bool) -> list[Fate]:
        """Conclude a request; returns what is put back besides, coming behind in the same units.

        A server that keeps up gets more at once; one that does not half of it, at least one.
        """
        self._requests -= 1
        most = self.terms.in_flight
        self._allowed = min(self._allowed + 1, most) if is_well else max(self._allowed // 2, 1)
        self._away |= {fate.parcel.lane: fate.due_at for fate in concluded if fate.due_at}
        besides: list[Fate] = []
        for lane in {fate.parcel.lane: None for fate in concluded}:
            waiting = self._lanes[lane]
            if lane in self._away:
                besides += [self._barred(parcel) for parcel in waiting]
            elif waiting:
                self._ready[lane] = now
                self._sendable += len(waiting)
                continue
            del self._lanes[lane]
        return besides

    def _barred(self, parcel: Parcel) -> Fate:
        return Fate(parcel, parcel.attempts, self._away[parcel.lane])

    def written(self, concluded: Iterable[Fate]) -> None:
        """Learn that the database has it: what it shows of these units from now on counts."""
        for fate in concluded:
            self._held.discard(fate.parcel.position)
            if fate.due_at and self._away.get(fate.parcel.lane) == fate.due_at:
                del self._away[fate.parcel.lane]

    def rest(self, until: float) -> None:
        """Send nothing more before a moment: the server asked for it."""
        self._free_at = max(self._free_at, until)


def fates(
    parcels: Sequence[Parcel],
    answer: Answer,
    schedule: Sequence[int],
    at: datetime,
    *,
    jitter: float,
) -> list[Fate]:
    """Tell what becomes of the parcels of one request; those of one unit are due together."""
    if answer.outcome is Outcome.DELIVERED:
        return [Fate(parcel, parcel.attempts) for parcel in parcels]
    is_final = answer.outcome.is_terminal or answer.control is Control.ABORT
    found: list[Fate] = []
    due: dict[Lane, datetime] = {}
    for parcel in parcels:
        attempt, again = parcel.attempts + 1, None
        if not is_final:
            wait = answer.retry_after
            again = next_try(schedule, attempt, at, jitter=jitter, retry_after=wait)
        if again is not None:
            again = due.setdefault(parcel.lane, again)
        found.append(Fate(parcel, attempt, again, is_dead=again is None))
    return found
