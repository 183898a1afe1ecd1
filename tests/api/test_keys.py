"""Keys: made by the area's administrator, worthless once revoked or expired."""

from typing import Any

import pytest

from app.domain.authority import Role
from tests.given import CITY, EAST, GRID, WEST, City, Person


async def administrator(city: City, area: str = EAST) -> Person:
    return await city.person(f"{area}-ZX", Role.ADMINISTRATOR)


def wanted(**changes: Any) -> dict[str, Any]:
    return {"name": "张三", "organisation": f"{GRID}-WG", "roles": ["grid_worker"], **changes}


async def made(city: City, **changes: Any) -> dict[str, Any]:
    answer = await (await administrator(city)).call("POST", "/v1/keys", json=wanted(**changes))
    assert answer.status_code == 201, answer.text
    key: dict[str, Any] = answer.json()
    return key


async def status_with(city: City, key: str) -> int:
    return (await Person(city, key).call("GET", "/v1/me/events")).status_code


async def test_a_new_key_works_at_once(shared_city: City):
    assert await status_with(shared_city, (await made(shared_city))["key"]) == 200


async def test_the_secret_is_not_stored(shared_city: City):
    key = (await made(shared_city))["key"]
    async with shared_city.app.state.service.database.reading() as tx:
        stored = await tx.value("SELECT string_agg(c::text, ' ') FROM credential c")
    assert key.rpartition("_")[2] not in stored


async def test_a_revoked_key_opens_nothing_more(shared_city: City, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.api.access.REMEMBERED", 0.0)
    key = await made(shared_city)
    assert await status_with(shared_city, key["key"]) == 200
    done = await (await administrator(shared_city)).call("DELETE", f"/v1/keys/{key['id']}")
    assert (done.status_code, await status_with(shared_city, key["key"])) == (204, 401)


async def test_a_key_cannot_be_revoked_twice(shared_city: City):
    key, admin = await made(shared_city), await administrator(shared_city)
    await admin.call("DELETE", f"/v1/keys/{key['id']}")
    assert (await admin.call("DELETE", f"/v1/keys/{key['id']}")).status_code == 404


async def test_an_expired_key_opens_nothing(city: City, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.api.access.REMEMBERED", 0.0)
    key = await made(city, expires_at="2026-11-20T10:00:00+08:00")
    before = await status_with(city, key["key"])
    city.clock.forward(hours=1)
    assert (before, await status_with(city, key["key"])) == (200, 401)


@pytest.mark.parametrize(
    ("area", "role"),
    [(EAST, Role.SUPERVISOR), (EAST, Role.CLERK), (CITY, Role.CLERK)],
)
async def test_who_is_no_administrator_makes_none(shared_city: City, area: str, role: Role):
    person = await shared_city.person(f"{area}-ZX", role)
    assert (await person.call("POST", "/v1/keys", json=wanted())).status_code == 403


async def test_what_lies_outside_its_area_is_not_there_for_an_administrator(shared_city: City):
    stranger = await administrator(shared_city, WEST)
    assert (await stranger.call("POST", "/v1/keys", json=wanted())).status_code == 404


async def test_a_departments_administrator_makes_none_for_its_centre(shared_city: City):
    person = await shared_city.person(f"{EAST}-CG", Role.ADMINISTRATOR)
    asked = wanted(organisation=f"{EAST}-ZX")
    assert (await person.call("POST", "/v1/keys", json=asked)).status_code == 404


async def test_another_areas_administrator_revokes_none(shared_city: City):
    key = await made(shared_city)
    stranger = await administrator(shared_city, WEST)
    answer = await stranger.call("DELETE", f"/v1/keys/{key['id']}")
    assert (answer.status_code, await status_with(shared_city, key["key"])) == (404, 200)


async def test_the_citys_administrator_makes_keys_everywhere(shared_city: City):
    admin = await administrator(shared_city, CITY)
    assert (await admin.call("POST", "/v1/keys", json=wanted())).status_code == 201


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"roles": []}, "roles"),
        ({"roles": ["emperor"]}, "roles.0"),
        ({"name": ""}, "name"),
        ({"name": "\x00"}, "name"),
        ({"expires_at": "2026-11-20T10:00:00"}, "expires_at"),
        ({"admin": True}, "admin"),
    ],
)
async def test_a_bad_field_is_refused_by_name(
    shared_city: City, changes: dict[str, Any], field: str
):
    admin = await administrator(shared_city)
    answer = await admin.call("POST", "/v1/keys", json=wanted(**changes))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.parametrize("key", ["gone", "%00"])
async def test_a_key_nobody_made_cannot_be_revoked(shared_city: City, key: str):
    answer = await (await administrator(shared_city)).call("DELETE", f"/v1/keys/{key}")
    assert answer.status_code in {404, 422}
