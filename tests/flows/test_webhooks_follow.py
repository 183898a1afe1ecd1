"""Endpoints follow the city: to the heir of their body, or they are switched off with a reason."""

from typing import Any

from app.domain.authority import Role
from app.flows import webhooks
from app.worker import CITY, Following
from tests.flows.test_units_follow import publish
from tests.given import EAST, HARBOUR, HILL, City
from tests.hooks import PATH, integrator, made, shown
from tests.reorganising import NEW


async def follow(city: City) -> None:
    """One turn of the worker after the merger is in force."""
    service, now = city.app.state.service, city.clock.now()
    await Following(CITY).turn(service.database, service.library.current(now), now)


async def test_the_heir_has_the_endpoints_of_a_body_that_has_ended(city: City):
    person = await integrator(city)
    webhook = await made(person, types=["unit.*"])
    await publish(city)
    await follow(city)
    after = await shown(await integrator(city, f"{NEW}-ZX"), webhook)
    assert after["organisation"]["code"] == after["scope"]["code"] == f"{NEW}-ZX"
    assert (after["state"], after["version"]) == ("enabled", 2)
    # Whoever had a key of the ended body acts for its heir.
    assert (await shown(person, webhook))["id"] == webhook["id"]


async def test_before_the_worker_comes_the_heir_sees_them_already(city: City):
    webhook = await made(await integrator(city))
    await publish(city)
    heir = await integrator(city, f"{NEW}-ZX")
    assert [one["id"] for one in (await heir.get(PATH))["items"]] == [webhook["id"]]


async def test_one_whose_scope_has_gone_elsewhere_is_switched_off_with_the_reason(city: City):
    person = await integrator(city)
    lost, kept = [await made(person, scope=f"{street}-ZX") for street in (HILL, HARBOUR)]
    await publish(city)
    await follow(city)
    off = await shown(person, lost)
    assert (off["state"], off["disabled"]["code"]) == ("disabled", "ended")
    assert "不再管辖" in off["disabled"]["reason"]
    assert (await shown(person, kept))["state"] == "enabled"

    where = f"{PATH}/{lost['id']}"
    refused = await person.call("POST", f"{where}:enable", json={})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "scope")
    scope: dict[str, Any] = {"scope": f"{HARBOUR}-ZX"}
    assert (await person.call("PATCH", where, seen=off["version"], json=scope)).status_code == 200
    assert (await person.call("POST", f"{where}:enable", json={})).status_code == 200


async def test_whoever_made_it_may_lose_their_key_and_it_goes_on(city: City):
    """It belongs to the organisation."""
    admin = await city.person(f"{EAST}-ZX", Role.ADMINISTRATOR)
    person = await integrator(city)
    webhook = await made(person)
    key_id = person.key.split("_")[1]
    assert (await admin.call("DELETE", f"/v1/keys/{key_id}")).status_code == 204
    assert (await shown(admin, webhook))["state"] == "enabled"


async def test_a_body_has_no_more_endpoints_than_the_log_can_be_looked_at_for(
    city: City, monkeypatch: Any
):
    monkeypatch.setattr(webhooks, "MOST", 2)
    person = await integrator(city)
    for _ in range(2):
        await made(person)
    answer = await person.call("POST", PATH, json={"url": "https://a.example"})
    assert answer.status_code == 409
