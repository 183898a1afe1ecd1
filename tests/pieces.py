"""Domain values for tests that need no service: an event, a unit, a caller, a small rulebook."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from app.domain.admission import Found, Located
from app.domain.area import AreaCode, Areas, Place
from app.domain.authority import Caller, Role
from app.domain.calendar import Calendar
from app.domain.event import AccountId, Channel, Event, EventId, Where
from app.domain.lifecycle import STANDINGS, Seat
from app.domain.organisation import Function, Organisation, OrganisationCode, Organisations
from app.domain.responsibility import Entry, Kind, ResponsibilityList, Urgency
from app.domain.rulebook import Rulebook
from app.domain.unit import Clause, State, Unit, UnitId
from tests import given

NOON = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
"""Friday 09:30 in Chongqing; the whole afternoon lies ahead."""

SPACE = UUID("0192f000-0000-7000-8000-000000000000")


def account(name: str) -> AccountId:
    return AccountId(uuid5(SPACE, name))


def event(text: str = "楼下一堆垃圾好臭", **changes: Any) -> Event:
    values: dict[str, Any] = {
        "id": EventId(uuid5(SPACE, text)),
        "source": Channel.GRID,
        "occurred_at": NOON,
        "received_at": NOON,
        "text": text,
        "where": Where(code=AreaCode(given.GRID)),
        "category": None,
        "organisation": OrganisationCode(f"{given.GRID}-WG"),
        "account": account("reporter"),
        "digest": b"digest",
        "body": b"{}",
    }
    return Event(**{**values, **changes})


def found(area: str = given.GRID, **changes: Any) -> Found:
    values: dict[str, Any] = {"area": AreaCode(area), "located": Located.CODE}
    return Found(**{**values, **changes})


def unit(state: State = State.DISPATCHED, **changes: Any) -> Unit:
    """A unit on the grid team's hands, under the harbour street's centre."""
    holder, centre = f"{given.GRID}-WG", f"{given.HARBOUR}-ZX"
    values: dict[str, Any] = {
        "id": UnitId(uuid5(SPACE, "unit")),
        "home": given.EAST,
        "kind": Kind.ITEM,
        "clause": Clause.SINGLE,
        "title": "垃圾裸露堆放",
        "state": state,
        "urgency": Urgency.NORMAL,
        "place": Place(given.EAST, given.HARBOUR, given.QUAY, given.GRID),
        "holder": OrganisationCode(holder),
        "centre": OrganisationCode(centre),
        "desk": None,
        "route": (),
        "rulebook": 1,
        "reporter": account("reporter"),
        "created_at": NOON,
        "updated_at": NOON,
        **changes,
    }
    desks = {Seat.HOLDER: values["holder"], Seat.CENTRE: values["centre"], Seat.NOBODY: None}
    return Unit(**{**values, "desk": desks[STANDINGS[values["state"]].seat]})


def caller(organisation: str, *roles: Role, name: str = "somebody") -> Caller:
    return Caller(account(name), name, OrganisationCode(organisation), frozenset(roles))


def rulebook(
    *,
    entries: tuple[Entry, ...] | None = None,
    organisations: tuple[Organisation, ...] | None = None,
    **changes: Any,
) -> Rulebook:
    """The small city's rulebook, with other entries or organisations if they are given."""
    if entries is not None:
        changes["list"] = ResponsibilityList(entries)
    if organisations is not None:
        changes["organisations"] = Organisations(organisations)
    return replace(given.in_memory(), **changes)


def without(function: str, area: str) -> tuple[Organisation, ...]:
    """The small city's organisations where nobody in that area holds the function."""
    return tuple(
        replace(body, functions=tuple(one for one in body.functions if one != function))
        if body.area == area
        else body
        for body in given.organisations()
    )


def without_body(code: str) -> tuple[Organisation, ...]:
    """The small city's organisations but this one."""
    return tuple(body for body in given.organisations() if body.code != code)


AREAS = Areas(given.areas())
CALENDAR: Calendar = given.calendar()
SANITATION = Function("sanitation")
