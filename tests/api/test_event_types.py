"""Event types are a closed list, each with a schema that its messages conform to."""

import json
from pathlib import Path

import pytest

from app.api.event_types import SCHEMA, document, told
from app.cli.operate import contract
from app.domain.authority import Role
from app.domain.topic import WORDS, Topic
from app.domain.topic_words import TELLS
from tests.conforming import faults
from tests.given import City

PAGE = Path(__file__).parents[2] / "docs/event-types.md"
PUBLISHED = """
unit.received unit.filed unit.declined unit.dispatched unit.passed_down unit.ruled
unit.coordinated unit.claimed unit.released unit.accepted unit.started unit.returned
unit.resolved unit.verified unit.reworked unit.closed unit.cancelled unit.suspended
unit.resumed unit.extended unit.requested unit.granted unit.refused unit.withdrawn
unit.appealed unit.exempted unit.merged unit.unmerged unit.self_handled unit.rated
unit.redone unit.split unit.support_asked unit.whistled unit.contacted unit.arrived
unit.issued unit.reminded unit.transferred unit.escalated unit.reclassified unit.urged
unit.supervised unit.reopened unit.noted unit.attached unit.raised unit.notified
unit.rejudged unit.moved clock.warned clock.overdue clock.noticed clock.retimed
rulebook.published
"""
"""What v1 was published with. New types may be added; none is ever taken out or renamed."""


@pytest.fixture(scope="module")
def published() -> dict:
    return json.loads(contract())


def test_no_event_type_of_v1_has_gone():
    assert set(PUBLISHED.split()) - set(Topic) == set()


def test_every_type_has_its_words_and_a_sentence():
    assert set(WORDS) == set(TELLS) == set(Topic)
    assert all(zh and en for words in (WORDS, TELLS) for zh, en in words.values())


@pytest.mark.parametrize("topic", Topic)
def test_every_types_example_conforms_to_its_schema(topic: Topic, published: dict):
    entry = published["webhooks"][topic]["post"]
    content = entry["requestBody"]["content"]["application/json"]
    assert content["schema"] == {"$ref": SCHEMA.format(topic=topic)}
    assert faults(published, content["schema"], content["example"]) == []


@pytest.mark.parametrize("topic", Topic)
def test_another_types_message_does_not_conform(topic: Topic, published: dict):
    other = Topic.UNIT_NOTED if topic is not Topic.UNIT_NOTED else Topic.UNIT_CLOSED
    shown = published["webhooks"][other]["post"]["requestBody"]["content"]["application/json"]
    assert faults(published, {"$ref": SCHEMA.format(topic=topic)}, shown["example"])


def test_every_entry_documents_the_headers_of_a_webhook(published: dict):
    entries = [path["post"] for path in published["webhooks"].values()]
    headers = {one["$ref"].rpartition("/")[2] for entry in entries for one in entry["parameters"]}
    assert headers == {"webhook-id", "webhook-timestamp", "webhook-signature"}
    assert headers <= set(published["components"]["parameters"])


def test_the_page_is_the_one_the_command_writes():
    assert PAGE.read_text(encoding="utf-8") == document(), "run `yiguan event-types`"


async def test_any_key_may_read_the_list_and_has_it_from_then_on(city: City):
    reporter = await city.person("500101-ZX", Role.REPORTER)
    first = await reporter.call("GET", "/v1/event-types")
    items = first.json()["items"]
    assert [one["type"] for one in items] == list(Topic)
    assert items == told().model_dump(mode="json")["items"]
    assert items[0]["json_schema"] == "/openapi.json#/components/schemas/unit.received"
    tag = first.headers["etag"]
    again = await reporter.call("GET", "/v1/event-types", headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert (await city.client.get("/v1/event-types")).status_code == 401
