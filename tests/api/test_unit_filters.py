"""Lists of units by what became of them: handled on the spot, rated, come back, merged."""

from typing import Any

from app.domain.authority import Role
from app.domain.policy import LocalPolicy
from tests.given import CITY, GRID, City, Person
from tests.journeys.publishing import policies
from tests.photos import clerk, uploaded, worker

HERE = {"code": GRID, "point": {"longitude": 106.575, "latitude": 29.556}}
THERE = {"code": GRID, "point": {"longitude": 106.585, "latitude": 29.566}}


async def units(person: Person, **asked: Any) -> list[str]:
    return [one["id"] for one in (await person.get("/v1/units", **asked))["items"]]


async def report(person: Person, **changes: Any) -> str:
    answer = await person.post(person.city.report(**changes))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["event"])


async def test_each_is_found_by_what_became_of_it(city: City):
    await policies(city, **{f"_{CITY}": LocalPolicy(self_handled_sample=0.0)})
    person, centre = await worker(city), await clerk(city)
    resident = await city.person(f"{GRID}-WG", Role.REPORTER, name="居民")
    now = city.clock.now().isoformat()
    resolved = {"how": "已清走", "at": now, "after": [await uploaded(person)]}
    handled = await report(person, place=THERE, resolved=resolved)
    first = await report(resident, place=HERE)
    merged = await report(person, place=HERE)
    await person.act(first, "accept")
    await person.act(first, "resolve")
    await centre.act(first, "verify")
    await resident.act(first, "rate", grade="mostly")
    back = await report(person, place=HERE)

    assert await units(centre, self_handled="true") == [handled]
    assert await units(centre, satisfaction="mostly") == [first]
    assert await units(centre, satisfaction="unsatisfied") == []
    assert await units(centre, recurring="true") == [back]
    assert await units(centre, merged_into=first) == [merged]
    assert set(await units(centre, self_handled="false")) == {first, merged, back}
    assert set(await units(centre, recurring="false")) == {handled, first, merged}
    assert await units(centre, self_handled="true", recurring="true") == []


async def test_a_grade_there_is_not_is_refused_by_name(shared_city: City):
    person = await worker(shared_city)
    answer = await person.call("GET", "/v1/units", params={"satisfaction": "happy"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "satisfaction")
