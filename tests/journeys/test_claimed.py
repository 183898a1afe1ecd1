"""领取: taken off the desk, kept, put back, worked on; and what others meet meanwhile."""

from typing import Any

import httpx
import pytest

from app.domain.authority import Role
from tests.given import CITY, EAST, GRID, HARBOUR, City, Person
from tests.queries import logged

DESK = f"{HARBOUR}-ZX"
QUEUE = f"/v1/organisations/{DESK}/queue"
UNSURE = "说不清楚是啥子事情"


async def clerk(city: City, name: str = "小陈", role: Role = Role.CLERK) -> Person:
    return await city.person(DESK, role, name=name)


async def filled(city: City, count: int) -> list[str]:
    """Units in triage on the street centre's desk, the most pressing first."""
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    found = []
    for number in range(count):
        answer = await worker.post(city.report(f"{UNSURE} {number}"))
        assert answer.status_code == 201
        found.append(answer.json()["unit"]["id"])
        city.clock.forward(seconds=1)
    return found


async def claim(person: Person, **asked: Any) -> list[dict[str, Any]]:
    answer = await person.call("POST", f"{QUEUE}:claim", json=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def keep(person: Person, word: str, *held: dict[str, Any], **more: Any) -> list[Any]:
    units = [{"unit": one["id"], "token": one["claim"]["token"]} for one in held]
    answer = await person.call("POST", f"{QUEUE}:{word}", json={"units": units, **more})
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["items"]
    return found


async def act(
    person: Person, unit: dict[str, Any], action: str, token: int | None = None, **body: Any
) -> httpx.Response:
    headers = {"Claim-Token": str(token)} if token else {}
    return await person.call(
        "POST",
        f"/v1/units/{unit['id']}:{action}",
        seen=unit["version"],
        headers=headers,
        json=body,
    )


async def log(person: Person, unit: str) -> list[str]:
    items = (await person.get(f"/v1/units/{unit}/steps"))["items"]
    return [line["action"] for line in items]


async def test_two_clerks_never_get_the_same_unit_and_the_most_pressing_comes_first(city: City):
    units = await filled(city, 5)
    first = await claim(await clerk(city), max=2)
    second = await claim(await clerk(city, "小李"), max=100)
    assert [one["id"] for one in first] == units[:2]
    assert [one["id"] for one in second] == units[2:]
    assert await claim(await clerk(city, "小王")) == []
    assert {one["claim"]["by"] for one in first} == {"小陈"}
    assert await log(await clerk(city), units[0]) == ["receive", "claim"]


async def test_a_claim_leaves_version_and_last_change_as_they_were(city: City):
    (unit,) = await filled(city, 1)
    person = await clerk(city)
    before = await person.get(f"/v1/units/{unit}")
    city.clock.forward(seconds=5)
    await claim(person)
    after = await person.get(f"/v1/units/{unit}")
    assert {**after, "claim": None, "actions": [], "light": None} == {
        **before,
        "claim": None,
        "actions": [],
        "light": None,
    }
    assert after["claim"]["mine"] is True


async def test_an_ended_lease_comes_back_first_and_its_token_is_worth_nothing(city: City):
    units = await filled(city, 3)
    one, other = await clerk(city), await clerk(city, "小李")
    (held,) = [unit for unit in await claim(one, max=2, lease=60) if unit["id"] == units[1]]
    await claim(one, max=100, lease=900)
    city.clock.forward(seconds=61)
    (again,) = await claim(other)
    assert again["id"] == units[0]
    (next_one,) = await claim(other)
    assert next_one["id"] == held["id"]
    assert next_one["claim"]["token"] == held["claim"]["token"] + 1
    (renewed,) = await keep(one, "renew", held)
    assert renewed["status"] == 412
    assert "小李" in renewed["problem"]["detail"]
    late = await act(one, held, "file", held["claim"]["token"], entry="SX-06010-1")
    assert (late.status_code, late.json()["type"]) == (412, "/problems/claim-lost")
    assert late.json()["last"]["by"] == "小李"


async def test_a_colleague_is_told_who_has_it_and_until_when(city: City):
    await filled(city, 1)
    (held,) = await claim(await clerk(city))
    other = await clerk(city, "小李")
    answer = await act(other, held, "file", entry="SX-06010-1")
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "/problems/claimed")
    assert "码头街道治理中心(小陈)" in problem["detail"]
    assert "至 09:45" in problem["detail"]
    noted = await act(other, held, "note", reason="居民又来电")
    assert noted.status_code == 200
    shown = noted.json()["claim"]
    assert (shown["by"], shown["mine"], shown["token"]) == ("小陈", False, None)
    offered = (await other.get(f"/v1/units/{held['id']}"))["actions"]
    assert {one["action"] for one in offered} == {"note", "attach"}


async def test_in_bulk_too(city: City):
    await filled(city, 2)
    (held,) = await claim(await clerk(city))
    other = await clerk(city, "小李")
    items = (await other.get(QUEUE))["items"]
    body = {
        "action": "decline",
        "reason": "不属实",
        "units": [{"id": one["id"], "version": one["version"]} for one in items],
    }
    answer = (await other.call("POST", "/v1/units:act", json=body)).json()
    status = {one["id"]: one["status"] for one in answer["items"]}
    assert status[held["id"]] == 409
    assert sorted(status.values()) == [200, 409]


async def test_acting_ends_the_claim(city: City):
    await filled(city, 1)
    person = await clerk(city)
    (held,) = await claim(person)
    filed = await act(person, held, "file", held["claim"]["token"], entry="SX-06010-1")
    assert filed.status_code == 200, filed.text
    assert filed.json()["claim"] is None
    (renewed,) = await keep(person, "renew", held)
    assert renewed["status"] == 412


async def test_a_supervisor_acts_or_takes_it_over(city: City):
    await filled(city, 2)
    first, second = await claim(await clerk(city), max=2)
    head = await clerk(city, "主任", Role.SUPERVISOR)
    assert (await act(head, first, "decline", reason="不属实")).status_code == 200
    taken = await head.call("POST", f"{QUEUE}:take", json={"unit": second["number"]})
    assert taken.status_code == 200, taken.text
    assert taken.json()["claim"]["by"] == "主任"
    stale = await act(
        await clerk(city), second, "decline", second["claim"]["token"], reason="不属实"
    )
    assert stale.status_code == 412
    barred = await act(await clerk(city), second, "decline", reason="不属实")
    assert barred.json()["type"] == "/problems/claimed"
    line = (await head.get(f"/v1/units/{second['id']}/steps"))["items"][-1]
    assert (line["action"], line["data"]["claimer"]) == ("claim", "小陈")


async def test_a_clerk_takes_what_is_free_and_nothing_that_is_not(city: City):
    units = await filled(city, 2)
    await claim(await clerk(city))
    other = await clerk(city, "小李")
    refused = await other.call("POST", f"{QUEUE}:take", json={"unit": units[0]})
    assert refused.json()["type"] == "/problems/claimed"
    taken = await other.call("POST", f"{QUEUE}:take", json={"unit": units[1], "lease": 60})
    assert taken.json()["claim"]["until"] == "2026-11-20T01:31:02Z"


async def test_people_of_other_desks_are_not_barred(city: City):
    await filled(city, 1)
    (held,) = await claim(await clerk(city))
    above = await city.person(f"{EAST}-ZX", Role.SUPERVISOR)
    answer = await act(above, held, "decline", reason="已由他处受理")
    assert answer.status_code == 200


async def test_put_back_it_is_free_and_renewed_it_stays(city: City):
    await filled(city, 2)
    person = await clerk(city)
    first, second = await claim(person, max=2, lease=60)
    assert [one["status"] for one in await keep(person, "release", first)] == [200]
    assert await log(person, first["id"]) == ["receive", "claim", "release"]
    (renewed,) = await keep(person, "renew", second, lease=600)
    assert renewed["status"] == 200
    city.clock.forward(seconds=300)
    assert [one["id"] for one in await claim(await clerk(city, "小李"), max=5)] == [first["id"]]
    outcomes = await keep(person, "release", first, second)
    assert [one["status"] for one in outcomes] == [412, 200]


async def test_a_lost_answer_gets_the_same_claim_again(city: City):
    await filled(city, 3)
    person = await clerk(city)
    headers = {"Idempotency-Key": "claim-1"}
    first, again = [
        await person.call("POST", f"{QUEUE}:claim", headers=headers, json={"max": 2})
        for _ in range(2)
    ]
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(await claim(await clerk(city, "小李"), max=5)) == 1


async def test_a_view_alone_is_claimed_from(city: City):
    await filled(city, 1)
    person = await clerk(city)
    assert await claim(person, view="to_verify", max=5) == []
    assert len(await claim(person, view="triage", max=5)) == 1
    refused = await person.call("POST", f"{QUEUE}:claim", json={"view": "overdue"})
    assert refused.status_code == 422
    assert "triage" in refused.json()["allowed"]


@pytest.mark.parametrize(
    ("organisation", "role", "status"),
    [
        (f"{CITY}-ZX", Role.CLERK, 403),
        (f"{EAST}-ZX", Role.SUPERVISOR, 403),
        (DESK, Role.REPORTER, 404),
        (DESK, Role.INTEGRATOR, 403),
        (f"{EAST}-CG", Role.DEPARTMENT, 404),
    ],
)
async def test_only_who_works_at_a_desk_claims_what_is_on_it(
    city: City, organisation: str, role: Role, status: int
):
    person = await city.person(organisation, role)
    for word, body in (("claim", {}), ("take", {"unit": "500101-20261120-00001"})):
        answer = await person.call("POST", f"{QUEUE}:{word}", json=body)
        assert answer.status_code == status


async def test_what_leaves_the_desk_by_itself_leaves_the_hands(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await worker.post(city.report())).json()["unit"]
    await worker.act(unit["id"], "accept")
    head = await clerk(city, "主任", Role.SUPERVISOR)
    until = "2026-11-23T09:00:00+08:00"
    await head.act(unit["id"], "suspend", reason="等配件", until=until)
    (held,) = await claim(await clerk(city), lease=43200)
    assert held["id"] == unit["id"]
    city.clock.forward(hours=11)
    await keep(await clerk(city), "renew", held, lease=43200)
    city.clock.forward(hours=61)
    assert (await worker.get(f"/v1/units/{unit['id']}"))["claim"] is None
    await city.fire()
    shown = await worker.get(f"/v1/units/{unit['id']}")
    assert (shown["state"], shown["claim"]) == ("accepted", None)


async def test_a_claim_takes_three_statements_however_many(city: City):
    await filled(city, 6)
    person = await clerk(city)
    await claim(person)
    async with logged(city.app.state.service.database) as queries:
        assert len(await claim(person, max=100)) == 5
    assert len([query for query in queries if query not in {"BEGIN;", "COMMIT;"}]) == 3
