"""Messages: what a line tells, and to whom it tells what it changes."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from app.api.messages import MessageOut, RulebookData, ThinUnit, UnitData, message
from app.api.unit_models import UnitOut
from app.domain import sight
from app.domain.authority import Scope
from app.domain.feed import Line, Position, Stance, stance_of
from app.domain.organisation import OrganisationCode
from app.domain.topic import Topic
from app.domain.unit import ClockName, State
from tests import pieces
from tests.given import CITY, EAST, GRID, HARBOUR, HILL, WEST

RULEBOOK = pieces.rulebook()
UNIT = pieces.unit(
    State.ACCEPTED,
    number="500101-20261120-00001",
    version=2,
    steps=3,
    stage=ClockName.DISPOSE,
    yellow_at=pieces.NOON,
)
AFTER = stance_of(UNIT)
BEFORE = AFTER._replace(state="dispatched", light="green")


def scope(code: str) -> Scope:
    return sight.of_organisation(RULEBOOK.organisations[OrganisationCode(code)], RULEBOOK)


def line(**changes: Any) -> Line:
    values: dict[str, Any] = {
        "position": Position(1, 900, 123),
        "at": datetime(2026, 11, 20, 1, 31, tzinfo=UTC),
        "topic": Topic.UNIT_ACCEPTED,
        "unit": UNIT,
        "seq": 3,
        "before": BEFORE,
        "after": AFTER,
        "state": State.ACCEPTED,
        "actor": pieces.account("陈工"),
        "actor_name": "陈工",
        "organisation": OrganisationCode(f"{GRID}-WG"),
        "reason": "马上去",
        "data": {"clock": "dispose"},
    }
    return Line(**{**values, **changes})


def told(of: Line, reader: Scope, *, full: bool = False) -> dict[str, Any]:
    return message(of, RULEBOOK, reader, full=full)


def test_a_thin_message_says_what_was_done_by_whom_and_what_it_changes():
    sent = told(line(), scope(f"{CITY}-ZX"))
    assert orjson.loads(orjson.dumps(sent)) == sent
    assert sent == {
        "id": "msg_1_123",
        "type": "unit.accepted",
        "timestamp": "2026-11-20T01:31:00Z",
        "data": {
            "action": "accept",
            "seq": 3,
            "state": "accepted",
            "organisation": {"code": f"{GRID}-WG", "name": "第1网格网格队"},
            "actor": "陈工",
            "unit": {
                "id": str(UNIT.id),
                "number": UNIT.number,
                "version": 2,
                "parent": None,
            },
            "change": {
                "from": {
                    "organisation": f"{GRID}-WG",
                    "state": "dispatched",
                    "kind": "item",
                    "light": "green",
                },
                "to": {
                    "organisation": f"{GRID}-WG",
                    "state": "accepted",
                    "kind": "item",
                    "light": "yellow",
                },
            },
        },
    }


def test_a_full_message_carries_the_unit_as_it_is_shown_and_what_was_said():
    sent = told(line(), scope(f"{CITY}-ZX"), full=True)
    data = MessageOut.model_validate(sent).data
    assert isinstance(data, UnitData)
    assert isinstance(data.unit, UnitOut)
    assert sent["data"]["unit"]["place"]["street"] == {"code": HARBOUR, "name": "码头街道"}
    assert sent["data"]["unit"]["light"] == "yellow"
    assert (data.reason, data.details) == ("马上去", {"clock": "dispose"})


def test_both_payloads_are_of_the_contracts_shape():
    data = MessageOut.model_validate(told(line(), scope(f"{CITY}-ZX"))).data
    assert isinstance(data, UnitData)
    assert isinstance(data.unit, ThinUnit)
    assert MessageOut.model_config["json_schema_extra"] is not None


@pytest.mark.parametrize(
    ("reader", "left", "reached"),
    [
        (f"{CITY}-ZX", True, True),
        (f"{EAST}-ZX", True, False),
        (f"{HARBOUR}-ZX", True, False),
        (f"{HILL}-ZX", False, False),
        (f"{WEST}-ZX", False, True),
        (f"{WEST}-CG", False, True),
        (f"{EAST}-CG", False, False),
    ],
)
def test_a_unit_that_moves_is_taken_from_some_and_given_to_others(
    reader: str, left: bool, reached: bool
):
    moved = replace(
        UNIT,
        place=replace(UNIT.place, district=WEST, street="", community="", grid=""),
        holder=OrganisationCode(f"{WEST}-CG"),
        centre=OrganisationCode(f"{WEST}-ZX"),
    )
    sent = told(line(unit=moved, after=stance_of(moved)), scope(reader), full=True)
    change = sent["data"]["change"] or {"from": None, "to": None}
    assert (change["from"] is not None, change["to"] is not None) == (left, reached)
    # What the unit is by now is for those alone who see it now.
    assert ("holder" in sent["data"]["unit"]) == reached


def test_only_the_first_line_of_a_change_changes_anything():
    first = line(seq=1, before=None, topic=Topic.UNIT_FILED)
    second = line(seq=2, before=None)
    city = scope(f"{CITY}-ZX")
    assert told(first, city)["data"]["change"]["from"] is None
    assert told(first, city)["data"]["change"]["to"]
    assert told(second, city)["data"]["change"] is None


@pytest.mark.parametrize("state", ["closed", "declined", "cancelled", "merged"])
def test_what_is_closed_counts_nowhere(state: str):
    city = scope(f"{CITY}-ZX")
    over = AFTER._replace(state=state, light="")
    assert told(line(after=over), city)["data"]["change"]["to"] is None
    assert told(line(before=over), city)["data"]["change"]["from"] is None
    assert told(line(before=over, after=over), city)["data"]["change"] is None


def test_a_line_from_before_lines_told_it_changes_nothing():
    assert told(line(before=None, after=None), scope(f"{CITY}-ZX"))["data"]["change"] is None


def test_a_reporter_is_told_of_their_own_unit_wherever_it_is():
    own = Scope(None, GRID, None, pieces.account("reporter"))
    other = Scope(None, GRID, None, pieces.account("other"))
    elsewhere: Stance = AFTER._replace(district=WEST, street="", community="", grid="")
    assert told(line(after=elsewhere), own)["data"]["change"]["to"]
    assert told(line(after=elsewhere), other)["data"]["change"] is None


def test_a_publication_tells_the_rulebook():
    data = {
        "version": 4,
        "changed": ["list"],
        "in_force_at": "2026-11-20T02:00:00+00:00",
        "by": "陈工",
    }
    published = Line(
        Position(1, 901, 124), pieces.NOON, Topic.RULEBOOK_PUBLISHED, reason="新清单", data=data
    )
    sent = told(published, scope(f"{CITY}-ZX"))
    assert sent["type"] == "rulebook.published"
    assert sent["data"] == {**data, "in_force_at": "2026-11-20T02:00:00Z", "note": "新清单"}
    assert isinstance(MessageOut.model_validate(sent).data, RulebookData)
