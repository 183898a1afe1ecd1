"""Requests over HTTP: who may ask, who decides, and what everybody else is told."""

import asyncio
from uuid import uuid4

import pytest

from app.domain.authority import Role
from app.domain.policy import LocalPolicy
from app.domain.responsibility import Urgency
from tests.asking import UNTIL, Matter, decide, decided
from tests.given import EAST, HARBOUR, HILL, WEST, City
from tests.journeys.publishing import policies
from tests.queries import logged

ALONE = {Urgency.NORMAL: (0,)}
ONE = {Urgency.NORMAL: (1,)}


@pytest.fixture
async def matter(city: City) -> Matter:
    return await Matter.accepted(city)


# Asking


async def test_it_shows_in_the_unit_and_in_what_the_organisation_asked(matter: Matter):
    request = await matter.asked()
    (pending,) = (await matter.now())["pending"]
    assert pending == await matter.outcome(request)
    assert (pending["kind"], pending["state"]) == ("extension", "pending")


async def test_twice_the_same_is_refused_with_what_to_do_instead(matter: Matter):
    await matter.asked()
    again = await matter.ask("extension")
    assert (again.status_code, again.json()["allowed"]) == (409, ["withdraw"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "extension", "reason": " "}, "reason"),
        ({"kind": "suspension", "reason": "等"}, "until"),
        ({"kind": "extension", "reason": "等", "until": UNTIL}, "until"),
        ({"kind": "suspension", "reason": "等", "until": "2028-01-01T00:00:00Z"}, "until"),
        ({"kind": "suspension", "reason": "等", "until": "2026-01-01T00:00:00Z"}, "until"),
        ({"kind": "holiday", "reason": "等"}, "kind"),
        ({"kind": "support", "reason": "等"}, "kind"),
    ],
    ids=str,
)
async def test_what_cannot_be_granted_cannot_be_asked(
    matter: Matter, body: dict[str, str], field: str
):
    answer = await matter.worker.call("POST", f"/v1/units/{matter.id}:request", json=body)
    assert (answer.status_code, field in answer.text) == (422, True)


async def test_only_the_holder_asks_to_return_it(matter: Matter):
    assert (await matter.ask("return", by=matter.street)).status_code == 403


async def test_a_resolved_unit_has_nothing_to_ask_for(matter: Matter):
    await matter.worker.act(matter.id, "resolve")
    assert (await matter.ask("extension")).status_code == 409


@pytest.mark.parametrize("organisation", [f"{WEST}-ZX", f"{HILL}-ZX"])
async def test_outside_the_scope_nobody_asks_or_decides(matter: Matter, organisation: str):
    stranger = await matter.city.person(organisation, Role.SUPERVISOR)
    request = await matter.asked()
    assert (await matter.ask("cancel", by=stranger)).status_code == 404
    assert (await decide(stranger, request, "grant")).status_code == 404
    await decided(matter.street, request, "refuse", "理由不充分")
    assert (await decide(stranger, request, "grant")).status_code == 404
    assert (await stranger.get("/v1/requests"))["items"] == []


@pytest.mark.parametrize("word", ["grant", "refuse", "withdraw"])
async def test_a_request_out_of_sight_is_refused_like_one_nobody_made(matter: Matter, word: str):
    stranger = await matter.city.person(f"{WEST}-ZX", Role.SUPERVISOR)
    made = (await decide(stranger, await matter.asked(), word, "因为")).json()
    invented = (await decide(stranger, str(uuid4()), word, "因为")).json()
    del made["request_id"], invented["request_id"]
    assert made == invented


# Nobody need agree


async def test_where_nobody_need_agree_it_is_done_at_once(matter: Matter):
    await policies(matter.city, _500000=LocalPolicy(extension_levels=ALONE, cancel_levels=ALONE))
    before = (await matter.now())["due_at"]
    assert (await matter.ask("extension")).json()["state"] == "granted"
    assert (await matter.now())["due_at"] > before
    assert (await matter.ask("cancel")).json()["state"] == "granted"
    assert (await matter.now())["state"] == "cancelled"
    assert (await matter.actions())[3:] == ["request", "extend", "request", "cancel"]


# Deciding


async def test_a_cancellation_the_street_grants_cancels(matter: Matter):
    request = await matter.asked("cancel", reason="重复上报")
    await decided(matter.street, request, "grant", "属实")
    assert (await matter.now())["state"] == "cancelled"
    assert (await matter.log())[-1]["reason"] == "重复上报"


async def test_where_returns_need_consent_the_holder_asks_for_one(matter: Matter):
    await policies(matter.city, _500000=LocalPolicy(return_levels=ONE))
    refused = await matter.worker.try_to(matter.id, "return", reason="不归我")
    assert (refused.status_code, refused.json()["allowed"]) == (409, ["request"])
    request = await matter.asked("return", reason="不归我")
    await decided(matter.street, request, "grant")
    unit = await matter.now()
    assert (unit["state"], unit["holder"]["code"]) == ("filed", f"{HARBOUR}-ZX")


async def test_a_refusal_needs_a_reason(matter: Matter):
    request = await matter.asked()
    assert (await decide(matter.street, request, "refuse")).status_code == 422
    refused = await decided(matter.street, request, "refuse", "可以按期完成")
    assert (refused["state"], refused["decision"]) == ("refused", "可以按期完成")
    assert (await matter.now())["pending"] == []


async def test_a_request_is_taken_back_by_who_made_it(matter: Matter):
    request = await matter.asked()
    assert (await decide(matter.street, request, "withdraw")).status_code == 403
    assert (await decided(matter.worker, request, "withdraw"))["state"] == "withdrawn"
    assert (await matter.ask("extension")).status_code == 201


@pytest.mark.parametrize("word", ["grant", "refuse", "withdraw"])
async def test_a_decided_request_is_over(matter: Matter, word: str):
    request = await matter.asked()
    await decided(matter.worker, request, "withdraw")
    answer = await decide(matter.street, request, word, "因为")
    assert (answer.status_code, answer.json()["allowed"]) == (409, ["request"])


async def test_nobody_decides_who_has_no_say(matter: Matter):
    request = await matter.asked()
    board = await matter.city.person(f"{HARBOUR}-ZX", Role.DEPARTMENT)
    above = await matter.city.person(f"{EAST}-ZX", Role.CLERK)
    for person in (board, above, matter.worker):
        assert (await decide(person, request, "grant")).status_code == 403
    await decided(matter.street, request, "grant")
    # It lies with the district now.
    assert (await decide(matter.street, request, "refuse", "不同意")).status_code == 403


async def test_only_support_is_granted_with_a_limit(matter: Matter):
    request = await matter.asked()
    answer = await decide(matter.street, request, "grant", limit="1工作日")
    assert (answer.status_code, "limit" in answer.text) == (422, True)


# Who asks for a centre


@pytest.mark.parametrize(("kind", "more"), [("cancel", {}), ("suspension", {"until": UNTIL})])
async def test_that_a_clerk_asks_is_not_yet_the_centres_word(
    matter: Matter, kind: str, more: dict[str, str]
):
    clerk = await matter.city.person(f"{HARBOUR}-ZX", Role.CLERK)
    request = await matter.asked(kind, by=clerk, **more)
    (waiting,) = (await matter.street.get("/v1/requests"))["items"]
    assert (waiting["id"], (await matter.now())["state"]) == (request, "accepted")
    assert (await decide(clerk, request, "grant")).status_code == 403
    await decided(matter.street, request, "grant", "同意")
    assert (await matter.now())["state"] != "accepted"


async def test_a_centre_does_not_let_itself_off_what_it_was_given(matter: Matter):
    await matter.worker.act(matter.id, "return", reason="不归我")
    await matter.street.act(matter.id, "dispatch", holder=f"{HARBOUR}-ZX")
    assert (await matter.street.try_to(matter.id, "cancel", reason="重复")).status_code == 403
    answer = await matter.ask("cancel", by=matter.street)
    assert answer.json()["desk"]["code"] == f"{EAST}-ZX"
    assert (await matter.now())["state"] == "dispatched"


async def test_of_two_who_decide_at_once_one_wins(matter: Matter):
    request = await matter.asked("suspension", until=UNTIL)
    answers = await asyncio.gather(
        decide(matter.street, request, "grant"),
        decide(matter.district, request, "refuse", "不同意"),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_an_unknown_request_is_not_found(matter: Matter):
    assert (
        await decide(matter.street, "01932f3e-7b1a-7c3d-9e5f-0a1b2c3d4e5f", "grant")
    ).status_code == 404


# What is offered


async def offered(matter: Matter, organisation: str, role: Role) -> dict[str, list[str]]:
    person = await matter.city.person(organisation, role)
    unit = await person.get(f"/v1/units/{matter.id}")
    return {one["action"]: one["needs"] for one in unit["actions"]}


async def test_a_centre_is_offered_what_it_may_do_without_asking(matter: Matter):
    street = await offered(matter, f"{HARBOUR}-ZX", Role.SUPERVISOR)
    assert (street["suspend"], "extend" in street) == (["reason", "until"], False)
    assert "extend" in await offered(matter, f"{EAST}-ZX", Role.SUPERVISOR)
    assert "grant" not in street
    request = await matter.asked()
    for role in (Role.SUPERVISOR, Role.CLERK):
        assert "grant" in await offered(matter, f"{HARBOUR}-ZX", role)
    assert "grant" not in await offered(matter, f"{EAST}-ZX", Role.CLERK)
    await decided(matter.street, request, "grant")
    assert "grant" not in await offered(matter, f"{HARBOUR}-ZX", Role.SUPERVISOR)
    assert "grant" in await offered(matter, f"{EAST}-ZX", Role.CLERK)


# Costs


async def test_a_unit_without_requests_is_not_asked_about_any(matter: Matter):
    await matter.worker.act(matter.id, "start")
    async with logged(matter.city.app.state.service.database) as queries:
        await matter.worker.act(matter.id, "resolve")
    assert not [query for query in queries if "request" in query.split("(")[0]]
