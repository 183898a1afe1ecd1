"""A courier: sends to one endpoint what its outbox lets through, while the lease lasts."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import structlog

from app.api import envelopes, messages
from app.api.envelopes import Enveloped
from app.api.metrics import Metrics
from app.domain.answer import EXCERPT, Answer, Outcome
from app.domain.authority import Scope
from app.domain.feed import START, Line, Position
from app.domain.outbox import Fate, Outbox, Parcel, Terms, fates
from app.domain.retry import Gate
from app.domain.standing import standing_of
from app.domain.webhook import Endpoint, Payload, Target, WebhookId, scope_of
from app.flows.delivery import Report
from app.flows.rulebook import Library
from app.now import Clock
from app.store.attempts import Attempt
from app.store.deliveries import Fresh, Look
from app.store.leases import LEASE
from app.wire.post import Post

OURS: Final = LEASE.total_seconds() * 0.8
"""Seconds after a lease was renewed in which requests are still begun."""
NOTED: Final = 1.0
"""Seconds between notes of how an endpoint stands, where it has not turned."""
REST: Final = 60.0
"""Seconds that an overloaded server is left alone at most, however long it asks for."""
SHORTEST: Final = 0.001

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Office:
    """What couriers share."""

    post: Post
    library: Library
    clock: Clock
    metrics: Metrics


class Courier:
    """Sends to one endpoint.

    It waits for no other and none waits for it: all it shares is the way out. What comes of its
    requests is collected and written by its worker, together with that of others.
    """

    def __init__(self, office: Office, target: Target, version: int) -> None:
        self.after: Position = START
        """Up to where what is new was read."""
        self.outbox = Outbox(_terms(target.endpoint))
        self._office = office
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._renewed = time.monotonic()
        self._is_stopped = False
        self._report = Report()
        self._noted = -NOTED
        self.take_on(target, version)
        self._written = self._standing

    @property
    def id(self) -> WebhookId:
        """Whom it sends to."""
        return self._target.endpoint.id

    @property
    def gate(self) -> Gate:
        """What the endpoint's circuit breaker lets through."""
        return self._standing.breaker.gate(self._office.clock.now())

    def take_on(self, target: Target, version: int) -> None:
        """Send by other settings from now on; how the endpoint stands is taken as it is stored."""
        self._target, self.version = target, version
        self._standing = standing_of(target.endpoint)
        self.outbox.terms = _terms(target.endpoint)
        if not target.secrets:
            log.error("webhook_sealed", webhook=str(target.endpoint.id))

    def renew(self) -> None:
        """Go on: the lease has been renewed just now."""
        self._renewed = time.monotonic()

    @property
    def _may_send(self) -> bool:
        is_ours = not self._is_stopped and time.monotonic() - self._renewed < OURS
        is_let_through = self._standing.breaker.lets_through(self._office.clock.now())
        return is_ours and is_let_through and bool(self._target.secrets)

    def look(self) -> Look | None:
        """Return what to look for; None while nothing could be sent or there is enough to do."""
        room = self.outbox.room
        is_enough = 2 * room < self.outbox.terms.capacity
        return Look(self.after, room) if self._may_send and not is_enough else None

    def take(
        self, fresh: Fresh | None, again: Sequence[Parcel], lines: Mapping[Position, Line]
    ) -> None:
        """Take in what was found, and send what may be sent."""
        self._add(again, lines)
        if fresh:
            self.after = fresh.end
            self._report.fates += fresh.barred
            self._add(fresh.parcels, lines)
        self.pump()

    def _add(self, parcels: Sequence[Parcel], lines: Mapping[Position, Line]) -> None:
        there = [parcel for parcel in parcels if parcel.position in lines]
        loaded = [replace(parcel, line=lines[parcel.position]) for parcel in there]
        lost = [parcel for parcel in parcels if parcel.position not in lines]
        if lost:
            # What the log no longer holds nobody can be told.
            log.error("webhook_lines_gone", webhook=str(self.id), count=len(lost))
        self._report.fates += [Fate(one, one.attempts, is_dead=True) for one in lost]
        self._report.fates += self.outbox.add(loaded, time.monotonic())

    def pump(self) -> None:
        """Begin the requests that may be begun, and come back when others may."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        while self._may_send and (parcels := self.outbox.take(time.monotonic())):
            now = self._office.clock.now()
            self._standing = self._standing.probed(now)
            task = asyncio.create_task(self._deliver(parcels, now))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        wait = self.outbox.wait(time.monotonic())
        if wait is not None and not self._is_stopped:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._until_let_through(wait), self.pump)

    def _until_let_through(self, wait: float) -> float:
        clock, until = self._office.clock, self._standing.breaker.until
        if until is not None:
            wait = max(wait, clock.real_seconds(until - clock.now()))
        # Nor for long: the lease is looked at, too, and whether there is a key.
        return min(max(wait, SHORTEST), NOTED) if self._may_send else NOTED

    async def _deliver(self, parcels: tuple[Parcel, ...], began: datetime) -> None:
        try:
            sent = self._enveloped(parcels, began)
            letter = envelopes.letter(self._target, sent, datetime.now(UTC))
            answer = await self._office.post.send(letter)
        except Exception as error:
            # Whatever it was, it would be again, and nothing else is to wait for it.
            log.exception("webhook_unsendable", webhook=str(self.id), line=parcels[0].position)
            sent, answer = Enveloped(_line(parcels[0]).id, "", b""), _unsendable(error)
        self._conclude(parcels, sent, answer, began)
        self.pump()

    def _enveloped(self, parcels: Sequence[Parcel], now: datetime) -> Enveloped:
        endpoint, rulebook = self._target.endpoint, self._office.library.current(now).rulebook
        scope = scope_of(endpoint, rulebook) or _NOBODY
        is_full = endpoint.wish.payload is Payload.FULL
        told = [messages.message(_line(one), rulebook, scope, full=is_full) for one in parcels]
        return envelopes.enveloped(told, endpoint)

    def _conclude(
        self, parcels: tuple[Parcel, ...], sent: Enveloped, answer: Answer, began: datetime
    ) -> None:
        now = self._office.clock.now()
        schedule = self._target.endpoint.wish.schedule
        concluded = fates(parcels, answer, schedule, now, jitter=random.random())  # noqa: S311
        is_well = answer.outcome not in _OVERLOADED
        besides = self.outbox.finish(concluded, time.monotonic(), is_well=is_well)
        if answer.outcome is Outcome.THROTTLED and answer.retry_after:
            self.outbox.rest(time.monotonic() + min(answer.retry_after, REST))
        self._standing = self._standing.after(answer, began=began, at=now)
        report = self._report
        report.fates += [*concluded, *besides]
        report.attempts.append(
            Attempt(
                webhook=self.id,
                at=began,
                positions=tuple(parcel.position for parcel in parcels),
                message=sent.id,
                attempt=max(parcel.attempts for parcel in parcels) + 1,
                request=sent.body[: 4 * EXCERPT].decode(errors="ignore"),
                answer=answer,
            )
        )
        self._measure(answer, len(parcels))
        if why := self._standing.why_disabled(answer, now):
            report.disabled = why, answer.error
            self._is_stopped = True
            log.warning("webhook_disabled", webhook=str(self.id), why=why)

    def _measure(self, answer: Answer, count: int) -> None:
        metrics, endpoint = self._office.metrics, str(self.id)
        metrics.attempts.labels(endpoint, answer.outcome).inc()
        metrics.attempt_seconds.labels(endpoint).observe(answer.latency / 1000)
        if answer.outcome is Outcome.DELIVERED:
            metrics.delivered.labels(endpoint).inc(count)

    def collect(self) -> Report | None:
        """Hand over what has come of requests since the last time; None: nothing that is due."""
        now, report = time.monotonic(), self._report
        is_due = now - self._noted >= NOTED or self._standing.has_turned(self._written)
        if self._standing != self._written and is_due:
            report.standing = self._written = self._standing
            self._noted = now
        if not (report.fates or report.attempts or report.standing or report.disabled):
            return None
        self._report = Report()
        return report

    def take_back(self, report: Report) -> None:
        """Keep what could not be written for the next time."""
        later, self._report = self._report, report
        self._report.fates += later.fates
        self._report.attempts += later.attempts
        self._report.standing = later.standing or report.standing
        self._report.disabled = later.disabled or report.disabled

    def written(self, report: Report) -> None:
        """Learn that a report was written."""
        self.outbox.written(report.fates)

    async def stop(self, grace: float = 0.0) -> None:
        """Begin nothing more; what is on its way may end within `grace` seconds."""
        self._is_stopped = True
        if self._timer:
            self._timer.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()


_OVERLOADED: Final = frozenset({Outcome.THROTTLED, Outcome.UNREACHABLE, Outcome.TIMED_OUT})
"""How a request ends where fewer at once may do better; who refuses, answers."""
_NOBODY: Final = Scope(None, "", None, None)


def _terms(endpoint: Endpoint) -> Terms:
    wish = endpoint.wish
    return Terms(wish.batch, wish.in_flight, wish.rate)


def _line(parcel: Parcel) -> Line:
    if parcel.line is None:
        raise LookupError(parcel.position)
    return parcel.line


def _unsendable(error: Exception) -> Answer:
    return Answer(
        Outcome.UNSENDABLE, 0.0, zh="消息无法生成", en=f"it cannot be made: {type(error).__name__}"
    )
