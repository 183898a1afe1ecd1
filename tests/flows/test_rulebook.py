"""The rulebook's versions: published, in force after notice, followed, and kept for explanation."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.domain.authority import Role
from app.domain.errors import Invalid, Unavailable
from app.domain.responsibility import Entry
from app.domain.rulebook import Part
from app.flows import publication
from app.flows.publication import NOTICE
from app.flows.rulebook import HELD, Library
from app.store.database import Database
from app.store.rulebooks import Edition
from tests import given
from tests.conftest import NOW
from tests.given import GRID, City

ENTRIES = given.entries()


def titled(title: str) -> tuple[Entry, ...]:
    """The small city's list with another title for rubbish."""
    return (replace(ENTRIES[0], title=title), *ENTRIES[1:])


async def published(
    database: Database, *entries: Entry, at: datetime = NOW, by: str = "test"
) -> Edition:
    async with database.transaction() as tx:
        return await publication.publish(tx, {Part.LIST: entries}, now=at, by=by)


async def followed(database: Database, library: Library, now: datetime) -> Library:
    async with database.reading() as tx:
        await library.follow(tx, now=now)
    return library


def title(library: Library, now: datetime) -> str:
    return library.current(now).rulebook.list[ENTRIES[0].code].title


async def test_the_same_content_again_is_the_same_edition(database: Database):
    first = await published(database, *titled("甲"))
    assert await published(database, *titled("甲"), at=NOW + timedelta(hours=1)) == first


async def test_content_of_the_past_published_again_is_its_old_part_in_a_new_edition(
    database: Database,
):
    first = await published(database, *titled("甲"))
    await published(database, *titled("乙"))
    third = await published(database, *titled("甲"))
    assert (third.version, third.parts) == (first.version + 2, first.parts)


async def test_what_is_not_published_stays_as_it_was(database: Database):
    edition = await published(database, *titled("甲"))
    others = {part: version for part, version in edition.parts.items() if part is not Part.LIST}
    assert (set(others.values()), edition.parts[Part.LIST]) == ({1}, 2)


async def test_a_new_version_is_in_force_after_notice(database: Database):
    await published(database, *titled("甲"))
    library = await followed(database, Library(), NOW)
    before, after = NOW + NOTICE - timedelta(microseconds=1), NOW + NOTICE
    assert (title(library, before), title(library, after)) == ("垃圾裸露堆放", "甲")


async def test_of_versions_published_at_once_the_last_counts(database: Database):
    first, second = [await published(database, *titled(name)) for name in "甲乙"]
    library = await followed(database, Library(), NOW)
    assert second.in_force_at == first.in_force_at
    assert title(library, NOW + NOTICE) == "乙"


async def test_two_publishers_at_once_make_two_versions(database: Database):
    editions = await asyncio.gather(*(published(database, *titled(name)) for name in "甲乙"))
    assert sorted(edition.version for edition in editions) == [2, 3]


async def test_a_library_learns_of_what_is_published_later(database: Database):
    library = await followed(database, Library(), NOW)
    await published(database, *titled("甲"))
    await followed(database, library, NOW)
    assert title(library, NOW + NOTICE) == "甲"


async def test_an_old_version_is_loaded_when_it_is_asked_for(database: Database):
    await published(database, *titled("甲"))
    library = await followed(database, Library(), NOW + NOTICE)
    async with database.reading() as tx:
        old = await library.at(tx, 1)
    assert old.rulebook.list[ENTRIES[0].code].title == "垃圾裸露堆放"


async def test_a_version_nobody_published_is_not_found(database: Database):
    with pytest.raises(LookupError):
        async with database.reading() as tx:
            await (await followed(database, Library(), NOW)).at(tx, 99)


async def test_before_anything_is_loaded_nothing_is_in_force():
    with pytest.raises(Unavailable):
        Library().current(NOW)


async def many(database: Database, count: int) -> datetime:
    """Publish many versions, each a notice after the other; return when the last is in force."""
    for number in range(count):
        edition = await published(database, *titled(f"第{number}版"), at=NOW + NOTICE * number)
    return edition.in_force_at


async def test_reading_much_of_the_past_never_forgets_the_present(database: Database):
    now = await many(database, HELD + 2)
    library = await followed(database, Library(), now)
    async with database.reading() as tx:
        for version in range(1, HELD + 2):
            await library.at(tx, version)
    assert title(library, now) == f"第{HELD + 1}版"


async def test_many_versions_come_into_force_in_turn(database: Database):
    library = await followed(database, Library(), NOW)
    last = await many(database, HELD + 2)
    await followed(database, library, NOW)
    assert [title(library, last - NOTICE * ago) for ago in (0, 1, HELD + 1)] == [
        f"第{HELD + 1}版",
        f"第{HELD}版",
        "第0版",
    ]


async def test_a_process_that_starts_after_many_versions_knows_the_one_in_force(
    database: Database,
):
    now = await many(database, 101)
    library = await followed(database, Library(), now)
    assert title(library, now) == "第100版"


async def test_several_who_ask_at_once_all_get_theirs(database: Database):
    now = await many(database, 6)
    library = await followed(database, Library(), now)

    async def asked(version: int) -> int:
        async with database.reading() as tx:
            return (await library.at(tx, version)).rulebook.version

    assert await asyncio.gather(*map(asked, range(1, 7))) == list(range(1, 7))


async def test_a_process_keeps_few_versions_of_the_past(database: Database):
    now = await many(database, HELD + 4)
    library = await followed(database, Library(), now)
    async with database.reading() as tx:
        for version in range(1, HELD + 4):
            await library.at(tx, version)
    assert len(library._references) <= HELD + 1


async def test_who_waited_while_a_version_came_into_force_is_judged_as_of_before(
    database: Database,
):
    library = await followed(database, Library(), NOW)
    await published(database, *titled("甲"))
    await followed(database, library, NOW + NOTICE)
    assert title(library, NOW + NOTICE - timedelta(seconds=1)) == "垃圾裸露堆放"


async def test_an_event_is_judged_by_the_version_in_force_when_it_is_received(city: City):
    service, worker = city.app.state.service, await city.person(f"{given.GRID}-WG", Role.CLERK)
    moved = (replace(ENTRIES[0], level=given.Tier.STREET), *ENTRIES[1:])
    await published(service.database, *moved)
    holders = []
    for _ in range(2):
        answer = await worker.post(city.report())
        holders.append(answer.json()["unit"]["holder"]["code"])
        city.clock.forward(seconds=6)
    assert holders == [f"{given.GRID}-WG", f"{given.HARBOUR}-MS"]


async def test_a_decision_of_the_past_is_explained_by_the_list_it_was_made_by(city: City):
    service, worker = city.app.state.service, await city.person(f"{given.GRID}-WG", Role.CLERK)
    unit = (await worker.post(city.report())).json()["unit"]["id"]
    await published(service.database, *titled("改名以后"))
    city.clock.forward(seconds=6)
    await followed(service.database, service.library, city.clock.now())
    told = await worker.get(f"/v1/units/{unit}/explanation")
    assert "《垃圾裸露堆放》" in told["sentences"][1]


async def test_a_report_sent_again_after_its_category_was_dropped_is_still_the_same_report(
    city: City,
):
    service, worker = city.app.state.service, await city.person(f"{given.GRID}-WG", Role.CLERK)
    report = city.report(category={"code": "06010"})
    await worker.post(report)
    await published(service.database, *ENTRIES[1:])
    city.clock.forward(seconds=6)
    await followed(service.database, service.library, city.clock.now())
    assert (await worker.post(report)).status_code == 200


async def test_codes_that_open_units_stand_with_may_not_vanish(city: City):
    worker = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    await worker.post(city.report())
    fewer = tuple(body for body in given.organisations() if body.code != f"{GRID}-WG")
    async with city.app.state.service.database.transaction() as tx:
        with pytest.raises(Invalid, match=f"{GRID}-WG"):
            await publication.publish(tx, {Part.ORGANISATIONS: fewer}, now=city.clock.now(), by="x")


async def test_who_publishes_may_think_for_longer_than_a_transaction_is_forgotten(
    database: Database,
):
    asked = "SHOW idle_in_transaction_session_timeout"
    async with database.transaction() as tx:
        before = await tx.value(asked)
        await publication.publish(tx, {Part.LIST: titled("一")}, now=NOW, by="test")
        assert (before, await tx.value(asked)) == ("10s", "1min")
    async with database.transaction() as tx:
        assert await tx.value(asked) == before
