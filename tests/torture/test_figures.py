"""Whoever does what to families of units: every figure is what the steps say, read the slow way."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from app.domain.action import Action
from app.domain.area import Tier
from app.domain.authority import Role, Scope
from app.domain.errors import DomainError
from app.domain.landmark import DEVICE
from app.domain.measure import FIGURES, Count
from app.domain.organisation import OrganisationCode
from app.domain.period import Period, parse
from app.domain.unit import State
from app.flows import accounting, bulk
from app.flows import counted as behind
from app.flows.bulk import Wish as Many
from app.flows.counted import Sought
from app.flows.statistics import NO_ENTRY, Question
from app.store.database import Database
from tests import counted as counting
from tests.conftest import on_server
from tests.given import CITY
from tests.naive import reading, readings
from tests.torture.conftest import Tell
from tests.torture.family_machine import Families
from tests.torture.family_machine_deeds import Pick, Wish, doing
from tests.torture.family_machine_world import CREW, Look, World
from tests.torture.two_cities import TwoCities

EXAMPLES, STEPS = 9, 110
LISTS = 8
"""How many figures of an example have their lists looked at."""
_UNSYNCED = """
DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database());
END $$
"""
_ANEW = "TRUNCATE tally; UPDATE accountant SET xid = '0', line = 0, counted_until = NULL"
SPANS = tuple(timedelta(hours=hours) for hours in (1, 3, 9, 20))
LIKED = {
    *(Action.FILE, Action.DISPATCH, Action.ACCEPT, Action.RESOLVE, Action.VERIFY, Action.CLOSE),
    *(Action.REWORK, Action.REOPEN, Action.RATE, Action.APPEAL, Action.GRANT, Action.UNMERGE),
    *(Action.RESUME, Action.START),
}
"""What the measures are about."""
SELDOM = {
    *(Action.CANCEL, Action.DECLINE, Action.MERGE, Action.SUSPEND, Action.EXTEND),
    *(Action.NOTE, Action.ATTACH, Action.URGE, Action.SUPERVISE, Action.ESCALATE, Action.SPLIT),
}
"""What ends units or says little of them."""


class Counted(Families):
    """Families whose log is counted while it is written, a few lines at a time."""

    seen: ClassVar[Counter[str]]
    cities: ClassVar[TwoCities]
    dice: Random

    @override
    def _see(self, what: str) -> Look:
        before, self.look = self.look, self.world.look()
        self.steps[what] += 1
        if self.dice.random() < 0.3:
            self.world.run(self._count)
        return before

    async def _count(self, database: Database) -> None:
        for _ in range(2):
            async with database.transaction() as tx:
                limit = self.dice.choice([1, 2, 5, 40])
                await accounting.turn(tx, counting.ZONE_NAME, self.world.now, limit=limit)
        await self.cities.follow(database)

    def walk(self, dice: Random) -> None:
        self.dice = dice
        self.begin(seed=dice.getrandbits(60))
        for _ in range(STEPS):
            seed, chance = dice.getrandbits(60), dice.random()
            if chance < 0.12:
                self.world.wait(dice.choice(SPANS))
                _ = dice.random() < 0.7 and self.world.fire()
                self._see("time passes")
            elif chance < 0.2 and len(self.look.events) < 12:
                self._report(self._turn(seed))
            elif chance < 0.22 and not self.is_issued:
                self._issue(self._turn(seed))
            elif chance < 0.27:
                self._speak_of_closed(self._turn(seed))
            elif chance < 0.31:
                self._in_bulk(self._turn(seed))
            else:
                self._deed(self._turn(seed))
        self.world.run(self._compare)

    def _deed(self, pick: Pick) -> None:
        unit, offers = self._something_to_do(pick)
        liked = sorted(set(offers) & LIKED)
        others = sorted(set(offers) - LIKED - SELDOM) or liked
        groups = [*[liked or others] * 7, *[others] * 2, sorted(offers)]
        action = pick(pick(groups) or sorted(offers))
        wish = Wish(self.world, self.look, unit, pick(offers[action]), pick)
        self._say(wish, action)

    def _say(self, wish: Wish, action: Action) -> None:
        """Do it if it can be done: what is promised of it is tested elsewhere."""
        call = doing(wish, action)
        if call is not None:
            self.world.do(call)
            self._see(action)

    def _speak_of_closed(self, pick: Pick) -> None:
        """The reporter rates what was closed, or a camera sees the same again."""
        closed = [one for one in self.look.units.values() if one.state is State.CLOSED]
        again = [one for one in closed if one.device and one.parent is None and one.entry]
        if again and len(self.look.events) < 14 and pick([True, False]):
            one = pick(again)
            category = self.world.rulebook.list[one.entry].category
            fields = {
                "id": str(uuid4()),
                "text": "又来了",
                "place": {"code": one.place.grid or one.place.street or one.place.district},
                "attributes": {DEVICE: one.device},
                "category": {
                    "scheme": category.scheme,
                    "class": category.class_,
                    "code": category.code,
                },
            }
            by = next(one for one in CREW if Role.INTEGRATOR in one.roles)
            assert not isinstance(self.world.report(by, fields), DomainError)
            self._see("seen again")
            return
        offers = {one.id: self._may(one, *CREW).get(Action.RATE, []) for one in closed}
        if rated := [one for one in closed if offers[one.id]]:
            one = pick(rated)
            wish = Wish(self.world, self.look, one, pick(offers[one.id]), pick)
            self._say(wish, Action.RATE)

    def _in_bulk(self, pick: Pick) -> None:
        unit = pick(self._units(pick))
        offers = self._may(unit, *CREW)
        if possible := sorted((set(offers) & set(bulk.ACTIONS)) - SELDOM):
            action = pick(possible)
            by = pick(offers[action])
            seen = {one.id: one.version for one in self._units(pick)}
            many = Many(action, seen, by, self.world.now, "理由")
            self.world.do(lambda tx, library: bulk.act_on(tx, library, many))
            self._see("bulk")

    async def _compare(self, database: Database) -> None:
        await counting.count(database, self.world.now, limit=7)
        async with database.reading() as tx:
            wanted, found = await reading(tx), await counting.rollups(tx)
            months, years = [await counting.rollups(tx, span) for span in ("month", "year")]
            assert await counting.is_coherent(tx)
        assert found == wanted
        assert months == counting.by_month(found)
        assert years == counting.by_month(found, years=True)
        again = await accounting.rebuild(
            database, counting.ZONE_NAME, self.world.now, compares=True, batch=3
        )
        assert again.differences == 0
        await self._compare_lists(database)
        await self.cities.compare(database, wanted)
        again = await accounting.rebuild(
            database, counting.ZONE_NAME, self.world.now, compares=True, batch=5
        )
        assert again.differences == 0
        self.seen.update(key[-1] for key in found.elements())
        async with database.transaction() as tx:
            for statement in _ANEW.split("; "):
                await tx.execute(statement)

    async def _compare_lists(self, database: Database) -> None:
        """Behind a figure of the city, or of some body and day, are the units it was counted of."""
        async with database.reading() as tx:
            told = await readings(tx)
            for name in self.dice.sample(sorted(FIGURES), LISTS):
                counts = {count.value for count in FIGURES[name].of}
                keys = sorted({key for one in told.values() for key in one if key[-1] in counts})
                narrow = self.dice.choice(keys) if keys else None
                for key in (None, narrow):
                    wanted = {
                        unit
                        for unit, one in told.items()
                        if any(_is_meant(other, key, counts) for other in one)
                    }
                    sought = Sought(self._question(key), name)
                    scope, rulebook = Scope(Tier.CITY, None, None, None), self.world.rulebook
                    page = await behind.page(tx, sought, scope, rulebook, after=None, limit=200)
                    assert {unit.id for unit in page.units} == wanted, (name, key)

    def _question(self, key: Any) -> Question:
        bodies, year = self.world.rulebook.organisations, parse("2026")
        if key is None:
            return Question(bodies[OrganisationCode(f"{CITY}-ZX")], year)
        who, day, channel, kind, entry, _ = key
        period = Period(day, day + timedelta(days=1))
        return Question(
            bodies[who],
            period,
            subtree=False,
            channel=channel,
            kind=kind,
            category=entry or NO_ENTRY,
        )


def _is_meant(other: Any, key: Any, counts: set[str]) -> bool:
    return other[-1] in counts and (key is None or other[:-1] == key[:-1])


@pytest.fixture
async def quick_url(database_url: str) -> str:
    await on_server(database_url, _UNSYNCED)
    return database_url


@pytest.fixture
def world(quick_url: str) -> Iterator[World]:
    opened = World(quick_url)
    yield opened
    opened.close()


@pytest.mark.timeout(240)
def test_every_figure_is_what_the_steps_say(world: World, counted: Tell):
    Counted.world, Counted.steps, Counted.depths = world, Counter(), set()
    Counted.seen = Counter()
    Counted.cities = TwoCities(world.rulebook, Random(7))

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(seed=st.integers(0, 2**60))
    def walks(seed: int) -> None:
        Counted().walk(Random(seed))

    walks()
    never = ", ".join(sorted(set(Count) - set(Counted.seen)))
    steps, rows = sum(Counted.steps.values()), Counted.cities.compared
    counted(f"{steps} steps; {rows} rows of organisations; never counted: {never or 'none'}")
    assert len(Counted.seen) >= len(Count) - 4
    assert Counted.cities.compared > EXAMPLES * 20
