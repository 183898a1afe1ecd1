"""Trying a rulebook: past events judged again, side by side, and nothing written."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from app.domain.errors import Invalid
from app.domain.event import Event
from app.domain.trial import Trial
from app.flows import intake
from app.flows.rulebook import Reference

BATCH: Final = 500
"""Events judged together: texts are matched far cheaper so, and a progress bar still moves."""

DECIDING: Final = 1
"""Candidates recalled: the others decide nothing and cost a tenth of a trial."""


def try_out(
    trial: Trial,
    before: Reference,
    after: Reference,
    events: Iterable[Event],
    progress: Callable[[int], object],
) -> Trial:
    """Judge events under both references and add what differs to the trial; returns it.

    `progress` hears how many more are done.
    """
    for batch in _batches(events):
        try_batch(trial, before, after, batch)
        progress(len(batch))
    return trial


def try_batch(trial: Trial, before: Reference, after: Reference, events: Sequence[Event]) -> None:
    """Judge some events under both references, each as of when it was received."""
    known = [event for event in events if _is_known(trial, event, before, after)]
    found = intake.recall(known, before, DECIDING)
    again = found if _hear_alike(before, after) else intake.recall(known, after, DECIDING)
    pairs = zip(
        intake.judge_past(known, before, found),
        intake.judge_past(known, after, again),
        strict=True,
    )
    for old, new in pairs:
        trial.add(old, new)


def _batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    rest = iter(events)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _is_known(trial: Trial, event: Event, before: Reference, after: Reference) -> bool:
    """Tell whether both take the event in; only what `before` takes can speak against `after`."""
    for reference, by_draft in ((before, False), (after, True)):
        try:
            _check(event, reference)
        except Invalid as error:
            trial.refuse(error, by_draft=by_draft)
            return False
    return True


def _check(event: Event, reference: Reference) -> None:
    """Raise Invalid for an event that could not be taken in."""
    if event.organisation not in reference.rulebook.organisations:
        raise Invalid(
            zh=f"没有上报单位“{event.organisation}”",
            en=f"no reporting organisation {event.organisation}",
            field="organisation",
        )
    intake.check(event, reference)


def _hear_alike(before: Reference, after: Reference) -> bool:
    """Tell whether a text means the same entries to both: they share the list."""
    same = before.matcher is after.matcher
    return same and before.rulebook.list.asleep == after.rulebook.list.asleep
