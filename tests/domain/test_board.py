"""The board counts what is open, and following lines is counting anew."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.board import CITY, Board, Inexact, Load, Standing
from app.domain.feed import Line, Position, Stance
from app.domain.responsibility import Kind
from app.domain.topic import Topic
from app.domain.unit import Light, State

AT = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
STREETS = {"500101": ("500101001", "500101002", ""), "500102": ("500102001", ""), "": ("",)}
PLACES = [(district, street) for district, streets in STREETS.items() for street in streets]


def line(before: Stance | None, after: Stance | None, seq: int = 2) -> Line:
    return Line(Position(1, 1, 1), AT, Topic.UNIT_NOTED, seq=seq, before=before, after=after)


@st.composite
def stances(draw: st.DrawFn) -> Stance:
    district, street = draw(st.sampled_from(PLACES))
    return Stance(
        holder=draw(st.sampled_from(("A", "B"))),
        state=draw(st.sampled_from(State)),
        kind=draw(st.sampled_from(Kind)),
        light=draw(st.sampled_from(("", *Light))),
        centre="Z",
        district=district,
        street=street,
        community="",
        grid="",
    )


def counted(units: list[Stance]) -> Board:
    board = Board()
    for standing, count in Counter(filter(None, map(Standing.of, units))).items():
        board.put(standing, count)
    return board


@given(st.lists(stances(), max_size=8), st.lists(st.tuples(st.integers(0, 11), stances())))
def test_a_board_that_follows_is_a_board_counted_later(
    begun: list[Stance], changes: list[tuple[int, Stance]]
):
    units, board = list(begun), counted(begun)
    for number, after in changes:
        if number < len(units):
            board.tell(line(units[number], after))
            units[number] = after
        else:
            board.tell(line(None, after, seq=1))
            units.append(after)
        # A line that is not the first of its change, which told all of it.
        board.tell(line(None, after))
    assert board == counted(units)


@given(st.lists(stances()))
def test_the_whole_is_the_sum_of_its_parts(units: list[Stance]):
    board = counted(units)
    counts = board.counts([CITY])
    assert counts.whole == board.load([CITY])
    assert counts.whole.open == sum(unit.state in _OPEN for unit in units)
    for parts in (counts.states, counts.kinds):
        assert sum(load.open for load in parts.values()) == counts.whole.open
        assert sum(load.red for load in parts.values()) == counts.whole.red
        assert all(load.open for load in parts.values())
    placed = [unit for unit in units if unit.district]
    assert board.load(["500101", "500102"]) == board.counts(["500101", "500102"]).whole
    assert board.load(["500101", "500102"]) == counted(placed).load([CITY])


_OPEN = [state for state in State if not state.is_final]


def standing(**changes: str) -> Standing:
    values = {
        "holder": "A",
        "state": State.ACCEPTED,
        "kind": Kind.ITEM,
        "light": Light.RED,
        "district": "500101",
        "street": "500101001",
    }
    return Standing(**{**values, **changes})


def test_an_area_and_its_street_count_a_unit_by_its_light():
    board = Board()
    board.put(standing(), 3)
    board.put(standing(light="", street=""), 1)
    assert board.load(["500101001"]) == Load(open=3, red=3)
    assert board.load(["500101"]) == Load(open=4, red=3)
    assert board.latest(["500101"], 5) == [("A", Load(open=4, red=3))]
    assert board.load(["500102"]) == Load()


def test_those_with_most_overdue_come_first():
    board = Board()
    for holder, late, green in (("A", 2, 9), ("B", 3, 0), ("C", 2, 0), ("D", 0, 5)):
        board.put(standing(holder=holder), late)
        board.put(standing(holder=holder, light=Light.GREEN, street="500101002"), green)
    found = [("B", 3), ("C", 2), ("A", 2)]
    assert [(code, load.red) for code, load in board.latest([CITY], 5)] == found
    streets = ["500101001", "500101002"]
    assert [(code, load.red) for code, load in board.latest(streets, 2)] == found[:2]


def test_a_unit_that_was_not_counted_cannot_leave():
    board = Board()
    board.put(standing(), 1)
    with pytest.raises(Inexact):
        board.put(standing(light=Light.GREEN), -1)


def test_what_nobody_has_any_more_is_forgotten():
    board = Board()
    board.put(standing(), 2)
    board.put(standing(), -2)
    assert board == Board()
