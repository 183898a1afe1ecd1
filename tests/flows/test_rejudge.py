"""Re-judging: open units nobody has touched, by the version in force, previewed first."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.domain.area import Tier
from app.domain.authority import Role
from app.domain.organisation import Function
from app.domain.responsibility import Entry, Kind, Urgency
from app.domain.rulebook import Part
from app.flows import publication
from app.store import units
from app.store.parts import Content
from tests import given
from tests.given import CITY, EAST, GRID, HARBOUR, City, Person, limit
from tests.photos import exhibit, uploaded
from tests.photos import shown as attached

ENTRIES = given.entries()
RUBBISH, COVER, BRANCH, HOLE, FIRE = ENTRIES
TEAM, BOARD = f"{GRID}-WG", f"{HARBOUR}-MS"
PATH = "/v1/rulebooks/current:rejudge"


def with_rubbish(**changes: Any) -> dict[Part, Content]:
    return {Part.LIST: (replace(RUBBISH, **changes), *ENTRIES[1:])}


def a_list(*entries: Entry) -> dict[Part, Content]:
    return {Part.LIST: entries}


async def reporter(city: City) -> Person:
    return await city.person(TEAM, Role.GRID_WORKER)


async def reported(city: City, text: str = "楼下一堆垃圾好臭", **changes: Any) -> dict[str, Any]:
    answer = await (await reporter(city)).post(city.report(text, **changes))
    assert answer.status_code == 201, answer.text
    unit: dict[str, Any] = answer.json()["unit"]
    return unit


async def publish(city: City, contents: dict[Part, Content]) -> None:
    """Publish, and let it come into force."""
    service = city.app.state.service
    async with service.database.transaction() as tx:
        await publication.publish(tx, contents, now=city.clock.now(), by="test")
    city.clock.forward(seconds=6)
    async with service.database.reading() as tx:
        await service.library.follow(tx, now=city.clock.now())


async def rejudge(city: City, **asked: Any) -> dict[str, Any]:
    person = await city.person(f"{CITY}-ZX", Role.ADMINISTRATOR)
    answer = await person.call("POST", PATH, json={"preview": False, "reason": "新清单", **asked})
    assert answer.status_code == 200, answer.text
    done: dict[str, Any] = answer.json()
    return done


async def shown(city: City, unit: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = await (await city.person(f"{CITY}-ZX", Role.SUPERVISOR)).get(
        f"/v1/units/{unit['id']}"
    )
    return found


async def log(city: City, unit: dict[str, Any]) -> list[dict[str, Any]]:
    person = await city.person(f"{CITY}-ZX", Role.SUPERVISOR)
    lines: list[dict[str, Any]] = (await person.get(f"/v1/units/{unit['id']}/steps"))["items"]
    return lines


def clocks(unit: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {clock["name"]: clock for clock in unit["clocks"]}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_a_new_version_leaves_open_units_as_they_are(city: City):
    unit = await reported(city)
    await publish(city, with_rubbish(level=Tier.STREET))
    after = await shown(city, unit)
    assert (after["rulebook"], after["holder"]["code"], after["version"]) == (1, TEAM, 1)


async def test_judged_again_a_unit_goes_to_whom_the_new_list_names(city: City):
    unit = await reported(city)
    await publish(city, with_rubbish(level=Tier.STREET))
    await rejudge(city)
    after = await shown(city, unit)
    assert (after["rulebook"], after["holder"]["code"], after["number"]) == (
        2,
        BOARD,
        unit["number"],
    )


async def test_a_preview_tells_what_would_change_and_changes_nothing(city: City):
    unit = await reported(city)
    before = await shown(city, unit)
    await publish(city, with_rubbish(level=Tier.STREET))
    told = await rejudge(city, preview=True)
    (change,) = told["changes"]
    assert (change["number"], change["before"]["holder"]["code"]) == (unit["number"], TEAM)
    assert (change["after"]["holder"]["code"], change["after"]["rulebook"]) == (BOARD, 2)
    assert await shown(city, unit) == before


async def test_what_was_previewed_is_what_is_done(city: City):
    for text in ("楼下一堆垃圾好臭", "说不清楚是啥子事情", "行道树的枯枝要掉下来了"):
        await reported(city, text)
    await publish(city, with_rubbish(level=Tier.STREET, limit=limit("1工作日")))
    preview = await rejudge(city, preview=True)
    done = await rejudge(city)
    assert {**preview, "preview": False} == done


async def test_its_log_tells_who_had_it_judged_again_and_what_changed(city: City):
    unit = await reported(city)
    await publish(city, with_rubbish(level=Tier.STREET))
    await rejudge(city)
    line = (await log(city, unit))[-1]
    assert (line["action"], line["reason"]) == ("rejudge", "新清单")
    assert line["actor"] == f"{CITY}-ZX 的 administrator"
    assert line["data"]["from"] == {"rulebook": 1, "level": "grid", "holder": TEAM}
    assert line["data"]["to"] == {"rulebook": 2, "level": "street", "holder": BOARD}


async def test_its_clocks_keep_what_they_have_spent(city: City):
    unit = await reported(city)
    before = clocks(await shown(city, unit))
    city.clock.forward(minutes=30)
    await publish(city, with_rubbish(level=Tier.STREET))
    await rejudge(city)
    after = clocks(await shown(city, unit))
    for name in ("accept", "dispose"):
        kept = ("started_at", "due_at", "limit_seconds", "basis")
        assert {key: after[name][key] for key in kept} == {key: before[name][key] for key in kept}


async def test_another_limit_counts_from_when_the_clock_began(city: City):
    unit = await reported(city)
    city.clock.forward(hours=1)
    await publish(city, with_rubbish(limit=limit("2工作时")))
    await rejudge(city)
    after = clocks(await shown(city, unit))["dispose"]
    assert after["limit_seconds"] == 7200
    # Begun at 09:30 in Chongqing, due at 11:30; judged again an hour later.
    assert moment(after["due_at"]) == moment(after["started_at"]) + timedelta(hours=2)


async def test_a_limit_that_became_shorter_than_what_is_spent_is_late_at_once(city: City):
    unit = await reported(city)
    city.clock.forward(minutes=90)
    await publish(city, with_rubbish(limit=limit("1工作时")))
    await rejudge(city)
    await city.fire()
    after = await shown(city, unit)
    assert moment(after["overdue_at"]) == moment(unit["created_at"]) + timedelta(hours=1)


async def test_what_was_late_stays_late_under_a_longer_limit(city: City):
    unit = await reported(city)
    city.clock.forward(days=4)
    await publish(city, with_rubbish(limit=limit("9工作日")))
    late = moment((await shown(city, unit))["due_at"])
    await rejudge(city)
    after = await shown(city, unit)
    assert moment(after["due_at"]) > late
    assert (after["overdue_at"] is not None, moment(after["overdue_at"]) < late) == (True, True)


async def test_what_waits_in_triage_is_sent_on_when_the_new_list_knows_it(city: City):
    unit = await reported(city, "邻居家的鸽子天天飞来飞去扰民")
    assert unit["state"] == "triage"
    known = replace(
        BRANCH,
        code=given.EntryCode("SX-09001-1"),
        category=replace(BRANCH.category, code="09001"),
        title="鸽子扰民",
        condition="居民饲养鸽子扰民",
        lead=Function("sanitation"),
        keywords=("鸽子", "扰民"),
        examples=("邻居家的鸽子天天飞来飞去扰民", "楼上养鸽子臭得很扰民"),
    )
    await publish(city, a_list(*ENTRIES, known))
    await rejudge(city)
    after = await shown(city, unit)
    assert (after["state"], after["entry"]["code"]) == ("dispatched", "SX-09001-1")
    running = [name for name, clock in clocks(after).items() if clock["running"]]
    assert sorted(running) == ["accept", "dispose"]


async def test_what_became_an_event_gets_its_tasks(city: City):
    unit = await reported(city)
    orders = (
        given.PlanTask(Function("sanitation"), limit("4工作时"), "清运"),
        given.PlanTask(Function("landscaping"), limit("4工作时"), "补绿"),
    )
    await publish(city, with_rubbish(plan=orders, kind=None, level=Tier.STREET))
    (change,) = (await rejudge(city))["changes"]
    after = await shown(city, unit)
    assert (change["tasks"], after["kind"], after["state"]) == (2, "event", "coordinating")
    assert sorted(task["title"] for task in after["tasks"]) == ["清运", "补绿"]


async def test_what_became_an_emergency_is_told_to_the_centres_above_it(city: City):
    unit = await reported(city)
    await publish(city, with_rubbish(urgency=Urgency.MAJOR, kind=Kind.EVENT))
    await rejudge(city)
    told = [line for line in await log(city, unit) if line["action"] == "notify"]
    centres = [f"{EAST}-ZX", f"{CITY}-ZX"]
    assert [line["organisation"]["code"] for line in told] == centres
    assert (await shown(city, unit))["raised"] == centres


async def test_it_is_explained_by_the_list_it_was_judged_by_last(city: City):
    unit = await reported(city)
    await publish(city, with_rubbish(title="暴露垃圾", level=Tier.STREET))
    await rejudge(city)
    person = await city.person(f"{CITY}-ZX", Role.SUPERVISOR)
    told = await person.get(f"/v1/units/{unit['id']}/explanation")
    assert told["rulebook"] == 2
    assert any("暴露垃圾" in sentence for sentence in told["sentences"])


async def test_what_the_new_version_judges_alike_keeps_its_version(city: City):
    unit = await reported(city, "行道树的枯枝要掉下来了")
    await publish(city, with_rubbish(level=Tier.STREET))
    done = await rejudge(city)
    assert (done["looked"], done["unchanged"], done["changes"]) == (1, 1, [])
    after = await shown(city, unit)
    assert (after["rulebook"], len(await log(city, unit))) == (1, 2)


async def test_what_somebody_works_on_is_left_alone(city: City):
    unit = await reported(city)
    await (await reporter(city)).act(unit["id"], "accept")
    await publish(city, with_rubbish(level=Tier.STREET))
    done = await rejudge(city)
    assert (done["looked"], done["left"]) == (0, {"tasks": 0, "begun": 1})
    assert (await shown(city, unit))["holder"]["code"] == TEAM


async def test_what_a_person_decided_is_left_alone(city: City):
    unit = await reported(city, "说不清楚是啥子事情")
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    await clerk.act(unit["id"], "file", entry=RUBBISH.code)
    await publish(city, with_rubbish(level=Tier.STREET))
    done = await rejudge(city)
    assert [(one["number"], one["why"]) for one in done["skipped"]] == [(unit["number"], "person")]
    assert (await shown(city, unit))["rulebook"] == 1


async def test_a_note_is_no_decision(city: City):
    unit = await reported(city)
    await (await reporter(city)).act(unit["id"], "note", reason="看到了")
    await publish(city, with_rubbish(level=Tier.STREET))
    assert len((await rejudge(city))["changes"]) == 1


async def test_a_photograph_is_no_decision(city: City):
    unit, person = await reported(city), await reporter(city)
    await person.act(unit["id"], "attach", attachments=[exhibit(await uploaded(person), "before")])
    await publish(city, with_rubbish(level=Tier.STREET))
    assert len((await rejudge(city))["changes"]) == 1
    assert len(await attached(person, unit["id"])) == 1


async def test_tasks_are_left_to_their_event(city: City):
    await reported(city, "六楼着火了浓烟滚滚")
    await publish(city, a_list(*ENTRIES[:4], replace(FIRE, title="失火")))
    done = await rejudge(city)
    assert (done["looked"], done["left"]) == (0, {"tasks": 2, "begun": 1})


async def test_what_the_new_version_could_not_take_in_stops_no_other(city: City):
    first = await reported(city, category={"code": "04002"})
    second = await reported(city)
    await publish(city, a_list(replace(RUBBISH, level=Tier.STREET), COVER, HOLE, FIRE))
    done = await rejudge(city)
    assert [(one["number"], one["why"]) for one in done["skipped"]] == [
        (first["number"], "refused")
    ]
    assert [one["number"] for one in done["changes"]] == [second["number"]]


async def test_judged_again_twice_changes_nothing_more(city: City):
    await reported(city)
    await publish(city, with_rubbish(level=Tier.STREET))
    await rejudge(city)
    assert (await rejudge(city))["looked"] == 0


async def test_a_unit_judged_again_may_be_judged_again_by_the_next_version(city: City):
    unit = await reported(city)
    for version, level in ((2, Tier.STREET), (3, Tier.COMMUNITY)):
        await publish(city, with_rubbish(level=level))
        await rejudge(city)
        assert (await shown(city, unit))["rulebook"] == version


async def test_page_by_page_every_unit_is_looked_at_once(city: City):
    for number in range(5):
        await reported(city, f"楼下一堆垃圾好臭 {number}")
    await publish(city, with_rubbish(level=Tier.STREET))
    found, after = [], None
    for _ in range(3):
        page = await rejudge(city, preview=True, limit=2, after=after)
        found += [one["number"] for one in page["changes"]]
        after = page["next"]
    assert (len(found), len(set(found)), after) == (5, 5, None)


async def test_only_the_states_asked_for_are_looked_at(city: City):
    await reported(city)
    await publish(city, with_rubbish(level=Tier.STREET))
    assert (await rejudge(city, states=["triage"]))["looked"] == 0


async def test_states_in_which_work_has_begun_are_refused(city: City):
    person = await city.person(f"{CITY}-ZX", Role.ADMINISTRATOR)
    answer = await person.call("POST", PATH, json={"states": ["accepted"]})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "states")


@pytest.mark.parametrize(
    ("organisation", "role"),
    [(f"{CITY}-ZX", Role.SUPERVISOR), (f"{EAST}-ZX", Role.ADMINISTRATOR)],
)
async def test_only_the_citys_administrator_may(city: City, organisation: str, role: Role):
    person = await city.person(organisation, role)
    assert (await person.call("POST", PATH, json={})).status_code == 403


async def test_somebody_elses_unit_is_left_for_the_next_time(city: City):
    unit = await reported(city)
    await publish(city, with_rubbish(level=Tier.STREET))
    service = city.app.state.service
    async with service.database.transaction() as tx:
        await units.take(tx, [UUID(unit["id"])])
        done = await rejudge(city)
    assert [(one["number"], one["why"]) for one in done["skipped"]] == [(unit["number"], "busy")]
