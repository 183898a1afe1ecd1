"""Forms of actions: each asks for what its action needs, in the words of the API's own bodies."""

from html.parser import HTMLParser
from typing import Any

import pytest
from typing_extensions import override

from app.domain.action import Action
from app.domain.authority import AUTHORITY, Role
from app.domain.lifecycle import TRANSITIONS
from app.domain.need import Need
from app.domain.policy import LocalPolicy
from app.web import actions
from app.web.fields import Field, Widget, field_of, of_model
from tests import given
from tests.browsing import SignedIn
from tests.given import CITY, EAST, GRID, HARBOUR, Person
from tests.journeys.publishing import policies
from tests.photos import exhibit, filed, uploaded, worker

TEAM = f"{GRID}-WG"
ASKED_BESIDES = {
    Action.DISPATCH: {Need.HOLDER},
    Action.RULE: {Need.LIMIT},
    Action.RESOLVE: {Need.ATTACHMENTS},
}
"""What actions need of some units alone: without an entry, or where evidence is asked for."""


class Forms(HTMLParser):
    """The forms of a page that act: their attributes, and those of their inputs."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str], list[dict[str, str]]]] = []
        self.feed(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.found.append((said, []))
        elif tag in {"input", "select", "textarea"} and self.found and "name" in said:
            self.found[-1][1].append(said)

    @property
    def acting(self) -> dict[str, list[dict[str, str]]]:
        return {form["data-act"]: inputs for form, inputs in self.found if "data-act" in form}


def test_every_action_that_people_may_take_has_a_form_with_all_that_it_needs(
    city: given.City,
) -> None:
    bodies = actions.bodies(city.app)
    needs = {action: set(more) for action, more in ASKED_BESIDES.items()}
    for (_, action), move in TRANSITIONS.items():
        needs.setdefault(action, set()).update(move.needs)
    for action in AUTHORITY:
        fields = of_model(bodies[actions.path_of(action)])
        names = {one.name for one in fields}
        assert {field_of(need) for need in needs.get(action, ())} <= names, action
        assert all(one.widget is not Widget.JSON for one in _all(fields)), action


def _all(fields: list[Field]) -> list[Field]:
    return [*fields, *(row for one in fields for row in one.rows)]


async def shown(city: given.City, signed_in: SignedIn, person: Person, unit: str) -> str:
    answer = await city.client.get(f"/units/{unit}/panel", headers=signed_in(person.key))
    assert answer.status_code == 200, answer.text
    return answer.text


async def in_states(city: given.City) -> list[dict[str, Any]]:
    """Units in many states: in triage, dispatched, in hand, asked about, resolved, closed."""
    reporter = await city.person(EAST + "-ZX", Role.CLERK)
    worker = await city.person(TEAM, Role.GRID_WORKER)
    clerk = await city.person(HARBOUR + "-ZX", Role.CLERK)

    async def report(text: str, place: int) -> dict[str, Any]:
        point = {"address": f"石板坡{place}号", "code": GRID}
        answer = await reporter.post(city.report(text, place=point, source="hotline"))
        assert answer.status_code == 201, answer.text
        unit: dict[str, Any] = answer.json()["unit"]
        return unit

    units = [await report("说不清楚的一件事", 1), await report("六楼着火了浓烟滚滚", 2)]
    for place, done in enumerate(
        (
            (),
            ("accept",),
            ("accept", "resolve"),
            ("accept", "resolve", "verify"),
            ("accept", "start", "request"),
            ("accept", "return"),
        )
    ):
        unit = await report("楼下一堆垃圾好臭没人收", 10 + place)
        for action in done:
            by = clerk if action == "verify" else worker
            body = {"kind": "suspension", "until": "2026-12-24T09:00:00+08:00"}
            said = {"reason": "如此", **(body if action == "request" else {})}
            assert (await by.try_to(unit["id"], action, **said)).is_success
        units.append(unit)
    return units


@pytest.fixture
async def people(city: given.City) -> list[Person]:
    return [
        await city.person(TEAM, Role.GRID_WORKER),
        await city.person(HARBOUR + "-ZX", Role.CLERK),
        await city.person(HARBOUR + "-ZX", Role.SUPERVISOR),
        await city.person(EAST + "-ZX", Role.CLERK),
        await city.person(EAST + "-ZX", Role.SUPERVISOR),
    ]


async def test_every_offered_action_is_a_form_whose_fields_its_route_takes(
    city: given.City, signed_in: SignedIn, people: list[Person]
):
    bodies = actions.bodies(city.app)
    met: set[str] = set()
    for unit in await in_states(city):
        for person in people:
            answer = await person.call("GET", f"/v1/units/{unit['id']}")
            if answer.status_code == 404:
                continue
            forms = Forms(await shown(city, signed_in, person, unit["id"])).acting
            for offered in answer.json()["actions"]:
                action = Action(offered["action"])
                ending = actions.path_of(action).rpartition(":")[2]
                inputs = next(found for path, found in forms.items() if path.endswith(f":{ending}"))
                known = set(bodies[actions.path_of(action)].model_fields)
                assert {one["name"].split(".")[0] for one in inputs} <= known, action
                named = {one["name"].split(".")[0] for one in inputs if "required" in one}
                needed = {field_of(Need(need)) for need in offered["needs"]}
                assert needed <= named | {"tasks", "attachments"}, (action, named)
                met.add(action)
    # What the units above cannot be brought to is held by the test of all actions.
    assert {"file", "accept", "resolve", "verify", "grant", "withdraw", "claim", "rule"} <= met


async def test_evidence_that_is_asked_for_has_an_input_of_its_own(
    city: given.City, signed_in: SignedIn
):
    await policies(city, **{f"_{CITY}": LocalPolicy(requires_evidence=True)})
    person = await worker(city)
    unit = await filed(person)
    await person.act(unit, "accept")

    async def asked() -> list[dict[str, str]]:
        forms = Forms(await shown(city, signed_in, person, unit)).acting
        inputs = forms[f"/v1/units/{unit}:resolve"]
        return [one for one in inputs if one["name"] == "attachments"]

    (photo,) = await asked()
    assert (photo["data-phase"], photo["type"], "required" in photo) == ("after", "file", True)
    await person.act(unit, "attach", attachments=[exhibit(await uploaded(person))])
    (photo,) = await asked()
    assert "required" not in photo


async def test_the_next_in_the_loop_is_open_and_what_ends_a_unit_asks_twice(
    city: given.City, signed_in: SignedIn, people: list[Person]
):
    head = people[-1]
    answer = await head.post(city.report("说不清楚的一件事"))
    page = await shown(city, signed_in, head, answer.json()["unit"]["id"])
    assert page.index('id="do-act-file-entry"') < page.index('id="do-act-decline')
    assert 'class="act first" open' in page
    grave = [form for form, _ in Forms(page).found if form.get("data-confirm")]
    assert {form["data-act"].rpartition(":")[2] for form in grave} == {"decline", "cancel"}


async def test_many_are_found_by_name_and_none_that_may_not_be_named(
    city: given.City, signed_in: SignedIn
):
    key = await city.key(HARBOUR + "-ZX", Role.CLERK)

    async def found(what: str, **asked: str) -> str:
        params = {"action": "transfer", "at": GRID, **asked}
        answer = await city.client.get(f"/units/pick/{what}", params=params, headers=signed_in(key))
        assert answer.status_code == 200, answer.text
        return answer.text

    assert "码头街道民生服务板块" in await found("holder", q="民生")
    assert "坡上街道民生服务板块" not in await found("holder", q="民生")
    assert "坡上街道民生服务板块" in await found("holder", q="坡上 民生", action="support")
    assert "网格队" not in await found("holder", level="street")
    called = await found("departments", action="whistle", q="东江区")
    assert "东江区城市管理局" in called
    assert "东江区治理中心" not in called
    assert "SX-06010-1" in await found("entry", q="垃圾")
    assert "SX-06010-1" not in await found("entry", q="井盖")
    assert "石板坡社区" in await found("area", q="石板坡")
    assert (await found("into", q="没有这个号")).strip() == ""
    nothing = await city.client.get(
        "/units/pick/secrets", params={"action": "note", "at": GRID}, headers=signed_in(key)
    )
    assert nothing.status_code == 404
