"""A city before and after a reorganisation: its tables by organisation beside those read slowly."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from app.domain.area import AreaCode, Areas
from app.domain.lineage import Lineage, lineage
from app.domain.organisation import Organisation, OrganisationCode, OrganisationKind, Organisations
from app.domain.period import FIRST, Period, parse
from app.domain.reorganisation.outcome import reorganise
from app.domain.reorganisation.plan import BodyEnd, End, Move, Plan
from app.domain.rulebook import Rulebook
from app.flows import accounting, statistics
from app.flows.statistics import Question, Row, Table
from app.store import accounting as store
from app.store.database import Database, Tx
from app.store.tallies import By
from tests.given import EAST, HILL, WEST
from tests.naive import Found
from tests.naive_tables import Rows, monthly, rows

DAY = date(2026, 11, 1)
CHANNELS = (None, "grid", "hotline")
PLAN = Plan(
    "划转",
    DAY,
    moves=(Move(AreaCode(HILL), AreaCode(WEST), "moves"),),
    ends=(End(AreaCode("500102001"), AreaCode(HILL), True, "ends"),),
    body_ends=(BodyEnd(OrganisationCode(f"{EAST}-PS"), OrganisationCode(f"{EAST}-CG"), "bodies"),),
)
"""A street changes its district, another ends in it, and one department in its neighbour."""


class TwoCities:
    """The city and what it becomes; accountants follow now the one, now the other."""

    def __init__(self, rulebook: Rulebook, dice: Random) -> None:
        done = reorganise(rulebook.areas.values(), rulebook.organisations.values(), PLAN)
        bodies = Organisations(done.organisations, DAY + timedelta(days=300))
        after = replace(rulebook, areas=Areas(done.areas), organisations=bodies)
        self.cities, self.dice = [rulebook, after], dice
        self.compared = 0

    async def follow(self, database: Database) -> None:
        """One step of whichever accountant, and the next one may be of the other."""
        rulebook = self.dice.choice(self.cities)
        async with database.transaction() as tx:
            await accounting.follow(tx, _lineage(rulebook))

    async def settle(self, database: Database, rulebook: Rulebook) -> None:
        """Follow one city until its areas are summed up."""
        is_done = False
        while not is_done:
            async with database.transaction() as tx:
                is_done = await accounting.follow(tx, _lineage(rulebook))

    async def compare(self, database: Database, found: Found) -> None:
        """Tables are the same by sums of areas and without, of either city."""
        self.dice.shuffle(self.cities)
        for followed in self.cities:
            await self.settle(database, followed)
            for rulebook in self.cities:
                async with database.reading() as tx:
                    seen = await store.standing(tx)
                    assert (seen.areas == _lineage(rulebook).mark) == (rulebook is followed)
                    for head in _centres(rulebook):
                        await self._compare_table(tx, found, head, rulebook)
                        await _compare_month(tx, found, head, rulebook)

    async def _compare_table(
        self, tx: Tx, found: Found, head: Organisation, rulebook: Rulebook
    ) -> None:
        period, channel = self._period(), self.dice.choice(CHANNELS)
        asked = Question(head, period, By.ORGANISATION, channel=channel)
        table = await statistics.table(tx, asked, rulebook)

        def told(period: Period) -> Rows:
            def meant(day: date, said: str) -> bool:
                return period.since <= day < period.until and channel in {None, said}

            return rows(found, head, rulebook, meant=meant)

        now = told(period)
        assert {row.told: dict(row.counts) for row in table.rows if row.counts} == now
        before = {row.told: dict(row.before or {}) for row in table.rows if row.before}
        assert before == told(period.before())
        stock = {key: _open(counts) for key, counts in told(Period(FIRST, period.since)).items()}
        assert {row.told: row.stock for row in table.rows if row.stock} == {
            key: number for key, number in stock.items() if number
        }
        self.compared += len(now)
        if self.dice.random() < 0.3:
            await _compare_total(tx, asked, table, rulebook)

    def _period(self) -> Period:
        month = parse(self.dice.choice(["2026-11", "2026"]))
        since = date(2026, 11, self.dice.randint(18, 24))
        days = Period(since, since + timedelta(days=self.dice.randint(1, 5)))
        return self.dice.choice([month, days])


async def _compare_month(tx: Tx, found: Found, head: Organisation, rulebook: Rulebook) -> None:
    table = await statistics.monthly(tx, head, parse("2026-11"), rulebook)
    told = {f"{row.channel} {row.level}": dict(row.counts) for row in table.rows[:-1]}
    assert {cell: counts for cell, counts in told.items() if counts} == monthly(
        found, head, rulebook, DAY
    )


async def _compare_total(tx: Tx, asked: Question, table: Table, rulebook: Rulebook) -> None:
    """What a table's rows add up to is what is told of all of it, by day and by channel too."""
    whole = await statistics.table(tx, replace(asked, by=None), rulebook)
    assert _known(whole.total) == _known(table.total)
    for by in (By.DAY, By.CHANNEL):
        told = await statistics.table(tx, replace(asked, by=by), rulebook)
        assert sum(sum(row.counts.values()) for row in told.rows) == sum(
            table.total.counts.values()
        )


def _known(row: Row) -> object:
    told = (row.counts, row.before or {}, row.last_year or {})
    return [{key: one for key, one in counts.items() if one} for counts in told], row.stock


def _open(counts: dict[str, int]) -> int:
    signs = {"opened": 1, "taken": 1, "ended": -1, "handed": -1}
    return sum(sign * counts.get(name, 0) for name, sign in signs.items())


def _centres(rulebook: Rulebook) -> list[Organisation]:
    """The centres of the city, of its districts and of its streets."""
    bodies = rulebook.organisations.values()
    return [one for one in bodies if one.kind is OrganisationKind.CENTRE and one.valid_to is None]


def _lineage(rulebook: Rulebook) -> Lineage:
    return lineage(rulebook.areas, rulebook.organisations)
