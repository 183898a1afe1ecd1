"""What a stranger tried on webhooks: recovery out of order, too far back, and with a lost key."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.domain.authority import Role
from app.domain.feed import START, Line
from app.domain.webhook import WebhookId
from app.store import deliveries, feed
from app.store.database import Database
from app.store.seal import Seal
from tests.given import GRID, City, Person
from tests.hooks import PATH, URL, integrator, made, shown, told, without_network

ALWAYS = "2026-11-01T00:00:00Z"


async def unit_lines(city: City) -> list[Line]:
    """Report something, and return the lines of its unit, with the relay behind them."""
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    assert (await worker.post(city.report())).status_code == 201
    database = database_of(city)
    async with database.transaction() as tx:
        found = (await feed.read(tx, START, limit=200)).lines
        await deliveries.move(tx, await feed.horizon(tx))
    return [line for line in found if line.unit]


def database_of(city: City) -> Database:
    found: Database = city.app.state.service.database
    return found


async def put(
    city: City, webhook: dict[str, Any], line: Line, *, due_at: datetime, is_deferred: bool
) -> None:
    """Have a line wait for an endpoint, tried before or not."""
    async with database_of(city).transaction() as tx:
        id_ = WebhookId(UUID(webhook["id"]))
        await deliveries.put(tx, [(id_, line.trace)], due_at=due_at)
        await tx.execute(
            "UPDATE delivery SET is_deferred = $1 WHERE line = $2", is_deferred, line.position.line
        )


async def due(city: City) -> Sequence[tuple[int, datetime, bool]]:
    async with database_of(city).reading() as tx:
        rows = await tx.fetch(
            "SELECT line, due_at, is_deferred FROM delivery WHERE dead_at IS NULL ORDER BY line"
        )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("is_deferred", [True, False])
async def test_what_was_missed_is_not_sent_before_what_still_waits_of_its_unit(
    city: City, *, is_deferred: bool
):
    """One that is kept while an endpoint is off may be due only tomorrow, or not tried at all."""
    person, now = await integrator(city), city.clock.now()
    webhook = await made(person, types=["unit.*"])
    first, second, *_ = await unit_lines(city)
    later = now + timedelta(days=1)
    await put(city, webhook, first, due_at=later, is_deferred=is_deferred)
    done = await told(person, webhook, "recover", since=ALWAYS, what="missed")
    assert done["due"] == 1
    assert await due(city) == [
        (first.position.line, now, True),
        (second.position.line, now, True),
    ]


async def test_a_dead_letter_is_not_sent_before_what_still_waits_of_its_unit(city: City):
    person, now = await integrator(city), city.clock.now()
    webhook = await made(person, types=["unit.*"])
    first, second, *_ = await unit_lines(city)
    await put(city, webhook, first, due_at=now + timedelta(days=1), is_deferred=True)
    await put(city, webhook, second, due_at=now, is_deferred=True)
    async with database_of(city).transaction() as tx:
        await tx.execute(
            "UPDATE delivery SET dead_at = $1 WHERE line = $2", now, second.position.line
        )
    assert (await told(person, webhook, "recover", since=ALWAYS))["due"] == 1
    assert [at for _, at, _ in await due(city)] == [now, now]


async def test_the_units_of_which_nothing_is_sent_again_wait_as_they_did(city: City):
    person, now = await integrator(city), city.clock.now()
    webhook = await made(person, types=["unit.*"])
    lines = await unit_lines(city)
    others = [line for line in await unit_lines(city) if line not in lines]
    tomorrow = now + timedelta(days=1)
    for line in lines:
        await put(city, webhook, line, due_at=tomorrow, is_deferred=True)
    await told(person, webhook, "resend", messages=[others[0].id])
    assert [at for _, at, _ in await due(city)] == [*[tomorrow] * len(lines), now]


async def recovered(person: Person, webhook: dict[str, Any], **asked: Any) -> Any:
    return await person.call("POST", f"{PATH}/{webhook['id']}:recover", json=asked)


async def test_what_has_arrived_so_long_ago_that_nobody_knows_is_not_sent_twice(city: City):
    person = await integrator(city)
    webhook = await made(person)
    city.clock.forward(days=40)
    since = city.clock.now() - timedelta(days=31)
    refused = await recovered(person, webhook, since=since.isoformat(), what="missed")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "since")
    assert "30 天" in refused.json()["detail"]
    (allowed,) = refused.json()["allowed"]
    for asked in ({"since": allowed, "what": "missed"}, {"since": ALWAYS, "what": "all"}):
        assert (await recovered(person, webhook, **asked)).status_code == 200


async def test_to_a_new_endpoint_nothing_has_arrived_however_long_ago(shared_city: City):
    person = await integrator(shared_city)
    webhook = await made(person)
    for what in ("failed", "missed", "all"):
        answer = await recovered(person, webhook, since="0001-01-01T00:00:00Z", what=what)
        assert answer.status_code == 200, answer.text


async def test_after_the_sealing_key_was_lost_a_rotation_and_new_headers_have_it_sent_again(
    city: City,
):
    post, person = without_network(city), await integrator(city)
    webhook = await made(person, headers={"X-Token": "a"})
    state = city.app.state
    means = replace(state.service.means, seal=Seal(b"another" + bytes(25)))
    state.service = replace(state.service, means=means)
    rotated = await told(person, webhook, "rotate", overlap=86400)
    assert rotated["old_until"] is None
    headers = {"If-Match": f'"{rotated["version"]}"'}
    path = f"{PATH}/{webhook['id']}"
    changed = await person.call("PATCH", path, json={"headers": {"X-Token": "b"}}, headers=headers)
    assert changed.json()["headers"] == ["X-Token"]
    await told(person, webhook, "test")
    assert post.letters[0].headers["X-Token"] == "b"
    assert (await shown(person, webhook))["state"] == "enabled"


@pytest.mark.parametrize(
    ("body", "field", "zh", "en"),
    [
        ({"batch": 0}, "batch", "不能小于 1", "greater than or equal to 1"),
        ({"timeout": 31}, "timeout", "不能大于 30", "less than or equal to 30"),
        ({"rate": "x"}, "rate", "应为整数", "valid integer"),
        ({"description": "x" * 201}, "description", "最多 200 个", "at most 200 characters"),
        ({"url": ""}, "url", "至少 1 个", "at least 1 character"),
        ({"schedule": []}, "schedule", "至少 1 个", "at least 1 item"),
        ({"headers": []}, "headers", "应为对象", "valid dictionary"),
        ({"types": "unit.*"}, "types", "应为数组", "valid list"),
        ({"secret": 1}, "secret", "应为文字", "valid string"),
    ],
)
async def test_a_field_that_is_out_of_bounds_is_told_in_both_languages(
    shared_city: City, body: dict[str, Any], field: str, zh: str, en: str
):
    person = await integrator(shared_city)
    for language, words in (("zh-CN", zh), ("en", en)):
        answer = await person.call(
            "POST", PATH, json={"url": URL, **body}, headers={"Accept-Language": language}
        )
        (error,) = answer.json()["errors"]
        assert error["field"] == field
        assert words in error["message"]
