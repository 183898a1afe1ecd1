"""Past events tried under a draft: each as of when it came, together, and nothing written."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.domain.area import AreaCode
from app.domain.event import Event, EventId, Where
from app.domain.responsibility import Entry
from app.domain.rulebook import Part
from app.domain.trial import Aspect, Trial
from app.flows import intake, trial
from app.flows.rulebook import Reference, drawn, redrawn
from app.flows.trial import BATCH, try_out
from tests import given, pieces
from tests.given import GRID, HARBOUR, Tier
from tests.pieces import NOON

ENTRIES = given.entries()
BEFORE = drawn(given.contents())


def event(number: int, text: str = "楼下一堆垃圾好臭", **changes: Any) -> Event:
    return pieces.event(text, id=EventId(UUID(int=number)), **changes)


def draft(*entries: Entry) -> Reference:
    return redrawn(BEFORE, {Part.LIST: entries})


def tried(after: Reference, *events: Event) -> Trial:
    return try_out(Trial(), BEFORE, after, events, lambda _: None)


def raised() -> Reference:
    """The draft in which rubbish is the street's."""
    return draft(replace(ENTRIES[0], level=Tier.STREET), *ENTRIES[1:])


def test_a_list_tried_against_itself_changes_nothing():
    found = tried(draft(*ENTRIES), *(event(number) for number in range(20)))
    assert (found.total, found.changed) == (20, 0)


def test_texts_and_codes_are_both_tried():
    found = tried(raised(), event(1), event(2, category=ENTRIES[0].category))
    assert found.by_aspect == {Aspect.HOLDER: 2, Aspect.LEVEL: 2}
    assert (found.gainers[f"{HARBOUR}-MS"].gain, found.losers[f"{GRID}-WG"].gain) == (2, -2)


def test_every_event_is_judged_as_of_when_it_was_received():
    days = [NOON - timedelta(days=7), NOON]
    later = draft(replace(ENTRIES[0], limit=given.limit("3工作时")), *ENTRIES[1:])
    found = tried(later, *(event(number, received_at=at) for number, at in enumerate(days)))
    dues = [change.after for example in found.examples for change in example.changes]
    assert dues == [(at + timedelta(hours=5),) for at in days]


def test_two_events_of_one_id_do_not_speak_for_each_other():
    found = tried(raised(), event(1), event(1, "行道树的枯枝要掉下来了"))
    assert (found.total, found.changed) == (2, 1)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"category": ENTRIES[0].category}, "06010"),
        ({"where": Where(code=AreaCode("500101001001001"))}, "500101001001001"),
        ({"organisation": f"{GRID}-WG"}, f"{GRID}-WG"),
    ],
)
def test_what_the_draft_does_not_know_is_refused_with_the_reason(
    values: dict[str, Any], reason: str
):
    fewer = redrawn(
        BEFORE,
        {
            Part.LIST: ENTRIES[1:],
            Part.AREAS: tuple(area for area in given.areas() if area.code != GRID),
            Part.ORGANISATIONS: pieces.without_body(f"{GRID}-WG"),
        },
    )
    fair = {"organisation": "500000-ZX", "where": Where(code=AreaCode(HARBOUR))}
    found = tried(fewer, event(1, "路面有个大坑", **{**fair, **values}))
    ((refusal, count),) = found.refused.items()
    assert (count, refusal.by_draft, found.total) == (1, True, 0)
    assert reason in refusal.zh


def test_what_was_not_taken_before_either_is_not_held_against_the_draft():
    found = tried(raised(), event(1, where=Where(code=AreaCode("999999"))))
    assert [one.by_draft for one in found.refused] == [False]


def test_many_events_go_in_batches_and_progress_is_told():
    told: list[int] = []
    events = (event(number) for number in range(BATCH + 3))
    found = try_out(Trial(), BEFORE, raised(), events, told.append)
    assert (told, found.total) == ([BATCH, 3], BATCH + 3)


@pytest.mark.parametrize(
    ("after", "times"),
    [
        (lambda: redrawn(BEFORE, {Part.ORGANISATIONS: given.organisations()}), 1),
        (raised, 2),
    ],
    ids=["the same list", "another list"],
)
def test_texts_are_matched_once_where_the_list_is_the_same(
    after: Callable[[], Reference], times: int, monkeypatch: pytest.MonkeyPatch
):
    asked: list[Reference] = []

    def recall(reports: list[Event], reference: Reference, _: int) -> list[intake.Recalled]:
        asked.append(reference)
        return [() for _ in reports]

    monkeypatch.setattr(trial.intake, "recall", recall)
    tried(after(), event(1))
    assert len(asked) == times
