"""A relay and a sender in hand: turns are made when a test wants them, requests are real."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from standardwebhooks.webhooks import Webhook

from app.api.metrics import Metrics
from app.domain.authority import Caller, Role
from app.domain.organisation import OrganisationCode
from app.domain.webhook import Signing, WebhookId, Wish
from app.flows import webhooks
from app.flows.webhooks import Keyed, Means
from app.store.database import Database
from app.wire.guard import Guard
from app.wire.post import Post
from app.worker.courier import Office
from app.worker.relay import Relay
from app.worker.sending import Sending
from tests.given import CITY, City, Person
from tests.wire.receiving import Behaviour, Receiver, answering

CENTRE = OrganisationCode(f"{CITY}-ZX")


@dataclass
class Sender:
    """A worker's delivering, turn by turn; it calls the loopback alone."""

    city: City
    post: Post
    relay: Relay
    sending: Sending
    metrics: Metrics

    @property
    def database(self) -> Database:
        found: Database = self.city.app.state.service.database
        return found

    async def turn(self) -> int:
        """One turn of the relay and of the sender, all that waits for a later look looked at."""
        now = self.city.clock.now()
        rulebook = self.city.app.state.service.library.current(now).rulebook
        relayed = await self.relay.turn(self.database, rulebook, now)
        self.sending._looked_again = self.sending._renewed = -1e9
        return len(relayed.matched) + await self.sending.turn(self.database)

    async def until(self, claim: Callable[[], object], within: float = 10) -> None:
        """Make turns until a claim holds; raises TimeoutError."""
        async with asyncio.timeout(within):
            while not claim():
                await self.turn()
                await asyncio.sleep(0.01)

    async def settle(self, quiet: float = 0.15) -> None:
        """Make turns until nothing has happened for a while."""
        last = time.monotonic()
        while time.monotonic() - last < quiet:
            if await self.turn():
                last = time.monotonic()
            await asyncio.sleep(0.01)

    async def value(self, sql: str, *values: object) -> Any:
        async with self.database.reading() as tx:
            return await tx.value(sql, *values)

    async def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        async with self.database.reading() as tx:
            return [dict(row) for row in await tx.fetch(sql, *values)]

    async def write(self, sql: str, *values: object) -> None:
        async with self.database.transaction() as tx:
            await tx.execute(sql, *values)


ANYWHERE = Guard.of(["127.0.0.0/8"], range(1, 65536))


@asynccontextmanager
async def sending(city: City) -> AsyncIterator[Sender]:
    """Open the post of a worker; at the end it leaves as on SIGTERM."""
    service, metrics = city.app.state.service, Metrics()
    async with Post.opened(ANYWHERE) as post:
        office = Office(post, service.library, city.clock, metrics)
        made = Sender(city, post, Relay(metrics), Sending(office, service.means.seal), metrics)
        # A worker that has just come looks who is there before it goes on.
        await made.turn()
        yield made
        await made.sending.leave(service.database)


async def endpoint(city: City, url: str, signing: Signing = Signing.HMAC, **wish: Any) -> Keyed:
    """Make an endpoint of the city's centre."""
    service = city.app.state.service
    rulebook = service.library.current(city.clock.now()).rulebook
    await city.person(CENTRE, Role.INTEGRATOR)
    async with service.database.transaction() as tx:
        account = await tx.value("SELECT id FROM account WHERE organisation = $1", CENTRE)
        caller = Caller(account, "总线", CENTRE, frozenset({Role.INTEGRATOR}))
        return await webhooks.create(
            tx,
            rulebook,
            Wish(**{"url": url, "scope": CENTRE, **wish}),
            Means(ANYWHERE, service.means.seal),
            signing=signing,
            secret=None,
            by=caller,
            at=city.clock.now(),
        )


def id_of(made: Keyed) -> WebhookId:
    return made.stored.endpoint.id


@dataclass(frozen=True)
class Got:
    """One request as it was received."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def unit(self) -> UUID:
        return UUID(self.json["data"]["unit"]["id"])

    def verify(self, secret: str) -> None:
        """Check it as receivers do; raises WebhookVerificationError."""
        Webhook(secret).verify(self.body, self.headers)


def got(receiver: Receiver) -> list[Got]:
    """Return what was received."""
    found = []
    for head, body in zip(receiver.heads, receiver.bodies, strict=True):
        lines = [line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line]
        found.append(Got({name.lower(): text for name, text in lines}, body))
    return found


def url_of(receiver: Receiver) -> str:
    return f"http://127.0.0.1:{receiver.port}/hook"


def failing(times: int, behave: Behaviour) -> Behaviour:
    """Answer so a few times, and then well."""
    left, well = iter(range(times)), answering(204)

    async def act(writer: asyncio.StreamWriter) -> None:
        await (behave if next(left, None) is not None else well)(writer)

    return act


async def reported(city: City, reporter: Person, count: int = 1) -> list[str]:
    """Units with two lines each in the log."""
    answers = [await reporter.post(city.report()) for _ in range(count)]
    return [answer.json()["unit"]["id"] for answer in answers]


def seqs(there: Receiver, unit: str) -> list[int]:
    """The lines of a unit in the order they were received."""
    told = [one.json["data"] for one in got(there)]
    return [data["seq"] for data in told if data["unit"]["id"] == unit]
