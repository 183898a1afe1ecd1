"""What a process has at hand: the days that count now, and the versions asked for last."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.organisation import Organisation, OrganisationCode
from app.domain.rulebook import Part
from app.flows import publication
from app.flows.publication import NOTICE
from app.flows.rulebook import AHEAD, HELD, Library, Reference
from app.store.database import Database
from app.store.parts import Content
from tests import given
from tests.conftest import NOW

BODIES = given.organisations()


async def published(database: Database, part: Part, content: Content, at: datetime = NOW) -> None:
    async with database.transaction() as tx:
        await publication.publish(tx, {part: content}, now=at, by="test")


async def follow(database: Database, library: Library, now: datetime) -> None:
    async with database.reading() as tx:
        await library.follow(tx, now=now)


def is_alive(library: Library, body: Organisation, at: datetime) -> bool:
    return body in library.current(at).rulebook.organisations.of_area(body.area)


async def test_a_day_is_at_hand_before_anybody_asks_for_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    midnight, library = datetime(2026, 11, 20, 16, tzinfo=UTC), Library()
    new = replace(BODIES[-1], code=OrganisationCode("NEW"), valid_from=date(2026, 11, 21))
    await published(database, Part.ORGANISATIONS, (*BODIES, new))
    before = midnight - AHEAD / 2
    await follow(database, library, before)
    monkeypatch.delattr(Reference, "on")
    assert [is_alive(library, new, moment) for moment in (before, midnight)] == [False, True]


async def test_a_day_that_is_over_is_forgotten(database: Database):
    ended = replace(BODIES[-1], valid_to=date(2026, 12, 1))
    await published(database, Part.ORGANISATIONS, (*BODIES[:-1], ended))
    library = Library()
    for days in range(3):
        await follow(database, library, NOW + NOTICE + timedelta(days=days))
    assert [day for _, day in library._days] == [date(2026, 11, 22)]


async def test_of_the_past_those_versions_are_kept_that_were_asked_for_last(database: Database):
    for day in range(1, HELD + 3):
        calendar = replace(given.calendar(), days_off=(date(2026, 11, day),))
        await published(database, Part.CALENDAR, calendar, NOW + timedelta(minutes=day))
    library = Library()
    await follow(database, library, NOW + timedelta(hours=1))
    async with database.reading() as tx:
        for version in (*range(1, HELD + 1), 1, HELD + 1):
            await library.at(tx, version)
    assert 1 in library._references
    assert 2 not in library._references
