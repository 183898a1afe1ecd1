"""What one unit is to those around it: the same matter, perhaps the same, or one come back."""

from datetime import timedelta
from typing import Any
from uuid import uuid5

import pytest

from app.domain.admission import admit
from app.domain.classify import Candidate
from app.domain.event import Channel
from app.domain.policy import Nearness, Policy
from app.domain.responsibility import EntryCode
from app.domain.similar import Likeness, Trace, judged, question, verdict
from app.domain.spot import Spot
from app.domain.unit import Clause, State, Unit, UnitId
from tests import given, pieces
from tests.pieces import NOON

HERE, NEAR, FAR = (Spot(longitude, 29.556) for longitude in (106.575, 106.5753, 106.576))
ENTRY = EntryCode("SX-06010-1")


def unit(**changes: Any) -> Unit:
    values: dict[str, Any] = {"entry": ENTRY, "spot": HERE, "cell": HERE.cell, **changes}
    return pieces.unit(**values)


def other(name: str = "other", **changes: Any) -> Trace:
    spot = changes.get("spot", NEAR)
    values: dict[str, Any] = {
        "id": UnitId(uuid5(pieces.SPACE, name)),
        "home": given.EAST,
        "entry": ENTRY,
        "spot": spot,
        "cell": spot.cell if spot else None,
        "device": None,
        "created_at": NOON - timedelta(hours=1),
        **changes,
    }
    return Trace(**values)


def test_the_oldest_open_one_nearby_is_what_it_is_merged_into():
    older = other("older", created_at=NOON - timedelta(hours=5))
    found = verdict(unit(), [other(), older], Policy())
    assert found.into is not None
    assert (found.into.unit, found.into.by, found.into.metres) == (older, Likeness.POINT, 29)


@pytest.mark.parametrize(
    "changes",
    [
        {"spot": FAR},
        {"home": given.WEST},
        {"created_at": NOON - timedelta(hours=25)},
        {"closed_at": NOON - timedelta(minutes=1)},
    ],
    ids=["farther", "elsewhere", "older", "closed"],
)
def test_it_is_not_merged_into(changes: dict[str, Any]):
    assert verdict(unit(), [other(**changes)], Policy()).into is None


def test_at_the_very_last_moment_it_still_is():
    last = other(created_at=NOON - timedelta(hours=24))
    assert verdict(unit(), [last], Policy()).into is not None


def test_what_is_ordered_from_above_is_merged_into_nothing():
    found = verdict(unit(clause=Clause.ISSUED), [other()], Policy())
    assert (found.into, [one.unit for one in found.suggested]) == (None, [other()])


def test_a_unit_without_an_entry_only_has_it_suggested_and_recurs_from_nothing():
    closed = other("closed", closed_at=NOON - timedelta(days=1))
    found = verdict(unit(entry=None), [other(), closed], Policy())
    assert (found.into, found.recurs) == (None, None)
    assert [one.unit for one in found.suggested] == [other()]


def test_of_closed_ones_the_latest_has_come_back():
    first = other("first", closed_at=NOON - timedelta(days=9))
    last = other("last", closed_at=NOON - timedelta(days=2))
    found = verdict(unit(), [last, first], Policy())
    assert found.recurs is not None
    assert found.recurs.unit == last


@pytest.mark.parametrize(("days", "recurs"), [(15, True), (16, False)])
def test_it_must_come_back_within_the_days(days: int, *, recurs: bool):
    closed = other(closed_at=NOON - timedelta(days=days))
    assert (verdict(unit(), [closed], Policy()).recurs is not None) is recurs


def test_five_are_suggested_at_most():
    grid = {"spot": None, "cell": given.GRID}
    many = [other(str(number), **grid) for number in range(9)]
    found = verdict(unit(**grid), many, Policy())
    assert len(found.suggested) == 5


def test_a_radius_of_nothing_merges_the_very_same_point_only():
    exact = Policy(similar=Nearness(0, 24))
    assert verdict(unit(), [other()], exact).into is None
    assert verdict(unit(), [other(spot=HERE)], exact).into is not None


def test_a_report_known_no_finer_than_a_community_asks_nothing():
    admission = admit(pieces.event(), pieces.found(given.QUAY), pieces.rulebook(), NOON)
    assert question(admission, Policy()) is None


def test_a_merged_event_brings_no_tasks_and_warns_nobody():
    report = pieces.event("六楼着火了浓烟滚滚")
    candidates = (Candidate(EntryCode("SX-22001-1"), 0.99, ("着火",)),)
    found = pieces.found(candidates=candidates, spot=HERE)
    admission = admit(report, found, pieces.rulebook(), NOON)
    assert admission.tasks
    around = other(entry=EntryCode("SX-22001-1"))
    merged = judged(admission, verdict(admission.root.unit, [around], Policy()))
    assert (merged.tasks, merged.root.clocks, merged.root.unit.raised) == ((), (), ())
    assert (merged.root.unit.state, merged.root.unit.desk) == (State.MERGED, None)
    assert [step.seq for step in merged.root.steps] == [1, 2] == [1, merged.root.unit.steps]


def test_reports_from_above_are_tasks_and_stay_so():
    report = pieces.event(source=Channel.UPPER)
    candidates = (Candidate(ENTRY, 0.99, ("垃圾",)),)
    admission = admit(
        report, pieces.found(candidates=candidates, spot=HERE), pieces.rulebook(), NOON
    )
    found = verdict(admission.root.unit, [other()], Policy())
    assert judged(admission, found).root.unit.state is not State.MERGED
