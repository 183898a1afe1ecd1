"""The whole intake decision: event + rulebook + now → the units to write, and the reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from app.domain.action import Action
from app.domain.area import Area, AreaCode, Place
from app.domain.classify import Candidate, Classification, Method, classify, kind_of
from app.domain.clock import Clock
from app.domain.event import Event
from app.domain.lifecycle import STANDINGS, Seat
from app.domain.organisation import OrganisationCode
from app.domain.policy import Policy
from app.domain.responsibility import Entry, Kind, Urgency
from app.domain.route import Route, RouteReason, to_centre, to_holder, to_nearest_holder
from app.domain.rulebook import Rulebook
from app.domain.timing import Terms, begin, deadlines
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
    PERSON = "person"
    """人工研判"""


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
    site = Site(path, policy, rulebook, now)
    reasons = _reasons(found, classification)
    born = _born(event, path, now)
    entry = classification.entry
    if entry is None:
        return Admission(event, _triaged(event, born, classification, reasons, site))
    assigned = assign(entry, path, rulebook)
    root = _filed(
        {**born, **assigned.fields(reasons), "state": _STATE_AFTER[assigned.onward]},
        Terms(entry, policy, rulebook.calendar, entry.urgency),
        _steps_of(assigned.onward),
        site,
    )
    return Admission(event, root, plan_tasks(root.unit, entry, path, rulebook, now))


@dataclass(frozen=True, slots=True)
class Site:
    """Where and by what a unit is judged."""

    path: tuple[Area, ...]
    policy: Policy
    rulebook: Rulebook
    now: datetime


def _born(event: Event, path: Sequence[Area], now: datetime) -> dict[str, Any]:
    """Return the fields an event's unit has whatever is decided about it."""
    place = Place.of(tuple(path))
    return {
        "id": UnitId(event.id),
        "home": place.district or path[0].code,
        "place": place,
        "reporter": event.account,
        "created_at": now,
        "updated_at": now,
    }


def _triaged(
    event: Event,
    born: Mapping[str, Any],
    classification: Classification,
    reasons: Mapping[str, Any],
    site: Site,
) -> Filed:
    """Return the unit waiting for a person; it is as pressing as its likeliest reading."""
    candidates, entries = classification.candidates, site.rulebook.list
    urgency = entries[candidates[0].entry].urgency if candidates else Urgency.NORMAL
    route = to_centre(site.path, site.rulebook, RouteReason.OWNED)
    fields = {
        **born,
        **route_fields(route),
        "kind": Kind.ITEM,
        "clause": Clause.UNDECIDED,
        "title": " ".join(event.text.split())[:TITLE_LENGTH],
        "state": State.TRIAGE,
        "urgency": urgency,
        "rulebook": site.rulebook.version,
        "reasons": reasons,
    }
    terms = Terms(None, site.policy, site.rulebook.calendar, urgency)
    return _filed(fields, terms, (Action.RECEIVE,), site)


@dataclass(frozen=True, slots=True)
class Assignment:
    """What an entry makes of a unit: its kind, who has it and why."""

    entry: Entry
    kind: Kind
    clause: Clause
    route: Route
    version: int

    @property
    def is_owned(self) -> bool:
        """A planned event: a centre owns it and it is done by its tasks."""
        return self.kind is Kind.EVENT and bool(self.entry.plan)

    @property
    def onward(self) -> Action | None:
        """What follows filing; nothing where no holder was found and a person must name one."""
        return Action.COORDINATE if self.is_owned else onward(self.route)

    def fields(self, reasons: Mapping[str, Any]) -> dict[str, Any]:
        """Return the unit's fields that follow, with `reasons` added to."""
        return {
            **route_fields(self.route),
            "kind": self.kind,
            "clause": self.clause,
            "title": self.entry.title,
            "urgency": self.entry.urgency,
            "entry": self.entry.code,
            "level": self.entry.level,
            "rulebook": self.version,
            "reasons": {
                **reasons,
                "kind": self.clause,
                "route": _route_reasons(self.entry, self.route),
            },
        }


def assign(entry: Entry, path: Sequence[Area], rulebook: Rulebook) -> Assignment:
    """Return what an entry makes of a unit at that place."""
    kind, clause = kind_of(entry)
    if kind is Kind.EVENT and entry.plan:
        route = to_centre(path[: entry.level.rank + 1], rulebook, RouteReason.OWNED)
    else:
        route = to_holder(entry.lead, entry.level, path, rulebook)
    return Assignment(entry, kind, clause, route, rulebook.version)


def onward(route: Route) -> Action | None:
    """Return what follows filing: dispatch, unless the route ends where nobody holds the duty."""
    return None if route.reason in {RouteReason.GAP, RouteReason.COARSE} else Action.DISPATCH


_STATE_AFTER: Final[Mapping[Action | None, State]] = {
    None: State.FILED,
    Action.DISPATCH: State.DISPATCHED,
    Action.COORDINATE: State.COORDINATING,
}


def _steps_of(after: Action | None) -> tuple[Action, ...]:
    return (Action.FILE, after) if after else (Action.FILE,)


def route_fields(route: Route) -> dict[str, Any]:
    """Return the unit's fields that put it in the hands of the route's holder."""
    return {
        "holder": route.holder.code,
        "centre": route.centre.code,
        "route": route.hops,
        "is_gap": route.is_gap,
    }


def rerouted(unit: Unit, route: Route) -> Unit:
    """Return the unit in the hands of another route's holder, and why it is there."""
    known = unit.reasons.get("route")
    reasons = {**unit.reasons, "route": {**known, "by": route.reason}} if known else unit.reasons
    return replace(unit, reasons=reasons, **route_fields(route))


def by_person(reasons: Mapping[str, Any], area: AreaCode | None) -> dict[str, Any]:
    """Return a unit's reasons once a person has named its entry, and its area if one is given."""
    classification = {**reasons.get("classification", {}), "by": Method.PERSON}
    placed = {"place": {"area": area, "by": Located.PERSON, "words": ()}} if area else {}
    return {**reasons, **placed, "classification": classification}


def seated(unit: Unit) -> Unit:
    """Return the unit on the desk whose turn its state makes it."""
    return replace(unit, desk=_desk(unit.state, unit.holder, unit.centre))


def _desk(
    state: State, holder: OrganisationCode, centre: OrganisationCode
) -> OrganisationCode | None:
    seat = STANDINGS[state].seat
    if seat is Seat.NOBODY:
        return None
    return holder if seat is Seat.HOLDER else centre


def plan_tasks(
    parent: Unit, entry: Entry, path: tuple[Area, ...], rulebook: Rulebook, now: datetime
) -> tuple[Filed, ...]:
    """Return the tasks of a coordinated event's plan, each dispatched; none for other units."""
    if parent.state is not State.COORDINATING:
        return ()
    site = Site(path, rulebook.policies.at(path), rulebook, now)
    return tuple(_task(parent, index, entry, site) for index in range(len(entry.plan)))


def _task(parent: Unit, index: int, entry: Entry, site: Site) -> Filed:
    order = entry.plan[index]
    route = to_nearest_holder(order.function, entry.level, site.path, site.rulebook)
    reasons = {**_route_reasons(entry, route), "function": order.function}
    fields = {
        **route_fields(route),
        "id": task_id(parent.id, index),
        "home": parent.home,
        "place": parent.place,
        "parent": parent.id,
        "reporter": parent.reporter,
        "created_at": site.now,
        "updated_at": site.now,
        "kind": Kind.TASK,
        "clause": Clause.SPLIT,
        "title": order.title,
        "state": _STATE_AFTER[onward(route)],
        "urgency": parent.urgency,
        "entry": entry.code,
        "task": index,
        "level": entry.level,
        "rulebook": site.rulebook.version,
        "reasons": {"kind": Clause.SPLIT, "route": reasons},
    }
    terms = Terms(entry, site.policy, site.rulebook.calendar, parent.urgency, index)
    return _filed(fields, terms, _steps_of(onward(route)), site)


def _filed(fields: Mapping[str, Any], terms: Terms, actions: Sequence[Action], site: Site) -> Filed:
    """Return a new unit with its clocks running and its first steps, taken by the service.

    Built in one go from its fields: copying a frozen value for every decision cost more
    than the decisions.
    """
    state = fields["state"]
    clocks = begin(state, terms, at=site.now)
    unit = Unit(
        **fields,
        **deadlines(state, clocks),
        desk=_desk(state, fields["holder"], fields["centre"]),
        steps=len(actions),
    )
    return Filed(unit, _first_steps(unit, actions), clocks)


def _first_steps(unit: Unit, actions: Sequence[Action]) -> tuple[Step, ...]:
    last = len(actions)
    return tuple(
        Step(
            unit=unit.id,
            home=unit.home,
            seq=seq,
            at=unit.created_at,
            action=action,
            state=unit.state if seq == last else State.FILED,
            actor=None,
            organisation=unit.holder if seq == last else None,
            data={"entry": unit.entry} if action is Action.FILE else {},
        )
        for seq, action in enumerate(actions, start=1)
    )


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
    return {"by": route.reason, "level": entry.level, "function": entry.lead}
