"""A list with the old and the new classification side by side: reports of both find their entry."""

from dataclasses import replace
from typing import Any

import pytest

from app.domain.authority import Role
from app.domain.responsibility import Category, Entry, EntryCode
from app.domain.rulebook import Part
from app.flows import publication
from tests import given
from tests.given import City

OLD, NEW = Category("旧版", "事件", "0110"), Category(given.SCHEME, "事项", "06010")


def entries(*, beside: bool) -> tuple[Entry, ...]:
    """The small city's list, its rubbish known under the old code too."""
    first, *others = given.entries()
    assert first.category == NEW
    old = replace(first, code=EntryCode("OLD-0110-1"), category=OLD, also=(NEW,))
    return (replace(first, also=(OLD,)), *others, *([old] if beside else []))


async def published(city: City, *listed: Entry) -> None:
    service = city.app.state.service
    async with service.database.transaction() as tx:
        await publication.publish(tx, {Part.LIST: listed}, now=city.clock.now(), by="test")
    city.clock.forward(seconds=6)
    async with service.database.reading() as tx:
        await service.library.follow(tx, now=city.clock.now())


def code(category: Category) -> dict[str, Any]:
    return {"scheme": category.scheme, "class": category.class_, "code": category.code}


async def filed(city: City, **report: Any) -> dict[str, Any]:
    worker = await city.person(f"{given.GRID}-WG", Role.GRID_WORKER)
    answer = await worker.post(city.report(**report))
    assert answer.status_code == 201, answer.text
    unit: dict[str, Any] = answer.json()["unit"]
    return unit


@pytest.mark.parametrize(
    ("category", "entry"), [(OLD, "OLD-0110-1"), (NEW, given.entries()[0].code)]
)
async def test_a_report_finds_the_entry_of_its_own_code(city: City, category: Category, entry: str):
    await published(city, *entries(beside=True))
    unit = await filed(city, category=code(category))
    assert unit["entry"]["code"] == entry


async def test_a_report_with_the_old_code_finds_the_new_entry_where_there_is_no_other(city: City):
    await published(city, *entries(beside=False))
    unit = await filed(city, category=code(OLD))
    assert unit["entry"]["code"] == given.entries()[0].code


async def test_a_report_in_words_is_filed_as_surely_as_under_one_scheme(city: City):
    alone = await filed(city)
    await published(city, *entries(beside=True))
    both = await filed(city)
    assert alone["entry"] is not None
    assert (both["state"], both["kind"]) == (alone["state"], alone["kind"])
    assert both["entry"]["title"] == alone["entry"]["title"]
