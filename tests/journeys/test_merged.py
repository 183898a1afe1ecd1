"""Similar reports: the second of one matter is merged, told of its end, and taken out again."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.domain.authority import Role
from app.domain.policy import LocalPolicy, Nearness
from app.domain.unit import Unit
from app.store import units as unit_store
from app.store.database import Tx
from tests.given import CITY, GRID, HARBOUR, City, Person
from tests.journeys.publishing import policies
from tests.queries import logged

HERE = {"longitude": 106.575, "latitude": 29.556}
NEAR = {"longitude": 106.5753, "latitude": 29.556}
"""29 metres east."""
FAR = {"longitude": 106.576, "latitude": 29.556}
"""97 metres east."""


def at(point: dict[str, float], **more: Any) -> dict[str, Any]:
    return {"code": GRID, "point": {**point, **more}}


async def people(city: City) -> tuple[Person, Person]:
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    return worker, await city.person(f"{HARBOUR}-ZX", Role.CLERK)


async def two(city: City) -> tuple[dict[str, Any], dict[str, Any], Person, Person]:
    """An open unit and the report merged into it, with a worker and a clerk."""
    worker, clerk = await people(city)
    first = (await worker.post(city.report(place=at(HERE)))).json()["unit"]
    city.clock.forward(minutes=30)
    second = (await worker.post(city.report(place=at(NEAR)))).json()
    return first, second, worker, clerk


async def test_a_report_near_an_open_unit_of_its_entry_is_merged_into_it(city: City):
    first, second, _, clerk = await two(city)
    assert second["merged_into"] == first["id"]
    unit = await clerk.get(f"/v1/units/{second['event']}")
    assert (unit["state"], unit["clocks"], unit["due_at"]) == ("merged", [], None)
    assert second["reasons"]["merged"] == {
        "unit": first["id"], "by": "point", "metres": 29, "was": None,
    }  # fmt: skip
    shown = await clerk.get(f"/v1/units/{first['id']}")
    assert [one["id"] for one in shown["merged"]] == [second["event"]]


async def test_the_log_of_the_merged_one_says_so(city: City):
    first, second, _, clerk = await two(city)
    log = (await clerk.get(f"/v1/units/{second['event']}/steps"))["items"]
    assert [line["action"] for line in log] == ["file", "merge"]
    assert log[1]["data"]["unit"] == first["id"]


async def test_nobody_has_the_merged_one_in_their_queue(city: City):
    first, _, worker, _ = await two(city)
    queue = await worker.get(f"/v1/organisations/{GRID}-WG/queue")
    assert [one["id"] for one in queue["items"]] == [first["id"]]


@pytest.mark.parametrize(
    ("place", "minutes"),
    [(at(FAR), 30), (at(NEAR), 24 * 60 + 1)],
    ids=["farther", "later"],
)
async def test_farther_or_later_it_is_a_unit_of_its_own(
    city: City, place: dict[str, Any], minutes: int
):
    worker, _ = await people(city)
    await worker.post(city.report(place=at(HERE)))
    city.clock.forward(minutes=minutes)
    answer = (await worker.post(city.report(place=place))).json()
    assert (answer["merged_into"], answer["unit"]["state"]) == (None, "dispatched")


async def test_another_entry_at_the_same_spot_is_another_matter(city: City):
    worker, _ = await people(city)
    await worker.post(city.report(place=at(HERE)))
    answer = await worker.post(city.report("行道树的枯枝要掉下来了", place=at(HERE)))
    assert answer.json()["merged_into"] is None


async def test_points_of_another_datum_are_compared_on_the_ground(city: City):
    worker, _ = await people(city)
    await worker.post(city.report(place=at(HERE)))
    there = at({"longitude": 106.5788, "latitude": 29.5532}, datum="GCJ-02")
    assert (await worker.post(city.report(place=there))).json()["merged_into"] is not None


async def test_the_same_device_is_the_same_matter_however_long_it_lasts(city: City):
    worker, _ = await people(city)
    report = {"attributes": {"device": "YW-0017"}, "place": {"code": HARBOUR}}
    first = (await worker.post(city.report(**report))).json()["unit"]
    city.clock.forward(days=3)
    second = (await worker.post(city.report(**report))).json()
    assert (second["merged_into"], second["reasons"]["merged"]["by"]) == (first["id"], "device")


async def test_the_same_address_in_the_same_grid_is_enough(city: City):
    worker, _ = await people(city)
    place = {"code": GRID, "address": "石板坡 12 号楼下"}
    first = (await worker.post(city.report(place=place))).json()["unit"]
    second = await worker.post(city.report(place={**place, "address": "石板坡12号楼下"}))
    assert second.json()["merged_into"] == first["id"]


async def test_a_grid_alone_is_only_pointed_out(city: City):
    worker, _ = await people(city)
    first = (await worker.post(city.report())).json()["unit"]
    second = (await worker.post(city.report())).json()
    assert second["merged_into"] is None
    assert second["reasons"]["similar"] == [{"unit": first["id"], "by": "grid"}]


async def test_what_a_person_must_classify_is_only_pointed_out(city: City):
    worker, _ = await people(city)
    first = (await worker.post(city.report(place=at(HERE)))).json()["unit"]
    second = (await worker.post(city.report("垃圾", place=at(NEAR)))).json()
    if second["unit"]["state"] == "triage":
        assert second["reasons"]["similar"][0]["unit"] == first["id"]
        assert second["merged_into"] is None


async def test_a_city_may_merge_nothing(city: City):
    await policies(city, **{f"_{CITY}": LocalPolicy(similar=Nearness(50, 0))})
    worker, _ = await people(city)
    await worker.post(city.report(place=at(HERE)))
    city.clock.forward(minutes=1)
    assert (await worker.post(city.report(place=at(NEAR)))).json()["merged_into"] is None


async def test_sent_again_it_is_still_the_same_merged_unit(city: City):
    first, _, worker, _ = await two(city)
    report = city.report(place=at(NEAR))
    before = (await worker.post(report)).json()
    again = await worker.post(report)
    assert again.status_code == 200
    assert again.json()["unit"]["merged_into"] == before["merged_into"] == first["id"]


async def test_of_many_at_once_one_is_worked_on(city: City):
    worker, _ = await people(city)
    answers = await asyncio.gather(*(worker.post(city.report(place=at(NEAR))) for _ in range(12)))
    into = [answer.json()["merged_into"] for answer in answers]
    own = [answer.json()["unit"]["id"] for answer in answers if not answer.json()["merged_into"]]
    assert len(own) == 1
    assert {one for one in into if one} <= set(own)


@pytest.mark.parametrize("ended", [1, 2])
async def test_nothing_is_merged_into_what_ended_while_it_was_looked_at(
    city: City, monkeypatch: pytest.MonkeyPatch, ended: int
):
    worker, _ = await people(city)
    head = await city.person(f"{HARBOUR}-ZX", Role.SUPERVISOR)
    units = []
    for point in (HERE, FAR):
        units.append((await worker.post(city.report(place=at(point)))).json()["unit"]["id"])
        city.clock.forward(minutes=1)
    take, ending = unit_store.take, units[:ended]

    async def later(tx: Tx, ids: Sequence[UUID]) -> list[Unit]:
        while ending:
            await head.act(ending.pop(), "cancel", reason="误报")
        return await take(tx, ids)

    monkeypatch.setattr(unit_store, "take", later)
    between = {"longitude": 106.5755, "latitude": 29.556}
    report = (await worker.post(city.report(place=at(between)))).json()
    assert report["merged_into"] == (units[1] if ended == 1 else None)
    assert report["unit"]["state"] == ("merged" if ended == 1 else "dispatched")


async def test_a_batch_with_a_merge_takes_two_statements_more(city: City):
    worker, _ = await people(city)
    await worker.post(city.report(place=at(HERE)))
    await worker.post(city.report(place=at(NEAR)))
    async with logged(city.app.state.service.database) as queries:
        await worker.post(city.report(place=at(NEAR)))
    assert len([one for one in queries if one not in {"BEGIN;", "COMMIT;"}]) == 5


async def test_when_the_open_one_is_closed_the_merged_one_is_told(city: City):
    first, second, worker, clerk = await two(city)
    await worker.act(first["id"], "accept")
    await worker.act(first["id"], "resolve")
    await clerk.act(first["id"], "verify")
    log = (await clerk.get(f"/v1/units/{second['event']}/steps"))["items"]
    assert [line["action"] for line in log] == ["file", "merge", "notify"]
    assert log[-1]["data"] == {"unit": first["id"], "number": first["number"]}


async def test_a_cancelled_one_tells_as_well(city: City):
    first, second, _, clerk = await two(city)
    head = await city.person(f"{HARBOUR}-ZX", Role.SUPERVISOR)
    await head.act(first["id"], "cancel", reason="误报")
    log = (await clerk.get(f"/v1/units/{second['event']}/steps"))["items"]
    assert log[-1]["action"] == "notify"


async def test_nothing_is_merged_into_what_is_closed(city: City):
    first, _, worker, clerk = await two(city)
    await worker.act(first["id"], "accept")
    await worker.act(first["id"], "resolve")
    await clerk.act(first["id"], "verify")
    later = (await worker.post(city.report(place=at(NEAR)))).json()
    assert (later["merged_into"], later["unit"]["state"]) == (None, "dispatched")


async def test_taken_out_again_it_is_judged_anew_with_its_limits_from_now(city: City):
    _, second, worker, clerk = await two(city)
    city.clock.forward(hours=1)
    unit = await clerk.act(second["event"], "unmerge", reason="不是同一处")
    assert (unit["state"], unit["merged_into"]) == ("dispatched", None)
    assert unit["holder"]["code"] == f"{GRID}-WG"
    shown = await clerk.get(f"/v1/units/{second['event']}")
    assert {clock["started_at"] for clock in shown["clocks"]} == {shown["updated_at"]}
    log = (await clerk.get(f"/v1/units/{second['event']}/steps"))["items"]
    assert (log[-1]["action"], log[-1]["data"]["limits"]) == ("unmerge", "anew")
    await worker.act(second["event"], "accept")


async def test_merged_by_hand_and_taken_out_it_goes_on_where_it_was(city: City):
    worker, clerk = await people(city)
    one = (await worker.post(city.report(place=at(HERE)))).json()["unit"]
    other = (await worker.post(city.report(place=at(FAR)))).json()["unit"]
    await worker.act(other["id"], "accept")
    city.clock.forward(hours=1)
    merged = await clerk.act(other["id"], "merge", into=one["id"], reason="同一堆垃圾")
    assert (merged["state"], merged["merged_into"]) == ("merged", one["id"])
    city.clock.forward(days=4)
    back = await clerk.act(other["id"], "unmerge", reason="两处")
    assert (back["state"], back["overdue_at"]) == ("accepted", None)
    dispose = next(
        clock
        for clock in (await clerk.get(f"/v1/units/{other['id']}"))["clocks"]
        if clock["name"] == "dispose"
    )
    assert (dispose["spent_seconds"], dispose["running"]) == (3600, True)


async def refusal(city: City, unit: str, into: str) -> httpx.Response:
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    return await clerk.try_to(unit, "merge", into=into, reason="同一处")


async def test_a_unit_is_not_merged_into_itself(city: City):
    first, _, _, _ = await two(city)
    assert (await refusal(city, first["id"], first["id"])).status_code == 422


async def test_a_unit_is_not_merged_into_a_merged_one_but_told_where_to(city: City):
    first, second, worker, _ = await two(city)
    third = (await worker.post(city.report(place=at(FAR)))).json()["unit"]
    answer = await refusal(city, third["id"], second["event"])
    assert (answer.status_code, answer.json()["allowed"]) == (422, [first["id"]])


async def test_a_unit_others_were_merged_into_is_not_merged_itself(city: City):
    first, _, worker, _ = await two(city)
    third = (await worker.post(city.report(place=at(FAR)))).json()["unit"]
    assert (await refusal(city, first["id"], third["id"])).status_code == 422


async def test_merging_needs_a_reason_and_a_desk(city: City):
    first, _, worker, clerk = await two(city)
    other = (await worker.post(city.report(place=at(FAR)))).json()["unit"]
    bare = await clerk.try_to(other["id"], "merge", into=first["id"])
    assert (bare.status_code, bare.json()["errors"][0]["field"]) == (422, "reason")
    foreign = await worker.try_to(other["id"], "merge", into=first["id"], reason="同一处")
    assert foreign.status_code == 403


async def test_a_report_explained_before_it_is_sent_tells_what_it_would_be_merged_into(city: City):
    worker, _ = await people(city)
    first = (await worker.post(city.report(place=at(HERE)))).json()["unit"]
    report = city.report(place=at(NEAR))
    told = await worker.call("POST", "/v1/rulebooks/current:explain", json=report)
    assert (told.json()["unit"]["state"], told.json()["unit"]["due_at"]) == ("merged", None)
    assert told.json()["reasons"]["merged"]["unit"] == first["id"]
    assert told.json()["reasons"] == (await worker.post(report)).json()["reasons"]
