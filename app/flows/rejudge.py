"""Re-judging (重新研判): open units nobody has touched, judged again by the version in force.

Running units keep the version they were judged by; this is the explicit act that changes it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import structlog

from app.domain.action import Action
from app.domain.admission import Admission
from app.domain.authority import Caller
from app.domain.clock import Clock
from app.domain.errors import Invalid, Unavailable
from app.domain.event import Event
from app.domain.filing import Filed, at_home, notified
from app.domain.lifecycle import UNTOUCHED
from app.domain.rulebook import Rulebook
from app.domain.timing import Terms, enter, relimited
from app.domain.unit import State, Unit
from app.domain.words import Words
from app.flows import intake
from app.flows.advance import Deed, step_of, write
from app.flows.escalation import fired
from app.flows.rulebook import Reference
from app.store import clocks, events, rejudge, rulebooks, units
from app.store.database import Tx
from app.store.events import StoredEvent

BATCH: Final = 200
"""Units of one transaction."""

SHOWN: Final = ("state", "entry", "kind", "urgency", "level", "holder", "due_at")
"""What of a unit its log and a preview tell before and after."""

_COMPARED: Final = (*SHOWN, "title", "clause", "centre", "place", "is_gap", "stage_due_at")

log = structlog.get_logger()


class Skip(StrEnum):
    """Why a unit is left as it is."""

    PERSON = "person"
    """有人已处理过"""
    REFUSED = "refused"
    """按新版无法受理"""
    BUSY = "busy"
    """正有人处理"""


SKIP: Final[Words] = {
    Skip.PERSON: ("有人已处理", "a person has dealt with it"),
    Skip.REFUSED: ("现行版不受理", "the version in force does not take it in"),
    Skip.BUSY: ("正有人处理", "somebody is at it"),
}


@dataclass(frozen=True)
class Wish:
    """Whose wish it is, when, and whether it is done or only looked at."""

    by: Caller | None
    at: datetime
    applies: bool
    reason: str = ""
    states: Collection[State] = UNTOUCHED
    after: UUID | None = None
    limit: int = BATCH


@dataclass(frozen=True, slots=True)
class Change:
    """A unit before and after, with the tasks it would bring."""

    before: Unit
    filed: Filed
    tasks: tuple[Filed, ...] = ()


@dataclass(frozen=True)
class Turn:
    """What one batch did or would do; `next` is where the following one begins."""

    looked: int
    changes: Sequence[Change] = ()
    skipped: Mapping[Skip, Sequence[Unit]] = field(default_factory=dict)
    next: UUID | None = None

    @property
    def unchanged(self) -> int:
        """How many units the version in force judges as they stand; they keep theirs."""
        return self.looked - len(self.changes) - sum(map(len, self.skipped.values()))


async def turn(
    tx: Tx, reference: Reference, read: Callable[[StoredEvent], Event], wish: Wish
) -> Turn:
    """Judge one batch of units again; `read` makes a stored event what it was when it came.

    Raises Invalid for states in which work has begun.
    """
    _refuse_begun(wish.states)
    version = reference.rulebook.version
    if await rulebooks.in_force(tx, now=wish.at) != version:
        raise Unavailable(zh="规则库正在切换, 请重试", en="the rulebook is changing; retry")
    ids = await rejudge.judged_by_others(
        tx, version, wish.states, after=wish.after, limit=wish.limit
    )
    found = await (units.take_free(tx, ids) if wish.applies else units.read(tx, ids))
    # Between the look and the lock somebody may have moved it on.
    free = [one for one in found if one.state in wish.states and one.rulebook != version]
    seen = {unit.id for unit in free}
    busy = [one for one in await units.read(tx, ids) if one.id not in seen]
    changes, skipped = await _judged(tx, reference, read, free, wish)
    if wish.applies and changes:
        await write(tx, [change.filed for change in changes])
        tasks = [task for change in changes for task in change.tasks]
        if tasks:
            await intake.begin(tx, tasks, reference)
    following = ids[-1] if len(ids) == wish.limit else None
    everything = {**skipped, Skip.BUSY: busy}
    return Turn(len(ids), changes, {why: one for why, one in everything.items() if one}, following)


def _refuse_begun(states: Collection[State]) -> None:
    strange = sorted(set(states) - set(UNTOUCHED))
    if strange:
        raise Invalid(
            zh=f"已开始办理的单元不重新研判: {'、'.join(strange)}",
            en=f"units on which work has begun are not judged again: {', '.join(strange)}",
            field="states",
            allowed=UNTOUCHED,
        )


async def _judged(
    tx: Tx,
    reference: Reference,
    read: Callable[[StoredEvent], Event],
    free: Sequence[Unit],
    wish: Wish,
) -> tuple[list[Change], dict[Skip, list[Unit]]]:
    ids = [unit.id for unit in free]
    touched = await rejudge.touched(tx, ids, but=(Action.NOTE, Action.ATTACH, Action.REJUDGE))
    running = await clocks.of_units(tx, ids)
    stored = await events.find(tx, ids)
    reports = [read(stored[unit.id]) for unit in free if unit.id not in touched]
    admissions = {one.root.unit.id: one for one in _admitted(reports, reference, wish.at)}
    changes: list[Change] = []
    skipped: dict[Skip, list[Unit]] = {Skip.PERSON: [], Skip.REFUSED: []}
    for unit in free:
        admission = admissions.get(unit.id)
        if unit.id in touched:
            skipped[Skip.PERSON].append(unit)
        elif admission is None:
            skipped[Skip.REFUSED].append(unit)
        else:
            change = _change(unit, running.get(unit.id, ()), admission, reference.rulebook, wish)
            changes += [change] if change else []
    return changes, skipped


def _admitted(reports: Sequence[Event], reference: Reference, now: datetime) -> list[Admission]:
    """Return what the reports become; one that cannot be judged stops no other."""
    try:
        for report in reports:
            intake.check(report, reference)
        return intake.judge(reports, reference, now)
    except (Invalid, LookupError, ValueError) as error:
        if len(reports) == 1:
            log.warning("not_judged_again", event_id=str(reports[0].id), error=repr(error))
            return []
    middle = len(reports) // 2
    halves = (reports[:middle], reports[middle:])
    return [one for half in halves for one in _admitted(half, reference, now)]


def _change(
    unit: Unit, running: Sequence[Clock], admission: Admission, rulebook: Rulebook, wish: Wish
) -> Change | None:
    """Return what the new judgement makes of a unit; None if it leaves it as it stands."""
    # What was late is on the record before anything else happens to the unit.
    late = fired(unit, running, rulebook, wish.at) or Filed(unit, (), ())
    known = {clock.name: clock for clock in (*running, *late.clocks)}
    now, new = late.unit, admission.root.unit
    after = replace(
        new,
        home=now.home,
        number=now.number,
        created_at=now.created_at,
        updated_at=wish.at,
        overdue_at=now.overdue_at,
        exempted_at=now.exempted_at,
        pending=now.pending,
        raised=now.raised,
        version=now.version + 1,
        steps=now.steps + 1,
        claim=now.claim,
    )
    terms = _terms(after, rulebook)
    relimited_clocks = relimited(after, tuple(known.values()), terms, at=wish.at)
    after, all_clocks = enter(after, relimited_clocks, terms, at=wish.at, resumes=True)
    if all(getattr(now, name) == getattr(after, name) for name in _COMPARED):
        return None
    told = [name for name in SHOWN if getattr(now, name) != getattr(after, name)]
    deed = Deed(Action.REJUDGE, wish.by, wish.at, wish.reason, _told(now, after, told))
    filed = Filed(after, (*late.steps, step_of(after, deed)), all_clocks)
    filed = notified(filed, [one for one in new.raised if one not in now.raised], wish.at)
    return Change(unit, filed, tuple(at_home(task, now.home) for task in admission.tasks))


def _terms(unit: Unit, rulebook: Rulebook) -> Terms:
    entry = rulebook.list[unit.entry] if unit.entry else None
    return Terms.of(rulebook, rulebook.policy_at(unit.place), unit.urgency, entry)


def _told(before: Unit, after: Unit, names: Sequence[str]) -> Mapping[str, Any]:
    """Return what a log line tells: the versions, and each fact that is another."""
    return {
        side: {"rulebook": unit.rulebook, **{name: getattr(unit, name) for name in names}}
        for side, unit in (("from", before), ("to", after))
    }
