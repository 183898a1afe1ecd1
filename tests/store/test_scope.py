"""Sight is decided once and asked twice: of a unit in memory, and of rows."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from itertools import product
from random import Random
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.domain.area import AreaCode, Areas, Place
from app.domain.authority import Role, Scope, scope_of, sees
from app.domain.organisation import OrganisationCode
from app.domain.unit import ClockName, Unit, UnitId
from app.store import casework, units
from app.store.database import Database
from app.store.scope import visible
from app.store.tables import UNIT
from tests import given, pieces
from tests.conftest import on_server, with_database
from tests.pieces import NOON

AREAS = Areas(given.areas())
BODIES = given.organisations()
CODES = [body.code for body in BODIES]
PEOPLE = ("甲", "乙")


def some_units(count: int, seed: int) -> list[Unit]:
    """Units anywhere, in anybody's hands: more mixed up than routing would leave them."""
    random = Random(seed)
    return [
        pieces.unit(
            id=UnitId(UUID(int=number)),
            place=Place.of(AREAS.path(AreaCode(random.choice(list(AREAS))))),
            holder=random.choice(CODES),
            centre=random.choice(CODES),
            reporter=pieces.account(random.choice((*PEOPLE, "nobody"))),
            stage=ClockName.ACCEPT,
            stage_due_at=NOON,
        )
        for number in range(1, count + 1)
    ]


UNITS = some_units(300, seed=20261121)


@pytest.fixture(scope="module")
async def full(server_url: str, template: str) -> AsyncIterator[Database]:
    """A database with all those units."""
    name = f"yg_test_{uuid4().hex[:8]}"
    await on_server(server_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    async with Database.connect(with_database(server_url, name), size=1) as database:
        async with database.transaction() as tx:
            await casework.begin(tx, UNITS, (), (), zone=ZoneInfo("Asia/Shanghai"))
        yield database
    await on_server(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def scopes() -> Sequence[Scope]:
    roles = ((Role.CLERK,), (Role.REPORTER,), (Role.REPORTER, Role.CLERK))
    return [
        scope_of(pieces.caller(body.code, *held, name=name), body)
        for body, held, name in product(BODIES, roles, PEOPLE)
    ]


async def test_rows_and_units_are_seen_alike_by_every_caller(full: Database):
    differing = []
    for scope in dict.fromkeys(scopes()):
        async with full.reading() as tx:
            rows = await tx.select(select(UNIT.c.id).where(visible(scope)))
        if {row["id"] for row in rows} != {unit.id for unit in UNITS if sees(scope, unit)}:
            differing.append(scope)
    assert differing == []


async def test_a_unit_comes_back_as_it_was_written(full: Database):
    async with full.reading() as tx:
        (stored,) = await units.read(tx, [UNITS[0].id])
    assert replace(stored, number="") == UNITS[0]


async def test_the_trial_holds_units_in_and_out_of_sight():
    scope = scope_of(
        pieces.caller(f"{given.EAST}-ZX", Role.CLERK), organisation(f"{given.EAST}-ZX")
    )
    assert 20 < sum(sees(scope, unit) for unit in UNITS) < 280


def organisation(code: str) -> given.Organisation:
    return next(body for body in BODIES if body.code == OrganisationCode(code))
