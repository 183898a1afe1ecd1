"""Whoever does what to families of units, in whatever order: what was promised holds."""

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from app.domain.authority import AUTHORITY
from tests.conftest import on_server
from tests.torture.conftest import Tell
from tests.torture.family_machine import Families
from tests.torture.family_machine_deeds import ACTIONS
from tests.torture.family_machine_world import World

NIGHTLY = os.environ.get("YIGUAN_PROFILE") == "nightly"
"""YIGUAN_PROFILE=nightly: 10,000 steps, others every time; else the same 500."""

EXAMPLES, STEPS = (300, 50) if NIGHTLY else (28, 25)
"""A step that finds nothing to do does not count: some more than are wanted."""

WANTED = 10_000 if NIGHTLY else 500

_UNSYNCED = """
DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database());
END $$
"""


@pytest.fixture
async def quick_url(database_url: str) -> str:
    """A database that need not survive anything: waiting for the disk proves nothing here."""
    await on_server(database_url, _UNSYNCED)
    return database_url


@pytest.fixture
def world(quick_url: str) -> Iterator[World]:
    opened = World(quick_url)
    yield opened
    opened.close()


@pytest.mark.timeout(3600 if NIGHTLY else 120)
def test_families_keep_every_promise(world: World, counted: Tell):
    Families.world, Families.steps, Families.depths = world, Counter(), set()
    profile = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=not NIGHTLY,
        database=None,
        print_blob=True,
        phases=[Phase.generate, Phase.shrink] if NIGHTLY else [Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Families, settings=profile)
    done = sum(Families.steps.values())
    never = ", ".join(sorted(set(ACTIONS) - set(Families.steps)))
    deepest = max(Families.depths)
    counted(f"{done} steps, families {deepest} deep; actions never done: {never or 'none'}")
    assert done >= WANTED


def test_everything_that_people_may_do_is_tried():
    assert set(ACTIONS) == set(AUTHORITY)
