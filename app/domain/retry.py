"""Trying again: when, how long a failing server is left alone, and when it is given up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.domain.answer import Answer, Control, Outcome

SPREAD: Final = 0.2
"""By how much a wait is made longer or shorter, so that retries do not come all at once."""
ASKED: Final = 60.0
"""Seconds of `Retry-After` that are honoured even where the schedule is more impatient."""


def next_try(
    schedule: Sequence[float],
    attempt: int,
    at: datetime,
    *,
    jitter: float,
    retry_after: float | None = None,
) -> datetime | None:
    """Return when to try again after the failed `attempt`-th try at `at`; None: never.

    `schedule` has the seconds before the second and each later try. `jitter` in [0, 1) is chance.
    `retry_after`, the seconds the server asks for, counts between the scheduled wait and twice
    that: no server makes us hurry, nor put a message off for ever.
    """
    if not 1 <= attempt <= len(schedule):
        return None
    base = float(schedule[attempt - 1])
    wait = base * (1 - SPREAD + 2 * SPREAD * jitter)
    if retry_after is not None:
        wait = max(wait, base, min(retry_after, max(2 * base, ASKED)))
    return at + timedelta(seconds=wait)


class Gate(StrEnum):
    """What a circuit breaker lets through."""

    CLOSED = "closed"
    """正常: everything."""
    OPEN = "open"
    """熔断: nothing."""
    HALF_OPEN = "half_open"
    """试探: one probe, which decides."""


GATE: Final[Mapping[Gate, tuple[str, str]]] = {
    Gate.CLOSED: ("正常", "closed"),
    Gate.OPEN: ("熔断", "open"),
    Gate.HALF_OPEN: ("试探", "half open"),
}


@dataclass(frozen=True, slots=True)
class Fuse:
    """When a circuit breaker opens, and for how long."""

    in_a_row: int = 10
    window: int = 50
    """The latest attempts of which `share` must have failed."""
    share: float = 0.5
    shortest: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(minutes=15)

    def pause(self, openings: int) -> timedelta:
        """Return for how long it opens the `openings`-th time in a row: each time twice as long."""
        doublings = min(openings - 1, 30)
        return min(self.shortest * (1 << doublings), self.longest)


FUSE: Final = Fuse()


@dataclass(frozen=True, slots=True)
class Breaker:
    """A circuit breaker: it spares a failing server, and ours the waiting for it.

    What answers come of attempts made before it opened do not open it further.
    """

    failures: int = 0
    """Failures in a row."""
    recent: tuple[bool, ...] = ()
    """Of the latest attempts, the oldest first, which succeeded; kept while it is closed."""
    openings: int = 0
    """How often it has opened since it was last closed."""
    since: datetime | None = None
    """When it opened, or let its last probe through; None: closed, or not known any more."""
    until: datetime | None = None
    """Until when nothing, or nothing more, gets through; None: closed."""
    is_probing: bool = False

    def gate(self, now: datetime) -> Gate:
        """Tell what it lets through now."""
        if self.until is None:
            return Gate.CLOSED
        return Gate.HALF_OPEN if self.is_probing or now >= self.until else Gate.OPEN

    def lets_through(self, now: datetime) -> bool:
        """Tell whether an attempt may be made; where it is not closed, `probed` follows."""
        return self.until is None or now >= self.until

    def probed(self, now: datetime, fuse: Fuse = FUSE) -> "Breaker":
        """Return it with a probe on its way: if that is never heard of, another may follow."""
        if self.until is None:
            return self
        until = now + fuse.pause(self.openings)
        return replace(self, since=now, until=until, is_probing=True)

    def succeeded(self, fuse: Fuse = FUSE) -> "Breaker":
        """Return it after an attempt that succeeded: closed."""
        if self.until is not None:
            return Breaker()
        return replace(self, failures=0, recent=(*self.recent, True)[-fuse.window :])

    def failed(self, *, began: datetime, at: datetime, fuse: Fuse = FUSE) -> "Breaker":
        """Return it after an attempt that began at `began` and had failed by `at`."""
        if self.until is not None and not (self.is_probing and self._is_probe(began)):
            return self
        recent = (*self.recent, False)[-fuse.window :]
        failures = self.failures + 1
        lost = recent.count(False)
        is_bad = len(recent) == fuse.window and lost >= fuse.share * fuse.window
        if self.until is None and failures < fuse.in_a_row and not is_bad:
            return replace(self, failures=failures, recent=recent)
        openings = self.openings + 1
        until = at + fuse.pause(openings)
        return Breaker(failures=failures, openings=openings, since=at, until=until)

    def _is_probe(self, began: datetime) -> bool:
        return self.since is None or began >= self.since


GIVEN_UP: Final = timedelta(days=5)
APART: Final = timedelta(hours=12)


class Disabled(StrEnum):
    """Why an endpoint is switched off."""

    BY_HAND = "by_hand"
    """人工停用: somebody wanted it so."""
    ENDED = "ended"
    """单位变动: its body has ended without an heir, or oversees what it hears of no longer."""
    FAILING = "failing"
    """连续失败: nothing has arrived for five days."""
    GONE = "gone"
    """对方停收: it answered 410."""
    ASKED = "asked"
    """对方要求: it answered with `webhook-delivery: disable`."""


DISABLED: Final[Mapping[Disabled, tuple[str, str]]] = {
    Disabled.BY_HAND: ("人工停用", "switched off by hand"),
    Disabled.ENDED: ("单位已撤销, 或不再管辖所订范围", "its body has ended, or its scope has left"),
    Disabled.FAILING: ("连续 5 天全部失败", "everything failed for 5 days"),
    Disabled.GONE: ("对方答复 410, 不再接收", "it answered 410: gone"),
    Disabled.ASKED: ("对方要求停用", "it asked for it: webhook-delivery: disable"),
}


def must_disable(
    answer: Answer | None,
    *,
    failing_since: datetime | None,
    failed_at: datetime | None,
    at: datetime,
) -> Disabled | None:
    """Tell whether, and why, an endpoint is switched off after an answer, or at a later look.

    `failing_since` and `failed_at` are the first and the last failure since anything arrived: a
    few failures close together, of the only messages in days, are too little to go by.
    """
    if answer is not None and answer.control is Control.DISABLE:
        return Disabled.ASKED
    if answer is not None and answer.outcome is Outcome.GONE:
        return Disabled.GONE
    if failing_since is None or failed_at is None:
        return None
    is_long = at - failing_since >= GIVEN_UP and failed_at - failing_since >= APART
    return Disabled.FAILING if is_long else None
