"""Versions scheduled, made anew on top of one another, rolled back and withdrawn."""

import asyncio
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain.area import AreaCode
from app.domain.authority import Role
from app.domain.errors import Invalid, NotFound
from app.domain.policy import LocalPolicy, Rule
from app.domain.rulebook import Part
from app.flows import drafts, publication, versions
from app.flows.publication import NOTICE
from app.flows.rulebook import AHEAD, PATIENCE, Library
from app.flows.versions import VersionState
from app.store import rulebooks
from app.store.database import Database
from app.store.parts import Content
from app.store.rulebooks import Edition
from tests import given
from tests.conftest import NOW
from tests.given import GRID, City

ENTRIES, BODIES = given.entries(), given.organisations()
TOMORROW, LATER = NOW + timedelta(days=1), NOW + timedelta(days=2)
CODE = ENTRIES[0].code


def a_list(title: str) -> dict[Part, Content]:
    return {Part.LIST: (replace(ENTRIES[0], title=title), *ENTRIES[1:])}


def a_calendar(day: int) -> dict[Part, Content]:
    return {Part.CALENDAR: replace(given.calendar(), days_off=(NOW.date().replace(day=day),))}


async def published(
    database: Database, contents: dict[Part, Content], *, now: datetime = NOW, **options: Any
) -> Edition:
    async with database.transaction() as tx:
        return await publication.publish(tx, contents, now=now, by="test", **options)


async def rolled_back(database: Database, version: int, **options: Any) -> Edition:
    async with database.transaction() as tx:
        return await publication.roll_back(tx, version, now=NOW, by="test", **options)


async def withdrawn(database: Database, version: int, *, now: datetime = NOW) -> Edition:
    async with database.transaction() as tx:
        return await publication.withdraw(tx, version, now=now)


async def line(database: Database) -> list[tuple[int, datetime]]:
    async with database.reading() as tx:
        return [(one.version, one.in_force_at) for one in await rulebooks.live(tx, since=NOW)]


async def seen(database: Database, now: datetime, library: Library | None = None) -> Library:
    library = library or Library()
    async with database.reading() as tx:
        await library.follow(tx, now=now)
    return library


async def what_holds(database: Database, at: datetime) -> tuple[str, int]:
    """The title of the list's first entry and the one day off, as of a moment."""
    rulebook = (await seen(database, at)).current(at).rulebook
    return rulebook.list[CODE].title, rulebook.calendar.days_off[0].day


async def state(database: Database, version: int, at: datetime = NOW) -> VersionState:
    async with database.reading() as tx:
        return (await versions.find(tx, str(version), now=at)).state


# Scheduled


async def test_a_scheduled_version_comes_into_force_at_its_moment(database: Database):
    await published(database, a_list("甲"), at=TOMORROW)
    library = await seen(database, TOMORROW - timedelta(seconds=1))
    held = [library.current(TOMORROW - timedelta(seconds=ago)).rulebook for ago in (1, 0)]
    assert [one.list[CODE].title for one in held] == ["垃圾裸露堆放", "甲"]


async def test_it_is_built_before_its_moment_and_not_for_months_ahead(database: Database):
    edition = await published(database, a_list("甲"), at=TOMORROW)
    library = await seen(database, TOMORROW - AHEAD - timedelta(seconds=1))
    assert edition.version not in library._references
    await seen(database, TOMORROW - AHEAD, library)
    assert edition.version in library._references


@pytest.mark.parametrize("ago", [timedelta(), timedelta(days=1), -NOTICE + timedelta(seconds=1)])
async def test_a_moment_that_not_every_process_could_know_of_is_refused(
    database: Database, ago: timedelta
):
    with pytest.raises(Invalid) as refused:
        await published(database, a_list("甲"), at=NOW - ago)
    assert refused.value.field == "at"


async def test_what_is_published_now_does_not_bring_what_is_scheduled_into_force_early(
    database: Database,
):
    await published(database, a_list("明天"), at=TOMORROW)
    await published(database, a_calendar(9))
    assert await what_holds(database, NOW + NOTICE) == ("垃圾裸露堆放", 9)


async def test_what_is_scheduled_does_not_undo_what_is_published_before_it(database: Database):
    first = await published(database, a_list("明天"), at=TOMORROW, note="年度修订")
    await published(database, a_calendar(9))
    assert await what_holds(database, TOMORROW) == ("明天", 9)
    async with database.reading() as tx:
        newest = await rulebooks.latest(tx)
    assert newest
    assert (newest.base, newest.note, newest.in_force_at) == (3, "年度修订", TOMORROW)
    assert await state(database, first.version) is VersionState.WITHDRAWN


async def test_of_two_that_change_the_same_part_the_later_moment_counts(database: Database):
    await published(database, a_list("明天"), at=TOMORROW)
    await published(database, a_list("今天"))
    found = [(await what_holds(database, at))[0] for at in (NOW + NOTICE, TOMORROW)]
    assert found == ["今天", "明天"]


async def test_what_is_scheduled_holds_though_it_was_published_and_taken_back_meanwhile(
    database: Database,
):
    await published(database, a_list("明天"), at=TOMORROW)
    await published(database, a_list("明天"))
    await rolled_back(database, 1)
    found = [(await what_holds(database, at))[0] for at in (NOW + NOTICE, TOMORROW)]
    assert found == ["垃圾裸露堆放", "明天"]


async def test_every_version_behind_a_new_one_is_made_anew_on_top_of_it(database: Database):
    await published(database, a_calendar(9), at=LATER)
    await published(database, a_list("明天"), at=TOMORROW)
    assert await line(database) == [
        (1, NOW - timedelta(days=1)),
        (3, TOMORROW),
        (4, LATER),
    ]
    assert await what_holds(database, LATER) == ("明天", 9)


async def test_a_draft_is_published_on_top_of_what_will_hold_then(database: Database):
    async with database.transaction() as tx:
        draft = await drafts.save(tx, a_list("草稿"), note="试拟", now=NOW, by="test")
    await published(database, a_calendar(9))
    async with database.transaction() as tx:
        edition = await publication.publish_draft(tx, draft, now=NOW, by="test", at=TOMORROW)
    assert (edition.note, await what_holds(database, TOMORROW)) == ("试拟", ("草稿", 9))


# Back


async def test_rolled_back_the_city_is_judged_as_before(database: Database):
    await published(database, a_list("错的"))
    edition = await rolled_back(database, 1)
    assert edition.in_force_at == NOW + NOTICE
    assert (await what_holds(database, NOW + NOTICE))[0] == "垃圾裸露堆放"


async def test_a_version_rolled_back_is_a_new_version_with_the_old_parts(database: Database):
    await published(database, a_list("错的"))
    edition = await rolled_back(database, 1)
    async with database.reading() as tx:
        first = await rulebooks.edition(tx, 1)
    assert first
    assert (edition.version, edition.parts) == (3, first.parts)


async def test_the_duty_rosters_are_not_rolled_back(database: Database):
    await published(database, {Part.ROSTER: ()})
    await published(database, a_list("错的"))
    assert Part.ROSTER in (await rolled_back(database, 1)).parts


async def test_only_the_parts_named_are_rolled_back(database: Database):
    await published(database, {**a_list("错的"), **a_calendar(9)})
    await rolled_back(database, 1, only=[Part.LIST])
    assert await what_holds(database, NOW + NOTICE) == ("垃圾裸露堆放", 9)


async def test_back_to_what_holds_already_is_nothing_new(database: Database):
    assert (await rolled_back(database, 1)).version == 1


async def test_rolling_back_may_not_leave_an_open_unit_without_its_holder(city: City):
    database, now = city.app.state.service.database, city.clock.now()
    new = replace(BODIES[-1], code=given.OrganisationCode("NEW-WG"))
    team = next(body for body in BODIES if body.code == f"{GRID}-WG")
    bare = tuple(replace(body, functions=()) if body == team else body for body in BODIES)
    mine = replace(new, area=team.area, parent=team.parent, functions=team.functions)
    await published(database, {Part.ORGANISATIONS: (*bare, mine)}, now=now)
    city.clock.forward(seconds=6)
    person = await city.person(f"{GRID}-WG", Role.GRID_WORKER)
    unit = (await person.post(city.report())).json()["unit"]
    assert unit["holder"]["code"] == "NEW-WG"
    with pytest.raises(Invalid, match="NEW-WG"):
        await rolled_back(database, 1)


async def test_there_is_no_way_back_to_what_never_was_in_force(database: Database):
    edition = await published(database, a_list("甲"), at=TOMORROW)
    await withdrawn(database, edition.version)
    with pytest.raises(Invalid):
        await rolled_back(database, edition.version)


async def test_there_is_no_way_back_to_what_nobody_published(database: Database):
    with pytest.raises(NotFound):
        await rolled_back(database, 99)


# Withdrawn


async def test_a_version_withdrawn_never_comes_into_force(database: Database):
    edition = await published(database, a_list("甲"), at=TOMORROW)
    library = await seen(database, TOMORROW - AHEAD)
    await withdrawn(database, edition.version)
    await seen(database, TOMORROW - AHEAD, library)
    assert library.current(TOMORROW).rulebook.version == 1
    async with database.reading() as tx:
        assert await rulebooks.in_force(tx, now=TOMORROW) == 1


async def test_what_is_scheduled_behind_it_is_made_anew_without_it(database: Database):
    first = await published(database, a_list("明天"), at=TOMORROW)
    await published(database, a_calendar(9), at=LATER)
    await withdrawn(database, first.version)
    assert await what_holds(database, LATER) == ("垃圾裸露堆放", 9)


async def test_withdrawn_twice_is_withdrawn(database: Database):
    edition = await published(database, a_list("甲"), at=TOMORROW)
    await withdrawn(database, edition.version)
    assert (await withdrawn(database, edition.version)).withdrawn_at == NOW


@pytest.mark.parametrize("wait", [timedelta(seconds=1), NOTICE])
async def test_what_is_or_is_about_to_be_in_force_cannot_be_withdrawn(
    database: Database, wait: timedelta
):
    edition = await published(database, a_list("甲"))
    with pytest.raises(Invalid, match="roll back"):
        await withdrawn(database, edition.version, now=NOW + wait)


async def test_the_first_version_cannot_be_withdrawn(database: Database):
    with pytest.raises(Invalid):
        await withdrawn(database, 1)


# Followed


async def test_two_processes_stand_by_the_same_version_at_any_moment(database: Database):
    one, two = await seen(database, NOW), await seen(database, NOW)
    await published(database, a_list("甲"))
    await published(database, a_list("乙"), at=NOW + timedelta(seconds=20))
    await published(database, a_calendar(9), now=NOW + timedelta(seconds=2))
    for library in (one, two):
        await seen(database, NOW + timedelta(seconds=3), library)
    for second in range(30):
        at = NOW + timedelta(seconds=second)
        async with database.reading() as tx:
            expected = await rulebooks.in_force(tx, now=at)
        found = {library.current(at).rulebook.version for library in (one, two)}
        assert found == {expected}, second


async def test_a_process_forgets_a_version_that_is_over(database: Database):
    library = await seen(database, NOW)
    await published(database, a_list("甲"))
    await seen(database, NOW + NOTICE, library)
    assert library.current(NOW).rulebook.version == 1
    await seen(database, NOW + NOTICE + PATIENCE, library)
    assert [one.version for one in library._editions] == [2]


async def test_who_publishes_after_waiting_for_others_gives_its_notice_from_then(
    database: Database,
):
    async with database.transaction() as tx:
        await asyncio.sleep(1.1)
        edition = await publication.publish(tx, a_list("甲"), now=NOW, by="test")
    assert edition.in_force_at >= NOW + NOTICE + timedelta(seconds=1)


# Parts that fit


def rule(**changes: Any) -> dict[Part, Content]:
    values = {"name": "规则", "entry": CODE, "contains": ("臭",), **changes}
    return {Part.POLICIES: {AreaCode(given.EAST): LocalPolicy(rules=(Rule(**values),))}}


def placed(area: str) -> dict[Part, Content]:
    return {Part.ORGANISATIONS: (*BODIES, replace(BODIES[-1], code="X", area=area))}


@pytest.mark.parametrize(
    ("contents", "named"),
    [
        (placed("500199"), "500199"),
        ({Part.LIST: (replace(ENTRIES[0], lead="astronomy"),)}, "astronomy"),
        (rule(entry="SX-99999-1"), "SX-99999-1"),
        (rule(holder="NOBODY"), "NOBODY"),
        ({Part.POLICIES: {AreaCode("500199"): LocalPolicy()}}, "500199"),
    ],
)
async def test_parts_that_do_not_fit_together_are_refused(
    database: Database, contents: dict[Part, Content], named: str
):
    with pytest.raises(Invalid, match=named):
        await published(database, contents)


async def test_parts_that_fit_together_come_together(database: Database):
    new = replace(BODIES[-1], code="X", functions=("astronomy",))
    lists = {Part.LIST: (*ENTRIES, replace(ENTRIES[0], code="SX-99999-1", lead="astronomy"))}
    both = {Part.ORGANISATIONS: (*BODIES, new), **lists}
    assert (await published(database, both)).version == 2


async def test_what_is_scheduled_keeps_every_body_for_units_may_go_to_it_until_then(
    database: Database,
):
    fewer: dict[Part, Content] = {Part.ORGANISATIONS: BODIES[:-1]}
    with pytest.raises(Invalid, match=BODIES[-1].code):
        await published(database, fewer, at=TOMORROW)
    ended = replace(BODIES[-1], valid_to=TOMORROW.date())
    await published(database, {Part.ORGANISATIONS: (*BODIES[:-1], ended)}, at=TOMORROW)


async def test_what_is_scheduled_does_not_undo_a_body_that_is_published_before_it(
    database: Database,
):
    renamed = replace(BODIES[0], name="更名")
    await published(database, {Part.ORGANISATIONS: (renamed, *BODIES[1:])}, at=TOMORROW)
    new = replace(BODIES[-1], code="NEW")
    with pytest.raises(Invalid, match="NEW"):
        await published(database, {Part.ORGANISATIONS: (*BODIES, new)})


async def test_a_change_that_would_break_what_is_scheduled_is_refused(database: Database):
    await published(database, rule(), at=TOMORROW)
    with pytest.raises(Invalid, match=CODE):
        await published(database, {Part.LIST: ENTRIES[1:]})


# Written once


async def test_a_part_that_was_tampered_with_is_not_loaded(database: Database):
    async with database.transaction() as tx:
        await tx.execute("UPDATE part SET checksum = '\\x00' WHERE name = 'list'")
    with pytest.raises(ValueError, match="checksum"):
        await seen(database, NOW)


async def test_a_version_is_known_by_its_checksum(database: Database):
    await published(database, a_list("甲"))
    await published(database, a_list("垃圾裸露堆放"))
    async with database.reading() as tx:
        found = [await versions.find(tx, str(number), now=NOW) for number in (1, 2, 3)]
    sums = [one.checksum for one in found]
    assert sums[0] == sums[2] != sums[1]


_CHANGING = re.compile(r"(UPDATE|DELETE FROM|TRUNCATE|MERGE INTO) +(part|rulebook)\b")


def test_nothing_that_was_published_is_ever_changed():
    root = Path(__file__).parents[2]
    found = [
        line.strip()
        for folder in ("app", "migrations")
        for path in (root / folder).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if _CHANGING.search(line)
    ]
    assert found == [
        '"UPDATE rulebook SET withdrawn_at = $2 WHERE version = $1 AND withdrawn_at IS NULL",'
    ]
