"""Which self-handled reports are verified: a share that follows from their ids alone."""

from uuid import UUID

import pytest

from app.domain.area import Tier
from app.domain.event import EventId
from app.domain.handled import is_sampled
from app.domain.responsibility import Urgency
from tests import given

IDS = [EventId(UUID(int=number)) for number in range(20_000)]


def test_nothing_and_everything_may_be_sampled():
    assert not any(is_sampled(one, 0.0) for one in IDS)
    assert all(is_sampled(one, 1.0) for one in IDS)


def test_the_share_is_what_the_policy_says():
    assert sum(is_sampled(one, 0.05) for one in IDS) == pytest.approx(1000, rel=0.1)


def test_a_larger_share_holds_all_of_a_smaller_one():
    assert all(is_sampled(one, 0.2) for one in IDS if is_sampled(one, 0.05))


@pytest.mark.parametrize(
    ("level", "urgency", "said", "allowed"),
    [
        (Tier.GRID, Urgency.NORMAL, None, True),
        (Tier.COMMUNITY, Urgency.NORMAL, None, True),
        (Tier.STREET, Urgency.NORMAL, None, False),
        (Tier.GRID, Urgency.URGENT, None, False),
        (Tier.DISTRICT, Urgency.MAJOR, True, True),
        (Tier.GRID, Urgency.NORMAL, False, False),
    ],
)
def test_an_entry_allows_it(level: Tier, urgency: Urgency, said: bool | None, *, allowed: bool):
    entry = given.entry("SX-06010-1", level=level, urgency=urgency, self_handled=said)
    assert entry.may_be_self_handled is allowed
