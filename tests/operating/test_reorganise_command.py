"""`yiguan reorganise` as an operator has it: a look ahead, the deed, and once more."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from app.domain.authority import Role
from app.domain.organisation import OrganisationCode
from app.flows import access
from app.flows.rulebook import Library
from app.store import schema
from app.store.database import Database
from tests import given
from tests.conftest import on_server, with_database
from tests.operating.conftest import Terminal

PLAN = """
name = "东江区撤区"
date = 2026-01-31

[[new]]
code = "500191"
name = "新东区"
tier = "district"
parent = "500000"
like = "500101"

[[merge]]
into = "500191"
areas = ["500101"]
"""


@pytest.fixture
def small_city(server_url: str) -> Iterator[str]:
    """A database in which the small city is in force now, with somebody in the eastern district."""
    name = f"yg_test_{uuid4().hex[:8]}"
    url = with_database(server_url, name)
    asyncio.run(on_server(server_url, f"CREATE DATABASE {name}"))
    asyncio.run(_settle(url))
    yield url
    asyncio.run(on_server(server_url, f"DROP DATABASE {name} WITH (FORCE)"))


async def _settle(url: str) -> None:
    now, library = datetime.now(UTC), Library()
    await schema.migrate(url)
    async with Database.connect(url, size=1) as database, database.transaction() as tx:
        await given.rulebook(tx, now)
        await library.follow(tx, now=now)
        await access.create(
            tx,
            library.current(now).rulebook,
            name="王敏",
            organisation=OrganisationCode("500101-CG"),
            roles=[Role.DEPARTMENT],
            at=now,
        )


@pytest.fixture
def plan(tmp_path: Path) -> str:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN, encoding="utf-8")
    return str(path)


def test_a_plan_is_looked_at_carried_out_and_found_done(
    yiguan: Terminal, small_city: str, plan: str
):
    ahead = yiguan("reorganise", plan, YIGUAN_DATABASE_URL=small_city)
    assert "单位 bodies: 新设 new 5, 撤并 replaced 5" in ahead.text
    assert "随单位移交的账号 / accounts that follow: 1" in ahead.text
    assert ahead.lines[-1].startswith("以上为预演, 未作任何改动")

    done = yiguan("reorganise", plan, "--apply", YIGUAN_DATABASE_URL=small_city)
    assert "规则库第 2 版已发布" in done.text
    assert done.lines[-1] == "已移交账号 / accounts that followed: 1"

    again = yiguan("reorganise", plan, "--apply", YIGUAN_DATABASE_URL=small_city)
    assert "规则库第 2 版已含此方案" in again.text
    assert again.lines[-1] == "已移交账号 / accounts that followed: 0"


def test_a_plan_that_is_not_there_is_refused_with_those_that_are_shipped(yiguan: Terminal):
    said = yiguan("reorganise", "nothing")
    assert said.code == 1
    assert "2025-11-06" in said.text


def test_a_plan_that_cannot_be_carried_out_is_refused_with_every_fault(
    yiguan: Terminal, small_city: str, plan: str
):
    Path(plan).write_text(PLAN.replace('areas = ["500101"]', 'areas = ["599"]'), encoding="utf-8")
    said = yiguan("reorganise", plan, "--apply", YIGUAN_DATABASE_URL=small_city)
    assert said.code == 1
    assert "merge[1]: 没有区划 599" in said.text
