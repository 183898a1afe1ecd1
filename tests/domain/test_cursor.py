"""Cursors: what a snapshot knows, when it may be forgotten, and how long a place is good for."""

from datetime import timedelta

import pytest

from app.domain.errors import Expired
from app.domain.feed import Cursor, Known, Position
from tests.pieces import NOON

MONTH = timedelta(days=30)
KNOWN = Known(2, "100:110:100,105")


@pytest.mark.parametrize(
    ("epoch", "xid", "is_known"),
    [
        (2, 99, True),
        (2, 100, False),
        (2, 101, True),
        (2, 105, False),
        (2, 109, True),
        (2, 110, False),
        (1, 101, False),
        (3, 101, False),
    ],
)
def test_a_snapshot_knows_what_was_committed_in_its_own_epoch(epoch: int, xid: int, is_known: bool):
    assert KNOWN.holds(Position(epoch, xid, 7)) == is_known


def test_with_nothing_under_way_all_below_is_known():
    assert Known(1, "100:100:").holds(Position(1, 99, 1))
    assert not Known(1, "100:100:").holds(Position(1, 100, 1))


@pytest.mark.parametrize(
    ("end", "horizon", "is_last", "is_kept"),
    [
        (Position(2, 107, 5), Position(2, 108, 0), False, True),
        (Position(2, 107, 5), Position(2, 108, 0), True, True),
        (Position(2, 107, 5), Position(2, 110, 0), True, False),
        (Position(2, 107, 5), Position(2, 110, 0), False, True),
        (Position(2, 111, 5), Position(2, 112, 0), False, False),
        (Position(1, 900, 5), Position(2, 105, 0), True, True),
        (Position(3, 5, 5), Position(3, 9, 0), False, False),
    ],
)
def test_what_is_known_is_forgotten_when_all_of_it_lies_behind(
    end: Position, horizon: Position, is_last: bool, is_kept: bool
):
    read = Cursor(Position(1, 900, 5), NOON, KNOWN).onward(end, horizon, at=NOON, is_last=is_last)
    assert (read.besides is KNOWN) == is_kept
    assert read.position == end


def test_a_place_is_good_for_as_long_as_the_feed_goes_back():
    cursor = Cursor(Position(1, 2, 3), NOON)
    cursor.check(NOON + MONTH, MONTH)
    with pytest.raises(Expired) as refused:
        cursor.check(NOON + MONTH + timedelta(seconds=1), MONTH)
    assert "/v1/snapshot" in refused.value.en
    assert "30" in refused.value.zh
