"""A unit that is not theirs: returned with the reason, sent to another, done, closed."""

import pytest

from app.domain.authority import Role
from tests.given import EAST, GRID, HARBOUR, QUAY, City, Person


async def people(city: City) -> tuple[Person, Person]:
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    return worker, await city.person(f"{HARBOUR}-ZX", Role.CLERK)


async def test_returned_dispatched_to_another_and_closed(city: City):
    worker, clerk = await people(city)
    unit = (await worker.post(city.report())).json()["unit"]

    back = await worker.act(unit["id"], "return", reason="这堆垃圾在网格外")
    assert (back["state"], back["holder"]["code"]) == ("filed", f"{HARBOUR}-ZX")

    city.clock.forward(minutes=10)
    sent = await clerk.act(unit["id"], "dispatch", holder=f"{QUAY}-SQ")
    assert (sent["state"], sent["holder"]["code"]) == ("dispatched", f"{QUAY}-SQ")

    committee = await city.person(f"{QUAY}-SQ", Role.GRID_WORKER)
    await committee.act(unit["id"], "accept")
    await committee.act(unit["id"], "resolve")
    assert (await clerk.act(unit["id"], "verify"))["state"] == "closed"

    log = (await clerk.get(f"/v1/units/{unit['id']}/steps"))["items"]
    assert [line["action"] for line in log] == [
        "file", "dispatch", "return", "dispatch", "accept", "resolve", "verify", "close",
    ]  # fmt: skip
    assert (log[2]["reason"], log[2]["data"]) == (
        "这堆垃圾在网格外",
        {"from": f"{GRID}-WG", "returns": 1},
    )


async def test_the_next_holder_gets_the_whole_limit(city: City):
    worker, clerk = await people(city)
    unit = (await worker.post(city.report())).json()["unit"]
    city.clock.forward(hours=2)
    await worker.act(unit["id"], "return", reason="不归我")
    sent = await clerk.act(unit["id"], "dispatch", holder=f"{QUAY}-SQ")
    assert sent["due_at"] == "2026-11-20T09:30:00Z"


async def test_nobody_named_means_the_next_above_who_holds_the_duty(city: City):
    worker, clerk = await people(city)
    unit = (await worker.post(city.report())).json()["unit"]
    await worker.act(unit["id"], "return", reason="看不懂")
    assert (await clerk.act(unit["id"], "dispatch"))["holder"]["code"] == f"{QUAY}-SQ"


async def test_a_centre_may_send_it_back_by_name(city: City):
    worker, clerk = await people(city)
    unit = (await worker.post(city.report())).json()["unit"]
    await worker.act(unit["id"], "return", reason="看不懂")
    sent = await clerk.act(unit["id"], "dispatch", holder=f"{GRID}-WG", reason="确属本网格")
    assert sent["holder"]["code"] == f"{GRID}-WG"


async def test_the_former_holder_sees_nothing_to_do_any_more(city: City):
    worker, clerk = await people(city)
    unit = (await worker.post(city.report())).json()["unit"]
    await worker.act(unit["id"], "return", reason="不归我")
    await clerk.act(unit["id"], "dispatch", holder=f"{QUAY}-SQ")
    assert (await worker.try_to(unit["id"], "accept")).status_code == 403


@pytest.mark.parametrize(
    ("holder", "status"),
    [("500102001-MS", 403), ("nowhere", 422), (f"{EAST}-CG", 403)],
)
async def test_a_centre_names_only_holders_of_its_own_area(city: City, holder: str, status: int):
    worker, clerk = await people(city)
    unit = (await worker.post(city.report())).json()["unit"]
    await worker.act(unit["id"], "return", reason="不归我")
    assert (await clerk.try_to(unit["id"], "dispatch", holder=holder)).status_code == status


async def test_nothing_is_sent_below_its_level(city: City):
    worker, clerk = await people(city)
    unit = (await worker.post(city.report("行道树的枯枝要掉下来了"))).json()["unit"]
    board = await city.person(f"{HARBOUR}-MS", Role.DEPARTMENT)
    await board.act(unit["id"], "return", reason="不归我")
    answer = await clerk.try_to(unit["id"], "dispatch", holder=f"{GRID}-WG")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "holder")


async def test_a_centre_that_cannot_place_it_passes_it_up(city: City):
    worker, clerk = await people(city)
    unit = (await worker.post(city.report("行道树的枯枝要掉下来了"))).json()["unit"]
    board = await city.person(f"{HARBOUR}-MS", Role.DEPARTMENT)
    await board.act(unit["id"], "return", reason="不归我")
    district = await city.person(f"{EAST}-ZX", Role.CLERK)
    sent = await district.act(unit["id"], "dispatch", holder=f"{EAST}-CG")
    assert (sent["holder"]["code"], clerk is not district) == (f"{EAST}-CG", True)
