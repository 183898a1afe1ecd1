"""The dictionary names every code and every field that answers are written in."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.api.dictionary import SHAPES, VOCABULARIES, told
from app.cli.operate import contract
from app.domain.authority import Role
from tests.given import City

CHINESE = re.compile(r"[\u4e00-\u9fff]")
NAMES = Path(__file__).with_name("names_v1.json")
"""What v1 was published with. New names may be added to it; none is ever taken out."""


def answered(document: dict[str, Any]) -> set[str]:
    """Return the names of the schemas that answers and webhooks are made of."""
    schemas = document["components"]["schemas"]
    bodies = [
        operation[part]
        for place, part in (("paths", "responses"), ("webhooks", "requestBody"))
        for path in document[place].values()
        for operation in path.values()
    ]
    found: set[str] = set()
    waiting = list(referred(bodies))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(referred(schemas[name]))
    return found


def referred(part: object) -> Iterator[str]:
    yield from re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(part))


def test_every_code_of_an_answer_is_in_the_dictionary():
    document = json.loads(contract())
    schemas = document["components"]["schemas"]
    codes = {
        name: set(schemas[name]["enum"]) for name in answered(document) if "enum" in schemas[name]
    }
    known = {one.sort.__name__: {code.value for code in one.words} for one in VOCABULARIES}
    assert {name: found for name, found in codes.items() if known.get(name) != found} == {}


@pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=lambda one: one.name)
def test_every_member_has_its_words(vocabulary: Any):
    assert set(vocabulary.words) == set(vocabulary.sort)
    assert all(zh and en for zh, en in vocabulary.words.values())


@pytest.mark.parametrize("shape", SHAPES, ids=lambda one: one.name)
def test_every_field_has_words_in_chinese_and_in_english(shape: Any):
    fields = next(one.fields for one in told().shapes if one.name == shape.name)
    assert len(fields) == len(shape.model.model_fields)
    lacking = [
        one.field for one in fields if not CHINESE.search(one.zh) or CHINESE.search(one.en or "中")
    ]
    assert lacking == []


def test_what_a_field_refers_to_is_in_the_dictionary():
    shown = told()
    sorts, shapes = {one.name for one in shown.vocabularies}, {one.name for one in shown.shapes}
    fields = [field for shape in shown.shapes for field in shape.fields]
    assert {one.codes for one in fields if one.codes} <= sorts
    assert {name for one in fields for name in one.shape} <= shapes
    assert [one.field for one in fields if one.type == "code" and not one.codes] == []


def test_no_name_of_v1_has_gone():
    published, shown = json.loads(NAMES.read_text(encoding="utf-8")), told()
    codes = {one.name: {code.code for code in one.codes} for one in shown.vocabularies}
    fields = {one.name: {field.field for field in one.fields} for one in shown.shapes}
    gone = {
        (sort, name)
        for known, now in ((published["codes"], codes), (published["fields"], fields))
        for sort, names in known.items()
        for name in set(names) - now.get(sort, set())
    }
    assert gone == set()


async def test_any_key_may_read_it_and_has_it_from_then_on(city: City):
    reporter = await city.person("500101-ZX", Role.REPORTER)
    first = await reporter.call("GET", "/v1/dictionary")
    assert first.status_code == 200
    shown = first.json()
    states = next(one for one in shown["vocabularies"] if one["name"] == "state")
    assert {"code": "triage", "zh": "待研判", "en": "in triage"} in states["codes"]
    unit = next(one for one in shown["shapes"] if one["name"] == "unit")
    assert {one["field"]: one["codes"] for one in unit["fields"]}["stage"] == "clock_name"
    tag = first.headers["etag"]
    again = await reporter.call("GET", "/v1/dictionary", headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


async def test_without_a_key_there_is_no_dictionary(city: City):
    assert (await city.client.get("/v1/dictionary")).status_code == 401


async def test_the_fields_told_are_those_that_answers_have(city: City):
    clerk = await city.person("500101001-ZX", Role.CLERK)
    worker = await city.person("500101001001001-WG", Role.GRID_WORKER)
    unit = (await worker.post(city.report())).json()["unit"]
    step = (await clerk.get(f"/v1/units/{unit['id']}/steps"))["items"][0]
    event = await worker.get(f"/v1/events/{unit['id']}")
    fields = {one.name: {field.field for field in one.fields} for one in told().shapes}
    assert set(unit) == fields["unit"]
    assert set(step) == fields["step"]
    assert set(event["event"]) == fields["event"]
