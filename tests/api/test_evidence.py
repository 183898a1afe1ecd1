"""Evidence: attached once, by whom it belongs to, and asked for where policy wants it."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from app.domain.area import AreaCode
from app.domain.authority import Role
from app.domain.policy import LocalPolicy
from app.domain.responsibility import Evidence
from app.domain.rulebook import Part
from app.flows import publication
from tests import given
from tests.given import CITY, EAST, WEST, City
from tests.photos import clerk, exhibit, filed, shown, uploaded, worker
from tests.queries import logged

# Attached


async def test_a_report_names_what_was_uploaded_before(city: City):
    person = await worker(city)
    attachment = await uploaded(person)
    unit = await filed(person, attachments=[exhibit(attachment, "before")])
    assert await shown(person, unit) == [(attachment, "before", True)]


async def test_the_same_report_again_is_answered_although_it_has_its_photo(city: City):
    person = await worker(city)
    report = city.report(attachments=[exhibit(await uploaded(person), "before")])
    answers = [await person.post(report) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 200]


async def test_first_the_text_then_the_photo(city: City):
    person = await worker(city)
    unit = await filed(person)
    attachment = await uploaded(person)
    body = {"attachments": [exhibit(attachment, "before")]}
    answer = await person.call("POST", f"/v1/events/{unit}:attach", json=body)
    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assert await shown(person, unit) == [(attachment, "before", True)]


async def test_attaching_is_a_step_and_raises_no_version(city: City):
    person = await worker(city)
    unit, attachment = await filed(person), await uploaded(person)
    done = await person.act(unit, "attach", attachments=[exhibit(attachment, "other")])
    log = (await person.get(f"/v1/units/{unit}/steps"))["items"][-1]
    assert (done["version"], log["action"], log["data"]) == (
        1,
        "attach",
        {"attachments": [{"id": attachment, "phase": "other"}]},
    )
    assert await shown(person, unit) == [(attachment, "other", False)]


async def test_resolving_shows_what_was_done(city: City):
    person = await worker(city)
    unit, attachment = await filed(person), await uploaded(person)
    await person.act(unit, "accept")
    await person.act(unit, "resolve", attachments=[exhibit(attachment)])
    log = (await person.get(f"/v1/units/{unit}/steps"))["items"][-1]
    assert (log["action"], log["data"]["attachments"]) == ("resolve", [exhibit(attachment)])
    assert await shown(person, unit) == [(attachment, "after", False)]


async def test_a_refused_resolve_attaches_nothing(city: City):
    person = await worker(city)
    unit, attachment = await filed(person), await uploaded(person)
    answer = await person.try_to(unit, "resolve", attachments=[exhibit(attachment)])
    assert (answer.status_code, await shown(person, unit)) == (409, [])


@pytest.mark.parametrize("place", ["the same", "another"])
async def test_an_attachment_belongs_to_one_unit_once(city: City, place: str):
    person = await worker(city)
    unit, attachment = await filed(person), await uploaded(person)
    await person.act(unit, "attach", attachments=[exhibit(attachment)])
    other = unit if place == "the same" else await filed(person)
    answer = await person.try_to(other, "attach", attachments=[exhibit(attachment)])
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "attachments.0.id")


async def test_two_who_attach_it_at_once_attach_it_once(city: City):
    person = await worker(city)
    attachment = await uploaded(person)
    units = [await filed(person) for _ in range(4)]
    answers = await asyncio.gather(
        *(person.try_to(unit, "attach", attachments=[exhibit(attachment)]) for unit in units)
    )
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]


async def test_of_reports_at_once_that_name_one_photo_one_is_taken_alone(city: City):
    person = await worker(city)
    attachment = await uploaded(person)
    reports = [city.report(attachments=[exhibit(attachment)]) for _ in range(3)]
    reports += [city.report() for _ in range(5)]
    answers = await asyncio.gather(*(person.post(report) for report in reports))
    assert sorted(one.status_code for one in answers[:3]) == [201, 409, 409]
    assert {one.status_code for one in answers[3:]} == {201}


async def test_a_colleague_attaches_it_and_a_stranger_does_not(city: City):
    unit = await filed(person := await worker(city))
    attachment = await uploaded(person)
    centre = await clerk(city)
    stranger = await centre.try_to(unit, "attach", attachments=[exhibit(attachment)])
    colleague = await (await worker(city, "同事")).try_to(
        unit, "attach", attachments=[exhibit(attachment)]
    )
    assert (stranger.status_code, colleague.status_code) == (422, 200)


async def test_only_who_reported_adds_to_the_report(city: City):
    unit, centre = await filed(await worker(city)), await clerk(city)
    body = {"attachments": [exhibit(await uploaded(centre))]}
    answer = await centre.call("POST", f"/v1/events/{unit}:attach", json=body)
    assert answer.status_code == 403


async def test_outside_the_scope_nothing_is_attached(city: City):
    unit, stranger = await filed(await worker(city)), await clerk(city, WEST)
    body = {"attachments": [exhibit(await uploaded(stranger))]}
    for kind in ("units", "events"):
        answer = await stranger.call("POST", f"/v1/{kind}/{unit}:attach", json=body)
        assert answer.status_code == 404


async def test_an_event_out_of_sight_is_refused_like_one_nobody_reported(city: City):
    unit, stranger = await filed(await worker(city)), await clerk(city, WEST)
    body = {"attachments": [exhibit(await uploaded(stranger))]}
    made, invented = [
        (await stranger.call("POST", f"/v1/events/{one}:attach", json=body)).json()
        for one in (unit, str(uuid4()))
    ]
    del made["request_id"], invented["request_id"]
    assert made == invented


async def test_what_nobody_uploaded_is_refused_by_name(city: City):
    person = await worker(city)
    named = [exhibit(await uploaded(person)), exhibit(str(uuid4()))]
    report = await person.post(city.report(attachments=named))
    action = await person.try_to(await filed(person), "attach", attachments=named)
    for answer in (report, action):
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (
            422,
            "attachments.1.id",
        )


@pytest.mark.parametrize(
    "named", [[], [exhibit("x")], [{"id": str(uuid4())}], [exhibit(str(uuid4()), "during")],
              [exhibit("01932f3e-7b1a-7c3d-9e5f-0a1b2c3d4e5f")] * 2,
              [exhibit(str(uuid4())) for _ in range(21)]]
)  # fmt: skip
async def test_what_names_nothing_well_is_refused(shared_city: City, named: list[dict[str, str]]):
    person = await worker(shared_city)
    unit = await filed(person)
    answer = await person.try_to(unit, "attach", attachments=named)
    assert answer.status_code == 422


# Asked for


async def require_evidence(city: City) -> None:
    """Have the city want photographs, and of a fire one from before as well."""
    service, entries = city.app.state.service, given.entries()
    fire = replace(entries[4], evidence=Evidence.BEFORE_AFTER)
    async with service.database.transaction() as tx:
        content = {
            Part.POLICIES: {AreaCode(CITY): LocalPolicy(requires_evidence=True)},
            Part.LIST: (*entries[:4], fire),
        }
        await publication.publish(tx, content, now=city.clock.now(), by="test")
    city.clock.forward(seconds=6)
    async with service.database.reading() as tx:
        await service.library.follow(tx, now=city.clock.now())


async def test_where_policy_wants_it_nothing_is_resolved_without_its_photo(city: City):
    await require_evidence(city)
    person = await worker(city)
    unit = await filed(person)
    await person.act(unit, "accept")
    bare = await person.try_to(unit, "resolve")
    before = await person.try_to(
        unit, "resolve", attachments=[exhibit(await uploaded(person), "before")]
    )
    for answer in (bare, before):
        problem = answer.json()
        assert (answer.status_code, problem["errors"][0]["field"], problem["allowed"]) == (
            422,
            "attachments",
            ["after"],
        )
    await person.act(unit, "attach", attachments=[exhibit(await uploaded(person))])
    assert (await person.act(unit, "resolve"))["state"] == "resolved"


async def test_the_reports_photo_shows_of_its_tasks_too_how_it_was(city: City):
    await require_evidence(city)
    person = await worker(city)
    before = exhibit(await uploaded(person), "before")
    unit = await filed(person, "六楼着火了浓烟滚滚", attachments=[before])
    tasks = (await (await clerk(city, EAST)).get(f"/v1/units/{unit}"))["tasks"]
    task = next(one["id"] for one in tasks if one["holder"]["code"] == f"{EAST}-XF")
    brigade = await city.person(f"{EAST}-XF", Role.DEPARTMENT)
    await brigade.act(task, "accept")
    bare = await brigade.try_to(task, "resolve")
    assert (bare.status_code, bare.json()["allowed"]) == (422, ["after"])
    done = await brigade.act(task, "resolve", attachments=[exhibit(await uploaded(brigade))])
    assert done["state"] == "resolved"


async def test_attaching_many_takes_no_more_statements_than_attaching_one(city: City):
    person, asked = await worker(city), []
    for number in (1, 1, 5):
        unit = await filed(person)
        body = {"attachments": [exhibit(await uploaded(person)) for _ in range(number)]}
        async with logged(city.app.state.service.database) as queries:
            await person.call("POST", f"/v1/units/{unit}:attach", json=body)
        asked.append(len(queries))
    assert asked[1] == asked[2]
