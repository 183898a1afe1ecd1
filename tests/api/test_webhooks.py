"""Endpoints: made with a secret shown once, seen by their subtree, changed, tried, switched off."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from standardwebhooks.webhooks import Webhook

from app.api.once import HEADER
from app.domain import signature
from app.domain.answer import Answer, Outcome
from app.domain.authority import Role
from app.domain.webhook import SCHEDULE
from app.store.seal import Seal
from app.wire import signing
from tests.given import CITY, EAST, GRID, HARBOUR, HILL, WEST, City, Person
from tests.hooks import PATH, URL, integrator, made, shown, told, without_network

# Made


async def test_a_new_endpoint_hears_of_everything_in_its_makers_scope(shared_city: City):
    answer = await (await integrator(shared_city)).call("POST", PATH, json={"url": URL})
    webhook = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert answer.headers["location"] == f"{PATH}/{webhook['id']}"
    assert webhook["organisation"] == webhook["scope"]
    assert webhook["scope"]["code"] == f"{EAST}-ZX"
    assert (webhook["types"], webhook["payload"], webhook["batch"]) == ([], "thin", 1)
    assert webhook["schedule"] == list(SCHEDULE)
    assert (webhook["state"], webhook["waiting"], webhook["dead"]) == ("enabled", 0, 0)


async def test_a_secret_is_shown_once_and_lies_sealed_in_the_database(city: City):
    person = await integrator(city)
    headers = {"Authorization": "Bearer abc"}
    call = {"json": {"url": URL, "headers": headers}, "headers": {HEADER: "k1"}}
    first, again = [await person.call("POST", PATH, **call) for _ in range(2)]
    secret = first.json()["secret"]
    signature.key_of(secret)
    assert "secret" not in again.json()
    assert again.json()["id"] == first.json()["id"]
    assert "secret" not in await shown(person, first.json())
    assert (await shown(person, first.json()))["headers"] == ["Authorization"]
    async with city.app.state.service.database.reading() as tx:
        lies = await tx.value("SELECT (w.*)::text || (r.*)::text FROM webhook w, reply r")
    hidden = secret.removeprefix(signature.PREFIX)
    assert not [one for one in (hidden, hidden.encode().hex(), b"abc".hex()) if one in lies]


async def test_it_may_be_a_secret_of_ones_own(shared_city: City):
    own = signature.new_secret(24)
    assert (await made(await integrator(shared_city), secret=own))["secret"] == own


async def test_of_a_key_pair_the_public_half_is_seen_by_all_and_the_secret_by_nobody(
    shared_city: City,
):
    person = await integrator(shared_city)
    webhook = await made(person, signing="ed25519")
    assert webhook["secret"] is None
    assert webhook["public_key"].startswith(signing.PUBLIC)
    assert (await shown(person, webhook))["public_key"] == webhook["public_key"]


async def test_its_first_line_is_what_is_committed_behind_it(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    await worker.post(city.report())
    await made(await integrator(city))
    async with city.app.state.service.database.reading() as tx:
        behind = await tx.value(
            """
            SELECT count(*) FROM webhook w, step s
            WHERE (s.epoch, s.xid, s.id) <= (w.epoch, w.xid, w.line)
            """
        )
        lines = await tx.value("SELECT count(*) FROM step")
    assert behind == lines > 0


BAD: list[tuple[dict[str, Any], str]] = [
    ({"url": "ftp://dashboard.example.com"}, "url"),
    ({"url": "http://10.1.2.3/hook"}, "url"),
    ({"url": "https://dashboard.example.com:22/"}, "url"),
    ({"url": "https://127.0.0.1/"}, "url"),
    ({"url": ""}, "url"),
    ({"types": ["unit.*", "unit.vanished"]}, "types.1"),
    ({"types": ["*"]}, "types.0"),
    ({"batch": 101}, "batch"),
    ({"in_flight": 65}, "in_flight"),
    ({"timeout": 31}, "timeout"),
    ({"rate": 0}, "rate"),
    ({"schedule": []}, "schedule"),
    ({"schedule": [1] * 21}, "schedule"),
    ({"schedule": [0]}, "schedule.0"),
    ({"schedule": [604800, 1]}, "schedule"),
    ({"payload": "fat"}, "payload"),
    ({"secret": "abc"}, "secret"),
    ({"secret": "whsec_AAAA"}, "secret"),
    ({"secret": f"whsec_{'QUFB' * 8}", "signing": "ed25519"}, "secret"),
    ({"headers": {"Host": "a"}}, "headers.Host"),
    ({"headers": {"webhook-id": "a"}}, "headers.webhook-id"),
    ({"headers": {"Content-Type": "a"}}, "headers.Content-Type"),
    ({"headers": {"Transfer-Encoding": "chunked"}}, "headers.Transfer-Encoding"),
    ({"headers": {"X A": "a"}}, "headers.X A"),
    ({"headers": {"X-A": "a\r\nX-B: b"}}, "headers.X-A"),
    ({"headers": {"X-A": "密"}}, "headers.X-A"),
    ({"headers": {"X-A": "a", "x-a": "b"}}, "headers.x-a"),
    ({"headers": {f"X-{at}": "a" for at in range(21)}}, "headers"),
    ({"description": "\x00"}, "description"),
    ({"scope": f"{WEST}-ZX"}, "scope"),
    ({"scope": "nowhere"}, "scope"),
    ({"colour": "red"}, "colour"),
]


@pytest.mark.parametrize(("changes", "field"), BAD, ids=lambda one: str(one)[:40])
async def test_what_cannot_be_met_is_refused_by_name(
    shared_city: City, changes: dict[str, Any], field: str
):
    person = await integrator(shared_city, f"{HILL}-ZX")
    answer = await person.call("POST", PATH, json={"url": URL, **changes})
    assert answer.status_code in {404, 422}, answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert (await person.get(PATH))["items"] == []


async def test_a_refused_type_says_which_there_are(shared_city: City):
    person = await integrator(shared_city)
    answer = await person.call("POST", PATH, json={"url": URL, "types": ["unit.vanished"]})
    assert {"unit.*", "clock.*", "unit.closed"} <= set(answer.json()["allowed"])


async def test_a_refused_address_says_how_it_may_be_called_all_the_same(shared_city: City):
    person = await integrator(shared_city)
    answer = await person.call("POST", PATH, json={"url": "https://192.168.1.9/hook"})
    assert "YIGUAN_WEBHOOK_ALLOW" in answer.json()["detail"]


# Who may


@pytest.mark.parametrize("role", [Role.CLERK, Role.GRID_WORKER, Role.REPORTER])
async def test_who_works_on_units_has_nothing_to_do_with_webhooks(shared_city: City, role: Role):
    person = await shared_city.person(f"{EAST}-ZX", role)
    answers = [
        await person.call("POST", PATH, json={"url": URL}),
        await person.call("GET", PATH),
    ]
    assert [one.status_code for one in answers] == [403, 403]
    assert answers[0].json()["allowed"] == ["administrator", "integrator"]


async def test_a_supervisor_may_look_and_not_touch(shared_city: City):
    webhook = await made(await integrator(shared_city))
    person = await shared_city.person(f"{EAST}-ZX", Role.SUPERVISOR)
    assert (await shown(person, webhook))["id"] == webhook["id"]
    where = f"{PATH}/{webhook['id']}"
    tries = [
        await person.call("POST", f"{where}:disable", json={}),
        await person.call("POST", f"{where}:test", json={}),
        await person.call("PATCH", where, seen=1, json={}),
        await person.call("DELETE", where),
    ]
    assert [one.status_code for one in tries] == [403] * 4


async def test_a_centre_manages_the_endpoints_of_its_subtree_and_sees_no_other(city: City):
    street, above = await integrator(city, f"{HARBOUR}-ZX"), await integrator(city)
    webhook = await made(street)
    beside = await integrator(city, f"{WEST}-ZX")
    below = await integrator(city, f"{GRID}-WG")
    assert [one["id"] for one in (await above.get(PATH))["items"]] == [webhook["id"]]
    assert [one["id"] for one in (await street.get(PATH))["items"]] == [webhook["id"]]
    assert (await beside.get(PATH))["items"] == (await below.get(PATH))["items"] == []
    where = f"{PATH}/{webhook['id']}"
    assert (await beside.call("GET", where)).status_code == 404
    assert (await beside.call("DELETE", where)).status_code == 404
    assert (await told(above, webhook, "disable"))["state"] == "disabled"


async def test_an_endpoint_never_hears_of_more_than_its_own_body_may(shared_city: City):
    """Not even by the hand of somebody who may see more."""
    webhook = await made(await integrator(shared_city, f"{HARBOUR}-ZX"))
    above, where = await integrator(shared_city, f"{CITY}-ZX"), f"{PATH}/{webhook['id']}"
    answer = await above.call("PATCH", where, seen=1, json={"scope": f"{EAST}-ZX"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (404, "scope")
    answer = await above.call("PATCH", where, seen=1, json={"scope": f"{GRID}-WG"})
    assert answer.json()["scope"]["code"] == f"{GRID}-WG"


async def test_a_list_is_paged(city: City):
    person = await integrator(city)
    ids = [(await made(person))["id"] for _ in range(3)]
    first = await person.get(PATH, limit=2)
    second = await person.get(PATH, limit=2, cursor=first["next"])
    assert sorted(one["id"] for one in first["items"] + second["items"]) == sorted(ids)
    assert second["next"] is None


# Changed


async def change(person: Person, webhook: dict[str, Any], seen: int, **body: Any) -> httpx.Response:
    return await person.call("PATCH", f"{PATH}/{webhook['id']}", seen=seen, json=body)


async def test_what_is_named_is_changed_and_all_else_stays(shared_city: City):
    person = await integrator(shared_city)
    webhook = await made(person, rate=5, headers={"X-Token": "a"}, types=["clock.*"])
    answer = await change(person, webhook, 1, types=["unit.*", "unit.filed"], rate=None)
    assert answer.headers["etag"] == '"2"'
    assert answer.json() == await shown(person, webhook)
    changed = {"types": ["unit.*", "unit.filed"], "rate": None, "version": 2}
    webhook.pop("secret")
    assert answer.json() == {**webhook, **changed}


async def test_a_change_of_what_somebody_else_has_changed_is_refused(shared_city: City):
    person = await integrator(shared_city)
    webhook = await made(person)
    await change(person, webhook, 1, batch=10)
    late = await change(person, webhook, 1, batch=20)
    assert (late.status_code, late.json()["type"]) == (412, "/problems/changed")
    blind = await person.call("PATCH", f"{PATH}/{webhook['id']}", json={"batch": 20})
    assert blind.status_code == 428
    assert (await shown(person, webhook))["batch"] == 10


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": "https://10.0.0.1"}, "url"),
        ({"types": ["x"]}, "types.0"),
        ({"secret": "a"}, "secret"),
    ],
)
async def test_a_change_is_judged_as_a_new_one_is(
    shared_city: City, changes: dict[str, Any], field: str
):
    person = await integrator(shared_city)
    webhook = await made(person)
    answer = await change(person, webhook, 1, **changes)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_a_change_closes_the_circuit_breaker(city: City):
    person = await integrator(city)
    webhook = await made(person)
    async with city.app.state.service.database.transaction() as tx:
        until = city.clock.now() + timedelta(minutes=5)
        await tx.execute("UPDATE webhook SET failures = 9, openings = 2, open_until = $1", until)
    assert (await shown(person, webhook))["state"] == "open"
    after = (await change(person, webhook, 1, headers={"X-Token": "b"})).json()
    assert (after["state"], after["failures"]) == ("enabled", 0)
    assert after == await shown(person, webhook)


# Another secret


async def test_two_secrets_sign_until_the_overlap_is_over(city: City):
    post, person = without_network(city), await integrator(city)
    old = await made(person)
    new = await told(person, old, "rotate", overlap=3600)
    assert new["secret"] != old["secret"]

    async def heard_by() -> list[bool]:
        await told(person, old, "test")
        letter = post.letters[-1]
        return [verified(key, letter) for key in (old["secret"], new["secret"])]

    assert await heard_by() == [True, True]
    city.clock.forward(hours=1)
    assert await heard_by() == [False, True]
    assert (await shown(person, old))["old_until"] is None


def verified(secret: str, letter: Any) -> bool:
    try:
        Webhook(secret).verify(letter.body, dict(letter.headers))
    except Exception:  # noqa: BLE001  (the package has an exception of its own)
        return False
    return True


async def test_without_overlap_the_secret_before_is_worthless_at_once(shared_city: City):
    post, person = without_network(shared_city), await integrator(shared_city)
    old = await made(person)
    new = await told(person, old, "rotate", overlap=0)
    await told(person, old, "test")
    keys = old["secret"], new["secret"]
    assert [verified(key, post.letters[-1]) for key in keys] == [False, True]


async def test_a_key_pair_is_rotated_as_well(shared_city: City):
    post, person = without_network(shared_city), await integrator(shared_city)
    old = await made(person, signing="ed25519")
    new = await told(person, old, "rotate")
    await told(person, old, "test")
    letter = post.letters[-1]
    now = datetime.now(UTC)
    assert new["secret"] is None
    for key in (old["public_key"], new["public_key"]):
        signing.verify([key], letter.headers, letter.body, now)


# Off and on


async def test_a_disabled_endpoint_says_since_when_and_why(shared_city: City):
    person = await integrator(shared_city)
    webhook = await made(person)
    off = await told(person, webhook, "disable", reason="大屏检修")
    assert (off["state"], off["version"]) == ("disabled", 2)
    assert off["disabled"]["code"] == "by_hand"
    assert off["disabled"]["reason"] == "人工停用"
    assert off["disabled"]["said"].endswith(": 大屏检修")
    assert (await told(person, webhook, "disable", reason="again")) == off
    english = await person.call("GET", f"{PATH}/{webhook['id']}", headers={"Accept-Language": "en"})
    assert english.json()["disabled"]["reason"] == "switched off by hand"
    on = await told(person, webhook, "enable")
    assert (on["state"], on["disabled"], on["version"]) == ("enabled", None, 3)


async def test_a_deleted_endpoint_is_gone_with_its_log(city: City):
    without_network(city)
    person = await integrator(city)
    webhook = await made(person)
    await told(person, webhook, "test")
    assert (await person.call("DELETE", f"{PATH}/{webhook['id']}")).status_code == 204
    assert (await person.call("GET", f"{PATH}/{webhook['id']}")).status_code == 404
    async with city.app.state.service.database.reading() as tx:
        assert await tx.value("SELECT count(*) FROM attempt") == 0


# Tried


async def test_a_test_message_is_signed_sent_and_logged(shared_city: City):
    post, person = without_network(shared_city), await integrator(shared_city)
    webhook = await made(person, headers={"X-Token": "a"}, timeout=7)
    tried = await told(person, webhook, "test", type="unit.accepted")
    (letter,) = post.letters
    assert (letter.url, letter.headers["X-Token"], letter.timeout) == (URL, "a", 7)
    assert verified(webhook["secret"], letter)
    assert orjson.loads(letter.body)["type"] == "unit.accepted"
    assert set(orjson.loads(letter.body)) == {"type", "timestamp", "data"}
    assert (tried["outcome"], tried["status"], tried["milliseconds"]) == ("delivered", 204, 12)
    assert tried["request_id"] == letter.headers["webhook-id"]
    assert tried["request_id"].startswith("msg_test_")
    log = (await person.get(f"{PATH}/{webhook['id']}/attempts"))["items"]
    assert [{**one, "id": None} for one in log] == [tried]
    assert log[0]["is_manual"]


async def test_a_test_that_fails_says_why_and_is_no_error_of_ours(shared_city: City):
    post, person = without_network(shared_city), await integrator(shared_city)
    post.answer = lambda _: Answer(Outcome.UNREACHABLE, 3, zh="无法连接", en="no connection")
    tried = await told(person, await made(person), "test")
    assert (tried["outcome"], tried["error"]) == ("unreachable", "无法连接 / no connection")


async def test_a_disabled_endpoint_may_be_tried_before_it_is_enabled(shared_city: City):
    post, person = without_network(shared_city), await integrator(shared_city)
    webhook = await made(person)
    await told(person, webhook, "disable")
    await told(person, webhook, "test")
    assert len(post.letters) == 1


async def test_a_service_that_has_lost_its_key_says_so_and_sends_nothing(city: City):
    post, person = without_network(city), await integrator(city)
    webhook = await made(person, headers={"X-Token": "a"})
    state = city.app.state
    means = replace(state.service.means, seal=Seal(b"another" + bytes(25)))
    state.service = replace(state.service, means=means)
    assert (await shown(person, webhook))["headers"] is None
    tried = await person.call("POST", f"{PATH}/{webhook['id']}:test", json={})
    assert (tried.status_code, post.letters) == (503, [])
    assert "YIGUAN_SECRET_KEY" in tried.json()["detail"]


async def test_a_test_is_sent_once_under_one_key(shared_city: City):
    post, person = without_network(shared_city), await integrator(shared_city)
    path = f"{PATH}/{(await made(person))['id']}:test"
    call = {"json": {}, "headers": {HEADER: "k1"}}
    first, again = [await person.call("POST", path, **call) for _ in range(2)]
    assert (first.json(), len(post.letters)) == (again.json(), 1)


async def test_in_cloudevents_and_in_batches_a_test_is_so_as_well(shared_city: City):
    post, person = without_network(shared_city), await integrator(shared_city)
    await told(person, await made(person, envelope="cloudevents", batch=10), "test")
    (event,) = orjson.loads(post.letters[0].body)
    assert (event["specversion"], event["type"]) == ("1.0", "unit.dispatched")
    assert post.letters[0].headers["Content-Type"] == "application/cloudevents-batch+json"
