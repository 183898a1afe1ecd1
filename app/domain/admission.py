"""The whole intake decision: event + rulebook + now → the units to write, and the reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain import handled
from app.domain.action import Action
from app.domain.area import Area, AreaCode, Place
from app.domain.classify import Candidate, Classification, Method, classify
from app.domain.event import Channel, Event
from app.domain.filing import (
    STATE_AFTER,
    Filed,
    Site,
    assign,
    filed,
    notified,
    plan_tasks,
    route_fields,
    steps_of,
    stop_reasons,
)
from app.domain.landmark import cell_of, device_of
from app.domain.passing import Trip, travelled
from app.domain.responsibility import Kind, Urgency
from app.domain.route import RouteReason, to_centre
from app.domain.rulebook import Rulebook
from app.domain.spot import Spot
from app.domain.timing import Terms
from app.domain.unit import Clause, State, UnitId

TITLE_LENGTH = 40


class Located(StrEnum):
    """How the place was found."""

    CODE = "code"
    """网格或区划编码"""
    POINT = "point"
    """坐标"""
    BORDER = "border"
    """区划交界处"""
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
    spot: Spot | None = None
    """The reporter's point in WGS-84."""


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
    classification = classify(event, found.candidates, rulebook, path)
    site = Site(path, policy, rulebook, now)
    reasons = _reasons(found, classification)
    born = _born(event, found, path, now)
    entry = classification.entry
    if entry is None:
        return Admission(event, _triaged(event, born, classification, reasons, site))
    assigned = assign(
        entry,
        path,
        rulebook,
        is_issued=event.source is Channel.UPPER,
        holder=classification.holder,
        now=now,
    )
    handled_as = handled.standing(event, assigned, policy.self_handled_sample)
    reasons = {**reasons, **handled.told(event, handled_as)}
    root = filed(
        {
            **born,
            **assigned.fields(reasons),
            "state": STATE_AFTER[assigned.onward],
            **handled.fields(event, handled_as),
        },
        Terms.of(rulebook, policy, entry.urgency, entry),
        handled.steps_of(handled_as, steps_of(assigned.onward)),
        site,
    )
    root = notified(handled.signed(root, event), assigned.told, now)
    return Admission(event, root, plan_tasks(root.unit, entry, path, rulebook, now))


def _born(event: Event, found: Found, path: Sequence[Area], now: datetime) -> dict[str, Any]:
    """Return the fields an event's unit has whatever is decided about it."""
    place = Place.of(tuple(path))
    return {
        "id": UnitId(event.id),
        "home": place.district or path[0].code,
        "place": place,
        "reporter": event.account,
        "created_at": now,
        "updated_at": now,
        "spot": found.spot,
        "cell": cell_of(found.spot, event.where.address, place),
        "device": device_of(event),
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
    route = travelled(route, site.rulebook, Trip(urgency, site.now, straight=True))
    is_issued = event.source is Channel.UPPER
    fields = {
        **born,
        **route_fields(route),
        "kind": Kind.TASK if is_issued else Kind.ITEM,
        "clause": Clause.ISSUED if is_issued else Clause.UNDECIDED,
        "is_unlisted": is_issued,
        "title": " ".join(event.text.split())[:TITLE_LENGTH],
        "state": State.TRIAGE,
        "urgency": urgency,
        "rulebook": site.rulebook.version,
        "reasons": {
            **reasons,
            **handled.told(event, None),
            **({"triage": stop_reasons(route)} if route.meant else {}),
        },
    }
    terms = Terms.of(site.rulebook, site.policy, urgency)
    return filed(fields, terms, (Action.RECEIVE,), site)


def by_person(reasons: Mapping[str, Any], area: AreaCode | None) -> dict[str, Any]:
    """Return a unit's reasons once a person has named its entry, and its area if one is given."""
    classification = {**reasons.get("classification", {}), "by": Method.PERSON}
    placed = {"place": {"area": area, "by": Located.PERSON, "words": ()}} if area else {}
    return {**reasons, **placed, "classification": classification}


def _reasons(found: Found, classification: Classification) -> Mapping[str, Any]:
    decided: dict[str, Any] = {
        "by": classification.method,
        "rule": classification.rule,
        "candidates": [
            {"entry": seen.entry, "score": round(seen.score, 4), "words": seen.words}
            for seen in classification.candidates
        ],
    }
    if classification.skipped:
        decided["skipped"] = [{"rule": one.rule, "why": one.why} for one in classification.skipped]
    return {
        "place": {"area": found.area, "by": found.located, "words": found.words},
        "classification": decided,
    }
