"""The whole intake decision: event + rulebook + now → the units to write, and the reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.area import Area, AreaCode, Place, Tier
from app.domain.classify import Candidate, Classification, classify, kind_of
from app.domain.clock import Clock
from app.domain.event import Event
from app.domain.lifecycle import STANDINGS, Action, Seat
from app.domain.organisation import OrganisationCode
from app.domain.responsibility import Entry, Kind, Urgency
from app.domain.route import Route, RouteReason, to_centre, to_holder, to_nearest_holder
from app.domain.rulebook import Rulebook
from app.domain.timing import Terms, enter
from app.domain.unit import Clause, State, Step, Unit, UnitId, task_id

TITLE_LENGTH = 40


class Located(StrEnum):
    """How the place was found."""

    CODE = "code"
    """网格或区划编码"""
    POINT = "point"
    """坐标"""
    ADDRESS = "address"
    """地址文字"""
    TEXT = "text"
    """事件描述"""
    ORGANISATION = "organisation"
    """上报单位辖区"""


@dataclass(frozen=True, slots=True)
class Found:
    """What recall makes of a report before anything is decided."""

    area: AreaCode
    located: Located
    words: tuple[str, ...] = ()
    candidates: Sequence[Candidate] = ()


@dataclass(frozen=True, slots=True)
class Filed:
    """A unit with everything it begins with."""

    unit: Unit
    steps: tuple[Step, ...]
    clocks: tuple[Clock, ...]


@dataclass(frozen=True, slots=True)
class Admission:
    """What one event becomes: its root unit and, for a planned event, the tasks."""

    event: Event
    root: Filed
    tasks: tuple[Filed, ...] = ()


def admit(event: Event, found: Found, rulebook: Rulebook, now: datetime) -> Admission:
    """Place, classify and route an event and set its clocks.

    A pure function: the same event, recall, rulebook and moment give the same units.
    """
    path = rulebook.areas.path(found.area)
    policy = rulebook.policies.at(path)
    classification = classify(event, found.candidates, rulebook.list, policy)
    root = _root(event, path, rulebook, now)
    root = replace(root, reasons=_reasons(found, classification))
    if classification.entry is None:
        return Admission(event, _triaged(root, classification, path, rulebook, now))
    filed, tasks = file_under(root, classification.entry, path, rulebook, now)
    return Admission(event, filed, tasks)


def _root(event: Event, path: Sequence[Area], rulebook: Rulebook, now: datetime) -> Unit:
    """Return the event's unit before anything is decided: on the desk of its centre."""
    route = to_centre(path, rulebook, RouteReason.OWNED)
    place = Place.of(tuple(path))
    return Unit(
        id=UnitId(event.id),
        home=place.district or path[0].code,
        kind=Kind.ITEM,
        clause=Clause.UNDECIDED,
        title=" ".join(event.text.split())[:TITLE_LENGTH],
        state=State.TRIAGE,
        urgency=Urgency.NORMAL,
        place=place,
        holder=route.holder.code,
        centre=route.centre.code,
        desk=route.holder.code,
        route=route.hops,
        rulebook=rulebook.version,
        reporter=event.account,
        created_at=now,
        updated_at=now,
    )


def _triaged(
    unit: Unit,
    classification: Classification,
    path: Sequence[Area],
    rulebook: Rulebook,
    now: datetime,
) -> Filed:
    """Return the unit waiting for a person; it is as pressing as its likeliest reading."""
    if classification.candidates:
        likeliest = rulebook.list[classification.candidates[0].entry]
        unit = replace(unit, urgency=likeliest.urgency)
    return _settle(unit, None, [Action.RECEIVE], path, rulebook, now)


def file_under(
    unit: Unit, entry: Entry, path: Sequence[Area], rulebook: Rulebook, now: datetime
) -> tuple[Filed, tuple[Filed, ...]]:
    """File the unit under an entry and send it on its way, with its tasks if it has a plan."""
    unit = assign(unit, entry, path, rulebook)
    onward = onward_of(unit, entry)
    state = State.COORDINATING if onward is Action.COORDINATE else State.DISPATCHED
    unit = seated(replace(unit, state=state))
    filed = _settle(unit, entry, [Action.FILE, onward], path, rulebook, now)
    return filed, plan_tasks(filed.unit, entry, path, rulebook, now)


def assign(unit: Unit, entry: Entry, path: Sequence[Area], rulebook: Rulebook) -> Unit:
    """Return the unit as the entry makes it: its kind, its holder and why; its state stays."""
    kind, clause = kind_of(entry)
    unit = replace(
        unit,
        kind=kind,
        clause=clause,
        title=entry.title,
        urgency=entry.urgency,
        entry=entry.code,
        level=entry.level,
        rulebook=rulebook.version,
    )
    owned = onward_of(unit, entry) is Action.COORDINATE
    route = (
        _owner(entry, path, rulebook)
        if owned
        else to_holder(entry.lead, entry.level, path, rulebook)
    )
    reasons = {**unit.reasons, "kind": clause, "route": _route_reasons(entry, route)}
    return routed(replace(unit, reasons=reasons), route)


def onward_of(unit: Unit, entry: Entry) -> Action:
    """Return what follows filing: a planned event is coordinated, anything else dispatched."""
    planned = unit.kind is Kind.EVENT and bool(entry.plan)
    return Action.COORDINATE if planned else Action.DISPATCH


def _owner(entry: Entry, path: Sequence[Area], rulebook: Rulebook) -> Route:
    """Return the way to the centre that owns an event: that of its level, if the place has one."""
    return to_centre(path[: entry.level.rank + 1], rulebook, RouteReason.OWNED)


def routed(unit: Unit, route: Route) -> Unit:
    """Return the unit in the hands of the route's holder; whose turn it is follows the state."""
    return seated(
        replace(
            unit,
            holder=route.holder.code,
            centre=route.centre.code,
            route=route.hops,
            is_gap=route.is_gap,
        )
    )


def seated(unit: Unit) -> Unit:
    """Return the unit on the desk whose turn its state makes it."""
    desks: Mapping[Seat, OrganisationCode | None] = {
        Seat.HOLDER: unit.holder,
        Seat.CENTRE: unit.centre,
        Seat.NOBODY: None,
    }
    return replace(unit, desk=desks[STANDINGS[unit.state].seat])


def plan_tasks(
    parent: Unit, entry: Entry, path: Sequence[Area], rulebook: Rulebook, now: datetime
) -> tuple[Filed, ...]:
    """Return the tasks of a coordinated event's plan, each dispatched; none for other units."""
    if parent.state is not State.COORDINATING:
        return ()
    return tuple(
        _task(parent, index, entry, path, rulebook, now) for index in range(len(entry.plan))
    )


def _task(
    parent: Unit,
    index: int,
    entry: Entry,
    path: Sequence[Area],
    rulebook: Rulebook,
    now: datetime,
) -> Filed:
    order = entry.plan[index]
    route = to_nearest_holder(order.function, entry.level, path, rulebook)
    unit = replace(
        parent,
        id=task_id(parent.id, index),
        parent=parent.id,
        kind=Kind.TASK,
        clause=Clause.SPLIT,
        title=order.title,
        state=State.DISPATCHED,
        task=index,
        steps=0,
        reasons={
            "kind": Clause.SPLIT,
            "route": {**_route_reasons(entry, route), "function": order.function},
        },
    )
    actions = [Action.FILE, Action.DISPATCH]
    return _settle(routed(unit, route), entry, actions, path, rulebook, now)


def _settle(
    unit: Unit,
    entry: Entry | None,
    actions: Sequence[Action],
    path: Sequence[Area],
    rulebook: Rulebook,
    now: datetime,
) -> Filed:
    """Return the unit with its clocks running and its first steps taken by the service."""
    terms = Terms(entry, rulebook.policies.at(tuple(path)), rulebook.calendar)
    unit, clocks = enter(unit, (), terms, at=now)
    states = [State.FILED] * (len(actions) - 1) + [unit.state]
    steps = tuple(
        Step(
            unit=unit.id,
            home=unit.home,
            seq=unit.steps + offset,
            at=now,
            action=action,
            state=state,
            actor=None,
            organisation=unit.holder if state is unit.state else None,
            data={"entry": unit.entry} if action is Action.FILE else {},
        )
        for offset, (action, state) in enumerate(zip(actions, states, strict=True), start=1)
    )
    return Filed(replace(unit, steps=unit.steps + len(steps)), steps, clocks)


def _reasons(found: Found, classification: Classification) -> Mapping[str, Any]:
    return {
        "place": {"area": found.area, "by": found.located, "words": found.words},
        "classification": {
            "by": classification.method,
            "rule": classification.rule,
            "candidates": [
                {"entry": seen.entry, "score": round(seen.score, 4), "words": seen.words}
                for seen in classification.candidates
            ],
        },
    }


def _route_reasons(entry: Entry, route: Route) -> Mapping[str, Any]:
    return {"by": route.reason, "level": Tier(entry.level), "function": entry.lead}
