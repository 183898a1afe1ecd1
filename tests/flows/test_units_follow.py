"""A reorganisation over HTTP: published, followed by open units and by people, and nothing lost."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app import worker
from app.domain.area import AreaCode
from app.domain.authority import Role
from app.domain.organisation import OrganisationCode
from app.domain.policy import LocalPolicy, Rule
from app.domain.reorganisation.plan import Plan
from app.domain.responsibility import EntryCode
from app.domain.roster import Shift
from app.domain.rulebook import Part
from app.flows import publication, reorganisation
from app.flows.reorganisation import Turn
from app.store import accounts, parts, rulebooks, units
from app.store.database import Tx
from tests import given
from tests.given import CITY, EAST, GRID, HARBOUR, HILL, WEST, City, Person
from tests.photos import exhibit, uploaded
from tests.photos import shown as attached
from tests.reorganising import MERGER, NEW, recode

ROAD = {"text": "路面有个大坑", "category": {"code": "06013"}, "place": {"code": GRID}}
DRAIN = {"text": "井盖不见了", "category": {"code": "01002"}, "place": {"code": GRID}}
"""An urgent matter of the district's drainage centre."""


async def publish(city: City, plan: Plan = MERGER) -> datetime:
    """Publish the plan and go on to when it is in force."""
    service = city.app.state.service
    async with service.database.transaction() as tx:
        _, edition = await reorganisation.carry_out(tx, plan, now=city.clock.now(), by="test")
    city.clock.set(max(city.clock.now(), edition.in_force_at + timedelta(seconds=1)))
    async with service.database.reading() as tx:
        await service.library.follow(tx, now=city.clock.now())
    moment: datetime = edition.in_force_at
    return moment


async def follow(city: City, plan: Plan = MERGER, *, batch: int = 500) -> list[Turn]:
    """Let open units and accounts follow, some at a time."""
    return [turn async for turn in following(city, plan, batch)]


async def following(city: City, plan: Plan, batch: int) -> AsyncIterator[Turn]:
    service, now = city.app.state.service, city.clock.now()
    async with service.database.reading() as tx:
        known = await reorganisation.city_in_force(tx, now=now)
        ids = [one for home in await units.open_homes(tx) for one in await units.open_in(tx, home)]
    for start in range(0, len(ids), batch):
        async with service.database.transaction() as tx:
            some = ids[start : start + batch]
            yield await reorganisation.follow(tx, some, known, now=now, plan=plan.name)
    async with service.database.transaction() as tx:
        await reorganisation.accounts_follow(tx, known)


async def reorganise(city: City, plan: Plan = MERGER) -> None:
    await publish(city, plan)
    await follow(city, plan)


async def drained(city: City) -> tuple[Person, dict[str, Any]]:
    """A unit of the eastern district's drainage centre, and somebody there."""
    person = await city.person(f"{EAST}-PS", Role.DEPARTMENT)
    reporter = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await reporter.post(city.report(**DRAIN))).json()["unit"]
    assert unit["holder"]["code"] == f"{EAST}-PS"
    return person, unit


async def shown(person: Person, unit: str) -> dict[str, Any]:
    found: dict[str, Any] = await person.get(f"/v1/units/{unit}")
    return found


async def actions(person: Person, unit: str) -> list[str]:
    return [line["action"] for line in (await person.get(f"/v1/units/{unit}/steps"))["items"]]


async def test_an_open_unit_goes_to_the_new_district_with_one_step_and_its_limits(city: City):
    person, unit = await drained(city)
    before = await shown(person, unit["id"])
    await reorganise(city)
    after = await shown(person, unit["id"])
    assert (after["place"]["district"]["code"], after["holder"]["code"]) == (NEW, f"{NEW}-PS")
    assert [hop["code"] for hop in after["route"]] == [f"{CITY}-ZX", f"{NEW}-ZX", f"{NEW}-PS"]
    assert after["clocks"] == before["clocks"]
    assert after["due_at"] == before["due_at"]
    assert after["number"] == before["number"]
    assert await actions(person, unit["id"]) == ["file", "dispatch", "move"]


async def test_the_worker_lets_units_and_people_follow_by_itself(city: City):
    person, unit = await drained(city)
    service, following = city.app.state.service, worker.Following(worker.CITY)

    async def moved() -> list[int]:
        now = city.clock.now()
        reference = service.library.current(now)
        return [await following.turn(service.database, reference, now) for _ in range(4)]

    assert sum(await moved()) == 0
    await publish(city)
    assert sum(await moved()) == 1
    assert sum(await moved()) == 0
    assert (await person.act(unit["id"], "accept"))["holder"]["code"] == f"{NEW}-PS"


async def test_people_of_a_replaced_body_go_on_with_their_work(city: City):
    person, unit = await drained(city)
    await reorganise(city)
    tasks = await person.get("/v1/me/tasks")
    assert [task["id"] for task in tasks["items"]] == [unit["id"]]
    assert (await person.act(unit["id"], "accept"))["state"] == "accepted"


async def test_people_of_a_replaced_body_add_to_what_they_reported(city: City):
    person = await city.person(f"{EAST}-PS", Role.DEPARTMENT, Role.REPORTER)
    report = (await person.post(city.report(**DRAIN))).json()["event"]
    await reorganise(city)
    body = {"attachments": [exhibit(await uploaded(person), "before")]}
    answer = await person.call("POST", f"/v1/events/{report}:attach", json=body)
    assert (answer.status_code, len(await attached(person, report))) == (200, 1)


async def test_accounts_of_a_replaced_body_belong_to_its_successor(city: City):
    await drained(city)
    await reorganise(city)
    async with city.app.state.service.database.reading() as tx:
        keys = await accounts.page(tx, after="", limit=9)
    assert sorted(key.organisation for key in keys) == [f"{GRID}-WG", f"{NEW}-PS"]


async def test_whoever_saw_the_unit_before_must_look_again(city: City):
    person, unit = await drained(city)
    await reorganise(city)
    answer = await person.call("POST", f"/v1/units/{unit['id']}:accept", seen=1, json={})
    assert answer.status_code == 412


async def closed(city: City) -> tuple[Person, dict[str, Any]]:
    """A unit that was closed in the eastern district."""
    team = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    centre = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    unit = (await team.post(city.report())).json()["unit"]
    for action in ("accept", "start", "resolve"):
        await team.act(unit["id"], action)
    return centre, await centre.act(unit["id"], "verify")


async def test_a_closed_unit_keeps_its_history(city: City):
    centre, unit = await closed(city)
    before = await shown(centre, unit["id"])
    await reorganise(city)
    assert await shown(centre, unit["id"]) == before


async def test_the_new_district_sees_what_the_old_one_closed(city: City):
    _, unit = await closed(city)
    head = await city.person(f"{EAST}-ZX", Role.SUPERVISOR)
    await reorganise(city)
    assert (await shown(head, unit["id"]))["state"] == "closed"
    stranger = await city.person(f"{WEST}-ZX", Role.SUPERVISOR)
    assert (await stranger.call("GET", f"/v1/units/{unit['id']}")).status_code == 404


async def listed(person: Person, **asked: Any) -> set[str]:
    return {unit["id"] for unit in (await person.get("/v1/units", **asked))["items"]}


async def test_an_old_code_finds_what_was_closed_before_and_what_moved_after(city: City):
    _, done = await closed(city)
    _, moved = await drained(city)
    watch = await city.person(f"{CITY}-ZX", Role.SUPERVISOR)
    await reorganise(city)
    reporter = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    later = (await reporter.post(city.report(**DRAIN))).json()["unit"]
    assert await listed(watch, district=EAST) == {done["id"], moved["id"]}
    assert await listed(watch, district=NEW) == {moved["id"], later["id"]}
    assert await listed(watch, street=HARBOUR) == {done["id"], moved["id"], later["id"]}


async def test_a_recoded_district_is_found_by_either_code(city: City):
    _, done = await closed(city)
    _, moved = await drained(city)
    watch = await city.person(f"{CITY}-ZX", Role.SUPERVISOR)
    await reorganise(city, Plan("换码", date(2026, 11, 20), recodes=(recode(EAST, "500199"),)))
    assert await listed(watch, district=EAST) == {done["id"], moved["id"]}
    assert await listed(watch, district="500199") == {done["id"], moved["id"]}


async def test_a_planned_event_is_taken_out_of_a_merge_after_its_district_was_recoded(city: City):
    reporter = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    spot = {"code": GRID, "point": {"longitude": 106.575, "latitude": 29.556}}
    fires = [await reporter.post(city.report("六楼着火了浓烟滚滚", place=spot)) for _ in range(2)]
    merged = fires[1].json()["event"]
    assert fires[1].json()["merged_into"] == fires[0].json()["event"]
    await reorganise(city, Plan("换码", date(2026, 11, 20), recodes=(recode(EAST, "500199"),)))
    head = await city.person(f"{CITY}-ZX", Role.SUPERVISOR)
    await head.act(merged, "unmerge", reason="不是同一处")
    now = await shown(head, merged)
    tasks = [task["holder"]["code"] for task in now["tasks"]]
    assert (now["state"], tasks) == ("coordinating", ["500199-XF", "500199-GA"])
    assert [await actions(head, task["id"]) for task in now["tasks"]] == [["file", "dispatch"]] * 2


@pytest.mark.parametrize(
    ("place", "district", "street"),
    [
        ({"code": EAST}, NEW, None),
        ({"code": HARBOUR}, NEW, HARBOUR),
        ({"code": HILL}, WEST, HILL),
        ({"address": "东江区码头街道石板坡社区"}, NEW, HARBOUR),
        ({"address": "东江区坡上街道"}, WEST, HILL),
    ],
)
async def test_a_report_with_a_place_of_the_past_is_filed_where_that_is_now(
    city: City, place: dict[str, str], district: str, street: str | None
):
    await publish(city)
    reporter = await city.person(f"{CITY}-ZX", Role.CLERK)
    unit = (await reporter.post(city.report(place=place))).json()["unit"]
    found = unit["place"]
    assert (found["district"]["code"], (found["street"] or {}).get("code")) == (district, street)


EASTERN = "POLYGON((106 29,107 29,107 30,106 30,106 29))"
INSIDE = {"longitude": 106.5, "latitude": 29.5, "datum": "CGCS2000"}


@pytest.mark.parametrize(
    ("place", "district"),
    [
        ({"point": INSIDE}, NEW),
        ({"point": INSIDE, "address": "坡上街道黄桷树社区"}, WEST),
        ({"point": INSIDE, "address": "码头街道"}, NEW),
    ],
)
async def test_a_point_in_an_ended_outline_counts_for_its_heir_unless_the_text_knows_better(
    city: City, place: dict[str, Any], district: str
):
    areas = tuple(
        replace(area, outline=EASTERN) if area.code == EAST else area for area in given.areas()
    )
    async with city.app.state.service.database.transaction() as tx:
        now = city.clock.now()
        await publication.publish(tx, {Part.AREAS: areas}, now=now, by="test")
    city.clock.forward(seconds=10)
    await publish(city)
    reporter = await city.person(f"{CITY}-ZX", Role.CLERK)
    unit = (await reporter.post(city.report(place=place))).json()["unit"]
    assert unit["place"]["district"]["code"] == district


async def test_a_clerk_may_name_a_holder_and_a_place_by_their_old_codes(city: City):
    head = await city.person(f"{CITY}-ZX", Role.CLERK, Role.SUPERVISOR)
    report = city.report("这里有点事情说不清楚", place={"code": GRID})
    unit = (await head.post(report)).json()["unit"]
    await reorganise(city)
    filed = await head.act(unit["id"], "file", entry="SX-06013-1", area=EAST)
    assert filed["place"]["district"]["code"] == NEW
    sent = await head.act(unit["id"], "dispatch", holder=f"{EAST}-CG")
    assert sent["holder"]["code"] == f"{NEW}-CG"


async def test_a_report_of_somebody_whose_body_has_ended_is_filed_before_they_follow(city: City):
    clerk = await city.person(f"{EAST}-ZX", Role.CLERK)
    await publish(city)
    answer = await clerk.post(city.report(place={}))
    assert answer.json()["unit"]["place"]["district"]["code"] == NEW


async def test_a_report_sent_again_by_who_followed_is_still_the_same_report(city: City):
    clerk = await city.person(f"{EAST}-ZX", Role.CLERK)
    report = city.report()
    first = await clerk.post(report)
    await reorganise(city)
    again = await clerk.post(report)
    assert (again.status_code, again.json()["unit"]["id"]) == (200, first.json()["unit"]["id"])


async def test_once_more_moves_nothing(city: City):
    person, unit = await drained(city)
    await reorganise(city)
    before = await shown(person, unit["id"])
    await publish(city)
    assert [len(turn.moved) for turn in await follow(city)] == [0]
    assert await shown(person, unit["id"]) == before


async def test_after_a_crash_the_rest_moves_and_nothing_twice(city: City):
    reporter = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    found = [(await reporter.post(city.report(**DRAIN))).json()["unit"]["id"] for _ in range(6)]
    await publish(city)
    turns = following(city, MERGER, batch=2)
    await anext(turns)
    await anext(turns)
    with pytest.raises(RuntimeError, match="power"):
        await turns.athrow(RuntimeError("power"))
    watch = await city.person(f"{CITY}-ZX", Role.SUPERVISOR)
    half = [(await actions(watch, unit)).count("move") for unit in found]
    assert sorted(half) == [0, 0, 0, 0, 1, 1]
    await follow(city)
    assert [(await actions(watch, unit)).count("move") for unit in found] == [1] * 6


async def test_an_event_moves_with_its_tasks(city: City):
    reporter = await city.person(f"{CITY}-ZX", Role.CLERK)
    fire = city.report("六楼着火了", category={"code": "22001"}, place={"code": GRID})
    event = (await reporter.post(fire)).json()["unit"]
    await reorganise(city)
    found = await shown(reporter, event["id"])
    assert [hop["code"] for hop in found["route"]][:2] == [f"{CITY}-ZX", f"{NEW}-ZX"]
    assert {task["holder"]["code"] for task in found["tasks"]} == {f"{NEW}-XF", f"{NEW}-GA"}


async def test_a_plan_ahead_of_its_day_waits_for_it(city: City):
    ahead = replace(MERGER, day=date(2026, 12, 1))
    moment = await publish(city, ahead)
    assert moment == datetime(2026, 11, 30, 16, tzinfo=UTC)


async def test_until_its_day_reports_are_filed_as_before(city: City):
    service = city.app.state.service
    ahead = replace(MERGER, day=date(2026, 12, 1))
    async with service.database.transaction() as tx:
        await reorganisation.carry_out(tx, ahead, now=city.clock.now(), by="test")
    city.clock.forward(days=3)
    _, unit = await drained(city)
    assert unit["place"]["district"]["code"] == EAST
    assert [len(turn.moved) for turn in await follow(city, ahead)] == [0]


async def test_looking_ahead_changes_nothing(city: City):
    person, unit = await drained(city)
    before = await shown(person, unit["id"])
    service, now = city.app.state.service, city.clock.now()
    async with service.database.reading() as tx:
        found = await reorganisation.prospect(tx, MERGER, now=now)
        ids = await units.open_in(tx, EAST)
        turn = await reorganisation.survey(tx, ids, found.city, now=now, plan="试行")
        assert await reorganisation.accounts_to_follow(tx, found.city) == 1
        latest = await rulebooks.latest(tx)
    assert len(turn.moved) == 1
    assert latest == found.base
    assert await shown(person, unit["id"]) == before


async def content(tx: Tx, part: Part) -> Any:
    edition = await rulebooks.latest(tx)
    assert edition is not None
    return parts.decode(part, await rulebooks.part_content(tx, part, edition.parts[part]))


async def test_local_rules_and_duty_rosters_follow(city: City):
    service, now = city.app.state.service, city.clock.now()
    entry, holder = EntryCode("SX-06013-1"), OrganisationCode(f"{EAST}-CG")
    rule = Rule("坑洞", entry, contains=("坑",), holder=holder)
    shift = Shift(OrganisationCode(f"{EAST}-CG"), "王敏", "", now, now + timedelta(hours=8))
    contents = {
        Part.POLICIES: {AreaCode(EAST): LocalPolicy(confidence=0.5, rules=(rule,))},
        Part.ROSTER: (shift,),
    }
    async with service.database.transaction() as tx:
        await publication.publish(tx, contents, now=now, by="test")
    city.clock.forward(seconds=10)
    await publish(city)
    async with service.database.reading() as tx:
        policies, roster = await content(tx, Part.POLICIES), await content(tx, Part.ROSTER)
    assert policies[NEW].confidence == 0.5
    assert policies[NEW].rules[0].holder == f"{NEW}-CG"
    assert [one.organisation for one in roster] == [f"{NEW}-CG"]
