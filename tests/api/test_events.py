"""Posting and reading events: the contract of the phone."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from app.domain.authority import Role
from tests.given import EAST, GRID, HARBOUR, SCHEME, WEST, City, Person


async def reporter(city: City) -> Person:
    return await city.person(f"{GRID}-WG", Role.GRID_WORKER)


async def refused(person: Person, report: dict[str, Any], **headers: str) -> dict[str, Any]:
    """Post a report that must be refused as invalid, and return the problem."""
    answer = await person.call("POST", "/v1/events", json=report, headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    return problem


def fields(problem: dict[str, Any]) -> list[str]:
    return [error["field"] for error in problem["errors"]]


async def raw(person: Person, body: bytes) -> int:
    headers = {"Content-Type": "application/json"}
    return (await person.call("POST", "/v1/events", content=body, headers=headers)).status_code


# Accepted


async def test_the_answer_tells_the_unit_who_has_it_and_by_when(city: City):
    answer = await (await reporter(city)).post(city.report())
    unit = answer.json()["unit"]
    assert answer.status_code == 201
    assert unit["holder"] | {"kind": None, "tier": None} == {
        "code": f"{GRID}-WG",
        "name": "第1网格网格队",
        "phone": "023-00000001",
        "kind": None,
        "tier": None,
        "on_duty": [],
    }
    assert (unit["stage"], unit["stage_due_at"]) == ("accept", "2026-11-20T03:30:00Z")
    assert unit["due_at"] == "2026-11-20T07:30:00Z"


async def test_the_answer_carries_the_reasons(city: City):
    answer = await (await reporter(city)).post(city.report())
    reasons = answer.json()["reasons"]
    assert (reasons["place"]["by"], reasons["classification"]["by"], reasons["route"]["by"]) == (
        "code",
        "text",
        "held",
    )


async def test_the_answers_etag_is_the_units_version(city: City):
    answer = await (await reporter(city)).post(city.report())
    assert answer.headers["etag"] == f'"{answer.json()["unit"]["version"]}"'


async def test_a_planned_event_comes_with_its_tasks(city: City):
    answer = await (await reporter(city)).post(city.report("六楼着火了浓烟滚滚"))
    assert [task["holder"]["code"] for task in answer.json()["tasks"]] == [
        f"{EAST}-XF",
        f"{EAST}-GA",
    ]


async def test_any_offset_is_accepted_and_answered_in_utc(city: City):
    person, report = await reporter(city), city.report(occurred_at="2026-11-20T08:00:00+05:30")
    await person.post(report)
    event = (await person.get(f"/v1/events/{report['id']}"))["event"]
    assert event["occurred_at"] == "2026-11-20T02:30:00Z"


@pytest.mark.parametrize("source", ["hotline", "sensor", "media"])
async def test_every_channel_is_accepted(city: City, source: str):
    assert (await (await reporter(city)).post(city.report(source=source))).status_code == 201


async def test_a_report_without_a_place_lands_in_the_reporters_own_area(city: City):
    report = city.report("楼下一堆垃圾好臭", place={})
    unit = (await (await reporter(city)).post(report)).json()["unit"]
    assert unit["place"]["grid"]["code"] == GRID


# Sent again


async def test_the_same_event_again_is_answered_with_its_unit_as_it_is_now(city: City):
    person, report = await reporter(city), city.report()
    unit = (await person.post(report)).json()["unit"]
    await person.act(unit["id"], "accept")
    again = await person.post(report)
    assert again.status_code == 200
    assert (again.json()["unit"]["id"], again.json()["unit"]["state"]) == (unit["id"], "accepted")


async def test_the_order_of_the_fields_makes_no_other_report(city: City):
    person, report = await reporter(city), city.report()
    await person.post(report)
    assert (await person.post(dict(reversed(report.items())))).status_code == 200


async def test_a_colleague_may_send_it_again(city: City):
    report = city.report()
    await (await reporter(city)).post(report)
    colleague = await city.person(f"{GRID}-WG", Role.GRID_WORKER, name="同事")
    assert (await colleague.post(report)).status_code == 200


async def test_the_same_id_with_another_body_is_a_conflict(city: City):
    person, report = await reporter(city), city.report()
    await person.post(report)
    answer = await person.post({**report, "text": "楼上一堆垃圾"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "id")


async def test_the_same_id_from_elsewhere_is_a_conflict_without_any_content(city: City):
    report = city.report()
    await (await reporter(city)).post(report)
    stranger = await city.person(f"{WEST}-ZX", Role.CLERK)
    answer = await stranger.post(report)
    assert answer.status_code == 409
    assert answer.json() == {
        "type": "/problems/conflict",
        "title": "编号冲突",
        "status": 409,
        "detail": "该事件编号已被占用",
        "request_id": answer.headers["x-request-id"],
        "errors": [{"field": "id", "message": "该事件编号已被占用"}],
    }


async def test_two_reports_with_one_id_at_once_are_one_report_and_a_conflict(city: City):
    person, report = await reporter(city), city.report()
    other = {**report, "text": "楼上一堆垃圾"}
    answers = await asyncio.gather(person.post(report), person.post(other))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_a_stranger_with_the_same_id_at_once_learns_nothing(city: City):
    person, report = await reporter(city), city.report()
    stranger = await city.person(f"{WEST}-ZX", Role.CLERK)
    answers = await asyncio.gather(person.post(report), stranger.post(report))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


# Refused


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": "not-a-uuid"}, "id"),
        ({"id": None}, "id"),
        ({"source": "rumour"}, "source"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"occurred_at": "2026-11-20T09:30:00"}, "occurred_at"),
        ({"occurred_at": "2026-11-20"}, "occurred_at"),
        ({"occurred_at": 1795138200}, "occurred_at"),
        ({"occurred_at": "1795138200"}, "occurred_at"),
        ({"occurred_at": "2026-13-20T09:30:00+08:00"}, "occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+08:00"}, "occurred_at"),
        ({"text": ""}, "text"),
        ({"text": "臭" * 4001}, "text"),
        ({"text": "臭\x00"}, "text"),
        ({"text": 7}, "text"),
        ({"place": {"code": "999999"}}, "place.code"),
        ({"place": {"code": "5001 01"}}, "place.code"),
        ({"place": {"address": "路" * 301}}, "place.address"),
        ({"place": {"point": {"longitude": 181, "latitude": 29}}}, "place.point.longitude"),
        ({"place": {"point": {"longitude": 106, "latitude": -91}}}, "place.point.latitude"),
        ({"place": {"point": {"longitude": 106}}}, "place.point.latitude"),
        (
            {"place": {"point": {"longitude": 106, "latitude": 29, "datum": "X"}}},
            "place.point.datum",
        ),
        ({"category": {"code": "99999"}}, "category"),
        ({"category": {"scheme": "别处", "code": "06010"}}, "category"),
        ({"category": {"class": "部件", "code": "06010"}}, "category"),
        ({"category": {"scheme": SCHEME}}, "category.code"),
        ({"reporter": {"phone": "1" * 31}}, "reporter.phone"),
        ({"reporter": {"name": "\x00"}}, "reporter.name"),
        ({"attributes": {"device": 7}}, "attributes.device"),
        ({"attributes": {"device": "\x00"}}, "attributes.device"),
        ({"attributes": {str(number): "" for number in range(51)}}, "attributes"),
        ({"colour": "red"}, "colour"),
        ({"place": {"city": "500000"}}, "place.city"),
    ],
)
async def test_a_bad_field_is_refused_by_name(
    shared_city: City, changes: dict[str, Any], field: str
):
    assert fields(await refused(await reporter(shared_city), shared_city.report(**changes))) == [
        field
    ]


@pytest.mark.parametrize("field", ["id", "source", "occurred_at", "text"])
async def test_a_missing_field_is_refused_by_name(shared_city: City, field: str):
    report = shared_city.report()
    del report[field]
    assert fields(await refused(await reporter(shared_city), report)) == [field]


async def test_all_bad_fields_are_named_at_once(shared_city: City):
    report = shared_city.report(source="rumour", text="", occurred_at="never")
    problem = await refused(await reporter(shared_city), report)
    assert sorted(fields(problem)) == ["occurred_at", "source", "text"]


async def test_a_refusal_speaks_chinese_by_default(shared_city: City):
    problem = await refused(
        await reporter(shared_city), shared_city.report(occurred_at="2026-11-20T09:30:00")
    )
    assert (problem["title"], "时间须带时区" in problem["detail"]) == ("请求内容有误", True)


async def test_a_refusal_speaks_english_to_who_asks_for_it(shared_city: City):
    report = shared_city.report(place={"code": "999999"})
    problem = await refused(
        await reporter(shared_city), report, **{"Accept-Language": "en-GB,en;q=0.9"}
    )
    assert problem["detail"] == "no area has code 999999"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"id": "' + b"[" * 60_000,
        b"[" * 60_000,
    ],
)
async def test_what_is_no_report_is_refused(shared_city: City, body: bytes):
    assert await raw(await reporter(shared_city), body) == 422


@pytest.mark.parametrize("text", [r"\ud800", r"\udfff\ud800", r"a\ud83d"])
async def test_a_lone_surrogate_is_refused(shared_city: City, text: str):
    body = json.dumps(shared_city.report("TEXT")).replace("TEXT", text).encode()
    assert await raw(await reporter(shared_city), body) == 422


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
async def test_a_coordinate_that_is_no_number_is_refused(shared_city: City, number: bytes):
    report = shared_city.report(place={"point": {"longitude": 7777, "latitude": 29.5}})
    assert (
        await raw(await reporter(shared_city), json.dumps(report).encode().replace(b"7777", number))
        == 422
    )


async def test_a_body_over_the_limit_is_refused(shared_city: City):
    body = json.dumps(shared_city.report()).encode() + b" " * 65536
    assert await raw(await reporter(shared_city), body) == 413


async def test_a_text_of_4000_characters_beyond_the_first_plane_is_kept_whole(city: City):
    person, report = await reporter(city), city.report("垃圾" + "𠮷" * 3998)
    await person.post(report)
    assert (await person.get(f"/v1/events/{report['id']}"))["event"]["text"] == report["text"]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer yg_0_0", "Basic abc", "Bearer  ", "yg_1_2"]
)
async def test_without_a_valid_key_nobody_posts(shared_city: City, header: str):
    answer = await shared_city.client.post(
        "/v1/events", json=shared_city.report(), headers={"Authorization": header}
    )
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("role", [Role.DEPARTMENT, Role.ADMINISTRATOR])
async def test_who_is_no_reporter_may_not_post(shared_city: City, role: Role):
    person = await shared_city.person(f"{EAST}-CG", role)
    assert (await person.post(shared_city.report())).status_code == 403


# Read


async def test_the_reporter_reads_the_event_as_it_was_sent(city: City):
    person, report = await reporter(city), city.report()
    await person.post(report)
    assert (await person.get(f"/v1/events/{report['id']}"))["event"]["body"] == report


async def test_the_centre_of_the_place_reads_it(city: City):
    report = city.report()
    await (await reporter(city)).post(report)
    clerk = await city.person(f"{HARBOUR}-ZX", Role.CLERK)
    assert (await clerk.get(f"/v1/events/{report['id']}"))["unit"]["state"] == "dispatched"


async def test_a_stranger_does_not_find_it(city: City):
    report = city.report()
    await (await reporter(city)).post(report)
    stranger = await city.person(f"{WEST}-ZX", Role.SUPERVISOR)
    assert (await stranger.call("GET", f"/v1/events/{report['id']}")).status_code == 404


async def test_an_event_nobody_sent_is_not_found(city: City):
    assert (await (await reporter(city)).call("GET", f"/v1/events/{uuid4()}")).status_code == 404
