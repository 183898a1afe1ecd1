"""The delivery log: attempts, what waits, dead letters, and what is sent again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.api.once import HEADER
from app.domain.answer import Answer, Outcome
from app.domain.authority import Role
from app.domain.feed import START, Line
from app.domain.webhook import WebhookId
from app.flows import redelivery
from app.store import attempts, deliveries, feed
from app.store.attempts import Attempt
from app.store.database import Database
from tests.given import EAST, GRID, HARBOUR, WEST, City, Person
from tests.hooks import PATH, integrator, made, told

Webhook = dict[str, Any]


@dataclass
class Log:
    """An endpoint of the eastern district whose deliveries a test writes by hand."""

    city: City
    person: Person
    webhook: Webhook

    @property
    def path(self) -> str:
        return f"{PATH}/{self.webhook['id']}"

    @property
    def id(self) -> WebhookId:
        return WebhookId(UUID(self.webhook["id"]))

    @property
    def database(self) -> Database:
        found: Database = self.city.app.state.service.database
        return found

    async def lines(self) -> list[Line]:
        async with self.database.reading() as tx:
            found = (await feed.read(tx, START, limit=200)).lines
        return [line for line in found if line.unit]

    async def relayed(self) -> list[Line]:
        """Let the relay have passed by all there is, with nothing put for this endpoint."""
        lines = await self.lines()
        async with self.database.transaction() as tx:
            await deliveries.move(tx, (await feed.horizon(tx)))
        return lines

    async def waits(self, *lines: Line) -> None:
        async with self.database.transaction() as tx:
            due_at = self.city.clock.now()
            await deliveries.put(tx, [(self.id, line.trace) for line in lines], due_at=due_at)

    async def died(self, line: Line, at: datetime) -> None:
        await self.waits(line)
        async with self.database.transaction() as tx:
            await tx.execute(
                """
                UPDATE delivery SET dead_at = $1, is_deferred = true, attempts = 10
                WHERE line = $2
                """,
                at,
                line.position.line,
            )

    async def tried(self, answer: Answer, *lines: Line, at: datetime | None = None) -> None:
        positions = tuple(line.position for line in lines)
        moment, message = at or self.city.clock.now(), lines[0].id
        attempt = Attempt(self.id, moment, positions, message, 1, "{}", answer)
        async with self.database.transaction() as tx:
            await attempts.put(tx, [attempt])

    async def messages(self, state: str = "waiting", **asked: Any) -> list[dict[str, Any]]:
        page = await self.person.get(f"{self.path}/messages", state=state, **asked)
        items: list[dict[str, Any]] = page["items"]
        return items

    async def waiting(self) -> list[str]:
        return [one["id"] for one in await self.messages()]


ARRIVED = Answer(Outcome.DELIVERED, 8, 200, "ok")
FAILED = Answer(Outcome.REFUSED, 20, 500, "oops")


@pytest.fixture
async def log(city: City) -> Log:
    """Three units of the harbour street are there: six lines of the log."""
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    for _ in range(3):
        assert (await worker.post(city.report())).status_code == 201
    person = await integrator(city)
    return Log(city, person, await made(person))


# Attempts


async def test_attempts_are_told_the_newest_first_page_by_page(log: Log):
    lines, now = await log.lines(), log.city.clock.now()
    for minute, line in enumerate(lines[:3]):
        await log.tried(FAILED, line, at=now + timedelta(minutes=minute))
    first = await log.person.get(f"{log.path}/attempts", limit=2)
    second = await log.person.get(f"{log.path}/attempts", limit=2, cursor=first["next"])
    found = [one["messages"] for one in first["items"] + second["items"]]
    assert found == [[line.id] for line in reversed(lines[:3])]
    assert second["next"] is None
    one = first["items"][0]
    assert (one["outcome"], one["status"], one["milliseconds"]) == ("refused", 500, 20)
    assert (one["request"], one["response"], one["is_manual"]) == ("{}", "oops", False)


async def test_attempts_are_found_by_outcome_message_and_moment(log: Log):
    lines, now = await log.lines(), log.city.clock.now()
    await log.tried(FAILED, lines[0], lines[1], at=now - timedelta(hours=2))
    await log.tried(ARRIVED, lines[0], lines[1])
    await log.tried(ARRIVED, lines[2])

    async def count(**asked: Any) -> int:
        return len((await log.person.get(f"{log.path}/attempts", **asked))["items"])

    assert await count(outcome="delivered") == 2
    assert await count(message=lines[1].id) == 2
    assert await count(message=lines[1].id, outcome="refused") == 1
    assert await count(since=(now - timedelta(hours=1)).isoformat()) == 2
    assert await count(message="batch_0") == 0


# What waits and what is dead


async def test_what_waits_is_told_in_the_order_of_the_log(log: Log):
    lines = await log.lines()
    await log.waits(*lines)
    found = await log.messages()
    assert [one["id"] for one in found] == [line.id for line in lines]
    first = found[0]
    assert lines[0].unit
    assert (first["type"], first["number"]) == ("unit.filed", lines[0].unit.number)
    assert (first["attempts"], first["dead_at"]) == (0, None)
    page = await log.person.get(f"{log.path}/messages", limit=4)
    assert len(await log.messages(cursor=page["next"])) == 2
    webhook = await log.person.get(log.path)
    assert (webhook["waiting"], webhook["dead"]) == (6, 0)
    assert webhook["oldest_waiting_at"] == first["at"]


async def test_dead_letters_are_told_the_longest_dead_first(log: Log):
    lines, now = await log.lines(), log.city.clock.now()
    for hour, line in enumerate(lines[:3]):
        await log.died(line, now - timedelta(hours=hour))
    page = await log.person.get(f"{log.path}/messages", state="dead", limit=2)
    rest = await log.messages("dead", cursor=page["next"])
    assert [one["id"] for one in page["items"] + rest] == [line.id for line in lines[2::-1]]
    assert page["items"][0]["due_at"] is None
    assert await log.waiting() == []


async def test_a_message_is_followed_from_waiting_to_its_arrival(log: Log):
    line = (await log.lines())[0]
    where = f"{log.path}/messages/{line.id}"
    assert (await log.person.call("GET", where)).status_code == 404
    await log.waits(line)
    assert (await log.person.get(where))["state"] == "waiting"
    await log.tried(FAILED, line)
    await log.died(line, log.city.clock.now())
    assert (await log.person.get(where))["state"] == "dead"
    await told(log.person, log.webhook, "recover", since="2026-01-01T00:00:00Z")
    await log.tried(ARRIVED, line)
    async with log.database.transaction() as tx:
        await tx.execute("DELETE FROM delivery")
    found = await log.person.get(where)
    assert (found["state"], found["type"]) == ("delivered", "unit.filed")
    assert found["delivered_at"] == log.city.clock.now().isoformat().replace("+00:00", "Z")
    assert [one["outcome"] for one in found["log"]] == ["delivered", "refused"]


@pytest.mark.parametrize("message", ["msg_1", "msg_0_99999", "everything", "msg_1_%00"])
async def test_a_message_nobody_knows_is_not_there(shared_city: City, message: str):
    person = await integrator(shared_city)
    path = f"{PATH}/{(await made(person))['id']}/messages/{message}"
    answer = await person.call("GET", path)
    assert answer.status_code == 404


async def test_a_strangers_log_is_not_there(log: Log):
    stranger = await integrator(log.city, f"{WEST}-ZX")
    for path in ("attempts", "messages", f"messages/{(await log.lines())[0].id}"):
        assert (await stranger.call("GET", f"{log.path}/{path}")).status_code == 404
    for verb, body in (("resend", {"messages": ["msg_1_1"]}), ("recover", {"since": "2026-01-01"})):
        answer = await stranger.call("POST", f"{log.path}:{verb}", json=body)
        assert answer.status_code in {404, 422}


# Sent again


async def test_a_message_is_sent_again_though_it_has_arrived(log: Log):
    line = (await log.relayed())[3]
    await log.tried(ARRIVED, line)
    assert await told(log.person, log.webhook, "resend", messages=[line.id]) == {
        "due": 1,
        "next": None,
    }
    assert await log.waiting() == [line.id]


async def test_what_waits_already_waits_on(log: Log):
    line = (await log.relayed())[0]
    await log.waits(line)
    assert (await told(log.person, log.webhook, "resend", messages=[line.id]))["due"] == 0
    assert await log.waiting() == [line.id]


async def test_of_messages_of_which_one_is_not_there_none_is_sent(log: Log):
    line = (await log.relayed())[0]
    body = {"messages": [line.id, "msg_1_999999"]}
    answer = await log.person.call("POST", f"{log.path}:resend", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (404, "messages.1")
    assert await log.waiting() == []


async def test_a_message_about_a_unit_out_of_its_scope_is_not_there(log: Log):
    line = (await log.relayed())[0]
    west = await integrator(log.city, f"{WEST}-ZX")
    webhook = await made(west)
    path = f"{PATH}/{webhook['id']}:resend"
    answer = await west.call("POST", path, json={"messages": [line.id]})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (404, "messages.0")


async def test_dead_letters_of_since_then_are_sent_again(log: Log):
    lines, now = await log.relayed(), log.city.clock.now()
    await log.died(lines[0], now - timedelta(hours=3))
    await log.died(lines[1], now - timedelta(hours=1))
    since = (now - timedelta(hours=2)).isoformat()
    assert (await told(log.person, log.webhook, "recover", since=since))["due"] == 1
    (again,) = await log.messages()
    assert (again["id"], again["attempts"]) == (lines[1].id, 0)
    assert datetime.fromisoformat(again["due_at"]) == now
    assert [one["id"] for one in await log.messages("dead")] == [lines[0].id]


async def test_many_dead_letters_are_sent_again_call_by_call(
    log: Log, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(redelivery, "MOST", 2)
    for line in (lines := await log.relayed())[:5]:
        await log.died(line, log.city.clock.now())
    asked: dict[str, Any] = {"since": "2026-01-01T00:00:00Z"}
    counts = []
    while True:
        done = await told(log.person, log.webhook, "recover", **asked)
        counts.append(done["due"])
        if done["next"] is None:
            break
        asked["cursor"] = done["next"]
    assert counts == [2, 2, 1]
    assert await log.waiting() == [line.id for line in lines[:5]]


async def test_what_was_missed_is_sent_and_nothing_that_has_arrived(log: Log):
    lines = await log.relayed()
    await log.tried(ARRIVED, lines[0], lines[1])
    await log.tried(FAILED, lines[2])
    await log.died(lines[2], log.city.clock.now())
    await log.waits(lines[3])
    done = await told(
        log.person, log.webhook, "recover", since="2026-01-01T00:00:00Z", what="missed"
    )
    published, *waiting = await log.waiting()
    assert done == {"due": 4, "next": None}
    assert waiting == [line.id for line in lines[2:]]
    assert (await log.person.get(f"{log.path}/messages/{published}"))[
        "type"
    ] == "rulebook.published"


async def test_a_long_log_is_looked_through_call_by_call(log: Log, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(redelivery, "MOST", 4)
    monkeypatch.setattr(feed, "SCAN", 2)
    lines = await log.relayed()
    asked: dict[str, Any] = {"since": "2026-11-20T00:00:00Z", "what": "missed"}
    done = await told(log.person, log.webhook, "recover", **asked)
    counts = [done["due"]]
    while done["next"]:
        done = await told(log.person, log.webhook, "recover", **asked, cursor=done["next"])
        counts.append(done["due"])
    assert counts == [3, 3]
    assert await log.waiting() == [line.id for line in lines]


async def test_all_is_sent_again_if_that_is_wanted(log: Log):
    lines = await log.relayed()
    await log.tried(ARRIVED, *lines)
    ask = {"since": lines[2].at.isoformat(), "what": "all"}
    await told(log.person, log.webhook, "recover", **ask)
    assert set(await log.waiting()) >= {line.id for line in lines}


async def test_only_what_it_asks_for_is_recovered(log: Log):
    worker = await log.city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await log.lines())[0].unit
    assert unit
    await worker.act(str(unit.id), "accept")
    await log.relayed()
    webhook = await made(log.person, types=["unit.accepted"], scope=f"{HARBOUR}-ZX")
    log.webhook = webhook
    done = await told(log.person, webhook, "recover", since="2026-01-01T00:00:00Z", what="missed")
    assert done["due"] == 1
    (found,) = await log.messages()
    assert found["type"] == "unit.accepted"


async def test_what_the_relay_has_not_come_to_is_left_to_it(log: Log):
    done = await told(log.person, log.webhook, "recover", since="2026-01-01T00:00:00Z", what="all")
    assert done["due"] == 0
    line = (await log.lines())[0]
    assert (await told(log.person, log.webhook, "resend", messages=[line.id]))["due"] == 0


async def test_the_log_is_looked_through_from_close_to_the_moment(log: Log):
    """A search by halves over transactions of which each is a minute later than the one before."""
    async with log.database.transaction() as tx:
        await tx.execute("UPDATE step SET at = '2026-11-20T00:00Z'")
    for minute in range(20):
        log.city.clock.forward(minutes=1)
        worker = await log.city.person(f"{GRID}-WG", Role.GRID_WORKER, name=str(minute))
        await worker.post(log.city.report())
    lines = await log.relayed()
    since = log.city.clock.now() - timedelta(minutes=5)
    async with log.database.reading() as tx:
        begun = await redelivery.redelivery.position_at(tx, since)
    behind = [line for line in lines if line.position > begun]
    wanted = [line for line in lines if line.at >= since]
    assert behind[-len(wanted) :] == wanted
    assert len(wanted) < len(behind) <= len(wanted) + 6


async def test_nothing_is_sent_again_to_an_endpoint_that_is_off(log: Log):
    line = (await log.relayed())[0]
    await told(log.person, log.webhook, "disable")
    for verb, body in (
        ("resend", {"messages": [line.id]}),
        ("recover", {"since": "2026-01-01T00:00:00Z"}),
        ("recover", {"since": "2026-01-01T00:00:00Z", "what": "missed"}),
    ):
        answer = await log.person.call("POST", f"{log.path}:{verb}", json=body)
        assert (answer.status_code, answer.json()["allowed"]) == (409, ["enable"])


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("resend", {"messages": []}, "messages"),
        ("resend", {"messages": ["abc"]}, "messages.0"),
        ("resend", {"messages": ["msg_1_1"] * 101}, "messages"),
        ("recover", {"since": "yesterday"}, "since"),
        ("recover", {"since": "2026-11-20T00:00:00Z", "what": "some"}, "what"),
        ("recover", {"since": "2026-11-20T00:00:00Z", "cursor": "?"}, "cursor"),
    ],
)
async def test_what_cannot_be_sent_again_is_refused_by_name(
    shared_city: City, verb: str, body: dict[str, Any], field: str
):
    person = await integrator(shared_city)
    path = f"{PATH}/{(await made(person))['id']}:{verb}"
    answer = await person.call("POST", path, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_a_recovery_is_done_once_under_one_key(log: Log):
    await log.died((await log.relayed())[0], log.city.clock.now())
    call = {"json": {"since": "2026-01-01T00:00:00Z"}, "headers": {HEADER: "k1"}}
    first, again = [await log.person.call("POST", f"{log.path}:recover", **call) for _ in range(2)]
    assert first.json()["due"] == again.json()["due"] == 1


async def test_the_department_hears_of_what_it_holds_alone(log: Log):
    """No body but a centre, a committee or a grid team hears of an area."""
    await log.relayed()
    webhook = await made(await integrator(log.city, f"{EAST}-CG"), types=["unit.*"])
    person = await integrator(log.city, f"{EAST}-CG")
    done = await told(person, webhook, "recover", since="2026-01-01T00:00:00Z", what="missed")
    assert done["due"] == 0
