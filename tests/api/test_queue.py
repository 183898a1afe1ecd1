"""A desk's queue: the most pressing first, then by the stage's deadline."""

import pytest

from app.domain.authority import Role
from tests.given import EAST, GRID, HARBOUR, WEST, City, Person

CENTRE = f"{HARBOUR}-ZX"
UNSURE = ("看不懂的事", "说不清的事", "莫名其妙的事")


@pytest.fixture(scope="module")
async def desk(shared_city: City) -> City:
    """Units of three urgencies and several stages waiting at the eastern district's desks."""
    worker = await shared_city.person(f"{GRID}-WG", Role.GRID_WORKER)
    texts = ("行道树的枯枝要掉下来了", "下水道井盖不见了", *UNSURE)
    reports = [shared_city.report(text) for text in texts]
    fire = shared_city.report("六楼着火了浓烟滚滚", place={"code": EAST})
    for report in (*reports, fire):
        answer = await worker.post(report)
        assert answer.status_code == 201
        shared_city.clock.forward(minutes=1)
    return shared_city


async def clerk(city: City, organisation: str = CENTRE) -> Person:
    return await city.person(organisation, Role.CLERK)


async def test_what_waits_longest_comes_first(desk: City):
    page = await (await clerk(desk)).get(f"/v1/organisations/{CENTRE}/queue")
    dues = [unit["stage_due_at"] for unit in page["items"]]
    assert len(dues) == len(UNSURE)
    assert dues == sorted(dues)


async def queue(person: Person, organisation: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = (await person.get(f"/v1/organisations/{organisation}/queue"))[
        "items"
    ]
    return found


async def test_urgency_goes_before_the_deadline(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    for category in ("22001", "06010"):
        report = city.report("看图", place={"code": EAST}, category={"code": category})
        assert (await worker.post(report)).status_code == 201
        city.clock.forward(days=1)
    supervisor = await city.person(f"{EAST}-ZX", Role.SUPERVISOR)
    found = await queue(supervisor, f"{EAST}-ZX")
    assert [unit["urgency"] for unit in found] == ["major", "normal"]


async def test_every_row_tells_its_stage_and_the_stages_deadline(desk: City):
    page = await (await clerk(desk)).get(f"/v1/organisations/{CENTRE}/queue")
    assert {unit["stage"] for unit in page["items"]} == {"triage"}
    assert all(unit["stage_due_at"] for unit in page["items"])


@pytest.mark.parametrize("limit", [1, 2, 3, 200])
async def test_the_pages_together_are_the_queue(desk: City, limit: int):
    person, found, cursor = await clerk(desk), list[str](), None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = await person.get(f"/v1/organisations/{CENTRE}/queue", limit=limit, **more)
        found += [unit["number"] for unit in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    whole = await queue(person, CENTRE)
    assert found == [unit["number"] for unit in whole]


async def test_pages_go_on_from_one_urgency_to_the_next(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    for category in ("06010", "22001", "06010", "22001"):
        report = city.report("看图", place={"code": EAST}, category={"code": category})
        await worker.post(report)
    person, found, cursor = await clerk(city, f"{EAST}-ZX"), list[str](), None
    for _ in range(4):
        more = {"cursor": cursor} if cursor else {}
        page = await person.get(f"/v1/organisations/{EAST}-ZX/queue", limit=1, **more)
        found += [unit["urgency"] for unit in page["items"]]
        cursor = page["next"]
    assert found == ["major", "major", "normal", "normal"]


async def test_a_unit_moves_to_the_desk_whose_turn_it_is(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await worker.post(city.report())).json()["unit"]
    await worker.act(unit["id"], "accept")
    await worker.act(unit["id"], "resolve")
    assert await queue(worker, f"{GRID}-WG") == []
    assert [one["stage"] for one in await queue(await clerk(city), CENTRE)] == ["verify"]


async def test_what_is_over_waits_nowhere(city: City):
    supervisor = await city.person(CENTRE, Role.SUPERVISOR)
    unit = (await supervisor.post(city.report("看不懂的事"))).json()["unit"]
    await supervisor.act(unit["id"], "decline", reason="不属实")
    assert await queue(supervisor, CENTRE) == []


@pytest.mark.parametrize(
    ("caller", "organisation", "status"),
    [
        (CENTRE, CENTRE, 200),
        (f"{EAST}-ZX", CENTRE, 200),
        (CENTRE, f"{GRID}-WG", 200),
        (CENTRE, f"{EAST}-ZX", 404),
        (f"{WEST}-ZX", CENTRE, 404),
        (f"{EAST}-CG", CENTRE, 404),
        (CENTRE, "nowhere", 404),
    ],
)
async def test_a_queue_is_seen_from_its_own_desk_and_from_above(
    desk: City, caller: str, organisation: str, status: int
):
    answer = await (await clerk(desk, caller)).call(
        "GET", f"/v1/organisations/{organisation}/queue"
    )
    assert answer.status_code == status
