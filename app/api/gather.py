"""Concurrent reports commit together: a queue, its writers, and halving around flows.intake."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from app.api.metrics import Metrics
from app.domain.admission import Admission
from app.domain.errors import Busy, DomainError, Invalid, Unavailable
from app.domain.event import Event, EventId
from app.flows import intake
from app.flows.intake import Admitted, Superseded, Written
from app.flows.rulebook import Library, Reference
from app.store import events
from app.store.database import BAD_VALUE, CONTENTION, Database
from app.store.events import StoredEvent

BATCH: Final = 200
WRITERS: Final = 2
ATTEMPTS: Final = 3
PAUSE: Final = 0.1
DRAIN: Final = 5.0
"""Seconds that what was taken has to be written in when the service stops."""

log = structlog.get_logger()

Outcome = Admitted | StoredEvent
"""What became of a report: its admission, or the event that was already there."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A report with whoever waits for its outcome."""

    report: Event
    answer: asyncio.Future[Outcome]


class Gather:
    """Takes reports one by one and writes them many at a time."""

    def __init__(
        self,
        database: Database,
        library: Library,
        now: Callable[[], datetime],
        metrics: Metrics,
        *,
        size: int,
    ) -> None:
        self._database = database
        self._library = library
        self._now = now
        self._metrics = metrics
        self._queue: asyncio.Queue[Waiting] = asyncio.Queue(size)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Run the writers; at the end everything taken is written before they stop."""
        writers = [asyncio.create_task(self._write_for_ever()) for _ in range(WRITERS)]
        try:
            yield
        finally:
            # Nothing that still waits after this was acknowledged: its phone sends it again.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._queue.join(), DRAIN)
            for writer in writers:
                writer.cancel()
            await asyncio.gather(*writers, return_exceptions=True)

    @property
    def depth(self) -> int:
        """How many reports wait."""
        return self._queue.qsize()

    async def submit(self, report: Event) -> Outcome:
        """Have a report written; returns after the commit.

        Raises Busy when too many wait, and what refuses this report alone.
        """
        try:
            intake.check(report, self._library.current(self._now()))
        except Invalid:
            # Sent again after the list has changed: it was taken in all the same.
            outcome = await self._before(report.id)
            if outcome is None:
                raise
        else:
            outcome = await self._queued(report)
        intake.refuse_other(report, _written(outcome))
        return outcome

    async def _before(self, event: EventId) -> Outcome | None:
        async with self._database.reading() as tx:
            return (await events.find(tx, [event])).get(event)

    async def _queued(self, report: Event) -> Outcome:
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait(Waiting(report, answer))
        except asyncio.QueueFull:
            raise Busy(
                zh="上报过于集中, 请稍后用同一编号重试",
                en="too many reports at once; retry with the same id",
            ) from None
        # A client that hangs up must not undo what others share with it.
        return await asyncio.shield(answer)

    async def _write_for_ever(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            try:
                await self._settle(batch)
            except Exception as error:  # noqa: BLE001  (a writer that dies serves nobody)
                _fail(batch, error)
            finally:
                for _ in batch:
                    self._queue.task_done()

    async def _settle(self, batch: Sequence[Waiting]) -> None:
        self._metrics.batch.observe(len(batch))
        fault: Exception | None = None
        try:
            outcomes = await self._outcomes(_unique(batch))
        except (*CONTENTION, Unavailable) as error:
            _fail(batch, error)
        except Exception as error:  # noqa: BLE001  (whoever waits must hear of it)
            fault = error
        else:
            _answer(batch, outcomes)
        if fault is not None:
            await self._halve(batch, fault)

    async def _halve(self, batch: Sequence[Waiting], error: Exception) -> None:
        """Find the report that cannot be judged or stored, so that it fails alone."""
        if len(batch) == 1:
            log.error("report_refused", report=str(batch[0].report.id), error=repr(error))
            _fail(batch, error)
            return
        middle = len(batch) // 2
        await self._settle(batch[:middle])
        await self._settle(batch[middle:])

    async def _outcomes(self, reports: Sequence[Event]) -> dict[UUID, Outcome]:
        """Write the reports, as often as it takes to know the outcome."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._attempt(reports)
            except Superseded:
                async with self._database.reading() as tx:
                    await self._library.follow(tx, now=self._now())
            except (*CONTENTION, Unavailable):
                # A commit whose answer was lost is not assumed: writing again finds its rows.
                if attempt == ATTEMPTS:
                    raise
                await asyncio.sleep(PAUSE * attempt)
        raise Unavailable(zh="规则库正在切换, 请重试", en="the rulebook is changing; retry")

    async def _attempt(self, reports: Sequence[Event]) -> dict[UUID, Outcome]:
        now = self._now()
        reference = self._library.current(now)
        stamped = [replace(report, received_at=now) for report in reports]
        admissions = intake.judge(stamped, reference, now)
        written = await self._write(admissions, reference, now)
        self._metrics.accepted.inc(len(written.admitted))
        for admitted in written.admitted.values():
            for rule in intake.skipped_rules(admitted.admission):
                self._metrics.rules_skipped.labels(rule["rule"]).inc()
        outcomes: dict[UUID, Outcome] = dict(written.admitted)
        if written.known:
            async with self._database.transaction() as tx:
                outcomes |= await events.find(tx, list(written.known))
        return outcomes

    async def _write(
        self, admissions: Sequence[Admission], reference: Reference, now: datetime
    ) -> Written:
        async with self._database.transaction() as tx:
            return await intake.write(tx, admissions, reference, now)


def _unique(batch: Sequence[Waiting]) -> list[Event]:
    """Return one report for each id, by id, so that batches never wait for each other in a ring."""
    by_id = {waiting.report.id: waiting.report for waiting in reversed(batch)}
    return [by_id[event_id] for event_id in sorted(by_id)]


def _written(outcome: Outcome) -> Event | StoredEvent:
    """Return the event that was written: of two with one id in a batch it may be the other."""
    return outcome.admission.event if isinstance(outcome, Admitted) else outcome


def _answer(batch: Sequence[Waiting], outcomes: Mapping[UUID, Outcome]) -> None:
    for waiting in batch:
        if not waiting.answer.done():
            waiting.answer.set_result(outcomes[waiting.report.id])


def _fail(batch: Sequence[Waiting], error: Exception) -> None:
    refusal = _refusal(error)
    for waiting in batch:
        if not waiting.answer.done():
            waiting.answer.set_exception(refusal)


def _refusal(error: Exception) -> DomainError:
    if isinstance(error, DomainError):
        return error
    if isinstance(error, BAD_VALUE):
        # The same again would fail again: the phone must not go on retrying.
        return Invalid(zh="内容无法保存", en="the content cannot be stored")
    log.error("batch_failed", error=repr(error), exc_info=error)
    return Unavailable(zh="未能写入, 请用同一编号重试", en="not written; retry with the same id")
