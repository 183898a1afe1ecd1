"""Families (拆分、协办、吹哨、交办): tasks ordered by people, and what becomes of them together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from app.domain.action import Action
from app.domain.area import Place
from app.domain.authority import Caller
from app.domain.errors import ActionNotAllowed, Invalid
from app.domain.filing import STATE_AFTER, Filed, Site, filed, onward, route_fields, stop_reasons
from app.domain.lifecycle import actions_in
from app.domain.limit import Limit, parse_limit
from app.domain.organisation import Function, OrganisationCode
from app.domain.responsibility import Entry, Kind, Urgency
from app.domain.route import Route
from app.domain.rulebook import Rulebook
from app.domain.timing import SUPERVISION, Terms
from app.domain.unit import Clause, ClockName, State, Step, Unit, UnitId, task_id

DEPTH: Final = 4
"""A unit, its tasks, their tasks and once more theirs."""

MOST: Final = 50
"""How many tasks one call may order by hand."""

WITH_TASKS: Final[Mapping[Action, Action]] = {
    Action.CANCEL: Action.CANCEL,
    Action.DECLINE: Action.CANCEL,
    Action.SUSPEND: Action.SUSPEND,
    Action.RESUME: Action.RESUME,
}
"""What is done to the open tasks of a unit, and to theirs, when this is done to the unit.

Suspended are those somebody works on; what was suspended with the unit goes on with it.
"""


class Bond(StrEnum):
    """What makes a unit another one's task."""

    SPLIT = "split"
    """拆分"""
    SUPPORT = "support"
    """协办"""
    WHISTLE = "whistle"
    """吹哨"""
    ISSUED = "issued"
    """交办"""


@dataclass(frozen=True, slots=True)
class Errand:
    """An order to one holder, made by a person: to a body named, or to who holds a function.

    `limits` are its own, by clock: what it names goes before the list's and the policy's.
    """

    bond: Bond
    title: str
    limits: Mapping[ClockName, Limit] = field(default_factory=dict)
    holder: OrganisationCode | None = None
    function: Function | None = None
    turn: int = 1
    text: str = ""

    def stored(self) -> dict[str, Any]:
        """Return the errand as units keep it among their reasons."""
        return {
            "bond": self.bond,
            "title": self.title,
            "limits": {name.value: str(limit) for name, limit in self.limits.items()},
            "holder": self.holder,
            "function": self.function,
            "turn": self.turn,
            "text": self.text,
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Errand":
        """Build the errand from what a unit keeps."""
        return cls(
            bond=Bond(kept["bond"]),
            title=kept["title"],
            limits=_limits(kept["limits"]),
            holder=kept["holder"],
            function=kept["function"],
            turn=kept["turn"],
            text=kept["text"],
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the tasks of a unit are; `late` were or are past their limit."""

    total: int = 0
    open: int = 0
    closed: int = 0
    late: int = 0

    @classmethod
    def of(cls, tasks: Iterable[Unit]) -> "Progress":
        """Count tasks."""
        found = tuple(tasks)
        return cls(
            total=len(found),
            open=sum(not task.state.is_final for task in found),
            closed=sum(task.state is State.CLOSED for task in found),
            late=sum(task.overdue_at is not None for task in found),
        )


ERRAND: Final = "errand"
"""The key of a task's reasons that holds its errand."""

PENDING: Final = "errands"
"""The key of a unit's reasons that holds the errands whose turn has not come."""

ERRANDS: Final = "ordered"
"""The key of a unit's reasons that tells how many errands it has had, later turns included."""


STALLED: Final = "stalled"
"""The key of a unit's reasons that says that its tasks have all ended and none was done."""


def offers(unit: Unit, action: Action) -> bool:
    """Tell whether what this very unit is leaves an action its state permits any sense."""
    clock = _SHOWING_UP.get(action)
    if clock is not None:
        return clock in own_limits(unit)
    if action in _OF_PARENTS:
        return depth_of(unit) < DEPTH
    if action is Action.RULE:
        return unit.kind is not Kind.EVENT
    if action is Action.RESOLVE and unit.state is State.COORDINATING:
        return STALLED in unit.reasons
    return True


_OF_PARENTS: Final = frozenset({Action.SPLIT, Action.SUPPORT, Action.WHISTLE})
_SHOWING_UP: Final = {Action.CONTACT: ClockName.CONTACT, Action.ARRIVE: ClockName.ARRIVE}


def refuse_senseless(unit: Unit, action: Action) -> None:
    """Raise ActionNotAllowed for an action that `offers` does not offer."""
    if offers(unit, action):
        return
    if action is Action.RESOLVE:
        raise waits_for_tasks(unit)
    if action is Action.RULE:
        raise _is_coordinated()
    if action in _OF_PARENTS:
        raise ActionNotAllowed(
            zh=f"任务最多 {DEPTH} 级, 该任务不能再拆分, 可退回所属中心",
            en=f"a family has at most {DEPTH} levels: this task can have none of its own",
            field="action",
            allowed=(Action.RETURN, Action.NOTE),
        )
    raise ActionNotAllowed(
        zh="只有吹哨任务须联系、报到, 且各一次",
        en="only the task of a whistle asks for contact and turning up, once each",
        field="action",
        allowed=(Action.RESOLVE, Action.NOTE),
    )


def waits_for_tasks(unit: Unit) -> ActionNotAllowed:
    """Return the refusal to resolve a unit whose tasks are still open."""
    meanwhile = (Action.REMIND, Action.CANCEL, Action.NOTE, Action.ATTACH)
    permitted = actions_in(unit.state)
    return ActionNotAllowed(
        zh="任务尚未全部结束, 不能办结",
        en="the unit's tasks have not all ended",
        field="action",
        allowed=tuple(one for one in meanwhile if one in permitted),
    )


def _is_coordinated() -> ActionNotAllowed:
    """Return the refusal to rule on an event: that would give it to one holder without tasks."""
    return ActionNotAllowed(
        zh="事件由治理中心统筹并分解为任务, 请派遣至应统筹的中心; 指定承办用于任务和事项",
        en="an event is done by its tasks: dispatch it to the centre that is to coordinate it",
        field="action",
        allowed=(Action.DISPATCH, Action.DECLINE, Action.CANCEL, Action.NOTE),
    )


def errand_of(unit: Unit) -> Errand | None:
    """Return the errand a person gave with the task; None for any other unit."""
    kept = unit.reasons.get(ERRAND)
    return Errand.of(kept) if kept else None


def own_limits(unit: Unit) -> Mapping[ClockName, Limit]:
    """Return the limits a unit has of its own, whatever the list says."""
    limits = _limits(unit.reasons.get(ERRAND, {}).get("limits", {}))
    if SUPERVISION in unit.reasons:
        limits[ClockName.SUPERVISE] = parse_limit(unit.reasons[SUPERVISION]["limit"])
    return limits


def _limits(kept: Mapping[str, str]) -> dict[ClockName, Limit]:
    return {ClockName(name): parse_limit(text) for name, text in kept.items()}


def done(unit: Unit, name: ClockName) -> Unit:
    """Return the unit without one of its own limits: what it asked for was done."""
    kept = unit.reasons[ERRAND]
    left = {clock: text for clock, text in kept["limits"].items() if clock != name}
    return replace(unit, reasons={**unit.reasons, ERRAND: {**kept, "limits": left}})


def has_errands(unit: Unit) -> bool:
    """Tell whether people have ordered tasks for the unit."""
    return ERRANDS in unit.reasons


def in_order(tasks: Iterable[Unit]) -> list[Unit]:
    """Return tasks as they were ordered."""
    return sorted(tasks, key=_index)


def _index(task: Unit) -> int:
    index: int = task.reasons.get(ERRAND, {}).get("index", 0)
    return index if task.task is None else task.task


def depth_of(unit: Unit) -> int:
    """Return 1 for a unit that is nobody's task, 2 for its tasks, and so on."""
    known: int = unit.reasons.get(ERRAND, {}).get("depth", 2)
    return known if unit.parent else 1


def refuse_many(errands: Sequence[Errand]) -> None:
    """Raise Invalid unless there are errands, and not too many."""
    if not 1 <= len(errands) <= MOST:
        raise Invalid(
            zh=f"一次须下达 1 至 {MOST} 项任务",
            en=f"order 1 to {MOST} tasks at once",
            field="tasks",
        )


def in_turn(parent: Unit, errands: Sequence[Errand], entry: Entry | None) -> "Ordered":
    """Return a unit's new errands with numbers; those of the first turn begin now.

    Numbers go on after those of the entry's plan, which may not have begun yet.
    """
    first = max(parent.reasons.get(ERRANDS, 0), len(entry.orders) if entry else 0)
    numbered = tuple(enumerate(errands, start=first))
    turn = min(errand.turn for errand in errands)
    later = [_pending(index, errand) for index, errand in numbered if errand.turn > turn]
    known = parent.reasons.get(PENDING, ())
    reasons = {**parent.reasons, ERRANDS: first + len(errands), PENDING: [*known, *later]}
    reasons.pop(STALLED, None)
    return Ordered(
        replace(parent, reasons=reasons),
        tuple((index, errand) for index, errand in numbered if errand.turn == turn),
    )


@dataclass(frozen=True, slots=True)
class Ordered:
    """A unit with its errands taken down, and those to begin now with their numbers."""

    parent: Unit
    begin: tuple[tuple[int, Errand], ...]


def next_turn(parent: Unit) -> Ordered:
    """Take the errands of the next turn out of what waits with a unit."""
    waiting = [(kept["index"], Errand.of(kept)) for kept in parent.reasons.get(PENDING, ())]
    if not waiting:
        return Ordered(parent, ())
    turn = min(errand.turn for _, errand in waiting)
    later = [_pending(index, errand) for index, errand in waiting if errand.turn > turn]
    return Ordered(
        replace(parent, reasons={**parent.reasons, PENDING: later}),
        tuple(one for one in waiting if one[1].turn == turn),
    )


def _pending(index: int, errand: Errand) -> dict[str, Any]:
    return {**errand.stored(), "index": index}


@dataclass(frozen=True, slots=True)
class Said:
    """By what action, by whom and with which words tasks are ordered; None: the service."""

    action: Action
    by: Caller | None
    reason: str = ""


def child(
    parent: Unit, index: int, errand: Errand, route: Route, site: Site, *, entry: Entry | None
) -> dict[str, Any]:
    """Return the fields of a task that a person has ordered for a unit.

    It cites the entry that its parent was filed under, by the same version of the list.
    """
    clause = Clause.ISSUED if errand.bond is Bond.ISSUED else Clause.SPLIT
    kept = {**errand.stored(), "index": index, "depth": depth_of(parent) + 1}
    return {
        **route_fields(route),
        "id": task_id(parent.id, index),
        "home": parent.home,
        "place": Place.of(site.path),
        "parent": UnitId(parent.id),
        "reporter": parent.reporter,
        "created_at": site.now,
        "updated_at": site.now,
        "kind": Kind.TASK,
        "clause": clause,
        "title": errand.title,
        "state": STATE_AFTER[onward(route, Kind.TASK)],
        "urgency": parent.urgency,
        "entry": entry.code if entry else None,
        "is_unlisted": entry is None,
        # Who only helps is not bound by the level of who must do it.
        "level": entry.level if entry and errand.bond is Bond.SPLIT else None,
        "rulebook": parent.rulebook,
        "reasons": {
            "kind": clause,
            "route": {"function": errand.function, **stop_reasons(route)},
            ERRAND: kept,
        },
    }


def born(fields: Mapping[str, Any], entry: Entry | None, site: Site, said: Said) -> Filed:
    """Return a new task with its clocks running and the one line that tells who ordered it."""
    urgency: Urgency = fields["urgency"]
    own = _limits(fields["reasons"].get(ERRAND, {}).get("limits", {}))
    terms = Terms.of(site.rulebook, site.policy, urgency, entry, own=own)
    new = filed(fields, terms, (), site)
    unit = replace(new.unit, steps=1)
    return Filed(unit, (_first_step(unit, said, site.now),), new.clocks)


def _first_step(unit: Unit, said: Said, at: datetime) -> Step:
    data = {"entry": unit.entry, "holder": unit.holder}
    return Step(
        unit=unit.id,
        home=unit.home,
        seq=1,
        at=at,
        action=said.action,
        state=unit.state,
        actor=said.by.account if said.by else None,
        organisation=said.by.organisation if said.by else unit.holder,
        reason=said.reason,
        data={key: value for key, value in data.items() if value is not None},
    )


def terms_of(unit: Unit, judged: Rulebook, rulebook: Rulebook) -> Terms:
    """Return what a unit's limits follow from.

    `judged` is the rulebook that it was judged by and that its entry stands in, `rulebook`
    the one in force.
    """
    entry = judged.list[unit.entry] if unit.entry else None
    ruling = unit.reasons.get("ruling", {}) if entry is None else {}
    own = {
        name: limit
        for name, limit in own_limits(unit).items()
        if not (ruling and name is ClockName.DISPOSE)
    }
    return Terms.of(
        rulebook,
        rulebook.policy_at(unit.place),
        unit.urgency,
        entry,
        task=unit.task,
        ruled=parse_limit(ruling["limit"]) if ruling else None,
        own=own,
    )
