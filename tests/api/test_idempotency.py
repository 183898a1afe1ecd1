"""A request sent again under its Idempotency-Key is done once and answered as it was."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app import worker
from app.api.once import HEADER, REPLAYED
from app.domain.area import Tier
from app.domain.authority import Role
from app.domain.event import AccountId
from app.domain.rulebook import Part
from app.flows import drafts, publication
from app.store import replies
from tests import given
from tests.given import CITY, EAST, GRID, HARBOUR, City, Person
from tests.journeys.publishing import publish

Unit = dict[str, Any]


async def worker_of(city: City, name: str = "") -> Person:
    return await city.person(f"{GRID}-WG", Role.GRID_WORKER, name=name)


async def filed(city: City) -> Unit:
    answer = await (await worker_of(city)).post(city.report())
    unit: Unit = answer.json()["unit"]
    return unit


async def send(
    person: Person,
    unit: Unit,
    action: str = "accept",
    *,
    key: str = "k1",
    seen: int = 1,
    **body: Any,
) -> httpx.Response:
    path = f"/v1/units/{unit['id']}:{action}"
    return await person.call("POST", path, seen=seen, json=body, headers={HEADER: key})


async def steps(city: City, unit: Unit) -> list[str]:
    log = await (await worker_of(city)).get(f"/v1/units/{unit['id']}/steps")
    return [line["action"] for line in log["items"][2:]]


async def kept(city: City) -> int:
    async with city.app.state.service.database.reading() as tx:
        return int(await tx.value("SELECT count(*) FROM reply"))


def same(first: httpx.Response, again: httpx.Response) -> bool:
    """Both carry the same answer, and the second says that it was given before."""
    said = [
        (one.status_code, one.content, one.headers.get("etag"), one.headers["content-type"])
        for one in (first, again)
    ]
    marks = [one.headers.get(REPLAYED) for one in (first, again)]
    return said[0] == said[1] and marks == [None, "true"]


# Sent again


async def test_the_same_request_gets_the_same_answer_and_is_done_once(city: City):
    unit, person = await filed(city), await worker_of(city)
    first, again = await send(person, unit), await send(person, unit)
    assert (same(first, again), await steps(city, unit)) == (True, ["accept"])


async def test_what_happened_to_the_unit_meanwhile_does_not_change_the_answer(city: City):
    unit, person = await filed(city), await worker_of(city)
    first = await send(person, unit)
    await person.act(unit["id"], "start")
    assert same(first, await send(person, unit))


async def test_a_lost_answer_to_an_accept_is_no_stale_version(city: City):
    """The service has committed and dies before the answer reaches anybody."""
    unit, person = await filed(city), await worker_of(city)

    class Lossy(httpx.ASGITransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await super().handle_async_request(request)
            raise httpx.ReadError("gone")

    async with httpx.AsyncClient(transport=Lossy(city.app), base_url="http://yiguan") as line:
        with pytest.raises(httpx.ReadError):
            await send(Person(City(line, city.app, city.clock), person.key), unit)
    again = await send(person, unit)
    assert (again.status_code, again.json()["state"]) == (200, "accepted")
    assert await steps(city, unit) == ["accept"]


async def test_without_a_key_it_is_as_it_was(city: City):
    unit, person = await filed(city), await worker_of(city)
    path = f"/v1/units/{unit['id']}:accept"
    answers = [await person.call("POST", path, seen=1, json={}) for _ in range(2)]
    assert ([one.status_code for one in answers], await kept(city)) == ([200, 412], 0)


async def test_several_at_once_are_done_once(city: City):
    unit, person = await filed(city), await worker_of(city)
    answers = await asyncio.gather(*(send(person, unit) for _ in range(6)))
    assert {one.status_code for one in answers} == {200}
    assert len({one.content for one in answers}) == 1
    assert sorted(one.headers.get(REPLAYED, "") for one in answers) == ["", *["true"] * 5]
    assert await steps(city, unit) == ["accept"]


async def test_whoever_waited_for_one_that_failed_does_it(city: City):
    unit, person = await filed(city), await worker_of(city)
    service = city.app.state.service
    async with service.database.reading() as tx:
        account = await tx.value("SELECT reporter FROM unit")
    async with service.database.transaction() as tx:
        # The first one, which fails: it ends without a reply.
        assert await replies.take(tx, AccountId(account), "k1", now=city.clock.now()) is None
        waiting = asyncio.create_task(send(person, unit))
        await asyncio.sleep(0.2)
        assert not waiting.done()
    answer = await waiting
    assert (answer.status_code, REPLAYED in answer.headers) == (200, False)


async def test_a_ruling_is_given_once(city: City):
    unit = (await (await worker_of(city)).post(city.report("说不清楚是啥子事情"))).json()["unit"]
    head = await city.person(f"{HARBOUR}-ZX", Role.SUPERVISOR)
    ruling = {"holder": f"{GRID}-WG", "limit": "3工作日", "reason": "经会商"}
    first, again = [await send(head, unit, "rule", **ruling) for _ in range(2)]
    assert (first.status_code, same(first, again)) == (200, True)


async def test_many_are_done_once_each_with_its_own_outcome(city: City):
    units, person = [await filed(city) for _ in range(3)], await worker_of(city)
    seen = [{"id": unit["id"], "version": version} for version, unit in enumerate(units, 1)]
    wish = {"action": "accept", "units": seen, "reason": "统一签收"}
    first, again = [
        await person.call("POST", "/v1/units:act", json=wish, headers={HEADER: "k1"})
        for _ in range(2)
    ]
    assert [one["status"] for one in first.json()["items"]] == [200, 412, 412]
    assert (same(first, again), await steps(city, units[0])) == (True, ["accept"])


async def test_a_request_is_made_once_and_granted_once(city: City):
    unit, person = await filed(city), await worker_of(city)
    await person.act(unit["id"], "accept")
    path, wish = f"/v1/units/{unit['id']}:request", {"kind": "extension", "reason": "配件须外调"}
    made = [await person.call("POST", path, json=wish, headers={HEADER: "k1"}) for _ in range(2)]
    assert (made[0].status_code, same(*made)) == (201, True)
    asked = made[0].json()
    head = await city.person(asked["desk"]["code"], Role.SUPERVISOR)
    path = f"/v1/requests/{asked['id']}:grant"
    granted = [
        await head.call("POST", path, json={"reason": "同意"}, headers={HEADER: "k1"})
        for _ in range(2)
    ]
    assert (granted[0].status_code, same(*granted)) == (200, True)


# Another request


@pytest.mark.parametrize(
    "other", [{"reason": "另一句话"}, {"seen": 2}, {"action": "start"}], ids=str
)
async def test_the_key_of_another_request_is_refused_by_name(city: City, other: dict[str, Any]):
    unit, person = await filed(city), await worker_of(city)
    await send(person, unit)
    answer = await send(person, unit, **other)
    assert answer.status_code == 409
    assert (answer.json()["type"], answer.json()["errors"][0]["field"]) == (
        "/problems/conflict",
        HEADER,
    )


async def test_two_people_may_use_the_same_key(city: City):
    unit = await filed(city)
    people = [await worker_of(city, name) for name in ("甲", "乙")]
    answers = [await send(one, unit, "note", reason="到场") for one in people]
    assert [REPLAYED in one.headers for one in answers] == [False, False]
    assert await steps(city, unit) == ["note", "note"]


async def test_a_refusal_is_not_kept(city: City):
    unit, person = await filed(city), await worker_of(city)
    early = await send(person, unit, "resolve", seen=2)
    await person.act(unit["id"], "accept")
    assert (early.status_code, (await send(person, unit, "resolve", seen=2)).status_code) == (
        412,
        200,
    )


# For how long


async def test_after_three_days_a_key_is_free_again(city: City):
    unit, person = await filed(city), await worker_of(city)
    await send(person, unit, "note", reason="甲")
    city.clock.forward(hours=72)
    answer = await send(person, unit, "note", reason="乙")
    again = await send(person, unit, "note", reason="乙")
    assert (answer.status_code, same(answer, again)) == (200, True)


@pytest.mark.parametrize(("hours", "left"), [(71, 1), (72, 0)])
async def test_the_worker_drops_what_is_too_old(city: City, hours: int, left: int):
    await send(await worker_of(city), await filed(city))
    city.clock.forward(hours=hours)
    service = city.app.state.service
    await worker.House().keep(service.database, service.library, city.clock.now())
    assert await kept(city) == left


# Keys


@pytest.mark.parametrize("key", ["", "a" * 65, "钥匙", "\x07", "\xe9"])
async def test_what_is_no_key_is_refused_by_name(shared_city: City, key: str):
    unit, person = await filed(shared_city), await worker_of(shared_city)
    answer = await person.call(
        "POST", f"/v1/units/{unit['id']}:accept", seen=1, json={}, headers={HEADER: key.encode()}
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, HEADER)


@pytest.mark.parametrize("key", ["k", "0b9e63cd-93c5-4dd8-90c3-4a2b0f1e7a11", "a b'c\"~" * 9])
async def test_what_is_a_key_is_taken(city: City, key: str):
    unit, person = await filed(city), await worker_of(city)
    assert same(await send(person, unit, key=key), await send(person, unit, key=key))


async def test_a_new_keys_secret_is_told_once_and_the_account_made_once(city: City):
    admin = await city.person(f"{EAST}-ZX", Role.ADMINISTRATOR)
    wanted = {"name": "张三", "organisation": f"{GRID}-WG", "roles": ["grid_worker"]}
    first, again = [
        await admin.call("POST", "/v1/keys", json=wanted, headers={HEADER: "k1"}) for _ in range(2)
    ]
    secret = first.json().pop("key")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == {key: value for key, value in first.json().items() if key != "key"}
    async with city.app.state.service.database.reading() as tx:
        assert await tx.value("SELECT count(*) FROM account WHERE name = '张三'") == 1
        stored = await tx.value("SELECT string_agg(convert_from(body, 'UTF8'), '') FROM reply")
    assert secret.rpartition("_")[2] not in stored


# The rulebook


LIST = {Part.LIST: given.entries()[:4]}


async def administer(
    city: City, path: str, body: dict[str, Any] | None = None, **call: Any
) -> httpx.Response:
    person = await city.person(f"{CITY}-ZX", Role.ADMINISTRATOR)
    sent = call or {"json": body or {}}
    return await person.call("POST", path, headers={HEADER: "k1"}, **sent)


async def drafted(city: City) -> None:
    async with city.app.state.service.database.transaction() as tx:
        await drafts.save(tx, LIST, note="", now=city.clock.now(), by="test")


async def scheduled(city: City) -> None:
    now = city.clock.now()
    async with city.app.state.service.database.transaction() as tx:
        await publication.publish(tx, LIST, now=now, by="test", at=now + timedelta(days=1))


async def versions(city: City) -> list[tuple[int, bool]]:
    async with city.app.state.service.database.reading() as tx:
        rows = await tx.fetch("SELECT version, withdrawn_at FROM rulebook ORDER BY version")
    return [(row["version"], row["withdrawn_at"] is None) for row in rows]


async def test_a_draft_is_published_once(city: City):
    await drafted(city)
    answers = [await administer(city, "/v1/drafts/d1:publish") for _ in range(2)]
    assert (same(*answers), await versions(city)) == (True, [(1, True), (2, True)])


async def test_a_version_is_rolled_back_to_once(city: City):
    await publish(city, Part.LIST, LIST[Part.LIST])
    answers = [await administer(city, "/v1/rulebooks/1:roll-back") for _ in range(2)]
    assert (same(*answers), len(await versions(city))) == (True, 3)


async def test_a_version_withdrawn_is_no_refusal_when_asked_again(city: City):
    await scheduled(city)
    answers = [await administer(city, "/v1/rulebooks/2:withdraw") for _ in range(2)]
    assert (same(*answers), await versions(city)) == (True, [(1, True), (2, False)])


async def test_judged_again_once_the_changes_are_told_twice(city: City):
    await filed(city)
    entries = [replace(one, level=Tier.STREET) for one in given.entries()]
    await publish(city, Part.LIST, tuple(entries))
    path, preview = "/v1/rulebooks/current:rejudge", {"preview": True}
    looked = await administer(city, path, preview)
    answers = [await administer(city, path, {"preview": False}) for _ in range(2)]
    assert (same(*answers), len(answers[1].json()["changes"])) == (True, 1)
    assert len(looked.json()["changes"]) == 1


async def test_a_sheet_taken_once_is_not_read_again_by_what_is_in_force_since(city: City):
    rule = '[[policy."500101".rules]]\nname = "火警"\nentry = "SX-22001-1"\ncontains = ["着火"]\n'
    sheet = {"params": {"part": "policies"}, "content": rule.encode()}
    first = await administer(city, "/v1/drafts", **sheet)
    await publish(city, Part.LIST, LIST[Part.LIST])
    again = await administer(city, "/v1/drafts", **sheet)
    assert (first.status_code, same(first, again), again.json()["name"]) == (201, True, "d1")


async def test_another_sheet_under_its_key_is_refused_before_it_is_read(city: City):
    params = {"part": "policies"}
    await administer(city, "/v1/drafts", params=params, content=b"")
    answer = await administer(city, "/v1/drafts", params=params, content=b"no sheet at all")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, HEADER)


READ_ONLY = {f"/v1/rulebooks/{{version}}:{look}" for look in ("check", "try", "explain")}


def test_every_post_that_writes_but_a_report_may_carry_a_key(shared_city: City):
    paths = shared_city.app.openapi()["paths"]
    without = {
        path
        for path, operations in paths.items()
        if "post" in operations
        and HEADER not in {one["name"] for one in operations["post"].get("parameters", ())}
    }
    assert without == {"/v1/events", "/v1/deadlines", *READ_ONLY}
