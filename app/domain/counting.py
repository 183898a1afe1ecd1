"""Counting (统计): what one unit's log adds to the measures, as far as it has been read.

A function of the lines alone, and of what never changes about a unit: read again, or read a
few lines at a time, it comes to the same.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, Final

from app.domain.action import Action
from app.domain.feed import Stance
from app.domain.measure import Count
from app.domain.tally import Closing, Due, Facts, Key, Tally, Told, of_closing, of_due
from app.domain.unit import ClockName, Grade, State


def tally(facts: Facts, log: Iterable[Told], zone: tzinfo) -> Tally:
    """Return what a unit's log adds, the days being those of a zone."""
    account = _Account(facts, zone)
    for line in log:
        account.read(line)
    return account.total()


_FINAL_STATES: Final = frozenset(state.value for state in State if state.is_final)
_AT_DESK: Final = frozenset({State.TRIAGE, State.FILED, State.COORDINATING})
"""States in which a centre holds the unit itself."""
_IN_HAND: Final = frozenset(
    {State.DISPATCHED, State.ACCEPTED, State.IN_PROGRESS, State.COORDINATING}
)
_KEPT: Final = _IN_HAND | {State.SUSPENDED, State.RESOLVED, State.VERIFIED}
_UNFILED: Final = frozenset({State.TRIAGE, State.DECLINED, State.CANCELLED, State.MERGED})
_TIMES: Final[Mapping[Action, Count]] = {
    Action.DECLINE: Count.DECLINED,
    Action.CANCEL: Count.CANCELLED,
    Action.MERGE: Count.MERGED,
    Action.SUSPEND: Count.SUSPENDED,
    Action.EXTEND: Count.EXTENDED,
    Action.RESOLVE: Count.RESOLVED,
    Action.REWORK: Count.REWORKS,
    Action.REOPEN: Count.REOPENED,
    Action.REDO: Count.REDONE,
}
"""What is counted each time it is done, for who had the unit."""
_SENT_OUT: Final = frozenset(
    {
        *(Action.DISPATCH, Action.COORDINATE, Action.RULE),
        *(Action.SPLIT, Action.WHISTLE, Action.PASS_DOWN),
    }
)
_RATED: Final[Mapping[str, Count]] = {
    Grade.SATISFIED: Count.SATISFIED,
    Grade.MOSTLY: Count.MOSTLY,
    Grade.UNSATISFIED: Count.UNSATISFIED,
}


class _Account:
    """One unit's log, read line by line."""

    def __init__(self, facts: Facts, zone: tzinfo) -> None:
        self._facts, self._zone = facts, zone
        self._sum: Tally = Counter()
        self._entry = ""
        self._at: datetime | None = None
        self._before: Stance | None = None
        """How it stood before the change that is being read; None: it was not there."""
        self._now: Stance | None = None
        self._place: tuple[str, str, str] | None = None
        """Who has it open, of what kind and entry."""
        self._dues: list[Due] = []
        self._closings: list[Closing] = []
        self._round = (0, 0)
        """Where the dues and closings begin since it was last opened again."""
        self._is_reworked = False
        self._is_declined = self._is_cancelled = False
        self._reported: Key | None = None
        self._filed: tuple[Key, list[Due]] | None = None
        self._handled = False
        self._closed: list[tuple[datetime, Key]] = []
        self._rating: tuple[Key, Count] | None = None

    def read(self, line: Told) -> None:
        """Take in one more line."""
        if line.after is None:
            # From before lines told where a unit stood: nobody can be credited with it.
            return
        if line.begins or self._now is None:
            self._settle()
            self._before = self._now
        self._now, self._at = line.after, line.at
        entry = _entry_in(line.data)
        self._entry = self._entry if entry is None else entry
        if self._reported is None:
            self._begin(line)
        if self._filed is None and line.state not in _UNFILED and self._facts.is_report:
            self._file(line)
        if line.action in _TIMES:
            self._count(_TIMES[line.action], self._key(self._holder, line.at))
        handle = _HANDLE.get(line.action)
        if handle is not None:
            handle(self, line)
        if line.action in _SENT_OUT:
            self._send_out(line)

    def total(self) -> Tally:
        """Return what has come together."""
        self._settle()
        found = Counter(self._sum)
        for due in self._dues:
            found.update(of_due(due))
        for closing in self._closings:
            found.update(of_closing(closing))
        if self._rating is not None:
            found[self._rating] += 1
        if self._reported is not None and self._is_declined and self._facts.is_report:
            found[self._reported, Count.REPORTED_VOID] += 1
        if self._filed is not None:
            key, lates = self._filed
            found[key, Count.FILED_ON_TIME] += all(due.is_exempt for due in lates)
            found[key, Count.FILED_VOID] += self._is_cancelled
        for moment in self._facts.returns:
            closed = [key for at, key in self._closed if at <= moment]
            if closed:
                found[closed[-1], Count.CAME_BACK] += 1
        # A count that came to nothing is nothing.
        return Counter({what: number for what, number in found.items() if number})

    @property
    def _holder(self) -> str:
        """Who had the unit when the change came."""
        stance = self._before or self._now
        return stance.holder if stance else ""

    @property
    def _centre(self) -> str:
        """The centre in charge of a unit that comes in: it has it itself, or is over who has."""
        if self._now is None:
            return ""
        return self._now.holder if self._now.state in _AT_DESK else self._now.centre

    def _key(self, organisation: str, at: datetime) -> Key:
        kind = self._now.kind if self._now else ""
        return Key(
            organisation, at.astimezone(self._zone).date(), self._facts.channel, kind, self._entry
        )

    def _count(self, count: Count, key: Key, number: int = 1) -> None:
        self._sum[key, count] += number

    def _settle(self) -> None:
        """Count what the change read last did to who has the unit open."""
        if self._now is None or self._at is None:
            return
        now, was = self._now, self._place
        is_open = now.state not in _FINAL_STATES
        place = (now.holder, now.kind, self._entry) if is_open else None
        if place != was:
            out, into = Count.HANDED, Count.TAKEN
            if place is None:
                out = Count.ENDED
            if was is None:
                into = Count.OPENED
            self._move(out, was)
            self._move(into, place)
            self._place = place
        self._assign(now)

    def _move(self, count: Count, place: tuple[str, str, str] | None) -> None:
        if place is not None and self._at is not None:
            holder, kind, entry = place
            day = self._at.astimezone(self._zone).date()
            self._count(count, Key(holder, day, self._facts.channel, kind, entry))

    def _assign(self, now: Stance) -> None:
        """Count a unit that has come into the hands of who is to do it."""
        was = self._before
        if self._at is None or now.state not in _IN_HAND:
            return
        is_same = was is not None and was.state in _KEPT and was.holder == now.holder
        if not is_same:
            self._count(Count.ASSIGNED, self._key(now.holder, self._at))

    def _begin(self, line: Told) -> None:
        self._reported = key = self._key(self._centre, line.at)
        if not self._facts.is_report:
            holder = self._now.holder if self._now else ""
            self._count(Count.TASKS, self._key(holder, line.at))
            return
        self._count(Count.REPORTED, key)
        self._count(Count.RECURRING, key, int(self._facts.is_recurring))

    def _file(self, line: Told) -> None:
        key = self._key(self._centre, line.at)
        self._count(Count.FILED, key)
        self._filed = (key, [due for due in self._dues if due.clock is ClockName.TRIAGE])

    def late(self, line: Told) -> None:
        """Take down that a limit has passed: on the day it passed, for whose turn it was."""
        clock = ClockName(line.data["clock"])
        at = datetime.fromisoformat(line.data["mark_at"])
        # A verification done is done: what passes then is the limit of closing.
        is_counted = clock is not ClockName.VERIFY or line.state is not State.VERIFIED
        key = self._key(line.organisation, at)
        self._dues.append(Due(clock, key, is_late=True, is_counted=is_counted))

    def _last_late(self, clock: ClockName) -> Due | None:
        return next(
            (due for due in reversed(self._dues) if due.clock is clock and due.is_late), None
        )

    def _lateness(self, clock: ClockName, line: Told, holder: str) -> Due | None:
        """Return the lateness of a limit that was exceeded when a line was written, else None."""
        if clock not in line.data.get("late", ()):
            return None
        found = self._last_late(clock)
        if found is None:
            found = Due(clock, self._key(holder, line.at), is_late=True)
            self._dues.append(found)
        return found

    def _decide(self, clock: ClockName, line: Told, holder: str) -> Due | None:
        """Take down that what a limit was for is done; returns its lateness, if it was late."""
        late = self._lateness(clock, line, holder)
        if late is None:
            self._dues.append(Due(clock, self._key(holder, line.at), is_late=False, is_done=True))
        return late

    def _send_out(self, line: Told) -> None:
        was = self._before
        if line.is_by_person and was is not None and was.state == State.FILED:
            self._decide(ClockName.DISPATCH, line, was.holder)

    def accept(self, line: Told) -> None:
        self._decide(ClockName.ACCEPT, line, self._holder)

    def resolve(self, line: Told) -> None:
        late = self._decide(ClockName.DISPOSE, line, self._holder)
        if late is not None:
            late.is_done = True
        self._to_close(line, [late] if late else [])

    def _to_close(self, line: Told, lates: list[Due]) -> None:
        key = self._key(self._holder, line.at)
        self._closings.append(Closing(key, self._is_reworked, lates))

    def verify(self, line: Told) -> None:
        centre = self._before.centre if self._before else ""
        self._decide(ClockName.VERIFY, line, centre)

    def rework(self, line: Told) -> None:
        """Take back the resolution: the limit goes on, and comes out as it will."""
        self.verify(line)
        self._is_reworked = True
        del self._closings[max(self._round[1], len(self._closings) - 1) :]
        last = next(
            (
                due
                for due in reversed(self._dues[self._round[0] :])
                if due.clock is ClockName.DISPOSE
            ),
            None,
        )
        if last is not None and last.is_late:
            last.is_done = False
        elif last is not None:
            self._dues.remove(last)

    def handle(self, line: Told) -> None:
        if not self._handled:
            self._handled = True
            self._count(Count.SELF_HANDLED, self._key(self._holder, line.at))
            self._to_close(line, [])
        if line.state is State.CLOSED:
            self.close(line)

    def close(self, line: Told) -> None:
        key = self._key(self._holder, line.at)
        self._count(Count.CLOSED, key)
        self._closed.append((line.at, key))
        if len(self._closings) > self._round[1]:
            closing = self._closings[-1]
            closing.is_done = True
            for clock in (ClockName.VERIFY, ClockName.LOOP):
                late = self._lateness(clock, line, self._holder)
                closing.lates += [late] if late else []

    def open_again(self, _line: Told) -> None:
        self._round = (len(self._dues), len(self._closings))
        self._is_reworked = False

    def give_back(self, line: Told) -> None:
        who = line.data.get("from", self._holder)
        self._count(Count.RETURNED, self._key(who, line.at))

    def rate(self, line: Told) -> None:
        grade = _RATED.get(line.data.get("grade", ""))
        if grade is not None:
            self._rating = (self._key(self._holder, line.at), grade)

    def exempt(self, line: Told) -> None:
        """Leave a lateness out: the last one with that limit, of who appealed if they had one."""
        clock, who = ClockName(line.data["clock"]), line.data.get("holder")
        lates = [due for due in self._dues if due.clock is clock and due.is_late]
        theirs = [due for due in lates if due.key.organisation == who] or lates
        for due in theirs[-1:]:
            due.is_exempt = True

    def void(self, line: Told) -> None:
        """Leave out what is no case of its own any more; what was closed before stays."""
        self._is_declined |= line.action is Action.DECLINE
        self._is_cancelled |= line.action is Action.CANCEL
        self._set_void(is_void=True)

    def unmerge(self, _line: Told) -> None:
        self._rating = None
        self._set_void(is_void=False)

    def _set_void(self, *, is_void: bool) -> None:
        first, second = self._round
        both: Sequence[Due | Closing] = (*self._dues[first:], *self._closings[second:])
        for one in both:
            one.is_void = is_void


_HANDLE: Final[Mapping[Action, Callable[[_Account, Told], None]]] = {
    Action.OVERDUE: _Account.late,
    Action.ACCEPT: _Account.accept,
    Action.RESOLVE: _Account.resolve,
    Action.VERIFY: _Account.verify,
    Action.REWORK: _Account.rework,
    Action.SELF_HANDLE: _Account.handle,
    Action.CLOSE: _Account.close,
    Action.REOPEN: _Account.open_again,
    Action.REDO: _Account.open_again,
    Action.RETURN: _Account.give_back,
    Action.RATE: _Account.rate,
    Action.EXEMPT: _Account.exempt,
    Action.DECLINE: _Account.void,
    Action.CANCEL: _Account.void,
    Action.MERGE: _Account.void,
    Action.UNMERGE: _Account.unmerge,
}


def _entry_in(data: Mapping[str, Any]) -> str | None:
    """Return the entry a line tells the unit is filed under from then on; None: it tells none."""
    to = data.get("to")
    told: Mapping[str, Any] = to if isinstance(to, Mapping) else data
    return (told["entry"] or "") if "entry" in told else None
