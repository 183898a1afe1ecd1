"""Filing (立案): what an entry makes of a unit, who has it, and everything it begins with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from app.domain.action import Action
from app.domain.area import Area
from app.domain.classify import kind_of
from app.domain.clock import Clock
from app.domain.destination import destination, nearest_by_list
from app.domain.lifecycle import STANDINGS, Seat
from app.domain.organisation import Organisation, OrganisationCode
from app.domain.passing import Trip, travelled
from app.domain.policy import Policy
from app.domain.responsibility import Entry, Kind
from app.domain.route import Route, RouteReason
from app.domain.rulebook import Rulebook
from app.domain.timing import Bound, Terms, begin, deadlines
from app.domain.unit import Clause, State, Step, Unit, own_step, task_id


@dataclass(frozen=True, slots=True)
class Filed:
    """A unit with everything it begins with."""

    unit: Unit
    steps: tuple[Step, ...]
    clocks: tuple[Clock, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """Where and by what a unit is judged."""

    path: tuple[Area, ...]
    policy: Policy
    rulebook: Rulebook
    now: datetime


@dataclass(frozen=True, slots=True)
class Assignment:
    """What an entry makes of a unit: its kind, who has it and why."""

    entry: Entry
    kind: Kind
    clause: Clause
    route: Route
    version: int
    is_straight: bool
    """So urgent that no centre stops it."""

    @property
    def onward(self) -> Action | None:
        """What follows filing; nothing where a person must name a holder or pass the unit on."""
        return onward(self.route, self.kind)

    @property
    def told(self) -> tuple[OrganisationCode, ...]:
        """The centres above the owner of an emergency, which are told of it, the nearest first."""
        is_emergency = self.is_straight and self.kind is Kind.EVENT
        return tuple(reversed(self.route.hops[:-1])) if is_emergency else ()

    def fields(self, reasons: Mapping[str, Any]) -> dict[str, Any]:
        """Return the unit's fields that follow, with `reasons` added to."""
        return {
            **route_fields(self.route),
            "kind": self.kind,
            "clause": self.clause,
            "title": self.entry.title,
            "urgency": self.entry.urgency,
            "entry": self.entry.code,
            "is_unlisted": False,
            "level": self.entry.level,
            "rulebook": self.version,
            "reasons": {
                **reasons,
                "kind": self.clause,
                "route": _route_reasons(self.entry, self.route),
            },
        }


def assign(
    entry: Entry,
    path: Sequence[Area],
    rulebook: Rulebook,
    *,
    is_issued: bool = False,
    holder: Organisation | None = None,
    now: datetime | None = None,
    since: OrganisationCode | None = None,
) -> Assignment:
    """Return what an entry makes of a unit at that place; what is issued from above is a task.

    `holder` is who a local rule gives it to. `now` asks the duty rosters; without it everybody
    is on duty. `since` is the centre that has filed it, if it does not come in at the top.
    """
    kind, clause = (Kind.TASK, Clause.ISSUED) if is_issued else kind_of(entry)
    straight = entry.urgency in rulebook.policies.at(path).emergencies
    route = destination(entry, kind, path, rulebook, holder, straight=straight)
    trip = Trip(entry.urgency, now, since, straight)
    route = travelled(route, rulebook, trip)
    return Assignment(entry, kind, clause, route, rulebook.version, straight)


def onward(route: Route, kind: Kind) -> Action | None:
    """Return what follows filing, if the service may go on by itself.

    An event whose centre has nobody on duty is coordinated by the centre above; all else
    that was stopped on its way waits for a person.
    """
    if kind is Kind.EVENT:
        return None if route.reason is RouteReason.STEPWISE else Action.COORDINATE
    return None if route.reason in WAITING else Action.DISPATCH


WAITING: Final = frozenset(
    {RouteReason.GAP, RouteReason.COARSE, RouteReason.STEPWISE, RouteReason.OFF_DUTY}
)
"""Reasons for which a centre has a unit that it must send on."""

STATE_AFTER: Final[Mapping[Action | None, State]] = {
    None: State.FILED,
    Action.DISPATCH: State.DISPATCHED,
    Action.COORDINATE: State.COORDINATING,
}


def steps_of(after: Action | None) -> tuple[Action, ...]:
    """Return the first actions of a unit that is filed and sent on."""
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
    if known is None:
        return replace(unit, **route_fields(route))
    kept = {key: value for key, value in known.items() if key not in _OF_STOP}
    reasons = {**unit.reasons, "route": {**kept, **stop_reasons(route)}}
    return replace(unit, reasons=reasons, **route_fields(route))


def seated(unit: Unit) -> Unit:
    """Return the unit on the desk whose turn its state makes it."""
    return replace(unit, desk=desk_of(unit.state, unit.holder, unit.centre))


def desk_of(
    state: State, holder: OrganisationCode, centre: OrganisationCode
) -> OrganisationCode | None:
    """Return whose desk a unit in that state stands on."""
    seat = STANDINGS[state].seat
    if seat is Seat.NOBODY:
        return None
    return holder if seat is Seat.HOLDER else centre


def plan_tasks(
    parent: Unit,
    entry: Entry,
    path: tuple[Area, ...],
    rulebook: Rulebook,
    now: datetime,
    *,
    turn: int = 0,
) -> tuple[Filed, ...]:
    """Return a coordinated event's tasks of the first turn after `turn`; none when all is done."""
    # Nearly all units are items: what an event is done by is not asked of them.
    is_owned = parent.state is State.COORDINATING
    later = [order.turn for order in entry.orders if order.turn > turn] if is_owned else []
    if not later:
        return ()
    site = Site(path, rulebook.policies.at(path), rulebook, now)
    return tuple(
        _task(parent, index, entry, site)
        for index, order in enumerate(entry.orders)
        if order.turn == min(later)
    )


def _task(parent: Unit, index: int, entry: Entry, site: Site) -> Filed:
    order = entry.orders[index]
    straight = parent.urgency in site.policy.emergencies
    trip = Trip(parent.urgency, site.now, parent.holder, straight)
    route = nearest_by_list(entry, order.function, site.path, site.rulebook)
    route = travelled(route, site.rulebook, trip)
    after = onward(route, Kind.TASK)
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
        "state": STATE_AFTER[after],
        "urgency": parent.urgency,
        "entry": entry.code,
        "task": index,
        "level": entry.level,
        # Its entry, and its place in the plan, are those of the version its event was judged by.
        "rulebook": parent.rulebook,
        "reasons": {"kind": Clause.SPLIT, "route": reasons},
    }
    terms = Terms.of(site.rulebook, site.policy, parent.urgency, entry, task=index)
    return filed(fields, terms, steps_of(after), site)


def filed(fields: Mapping[str, Any], terms: Terms, actions: Sequence[Action], site: Site) -> Filed:
    """Return a new unit with its clocks running and its first steps, taken by the service.

    Built in one go from its fields: copying a frozen value for every decision cost more
    than the decisions.
    """
    state = fields["state"]
    clocks = begin(state, Bound(fields["holder"], fields["centre"]), terms, at=site.now)
    unit = Unit(
        **fields,
        **deadlines(state, clocks),
        desk=desk_of(state, fields["holder"], fields["centre"]),
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


def at_home(task: Filed, home: str) -> Filed:
    """Return a task that belongs where its root was filed, wherever its place now lies."""
    steps = tuple(replace(step, home=home) for step in task.steps)
    return replace(task, unit=replace(task.unit, home=home), steps=steps)


def notified(given: Filed, told: Sequence[OrganisationCode], at: datetime) -> Filed:
    """Return the unit with every one of these centres told of it, one step each."""
    if not told:
        return given
    unit, steps = given.unit, given.steps
    raised = (*unit.raised, *(centre for centre in told if centre not in unit.raised))
    unit = replace(unit, raised=raised, updated_at=at)
    data = {"clause": unit.clause, "urgency": unit.urgency, "holder": unit.holder}
    for centre in told:
        unit = replace(unit, steps=unit.steps + 1)
        steps = (*steps, own_step(unit, Action.NOTIFY, at, data, told=centre))
    return Filed(unit, steps, given.clocks)


def _route_reasons(entry: Entry, route: Route) -> Mapping[str, Any]:
    return {"level": entry.level, "function": entry.lead, **stop_reasons(route)}


_OF_STOP: Final = frozenset({"by", "meant", "meant_by", "on_duty"})


def stop_reasons(route: Route) -> dict[str, Any]:
    """Return why the unit is with this holder, where else it was to go, and who is on duty."""
    found: dict[str, Any] = {"by": route.reason}
    if route.meant is not None:
        found |= {"meant": route.meant.code, "meant_by": route.meant_by}
    if route.on_duty:
        people = ({"person": one.person, "phone": one.phone} for one in route.on_duty)
        found["on_duty"] = list(people)
    return found
