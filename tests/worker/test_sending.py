"""The sender: what arrives, how it is signed, in which order, and what comes of refusals."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from app.domain.authority import Caller, Role
from app.domain.retry import FUSE
from app.domain.webhook import Envelope, Payload, Signing
from app.flows import webhooks
from app.flows.webhooks import Means
from app.wire import signing
from tests.given import GRID, City, Person
from tests.wire.receiving import Behaviour, answering, receiver
from tests.worker.sender import (
    ANYWHERE,
    CENTRE,
    Sender,
    endpoint,
    failing,
    got,
    id_of,
    reported,
    sending,
    seqs,
    url_of,
)

DEAD = "http://127.0.0.1:9/hook"
"""Nobody listens there."""


@pytest.fixture
async def sender(city: City) -> AsyncIterator[Sender]:
    async with sending(city) as made:
        yield made


@pytest.fixture
async def reporter(city: City) -> Person:
    return await city.person(f"{GRID}-WG", Role.GRID_WORKER)


async def test_what_arrives_is_signed_and_says_which_line_it_tells_of(
    city: City, sender: Sender, reporter: Person
):
    async with receiver(answering(204)) as there:
        made = await endpoint(city, url_of(there), headers={"X-Key": "open sesame"})
        (unit,) = await reported(city, reporter)
        await sender.settle()
        first, second = got(there)
    for one in (first, second):
        one.verify(made.secret)
        assert one.headers["x-key"] == "open sesame"
        assert one.headers["content-type"] == "application/json"
        assert one.headers["user-agent"].startswith("Yiguan")
    assert [one.json["type"] for one in (first, second)] == ["unit.filed", "unit.dispatched"]
    assert first.json.keys() == {"type", "timestamp", "data"}
    assert first.json["data"]["unit"]["id"] == unit
    lines = await sender.rows("SELECT epoch, id FROM step ORDER BY id")
    wanted = [f"msg_{line['epoch']}_{line['id']}" for line in lines]
    assert [one.headers["webhook-id"] for one in (first, second)] == wanted
    assert await sender.value("SELECT count(*) FROM delivery") == 0


async def test_every_request_is_written_down(city: City, sender: Sender, reporter: Person):
    async with receiver(failing(1, answering(500, b"sorry \0" + b"x" * 5000))) as there:
        made = await endpoint(city, url_of(there), types=("unit.filed",))
        await reported(city, reporter)
        await sender.settle()
        city.clock.forward(seconds=10)
        await sender.settle()
    rows = await sender.rows("SELECT * FROM attempt WHERE webhook = $1 ORDER BY id", id_of(made))
    assert [(row["attempt"], row["outcome"], row["status"]) for row in rows] == [
        (1, "refused", 500),
        (2, "delivered", 204),
    ]
    assert rows[0]["response"].startswith("sorry ")
    assert len(rows[0]["response"]) == 2048
    assert orjson.loads(rows[0]["request"])["type"] == "unit.filed"
    assert rows[0]["message"] == rows[1]["message"] == got(there)[0].headers["webhook-id"]


async def test_a_failed_message_is_tried_again_in_its_time_and_its_unit_waits_for_it(
    city: City, sender: Sender, reporter: Person
):
    async with receiver(failing(1, answering(500))) as there:
        await endpoint(city, url_of(there))
        first, second = await reported(city, reporter, 2)
        await sender.settle()
        assert (seqs(there, first), seqs(there, second)) == ([1], [1, 2])
        await reporter.act(first, "accept")
        await sender.settle()
        assert seqs(there, first) == [1]
        city.clock.forward(seconds=10)
        await sender.settle()
        assert seqs(there, first) == [1, 1, 2, 3]
    ids = [one.headers["webhook-id"] for one in got(there) if str(one.unit) == first]
    assert ids[0] == ids[1]
    assert await sender.value("SELECT count(*) FROM delivery") == 0


async def test_one_that_is_tried_in_vain_to_the_end_is_dead_and_its_unit_goes_on(
    city: City, sender: Sender, reporter: Person
):
    async with receiver(failing(2, answering(400))) as there:
        await endpoint(city, url_of(there), schedule=(5,))
        (unit,) = await reported(city, reporter)
        await sender.settle()
        city.clock.forward(seconds=10)
        await sender.settle()
        assert seqs(there, unit) == [1, 1, 2]
    (left,) = await sender.rows("SELECT attempts, dead_at FROM delivery")
    assert left == {"attempts": 2, "dead_at": city.clock.now()}


async def test_a_dead_letter_is_sent_again_when_somebody_wants_it(
    city: City, sender: Sender, reporter: Person
):
    async with receiver(failing(1, answering(400, webhook_delivery="abort-message"))) as there:
        await endpoint(city, url_of(there), types=("unit.filed",))
        (unit,) = await reported(city, reporter)
        await sender.settle()
        assert await sender.value("SELECT count(*) FROM delivery WHERE dead_at IS NOT NULL") == 1
        await sender.write("UPDATE delivery SET dead_at = NULL, due_at = $1", city.clock.now())
        await sender.settle()
        assert seqs(there, unit) == [1, 1]


async def test_a_server_says_when_it_wants_to_be_asked_again(
    city: City, sender: Sender, reporter: Person
):
    async with receiver(failing(1, answering(503, Retry_After="40"))) as there:
        await endpoint(city, url_of(there), types=("unit.filed",))
        await reported(city, reporter, 3)
        await sender.settle()
        assert len(there.bodies) == 1
        due = await sender.value("SELECT max(due_at) FROM delivery WHERE is_deferred")
    assert due - city.clock.now() >= timedelta(seconds=39)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (answering(410), "gone"),
        (answering(200, webhook_delivery="disable"), "asked"),
    ],
)
async def test_who_wants_nothing_any_more_is_switched_off_at_once(
    city: City, sender: Sender, reporter: Person, answer: Behaviour, why: str
):
    async with receiver(answer) as there:
        made = await endpoint(city, url_of(there), in_flight=1)
        await reported(city, reporter, 3)
        await sender.settle()
        assert len(there.bodies) == 1
    (row,) = await sender.rows("SELECT * FROM webhook WHERE id = $1", id_of(made))
    assert (row["disabled_by"], row["disabled_at"]) == (why, city.clock.now())
    assert (row["version"], row["lease"]) == (2, None)


async def test_where_it_may_not_call_messages_are_dead_at_once_with_the_reason(
    city: City, sender: Sender, reporter: Person
):
    made = await endpoint(city, DEAD, types=("unit.filed",))
    await sender.write("UPDATE webhook SET url = 'http://10.1.2.3/', version = version + 1")
    await reported(city, reporter)
    await sender.settle()
    (row,) = await sender.rows("SELECT * FROM attempt WHERE webhook = $1", id_of(made))
    assert row["outcome"] == "forbidden"
    assert "10.1.2.3" in row["error"]
    assert await sender.value("SELECT count(*) FROM delivery WHERE dead_at IS NOT NULL") == 1


async def test_an_endpoint_that_fails_on_is_left_alone_and_then_tried_with_one_request(
    city: City, sender: Sender, reporter: Person
):
    made = await endpoint(city, DEAD, types=("unit.filed",))
    await reported(city, reporter, FUSE.in_a_row + 8)
    await sender.settle()
    tried = "SELECT count(*) FROM attempt"
    assert await sender.value(tried) == FUSE.in_a_row
    until = await sender.value("SELECT open_until FROM webhook WHERE id = $1", id_of(made))
    assert until == city.clock.now() + FUSE.shortest
    city.clock.set(until)
    await sender.settle()
    assert await sender.value(tried) == FUSE.in_a_row + 1
    assert await sender.value("SELECT openings FROM webhook") == 2
    async with receiver(answering(204)) as there:
        sql = "UPDATE webhook SET url = $1, version = version + 1"
        await sender.write(sql, url_of(there))
        city.clock.forward(hours=1)
        await sender.settle()
        assert len({str(one.unit) for one in got(there)}) == FUSE.in_a_row + 8
    assert await sender.value("SELECT openings FROM webhook") == 0
    assert await sender.value("SELECT open_until FROM webhook") is None


async def test_batches_are_arrays_each_message_with_its_own_id(
    city: City, sender: Sender, reporter: Person
):
    async with receiver(failing(1, answering(500))) as there:
        made = await endpoint(city, url_of(there), batch=100)
        units = await reported(city, reporter, 5)
        await sender.until(lambda: there.bodies)
        await sender.settle()
        city.clock.forward(seconds=10)
        await sender.until(lambda: len(there.bodies) > 1)
        await sender.settle()
    first, again = got(there)
    again.verify(made.secret)
    assert first.body == again.body
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    told = [(one["data"]["unit"]["id"], one["data"]["seq"]) for one in again.json]
    assert sorted(told) == sorted((unit, seq) for unit in units for seq in (1, 2))
    assert [seq for unit, seq in told if unit == units[0]] == [1, 2]
    assert len({one["id"] for one in again.json}) == 10
    assert again.json[0].keys() == {"id", "type", "timestamp", "data"}
    attempt = "SELECT array_length(lines, 1) FROM attempt ORDER BY id LIMIT 1"
    assert await sender.value(attempt) == 10


@pytest.mark.parametrize("batch", [1, 10])
async def test_cloud_events_are_structured(
    city: City, sender: Sender, reporter: Person, batch: int
):
    async with receiver(answering(204)) as there:
        await endpoint(
            city, url_of(there), batch=batch, envelope=Envelope.CLOUDEVENTS, types=("unit.filed",)
        )
        (unit,) = await reported(city, reporter)
        await sender.until(lambda: there.bodies)
    (one,) = got(there)
    event = one.json[0] if batch > 1 else one.json
    name = "cloudevents-batch" if batch > 1 else "cloudevents"
    assert one.headers["content-type"] == f"application/{name}+json"
    assert event["specversion"] == "1.0"
    assert event["data"]["unit"]["id"] == unit
    assert event["subject"] == event["data"]["unit"]["number"]
    assert (event["type"], event["id"][:4]) == ("unit.filed", "msg_")
    assert event.keys() >= {"source", "time", "datacontenttype"}


async def test_a_full_message_has_the_unit_as_the_api_shows_it(
    city: City, sender: Sender, reporter: Person
):
    async with receiver(answering(204)) as there:
        await endpoint(city, url_of(there), payload=Payload.FULL, types=("unit.dispatched",))
        (unit,) = await reported(city, reporter)
        await sender.settle()
        (one,) = got(there)
    told = one.json["data"]["unit"]
    shown = await reporter.get(f"/v1/units/{unit}")
    assert {name: shown[name] for name in told} == told
    assert {"title", "holder", "due_at"} <= told.keys()


async def test_while_secrets_overlap_both_sign(city: City, sender: Sender, reporter: Person):
    async with receiver(answering(204)) as there:
        made = await endpoint(city, url_of(there), types=("unit.filed",))
        fresh = await rotate(city, made)
        await reported(city, reporter)
        await sender.settle()
        (one,) = got(there)
        for secret in (made.secret, fresh):
            one.verify(secret)
        assert len(one.headers["webhook-signature"].split()) == 2


async def rotate(city: City, made: Any) -> str:
    service, now = city.app.state.service, city.clock.now()
    async with service.database.transaction() as tx:
        account = await tx.value("SELECT account FROM webhook WHERE id = $1", id_of(made))
        done = await webhooks.rotate(
            tx,
            service.library.current(now).rulebook,
            id_of(made),
            Means(ANYWHERE, service.means.seal),
            overlap=timedelta(days=2),
            secret=None,
            by=Caller(account, "总线", CENTRE, frozenset({Role.INTEGRATOR})),
            at=now,
        )
    return done.secret


async def test_a_key_pair_signs_so_that_the_public_half_tells(
    city: City, sender: Sender, reporter: Person
):
    async with receiver(answering(204)) as there:
        made = await endpoint(city, url_of(there), Signing.ED25519, types=("unit.filed",))
        await reported(city, reporter)
        await sender.settle()
        (one,) = got(there)
    public = made.stored.endpoint.public_key
    assert public
    signing.verify([public], one.headers, one.body, datetime.now(UTC))
    with pytest.raises(WebhookVerificationError):
        one.verify("whsec_" + "A" * 32)


async def test_a_slow_endpoint_and_a_dead_one_keep_nobody_waiting(
    city: City, sender: Sender, reporter: Person
):
    async def hang(_: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with receiver(hang) as slow, receiver(answering(204)) as there:
        for url in (url_of(slow), DEAD, url_of(there)):
            await endpoint(city, url, types=("unit.filed",))
        await reported(city, reporter, 12)
        async with asyncio.timeout(5):
            await sender.until(lambda: len(there.bodies) == 12)
        assert len(slow.bodies) == 1


async def test_of_two_workers_one_sends_and_the_other_takes_over(city: City, reporter: Person):
    async with receiver(answering(204)) as there:
        await endpoint(city, url_of(there), types=("unit.filed",))
        async with sending(city) as second:
            async with sending(city) as first:
                await first.turn()
                await reported(city, reporter, 3)
                await second.settle()
                # The lease is the second's, which came first: the first has nothing to send.
                await first.settle()
                assert len(there.bodies) == 3
            await second.write("UPDATE webhook SET lease_until = now() - interval '1 s'")
            async with sending(city) as third:
                await reported(city, reporter, 1)
                await third.settle()
                await second.settle()
            assert len(there.bodies) == 4


async def test_what_a_worker_writes_that_has_lost_its_lease_counts_for_nothing(
    city: City, reporter: Person
):
    async with receiver(answering(204)) as there, sending(city) as first:
        await endpoint(city, url_of(there), types=("unit.filed",))
        await reported(city, reporter)
        await first.turn()
        await first.turn()
        await asyncio.sleep(0.5)
        assert len(there.bodies) == 1
        other = "UPDATE webhook SET lease = gen_random_uuid(), lease_until = now() + interval '9 s'"
        await first.write(other)
        await first.settle()
        assert await first.value("SELECT count(*) FROM delivery") == 1
        assert await first.value("SELECT count(*) FROM attempt") == 0


async def test_what_is_measured(city: City, sender: Sender, reporter: Person):
    async with receiver(answering(204)) as there:
        made = await endpoint(city, url_of(there))
        await endpoint(city, DEAD)
        await reported(city, reporter)
        await sender.settle()
        sender.sending._counted = -1e9
        await sender.turn()
    told = sender.metrics.text().decode()
    good, outcome = f'webhook="{id_of(made)}"', 'outcome="delivered"'
    assert f"yiguan_webhook_attempts_total{{{outcome},{good}}} 2.0" in told
    assert f"yiguan_webhook_delivered_total{{{good}}} 2.0" in told
    assert f"yiguan_webhook_seconds_count{{{good}}} 2.0" in told
    assert f"yiguan_webhook_backlog{{{good}}} 0.0" in told
    assert f"yiguan_webhook_breaker{{{good}}} 0.0" in told
    waiting = [line for line in told.splitlines() if line.startswith("yiguan_webhook_backlog{")]
    assert sorted(float(line.split()[-1]) for line in waiting) == [0.0, 2.0]
