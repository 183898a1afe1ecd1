"""The sender: leases of endpoints, a courier for each, and one turn of the database for all."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final
from uuid import uuid4

from app.domain.retry import Gate
from app.domain.webhook import WebhookId
from app.flows import delivery
from app.flows.delivery import Report
from app.store import leases, webhooks
from app.store.database import Database, Tx
from app.store.seal import Seal
from app.worker.courier import Courier, Office

RENEWED: Final = 2.0
"""Seconds between renewals of the leases, and looks for endpoints nobody sends to."""
AGAIN: Final = 0.5
"""Seconds between looks for what is due again."""
COUNTED: Final = 15.0
"""Seconds between counts of what waits."""
GRACE: Final = 4.0
"""Seconds that requests may take yet when the worker leaves."""
_GATES: Final = {Gate.CLOSED: 0, Gate.HALF_OPEN: 1, Gate.OPEN: 2}


class Sending:
    """Sends to the endpoints that no other worker has.

    A turn writes what has come of requests and then looks for what comes next: in this order,
    so that what it finds of a unit is not older than what it knows.
    """

    def __init__(self, office: Office, seal: Seal) -> None:
        self._office = office
        self._seal = seal
        self._lease = uuid4()
        self._couriers: dict[WebhookId, Courier] = {}
        self._renewed = self._looked_again = self._counted = -COUNTED

    async def turn(self, database: Database) -> int:
        """Write what came of requests and hand out what comes next; returns how much."""
        now = time.monotonic()
        if now - self._renewed >= RENEWED:
            await self._hold(database)
            self._renewed = now
        written = await self._write(database)
        if now - self._counted >= COUNTED:
            await self._count(database)
            self._counted = now
        return written + await self._look(database, now)

    async def _hold(self, database: Database) -> None:
        async with database.transaction() as tx:
            held = await leases.hold(tx, self._lease)
            strange = [
                id_
                for id_, version in held.items()
                if id_ not in self._couriers or self._couriers[id_].version != version
            ]
            if strange:
                await self._meet(tx, held, strange)
        for id_ in self._couriers.keys() - held.keys():
            await self._drop(id_)
        for courier in self._couriers.values():
            courier.renew()

    async def _meet(self, tx: Tx, held: Mapping[WebhookId, int], strange: list[WebhookId]) -> None:
        now = self._office.clock.now()
        for target in await webhooks.live(tx, self._seal, now=now):
            id_ = target.endpoint.id
            if id_ not in strange:
                continue
            if id_ in self._couriers:
                self._couriers[id_].take_on(target, held[id_])
            else:
                self._couriers[id_] = Courier(self._office, target, held[id_])

    async def _drop(self, id_: WebhookId) -> None:
        self._office.metrics.forget_webhook(str(id_))
        await self._couriers.pop(id_).stop()

    async def _write(self, database: Database) -> int:
        found = {id_: courier.collect() for id_, courier in self._couriers.items()}
        reports = {id_: report for id_, report in found.items() if report}
        if not reports:
            return 0
        try:
            async with database.transaction() as tx:
                now = self._office.clock.now()
                own = await delivery.conclude(tx, self._lease, reports, at=now)
        except BaseException:
            for id_, report in reports.items():
                self._couriers[id_].take_back(report)
            raise
        await self._learn(reports, own)
        return sum(len(report.fates) for report in reports.values())

    async def _learn(self, reports: Mapping[WebhookId, Report], own: frozenset[WebhookId]) -> None:
        for id_, report in reports.items():
            if id_ in own and not report.disabled:
                self._couriers[id_].written(report)
            else:
                await self._drop(id_)

    async def _look(self, database: Database, now: float) -> int:
        asked = {id_: courier.look() for id_, courier in self._couriers.items()}
        looks = {id_: look for id_, look in asked.items() if look}
        rooms: dict[WebhookId, int] = {}
        if now - self._looked_again >= AGAIN:
            self._looked_again = now
            # What it has already may be found again, and must not keep others from being found.
            sizes = {id_: len(self._couriers[id_].outbox) for id_ in looks}
            rooms = {id_: look.room + sizes[id_] for id_, look in looks.items()}
        if not looks:
            return 0
        held = {id_: self._couriers[id_].outbox for id_ in rooms}
        async with database.reading() as tx:
            found = await delivery.find(tx, looks, rooms, held, now=self._office.clock.now())
        for id_ in looks:
            fresh, again = found.fresh.get(id_), found.again.get(id_, ())
            self._couriers[id_].take(fresh, again, found.lines)
        if any(len(again) >= looks[id_].room for id_, again in found.again.items()):
            self._looked_again = -AGAIN
        count = sum(len(one.parcels) + len(one.barred) for one in found.fresh.values())
        return count + sum(len(again) for again in found.again.values())

    async def _count(self, database: Database) -> None:
        async with database.reading() as tx:
            found = await webhooks.backlogs(tx, list(self._couriers))
        now, metrics = self._office.clock.now(), self._office.metrics
        for id_, courier in self._couriers.items():
            backlog = found.get(id_, webhooks.Backlog())
            age = (now - backlog.oldest).total_seconds() if backlog.oldest else 0.0
            metrics.backlog.labels(str(id_)).set(backlog.waiting)
            metrics.oldest.labels(str(id_)).set(max(age, 0.0))
            metrics.breaker.labels(str(id_)).set(_GATES[courier.gate])

    async def leave(self, database: Database) -> None:
        """Let what is on its way end, write what came of it, and leave the endpoints to others."""
        await asyncio.gather(*(courier.stop(GRACE) for courier in self._couriers.values()))
        await self._write(database)
        async with database.transaction() as tx:
            await leases.let_go(tx, self._lease)
