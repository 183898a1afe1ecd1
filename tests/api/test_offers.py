"""Offers: a unit lists what its caller may do now, and nothing that is refused all the same."""

from datetime import timedelta
from typing import Any

import pytest

from app.domain.authority import Role
from app.domain.policy import LocalPolicy
from app.domain.responsibility import Urgency
from tests.given import CITY, EAST, HARBOUR, City, Person
from tests.journeys.publishing import policies
from tests.photos import clerk, exhibit, filed, uploaded, worker


async def offered(person: Person, unit: str) -> dict[str, dict[str, Any]]:
    found = (await person.get(f"/v1/units/{unit}"))["actions"]
    return {one["action"]: one for one in found}


async def head(city: City) -> Person:
    return await city.person(f"{EAST}-ZX", Role.SUPERVISOR)


# What resolving needs


async def test_resolving_names_what_it_must_show_until_it_is_there(city: City):
    await policies(city, **{f"_{CITY}": LocalPolicy(requires_evidence=True)})
    person = await worker(city)
    unit = await filed(person)
    await person.act(unit, "accept")
    resolve = (await offered(person, unit))["resolve"]
    assert (resolve["needs"], resolve["phases"]) == (["attachments"], ["after"])
    await person.act(unit, "attach", attachments=[exhibit(await uploaded(person))])
    resolve = (await offered(person, unit))["resolve"]
    assert (resolve["needs"], resolve["phases"]) == ([], [])
    await person.act(unit, "resolve")


async def test_where_policy_wants_none_resolving_needs_none(city: City):
    person = await worker(city)
    unit = await filed(person)
    await person.act(unit, "accept")
    assert (await offered(person, unit))["resolve"]["needs"] == []


# What is too late, or used up


async def test_an_extension_is_offered_until_it_is_too_late(city: City):
    unit, district = await filed(await worker(city)), await head(city)
    assert "extend" in await offered(district, unit)
    city.clock.forward(days=4)
    assert "extend" not in await offered(district, unit)
    assert (await district.try_to(unit, "extend", reason="大雨")).status_code == 409


async def test_an_extension_is_offered_as_often_as_the_policy_grants_it(city: City):
    await policies(city, **{f"_{CITY}": LocalPolicy(extensions=1)})
    unit, district = await filed(await worker(city)), await head(city)
    await district.act(unit, "extend", reason="大雨")
    assert "extend" not in await offered(district, unit)
    assert (await district.try_to(unit, "extend", reason="大雨")).status_code == 409


async def test_what_more_centres_must_agree_to_the_second_time_is_not_offered_to_the_first(
    city: City,
):
    levels = {Urgency.NORMAL: (1, 2)}
    await policies(city, **{f"_{CITY}": LocalPolicy(extension_levels=levels)})
    unit = await filed(await worker(city))
    street = await city.person(f"{HARBOUR}-ZX", Role.SUPERVISOR)
    assert "extend" in await offered(street, unit)
    await street.act(unit, "extend", reason="大雨")
    assert "extend" not in await offered(street, unit)
    assert "extend" in await offered(await head(city), unit)


async def test_a_suspension_is_offered_once(city: City):
    unit = await filed(await worker(city))
    street = await city.person(f"{HARBOUR}-ZX", Role.SUPERVISOR)
    assert "suspend" in await offered(street, unit)
    until = (city.clock.now() + timedelta(days=2)).isoformat()
    await street.act(unit, "suspend", until=until, reason="等配件")
    await street.act(unit, "resume")
    assert "suspend" not in await offered(street, unit)


async def test_urging_is_offered_again_when_the_policy_lets_it(city: City):
    unit, centre = await filed(await worker(city)), await clerk(city)
    assert "urge" in await offered(centre, unit)
    await centre.act(unit, "urge", reason="居民在等")
    assert "urge" not in await offered(centre, unit)
    city.clock.forward(hours=1)
    assert "urge" in await offered(centre, unit)


@pytest.mark.parametrize("days", [29, 30])
async def test_reopening_is_offered_in_time(city: City, days: int):
    person, centre = await worker(city), await clerk(city)
    unit = await filed(person)
    await person.act(unit, "accept")
    await person.act(unit, "resolve")
    await centre.act(unit, "verify")
    city.clock.forward(days=days)
    assert ("reopen" in await offered(centre, unit)) == (days < 30)
